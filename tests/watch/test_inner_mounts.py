"""Drives that are mounted on a folder within a storage, as they come and go: real mounts of memory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from inspector.model.records import StorageState
from inspector.model.scanmode import ScanMode
from inspector.model.sync import SyncState
from inspector.model.watching import Change, ConflictNews, StorageNews
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.watching_bench import Watch, watching
from tests.workbench import Workbench

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="mounts are looked for as Linux tells of them"),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
]


class Card:
    """A folder `card` in the storage on which drives are mounted: folders of `disks`, so that they can come back."""

    def __init__(self, bench: Workbench) -> None:
        self.point = bench.root / "card"
        self._disks = bench.folder / "disks"
        self._mounted: list[Path] = []

    def mount(self, name: str) -> None:
        """Mount this drive, which is made where it is new."""
        disk = self._disks / name
        if not disk.is_dir():
            disk.mkdir(parents=True)
            self._run("mount", "-t", "tmpfs", "tmpfs", disk)
            self._mounted.append(disk)
        self.point.mkdir(exist_ok=True)
        self._run("mount", "--bind", disk, self.point)

    def unmount(self) -> None:
        """Take the drive away."""
        self._run("umount", "--lazy", self.point)

    def end(self) -> None:
        """Leave nothing mounted."""
        for path in (self.point, *self._mounted):
            with suppress(OSError):
                subprocess.run(["umount", "--lazy", path], capture_output=True)

    def _run(self, *words: object) -> None:
        if subprocess.run([str(word) for word in words], capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")


@pytest.fixture
def card(bench: Workbench) -> Iterator[Card]:
    """A place for drives in a storage that has files of its own."""
    for name in "ab":
        bench.put(f"own/{name}.jpg")
    card = Card(bench)
    yield card
    card.end()


def _fill(bench: Workbench) -> None:
    bench.put("card/d.jpg")
    bench.put("card/deep/e.jpg")


def _known(bench: Workbench) -> set[str]:
    (storage,) = bench.engine.storages()
    return {one.path for one in bench.engine.files(storage.id, limit=100)}


async def _until_step(watch: Watch, step: SyncState) -> StorageNews:
    news = await watch.until(lambda one: isinstance(one, StorageNews) and one.step is step)
    assert isinstance(news, StorageNews)
    return news


def _told(watch: Watch) -> list[str]:
    return [one.conflict.kind for one in watch.news if isinstance(one, ConflictNews)]


async def test_a_watch_notices_a_drive_within_its_storage_that_goes_and_comes(bench: Workbench, card: Card) -> None:
    card.mount("card")
    _fill(bench)
    async with watching(bench.engine, bench.root) as watch:
        card.unmount()
        away = await _until_step(watch, SyncState.DEGRADED)
        assert away.reason == "card cannot be looked into: the file system that was mounted here is not there"
        assert "missing_file" not in _told(watch)
        assert _known(bench) == {"own/a.jpg", "own/b.jpg", "card/d.jpg", "card/deep/e.jpg"}

        card.mount("card")
        await _until_step(watch, SyncState.IN_STEP)
        (card.point / "deep/e.jpg").unlink()
        opened = await watch.until_conflict(Change.OPENED, "missing_file")
        assert opened.conflict.path == "card/deep/e.jpg", "what is deleted on it is missing, and is heard of"


async def test_a_drive_that_is_mounted_while_it_is_watched_is_looked_at_and_listened_to(
    bench: Workbench, card: Card
) -> None:
    card.point.mkdir()
    async with watching(bench.engine, bench.root) as watch:
        card.mount("card")
        _fill(bench)
        while "card/deep/e.jpg" not in _known(bench):
            await _until_step(watch, SyncState.IN_STEP)
        bench.put("card/deep/again.jpg", "own/a.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


async def test_a_mount_point_that_goes_with_its_drive_takes_no_file_with_it(bench: Workbench, card: Card) -> None:
    card.mount("card")
    _fill(bench)
    await bench.scan()
    card.unmount()
    card.point.rmdir()  # as desktops do
    for mode in (ScanMode.QUICK, ScanMode.SMART):
        (outcome,) = await bench.scan(mode)
        assert (outcome.storage.state, outcome.counts.gone) == (StorageState.PARTIAL, 0)
    assert "card/d.jpg" in _known(bench)
    assert "missing_file" not in bench.kinds()
    status = bench.engine.sync_status(outcome.storage.id)
    assert (status.state, status.reason.partition(":")[0]) == (SyncState.DEGRADED, "card cannot be looked into")


async def test_what_an_index_lists_on_a_drive_that_is_away_is_not_missing(bench: Workbench, card: Card) -> None:
    builder = ImaLinkBuilder(bench.root, "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    builder.session(7, "Summer")
    card.mount("card")
    for seed, path in enumerate(("own/1.jpg", "own/2.jpg", "own/3.jpg", "card/4.jpg")):
        builder.picture(path, seed=seed, size=(64, 48))
        builder.add(path, session=7)
    builder.write()
    await bench.scan()
    before = bench.kinds()
    card.unmount()
    await bench.scan()
    assert bench.kinds() == {**before, "unreadable_file": 1}


async def test_files_that_another_drive_covers_are_away_until_it_is_unmounted(bench: Workbench, card: Card) -> None:
    _fill(bench)
    await bench.scan()
    card.mount("other")
    bench.put("card/of the other.jpg")
    (outcome,) = await bench.scan()
    assert (outcome.storage.state, outcome.counts.gone) == (StorageState.PARTIAL, 0)
    assert "another file system is mounted over it" in bench.engine.sync_status(outcome.storage.id).reason
    assert _known(bench) == {"own/a.jpg", "own/b.jpg", "card/d.jpg", "card/deep/e.jpg"}
    card.unmount()
    (outcome,) = await bench.scan()
    assert (outcome.storage.state, bench.kinds()) == (StorageState.READY, {})


async def test_another_drive_at_the_same_place_is_not_taken_for_the_one_before(bench: Workbench, card: Card) -> None:
    card.mount("first")
    _fill(bench)
    await bench.scan()
    card.unmount()
    card.mount("second")
    bench.put("card/f.jpg")
    (outcome,) = await bench.scan()
    assert (outcome.storage.state, outcome.counts.gone) == (StorageState.PARTIAL, 0)
    card.unmount()
    card.mount("first")
    (outcome,) = await bench.scan()
    assert (outcome.storage.state, bench.kinds()) == (StorageState.READY, {})


async def test_a_drive_whose_files_were_copied_to_where_it_was_is_not_missed(bench: Workbench, card: Card) -> None:
    card.mount("card")
    _fill(bench)
    await bench.scan()
    card.unmount()
    _fill(bench)
    (outcome,) = await bench.scan()
    assert (outcome.storage.state, bench.kinds()) == (StorageState.READY, {})


async def test_a_drive_that_does_not_come_back_is_let_go_by_a_person_s_word(bench: Workbench, card: Card) -> None:
    card.mount("card")
    _fill(bench)
    await bench.scan()
    card.unmount()
    (outcome,) = await bench.scan(expected_missing=1)
    assert outcome.storage.state is StorageState.PARTIAL, "that is fewer than were on it"
    (outcome,) = await bench.scan(expected_missing=2)
    assert (outcome.storage.state, outcome.counts.gone) == (StorageState.READY, 2)
