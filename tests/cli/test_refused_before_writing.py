"""What a repair needs before it begins: a state folder that lasts, a plan and a journal that can be understood."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from inspector.model.errors import ExitCode
from tests.cli.conftest import Cli


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a storage but those that the inspector put there."""
    files = (path for path in root.rglob("*") if path.is_file() and ".inspector" not in path.parts)
    return {os.fsdecode(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.fixture
def leftover(tmp_path: Path) -> Path:
    """A synced folder in which a download was left."""
    folder = tmp_path / "L"
    folder.mkdir()
    (folder / "IMG_1.jpg.part").write_bytes(b"half a picture" * 300)
    (folder / ".x.icloud").touch()
    return folder


def applied(cli: Cli, leftover: Path) -> str:
    """Take the download away; the id of the batch."""
    ran = cli("fix", leftover, "--choose", "stale_temp=quarantine", "--yes", "--json")
    assert ran.code == ExitCode.CLEAN
    return str(ran.json["batch"]["id"])


def test_nothing_is_taken_away_where_the_state_folder_cannot_be_written(
    cli: Cli, leftover: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(leftover)
    monkeypatch.setenv("INSPECTOR_STATE", "/proc/nope")
    ran = cli("fix", leftover, "--choose", "stale_temp=quarantine", "--yes")
    assert ran.code == ExitCode.USAGE
    assert "/proc/nope" in ran.err and "nothing was begun" in ran.err and "--state DIR" in ran.err
    assert contents(leftover) == before
    assert cli("check", leftover).code == ExitCode.CONFLICTS


def test_a_storage_that_got_an_identity_of_its_own_gets_its_former_one_back(cli: Cli, tmp_path: Path) -> None:
    roots = {path.name: path for path in map(Path, _demo(cli, tmp_path))}
    clone = roots["Cloned Drive"]
    before = contents(clone)
    plan = tmp_path / "p.json"
    assert cli("plan", clone, "--choose", "cloned_storage=new_identity", "-o", plan).code == ExitCode.CLEAN
    assert cli("apply", plan, "--yes").code == ExitCode.CLEAN
    assert contents(clone) != before
    assert cli("undo", "--last", "--yes").code == ExitCode.CLEAN
    assert contents(clone) == before


def _demo(cli: Cli, tmp_path: Path) -> list[Path]:
    folder = tmp_path / "demo"
    assert cli("--state", tmp_path / "state", "demo", "--dir", folder, "--no-open").code == ExitCode.CLEAN
    return [path for path in folder.iterdir() if path.is_dir()]


def test_a_journal_of_another_version_is_never_acted_on(cli: Cli, leftover: Path, state: Path) -> None:
    batch = applied(cli, leftover)
    file = state / "journal" / f"{batch}.jsonl"
    file.write_text(file.read_text().replace('"version":1', '"version":2', 1))
    before = contents(leftover)
    ran = cli("undo", batch, "--yes")
    assert ran.code == ExitCode.USAGE and "version 2" in ran.err
    assert contents(leftover) == before


def test_a_damaged_journal_ends_with_the_code_for_what_cannot_be_read(cli: Cli, leftover: Path, state: Path) -> None:
    batch = applied(cli, leftover)
    file = state / "journal" / f"{batch}.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([lines[0], "}damaged\n", *lines[1:]]))
    ran = cli("undo", batch, "--yes")
    assert ran.code == ExitCode.INCOMPLETE and "line 2 is damaged" in ran.err


@pytest.mark.parametrize("change", [{"items": {}}, {"schema_version": True}])
def test_a_plan_with_members_of_another_type_is_refused(
    cli: Cli, leftover: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    cli("check", leftover)
    plan = tmp_path / "p.json"
    cli("plan", leftover, "--choose", "stale_temp=quarantine", "-o", plan)
    plan.write_text(json.dumps({**json.loads(plan.read_text()), **change}))
    assert cli("apply", plan, "--yes").code == ExitCode.USAGE


@pytest.mark.parametrize("change", [{"drop_folders": [".inspector/x"]}, {"same_as": ".inspector/x"}])
def test_a_plan_that_names_our_own_folder_is_refused(
    cli: Cli, leftover: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    cli("check", leftover)
    plan = tmp_path / "p.json"
    cli("plan", leftover, "--choose", "stale_temp=quarantine", "-o", plan)
    values = json.loads(plan.read_text())
    values["items"][0]["operations"][0].update(change)
    plan.write_text(json.dumps(values))
    ran = cli("apply", plan, "--yes")
    assert ran.code == ExitCode.USAGE and ".inspector" in ran.err
    assert (leftover / "IMG_1.jpg.part").exists()
