"""The engine's jobs: work that waits its turn in the background and that front ends look at."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from inspector.catalog.database import Database
from inspector.fs.locks import is_locked
from inspector.fs.profile import profile_of
from inspector.jobs.duty import is_watched
from inspector.jobs.owners import Owner
from inspector.jobs.queue import JobQueue
from inspector.jobs.transient import is_transient
from inspector.model.display import display_name, display_text
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.jobs import BACKGROUND, FOREGROUND, JobInfo, JobKind, JobSpec, JobState
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.plan import BatchInfo, Plan
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.reindexing import ReindexOptions
from inspector.model.scanmode import ScanMode
from inspector.model.scrub import ScrubLimits

if TYPE_CHECKING:
    from inspector.engine.engine import Engine

SECONDS_BETWEEN_BEATS = 2.0
_MOST_SECONDS_FOR_A_WATCH = 15.0
"""A watch stops its scan within a second, unless it is at the end of one."""
_SECONDS_BETWEEN_LOOKS = 0.1
CONFIRMED = 10
"""The priority of what somebody has just confirmed and waits for."""
REINDEX = "reindex"
"""The options of a scan that is a re-index, in the arguments of its job."""
WHEN_IDLE = -10
"""The priority of what nobody waits for."""


Work = Callable[[Progress], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a job of this process ended: what its work returned, or the error that ended it."""

    job: JobInfo
    outcome: Any = None
    error: Exception | None = None


