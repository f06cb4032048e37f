"""A second run that is cut short anywhere: what is in the backup is known by its digest, and comes back."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from inspector.backup.names import INTENDED_JOURNAL, LOCK, OWN_FOLDER
from inspector.fs.system import use_system
from inspector.fs.write import WriteFailedError
from tests.backup.vault import State, Vault, state_of
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.workbench import OLD_NS


def change_all_ways(vault: Vault) -> None:
    """Change files of the storage in each way that a run brings into the backup."""
    vault.put("a.jpg", b"another picture, a longer one", mtime_ns=OLD_NS + 5)
    vault.put("trip/b.jpg", b"trip/B.jpg")  # of the same size and time
    os.utime(vault.root / "trip/deep/c.jpg", ns=(OLD_NS, OLD_NS + 7))
    vault.put("trip/new.jpg")
    (vault.root / "file").unlink()
    vault.put("file/inner.jpg", b"a folder now")
    shutil.rmtree(vault.root / "folder")
    vault.put("folder", b"a file now")
    (vault.root / "gone.jpg").unlink()


def expect_one_of_two(vault: Vault, restored: State, former: State, new: State) -> None:
    """Every file came back as it was in the backup before or as it is in the storage now."""
    for path, (data, _, _) in restored.items():
        assert data in {state[path][0] for state in (former, new) if path in state}, path
    for path in former:
        above = path.rpartition("/")[0]
        is_another_now = above in new or any(one.startswith(f"{path}/") for one in new)
        assert path in restored or is_another_now or path not in new, f"{path} was left out"


async def test_wherever_a_second_run_ends_each_file_comes_back_in_one_of_its_two_versions(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    for name in ("a.jpg", "trip/b.jpg", "trip/deep/c.jpg", "file", "folder/x.jpg", "gone.jpg"):
        vault.put(name)
    await vault.back_up()
    former, first = state_of(vault.root), tmp_path / "first"
    shutil.copytree(vault.destination, first)
    change_all_ways(vault)
    new = state_of(vault.root)
    storage = await vault.storage()
    cut_at, is_over = 0, False
    while not is_over:
        cut_at += 11
        shutil.rmtree(vault.destination)
        shutil.copytree(first, vault.destination)
        system = FaultSystem(cut_at=cut_at)
        try:
            with use_system(system):
                await vault.engine.backups.back_up(storage.id, vault.destination)
        except PowerCut:
            pass
        is_over = not system.fired
        (vault.destination / LOCK).unlink(missing_ok=True)
        check = await vault.engine.backups.check(vault.destination, deep=True)
        assert check.damaged == 0, f"cut at call {cut_at}: {check.findings}"
        shutil.rmtree(tmp_path / "restored", ignore_errors=True)
        await vault.restore()
        expect_one_of_two(vault, state_of(tmp_path / "restored"), former, new)
        run = await vault.back_up()
        assert run.problem_count == 0 and new.items() <= state_of(vault.destination).items()
        assert set((await vault.check(deep=True)).counts) == {"gone from the storage"}, f"cut at call {cut_at}"
    vault.engine.close()


async def test_a_full_drive_leaves_no_new_copy_unknown(vault: Vault) -> None:
    names = [f"more/{number:02}.jpg" for number in range(30)]
    for name in names:
        vault.put(name)
    await vault.back_up()
    for name in names:
        vault.put(name, b"another version of " + name.encode(), mtime_ns=OLD_NS + 5)
    written = 0

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        nonlocal written
        written += name == "write"
        return errno.ENOSPC if name == "write" and written > 25 else None

    with use_system(FaultSystem(refuse=refuse)), pytest.raises(WriteFailedError, match="it goes on from there"):
        await vault.back_up()
    check = await vault.engine.backups.check(vault.destination, deep=True)
    assert check.unfinished and check.counts == {}
    restored = await vault.restore()
    there = {data for data, _, _ in state_of(vault.folder / "restored").values()}
    assert (restored.files, restored.problem_count) == (33, 0)
    assert b"another version of more/00.jpg" in there and b"more/29.jpg" in there
    run = await vault.back_up()
    assert run.resumed and run.problem_count == 0 and not (vault.destination / INTENDED_JOURNAL).exists()
    assert state_of(vault.destination) == state_of(vault.root)


async def test_of_a_damaged_copy_a_former_version_is_named_and_one_with_the_same_bytes_taken(vault: Vault) -> None:
    await vault.back_up()
    vault.put("a.jpg", b"another picture", mtime_ns=OLD_NS + 5)
    await vault.back_up()
    copy = vault.destination / "a.jpg"
    copy.write_bytes(b"damaged picture")
    (version,) = (vault.destination / OWN_FOLDER / "versions").rglob("a.jpg")
    os.rename(vault.destination / "trip/b.jpg", version.parent / "b.jpg")
    (version.parent / "trip").mkdir()
    os.rename(version.parent / "b.jpg", version.parent / "trip/b.jpg")
    check = await vault.engine.backups.check(vault.destination, deep=True)
    assert check.counts == {"rotten": 1, "among the former versions": 1}
    assert version.name in check.findings[0].detail
    restored = await vault.restore()
    (problem,) = restored.problems
    assert problem.path == "a.jpg" and str(copy) in problem.reason and str(version) in problem.reason
    assert (vault.folder / "restored/trip/b.jpg").read_bytes() == b"trip/b.jpg"
    copy.unlink()
    (problem,) = (await vault.restore("another")).problems
    assert "not in the backup any more" in problem.reason and str(version) in problem.reason


async def test_folders_that_backups_keep_for_themselves_are_named_where_they_are_left_out(vault: Vault) -> None:
    vault.put(".inspector-backup/mine.txt")
    run = await vault.back_up()
    assert run.notes == (".inspector-backup with 1 file in it left out: a folder of this name belongs to a backup",)
    vault.put("a.jpg", b"another picture", mtime_ns=OLD_NS + 5)
    await vault.back_up()
    copy = await vault.engine.open(vault.destination)
    run = await vault.engine.backups.back_up(copy.id, vault.folder / "backup of the backup")
    assert "1 former version among them, left out" in run.notes[0]
