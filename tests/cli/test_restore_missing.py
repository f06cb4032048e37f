"""`inspector restore-missing`: all missing files come back that another storage has, and what is left out is said."""

import os
import shutil
from pathlib import Path

import pytest

from inspector.scenarios.imalink import ImaLinkBuilder
from tests.cli.conftest import Cli

_FILES = 6


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with an index."""
    builder = ImaLinkBuilder(tmp_path / "archive", "1f2e3d4c-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    builder.session(7, "Summer")
    for number in range(_FILES):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()
    return tmp_path / "archive"


@pytest.fixture
def copies(cli: Cli, archive: Path, tmp_path: Path) -> Path:
    """A plain folder with copies of the pictures 0 to 3 under other names; both storages are known."""
    folder = tmp_path / "copies"
    folder.mkdir()
    for number in range(4):
        shutil.copy2(archive / f"photos/{number}.jpg", folder / f"copy of {number}.jpg")
    cli("check", archive, folder)
    return folder


def _lose(archive: Path, *numbers: int) -> dict[int, bytes]:
    lost = {}
    for number in numbers:
        path = archive / f"photos/{number}.jpg"
        lost[number] = path.read_bytes()
        path.unlink()
    return lost


def test_what_is_missing_comes_back_byte_for_byte(cli: Cli, archive: Path, copies: Path) -> None:
    lost = _lose(archive, 1, 2)
    ran = cli("restore-missing", archive, "--yes")
    assert ran.code == 0, ran.err
    assert {number: (archive / f"photos/{number}.jpg").read_bytes() for number in lost} == lost
    assert "missing_file" not in cli("check", archive).out
    assert len(list(copies.iterdir())) == 4
    assert cli("undo", "--last", "--yes").code == 0
    assert not (archive / "photos/1.jpg").exists()


def test_a_dry_run_shows_it_and_writes_nothing(cli: Cli, archive: Path, copies: Path) -> None:
    _lose(archive, 1, 2)
    ran = cli("restore-missing", archive, "--dry-run")
    assert ran.code == 0
    assert "photos/1.jpg is missing -> copied from copy of 1.jpg in 'copies'" in ran.out
    assert not (archive / "photos/1.jpg").exists()
    plan = cli("restore-missing", archive, "--dry-run", "--json").json
    assert len(plan["items"]) == 2


def test_what_no_storage_has_is_named(cli: Cli, archive: Path, copies: Path) -> None:
    _lose(archive, 1, 5)
    ran = cli("restore-missing", archive, "--yes")
    assert ran.code == 1
    assert "1 missing file in no known storage: photos/5.jpg" in ran.err
    assert (archive / "photos/1.jpg").exists()


def test_what_is_only_in_a_storage_that_is_away_waits_for_it(cli: Cli, archive: Path, copies: Path) -> None:
    _lose(archive, 1, 2)
    copies.rename(copies.with_name("unplugged"))
    ran = cli("restore-missing", archive, "--yes")
    assert (ran.code, "2 missing files only in 'copies': the storage 'copies' is not there" in ran.err) == (4, True)
    assert not (archive / "photos/1.jpg").exists()
    copies.with_name("unplugged").rename(copies)
    assert cli("restore-missing", archive, "--yes").code == 0
    assert (archive / "photos/2.jpg").exists()


def test_a_copy_that_changed_meanwhile_is_not_taken(cli: Cli, archive: Path, copies: Path) -> None:
    _lose(archive, 1, 2)
    (copies / "copy of 1.jpg").write_bytes(b"something else")
    ran = cli("restore-missing", archive, "--yes")
    assert ran.code == 7
    assert not (archive / "photos/1.jpg").exists()
    assert (archive / "photos/2.jpg").exists()


def test_nothing_is_missing(cli: Cli, archive: Path, copies: Path) -> None:
    ran = cli("restore-missing", archive, "--yes")
    assert (ran.code, ran.out) == (0, "Nothing to do.\n")


def test_without_a_path_all_known_storages_are_meant(cli: Cli, archive: Path, copies: Path) -> None:
    _lose(archive, 3)
    (copies / "copy of 0.jpg").unlink()
    assert cli("restore-missing", "--yes").code == 0
    assert (archive / "photos/3.jpg").exists()
    assert (copies / "copy of 0.jpg").exists()


def test_it_is_refused_where_nothing_may_be_written(cli: Cli, archive: Path, copies: Path) -> None:
    _lose(archive, 1)
    assert cli("--read-only", "restore-missing", archive, "--yes").code == 2
    assert cli("restore-missing", archive).code == 2
    assert not os.path.lexists(archive / "photos/1.jpg")
