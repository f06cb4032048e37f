"""Real changes in real folders, as the kernel tells of them."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from inspector.catalog.storages import scans_of
from inspector.engine import ConflictFilter, Engine
from inspector.fs.profile import mounts
from inspector.model.plan import Decision
from inspector.model.watching import Change, ConflictNews, StorageNews, WatchSettings, WatchState
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.watching_bench import QUICKLY, watching
from tests.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
UUID = "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e"


@pytest.fixture
def archive(bench: Workbench) -> ImaLinkBuilder:
    """An ImaLink storage in which everything agrees."""
    builder = ImaLinkBuilder(bench.root, UUID, "Archive")
    builder.session(7, "Summer")
    for number in range(6):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()
    return builder


def _fill(bench: Workbench) -> None:
    for folder in ("in", "out", "in/deep"):
        for number in range(4):
            bench.put(f"{folder}/{folder.replace('/', '_')}{number}.jpg")


def _count_scans(bench: Workbench) -> int:
    (storage,) = bench.engine.storages()
    return len(scans_of(bench.engine._database.connection, storage.id))


async def test_a_new_copy_is_told_and_its_end_too(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        shutil.copy(bench.root / "in/in0.jpg", bench.root / "out/again.jpg")
        opened = await watch.until_conflict(Change.OPENED, "duplicate_content")
        assert sorted(opened.conflict.paths) == ["in/in0.jpg", "out/again.jpg"]
        (bench.root / "in/in0.jpg").unlink()
        await watch.until_conflict(Change.CLOSED, "duplicate_content")


async def test_a_conflict_that_grows_is_told_to_have_changed(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        shutil.copy(bench.root / "in/in0.jpg", bench.root / "out/again.jpg")
        opened = await watch.until_conflict(Change.OPENED, "duplicate_content")
        shutil.copy(bench.root / "in/in0.jpg", bench.root / "out/once more.jpg")
        changed = await watch.until_conflict(Change.CHANGED, "duplicate_content")
        assert changed.conflict.id == opened.conflict.id
        assert len(changed.conflict.paths) == 3


async def test_a_deleted_file_is_missing_and_is_not_when_it_is_back(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        (bench.root / "in/in0.jpg").rename(bench.folder / "in0.jpg")
        opened = await watch.until_conflict(Change.OPENED, "missing_file")
        assert opened.conflict.path == "in/in0.jpg"
        (bench.folder / "in0.jpg").rename(bench.root / "in/in0.jpg")
        await watch.until_conflict(Change.CLOSED, "missing_file")


async def test_a_file_that_is_moved_is_never_said_to_be_missing(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        (bench.root / "in/in0.jpg").rename(bench.root / "out/renamed.jpg")
        bench.put("out/keeps the target busy.jpg")
        opened = await watch.until(lambda news: isinstance(news, ConflictNews))
        assert isinstance(opened, ConflictNews) and opened.conflict.kind == "path_mismatch"


async def test_a_renamed_folder_is_a_move_of_what_is_in_it(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        (bench.root / "in").rename(bench.root / "elsewhere")
        opened = await watch.until_conflict(Change.OPENED, "path_mismatch")
        assert opened.conflict.evidence["new_paths"][0].startswith("elsewhere/")
        bench.put("elsewhere/deep/a file below the new name.jpg", "in/in1.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


async def test_a_whole_tree_that_is_made_at_once_is_seen_to_its_leaves(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        bench.put("new/a/b/c/d/copy.jpg", "in/in0.jpg")
        (bench.root / "new/a").rename(bench.root / "new/x")
        opened = await watch.until_conflict(Change.OPENED, "duplicate_content")
        assert "new/x/b/c/d/copy.jpg" in opened.conflict.paths


async def test_ten_thousand_files_at_once_are_visible_soon_and_none_is_lost(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        (bench.root / "burst").mkdir()

        def make() -> float:
            began = time.monotonic()
            for number in range(10_000):
                descriptor = os.open(bench.root / f"burst/{number}.jpg", os.O_CREAT | os.O_WRONLY, 0o644)
                os.write(descriptor, b"%d" % number)
                os.close(descriptor)
            return began

        making = asyncio.create_task(asyncio.to_thread(make))
        began = time.monotonic()
        await watch.until_state(WatchState.CHANGING)
        assert time.monotonic() - began <= 1.0
        await making
        while True:
            await watch.until_state(WatchState.WATCHING, 60.0)
            (storage,) = bench.engine.storages()
            if storage.files == 10_012:
                break
        assert len(bench.engine.files(storage.id, limit=20_000)) == 10_012


async def test_an_atomic_replace_of_a_document_is_no_trouble(bench: Workbench, archive: ImaLinkBuilder) -> None:
    async with watching(bench.engine, bench.root) as watch:
        master = archive.root / "imalink-master.json"
        for _ in range(20):
            temporary = master.with_name("imalink-master.json.tmp")
            temporary.write_bytes(master.read_bytes())
            temporary.replace(master)
            await asyncio.sleep(0.05)
        await watch.until_state(WatchState.SCANNING)
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []


async def test_a_file_that_is_replaced_whole_is_looked_at_at_once_and_one_that_grows_is_not(bench: Workbench) -> None:
    _fill(bench)
    patient = WatchSettings(quiet_seconds=30.0, longest_seconds=60.0)
    async with watching(bench.engine, bench.root, settings=patient) as watch:
        with (bench.root / "in/film.mp4").open("wb") as stream:
            stream.write(b"x" * 1000)
            stream.flush()
            (bench.root / "out/tmpk2f_81xz").write_bytes(b"")
            (bench.root / "out/tmpk2f_81xz").replace(bench.root / "out/out0.jpg")
            opened = await watch.until_conflict(Change.OPENED, "empty_file")
            assert opened.conflict.path == "out/out0.jpg"
            (storage,) = bench.engine.storages()
            assert bench.engine.file(storage.id, "in/film.mp4") is None


async def test_a_half_written_document_is_an_error_only_after_the_quiet_period(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    master = archive.root / "imalink-master.json"
    whole = master.read_bytes()
    async with watching(bench.engine, bench.root) as watch:
        with master.open("wb") as stream:
            stream.write(whole[: len(whole) // 2])
            stream.flush()
            bench.put("photos/meanwhile.jpg", b"no picture")
            await watch.until_conflict(Change.OPENED, "orphan_file")
            await asyncio.sleep(3 * QUICKLY.quiet_seconds)
            stream.write(whole[len(whole) // 2 :])
        await watch.until_state(WatchState.SCANNING)
        await watch.until_state(WatchState.WATCHING)
        assert ("opened", "index_unparsable") not in watch.kinds_so_far()
        master.write_bytes(whole[: len(whole) // 2])
        await watch.until_conflict(Change.OPENED, "index_unparsable")
        master.write_bytes(whole)
        await watch.until_conflict(Change.CLOSED, "index_unparsable")


async def test_a_file_that_grows_is_looked_at_when_it_is_whole(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        with (bench.root / "in/film.mp4").open("wb") as stream:
            for _ in range(6):
                stream.write(b"x" * 1000)
                stream.flush()
                await asyncio.sleep(0.5)
        await watch.until_state(WatchState.SCANNING)
        await watch.until_state(WatchState.WATCHING)
        (storage,) = bench.engine.storages()
        film = bench.engine.file(storage.id, "in/film.mp4")
        assert film is not None and film.size == 6000 and film.digest is not None
        assert watch.kinds_so_far() == []


async def test_a_new_folder_beside_a_file_that_grows_has_nobody_read_it_before_it_is_whole(bench: Workbench) -> None:
    _fill(bench)
    patient = WatchSettings(quiet_seconds=0.3, longest_seconds=60.0)
    async with watching(bench.engine, bench.root, settings=patient) as watch:
        with (bench.root / "in/film.mp4").open("wb") as stream:
            stream.write(b"the first half")
            stream.flush()
            bench.put("in/new/copy.jpg", "in/in0.jpg")
            await watch.until_conflict(Change.OPENED, "duplicate_content")
            (storage,) = bench.engine.storages()
            assert bench.engine.file(storage.id, "in/film.mp4") is None
            stream.write(b" and the second one")
        while (film := bench.engine.file(storage.id, "in/film.mp4")) is None:
            await watch.until_state(WatchState.WATCHING)
        assert film.size == 33
        conflicts = bench.engine.all_conflicts(ConflictFilter((storage.id,)))
        assert [one.kind for one in conflicts] == ["duplicate_content"]


async def test_files_that_are_written_bit_by_bit_into_new_folders_leave_no_conflicts(bench: Workbench) -> None:
    _fill(bench)

    def write() -> None:
        for number in range(12):
            (bench.root / f"new{number}").mkdir()
            with (bench.root / f"new{number}/slow{number}.jpg").open("wb", buffering=0) as stream:
                for part in range(6):
                    stream.write(b"part %d of %d" % (part, number))
                    time.sleep(0.025)

    async with watching(bench.engine, bench.root) as watch:
        await asyncio.to_thread(write)
        (storage,) = bench.engine.storages()
        chosen = ConflictFilter((storage.id,))
        while storage.files != 24 or list(bench.engine.all_conflicts(chosen)):
            await watch.until_state(WatchState.WATCHING)
            (storage,) = bench.engine.storages()


async def test_temporary_files_of_a_sync_program_are_no_conflicts_while_it_works(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        for number in range(5):
            temporary = bench.root / f"in/.syncthing.new{number}.jpg.tmp"
            temporary.write_bytes(b"new %d" % number)
            bench.put(f"in/beside{number}.jpg")
            await watch.until_state(WatchState.WATCHING)
            temporary.rename(bench.root / f"in/new{number}.jpg")
        (bench.root / "in/.syncthing.left.jpg.tmp").write_bytes(b"left over")
        opened = await watch.until_conflict(Change.OPENED, "stale_temp")
        assert opened.conflict.path == "in/.syncthing.left.jpg.tmp"


async def test_a_root_that_goes_away_is_offline_within_five_seconds_and_comes_back(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        went = time.monotonic()
        bench.root.rename(bench.folder / "unplugged")
        news = await watch.until_state(WatchState.OFFLINE, 6.0)
        assert time.monotonic() - went <= 5.0
        (storage,) = bench.engine.storages()
        assert (storage.state.value, news.reason) == ("offline", "is not there (No such file or directory)")
        assert len(bench.engine.files(storage.id)) == 12
        (bench.folder / "unplugged").rename(bench.root)
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []
        (bench.root / "in/in0.jpg").unlink()
        await watch.until_conflict(Change.OPENED, "missing_file")


@pytest.fixture
def mounted(bench: Workbench) -> Iterator[Workbench]:
    """A workbench whose root is a mount point, with something mounted on it."""
    disk = bench.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "--bind", disk, bench.root], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield bench
    subprocess.run(["umount", "--lazy", bench.root], capture_output=True)


async def test_a_drive_that_is_unmounted_is_offline_within_five_seconds_and_comes_back(mounted: Workbench) -> None:
    bench = mounted
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        went = time.monotonic()
        subprocess.run(["umount", "--lazy", bench.root], check=True)
        news = await watch.until_state(WatchState.OFFLINE, 6.0)
        assert time.monotonic() - went <= 5.0
        assert news.reason.endswith("is empty, and 12 files were in it at the last scan")
        subprocess.run(["mount", "--bind", bench.folder / "disk", bench.root], check=True)
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []
        shutil.copy(bench.root / "in/in0.jpg", bench.root / "out/again.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


@pytest.fixture
def of_memory(bench: Workbench) -> Iterator[Workbench]:
    """A workbench whose root is a file system of its own, which ends when it is unmounted."""
    if subprocess.run(["mount", "-t", "tmpfs", "none", bench.root], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield bench
    subprocess.run(["umount", "--lazy", bench.root], capture_output=True)


async def test_a_drive_mounted_anew_within_a_moment_is_looked_at_and_listened_to(of_memory: Workbench) -> None:
    bench = of_memory
    _fill(bench)
    kept, before = bench.folder / "kept", bench.root.stat()
    shutil.copytree(bench.root, kept)
    async with watching(bench.engine, bench.root) as watch:
        (kept / "in/in0.jpg").rename(kept / "in/another name.jpg")
        subprocess.run(["umount", bench.root], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", bench.root], check=True)
        after = bench.root.stat()
        assert (before.st_dev, before.st_ino) == (after.st_dev, after.st_ino), "the numbers do not tell"
        shutil.copytree(kept, bench.root, dirs_exist_ok=True)
        await watch.until_state(WatchState.SCANNING)
        await watch.until_state(WatchState.WATCHING)
        (storage,) = bench.engine.storages()
        assert bench.engine.file(storage.id, "in/another name.jpg") is not None
        shutil.copy(bench.root / "in/in1.jpg", bench.root / "out/again.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


async def test_another_storage_in_the_place_of_one_is_offline(bench: Workbench, archive: ImaLinkBuilder) -> None:
    async with watching(bench.engine, bench.root) as watch:
        bench.root.rename(bench.folder / "unplugged")
        other = ImaLinkBuilder(bench.root, UUID.replace("3f0f", "4a1b"), "Another")
        other.session(7, "Summer")
        other.write()
        assert "another" in (await watch.until_state(WatchState.OFFLINE)).reason
        shutil.rmtree(bench.root)
        (bench.folder / "unplugged").rename(bench.root)
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []


@pytest.fixture
def checked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that looks ten times as often whether its storages are there, and are back."""
    monkeypatch.setattr("inspector.engine.watching._SECONDS_BETWEEN_CHECKS", 0.2)
    monkeypatch.setattr("inspector.engine.watching.SECONDS_UNTIL_TRIED_AGAIN", 0.2)


