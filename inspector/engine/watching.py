"""Watch storages: what is heard of them decides where is looked, scans decide what is so, and the news is told."""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from inspector.catalog.conflict_changes import ConflictChanges
from inspector.catalog.database import Database
from inspector.catalog.files import FileRows
from inspector.jobs.duty import Duty
from inspector.layouts import registry
from inspector.layouts.base import ReadsOutside, Surroundings
from inspector.model.errors import (
    CancelledByUserError,
    CatalogError,
    InspectorError,
    StorageLockedError,
    StorageOfflineError,
)
from inspector.model.jobs import BACKGROUND, GOES_ON, JobInfo, JobState
from inspector.model.places import WHOLE, Places
from inspector.model.progress import Progress
from inspector.model.records import Conflict, StorageInfo, StorageState
from inspector.model.scanmode import ScanMode
from inspector.model.watching import ConflictNews, StorageNews, WatchNews, WatchSettings, WatchState
from inspector.scan.presence import prove
from inspector.watch.absence import SECONDS_UNTIL_TRIED_AGAIN, Absence
from inspector.watch.quiet import Patience
from inspector.watch.seeking import Seeking
from inspector.watch.watcher import REPLACED, Watcher

if TYPE_CHECKING:
    from inspector.engine.engine import Engine, ScanOutcome

_SECONDS_BETWEEN_TICKS = 0.25
_SECONDS_BETWEEN_CHECKS = 2.0
_SECONDS_UNTIL_NO_ANSWER = 2.5
_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_BETWEEN_JOBS = 1.0
_NEWS_AT_ONCE = 500
_NS = 1_000_000_000

Tell = Callable[[Sequence[WatchNews]], None]


@dataclass(slots=True)
class _Watched:
    """One storage, its watcher, and what was last told of it."""

    watcher: Watcher
    seeking: Seeking
    duty: Duty
    quick_at: float
    is_on_duty: bool = False
    looking_elsewhere: "asyncio.Task[str | None] | None" = None
    scanning: "_OneScan | None" = None
    not_before: float = 0.0
    away: str = "was not looked at yet"
    absence: Absence | None = None
    told: tuple[object, ...] = ()
    conflicts: int = 0
    checked: asyncio.Event = field(default_factory=asyncio.Event)


