"""What comes back from a backup is verified, and opened where it is."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from inspector.backup.names import RESTORE_FOLDER
from inspector.fs.system import use_system
from inspector.fs.write import WriteFailedError
from inspector.model.errors import UsageError
from inspector.scenarios.large import build_large, write_large_index
from tests.backup.vault import Vault, state_of
from tests.fs.fault_system import FaultSystem


async def test_a_storage_comes_back_with_its_folders_and_is_known_there(vault: Vault) -> None:
    vault.put(b"odd/not \xff utf-8.jpg", b"bytes")
    (vault.root / "nothing in it").mkdir()
    (vault.root / "trip").chmod(0o750)
    os.utime(vault.root / "trip", ns=(10**18, 10**18))
    await vault.back_up()
    shutil.rmtree(vault.root)
    restored = await vault.restore()
    root = vault.folder / "restored"
    assert (restored.files, restored.problem_count, restored.conflicts) == (4, 0, 0)
    assert restored.storage is not None and restored.storage.root == str(root) and restored.storage.files == 4
    assert state_of(root) == state_of(vault.destination)
    assert (root / "nothing in it").is_dir() and not (root / RESTORE_FOLDER).exists()
    status = (root / "trip").stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o750, 10**18)


async def test_an_indexed_storage_comes_back_to_the_place_where_it_was_and_is_registered(
    vault: Vault, tmp_path: Path
) -> None:
    root = build_large(tmp_path, files=12, folders=2)
    write_large_index(root, files=12, folders=2)
    storage = await vault.engine.open(root)
    await vault.engine.scan([storage.id])
    await vault.engine.backups.back_up(storage.id, vault.destination)
    before = state_of(root)
    shutil.rmtree(root)
    restored = await vault.engine.backups.restore(vault.destination, root)
    assert state_of(root) == before
    assert restored.storage is not None and restored.storage.identity == storage.identity
    assert restored.conflicts == 0 and restored.registered
    config = json.loads((vault.home / ".imalink/storage_config.json").read_text())
    assert [one["base_path"] for one in config["storages"].values()] == [str(root)]


async def test_what_is_gone_from_the_storage_comes_back_on_a_word_only(vault: Vault) -> None:
    await vault.back_up()
    (vault.root / "a.jpg").unlink()
    await vault.back_up()
    assert (await vault.restore("without")).files == 2
    assert (await vault.restore("all", with_gone=True)).files == 3
    assert (vault.folder / "all/a.jpg").read_bytes() == b"a.jpg"


async def test_a_rotten_copy_is_named_and_not_restored(vault: Vault) -> None:
    await vault.back_up()
    copy = vault.destination / "trip/b.jpg"
    status = copy.stat()
    copy.write_bytes(b"trip/B.jpg")
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    quick, deep = await vault.check(), await vault.check(deep=True)
    assert quick.damaged == 0 and deep.counts == {"rotten": 1}
    restored = await vault.restore()
    assert [one.path for one in restored.problems] == ["trip/b.jpg"] and str(copy) in restored.problems[0].reason
    assert sorted(state_of(vault.folder / "restored")) == ["a.jpg", "trip/deep/c.jpg"]
    run = await vault.back_up(deep=True)
    assert (run.rotten, run.copied, run.replaced) == (1, 1, 1) and vault.version("trip/b.jpg") == b"trip/B.jpg"
    assert (await vault.check(deep=True)).counts == {}
    again = await vault.restore()
    assert (again.problem_count, again.copied) == (0, 1), "what was missing comes back into the same place"
    assert state_of(vault.folder / "restored") == state_of(vault.root)


async def test_a_restore_that_was_cut_short_goes_on(vault: Vault) -> None:
    await vault.back_up()
    seen = 0

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        nonlocal seen
        seen += name == "write"
        return errno.ENOSPC if name == "write" and seen > 2 else None

    with use_system(FaultSystem(refuse=refuse)), pytest.raises(WriteFailedError):
        await vault.restore()
    assert (vault.folder / "restored" / RESTORE_FOLDER).exists()
    restored = await vault.restore()
    assert restored.files == 3 and restored.copied < 3
    assert state_of(vault.folder / "restored") == state_of(vault.root)


async def test_a_backup_is_restored_to_a_new_place_only(vault: Vault) -> None:
    await vault.back_up()
    taken = vault.folder / "taken"
    vault.put("mine.txt", root=taken)
    await vault.storage()
    for place, why in ((taken, "is not empty"), (vault.root / "in", "lies in"), (vault.destination / "in", "lies in")):
        with pytest.raises(UsageError, match=why):
            await vault.engine.backups.restore(vault.destination, place)
    with pytest.raises(UsageError, match="is no backup"):
        await vault.engine.backups.restore(taken, vault.folder / "new")
    assert not (vault.folder / "new").exists()


async def test_what_a_cut_short_run_had_noted_is_restored_too(vault: Vault) -> None:
    for number in range(70):
        vault.put(f"more/{number:03}.jpg")

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        target = str(arguments[1]) if name == "renameat2" else ""
        return errno.ENOSPC if target == "069.jpg" else None

    with use_system(FaultSystem(refuse=refuse)), pytest.raises(WriteFailedError):
        await vault.back_up()
    check = await vault.engine.backups.check(vault.destination)
    assert check.unfinished and check.damaged == 0
    restored = await vault.restore()
    assert restored.problem_count == 0 and restored.files >= 65


async def test_a_check_says_what_the_backup_lacks_and_what_is_wrong_with_it(vault: Vault) -> None:
    await vault.back_up()
    vault.put("new.jpg")
    vault.put("a.jpg", b"edited since")
    (vault.root / "trip/b.jpg").unlink()
    (vault.destination / "trip/deep/c.jpg").unlink()
    (vault.destination / "stranger.txt").write_bytes(b"x")
    found = await vault.check()
    assert {(one.fault.value, one.path) for one in found.findings} == {
        ("not backed up", "new.jpg"),
        ("changed since", "a.jpg"),
        ("gone from the storage", "trip/b.jpg"),
        ("missing in the backup", "trip/deep/c.jpg"),
        ("not of the backup", "stranger.txt"),
    }
    assert (found.damaged, found.behind) == (1, 2)
    alone = await vault.engine.backups.check(vault.destination)
    assert {one.fault.value for one in alone.findings} == {"missing in the backup", "not of the backup"}