class Jobs:
    """The queue of one catalog. Front ends reach it as `engine.jobs`."""

    def __init__(
        self, database: Database, owner: Owner, engine: "Engine", clock: Callable[[], int] = time.time_ns
    ) -> None:
        """`clock` says when it is, in nanoseconds since the epoch."""
        self.leaving = False
        """Whether the process was told to end: a scan that is stopped then is one to go on with."""
        self._engine = engine
        self._queue = JobQueue(database, owner, clock)
        self._work: dict[JobKind, Callable[[JobSpec, Progress], Awaitable[Any]]] = {
            JobKind.SCAN: self._scan,
            JobKind.APPLY: self._apply,
            JobKind.UNDO: self._undo,
            JobKind.RECOVER: self._recover,
            JobKind.SCRUB: self._scrub,
        }

    # --- the queue ----------------------------------------------------------------------------------------------

    def listing(self, limit: int = 200) -> list[JobInfo]:
        """What runs, what waits in its order, then what ended, newest first."""
        return self._queue.listing(limit)

    def job(self, job_id: int) -> JobInfo:
        """One job.

        Raises:
            UsageError: where there is none of this id.
        """
        return self._queue.job(job_id)

    def submit(self, spec: JobSpec, *, joins: bool = False) -> JobInfo:
        """Put a job into the queue; any process of this catalog does it, or only this one if it is `here`.

        With `joins` it may be one that another process is at already.
        """
        return self._queue.submit(spec, joins=joins)

    def settle_abandoned(self) -> None:
        """Write down as interrupted what runs in no living process any more."""
        self._queue.settle_abandoned()

    def stop(self, job_id: int) -> JobInfo:
        """Take a waiting job out of the queue, or have a running one stop at its next safe point.

        Raises:
            UsageError: where there is none of this id, or it has ended.
        """
        return self._queue.stop(job_id)

    def move(self, job_id: int, step: int) -> bool:
        """Move a waiting job one place earlier (-1) or later (1); False where it cannot be."""
        return self._queue.move(job_id, step)

    def resume_interrupted(self, storage_ids: Sequence[str]) -> list[JobInfo]:
        """Put the interrupted scans and scrubs of these storages back into the queue; `recover` settles repairs."""
        return self._queue.resume_interrupted(storage_ids)

    def again(self, job_id: int) -> JobInfo:
        """Put an interrupted scan or scrub back into the queue.

        Raises:
            UsageError: where it is none that was interrupted.
        """
        return self._queue.again(job_id)

    # --- running ------------------------------------------------------------------------------------------------

    def take_next(
        self, storage_ids: Sequence[str] | None = None, kinds: Collection[JobKind] = FOREGROUND
    ) -> JobInfo | None:
        """Have the next job of these kinds that may run now, to be handed to `run`; None where there is none."""
        return self._queue.take_next(storage_ids, kinds)

    def seconds_to_next(self, storage_ids: Sequence[str] | None = None) -> float | None:
        """How long until a job that a passing error ended is tried again; None where none waits for that."""
        return self._queue.seconds_to_next(storage_ids)

    def is_wanted_elsewhere(self, storage_id: str) -> bool:
        """Whether a job of another process works on a storage, so that a watch leaves it alone meanwhile."""
        return self._queue.is_wanted_elsewhere(storage_id)

    async def run_now(self, spec: JobSpec, progress: Progress, work: Work | None = None) -> Any:
        """Do work at once, past the queue, but for all to see; returns what it returns.

        It is what the job says, or `work`. A watch of another process that scans one of its storages gives way first.

        Raises:
            InspectorError, OSError, sqlite3.Error: what ended it.
        """
        return await self.run_begun(await asyncio.to_thread(self.begin_now, spec), progress, work)

    def begin_now(self, spec: JobSpec) -> JobInfo:
        """Enter work that this process does at once, past the queue, to be handed to `run_begun`."""
        return self._queue.begin_now(spec)

    async def run_begun(self, job: JobInfo, progress: Progress, work: Work | None = None) -> Any:
        """Do the work of a job that `begin_now` entered, as `run_now` does.

        Raises:
            InspectorError, OSError, sqlite3.Error: what ended it.
        """
        await self._wait_for_watches(job.spec, progress)
        finished = await self.run(job, progress, retry=False, work=work)
        if finished.error is not None:
            raise finished.error
        return finished.outcome

    async def _wait_for_watches(self, spec: JobSpec, progress: Progress) -> None:
        if spec.kind in BACKGROUND:
            return
        deadline = time.monotonic() + _MOST_SECONDS_FOR_A_WATCH
        while any(map(self._is_held_by_a_watch, spec.storages)):
            if progress.cancelled or time.monotonic() >= deadline:
                return
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    def _is_held_by_a_watch(self, storage_id: str) -> bool:
        """Another job that holds a storage is not waited for: it may take hours."""
        state = self._engine.state_folder
        held = is_watched(state, storage_id) and is_locked(state, storage_id)
        return held and not self._queue.is_wanted_elsewhere(storage_id)

    async def run(self, job: JobInfo, progress: Progress, *, retry: bool = True, work: Work | None = None) -> Finished:
        """Do the work of a job that was taken, or `work`; whatever ends it is in what is returned.

        With `retry`, a job that an error ended which passes by itself waits in the queue again, for later.
        """
        beating = asyncio.create_task(self._beat(job.id, progress))
        outcome, error = None, None
        try:
            outcome = await (work(progress) if work is not None else self._work[job.spec.kind](job.spec, progress))
        except (InspectorError, OSError, sqlite3.Error) as caught:
            error = caught
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
        why = error or _first_error(outcome)
        if isinstance(why, CancelledByUserError) or (why is None and progress.cancelled):
            goes_on = self.leaving and job.spec.kind is JobKind.SCAN
            state = JobState.INTERRUPTED if goes_on else JobState.STOPPED
        else:
            state = JobState.DONE if why is None else JobState.FAILED
        words = display_text(str(why)) if why else ""
        if state is JobState.FAILED and why is not None:
            transient = retry and is_transient(why, network=self._on_a_network(job.spec))
            ended = await asyncio.to_thread(partial(self._queue.fail, job.id, words, transient=transient))
        else:
            ended = await asyncio.to_thread(self._queue.end, job.id, state, words)
        return Finished(ended, outcome, error)

    def _on_a_network(self, spec: JobSpec) -> bool:
        known = {storage.id: storage for storage in self._engine.storages()}
        return any(profile_of(known[one].file_system).network for one in spec.storages if one in known)

    async def _beat(self, job_id: int, progress: Progress) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_BEATS)
            with suppress(sqlite3.Error):
                if await asyncio.to_thread(self._queue.beat, job_id, progress.snapshot()):
                    progress.cancel()

    # --- kinds --------------------------------------------------------------------------------------------------

    async def _scan(self, spec: JobSpec, progress: Progress) -> Any:
        if REINDEX in spec.args:
            options = ReindexOptions.of_args(spec.args[REINDEX])
            return await self._engine.reindexing.run(spec.storages[0], options, progress)
        return await self._engine.scan(
            spec.storages,
            mode=ScanMode(spec.args["mode"]),
            deep=bool(spec.args["deep"]),
            expected_missing=spec.args["expected_missing"],
            progress=progress,
        )

    async def _apply(self, spec: JobSpec, progress: Progress) -> Any:
        return await self._engine.repairs.apply(decode_plan(spec.args["plan"], "the queue"), progress)

    async def _undo(self, spec: JobSpec, progress: Progress) -> Any:
        return await self._engine.repairs.undo(spec.args["batch"], spec.args["items"], progress)

    async def _scrub(self, spec: JobSpec, progress: Progress) -> Any:
        limits = ScrubLimits(spec.args["max_seconds"], spec.args["max_bytes"])
        return await self._engine.scrub(spec.storages, limits, progress=progress)

    async def _recover(self, spec: JobSpec, progress: Progress) -> Any:
        progress.begin("settling")
        return [await self._engine.repairs.recover(batch, progress) for batch in spec.args["batches"]]


