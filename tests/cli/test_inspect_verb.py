"""`inspector inspect` and `inspector status --details`: as text, as JSON, as bytes."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inspector.engine import FileParts
from inspector.layouts.notecove.crdt_log import write_log
from inspector.model.account_report import AccountReport
from inspector.model.inspect_report import EntryReport, FileReport, PartReport, PictureReport, TreeHead
from inspector.model.inspecting import Part
from inspector.model.progress import Progress
from inspector.scenarios.notecove import INSTANCE, PROFILE, NoteCoveBuilder, ProfileBuilder, update_with
from tests.cli.conftest import Cli

NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"
RECORDS = [(1_700_000_000_000 + number, number + 1, bytes(20)) for number in range(3)]


@pytest.fixture
def main(tmp_path: Path) -> NoteCoveBuilder:
    built = NoteCoveBuilder(tmp_path / "sd-main", "qCzxqo6dQEi7hSkc5dO5dw")
    image = built.image("0.png")
    built.image("1.jpg")
    built.log(NOTE, [update_with([image])])
    built.activity([(NOTE, 2)])
    ProfileBuilder(tmp_path).add(built).write()
    return built


@pytest.fixture
def broken(main: NoteCoveBuilder) -> Path:
    main.file("notes/n/logs/a_1.crdtlog", write_log(RECORDS)[:-5])
    return main.at("notes/n/logs/a_1.crdtlog")


def test_the_tree_has_types_sizes_and_dates(cli: Cli, main: NoteCoveBuilder) -> None:
    ran = cli("inspect", main.root)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split()[0] == "folder" and lines[0].endswith("activity/")
    assert any(line.startswith("picture") and ".png" in line for line in lines)
    assert any(line.startswith("log ") and ".crdtlog" in line for line in lines)
    assert len(cli("inspect", main.root, "--depth", 1).out.splitlines()) == 6
    document = cli("inspect", main.root, "--json").json
    TreeHead.model_validate(document["tree"])
    entries = [EntryReport.model_validate(one) for one in document["entries"]]
    assert len(entries) == len(lines)
    assert {one.kind for one in entries} == {"folder", "activity", "picture", "log", "identity"}


def test_a_log_has_its_records_with_the_fault_where_it_is(cli: Cli, broken: Path) -> None:
    ran = cli("inspect", broken)
    assert ran.code == 0
    header, first, _, fault = ran.out.splitlines()[-4:]
    assert header.split()[:2] == ["0", "header"]
    assert first.split()[:2] == ["5", "record"] and " 1 " in first
    assert fault.split()[:3] == ["!", "65", "not"] and "longer than the file: 29 expected, 24 found" in fault
    document = cli("inspect", broken, "--json").json
    assert FileReport.model_validate(document["file"]).kind == "log"
    found = [PartReport.model_validate(one) for one in document["parts"]]
    assert [(one.kind, one.sequence) for one in found] == [
        ("header", None), ("record", 1), ("record", 2), ("not read", None),
    ]  # fmt: skip
    assert document["faults"] == 1
    assert sum(one.size for one in found) == broken.stat().st_size


@pytest.mark.parametrize("content", [b"", b"nonsense", b"NCLG\1", b"NCLG\2\0", b"NCLG\1" + b"\xff" * 12])
def test_whatever_a_log_holds_it_can_be_looked_into(cli: Cli, broken: Path, content: bytes) -> None:
    broken.write_bytes(content)
    assert cli("inspect", broken).code == 0
    assert cli("inspect", broken, "--hex").code == 0
    assert cli("inspect", broken, "--json").json["file"]["size"] == len(content)


@pytest.mark.parametrize("size", [0, 1, 7, None])
@pytest.mark.parametrize("more", [b"", b"\n", b"\xff\0garbage"])
def test_a_file_of_every_kind_can_be_looked_into_however_little_there_is_of_it(
    cli: Cli, main: NoteCoveBuilder, size: int | None, more: bytes
) -> None:
    main.snapshot(NOTE, [])
    main.file(f"deleted/{PROFILE}.{INSTANCE}.log", f"{NOTE}|1700000000000\n")
    main.file(f"profiles/{PROFILE}.json", '{"profileId": "é"}')
    whole = {path.suffix or path.name: path for path in main.root.rglob("*") if path.is_file()}
    assert {".log", ".crdtlog", ".snapshot", ".json", ".png", "SD_ID"} <= whole.keys()
    target = main.root.parent / "exported"
    for path in [*whole.values(), *main.root.glob("activity/*")]:
        content = path.read_bytes()[:size] + more
        path.write_bytes(content)
        is_picture = path.parent.name == "media"
        for options in ((), ("--json",), ("--json", "-o", target, "--force")):
            assert cli("inspect", path, *options).code in ({0, 3} if is_picture else {0}), path
        assert json.loads(target.read_bytes())["file"]["size"] == len(content)
        assert cli("inspect", path, "--hex").code == 0
        assert cli("inspect", path, "--json").json["file"]["size"] == len(content)
        assert cli("inspect", path, "--raw", "-o", target, "--force").code == 0
        assert target.read_bytes() == content


def test_a_file_that_cannot_be_read_on_ends_its_document_with_the_reason(
    cli: Cli, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = FileParts.each

    def changing(parts: FileParts, progress: Progress) -> Iterator[Part]:
        for number, part in enumerate(each(parts, progress)):
            if number == 1:
                broken.write_bytes(write_log(RECORDS * 20_000))
            yield part

    broken.write_bytes(write_log(RECORDS * 10_000))
    monkeypatch.setattr(FileParts, "each", changing)
    ran = cli("inspect", broken, "--json")
    assert ran.code == 3
    assert "was changed while it was looked at" in ran.json["error"]
    assert len(ran.json["parts"]) > 1
    assert "was changed while it was looked at" in ran.err


def test_bytes_stand_in_rows_with_a_sign_where_a_field_begins(cli: Cli, broken: Path) -> None:
    ran = cli("inspect", broken, "--hex", "--length", 20)
    assert ran.out.splitlines()[0] == "00000000 |4e 43 4c 47|01|1d|00 00 01 8b cf e5 68 00|01|00  NCLG........h..."
    assert "70 more bytes; --offset 20 goes on" in ran.err
    rest = cli("inspect", broken, "--hex", "--offset", 65)
    assert rest.out.startswith("00000041 |1d 00 00")
    assert cli("inspect", broken, "--hex", "--offset", 10_000).out == ""


def test_raw_bytes_are_those_of_the_file_also_in_a_file(cli: Cli, broken: Path, tmp_path: Path) -> None:
    (broken.parent / "text.txt").write_text("héllo\n")
    assert cli("inspect", broken.parent / "text.txt", "--raw").out == "héllo\n"
    target = tmp_path / "copy.bin"
    assert cli("inspect", broken, "--raw", "-o", target).code == 0
    assert target.read_bytes() == broken.read_bytes()
    again = cli("inspect", broken, "--raw", "-o", target)
    assert again.code == 2 and "--force" in again.err
    assert cli("inspect", broken, "--json", "-o", target, "--force").code == 0
    assert json.loads(target.read_text())["faults"] == 1


def test_what_makes_no_sense_together_is_refused(cli: Cli, broken: Path, main: NoteCoveBuilder) -> None:
    assert cli("inspect", broken, "--raw", "--json").code == 2
    assert cli("inspect", broken, "-o", "x").code == 2
    assert cli("inspect", main.root, "--raw").code == 2
    assert cli("inspect", main.root / "nothing").code == 2


def test_a_picture_says_what_it_says_of_itself_and_a_broken_one_why_not(cli: Cli, main: NoteCoveBuilder) -> None:
    (picture,) = main.at("media").glob("*.jpg")
    ran = cli("inspect", picture)
    assert ran.code == 0
    assert "JPEG" in ran.out and "32 × 24" in ran.out
    report = PictureReport.model_validate(cli("inspect", picture, "--json").json)
    assert report.picture is not None and report.picture["format"] == "JPEG"
    picture.write_bytes(b"no picture")
    ran = cli("inspect", picture, "--json")
    assert (ran.code, PictureReport.model_validate(ran.json).picture) == (3, None)
    assert "cannot be shown" in ran.err


def test_text_and_odd_names_cannot_act_on_a_terminal(cli: Cli, pictures: Path) -> None:
    odd = pictures / "odd\x1b]0;x\x07\udce9.txt"
    odd.write_bytes(b"\x1b[31mred\nplain")
    ran = cli("inspect", odd)
    assert ran.out.splitlines()[-2:] == ["\\x1b[31mred", "plain"]
    entries = cli("inspect", pictures, "--json").json["entries"]
    assert [one["path_b64"] for one in entries if "path_b64" in one]


def test_details_count_what_layers_have_and_others_lack(cli: Cli, main: NoteCoveBuilder) -> None:
    cli("check", main.root)
    assert "account" not in cli("status", "--json").json["storages"][0]
    ran = cli("status", main.root, "--details")
    assert ran.code == 0
    assert "on disk, registered, not used in notes" in ran.out
    assert f"note {NOTE}: 1 of 2 here" in ran.out
    (storage,) = cli("status", "--details", "--json").json["storages"]
    account = AccountReport.model_validate(storage["account"])
    assert [(one.title, one.count) for one in account.layers] == [
        ("on disk", 2), ("registered", 2), ("used in notes", 1),
    ]  # fmt: skip
    (device,) = account.devices
    assert (device.id, device.highest, device.reached) == (f"{PROFILE}.{INSTANCE}", 1, {NOTE: 1})
    assert [(one.have, one.written) for one in device.behind] == [(1, 2)]


def test_details_name_documents_that_break_off_and_leave_the_database_alone(
    cli: Cli, main: NoteCoveBuilder, broken: Path, tmp_path: Path
) -> None:
    cli("check", main.root)
    with closing(sqlite3.connect(tmp_path / "notecove.db")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        ran = cli("status", "--details")
    assert ran.code == 0
    assert "1 document with faults" in ran.out
    assert "Damaged log: a record is longer than the file, at byte 65 of 90" in ran.out
    assert broken.exists()


def test_details_of_a_storage_that_is_away_end_with_its_code(cli: Cli, main: NoteCoveBuilder, pictures: Path) -> None:
    cli("check", main.root, pictures)
    shutil.rmtree(main.root)
    ran = cli("status", "--details")
    assert ran.code == 4
    assert "is not there" in ran.err and "pictures" in ran.out
