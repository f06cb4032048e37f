"""Which sync program owns a folder is told by its marks, and what that means for opening its files."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from inspector.sync.placeholders import placeholder_reason
from inspector.sync.programs import BY_ID, DROPBOX, PROGRAMS, SYNCTHING, Mark, mark_among, owner_of


@pytest.mark.parametrize(
    ("names", "program", "mark"),
    [
        (["DCIM", ".stfolder"], "syncthing", Mark.ROOT),
        ([".stignore"], "syncthing", Mark.ROOT),
        ([".dropbox.cache", "a.jpg"], "dropbox", Mark.ROOT),
        ([".849C9593-D756-4E56-8D6E-42412F2A707B"], "onedrive", Mark.ROOT),
        ([".sync_0123abcdef.db"], "nextcloud", Mark.ROOT),
        (["._sync_0123abcdef.db"], "nextcloud", Mark.ROOT),
        ([".tmp.driveupload"], "google_drive", Mark.ROOT),
        ([".IMG_1.HEIC.icloud"], "icloud", Mark.WITHIN),
        ([".sync"], "resilio", Mark.ROOT),
        (["RCLONE_TEST"], "rclone_bisync", Mark.ROOT),
        ([".SynologyWorkingDirectory"], "synology_drive", Mark.ROOT),
        ([".megaignore"], "mega", Mark.ROOT),
        (["seafile-ignore.txt"], "seafile", Mark.ROOT),
        ([".stfolder", ".IMG_1.HEIC.icloud"], "icloud", Mark.WITHIN),
    ],
)
def test_the_names_in_a_folder_tell_the_program(names: list[str], program: str, mark: Mark) -> None:
    found = mark_among(names)
    assert found is not None
    assert (found[0].id, found[1]) == (program, mark)


@pytest.mark.parametrize("name", ["a.jpg", "dropbox", ".sync_.db.bak", ".icloud", "stfolder", ".DS_Store", "RCLONE"])
def test_other_names_tell_of_none(name: str) -> None:
    assert mark_among([name]) is None


def test_every_program_can_be_recognised_and_says_what_it_ignores() -> None:
    assert len(BY_ID) == len(PROGRAMS)
    for program in PROGRAMS:
        assert program.marks or program.within is not None, program.id
        assert program.ignored, program.id


def test_a_folder_inside_a_synced_one_belongs_to_its_program(tmp_path: Path) -> None:
    (tmp_path / "sync" / ".stfolder").mkdir(parents=True)
    inner = tmp_path / "sync" / "2024" / "trip"
    inner.mkdir(parents=True)
    assert owner_of(inner) == (SYNCTHING, tmp_path / "sync")
    assert owner_of(tmp_path / "not there" / "either") is None


def test_the_nearest_marked_folder_counts(tmp_path: Path) -> None:
    (tmp_path / ".dropbox").touch()
    (tmp_path / "a" / ".stfolder").mkdir(parents=True)
    assert owner_of(tmp_path / "a") == (SYNCTHING, tmp_path / "a")


def looks(size: int, blocks: int, **more: int) -> os.stat_result:
    return cast(os.stat_result, SimpleNamespace(st_size=size, st_blocks=blocks, **more))


@pytest.mark.parametrize(
    ("name", "status", "owned", "is_one"),
    [
        ("a.jpg", looks(5_000_000, 9768), True, False),
        ("a.jpg", looks(5_000_000, 0), True, True),
        ("a.jpg", looks(5_000_000, 0), False, False),
        ("small.jpg", looks(100, 0), True, True),
        ("small.jpg", looks(100, 0), False, False),
        ("empty.jpg", looks(0, 0), True, False),
        ("a.jpg", looks(5_000_000, 9768, st_flags=0x40000000), False, True),
        ("a.jpg", looks(5_000_000, 9768, st_file_attributes=0x400000), False, True),
        (".a.heic.icloud", looks(180, 8), False, True),
        ("a.jpg.nextcloud", looks(1, 8), False, True),
        (".a.heic.icloud", looks(5_000_000, 9768), False, False),
    ],
)
def test_a_placeholder_is_told_from_a_file(name: str, status: os.stat_result, owned: bool, is_one: bool) -> None:
    reason = placeholder_reason(name, status, DROPBOX if owned else None)
    assert (reason is not None) is is_one


def test_a_program_without_placeholders_leaves_sparse_files_readable() -> None:
    assert placeholder_reason("a.jpg", looks(5_000_000, 0), SYNCTHING) is None
