"""`inspector report`: documents for programs, spreadsheets and colleagues, whatever the files are called."""

import base64
import csv
import errno
import hashlib
import io
import os
import re
import tracemalloc
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import pytest
from PIL import Image

from inspector.catalog.conflicts import put_round
from inspector.engine import Engine
from inspector.fs.system import System, use_system
from inspector.model.errors import CancelledByUserError, ExitCode
from inspector.model.export import ReportFormat, ReportRequest
from inspector.model.export_report import ExportReport
from inspector.model.progress import Progress
from inspector.model.records import Finding
from inspector.scenarios.names import HOSTILE_NAMES
from tests.cli.conftest import Cli
from tests.workbench import Workbench

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_NASTY = (
    *HOSTILE_NAMES,
    b"<script>alert(1)<\\script>.jpg",
    b'"><img src=x onerror=alert(1)>.jpg',
    b"'><svg onload=alert(1)>.jpg",
    b"&lt;b&gt;.jpg",
    b"=HYPERLINK(x)&cmd.jpg",
    b"+1.jpg",
    b"-1+2.jpg",
    b"@SUM(A1).jpg",
    b"\tcmd.jpg",
    b"\rcmd.jpg",
    b"'=1.jpg",
    b"  =1.jpg",
    b'a,"b";c.jpg',
)


class Page(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in_style = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    """A folder in which every nasty name is that of an empty picture, and so of a conflict."""
    root = tmp_path / "na\x1b[31msty\u202e <b>"
    for name in _NASTY:
        path = os.path.join(os.fsencode(root), name if b"." in name else name + b".jpg")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).touch()
    return root


def _paths_of(root: Path) -> set[str]:
    return {os.fsdecode(os.path.relpath(path, root)) for path in root.rglob("*") if path.is_file()}


def _acts_on_a_reader(text: str) -> list[str]:
    return [one for one in text if not one.isprintable() and one not in "\n\r\u202f\u3000\u00a0"]


