"""The queue: what may run next, who has it, and how it ends."""

import random
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from inspector.catalog import jobs as job_rows
from inspector.catalog.database import Database
from inspector.jobs.owners import Owner
from inspector.jobs.transient import delay_seconds, is_due
from inspector.model.errors import UsageError
from inspector.model.jobs import (
    BACKGROUND,
    FOREGROUND,
    GOES_ON,
    JobError,
    JobInfo,
    JobKind,
    JobProgress,
    JobSpec,
    JobState,
)
from inspector.model.progress import ProgressSnapshot


class JobQueue:
    """The jobs of one catalog, as this process sees them."""

    def __init__(self, database: Database, owner: Owner, clock: Callable[[], int] = time.time_ns) -> None:
        """`clock` says when it is, in nanoseconds since the epoch."""
        self._database = database
        self._owner = owner
        self._clock = clock

    # --- what there is ------------------------------------------------------------------------------------------

    def listing(self, limit: int = 200) -> list[JobInfo]:
        """What runs, what waits in its order, then what ended, newest first."""
        self.settle_abandoned()
        return job_rows.listing(self._database.connection, limit)

    def job(self, job_id: int) -> JobInfo:
        """One job.

        Raises:
            UsageError: where there is none of this id.
        """
        found = job_rows.get(self._database.connection, job_id)
        if found is None:
            raise UsageError(f"no job is known as {job_id}", advice="'inspector jobs' lists them.")
        return found

    def is_wanted_elsewhere(self, storage_id: str) -> bool:
        """Whether a job of another process runs on a storage that keeps others from it."""
        running = job_rows.in_state(self._database.connection, JobState.RUNNING)
        return any(
            storage_id in _storages_of([job], background=False)
            and job.owner != self._owner.token
            and self._owner.lives(job.owner)
            for job in running
        )

    def settle_abandoned(self) -> None:
        """Write down as interrupted what runs in no living process any more."""
        if not self._abandoned(self._database.connection):
            return
        with self._database.transaction() as connection:
            for job in self._abandoned(connection):
                words = "its program ended " + ("while it ran" if job.state is JobState.RUNNING else "before it began")
                job_rows.end(connection, job.id, JobState.INTERRUPTED, words)

    def _abandoned(self, connection: sqlite3.Connection) -> list[JobInfo]:
        owned = job_rows.in_state(connection, JobState.RUNNING)
        owned += [job for job in job_rows.in_state(connection, JobState.WAITING) if job.spec.here]
        return [job for job in owned if not self._owner.lives(job.owner)]

    # --- changing it --------------------------------------------------------------------------------------------

    def submit(self, spec: JobSpec, *, joins: bool = False) -> JobInfo:
        """Put a job into the queue; where the same work waits already, that job is returned.

        With `joins`, so is one that another process is at: what it finds is what is asked for.
        """
        self._owner.announce()
        with self._database.transaction() as connection:
            there = job_rows.in_state(connection, JobState.WAITING)
            if joins:
                running = job_rows.in_state(connection, JobState.RUNNING)
                there += [job for job in running if not job.stopping and self._owner.lives(job.owner)]
            for job in there:
                if not spec.here and job.spec == spec:
                    return job
            return self._known(connection, job_rows.add(connection, spec, self._owner.token if spec.here else ""))

    def begin_now(self, spec: JobSpec) -> JobInfo:
        """Enter work that this process does at once, past the queue."""
        self._owner.announce()
        with self._database.transaction() as connection:
            job_id = job_rows.add(connection, spec, self._owner.token)
            job_rows.begin(connection, job_id, self._owner.token)
            return self._known(connection, job_id)

    def stop(self, job_id: int) -> JobInfo:
        """Take a waiting job out, or have a running one stopped by the process that runs it.

        Raises:
            UsageError: where there is none of this id, or it has ended.
        """
        with self._database.transaction() as connection:
            job = self.job(job_id)
            if job.ended:
                raise UsageError(f"job {job_id} has ended ({job.state.value})")
            if job.state is JobState.WAITING:
                job_rows.end(connection, job_id, JobState.STOPPED, "taken out of the queue")
            else:
                job_rows.ask_to_stop(connection, job_id)
            return self._known(connection, job_id)

    def move(self, job_id: int, step: int) -> bool:
        """Move a waiting job one place earlier or later; False where it stands at the end, or does not wait."""
        with self._database.transaction() as connection:
            waiting = job_rows.in_state(connection, JobState.WAITING)
            place = next((number for number, job in enumerate(waiting) if job.id == job_id), None)
            if place is None or not 0 <= place + step < len(waiting):
                return False
            job_rows.swap(connection, waiting[place], waiting[place + step])
            return True

    def resume_interrupted(self, storage_ids: Sequence[str]) -> list[JobInfo]:
        """Put the interrupted scans and scrubs of these storages back into the queue; the journal settles repairs.

        A scrub after which another one was begun is none to go on with: that one went on from there.
        """
        self.settle_abandoned()
        connection, resumed = self._database.connection, []
        for job in job_rows.in_state(connection, JobState.INTERRUPTED):
            if job.spec.kind not in GOES_ON or not set(job.spec.storages) <= set(storage_ids):
                continue
            if job.spec.kind in BACKGROUND and job_rows.was_begun_again(connection, job):
                continue
            with suppress(UsageError):  # another process, which starts too, was quicker
                resumed.append(self.again(job.id))
        return resumed

    def again(self, job_id: int) -> JobInfo:
        """Put an interrupted job back into the queue.

        Raises:
            UsageError: where it is no scan or scrub that was interrupted.
        """
        with self._database.transaction() as connection:
            job = self.job(job_id)
            if job.state is not JobState.INTERRUPTED or job.spec.kind not in GOES_ON:
                raise UsageError(f"job {job_id} is no interrupted scan or scrub")
            job_rows.wait_again(connection, job_id)
            return self._known(connection, job_id)

    # --- running ------------------------------------------------------------------------------------------------

    def take_next(
        self, storage_ids: Sequence[str] | None = None, kinds: Collection[JobKind] = FOREGROUND
    ) -> JobInfo | None:
        """Have the next job of these kinds that this process may run, None where there is none.

        A job waits for those that run on one of its storages. With `storage_ids`, only jobs on these are taken. Those
        of `BACKGROUND` wait for one another and keep no other job from a storage.
        """
        if not job_rows.in_state(self._database.connection, JobState.WAITING):
            return None
        self._owner.announce()
        self.settle_abandoned()
        with self._database.transaction() as connection:
            running = job_rows.in_state(connection, JobState.RUNNING)
            busy = {kept: _storages_of(running, background=kept) for kept in (False, True)}
            now_ns = self._clock()
            for job in job_rows.in_state(connection, JobState.WAITING):
                behind = job.spec.kind in BACKGROUND
                if job.spec.kind not in kinds or not is_due(job.not_before_ns, now_ns):
                    continue
                mine = not job.spec.here or job.owner == self._owner.token
                wanted = storage_ids is None or job.spec.here or set(job.spec.storages) <= set(storage_ids)
                if mine and wanted and not busy[behind] & set(job.spec.storages):
                    job_rows.begin(connection, job.id, self._owner.token)
                    return self._known(connection, job.id)
                busy[behind] |= set(job.spec.storages)  # nothing overtakes on the same storage
        return None

    def seconds_to_next(self, storage_ids: Sequence[str] | None = None) -> float | None:
        """How long until a job on these storages, or any, is tried again; None where none waits for that."""
        now_ns = self._clock()
        moments = [
            job.not_before_ns
            for job in job_rows.in_state(self._database.connection, JobState.WAITING)
            if job.not_before_ns is not None and (storage_ids is None or set(job.spec.storages) <= set(storage_ids))
        ]
        if not moments:
            return None
        return min(0.0 if is_due(moment, now_ns) else (moment - now_ns) / 1e9 for moment in moments)

    def beat(self, job_id: int, snapshot: ProgressSnapshot) -> bool:
        """Write down how far a job is; returns whether somebody asked it to stop."""
        progress = JobProgress(
            snapshot.phase,
            snapshot.files,
            snapshot.bytes,
            snapshot.total_files,
            snapshot.total_bytes,
            snapshot.rate,
            snapshot.eta,
        )
        with self._database.transaction() as connection:
            return job_rows.beat(connection, job_id, progress)

    def end(self, job_id: int, state: JobState, message: str) -> JobInfo:
        """Write down how a job ended."""
        with self._database.transaction() as connection:
            job_rows.end(connection, job_id, state, message)
            return self._known(connection, job_id)

    def fail(self, job_id: int, message: str, *, transient: bool) -> JobInfo:
        """Write down the error that ended a job; a transient one has it wait for another attempt, longer each time.

        Work that somebody waits for, or that cannot go on from where it was, is never tried again by itself, nor is
        what somebody asked to stop.
        """
        now_ns = self._clock()
        with self._database.transaction() as connection:
            job_rows.note_error(connection, job_id, JobError(now_ns, message))
            job = self._known(connection, job_id)
            again = transient and job.spec.kind in GOES_ON and not job.spec.here and not job.stopping
            seconds = delay_seconds(len(job.errors), random.random()) if again else None
            if seconds is None:
                job_rows.end(connection, job_id, JobState.FAILED, message)
            else:
                job_rows.wait_until(connection, job_id, now_ns + int(seconds * 1e9), message)
            return self._known(connection, job_id)

    @staticmethod
    def _known(connection: sqlite3.Connection, job_id: int) -> JobInfo:
        job = job_rows.get(connection, job_id)
        assert job is not None
        return job


def _storages_of(jobs: Sequence[JobInfo], *, background: bool) -> set[str]:
    """The storages that these jobs work on, those in the background or the others."""
    return {one for job in jobs if (job.spec.kind in BACKGROUND) is background for one in job.spec.storages}