def _first_error(outcome: Any) -> Exception | None:
    """What ended a scan or a scrub early: each of its storages has an outcome of its own."""
    each = getattr(outcome, "outcomes", outcome)
    if not isinstance(each, list | tuple):
        found = getattr(outcome, "error", None)
        return found if isinstance(found, Exception) else None
    return next((one.error for one in each if getattr(one, "error", None) is not None), None)


def scan_spec(
    storages: Sequence[StorageInfo], mode: ScanMode, *, deep: bool = False, expected_missing: int | None = None
) -> JobSpec:
    """A scan of storages, with the options of `Engine.scan`."""
    what = display_name(storages[0].name) if len(storages) == 1 else f"{len(storages)} storages"
    title = f"{'deep ' if deep else ''}{mode.value} scan of {what}"
    args = {"mode": mode.value, "deep": deep, "expected_missing": expected_missing}
    return JobSpec(JobKind.SCAN, title, tuple(storage.id for storage in storages), args)


def reindex_spec(storage: StorageInfo, options: ReindexOptions) -> JobSpec:
    """A re-index of a storage, which is a scan with what follows on it."""
    title = f"{options.strategy.value} re-index of {display_name(storage.name)}"
    return JobSpec(JobKind.SCAN, title, (storage.id,), {REINDEX: options.as_args()})


def scrub_spec(storages: Sequence[StorageInfo], limits: ScrubLimits) -> JobSpec:
    """A scrub of storages within limits; everything else comes before it."""
    what = display_name(storages[0].name) if len(storages) == 1 else f"{len(storages)} storages"
    args = {"max_seconds": limits.max_seconds, "max_bytes": limits.max_bytes}
    return JobSpec(JobKind.SCRUB, f"scrub of {what}", tuple(storage.id for storage in storages), args, WHEN_IDLE)


def apply_spec(plan: Plan, title: str) -> JobSpec:
    """A plan that was confirmed here."""
    return JobSpec(JobKind.APPLY, title, tuple(plan.roots), {"plan": encode_plan(plan)}, CONFIRMED, here=True)


def confirmed_spec(kind: JobKind, storages: Collection[str], title: str) -> JobSpec:
    """What was confirmed and is done at once, by work that is handed to `Jobs.run_now`."""
    return JobSpec(kind, title, tuple(storages), {}, CONFIRMED, here=True)


def undo_spec(batch: BatchInfo, items: Collection[int] | None, title: str) -> JobSpec:
    """Taking back a batch, or some of its items, that was confirmed here."""
    args = {"batch": batch.id, "items": sorted(items) if items is not None else None}
    return JobSpec(JobKind.UNDO, title, batch.storages, args, CONFIRMED, here=True)


def recover_spec(batches: Sequence[BatchInfo], title: str) -> JobSpec:
    """Settling interrupted batches."""
    storages = tuple({storage: None for batch in batches for storage in batch.storages})
    args = {"batches": [batch.id for batch in batches]}
    return JobSpec(JobKind.RECOVER, title, storages, args, CONFIRMED, here=True)
