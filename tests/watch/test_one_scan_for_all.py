"""A scan that one inspector makes is not made again by a watch that hears of everything since before it began."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inspector.engine import Engine, scan_spec
from inspector.engine.watching import Watching
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode
from inspector.model.watching import Change, WatchState
from tests.watching_bench import QUICKLY, Watch
from tests.workbench import Workbench


@asynccontextmanager
async def _held_back(bench: Workbench) -> AsyncIterator[tuple[Watch, Watching, str]]:
    """A watch that listens, and leaves the storage to others until `go_on`."""
    storage = await bench.engine.open(bench.root)
    progress = Progress()
    watch, watching = Watch(progress), bench.engine.watching([storage.id], QUICKLY)
    await watching.give_way([storage.id])
    running = asyncio.create_task(watching.run(watch.tell, progress))
    try:
        await watch.until_state(WatchState.SCANNING)
        yield watch, watching, storage.id
    finally:
        progress.cancel()
        await running


async def _scan_elsewhere(bench: Workbench, storage_id: str) -> None:
    with Engine(bench.state, bench.home) as other:
        await other.jobs.run_now(scan_spec([other.storage(storage_id)], ScanMode.SMART), Progress())


def _modes(bench: Workbench, storage_id: str) -> list[str]:
    rows = bench.engine._database.connection.execute("SELECT mode FROM scan WHERE storage_id = ?", (storage_id,))
    return [mode for (mode,) in rows]


async def test_what_another_inspector_has_just_scanned_is_not_scanned_again(bench: Workbench) -> None:
    bench.put("a/1.jpg")
    async with _held_back(bench) as (watch, watching, storage_id):
        await _scan_elsewhere(bench, storage_id)
        watching.go_on([storage_id])
        await watch.until_state(WatchState.WATCHING)
        assert _modes(bench, storage_id) == ["smart"]
        bench.put("a/again.jpg", "a/1.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


async def test_it_is_where_something_changed_meanwhile(bench: Workbench) -> None:
    bench.put("a/1.jpg")
    async with _held_back(bench) as (watch, watching, storage_id):
        await _scan_elsewhere(bench, storage_id)
        (bench.root / "a/again.jpg").write_bytes(b"a/1.jpg")
        await asyncio.to_thread(_until_heard, watching, storage_id)
        watching.go_on([storage_id])
        await watch.until_conflict(Change.OPENED, "duplicate_content")
        assert _modes(bench, storage_id) == ["smart", "smart"]


def _until_heard(watching: Watching, storage_id: str) -> None:
    deadline = time.monotonic() + 10
    while watching._watched[storage_id].watcher.may_be_seen_already:
        assert time.monotonic() < deadline
        time.sleep(0.02)
