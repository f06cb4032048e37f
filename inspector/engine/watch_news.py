"""What a watch tells: the states of its storages, and which conflicts opened, changed and closed."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from inspector.catalog.conflict_changes import ConflictChanges
from inspector.catalog.database import Database
from inspector.engine.watched import Watched
from inspector.model.records import Conflict
from inspector.model.watching import ConflictNews, StorageNews, WatchNews, WatchState

if TYPE_CHECKING:
    from inspector.engine.engine import Engine

Tell = Callable[[Sequence[WatchNews]], None]

_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_BETWEEN_STATUSES = 60.0
"""A state may also end by the clock alone: what was arriving arrives no more."""
_NEWS_AT_ONCE = 500
_NS = 1_000_000_000


class WatchTeller:
    """Looks at the catalog, whoever writes to it, and tells what is new. `begin` and `look` are for one thread."""

    def __init__(
        self, engine: "Engine", database: Database, watched: Mapping[str, Watched], temporary_seconds: float
    ) -> None:
        """`temporary_seconds` is how long a program's temporary file may lie there before it is told of."""
        self._engine = engine
        self._database = database
        self._watched = watched
        self._temporary_seconds = temporary_seconds
        self._changes: ConflictChanges | None = None
        self._looked_at = 0.0
        self._stood_at = float("-inf")
        self._version: int | None = None
        self._degraded: tuple[str, ...] = ()

    @property
    def may_look(self) -> bool:
        """Whether the last look is long enough ago."""
        return time.monotonic() >= self._looked_at + _SECONDS_BETWEEN_LOOKS

    def begin(self) -> None:
        """Take what is known now as told."""
        self._changes = ConflictChanges(self._database.connection, self._is_held_back)
        self._changes.begin(list(self._watched))
        self._count()
        self._see_how_they_stand()

    def look(self, tell: Tell) -> None:
        """Tell what became of the conflicts, where the catalog was written since the last look."""
        assert self._changes is not None
        self._looked_at = time.monotonic()
        version = self._database.connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or self._changes.held_back:
            changes = self._changes.look(list(self._watched))
            while some := list(islice(changes, _NEWS_AT_ONCE)):
                tell([ConflictNews(change, conflict, time.time_ns()) for change, conflict in some])
            self._count()
        degraded = tuple(one.watcher.health.degraded for one in self._watched.values())
        is_old = self._looked_at >= self._stood_at + _SECONDS_BETWEEN_STATUSES
        if version != self._version or degraded != self._degraded or is_old:
            self._degraded = degraded
            self._see_how_they_stand()
        self._version = version

    def tell_states(self, tell: Tell) -> None:
        """Tell of the storages that are not as they were told to be, from the loop that the watch runs in."""
        told: list[WatchNews] = []
        for identity, watched in self._watched.items():
            if not watched.checked.is_set() and not watched.away:
                continue
            storage = self._engine.storage(identity)
            doing, step, reason = watched.state(storage)
            degraded = watched.watcher.health.degraded if doing is not WatchState.OFFLINE else ""
            now = (doing, step, reason, degraded)
            if watched.checked.is_set() and now != watched.told:
                watched.told = now
                told.append(StorageNews(storage, doing, reason, degraded, watched.conflicts, time.time_ns(), step))
        if told:
            tell(told)

    def _see_how_they_stand(self) -> None:
        """Read how far the storages are in step; who has to look at one notes since when it is so, too."""
        self._stood_at = time.monotonic()
        for identity, watched in self._watched.items():
            degraded = watched.watcher.health.degraded
            with suppress(sqlite3.OperationalError):  # somebody writes for long: it is read and noted the next time
                watched.status = self._engine.sync_now(identity, degraded, notes=watched.is_on_duty)

    def _count(self) -> None:
        assert self._changes is not None
        for identity, watched in self._watched.items():
            watched.conflicts = self._changes.count(identity)

    def _is_held_back(self, conflict: Conflict, now_ns: int) -> bool:
        """Whether a conflict is one that passes by itself: a temporary file of a program that is still at work."""
        if conflict.kind != "stale_temp":
            return False
        mtime_ns = conflict.evidence.get("mtime_ns")
        return isinstance(mtime_ns, int) and 0 <= now_ns - mtime_ns < self._temporary_seconds * _NS


def in_loop(loop: asyncio.AbstractEventLoop, tell: Tell) -> Tell:
    """`tell` for other threads: has the loop tell, and waits until it has."""

    def told_there(news: Sequence[WatchNews]) -> None:
        async def told() -> None:
            tell(news)

        asyncio.run_coroutine_threadsafe(told(), loop).result()

    return told_there
