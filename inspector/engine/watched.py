"""One watched storage: what watches it, what goes on with it, and the state that this comes to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from inspector.jobs.duty import Duty
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo, StorageState
from inspector.model.sync import SyncState, SyncStatus
from inspector.model.watching import WatchState, in_step_now
from inspector.watch.absence import Absence
from inspector.watch.seeking import Seeking
from inspector.watch.watcher import Watcher


class OneScan(Progress):
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


class Errand:
    """Work in a thread of which the caller waits for the result only so long; asked again, it waits for the same."""

    def __init__(self) -> None:
        self._task: asyncio.Task[str | None] | None = None

    async def result(self, work: Callable[[], str | None], seconds: float) -> str | None:
        """What the work gave, once; None where it gave nothing, or is not done yet: a disk keeps it waiting."""
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(work))
            await asyncio.wait({self._task}, timeout=seconds)
        if not self._task.done():
            return None
        done, self._task = self._task, None
        return done.result()


@dataclass(slots=True)
class Watched:
    """One storage, its watcher, and what was last told of it.

    `scan_before` is the last scan that had begun when the watch began to hear of everything: what a later one saw
    needs no other look, whichever process it ran in. `is_moved` says that it was found elsewhere by the folder itself.
    """

    watcher: Watcher
    seeking: Seeking
    duty: Duty
    quick_at: float
    is_on_duty: bool = False
    looking_elsewhere: Errand = field(default_factory=Errand)
    noting_copies: Errand = field(default_factory=Errand)
    is_moved: bool = False
    scanning: OneScan | None = None
    scan_jobs: int = 0
    scan_before: int | None = None
    not_before: float = 0.0
    away: str = "was not looked at yet"
    absence: Absence | None = None
    status: SyncStatus | None = None
    told: tuple[object, ...] = ()
    conflicts: int = 0
    checked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_scanned_here(self) -> bool:
        """Whether this process scans it, for the watch or as a job."""
        return self.scanning is not None or self.scan_jobs > 0

    def state(self, storage: StorageInfo) -> tuple[WatchState, SyncState, str]:
        """What the watch does, how far the storage is in step by that, and why."""
        doing, reason = self._doing(storage)
        step = in_step_now(self.status.state if self.status is not None else None, doing)
        if self.status is not None and doing is WatchState.WATCHING and step is not SyncState.CONFLICT:
            is_said = self.status.reason == self.watcher.health.degraded
            reason = reason or ("" if is_said else self.status.reason)
        return doing, step, reason

    def _doing(self, storage: StorageInfo) -> tuple[WatchState, str]:
        if self.away:
            return WatchState.OFFLINE, self.away
        if self.absence is not None:
            return WatchState.OFFLINE, self.absence.reason
        if self.is_scanned_here or (self.is_on_duty and self.watcher.may_be_seen_already):
            return WatchState.SCANNING, ""
        reason = storage.reason if storage.state in {StorageState.GUARD, StorageState.PARTIAL} else ""
        return (WatchState.CHANGING if self.watcher.is_changing else WatchState.WATCHING), reason