class _OneScan(Progress):
    """The progress of one scan or job of a watch: it is stopped with the watch, or by itself."""

    def __init__(self, watch: Progress) -> None:
        super().__init__()
        self._watch = watch
        self.ended = asyncio.Event()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked this scan, or the watch, to stop."""
        return super().cancelled or self._watch.cancelled

    def check(self) -> None:
        """Raise `CancelledByUserError` if so."""
        self._watch.check()
        super().check()


class Watching:
    """A watch over some storages; `run` goes on until its progress is cancelled."""

    def __init__(
        self,
        engine: "Engine",
        database: Database,
        storages: Sequence[StorageInfo],
        surroundings: Surroundings,
        settings: WatchSettings | None,
    ) -> None:
        self._engine = engine
        self._surroundings = surroundings
        self._database = database
        self._storages = list(storages)
        self._settings = settings or WatchSettings()
        self._watched: dict[str, _Watched] = {}
        self._wake = asyncio.Event()
        self._gives_way: Counter[str] = Counter()
        self._changes: ConflictChanges | None = None
        self._looked_at = 0.0
        self._version: int | None = None

    async def run(self, tell: Tell, progress: Progress, *, with_jobs: bool = False) -> None:
        """Watch, and hand what happens to `tell`, in this event loop, until `progress` is cancelled.

        At first each storage is scanned smartly; its conflicts that were known before are not told. `with_jobs` also
        does the jobs of the queue on these storages, beginning with scans that were interrupted.

        Raises:
            CatalogError: the catalog cannot be used any more.
        """
        loop = asyncio.get_running_loop()
        for storage in self._storages:
            duty = Duty(self._database.folder, storage.id)
            self._watched[storage.id] = _Watched(*self._ears_of(storage), duty, self._next_quick())
        one_thread = ThreadPoolExecutor(1, "conflict-changes")
        checks = [asyncio.create_task(self._check(one, tell)) for one in self._watched.values()]
        working = [asyncio.create_task(self._do_jobs(progress))] if with_jobs else []
        try:
            await loop.run_in_executor(one_thread, self._begin)
            while not progress.cancelled:
                self._tell_states(tell)
                if await self._scan_what_is_due(tell, progress) or self._may_look():
                    await loop.run_in_executor(one_thread, self._look, partial(_tell_from_thread, loop, tell))
                    self._tell_states(tell)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _SECONDS_BETWEEN_TICKS)
                self._wake.clear()
                _raise_error_of([*checks, *working])
        except sqlite3.Error as error:
            raise CatalogError(f"cannot be used ({error})", path=str(self._database.path)) from error
        finally:
            for task in checks if progress.cancelled else [*checks, *working]:
                task.cancel()
            await asyncio.gather(*checks, *working, return_exceptions=True)
            for one in self._watched.values():
                await asyncio.to_thread(one.watcher.stop)
                one.duty.leave()
            one_thread.shutdown()

    def _ears_of(self, storage: StorageInfo) -> tuple[Watcher, Seeking]:
        """What watches a storage where it is, and what looks for it elsewhere."""
        loop, layout, chosen = asyncio.get_running_loop(), registry.layout(storage.layout), self._settings

        def wake_up() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._wake.set)

        patience = Patience(chosen.quiet_seconds, chosen.longest_seconds, chosen.temporary_seconds)
        outside: Callable[[], Sequence[Sequence[str]]] = tuple
        if isinstance(layout, ReadsOutside):
            outside = partial(layout.outside, storage.root, self._surroundings)
        return Watcher(storage, layout, wake_up, patience, outside=outside), Seeking(storage, layout)

    # --- other work ---------------------------------------------------------------------------------------------

    async def give_way(self, storage_ids: Collection[str]) -> None:
        """Leave these storages to somebody else's scan or repair until `go_on`, from the loop that `run` is in.

        A scan of one of them is stopped at its next safe point; what it was about is looked at later.
        """
        running: list[_OneScan] = []
        for identity in storage_ids:
            self._gives_way[identity] += 1
            watched = self._watched.get(identity)
            if watched is not None and watched.scanning is not None:
                watched.scanning.cancel()
                running.append(watched.scanning)
        for one in running:
            await one.ended.wait()

    def go_on(self, storage_ids: Collection[str]) -> None:
        """The other work on these storages, for which the watch gave way, has ended."""
        for identity in storage_ids:
            self._gives_way[identity] -= 1

    # --- jobs ---------------------------------------------------------------------------------------------------

    async def _do_jobs(self, progress: Progress) -> None:
        """Do what waits in the queue for these storages; what the end of the watch stops waits there again."""
        jobs, ids = self._engine.jobs, list(self._watched)
        await asyncio.to_thread(jobs.resume_interrupted, ids)
        while not progress.cancelled:
            job = await asyncio.to_thread(partial(jobs.take_next, ids, background=True))
            if job is None:
                await asyncio.sleep(_SECONDS_BETWEEN_JOBS)
                continue
            await self._do(job, progress)

    async def _do(self, job: JobInfo, progress: Progress) -> None:
        in_the_way = () if job.spec.kind in BACKGROUND else job.spec.storages
        await self.give_way(in_the_way)
        try:
            finished = await self._engine.jobs.run(job, _OneScan(progress))
        finally:
            self.go_on(in_the_way)
        if progress.cancelled and finished.job.state is JobState.STOPPED and job.spec.kind in GOES_ON:
            await asyncio.to_thread(self._engine.jobs.submit, job.spec)

    # --- presence -----------------------------------------------------------------------------------------------

    async def _check(self, watched: _Watched, tell: Tell) -> None:
        """Look after one storage's watcher for ever; a disk that does not answer counts as away."""
        while True:
            looking = asyncio.ensure_future(asyncio.to_thread(self._look_after, watched))
            done, _ = await asyncio.wait({looking}, timeout=_SECONDS_UNTIL_NO_ANSWER)
            if not done and not watched.checked.is_set():
                done, _ = await asyncio.wait({looking})  # the first one makes the watches, of which there may be many
            if not done:
                await self._set_away(watched, "does not answer")
            away = await looking
            await self._set_away(watched, away)
            await self._see_about_duty(watched)
            watched.checked.set()
            if away:
                self._tell_states(tell)  # with the place where it was, before it is found in another one
            if not away or not await self._follow(watched):
                await asyncio.sleep(_SECONDS_BETWEEN_CHECKS)

    def _look_after(self, watched: _Watched) -> str:
        """Why a storage is away, empty where it is there. One that was away has to prove more: all that a scan asks."""
        before = watched.away
        away = watched.watcher.check().away
        if away not in {"", REPLACED} or not (away or before):
            return away
        unproven = self._unproven(watched)
        if away and before and not unproven:
            away = watched.watcher.check().away  # it is back, and the folder in its place meanwhile is not
        return unproven or away

    def _why_away(self, watched: _Watched) -> str:
        """Why a storage is away that a scan did not find, in the words of a check; empty where none would see it."""
        return watched.watcher.why_away() or self._unproven(watched)

    def _unproven(self, watched: _Watched) -> str:
        storage = self._engine.storage(watched.watcher.storage.id)
        try:
            prove(storage, registry.layout(storage.layout), FileRows(self._database.connection, storage.id)).close()
        except StorageOfflineError as error:
            return error.message
        return ""

    async def _see_about_duty(self, watched: _Watched) -> None:
        """Whether the scans are this process's: of those that watch a storage, one scans it for all of them."""
        was_on_duty, watched.is_on_duty = watched.is_on_duty, await asyncio.to_thread(watched.duty.take)
        if watched.is_on_duty and not was_on_duty:
            watched.watcher.put_back(WHOLE)  # nobody knows how far the other one came

    async def _follow(self, watched: _Watched) -> bool:
        """Look for a storage that is away in other places; True where it was found in one, and is watched there."""
        if watched.looking_elsewhere is None:
            watched.looking_elsewhere = asyncio.create_task(asyncio.to_thread(watched.seeking.look))
            await asyncio.wait({watched.looking_elsewhere}, timeout=_SECONDS_BETWEEN_CHECKS)
        if not watched.looking_elsewhere.done():
            return False  # a disk keeps it waiting
        root, watched.looking_elsewhere = watched.looking_elsewhere.result(), None
        if root is None:
            return False
        with suppress(InspectorError):
            storage = await self._engine.open(root)
            if storage.id == watched.watcher.storage.id:
                await asyncio.to_thread(watched.watcher.stop)
                watched.watcher, watched.seeking = self._ears_of(storage)
                return True
        return False

    async def _set_away(self, watched: _Watched, reason: str) -> None:
        was_away, watched.away = watched.away, reason
        if reason:
            watched.absence = None
        elif was_away:
            watched.watcher.put_back(WHOLE)  # nobody knows what happened meanwhile
        if reason and reason != was_away:
            await self._engine.note_away(watched.watcher.storage.id, reason)

    # --- scans --------------------------------------------------------------------------------------------------

    async def _scan_what_is_due(self, tell: Tell, progress: Progress) -> bool:
        """Scan what is due now, one storage after the other; False where nothing was."""
        scanned = False
        for identity, watched in self._watched.items():
            now = time.monotonic()
            if progress.cancelled or watched.away or not watched.checked.is_set() or now < watched.not_before:
                continue
            if self._gives_way[identity] > 0:
                continue
            if not watched.is_on_duty:
                watched.watcher.take()  # another process heard of it too, and looks at it
                continue
            if watched.watcher.is_changing and await asyncio.to_thread(self._engine.jobs.is_wanted_elsewhere, identity):
                continue
            places, mode = watched.watcher.take(), ScanMode.SMART
            if watched.absence is not None:
                places = WHOLE if places or watched.absence.may_be_over() else places
            elif not places and now >= watched.quick_at:
                places, mode = WHOLE, ScanMode.QUICK
            if places:
                scanned = True
                await self._scan(watched, places, mode, tell, progress)
        return scanned

    async def _scan(self, watched: _Watched, places: Places, mode: ScanMode, tell: Tell, progress: Progress) -> None:
        identity = watched.watcher.storage.id
        watched.scanning = one = _OneScan(progress)
        self._tell_states(tell)
        giving_way = asyncio.create_task(self._give_way_to_others(identity, one))
        try:
            (outcome,) = await self._engine.rescan({identity: places}, mode=mode, progress=one)
            if places.is_whole:
                watched.quick_at = self._next_quick()
            await self._follow_up(watched, places, mode, outcome)
        finally:
            giving_way.cancel()
            watched.scanning = None
            one.ended.set()

    async def _give_way_to_others(self, identity: str, scan: _OneScan) -> None:
        """Stop a scan once a job of another process wants the storage."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_TICKS)
            with suppress(sqlite3.Error):
                if await asyncio.to_thread(self._engine.jobs.is_wanted_elsewhere, identity):
                    scan.cancel()
                    return

    async def _follow_up(self, watched: _Watched, places: Places, mode: ScanMode, outcome: "ScanOutcome") -> None:
        error = outcome.error
        if isinstance(error, StorageOfflineError):
            await self._note_absence(watched, error)
            return
        if isinstance(error, StorageLockedError | CatalogError):
            watched.not_before = time.monotonic() + SECONDS_UNTIL_TRIED_AGAIN
            watched.watcher.put_back(places)
            return
        if not isinstance(error, CancelledByUserError):
            watched.absence = None
        if isinstance(error, CancelledByUserError):
            watched.watcher.put_back(places)
        elif mode is ScanMode.QUICK and error is None and (outcome.counts.added or outcome.counts.gone):
            watched.watcher.put_back(WHOLE)  # something was not heard of, and there may be more

    async def _note_absence(self, watched: _Watched, error: StorageOfflineError) -> None:
        """A scan did not find a storage: checks see to it from now on, or a later scan where they do not see it."""
        looking = asyncio.ensure_future(asyncio.to_thread(self._why_away, watched))
        done, _ = await asyncio.wait({looking}, timeout=_SECONDS_UNTIL_NO_ANSWER)
        away = looking.result() if done else "does not answer"
        if away:
            await self._set_away(watched, away)
            return
        before = watched.absence
        watched.absence = before.goes_on(error.message) if before is not None else Absence(error.message)
        watched.not_before = time.monotonic() + SECONDS_UNTIL_TRIED_AGAIN

    def _next_quick(self) -> float:
        return time.monotonic() + self._settings.quick_seconds * random.uniform(0.75, 1.25)

    # --- news ---------------------------------------------------------------------------------------------------

    def _tell_states(self, tell: Tell) -> None:
        told: list[WatchNews] = []
        for identity, watched in self._watched.items():
            if not watched.checked.is_set() and not watched.away:
                continue
            storage = self._engine.storage(identity)
            state, reason = _state_of(watched, storage)
            degraded = watched.watcher.health.degraded if state is not WatchState.OFFLINE else ""
            now = (state, reason, degraded)
            if watched.checked.is_set() and now != watched.told:
                watched.told = now
                told.append(StorageNews(storage, state, reason, degraded, watched.conflicts, time.time_ns()))
        if told:
            tell(told)

    def _may_look(self) -> bool:
        return time.monotonic() >= self._looked_at + _SECONDS_BETWEEN_LOOKS

    def _begin(self) -> None:
        self._changes = ConflictChanges(self._database.connection, self._is_held_back)
        self._changes.begin(list(self._watched))
        self._count()

    def _look(self, tell: Tell) -> None:
        """Tell what became of the conflicts, where the catalog was written since the last look."""
        assert self._changes is not None
        self._looked_at = time.monotonic()
        version = self._database.connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version and not self._changes.held_back:
            return
        self._version = version
        changes = self._changes.look(list(self._watched))
        while some := list(islice(changes, _NEWS_AT_ONCE)):
            tell([ConflictNews(change, conflict, time.time_ns()) for change, conflict in some])
        self._count()

    def _count(self) -> None:
        assert self._changes is not None
        for identity, watched in self._watched.items():
            watched.conflicts = self._changes.count(identity)

    def _is_held_back(self, conflict: Conflict, now_ns: int) -> bool:
        """Whether a conflict is one that passes by itself: a temporary file of a program that is still at work."""
        if conflict.kind != "stale_temp":
            return False
        mtime_ns = conflict.evidence.get("mtime_ns")
        return isinstance(mtime_ns, int) and 0 <= now_ns - mtime_ns < self._settings.temporary_seconds * _NS


def _state_of(watched: _Watched, storage: StorageInfo) -> tuple[WatchState, str]:
    if watched.away:
        return WatchState.OFFLINE, watched.away
    if watched.absence is not None:
        return WatchState.OFFLINE, watched.absence.reason
    if watched.scanning is not None:
        return WatchState.SCANNING, ""
    reason = storage.reason if storage.state in {StorageState.GUARD, StorageState.PARTIAL} else ""
    return (WatchState.CHANGING if watched.watcher.is_changing else WatchState.WATCHING), reason


def _tell_from_thread(loop: asyncio.AbstractEventLoop, tell: Tell, news: Sequence[WatchNews]) -> None:
    """Have the loop tell, and wait until it has."""

    async def told() -> None:
        tell(news)

    asyncio.run_coroutine_threadsafe(told(), loop).result()


def _raise_error_of(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        if task.done():
            task.result()
