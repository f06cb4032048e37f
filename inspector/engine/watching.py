"""Watch storages: what is heard of them decides where is looked, scans decide what is so, and the news is told."""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from inspector.catalog.database import Database
from inspector.catalog.files import FileRows
from inspector.catalog.storages import last_scan_id, was_scanned_whole_since
from inspector.engine.following import enter_both
from inspector.engine.watch_news import Tell, WatchTeller, in_loop
from inspector.engine.watched import OneScan, Watched
from inspector.fs.own_folder import OwnFolder
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
from inspector.model.jobs import BACKGROUND, GOES_ON, JobInfo, JobKind, JobState
from inspector.model.places import WHOLE, Places
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode
from inspector.model.watching import WatchSettings
from inspector.scan.presence import prove
from inspector.watch.absence import SECONDS_UNTIL_TRIED_AGAIN, Absence
from inspector.watch.quiet import Patience
from inspector.watch.seeking import Seeking
from inspector.watch.watcher import REPLACED, Watcher

if TYPE_CHECKING:
    from inspector.engine.engine import Engine
    from inspector.engine.scanning import ScanOutcome

_SECONDS_BETWEEN_TICKS = 0.25
_SECONDS_BETWEEN_CHECKS = 2.0
_SECONDS_UNTIL_NO_ANSWER = 2.5
_SECONDS_BETWEEN_JOBS = 1.0
_SECONDS_BETWEEN_RESUMPTIONS = 10.0


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
        self._watched: dict[str, Watched] = {}
        self._wake = asyncio.Event()
        self._gives_way: Counter[str] = Counter()
        self._teller = WatchTeller(engine, database, self._watched, self._settings.temporary_seconds)

    async def run(self, tell: Tell, progress: Progress, *, jobs: Collection[JobKind] = ()) -> None:
        """Watch, and hand what happens to `tell`, in this event loop, until `progress` is cancelled.

        At first each storage is scanned smartly; its conflicts that were known before are not told. Meanwhile what the
        queue has of these kinds of `jobs` on these storages is done too, with what is interrupted now or later.

        Raises:
            CatalogError: the catalog cannot be used any more.
        """
        loop = asyncio.get_running_loop()
        for storage in self._storages:
            duty = Duty(self._database.folder, storage.id)
            self._watched[storage.id] = Watched(*self._ears_of(storage), duty, self._next_quick())
        one_thread = ThreadPoolExecutor(1, "conflict-changes")
        checks = [asyncio.create_task(self._check(one, tell)) for one in self._watched.values()]
        working = [asyncio.create_task(self._do_jobs(frozenset(jobs), progress))] if jobs else []
        try:
            await loop.run_in_executor(one_thread, self._teller.begin)
            while not progress.cancelled:
                self._teller.tell_states(tell)
                if await self._scan_what_is_due(tell, progress) or self._teller.may_look:
                    await loop.run_in_executor(one_thread, self._teller.look, in_loop(loop, tell))
                    self._teller.tell_states(tell)
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

    def _ears_of(self, storage: StorageInfo, came_from: str = "") -> tuple[Watcher, Seeking]:
        """What watches a storage where it is, and what looks for it elsewhere."""
        loop, layout, chosen = asyncio.get_running_loop(), registry.layout(storage.layout), self._settings

        def wake_up() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._wake.set)

        patience = Patience(chosen.quiet_seconds, chosen.longest_seconds, chosen.temporary_seconds)
        own = OwnFolder(storage.root, self._database.folder)
        outside: Callable[[], Sequence[Sequence[str]]] = tuple
        if isinstance(layout, ReadsOutside):
            outside = partial(layout.outside, storage.root, self._surroundings)
        watcher = Watcher(storage, layout, wake_up, patience, own=own, outside=outside)
        return watcher, Seeking(storage, layout, came_from)

    # --- other work ---------------------------------------------------------------------------------------------

    async def give_way(self, storage_ids: Collection[str]) -> None:
        """Leave these storages to somebody else's scan or repair until `go_on`, from the loop that `run` is in.

        A scan of one of them is stopped at its next safe point; what it was about is looked at later.
        """
        running: list[OneScan] = []
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

    async def _do_jobs(self, kinds: frozenset[JobKind], progress: Progress) -> None:
        """Do what waits in the queue for these storages; what the end of the watch stops waits there again."""
        jobs, ids = self._engine.jobs, list(self._watched)
        resumed_at = float("-inf")
        while not progress.cancelled:
            if time.monotonic() >= resumed_at + _SECONDS_BETWEEN_RESUMPTIONS:
                await asyncio.to_thread(jobs.resume_interrupted, ids)
                resumed_at = time.monotonic()
            job = await asyncio.to_thread(jobs.take_next, ids, kinds)
            if job is None:
                await asyncio.sleep(_SECONDS_BETWEEN_JOBS)
                continue
            await self._do(job, progress)

    async def _do(self, job: JobInfo, progress: Progress) -> None:
        in_the_way = () if job.spec.kind in BACKGROUND else job.spec.storages
        await self.give_way(in_the_way)
        scanned = [self._watched[one] for one in job.spec.storages] if job.spec.kind is JobKind.SCAN else []
        for watched in scanned:
            watched.scan_jobs += 1
        self._wake.set()
        try:
            finished = await self._engine.jobs.run(job, OneScan(progress))
        finally:
            for watched in scanned:
                watched.scan_jobs -= 1
            self.go_on(in_the_way)
        if progress.cancelled and finished.job.state is JobState.STOPPED and job.spec.kind in GOES_ON:
            await asyncio.to_thread(self._engine.jobs.submit, job.spec)

    # --- presence -----------------------------------------------------------------------------------------------

    async def _check(self, watched: Watched, tell: Tell) -> None:
        """Look after one storage's watcher for ever; a disk that does not answer counts as away."""
        while True:
            looking = asyncio.ensure_future(asyncio.to_thread(self._look_after, watched))
            done, _ = await asyncio.wait({looking}, timeout=_SECONDS_UNTIL_NO_ANSWER)
            if not done and not watched.checked.is_set():
                done, _ = await asyncio.wait({looking})  # the first one makes the watches, of which there may be many
            if not done:
                await self._set_away(watched, "does not answer")
            away = await looking
            if away and watched.seeking.clones:
                away = f"{away}; {watched.seeking.clones}"
            await self._set_away(watched, away)
            await self._see_about_duty(watched)
            watched.checked.set()
            if away:
                self._teller.tell_states(tell)  # with the place where it was, before it is found in another one
            if not await (self._follow(watched) if away else self._see_about_copies(watched)):
                await asyncio.sleep(_SECONDS_BETWEEN_CHECKS)

    def _look_after(self, watched: Watched) -> str:
        """Why a storage is away, empty where it is there. One that was away has to prove more: all that a scan asks."""
        before = watched.away
        away = watched.watcher.check().away
        if away not in {"", REPLACED} or not (away or before):
            return away
        unproven = self._unproven(watched)
        if away and before and not unproven:
            away = watched.watcher.check().away  # it is back, and the folder in its place meanwhile is not
        return unproven or away

    def _why_away(self, watched: Watched) -> str:
        """Why a storage is away that a scan did not find, in the words of a check; empty where none would see it."""
        return watched.watcher.why_away() or self._unproven(watched)

    def _unproven(self, watched: Watched) -> str:
        storage = self._engine.storage(watched.watcher.storage.id)
        try:
            prove(storage, registry.layout(storage.layout), FileRows(self._database.connection, storage.id)).close()
        except StorageOfflineError as error:
            return error.message
        return ""

    async def _see_about_duty(self, watched: Watched) -> None:
        """Whether the scans are this process's: of those that watch a storage, one scans it for all of them."""
        was_on_duty, watched.is_on_duty = watched.is_on_duty, await asyncio.to_thread(watched.duty.take)
        if watched.is_on_duty and not was_on_duty:
            await self._look_at_all_of(watched)  # nobody knows how far the other one came

    async def _follow(self, watched: Watched) -> bool:
        """Look for a storage that is away in other places; True where it was found in one, and is watched there."""
        root = await watched.looking_elsewhere.result(watched.seeking.look, _SECONDS_BETWEEN_CHECKS)
        if root is None:
            return False
        with suppress(InspectorError):
            storage = await self._engine.open(root)
            if storage.id == watched.watcher.storage.id:
                watched.is_moved = watched.seeking.is_proved
                await self._listen_at(watched, storage, came_from=watched.watcher.storage.root)
                return True
        return False

    async def _see_about_copies(self, watched: Watched) -> bool:
        """Note the copies beside a storage that is there; True where it is watched at its old root again."""
        root = await watched.noting_copies.result(watched.seeking.note_there, _SECONDS_BETWEEN_TICKS)
        if root is None:
            return False
        found, enter = watched.watcher.storage, self._engine.open
        await self.give_way([found.id])
        try:
            storage = await enter_both(self._database, found, root, enter, is_proved=watched.is_moved)
            watched.is_moved = False
            await self._listen_at(watched, storage)
            await self._look_at_all_of(watched)
        finally:
            self.go_on([found.id])
        return True

    async def _listen_at(self, watched: Watched, storage: StorageInfo, came_from: str = "") -> None:
        await asyncio.to_thread(watched.watcher.stop)
        watched.watcher, watched.seeking = self._ears_of(storage, came_from)

    async def _set_away(self, watched: Watched, reason: str) -> None:
        was_away, watched.away = watched.away, reason
        if reason:
            watched.absence, watched.scan_before = None, None
        elif was_away:
            await self._look_at_all_of(watched)  # nobody knows what happened meanwhile
        if reason and reason != was_away:
            await self._engine.note_away(watched.watcher.storage.id, reason)

    async def _look_at_all_of(self, watched: Watched) -> None:
        """Have a storage looked at as a whole, unless a scan does so anyway that begins from now on."""
        watched.scan_before = None
        watched.watcher.look_at_all()
        watched.scan_before = await asyncio.to_thread(self._last_scan, watched.watcher.storage.id)

    def _last_scan(self, identity: str) -> int:
        return last_scan_id(self._database.connection, identity)

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
            if watched.watcher.may_be_seen_already and self._was_seen(watched):
                watched.watcher.forget_whole()
            places, mode = watched.watcher.take(), ScanMode.SMART
            if watched.absence is not None:
                places = WHOLE if places or watched.absence.may_be_over() else places
            elif not places and now >= watched.quick_at:
                places, mode = WHOLE, ScanMode.QUICK
            if places:
                scanned = True
                await self._scan(watched, places, mode, tell, progress)
        return scanned

    def _was_seen(self, watched: Watched) -> bool:
        """Whether a scan of all of it has begun since the watch hears of everything, and came to its end."""
        before = watched.scan_before
        if before is None or watched.absence is not None:
            return False
        return was_scanned_whole_since(self._database.connection, watched.watcher.storage.id, before)

    async def _scan(self, watched: Watched, places: Places, mode: ScanMode, tell: Tell, progress: Progress) -> None:
        identity = watched.watcher.storage.id
        watched.scanning = one = OneScan(progress)
        self._teller.tell_states(tell)
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

    async def _give_way_to_others(self, identity: str, scan: OneScan) -> None:
        """Stop a scan once a job of another process wants the storage."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_TICKS)
            with suppress(sqlite3.Error):
                if await asyncio.to_thread(self._engine.jobs.is_wanted_elsewhere, identity):
                    scan.cancel()
                    return

    async def _follow_up(self, watched: Watched, places: Places, mode: ScanMode, outcome: "ScanOutcome") -> None:
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

    async def _note_absence(self, watched: Watched, error: StorageOfflineError) -> None:
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


def _raise_error_of(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        if task.done():
            task.result()
