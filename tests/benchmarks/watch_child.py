"""One measurement of watching in a process of its own: ``python -m tests.benchmarks.watch_child ACTION ARGUMENT...``.

It prints numbers, one a line: seconds, or MB of memory.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

from inspector.engine import Engine
from inspector.layouts import registry
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo, StorageState
from inspector.model.watching import StorageNews, WatchNews, WatchSettings, WatchState
from inspector.watch.observing import EVENT_FILTER
from inspector.watch.watcher import Watcher
from tests.benchmarks.measure import MB

BURST_FILES = 10_000
_REST_SECONDS = 20.0


def set_up(who: str, root: str) -> list[float]:
    """Seconds until every folder below `root` is watched, and MB that it takes; by watchdog alone or by us."""
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    stop = _bare(root) if who == "watchdog" else _ours(root)
    seconds = time.perf_counter() - began
    memory = (process.memory_info().rss - before) / MB
    stop()
    return [seconds, memory]


def _bare(root: str) -> Callable[[], None]:
    observer = Observer()
    observer.schedule(FileSystemEventHandler(), root, recursive=True, event_filter=EVENT_FILTER)
    observer.start()
    return observer.stop


def _ours(root: str) -> Callable[[], None]:
    storage = StorageInfo("id", "folder", root, "root", root, StorageState.READY)
    watcher = Watcher(storage, registry.layout("folder"), lambda: None)
    health = watcher.check()
    if health.away or health.degraded:
        raise RuntimeError(f"{health}")
    return watcher.stop


def burst(root: str, state: str) -> list[float]:
    """Seconds from the first of many new files to a status that says so, and from the last to all in the catalog."""
    return asyncio.run(_burst(Path(root), Path(state)))


async def _burst(root: Path, state: Path) -> list[float]:
    with Engine(state, state) as engine:
        storage = await engine.open(root)
        (root / "burst").mkdir()
        news = _News()
        progress = Progress()
        running = asyncio.create_task(engine.watching([storage.id], WatchSettings()).run(news.tell, progress))
        await news.until(WatchState.SCANNING)
        await news.until(WatchState.WATCHING)
        before = engine.storage(storage.id).files
        making = asyncio.create_task(asyncio.to_thread(_make_files, root / "burst"))
        changing = await news.until(WatchState.CHANGING)
        began, ended = await making
        while engine.storage(storage.id).files != before + BURST_FILES:
            await news.until(WatchState.WATCHING)
        settled = time.time()
        progress.cancel()
        await running
        return [changing.time_ns / 1e9 - began, settled - ended]


def _make_files(folder: Path) -> tuple[float, float]:
    began = time.time()
    for number in range(BURST_FILES):
        (folder / f"{number}.jpg").write_bytes(b"%d" % number)
    return began, time.time()


class _News:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[StorageNews] = asyncio.Queue()

    def tell(self, news: Sequence[WatchNews]) -> None:
        for one in news:
            if isinstance(one, StorageNews):
                self._queue.put_nowait(one)

    async def until(self, state: WatchState) -> StorageNews:
        async with asyncio.timeout(120):
            while (one := await self._queue.get()).state is not state:
                pass
            return one


def at_rest(state: str, *roots: str) -> list[float]:
    """The share of a core, in percent, that a watch over storages takes in which nothing happens."""
    return asyncio.run(_at_rest(Path(state), roots))


async def _at_rest(state: Path, roots: Sequence[str]) -> list[float]:
    with Engine(state, state) as engine:
        ids = [(await engine.open(root)).id for root in roots]
        news, progress = _News(), Progress()
        running = asyncio.create_task(engine.watching(ids, WatchSettings()).run(news.tell, progress))
        for _ in ids:
            await news.until(WatchState.SCANNING)
            await news.until(WatchState.WATCHING)
        await asyncio.sleep(_REST_SECONDS / 4)
        before = time.process_time()
        await asyncio.sleep(_REST_SECONDS)
        used = time.process_time() - before
        progress.cancel()
        await running
        return [100 * used / _REST_SECONDS]


ACTIONS: dict[str, Callable[..., list[float]]] = {action.__name__: action for action in (set_up, burst, at_rest)}


if __name__ == "__main__":
    print(*ACTIONS[sys.argv[1]](*sys.argv[2:]), sep="\n")
