"""Backups that are cut short, and the world that changes under them: nothing is lost, and the next run goes on."""

import asyncio
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inspector.backup import backing, place
from inspector.backup.copying import Copier
from inspector.backup.names import JOURNAL, LOCK, MANIFEST, OWN_FOLDER, PARTIAL
from inspector.engine import Engine
from inspector.fs.system import use_system
from inspector.fs.write import WriteFailedError
from inspector.model.errors import CancelledByUserError, StorageLockedError, StorageOfflineError
from inspector.model.progress import Progress
from inspector.scenarios.large import build_large, write_large_index
from tests.backup.vault import Vault, state_of
from tests.fs.fault_system import FaultSystem
from tests.workbench import OLD_NS

_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from inspector.engine import Engine
from inspector.fs.system import System, use_system

class Dying(System):
    def __init__(self, calls):
        self.left = calls
    def call(self, name, function, *arguments):
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().call(name, function, *arguments)

async def main(state, home, root, destination, calls):
    with Engine(Path(state), Path(home)) as engine:
        storage = await engine.open(root)
        with use_system(Dying(int(calls))):
            await engine.backups.back_up(storage.id, destination)

asyncio.run(main(*sys.argv[1:]))
"""


def killed_after(vault: Vault, calls: int) -> bool:
    """Run a backup in a process that kills itself before so many calls of the system; whether it did."""
    arguments = [vault.state, vault.home, vault.root, vault.destination, calls]
    ended = subprocess.run([sys.executable, "-c", _KILLED, *map(str, arguments)], capture_output=True, text=True)
    assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr
    return ended.returncode != 0


@pytest.mark.parametrize("calls", [12, 30, 50, 70, 90])
async def test_a_run_that_was_killed_loses_nothing_and_the_next_one_goes_on(vault: Vault, calls: int) -> None:
    await vault.back_up()
    former = state_of(vault.destination)
    vault.put("a.jpg", b"another picture", mtime_ns=OLD_NS + 5)
    (vault.root / "trip/b.jpg").unlink()
    for number in range(4):
        vault.put(f"more/{number}.jpg")
    assert killed_after(vault, calls)
    kept = {**state_of(vault.destination), **{path: (vault.version(path), 0, 0) for path in vault.versions()}}
    assert former["a.jpg"][0] in {kept["a.jpg"][0], *(vault.version(path) for path in vault.versions())}
    assert kept["trip/b.jpg"][0] == former["trip/b.jpg"][0]
    run = await vault.back_up()
    assert (run.problem_count, run.files, run.gone) == (0, 6, 1)
    there = state_of(vault.destination)
    assert {path: there[path] for path in state_of(vault.root)} == state_of(vault.root)
    assert list((vault.destination / PARTIAL).iterdir()) == [] and not (vault.destination / JOURNAL).exists()
    assert (await vault.check(deep=True)).damaged == 0


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
async def test_every_call_may_fail_and_what_was_there_stays(tmp_path: Path, error: int) -> None:
    vault = Vault(tmp_path)
    vault.put("a.jpg")
    vault.put("trip/b.jpg")
    await vault.back_up()
    vault.put("a.jpg", b"another picture", mtime_ns=OLD_NS + 5)
    vault.put("trip/c.jpg")
    first = tmp_path / "first"
    shutil.copytree(vault.destination, first)
    storage = await vault.storage()
    fail_at, done = 0, 0
    while done < 2:
        fail_at += 3
        shutil.rmtree(vault.destination)
        shutil.copytree(first, vault.destination)
        system = FaultSystem(fail_at=fail_at, error=error)
        try:
            with use_system(system):
                await vault.engine.backups.back_up(storage.id, vault.destination)
        except (WriteFailedError, StorageOfflineError, OSError):
            pass
        done = 0 if system.fired else done + 1
        contents = {data for data, _, _ in state_of(vault.destination).values()}
        contents |= {vault.version(path) for path in vault.versions()}
        assert {b"a.jpg", b"trip/b.jpg"} <= contents, f"lost at call {fail_at}"
        run = await vault.engine.backups.back_up(storage.id, vault.destination)
        assert (run.problem_count, run.files) == (0, 3), f"after a failure at call {fail_at}"
        assert state_of(vault.destination) == state_of(vault.root)
    vault.engine.close()


async def test_a_full_drive_stops_the_run_with_words_and_keeps_what_was_copied(vault: Vault) -> None:
    for number in range(150):
        vault.put(f"more/{number:03}.jpg")
    system = FaultSystem(refuse=_full_after(100))
    with use_system(system), pytest.raises(WriteFailedError) as caught:
        await vault.back_up()
    assert "run again: it goes on from there" in str(caught.value)
    there = len(state_of(vault.destination))
    assert 0 < there < 153
    run = await vault.back_up()
    assert run.resumed and run.copied + run.adopted < 153 and run.files == 153
    assert state_of(vault.destination) == state_of(vault.root)


def _full_after(writes: int) -> Any:
    seen = 0

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        nonlocal seen
        seen += name == "write"
        return errno.ENOSPC if name == "write" and seen > writes else None

    return refuse


async def test_a_run_that_is_stopped_goes_on_where_it_was(vault: Vault) -> None:
    for number in range(200):
        vault.put(f"more/{number:03}.jpg")
    progress, calls = Progress(), 0
    storage = await vault.storage()

    def stop(name: str, arguments: tuple[Any, ...]) -> int | None:
        nonlocal calls
        calls += 1
        if calls > 1500:
            progress.cancel()
        return None

    with use_system(FaultSystem(refuse=stop)), pytest.raises(CancelledByUserError):
        await vault.engine.backups.back_up(storage.id, vault.destination, progress=progress)
    noted = sum(len(folder.rows) for folder in vault.manifest().values())
    assert 0 < noted < 203, "what is certain is noted"
    run = await vault.back_up()
    assert run.resumed and run.copied + run.adopted == 203 - noted
    assert state_of(vault.destination) == state_of(vault.root)


async def test_a_destination_that_is_pulled_out_ends_the_run_and_nothing_goes_elsewhere(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    await vault.back_up()
    for number in range(10):
        vault.put(f"more/{number}.jpg")
    unplugged = vault.folder / "unplugged"
    make = backing.BackupPass._make_folder

    def pull_out(self: backing.BackupPass, path: str) -> None:
        make(self, path)
        if path == "more":
            os.rename(vault.destination, unplugged)
            vault.destination.mkdir()

    monkeypatch.setattr(backing.BackupPass, "_make_folder", pull_out)
    with pytest.raises(StorageOfflineError, match="went away"):
        await vault.back_up()
    assert list(vault.destination.iterdir()) == []
    monkeypatch.undo()
    vault.destination.rmdir()
    os.rename(unplugged, vault.destination)
    (vault.destination / LOCK).unlink(missing_ok=True)
    await vault.back_up()
    assert state_of(vault.destination) == state_of(vault.root)


async def test_a_storage_that_is_pulled_out_ends_the_run_and_nothing_counts_as_gone(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    await vault.scan()
    await vault.back_up()
    vault.put("trip/new.jpg")
    folder = backing.BackupPass._folder

    def pull_out(self: backing.BackupPass, listing: Any) -> None:
        folder(self, listing)
        if not listing.path:
            os.rename(vault.root, vault.folder / "unplugged")
            vault.root.mkdir()

    monkeypatch.setattr(backing.BackupPass, "_folder", pull_out)
    with pytest.raises(StorageOfflineError, match="went away"):
        await vault.back_up()
    monkeypatch.undo()
    assert all(not row.gone for one in vault.manifest().values() for row in one.rows.values())
    vault.root.rmdir()
    os.rename(vault.folder / "unplugged", vault.root)
    assert (await vault.back_up()).gone == 0


async def test_a_file_that_changes_while_it_is_copied_is_named_and_its_former_copy_stays(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    await vault.back_up()
    vault.put("a.jpg", b"x" * 3_000_000, mtime_ns=OLD_NS + 5)
    count = Copier.count

    def change(self: Copier, size: int) -> None:
        count(self, size)
        with (vault.root / "a.jpg").open("ab") as stream:
            stream.write(b"more")

    monkeypatch.setattr(Copier, "count", change)
    run = await vault.back_up()
    assert [one.path for one in run.problems] == ["a.jpg"]
    assert (vault.destination / "a.jpg").read_bytes() == b"a.jpg"
    monkeypatch.undo()
    assert (await vault.back_up()).problem_count == 0
    assert state_of(vault.destination) == state_of(vault.root)


async def test_a_file_that_cannot_be_read_is_named_and_the_others_are_copied(vault: Vault) -> None:
    inode = (vault.root / "a.jpg").stat().st_ino

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        is_it = name == "read" and os.fstat(arguments[0]).st_ino == inode
        return errno.EIO if is_it else None

    with use_system(FaultSystem(refuse=refuse)):
        run = await vault.back_up()
    assert [one.path for one in run.problems] == ["a.jpg"] and run.copied == 2
    assert (await vault.back_up()).copied == 1


async def test_a_drive_without_links_keeps_its_manifest_wherever_a_run_ends(vault: Vault) -> None:
    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        if name == "link":
            return errno.EPERM
        return errno.EIO if name == "rename" and arguments[0] == "manifest.new.jsonl" else None

    await vault.back_up()
    (vault.root / "a.jpg").unlink()
    vault.put("new.jpg")
    with use_system(FaultSystem(refuse=refuse)), pytest.raises(WriteFailedError):
        await vault.back_up()
    assert not (vault.destination / MANIFEST).exists()
    assert (await vault.engine.backups.check(vault.destination, deep=True)).counts == {}
    run = await vault.back_up()
    assert (run.problem_count, run.adopted, run.copied, run.gone) == (0, 0, 0, 1)
    assert (vault.destination / MANIFEST).exists() and (await vault.check()).damaged == 0


async def test_many_files_that_cannot_be_read_keep_no_other_one_from_being_copied(vault: Vault) -> None:
    for number in range(40):
        vault.put(f"bad/{number:02}.jpg")
    bad = {path.stat().st_ino for path in (vault.root / "bad").iterdir()}

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        return errno.EIO if name == "read" and os.fstat(arguments[0]).st_ino in bad else None

    with use_system(FaultSystem(refuse=refuse)):
        run = await vault.back_up()
    assert (run.problem_count, run.copied) == (40, 3)


async def test_names_that_a_destination_takes_for_one_are_all_kept(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.put("A.JPG", b"in capitals")
    vault.put("Trip/b.jpg", b"of another folder")
    vault.put("cafe\u0301.jpg", b"apart")
    vault.put("caf\u00e9.jpg", b"in one")
    monkeypatch.setattr(place, "ignores_case", lambda tree: True)
    run = await vault.back_up()
    assert (run.problem_count, run.files) == (0, 7)
    names = [path.lower() for path in state_of(vault.destination)]
    assert len(names) == len(set(names)) == 3, "no two names that would be one there"
    assert (await vault.back_up()).changed == 0
    assert (await vault.check(deep=True)).damaged == 0
    restored = await vault.restore()
    assert restored.problem_count == 0
    assert state_of(vault.folder / "restored") == state_of(vault.root)


async def test_a_name_that_the_destination_refuses_is_kept_under_another_one(vault: Vault) -> None:
    vault.put("what: why?.jpg")
    vault.put("trip: two/x.jpg")

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        wanted = {"renameat2": 1, "link": 1, "rename": 1, "mkdir": 0}.get(name)
        return errno.EINVAL if wanted is not None and ":" in str(arguments[wanted]) else None

    with use_system(FaultSystem(refuse=refuse)):
        run = await vault.back_up()
    assert (run.problem_count, run.files) == (0, 5)
    assert not any(":" in path for path in state_of(vault.destination))
    assert (await vault.check(deep=True)).damaged == 0
    await vault.restore()
    assert state_of(vault.folder / "restored") == state_of(vault.root)


async def test_two_backups_to_one_place_exclude_one_another_from_other_homes_too(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    await vault.back_up()
    vault.put("big.jpg", b"x" * 2_000_000)
    count = Copier.count
    second: list[BaseException | None] = []

    def meanwhile(self: Copier, size: int) -> None:
        count(self, size)
        if second:
            return
        second.append(None)

        async def another() -> None:
            with Engine(vault.folder / "other state", vault.folder / "other home") as engine:
                storage = await engine.open(vault.root)
                await engine.backups.back_up(storage.id, vault.destination)

        try:
            asyncio.run(another())
        except StorageLockedError as error:
            second[0] = error

    monkeypatch.setattr(Copier, "count", meanwhile)
    run = await vault.back_up()
    assert run.copied == 1 and isinstance(second[0], StorageLockedError)


async def test_documents_come_last_and_once_more_where_they_changed_meanwhile(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = build_large(tmp_path, files=20, folders=2)
    write_large_index(root, files=20, folders=2)
    _age(root)
    storage = await vault.engine.open(root)
    copied: list[str] = []
    copy = Copier.copy
    new = min(path for path in (root / "photos").iterdir()) / "IMG_new.jpg"

    def import_meanwhile(self: Any, origin: int, name: str, source: str, *more: Any) -> Any:
        copied.append(source)
        if len(copied) == 15:
            new.write_bytes(b"came in while the backup ran")
            master = root / "imalink-master.json"
            master.write_bytes(master.read_bytes().replace(b"\n", b"\n ", 1))
        return copy(self, origin, name, source, *more)

    monkeypatch.setattr(Copier, "copy", import_meanwhile)
    run = await vault.engine.backups.back_up(storage.id, vault.destination)
    assert run.problem_count == 0
    documents = [path for path in copied if not path.startswith("photos/")]
    assert copied[-len(documents) :] == documents, "no picture after a document"
    assert documents[-1] == ".imalink-storage" and "imalink-master.json" in documents[:-1]
    assert state_of(vault.destination) == state_of(root)


def _age(root: Path) -> None:
    old = time.time_ns() - 60_000_000_000
    for path in root.rglob("*"):
        os.utime(path, ns=(old, old), follow_symlinks=False)


async def test_a_storage_that_a_program_is_writing_is_left_alone(vault: Vault, tmp_path: Path) -> None:
    root = build_large(tmp_path, files=3, folders=1)
    write_large_index(root, files=3, folders=1)
    lock = {"hostname": socket.gethostname(), "pid": os.getpid(), "program": "ImaLink"}
    (root / ".imalink-storage.lock").write_text(json.dumps(lock))
    storage = await vault.engine.open(root)
    with pytest.raises(StorageLockedError, match="just writing"):
        await vault.engine.backups.back_up(storage.id, vault.destination)
    assert not (vault.destination / OWN_FOLDER).exists()
