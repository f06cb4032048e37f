"""`check` and `conflicts`: the report and the exit codes."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.model.display import display_name
from inspector.model.errors import ExitCode
from inspector.model.report import Report
from tests.cli.conftest import Cli

_HOLD_LOCK = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_storage_in_which_everything_agrees_ends_with_0(cli: Cli, pictures: Path) -> None:
    ran = cli("check", pictures)
    assert (ran.code, ran.err) == (0, "")
    assert "No conflicts." in ran.out


def test_conflicts_end_with_1_and_are_counted_and_shown(cli: Cli, conflicting: Path) -> None:
    ran = cli("check", conflicting)
    assert ran.code == ExitCode.CONFLICTS
    assert "2 conflicts: 1 error, 1 info" in ran.out
    assert "empty.jpg" in ran.out
    assert max(map(len, ran.out.splitlines())) <= max(80, len(str(conflicting)) + 4)


def test_the_document_is_the_one_that_other_programs_rely_on(cli: Cli, conflicting: Path) -> None:
    ran = cli("check", conflicting, "--json")
    assert ran.code == ExitCode.CONFLICTS
    report = Report.model_validate(ran.json)
    assert report.schema_version == 1
    assert [storage.root for storage in report.storages] == [str(conflicting)]
    assert report.storages[0].layers[0].name == "files"
    assert report.storages[0].scan is not None
    assert report.storages[0].scan.hashed == 8
    assert report.summary.by_kind == {"empty_file": 1, "duplicate_content": 1}
    assert report.summary.by_severity == {"error": 1, "info": 1}
    assert report.summary.exit_code == ran.code
    empty = report.conflicts[0]
    assert (empty.kind, empty.path, empty.storage) == ("empty_file", "empty.jpg", report.storages[0].id)
    assert {"id", "title", "risk", "suggested", "reason"} == set(ran.json["conflicts"][0]["choices"][0])
    assert "path_b64" not in ran.json["conflicts"][0]


def test_lines_of_json_begin_with_a_start_and_end_with_the_summary(cli: Cli, conflicting: Path) -> None:
    ran = cli("check", conflicting, "--jsonl")
    messages = [json.loads(line) for line in ran.out.splitlines()]
    types = [message["message_type"] for message in messages]
    assert types == ["start", "storage", "conflict", "conflict", "summary"]
    assert messages[-1]["exit_code"] == ran.code == ExitCode.CONFLICTS


def test_two_formats_at_once_are_refused(cli: Cli, pictures: Path) -> None:
    assert cli("check", pictures, "--json", "--jsonl").code == ExitCode.USAGE


def test_only_the_wanted_kinds_count(cli: Cli, conflicting: Path) -> None:
    ran = cli("check", conflicting, "--json", "--kind", "duplicate_content")
    assert [conflict["kind"] for conflict in ran.json["conflicts"]] == ["duplicate_content"]
    assert cli("check", conflicting, "--kind", "stale_lock").code == 0


def test_a_mistyped_kind_is_answered_with_the_nearest(cli: Cli, pictures: Path) -> None:
    ran = cli("check", pictures, "--kind", "mising_file")
    assert ran.code == ExitCode.USAGE
    assert "did you mean 'missing_file'?" in ran.err


def test_milder_conflicts_than_fail_on_end_with_0(cli: Cli, conflicting: Path) -> None:
    (conflicting / "empty.jpg").unlink()
    assert cli("check", conflicting, "--fail-on", "warning").code == 0
    assert cli("check", conflicting, "--fail-on", "info").code == ExitCode.CONFLICTS


def test_conflicts_repeats_the_report_without_a_scan(cli: Cli, conflicting: Path) -> None:
    first = cli("check", conflicting, "--json").json
    (conflicting / "empty.jpg").unlink()
    ran = cli("conflicts", conflicting, "--json")
    assert ran.code == ExitCode.CONFLICTS
    assert ran.json["conflicts"] == first["conflicts"]
    assert Report.model_validate(ran.json).storages[0].scan is None
    assert "empty.jpg" in cli("conflicts", conflicting).out
    assert cli("conflicts", "--json").json["conflicts"] == first["conflicts"]


def test_conflicts_of_a_storage_that_was_never_scanned_says_so(cli: Cli, pictures: Path) -> None:
    ran = cli("conflicts", pictures, "--json")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "was never scanned" in ran.err


def test_a_path_that_is_no_storage_ends_with_2(cli: Cli, tmp_path: Path) -> None:
    ran = cli("check", tmp_path / "nowhere", "--json")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "nowhere" in ran.err


def test_an_absent_storage_ends_with_4_in_a_whole_document(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "empty too.jpg").write_bytes(b"")
    assert cli("check", conflicting, other).code == ExitCode.CONFLICTS
    conflicting.rename(tmp_path / "unplugged")
    ran = cli("check", conflicting, other, "--json")
    assert ran.code == ExitCode.OFFLINE
    report = Report.model_validate(ran.json)
    assert {storage.name: storage.state for storage in report.storages} == {"pictures": "offline", "other": "ready"}
    assert [conflict.path for conflict in report.conflicts] == ["empty too.jpg"]
    assert report.summary.incomplete
    assert "is not there" in ran.err
    types = [json.loads(line)["message_type"] for line in cli("check", conflicting, "--jsonl").out.splitlines()]
    assert types == ["start", "storage", "error", "summary"]


def test_a_mass_change_ends_with_5_until_a_person_expects_it(cli: Cli, pictures: Path) -> None:
    for number in range(40):
        (pictures / f"more {number}.jpg").write_bytes(b"more %d" % number)
    assert cli("check", pictures).code == 0
    for path in sorted(pictures.glob("more*")):
        path.unlink()
    ran = cli("check", pictures, "--json")
    assert ran.code == ExitCode.GUARD
    assert ran.json["storages"][0]["state"] == "guard"
    assert ran.json["conflicts"] == []
    assert cli("conflicts", pictures).code == ExitCode.GUARD
    ran = cli("check", pictures, "--expect-missing", 40, "--json")
    assert ran.json["storages"][0]["state"] == "ready"


def test_a_storage_that_another_inspector_scans_ends_with_6(cli: Cli, pictures: Path, state: Path) -> None:
    identity = cli("check", pictures, "--json").json["storages"][0]["id"]
    lock = state / "locks" / f"{identity}.lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_LOCK, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        ran = cli("check", pictures, "--json")
        assert holder.stdin is not None
        holder.stdin.close()
    assert ran.code == ExitCode.LOCKED
    assert Report.model_validate(ran.json).conflicts == []
    assert "another inspector is scanning" in ran.err


def test_an_unreadable_file_ends_with_3(cli: Cli, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (pictures / "broken.jpg").write_bytes(b"x" * 100)
    opened = os.open

    def refusing(path: object, *arguments: object, **options: object) -> int:
        if os.fsdecode(path).endswith("broken.jpg") if isinstance(path, (str, bytes)) else False:
            raise OSError(5, "Input/output error")
        return opened(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refusing)
    ran = cli("check", pictures, "--json")
    assert ran.code == ExitCode.INCOMPLETE
    report = Report.model_validate(ran.json)
    assert report.summary.incomplete
    assert report.storages[0].scan is not None
    assert report.storages[0].scan.unreadable == 1
    assert report.summary.by_kind == {"unreadable_file": 1}


def test_a_name_that_is_not_utf8_comes_with_its_bytes(cli: Cli, pictures: Path) -> None:
    for name in (b"caf\xe9.jpg", b"caf\xe9 copy.jpg"):
        Path(os.fsdecode(os.path.join(os.fsencode(pictures), name))).write_bytes(b"")
    (pictures / "plain.jpg").write_bytes(b"")
    ran = cli("check", pictures, "--json")
    by_path = {conflict.path: conflict for conflict in Report.model_validate(ran.json).conflicts}
    strange = by_path["caf\\xe9.jpg"]
    assert strange.path_b64 is not None
    assert base64.b64decode(strange.path_b64) == b"caf\xe9.jpg"
    assert strange.paths_b64 == [strange.path_b64]
    assert by_path["plain.jpg"].path_b64 is None
    assert "caf\\xe9.jpg" in cli("check", pictures).out


def test_names_made_to_mislead_reach_no_terminal(cli: Cli, pictures: Path) -> None:
    hostile = "\x1b]0;owned\x07\x1b[31m \u202egpj.\x9b2J\r\n[red]*_.jpg"
    for folder in ("", "\x1b[2J"):
        (pictures / folder).mkdir(exist_ok=True)
        (pictures / folder / hostile).write_bytes(b"")
        (pictures / folder / f"2{hostile}").write_bytes(b"the same")
    for arguments in ((), ("--json",), ("--jsonl",), ("--kind", hostile), (f"--{hostile}",), (hostile,)):
        ran = cli("check", pictures, *arguments)
        text = ran.out + ran.err
        assert not [character for character in text if not character.isprintable() and character != "\n"], arguments
    document = cli("check", pictures, "--json")
    assert document.out.isascii()
    assert hostile in {conflict["path"] for conflict in document.json["conflicts"]}


@pytest.mark.parametrize(
    "name",
    [
        b"\x1b[31mred",
        b"caf\xe9",
    ],
)
def test_a_storage_with_a_hostile_root_is_reported_safely(cli: Cli, tmp_path: Path, name: bytes) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    root.mkdir()
    (root / "empty.jpg").write_bytes(b"")
    shown = display_name(str(root))
    assert shown in cli("check", root).out
    storage = Report.model_validate(cli("check", root, "--json").json).storages[0]
    assert os.fsencode(root) == (base64.b64decode(storage.root_b64) if storage.root_b64 else storage.root.encode())
    for verb in ("storages", "sessions", "conflicts"):
        assert cli(verb, *([] if verb == "storages" else [root])).code in {0, 1}
    assert cli("locate", "empty.jpg").out == f"{shown}/empty.jpg\n"


def test_many_examples_are_cut_and_the_way_to_all_is_shown(cli: Cli, pictures: Path) -> None:
    for number in range(14):
        (pictures / f"empty {number:02}.jpg").write_bytes(b"")
    ran = cli("check", pictures)
    assert "… and 4 more" in ran.out
    assert f"inspector conflicts {pictures} --json" in ran.out
    assert "more" not in cli("conflicts", pictures).out
