"""`inspector rollback` and `inspector sessions`: what came in with a session, how much came in, and taking one back."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from inspector.model.errors import ExitCode
from inspector.model.report import SessionsReport
from inspector.model.session_report import MonthsReport, SessionFilesReport
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.scenarios.phone_backup import xmp
from tests.cli.conftest import Cli

UUID = "31f6d9a2-8e47-4c05-b3d8-5a6e7f809b1c"
FIRST, SECOND, THIRD = (f"photos/trip/IMG_000{number}.jpg" for number in (1, 2, 3))


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    """An archive with a session of three pictures, one with a sidecar, and one of a single picture."""
    archive = ImaLinkBuilder(tmp_path / "archive", UUID, "Archive")
    archive.session(7, "Trip", source_path="/media/camera/")
    archive.session(8, "Home", source_path="/media/phone/")
    for number, path in enumerate((FIRST, SECOND, THIRD)):
        archive.picture(path, seed=number, size=(60, 40))
        archive.add(path, 7)
    archive.picture("photos/home.jpg", seed=9, size=(60, 40))
    archive.add("photos/home.jpg", 8)
    archive.file("photos/trip/IMG_0001.xmp", xmp(5, "Green"))
    return archive.write()


def files(root: Path) -> dict[str, str]:
    """Every file that is not the inspector's own, with its time and the digest of its bytes."""
    return {
        str(path.relative_to(root)): f"{path.stat().st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in root.rglob("*")
        if path.is_file() and ".inspector" not in path.parts
    }


def document(archive: ImaLinkBuilder, path: str) -> dict[str, object]:
    values: dict[str, object] = json.loads(archive.read(path))
    return values


def test_a_session_goes_with_its_sidecars_and_everything_still_agrees(cli: Cli, archive: ImaLinkBuilder) -> None:
    cli("check", archive.root)
    ran = cli("rollback", archive.root, "7", "--yes")
    assert ran.code == 0
    there = set(files(archive.root))
    assert not {FIRST, SECOND, THIRD, "photos/trip/IMG_0001.xmp"} & there
    assert "photos/home.jpg" in there
    assert [entry["relative_path"] for entry in document(archive, "imalink-master.json")["files"].values()] == [  # type: ignore[attr-defined]
        "photos/home.jpg"
    ]
    session = document(archive, "imalink-sessions/session_7.json")
    assert session["files"] == []
    assert session["session_title"] == "Trip"
    assert document(archive, ".imalink-storage")["photo_count"] == 1
    assert cli("check", archive.root).code == 0


def test_undo_brings_a_session_back_to_the_byte(cli: Cli, archive: ImaLinkBuilder) -> None:
    before = files(archive.root)
    cli("check", archive.root)
    cli("rollback", archive.root, "7", "--yes")
    assert files(archive.root) != before
    assert cli("undo", "--last", "--yes").code == 0
    assert files(archive.root) == before


def test_nothing_is_written_in_a_dry_run_or_unasked(cli: Cli, archive: ImaLinkBuilder) -> None:
    cli("check", archive.root)
    before = files(archive.root)
    assert len(cli("rollback", archive.root, "Trip", "--dry-run", "--json").json["items"]) == 3
    assert cli("rollback", archive.root, "7").code == ExitCode.USAGE
    assert files(archive.root) == before


@pytest.mark.parametrize("scanned", [True, False], ids=["scanned since", "not scanned since"])
def test_what_changed_since_it_came_in_stays(cli: Cli, archive: ImaLinkBuilder, scanned: bool) -> None:
    cli("check", archive.root)
    archive.at(SECOND).write_bytes(archive.read(SECOND) + b"edited")
    if scanned:
        cli("check", archive.root)
    ran = cli("rollback", archive.root, "7", "--yes")
    assert ran.code == ExitCode.STALE
    assert SECOND in files(archive.root)
    assert FIRST not in files(archive.root)
    assert archive.read(SECOND).endswith(b"edited")
    assert [entry["relative_path"] for entry in document(archive, "imalink-sessions/session_7.json")["files"]] == [  # type: ignore[attr-defined]
        SECOND
    ]


def test_an_edit_of_the_same_size_is_seen_by_its_time(cli: Cli, archive: ImaLinkBuilder) -> None:
    data = bytearray(archive.read(SECOND))
    data[-3] ^= 1
    archive.at(SECOND).write_bytes(bytes(data))
    cli("check", archive.root)
    ran = cli("rollback", archive.root, "7", "--yes")
    assert ran.code == ExitCode.STALE
    assert f"{SECOND} was changed since it came in: it is another picture: it stays" in ran.out + ran.err
    assert SECOND in files(archive.root)