@pytest.mark.usefixtures("checked_often")
async def test_an_empty_folder_in_the_place_of_a_storage_is_offline_and_nothing_is_missing(bench: Workbench) -> None:
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        bench.root.rename(bench.folder / "unplugged")
        bench.root.mkdir()
        await watch.until(lambda news: getattr(news, "reason", "").endswith("files were in it at the last scan"))
        scans = _count_scans(bench)
        await asyncio.sleep(1.5)
        assert (watch.news, _count_scans(bench)) == ([], scans), "it is looked at without a scan"
        bench.root.rmdir()
        (bench.folder / "unplugged").rename(bench.root)
        back = await watch.until(lambda news: getattr(news, "state", None) is not WatchState.OFFLINE)
        assert isinstance(back, StorageNews) and back.state in {WatchState.CHANGING, WatchState.SCANNING}
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []


@pytest.mark.usefixtures("checked_often")
async def test_what_only_a_scan_can_see_to_be_away_is_scanned_seldom_and_offline_all_the_time(
    bench: Workbench, archive: ImaLinkBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = mounts()  # what others mount on this machine meanwhile is a reason to look again
    monkeypatch.setattr("inspector.watch.absence.mounts", lambda: mounted)
    (bench.root / "photos").rename(bench.folder / "photos")
    async with watching(bench.engine, bench.root, settled=False) as watch:
        assert "not one picture" in (await watch.until_state(WatchState.OFFLINE)).reason
        scans = _count_scans(bench)
        await asyncio.sleep(1.5)
        assert _count_scans(bench) == scans, "nothing was heard of it"
        (bench.root / "photos").mkdir()
        await asyncio.sleep(1.5)
        assert (watch.news, _count_scans(bench)) == ([], scans + 1), "something was heard, and it is away still"
        (bench.root / "photos").rmdir()
        (bench.folder / "photos").rename(bench.root / "photos")
        await watch.until_state(WatchState.WATCHING)
        assert watch.kinds_so_far() == []


async def test_what_no_event_told_of_is_found_by_the_quick_scan(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(bench)
    monkeypatch.setattr("inspector.watch.watcher.Watcher._heard", lambda self, event: None)
    settings = WatchSettings(quiet_seconds=0.3, quick_seconds=1.0)
    async with watching(bench.engine, bench.root, settings=settings) as watch:
        shutil.copy(bench.root / "in/in0.jpg", bench.root / "out/again.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


async def test_a_decision_made_in_another_program_closes_the_conflict(bench: Workbench) -> None:
    _fill(bench)
    bench.put("out/again.jpg", "in/in0.jpg")
    async with watching(bench.engine, bench.root) as watch:
        with Engine(bench.state, bench.home) as other:
            (conflict,) = other.conflicts(ConflictFilter(kinds=("duplicate_content",)))
            other.repairs.decide([Decision(conflict.id, "keep_all")])
            await other.repairs.apply(await other.repairs.plan([conflict.storage_id]))
        closed = await watch.until_conflict(Change.CLOSED, "duplicate_content")
        assert closed.conflict.id == conflict.id
