"""Damaged copies of the sample storage directories: the right conflicts, and never an error."""

import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.cli.main import run
from inspector.layouts.base import LayerBegins, LayerEnds, Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.model.errors import ExitCode
from inspector.model.kinds import KINDS
from inspector.model.records import Finding
from tests.layer_events import one_by_one

LAYOUT = NoteCoveLayout()
IN_THE_SAMPLE = {"missing_reference", "cleanup_risk", "duplicate_content", "random_name"}
LOG = "sd-main/notes/*/logs/*.crdtlog"
SNAPSHOT = "sd-main/notes/*/snapshots/*.snapshot"
ACTIVITY = "sd-main/activity/*.log"
PICTURE = "sd-main/media/dc37*.webp"


@pytest.fixture
def samples(tmp_path: Path, shared: Path) -> Path:
    """A copy of the samples that can be written."""
    copy = tmp_path / "notecove"
    shutil.copytree(shared / "samples/notecove", copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def read(root: Path) -> list[Finding]:
    """The findings of a storage directory, all of which can be stored."""
    LAYOUT.recognise(str(root))
    LAYOUT.describe(str(root))
    LAYOUT.stamp(str(root), Surroundings(root / "home"))
    found = list(one_by_one(LAYOUT.read_layers(str(root), Surroundings(root / "home"))))
    assert sum(isinstance(one, LayerBegins) for one in found) == sum(isinstance(one, LayerEnds) for one in found)
    findings = [one for one in found if isinstance(one, Finding)]
    for finding in findings:
        assert finding.kind in KINDS
        json.dumps([finding.subject, finding.paths, dict(finding.evidence)], allow_nan=False).encode()
    return findings


def check(samples: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, int]:
    """What `inspector check` finds in the profile folder, beyond what its writer put into the sample."""
    base = ["--state", str(samples.parent / "state"), "--home", str(samples.parent / "home")]
    code = run([*base, "check", "--json", str(samples), *more])
    captured = capsys.readouterr()
    assert code in {ExitCode.CLEAN, ExitCode.CONFLICTS, ExitCode.INCOMPLETE}, captured.err
    kinds: dict[str, int] = json.loads(captured.out)["summary"]["by_kind"]
    return {kind: count for kind, count in kinds.items() if kind not in IN_THE_SAMPLE}


def only(samples: Path, pattern: str) -> Path:
    """The single file of this pattern."""
    (path,) = samples.glob(pattern)
    return path


@pytest.mark.parametrize(
    ("pattern", "kinds"),
    [
        (LOG, {"damaged_log": 1}),
        (SNAPSHOT, {"damaged_log": 1}),
        (ACTIVITY, {"damaged_log": 1}),
        (PICTURE, {"name_mismatch": 1, "size_mismatch": 1}),
        ("sd-main/SD_ID", {"index_bad_entry": 1}),
        ("sd-main/SD_VERSION", {"legacy_storage": 1}),
        ("sd-main/SD-TYPE", {"index_bad_entry": 1}),
        ("sd-main/profiles/*.json", {"index_unparsable": 1}),
    ],
)
def test_a_truncated_file_of_every_kind_gives_its_conflict(
    samples: Path, capsys: pytest.CaptureFixture[str], pattern: str, kinds: dict[str, int]
) -> None:
    path = only(samples, pattern)
    keep = {"SD_VERSION": 0, "SD_ID": 9}.get(path.name, 30 if pattern == SNAPSHOT else max(1, path.stat().st_size - 1))
    if path.suffix == ".log":
        keep = path.stat().st_size - 3
    os.truncate(path, keep)
    root = samples / "sd-main"
    if path.name == "SD_ID":  # the database does not know it any more
        assert {finding.kind for finding in read(root)} == {"index_bad_entry", "missing_reference"}
    else:
        assert check(samples, capsys) == kinds


def test_a_truncated_database_says_so(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.truncate(samples / "notecove.db", 200_000)
    base = ["--state", str(samples.parent / "state"), "--home", str(samples.parent / "home")]
    assert run([*base, "check", "--json", str(samples / "sd-main")]) == ExitCode.INCOMPLETE
    assert json.loads(capsys.readouterr().out)["summary"]["by_kind"] == {
        "index_unparsable": 1,
        "missing_reference": 1,
        "duplicate_content": 1,
    }


def test_a_flipped_byte_gives_its_conflict(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(only(samples, LOG), 3)
    flip(only(samples, SNAPSHOT), 0)
    flip(only(samples, PICTURE), 500)
    assert check(samples, capsys) == {"damaged_log": 2, "log_gap": 1, "name_mismatch": 1}


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)


def test_what_was_removed_gives_its_conflict(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only(samples, PICTURE).unlink()
    only(samples, "sd-second/SD_VERSION").unlink()
    only(samples, LOG).unlink()
    only(samples, SNAPSHOT).unlink()
    assert check(samples, capsys) == {"missing_file": 1, "legacy_storage": 1, "log_gap": 1}


def test_what_is_there_twice_gives_its_conflict(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, log = only(samples, PICTURE), only(samples, LOG)
    shutil.copy(picture, picture.with_name(f"{picture.stem} (conflicted copy 2024-06-01){picture.suffix}"))
    shutil.copy(log, log.with_name(f"{log.stem}.sync-conflict-20240601-120000-ABCDEF7{log.suffix}"))
    assert check(samples, capsys) == {"sync_conflict_copy": 2}


def every_file(samples: Path) -> Iterator[Path]:
    yield from sorted(path for path in samples.rglob("*") if path.is_file() and path.suffix not in {".sql", ".webp"})


def test_no_truncation_of_any_file_is_an_error(samples: Path) -> None:
    for path in every_file(samples):
        whole = path.read_bytes()
        for length in {0, 1, 5, 6, 7, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:length])
            read(samples / "sd-main")
        path.write_bytes(whole)


def test_no_flipped_bytes_are_an_error(samples: Path) -> None:
    chance = random.Random(7)
    for path in every_file(samples):
        whole = path.read_bytes()
        for _ in range(12):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 3, 200))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            path.write_bytes(data)
            read(samples / "sd-main")
        path.write_bytes(whole)


@pytest.mark.parametrize("made", ["a folder", "a link", "a pipe", "a link to itself"])
def test_something_else_in_the_place_of_a_document_is_no_error(samples: Path, made: str) -> None:
    root = samples / "sd-main"
    for name in ("SD_VERSION", "SD-TYPE", "media", "activity", "profiles", "notecove.db", ".migration-lock", ".sd-id"):
        path = samples / name if name == "notecove.db" else root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if made == "a folder":
            path.mkdir()
        elif made == "a pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/etc" if made == "a link" else name)
        read(root)
    log = only(samples, LOG)
    log.unlink()
    log.symlink_to("/etc/passwd")
    read(root)


