"""A watch at work over the workbench's folder, and waiting for what it says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from inspector.engine import Engine
from inspector.model.progress import Progress
from inspector.model.watching import Change, ConflictNews, StorageNews, WatchNews, WatchSettings, WatchState

QUICKLY = WatchSettings(quiet_seconds=0.3, longest_seconds=5.0, temporary_seconds=2.0)


class Watch:
    """What a watch has said so far."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._ended = asyncio.Event()
        self.news: list[WatchNews] = []
        self._more = asyncio.Event()

    def tell(self, news: Sequence[WatchNews]) -> None:
        """Take news in."""
        self.news.extend(news)
        self._more.set()

    async def until(self, wanted: Callable[[WatchNews], bool], seconds: float = 15.0) -> WatchNews:
        """The first piece of news from now on, or from the last such call on, that is wanted."""
        async with asyncio.timeout(seconds):
            while True:
                while self.news:
                    one = self.news.pop(0)
                    if wanted(one):
                        return one
                self._more.clear()
                await self._more.wait()

    async def until_state(self, state: WatchState, seconds: float = 15.0) -> StorageNews:
        """The news that a storage is in this state."""
        found = await self.until(lambda one: isinstance(one, StorageNews) and one.state is state, seconds)
        assert isinstance(found, StorageNews)
        return found

    async def until_conflict(self, change: Change, kind: str, seconds: float = 15.0) -> ConflictNews:
        """The news that a conflict of this kind opened, changed or closed."""
        found = await self.until(
            lambda one: isinstance(one, ConflictNews) and one.change is change and one.conflict.kind == kind, seconds
        )
        assert isinstance(found, ConflictNews)
        return found

    async def end(self) -> None:
        """End the watch before its block does."""
        self._progress.cancel()
        await self._ended.wait()

    async def run(self, engine: Engine, ids: Sequence[str], settings: WatchSettings) -> None:
        """Watch until the end."""
        try:
            await engine.watching(ids, settings).run(self.tell, self._progress)
        finally:
            self._ended.set()

    def kinds_so_far(self) -> list[tuple[str, str]]:
        """What was said of conflicts and not asked for yet."""
        return [(one.change.value, one.conflict.kind) for one in self.news if isinstance(one, ConflictNews)]


@asynccontextmanager
async def watching(
    engine: Engine, *roots: Path, settings: WatchSettings = QUICKLY, settled: bool = True
) -> AsyncIterator[Watch]:
    """Watch these storages meanwhile; with `settled` from after the first scan of the first."""
    ids = [(await engine.open(root)).id for root in roots]
    progress = Progress()
    watch = Watch(progress)
    running = asyncio.create_task(watch.run(engine, ids, settings))
    try:
        if settled:
            await watch.until_state(WatchState.SCANNING)
            await watch.until_state(WatchState.WATCHING)
        yield watch
    finally:
        progress.cancel()
        await running
