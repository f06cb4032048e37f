"""A drive that comes back in another place, and several processes that watch one storage."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.jobs.duty import SECONDS_WITHOUT_BEAT, Duty
from inspector.layouts import registry
from inspector.model.watching import Change, ConflictNews, StorageNews, WatchState
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.watch import seeking as seeking_module
from inspector.watch.seeking import Seeking
from tests.watch.watch_program import WatchProgram
from tests.watching_bench import watching
from tests.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
_UUID = "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e"


def _archive(root: Path, uuid: str = _UUID) -> None:
    builder = ImaLinkBuilder(root, uuid, "Archive")
    builder.session(7, "Summer")
    for number in range(3):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()


@contextmanager
def _mounted(disk: Path, point: Path) -> Iterator[Callable[[], None]]:
    """A drive at a mount point; what is given unmounts it before the end of the block."""
    point.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", "--bind", disk, point], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")

    def unmount() -> None:
        subprocess.run(["umount", "--lazy", point], capture_output=True)

    try:
        yield unmount
    finally:
        unmount()


async def test_a_drive_that_is_mounted_elsewhere_is_recognised_and_watched_there(bench: Workbench) -> None:
    disk = bench.folder / "disk"
    _archive(disk / "Pictures/2024")
    was, now = bench.folder / "media/USB", bench.folder / "media/USB 1"
    with _mounted(disk, was) as unmount:
        async with watching(bench.engine, was / "Pictures/2024") as watch:
            (before,) = bench.engine.storages()
            unmount()
            assert (await watch.until_state(WatchState.OFFLINE)).storage.root == before.root
            with _mounted(disk, now):
                back = await watch.until_state(WatchState.WATCHING)
                assert back.storage.root == str(now / "Pictures/2024")
                (storage,) = bench.engine.storages()
                assert (storage.id, storage.root) == (before.id, back.storage.root)
                assert watch.kinds_so_far() == [], "it is the same storage, with all that was known of it"
                (now / "Pictures/2024/photos/0.jpg").unlink()
                await watch.until_conflict(Change.OPENED, "missing_file")


async def test_a_storage_that_was_renamed_is_recognised_beside_its_old_place(bench: Workbench) -> None:
    _archive(bench.root)
    async with watching(bench.engine, bench.root) as watch:
        renamed = bench.root.rename(bench.folder / "photographs")
        went = await watch.until(lambda one: isinstance(one, StorageNews))
        assert isinstance(went, StorageNews)
        assert (went.state, went.storage.root) == (WatchState.OFFLINE, str(bench.root)), "where it is not any more"
        back = await watch.until(lambda one: isinstance(one, StorageNews))
        assert isinstance(back, StorageNews)
        assert (back.state, back.storage.root) == (WatchState.SCANNING, str(renamed))
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []


async def test_a_storage_whose_marker_was_swapped_is_offline_until_its_own_is_back(bench: Workbench) -> None:
    _archive(bench.root)
    signature = bench.root / ".imalink-storage"
    own = signature.read_bytes()
    async with watching(bench.engine, bench.root) as watch:
        signature.write_bytes(own.replace(_UUID.encode(), _UUID.replace("3f0f", "4a1b").encode()))
        assert (await watch.until_state(WatchState.OFFLINE)).reason == "is now another storage"
        await asyncio.sleep(2.5)
        assert watch.news == [], "a scan and a check find it, and it is told once"
        (storage,) = bench.engine.storages()
        assert (storage.state.value, len(bench.engine.files(storage.id))) == ("offline", 3)
        signature.write_bytes(own)
        back = await watch.until(lambda one: True)
        assert isinstance(back, StorageNews) and back.state is WatchState.SCANNING
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []


async def test_a_search_looks_again_only_when_something_was_mounted_or_renamed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _archive(bench.root)
    storage = await bench.engine.open(bench.root)
    seeking = Seeking(storage, registry.layout(storage.layout))
    shutil.move(bench.root, bench.folder / "far/away")
    assert seeking.look() is None
    looked: list[str] = []

    def found(top: str, depth: int) -> list[str]:
        looked.append(top)
        return []

    monkeypatch.setattr(seeking_module, "_found", found)
    assert (seeking.look(), looked) == (None, [])
    shutil.move(bench.folder / "far/away", bench.folder / "photographs")
    seeking.look()
    assert looked == [str(bench.folder)]


async def test_a_folder_without_an_id_is_never_taken_for_another_one(bench: Workbench) -> None:
    bench.put("1.jpg")
    storage = await bench.engine.open(bench.root)
    seeking = Seeking(storage, registry.layout(storage.layout))
    bench.root.rename(bench.folder / "photographs")
    assert seeking.look() is None


async def test_of_two_watches_one_scans_and_both_tell_and_the_other_one_goes_on_alone(bench: Workbench) -> None:
    bench.put("a/1.jpg")
    bench.put("b/2.jpg")
    with Engine(bench.state, bench.home) as second:
        async with AsyncExitStack() as first:
            watch = await first.enter_async_context(watching(bench.engine, bench.root))
            other = await first.enter_async_context(watching(second, bench.root, settled=False))
            await other.until_state(WatchState.WATCHING)
            shutil.copy(bench.root / "a/1.jpg", bench.root / "b/again.jpg")
            await watch.until_conflict(Change.OPENED, "duplicate_content")
            said = [await other.until(lambda one: True)]
            while not isinstance(said[-1], ConflictNews):
                said.append(await other.until(lambda one: True))
            assert WatchState.SCANNING not in [one.state for one in said if isinstance(one, StorageNews)]
            await watch.end()
            (bench.root / "b/again.jpg").unlink()
            await other.until_state(WatchState.SCANNING)
            await other.until_conflict(Change.CLOSED, "duplicate_content")


def test_a_watch_whose_process_is_killed_is_followed_by_another_one(bench: Workbench) -> None:
    bench.put("a/1.jpg")
    bench.put("b/2.jpg")
    first = WatchProgram(bench.state, bench.root)
    first.until_state("scanning")
    first.until_state("in step")
    second = WatchProgram(bench.state, bench.root)
    try:
        second.until_state("in step")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.communicate()
        (bench.root / "b/again.jpg").write_bytes(b"a/1.jpg")
        second.until_state("scanning")
        second.until_conflict("opened", "duplicate_content")
    finally:
        assert second.end() == (130, "")


def test_a_process_that_stands_still_is_not_waited_for(tmp_path: Path) -> None:
    now = [100.0]
    first, second = Duty(tmp_path, "one"), Duty(tmp_path, "one", lambda: now[0])
    other_storage = Duty(tmp_path, "two")
    assert first.take() and other_storage.take()
    assert not second.take()
    now[0] += SECONDS_WITHOUT_BEAT - 1
    assert first.take() and not second.take()
    now[0] += SECONDS_WITHOUT_BEAT - 1
    assert not second.take()
    now[0] += SECONDS_WITHOUT_BEAT
    assert second.take(), "no beat for so long"
    assert first.take() and not second.take(), "it goes on"
    first.leave()
    assert second.take()
    for one in (second, other_storage):
        one.leave()


async def test_of_several_copies_none_is_taken_for_a_storage_that_went_away(bench: Workbench) -> None:
    _archive(bench.root)
    first, second = bench.folder / "first", bench.folder / "second"
    async with watching(bench.engine, bench.root) as watch:
        shutil.copytree(bench.root, first)
        shutil.copytree(bench.root, second)
        away = bench.folder / "far/away"
        shutil.move(bench.root, away)
        went = await watch.until(lambda one: isinstance(one, StorageNews) and "second" in one.reason)
        assert isinstance(went, StorageNews)
        assert (went.state, went.storage.root) == (WatchState.OFFLINE, str(bench.root))
        assert f"copies with its id are at {first} and {second}" in went.reason
        shutil.move(second, bench.folder / "far/second")
        left = await watch.until(lambda one: isinstance(one, StorageNews) and "a copy with" in one.reason)
        assert isinstance(left, StorageNews) and f"its id is at {first}" in left.reason, "one copy is a copy still"
        shutil.move(away, bench.root)
        back = await watch.until_state(WatchState.WATCHING)
        assert back.storage.root == str(bench.root)
        (bench.root / "photos/0.jpg").unlink()
        await watch.until_conflict(Change.OPENED, "missing_file")


async def test_a_storage_whose_old_root_is_back_is_watched_there_and_both_are_named_as_clones(bench: Workbench) -> None:
    _archive(bench.root)
    await bench.engine.scan([(await bench.engine.open(bench.root)).id])
    far, copy = bench.folder / "far/away", bench.folder / "copy"
    shutil.copytree(bench.root, copy)
    shutil.move(bench.root, far)  # nobody has seen which of them was there
    async with watching(bench.engine, bench.root, settled=False) as watch:
        taken = await watch.until_state(WatchState.WATCHING)
        assert taken.storage.root == str(copy)
        shutil.move(far, bench.root)
        news = await watch.until_conflict(Change.OPENED, "cloned_storage")
        assert sorted(news.conflict.evidence["roots"]) == sorted([str(bench.root), str(copy)])
        (storage,) = [one for one in bench.engine.storages() if one.root == str(bench.root)]
        assert storage.id == taken.storage.id, "the history is the old root's"
        (bench.root / "photos/0.jpg").unlink()
        await watch.until_conflict(Change.OPENED, "missing_file")


async def test_a_copy_that_lay_on_another_drive_meanwhile_is_not_taken(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _archive(bench.root)
    storage = await bench.engine.open(bench.root)
    real = seeking_module._place_of

    def as_if_on_another_drive(folder: str) -> tuple[int, int] | None:
        place = real(folder)
        return (-1, place[1]) if place is not None and "drive" in folder else place

    monkeypatch.setattr(seeking_module, "_place_of", as_if_on_another_drive)
    seeking = Seeking(storage, registry.layout(storage.layout))
    shutil.copytree(bench.root, bench.folder / "drive")
    assert seeking.note_there() is None
    shutil.move(bench.root, bench.folder / "far/away")
    assert seeking.look() is None
    shutil.move(bench.folder / "drive", bench.folder / "far/drive")
    assert seeking.look() is None
    shutil.move(bench.folder / "far/away", bench.folder / "drive of its own")
    assert seeking.look() == str(bench.folder / "drive of its own")
