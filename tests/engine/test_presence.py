"""Storages that go away while they are scanned."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.model.errors import StorageOfflineError
from inspector.model.progress import Progress
from inspector.model.records import StorageState
from tests.workbench import Workbench


class _DoMeanwhile(Progress):
    """Does something in the middle of a scan."""

    def __init__(self, deed: Callable[[], object], checks: int = 3) -> None:
        super().__init__()
        self._deed = deed
        self._checks_left = checks

    def check(self) -> None:
        self._checks_left -= 1
        if self._checks_left == 0:
            self._deed()
        super().check()


async def _filled(bench: Workbench) -> None:
    for number in range(12):
        bench.put(f"{number:02}/{number}.jpg")
    await bench.scan()


async def test_a_root_that_goes_away_during_a_scan_is_offline_and_nothing_is_missing(bench: Workbench) -> None:
    await _filled(bench)
    progress = _DoMeanwhile(lambda: bench.root.rename(bench.folder / "unplugged"))
    (outcome,) = await bench.engine.scan(bench.ids, progress=progress)
    assert isinstance(outcome.error, StorageOfflineError)
    assert (outcome.storage.state, outcome.storage.files, bench.kinds()) == (StorageState.OFFLINE, 12, {})
    (bench.folder / "unplugged").rename(bench.root)
    (outcome,) = await bench.scan()
    assert (outcome.error, outcome.storage.files, bench.kinds()) == (None, 12, {})


async def test_a_root_that_another_folder_takes_the_place_of_is_offline(bench: Workbench) -> None:
    await _filled(bench)

    def replace() -> None:
        bench.root.rename(bench.folder / "unplugged")
        bench.root.mkdir()
        bench.put("other.jpg")

    (outcome,) = await bench.engine.scan(bench.ids, progress=_DoMeanwhile(replace))
    assert isinstance(outcome.error, StorageOfflineError)
    assert bench.kinds() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
async def test_a_drive_unmounted_under_a_scan_is_offline_with_everything_known_kept(bench: Workbench) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", bench.root], check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        await _filled(bench)
        progress = _DoMeanwhile(lambda: subprocess.run(["umount", "-l", bench.root], check=True))
        (outcome,) = await bench.engine.scan(bench.ids, progress=progress)
    finally:
        subprocess.run(["umount", "-l", bench.root], check=False, capture_output=True)
    assert isinstance(outcome.error, StorageOfflineError)
    assert (outcome.storage.files, bench.kinds()) == (12, {})
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageOfflineError), "the bare mount point is not the drive"
    assert bench.kinds() == {}


async def test_folders_that_vanish_between_listing_and_reading_do_no_harm(bench: Workbench) -> None:
    import shutil

    await _filled(bench)
    progress = _DoMeanwhile(lambda: shutil.rmtree(bench.root / "11"), checks=2)
    (outcome,) = await bench.engine.scan(bench.ids, progress=progress)
    assert outcome.error is None
    assert bench.only("missing_file").path == "11/11.jpg"


async def test_a_coarse_clock_hides_no_rewrite(bench: Workbench) -> None:
    """A file whose time has no fraction of a second may have been written again within it."""
    import time

    recent = (time.time_ns() // 10**9 - 1) * 10**9
    path: Path = bench.put("a.jpg", "one", mtime_ns=recent)
    await bench.scan()
    path.write_bytes(b"two")
    os.utime(path, ns=(recent, recent))
    await bench.scan()
    assert bench.kinds() == {"suspected_rot": 1}
