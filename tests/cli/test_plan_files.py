"""Where a plan may be written: never over a person's file, never in a storage, whole or not at all."""

import json
import os
from pathlib import Path

import pytest

from inspector.model.errors import ExitCode
from tests.cli.conftest import Cli

_CHOICE = ("--choose", "empty_file=quarantine")


@pytest.fixture
def checked(cli: Cli, conflicting: Path) -> Path:
    """The folder with conflicts, scanned."""
    cli("check", conflicting)
    return conflicting


@pytest.mark.parametrize("name", ["IMG_0.jpg", "sub/new.json"])
@pytest.mark.parametrize("options", [(), ("--read-only",)])
def test_no_plan_is_written_into_a_storage(cli: Cli, checked: Path, name: str, options: tuple[str, ...]) -> None:
    (checked / "sub").mkdir()
    ran = cli(*options, "plan", checked, *_CHOICE, "-o", checked / name, "--force")
    assert ran.code == ExitCode.USAGE
    assert "lies in the storage 'pictures'" in ran.err
    assert (checked / "IMG_0.jpg").read_bytes() == b"picture 0"
    assert os.listdir(checked / "sub") == []


@pytest.mark.parametrize(
    ("mark", "folder"),
    [("imalink-master.json", ""), (".imalink-storage", "photos/2024"), (".imalink-storage", "imalink-sessions")],
)
def test_no_plan_is_written_into_a_storage_that_is_not_known_yet(
    cli: Cli, checked: Path, tmp_path: Path, mark: str, folder: str
) -> None:
    archive = tmp_path / "archive"
    (archive / folder).mkdir(parents=True)
    (archive / mark).write_text("{}")
    ran = cli("plan", checked, *_CHOICE, "-o", archive / folder / "plan.json")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert f"lies in {archive}, which has the marks of a storage (imalink)" in ran.err
    assert cli("report", checked, "-o", archive / folder / "report.json").code == ExitCode.USAGE
    assert [path.name for path in archive.rglob("*") if path.is_file()] == [mark]
    assert cli("plan", checked, *_CHOICE, "-o", tmp_path / "plan.json").code == 0


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff a picture", b'{"schema_version": 1, "files": []}', b'{"schema_version": 1, "id": ']
)
def test_a_file_that_is_no_plan_is_replaced_with_force_only(
    cli: Cli, checked: Path, tmp_path: Path, content: bytes
) -> None:
    target = tmp_path / "mine.json"
    target.write_bytes(content)
    ran = cli("plan", checked, *_CHOICE, "-o", target)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "is there already" in ran.err and "--force" in ran.err
    assert target.read_bytes() == content
    assert cli("plan", checked, *_CHOICE, "-o", target, "--force").code == 0
    assert len(json.loads(target.read_bytes())["items"]) == 1


def test_an_earlier_plan_gives_way_in_one_step(cli: Cli, checked: Path, tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    assert cli("plan", checked, *_CHOICE, "-o", target).code == 0
    earlier = tmp_path / "earlier.json"
    os.link(target, earlier)
    before = earlier.read_bytes()
    assert cli("plan", checked, "--choose", "duplicate_content=keep_one", "-o", target).code == 0
    assert json.loads(target.read_bytes())["items"][0]["choice"] == "keep_one"
    assert earlier.read_bytes() == before, "the file was written over instead of replaced"
    assert cli("apply", target, "--yes").code == 0


def test_no_plan_is_written_through_a_link(cli: Cli, checked: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "mine.txt", tmp_path / "plan.json"
    target.write_text("mine")
    link.symlink_to(target)
    assert cli("plan", checked, *_CHOICE, "-o", link, "--force").code == ExitCode.USAGE
    assert target.read_text() == "mine"