def test_a_picture_whose_sidecar_was_edited_stays_with_it(cli: Cli, archive: ImaLinkBuilder) -> None:
    archive.at("photos/trip/IMG_0001.xmp").write_text(xmp(3, "Red"))
    cli("check", archive.root)
    assert cli("rollback", archive.root, "7", "--yes").code == ExitCode.STALE
    assert {FIRST, "photos/trip/IMG_0001.xmp"} <= set(files(archive.root))
    assert SECOND not in files(archive.root)


def test_an_edit_that_kept_size_and_time_stays_though_nobody_scanned_since(cli: Cli, archive: ImaLinkBuilder) -> None:
    cli("check", archive.root)
    picture = archive.at(SECOND)
    status, data = picture.stat(), bytearray(picture.read_bytes())
    data[-3] ^= 1
    picture.write_bytes(bytes(data))
    os.utime(picture, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cli("rollback", archive.root, "7", "--yes").code == ExitCode.STALE
    assert SECOND in files(archive.root)
    assert FIRST not in files(archive.root)


def test_a_sidecar_made_since_stays_with_its_picture_though_nobody_scanned_since(
    cli: Cli, archive: ImaLinkBuilder
) -> None:
    cli("check", archive.root)
    archive.at("photos/trip/IMG_0002.xmp").write_text(xmp(3, "Red"))
    ran = cli("rollback", archive.root, "7", "--yes")
    assert ran.code == ExitCode.STALE
    assert "its sidecar photos/trip/IMG_0002.xmp was changed since it came in" in ran.out + ran.err
    assert {SECOND, "photos/trip/IMG_0002.xmp"} <= set(files(archive.root))
    assert FIRST not in files(archive.root)


def test_a_newer_time_alone_keeps_no_picture_that_is_the_same_still(cli: Cli, archive: ImaLinkBuilder) -> None:
    os.utime(archive.at(SECOND))
    cli("check", archive.root)
    assert cli("rollback", archive.root, "7", "--yes").code == 0
    assert SECOND not in files(archive.root)


def test_a_sidecar_of_two_goes_with_them_and_stays_with_the_one_that_stays(cli: Cli, archive: ImaLinkBuilder) -> None:
    clip, sidecar = "photos/trip/IMG_0003.mov", "photos/trip/IMG_0003.aae"
    archive.file(clip, b"\0\0\0\x14ftypqt  " + b"clip" * 100)
    archive.file(sidecar, b"<?xml version='1.0'?><plist/>")
    archive.add(clip, 7, key=hashlib.sha256(b"clip").hexdigest())
    archive.write()
    before = files(archive.root)
    assert cli("check", archive.root).code == 0
    ran = cli("rollback", archive.root, "7", "--yes")
    assert ran.code == 0, ran.out + ran.err
    assert not {THIRD, clip, sidecar} & set(files(archive.root))
    assert cli("undo", "--last", "--yes").code == 0
    assert files(archive.root) == before
    with archive.at(clip).open("ab") as stream:
        stream.write(b"edited")
    cli("rollback", archive.root, "7", "--yes")
    assert {clip, sidecar} <= set(files(archive.root))
    assert THIRD not in files(archive.root)


def test_a_file_whose_place_was_taken_keeps_no_other_one_of_its_session_away(cli: Cli, archive: ImaLinkBuilder) -> None:
    cli("check", archive.root)
    before = files(archive.root)
    cli("rollback", archive.root, "7", "--yes")
    archive.at(SECOND).parent.mkdir(exist_ok=True)
    archive.at(SECOND).write_bytes(b"another one")
    assert cli("undo", "--last", "--yes").code == ExitCode.STALE
    there = files(archive.root)
    assert {path: there[path] for path in (FIRST, THIRD)} == {path: before[path] for path in (FIRST, THIRD)}
    assert archive.read(SECOND) == b"another one"
    listed = document(archive, "imalink-sessions/session_7.json")["files"]
    assert {entry["relative_path"] for entry in listed} == {FIRST, THIRD}  # type: ignore[attr-defined]


def test_what_another_session_lists_stays(cli: Cli, archive: ImaLinkBuilder) -> None:
    other = document(archive, "imalink-sessions/session_8.json")
    (entry,) = [
        one
        for one in document(archive, "imalink-sessions/session_7.json")["files"]  # type: ignore[attr-defined]
        if one["relative_path"] == THIRD
    ]
    other["files"].append(entry)  # type: ignore[attr-defined]
    archive.file("imalink-sessions/session_8.json", json.dumps(other, indent=2))
    cli("check", archive.root)
    ran = cli("rollback", archive.root, "7", "--yes")
    assert "session 8 lists it too" in ran.out + ran.err
    assert THIRD in files(archive.root)


def test_a_session_that_is_not_there_is_said_so(cli: Cli, archive: ImaLinkBuilder, pictures: Path) -> None:
    cli("check", archive.root, pictures)
    ran = cli("rollback", archive.root, "99", "--yes")
    assert (ran.code, "has no session 99" in ran.err) == (ExitCode.USAGE, True)
    assert cli("rollback", pictures, "1", "--yes").code == ExitCode.USAGE
    assert cli("sessions", pictures, "--session", "1").code == ExitCode.USAGE


def test_a_review_says_what_became_of_each_file(cli: Cli, archive: ImaLinkBuilder) -> None:
    cli("check", archive.root)
    archive.at(FIRST).unlink()
    archive.at(SECOND).write_bytes(b"other")
    cli("check", archive.root)
    report = SessionFilesReport.model_validate(cli("sessions", archive.root, "--session", "7", "--json").json)
    assert {one.path: one.state for one in report.files} == {FIRST: "gone", SECOND: "changed", THIRD: "there"}
    out = cli("sessions", archive.root, "--session", "7").out
    assert "Trip" in out
    assert "1 gone" in out


def test_the_months_have_bars_and_those_without_a_session_are_there_too(cli: Cli, archive: ImaLinkBuilder) -> None:
    home = document(archive, "imalink-sessions/session_8.json")
    trip = document(archive, "imalink-sessions/session_7.json")
    home["import_date"], trip["import_date"] = "2024-03-02T10:00:00Z", "2023-12-31T23:00:00Z"
    archive.file("imalink-sessions/session_8.json", json.dumps(home, indent=2))
    archive.file("imalink-sessions/session_7.json", json.dumps(trip, indent=2))
    cli("check", archive.root)
    report = MonthsReport.model_validate(cli("sessions", archive.root, "--per-month", "--json").json)
    assert [(one.month, one.files) for one in report.months] == [
        ("2024-03", 1), ("2024-02", 0), ("2024-01", 0), ("2023-12", 3),
    ]  # fmt: skip
    lines = cli("sessions", archive.root, "--per-month").out.splitlines()
    assert [line.split()[0] for line in lines] == ["2024-03", "2024-02", "2024-01", "2023-12"]
    assert lines[3].count("█") > lines[0].count("█") > 0
    assert lines[1].count("█") == 0


def test_the_list_has_the_ids_that_the_other_verbs_ask_for(cli: Cli, archive: ImaLinkBuilder) -> None:
    cli("check", archive.root)
    report = SessionsReport.model_validate(cli("sessions", archive.root, "--json").json)
    assert {session.id for session in report.sessions} == {"7", "8"}
    assert {line.split()[0] for line in cli("sessions", archive.root).out.splitlines()} == {"7", "8"}


def test_a_large_session_goes_in_one_piece(cli: Cli, archive: ImaLinkBuilder) -> None:
    session = document(archive, "imalink-sessions/session_7.json")
    template = session["files"][0]  # type: ignore[index]
    master = document(archive, "imalink-master.json")
    for number in range(1500):
        path, key = f"photos/many/IMG_{number:04d}.jpg", hashlib.sha256(b"%d" % number).hexdigest()
        archive.file(path, b"%d" % number)
        name = os.path.basename(path)
        own = {"storage_filename": name, "relative_path": path, "hothash": key, "file_size": len(b"%d" % number)}
        session["files"].append({**template, **own})  # type: ignore[attr-defined]
        master["files"][key] = {  # type: ignore[index]
            "hothash": key, "filename": name, "relative_path": path, "file_size": own["file_size"],
            "import_session_id": 7, "indexed_at": "2024-10-19T20:00:00Z", "file_modified": "2024-06-01T12:00:00Z",
        }  # fmt: skip
    archive.file("imalink-sessions/session_7.json", json.dumps(session, indent=2))
    archive.file("imalink-master.json", json.dumps(master, indent=2))
    cli("check", archive.root)
    assert cli("rollback", archive.root, "7", "--yes", "--json").code == 0
    assert not list((archive.root / "photos/many").glob("*")) if (archive.root / "photos/many").exists() else True
    assert document(archive, "imalink-sessions/session_7.json")["files"] == []