def test_the_ending_of_the_name_says_which_format(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    cli("check", conflicting)
    for ending, begins in (("json", b'{"schema_version": 1'), ("CSV", b"\xef\xbb\xbfrecord,"), ("html", b"<!DOCTYPE")):
        ran = cli("report", conflicting, "-o", tmp_path / f"out.{ending}")
        assert (ran.code, ran.out) == (0, "")
        assert "Wrote 2 conflicts" in ran.err
        assert (tmp_path / f"out.{ending}").read_bytes().startswith(begins)
    ran = cli("report", conflicting, "-o", tmp_path / "out.txt")
    assert ran.code == ExitCode.USAGE
    assert "--format" in ran.err
    assert cli("report", conflicting, "-o", tmp_path / "out.txt", "--format", "csv").code == 0


def test_a_storage_that_was_never_scanned_has_no_report(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    ran = cli("report", pictures, "-o", tmp_path / "out.json")
    assert ran.code == ExitCode.USAGE
    assert "never scanned" in ran.err
    assert not (tmp_path / "out.json").exists()


def test_json_holds_what_the_last_report_holds(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    cli("check", conflicting)
    ran = cli("report", conflicting, "-o", "-", "--format", "json")
    report, printed = ExportReport.model_validate(ran.json), cli("conflicts", conflicting, "--json").json
    assert ran.json["conflicts"] == printed["conflicts"]
    assert ran.json["storages"] == printed["storages"]
    assert report.summary.by_kind == printed["summary"]["by_kind"] == {"empty_file": 1, "duplicate_content": 1}
    assert report.summary.by_storage == {report.storages[0].id: 2}
    assert [layer.name for layer in report.storages[0].layers] == ["files", "sidecars", "memory"]


def test_only_the_asked_kinds_and_settled_conflicts_are_written(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    report = ("report", conflicting, "-o", "-", "--format")
    kinds = cli(*report, "json", "--kind", "empty_file").json
    assert [one["kind"] for one in kinds["conflicts"]] == ["empty_file"]
    assert kinds["summary"]["by_kind"] == {"empty_file": 1}
    where = cli(*report, "json", "--where", "-kind:empty").json
    assert [one["kind"] for one in where["conflicts"]] == ["duplicate_content"]
    assert where["summary"]["by_kind"] == {"duplicate_content": 1}
    assert cli("ignore", kinds["conflicts"][0]["id"]).code == 0
    ignored = cli(*report, "json", "--where", "is:ignored").json
    assert [one["kind"] for one in ignored["conflicts"]] == ["empty_file"]
    assert ignored["summary"]["by_kind"] == {}
    assert [one["kind"] for one in cli(*report, "json").json["conflicts"]] == ["duplicate_content"]
    settled = cli(*report, "json", "--settled").json
    assert [one.get("settled") for one in settled["conflicts"]] == [None, True]
    assert settled["summary"]["ignored"] == 1
    assert "Settled before" in Page(cli(*report, "html", "--settled").out).text


def test_stdout_gets_what_a_file_gets_but_for_the_mark(cli: Cli, nasty: Path, tmp_path: Path) -> None:
    cli("check", nasty)
    assert cli("report", nasty, "-o", "-").code == ExitCode.USAGE
    cli("report", nasty, "-o", tmp_path / "out.csv")
    written = (tmp_path / "out.csv").read_bytes()
    assert written.removeprefix(b"\xef\xbb\xbf").decode() == cli("report", nasty, "-o", "-", "--format", "csv").out


def test_a_name_is_data_in_every_format(cli: Cli, nasty: Path, tmp_path: Path) -> None:
    cli("check", nasty)
    for ending in ReportFormat:
        assert cli("report", nasty, "-o", tmp_path / f"out.{ending}").code == 0
    documents = {one: (tmp_path / f"out.{one}").read_bytes().decode("utf-8-sig") for one in ReportFormat}
    for text in documents.values():
        assert _acts_on_a_reader(text) == []
    page = Page(documents[ReportFormat.HTML])
    shown = page.text
    for text in ("<script>alert(1)<\\script>.jpg", '"><img src=x onerror=alert(1)>.jpg', "&lt;b&gt;.jpg", "caf\\xe9"):
        assert text in shown, text
    assert "\\x1b[31m" in shown
    assert "\\u202e" in shown


def test_a_page_has_no_script_and_loads_nothing(cli: Cli, nasty: Path, tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), (20, 90, 160)).save(nasty / "a.jpg")
    (nasty / "b'><b>.jpg").write_bytes((nasty / "a.jpg").read_bytes())
    cli("check", nasty)
    cli("report", nasty, "-o", tmp_path / "out.html")
    html = (tmp_path / "out.html").read_text(encoding="utf-8")
    page = Page(html)
    known = (
        "html head meta title style body main h1 h2 h3 small p span b bdi wbr ul ol li dl dt dd div table tr th td a"
    )
    known += " section article figure figcaption img details summary code footer br"
    assert {tag for tag, _ in page.tags} <= set(known.split())
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    assert all((one["href"] or "").startswith("#") for one in page.attributes("a"))
    policy = next(
        one["content"] for one in page.attributes("meta") if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    pictures = page.attributes("img")
    assert pictures
    for picture in pictures:
        data = base64.b64decode((picture["src"] or "").removeprefix("data:image/jpeg;base64,"), validate=True)
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "JPEG"
            assert (str(image.width), str(image.height)) == (picture["width"], picture["height"]) == ("192", "144")


def test_pictures_on_a_page_are_bounded(cli: Cli, tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for number in range(6):
        for copy in "ab":
            Image.new("RGB", (60, 40), (number * 40, 90, 160)).save(root / f"{number}{copy}.png")
    cli("check", root)
    report = ("report", root, "-o", "-", "--format", "html")
    assert len(Page(cli(*report).out).attributes("img")) == 6
    assert len(Page(cli(*report, "--thumbnails", 2).out).attributes("img")) == 2
    assert "first 2 pictures only" in Page(cli(*report, "--thumbnails", 2).out).text
    assert Page(cli(*report, "--thumbnails", 0).out).attributes("img") == []


def test_a_picture_that_cannot_be_shown_says_why(cli: Cli, tmp_path: Path) -> None:
    root = tmp_path / "broken"
    root.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (root / name).write_bytes(b"no picture at all")
    cli("check", root)
    assert "not shown: " in Page(cli("report", root, "-o", "-", "--format", "html").out).text


def test_no_cell_is_a_formula_and_every_name_can_be_had_back(cli: Cli, nasty: Path, tmp_path: Path) -> None:
    cli("check", nasty)
    cli("report", nasty, "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    assert text.count("\r\n") == text.count("\n") - sum(row.count("\n") for row in re.findall('"[^"]*"', text))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    for row in rows:
        assert None not in row
        assert not [cell for cell in row.values() if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    paths = {
        os.fsdecode(base64.b64decode(row["path_b64"])) if row["path_b64"] else row["path"].removeprefix("'")
        for row in rows
        if row["kind"] == "empty_file"
    }
    assert paths == {path for path in _paths_of(nasty) if path.lower().endswith(".jpg")}
    storage = next(row for row in rows if row["record"] == "storage")
    assert storage["count"] == str(len(paths))
    assert {row["title"]: row["count"] for row in rows if row["record"] == "layer"}["files"] == storage["count"]


def test_no_report_is_written_into_a_storage(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    (conflicting / "sub").mkdir()
    cli("check", conflicting)
    before = sorted(conflicting.rglob("*"))
    (tmp_path / "link").symlink_to(conflicting)
    for folder in (conflicting, conflicting / "sub", tmp_path / "link", tmp_path / "link" / "sub" / ".."):
        ran = cli("report", conflicting, "-o", folder / "out.html", "--force")
        assert ran.code == ExitCode.USAGE
        assert "lies in the storage 'pictures'" in ran.err
    assert sorted(conflicting.rglob("*")) == before
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_bytes(b"")
    cli("check", other)
    assert cli("report", other, "-o", conflicting / "out.html").code == ExitCode.USAGE


def test_a_file_is_replaced_only_when_that_is_meant(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    cli("check", conflicting)
    target = tmp_path / "out.json"
    target.write_text("mine")
    ran = cli("report", conflicting, "-o", target)
    assert ran.code == ExitCode.USAGE
    assert "is there already" in ran.err
    assert target.read_text() == "mine"
    assert cli("report", conflicting, "-o", target, "--force").code == 0
    assert target.read_text().startswith('{"schema_version"')
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to(target)
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "none")
    for name in ("folder.json", "link.json", "nowhere.json"):
        assert cli("report", conflicting, "-o", tmp_path / name, "--force").code == ExitCode.USAGE
        assert (tmp_path / name).is_dir() or (tmp_path / name).is_symlink()
    ran = cli("report", conflicting, "-o", tmp_path / "none" / "out.json")
    assert ran.code == ExitCode.USAGE
    assert "none/out.json" in ran.err


class _Failing(System):
    def __init__(self, call: str) -> None:
        self._call = call

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        if name == self._call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().call(name, function, *arguments)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_write_that_fails_leaves_everything_as_it_was(cli: Cli, conflicting: Path, tmp_path: Path, call: str) -> None:
    cli("check", conflicting)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "out.json").write_text("mine")
    with use_system(_Failing(call)):
        ran = cli("report", conflicting, "-o", folder / "out.json", "--force")
    assert ran.code == ExitCode.USAGE
    assert "No space left" in ran.err
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("out.json", "mine")]


async def test_a_report_that_is_stopped_is_not_there(bench: Workbench) -> None:
    bench.put("a.jpg", b"")
    bench.put("empty.jpg", b"")
    await bench.scan()
    for after in (0, 1):
        progress = _StopsAfter(after)
        with pytest.raises(CancelledByUserError):
            await bench.engine.report(bench.ids, ReportRequest(ReportFormat.HTML), bench.folder / "out.html", progress)
        assert not list(bench.folder.glob("*out*"))
        assert not list(bench.folder.glob(".inspector*"))


class _StopsAfter(Progress):
    def __init__(self, conflicts: int) -> None:
        super().__init__()
        self._after = conflicts

    @property
    def cancelled(self) -> bool:
        return self.files >= self._after


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "state", tmp_path / "home") as opened:
        yield opened


@pytest.mark.parametrize("form", list(ReportFormat))
async def test_memory_does_not_grow_with_the_conflicts(engine: Engine, tmp_path: Path, form: ReportFormat) -> None:
    (tmp_path / "pictures").mkdir()
    storage = await engine.open(tmp_path / "pictures")

    async def peak(count: int) -> tuple[int, int]:
        findings = (
            (storage.id, Finding("empty_file", f"{n}", (f"folder/IMG_{n:06}.jpg",), {"size": 0})) for n in range(count)
        )
        with engine._database.transaction() as connection:
            put_round(connection, [storage.id], findings)
        tracemalloc.start()
        written = await engine.report([storage.id], ReportRequest(form), tmp_path / f"{count}.{form}")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert written.conflicts == count
        return most, written.bytes

    await peak(10)  # what is imported at the first use
    (few, small), (many, large) = await peak(2000), await peak(9000)
    assert large - small > 1_000_000
    assert many - few < 200_000