def test_notes_that_cannot_be_listed_leave_their_layer_partial(samples: Path) -> None:
    logs = only(samples, LOG).parent
    shutil.rmtree(logs)
    logs.symlink_to("/etc")
    found = LAYOUT.read_layers(str(samples / "sd-main"), Surroundings(samples / "home"))
    layer, states = "", {}
    for event in found:
        if isinstance(event, LayerBegins):
            layer = event.name
        elif isinstance(event, LayerEnds):
            states[layer] = event.state
    own = {"SD_ID": "ok", "notecove.db": "ok", "media": "ok", "notes": "partial", "activity": "ok"}
    assert states == {**own, "notes elsewhere": "ok"}


def test_a_root_that_went_away_is_no_error(tmp_path: Path) -> None:
    root = str(tmp_path / "gone")
    assert list(LAYOUT.read_layers(root, Surroundings(tmp_path))) == []
    assert LAYOUT.stamp(root, Surroundings(tmp_path)) == ""


def test_names_that_no_text_can_hold_are_no_error(samples: Path) -> None:
    root = os.fsencode(samples / "sd-main")
    for folder in (b"media", b"activity", b"profiles", b"notes"):
        for name in (b"\xff.png", b"\xff.log", b"\x1b[31m.json", b"new\nline.png"):
            Path(os.fsdecode(os.path.join(root, folder, name))).write_bytes(b"x")
    odd = Path(os.fsdecode(os.path.join(root, b"notes", b"\xff\xfe")))
    shutil.copytree(only(samples, LOG).parent, odd / "logs")
    read(samples / "sd-main")


def test_a_million_faults_are_some_thousand_findings(samples: Path) -> None:
    for number in range(1100):
        folder = samples / f"sd-main/notes/{number}/logs"
        folder.mkdir(parents=True)
        (folder / "a_1.crdtlog").write_bytes(b"none")
    damaged = [finding for finding in read(samples / "sd-main") if finding.kind == "damaged_log"]
    assert len(damaged) == 1001
    assert damaged[-1].evidence["more_of_this_kind"] == 100
