"""Workers that hash: threads for large files, and behind them processes for small ones.

Hashing a small buffer keeps the interpreter lock, so two threads on small files are slower than one; only processes
use both cores there. They are started once there is enough work to pay for them.
"""

import queue
import threading
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from inspector.fs.worker import WorkerError, WorkerProcess
from inspector.model.errors import CancelledByUserError
from inspector.model.progress import Progress
from inspector.scan.hashing import SMALL_FILE_BYTES as SMALL_FILE_BYTES
from inspector.scan.hashing import HashedRow, HashTask, hash_files, hash_to_bytes, rows_from_bytes, tasks_to_bytes

BATCH_FILES = 256
_FILES_WORTH_A_PROCESS = 2000
_BUNDLE_FILES = 512
"""Sent to a process at once, in tasks of several folders: each time, it waits for this process to answer."""
_SIZE = itemgetter(3)


class _Job(NamedTuple):
    tag: Any
    task: HashTask
    small: bool


class HashPool:
    """Hashes tasks in the background. `submit` and `result` are for one thread, the scan's."""

    def __init__(self, progress: Progress, threads: int = 2) -> None:
        self._progress = progress
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Any, Sequence[HashedRow] | BaseException]] = queue.SimpleQueue()
        self._small_files_seen = 0
        self._one_small_batch_at_a_time = threading.Lock()
        self.outstanding = 0
        self._threads = [threading.Thread(target=self._work, name=f"hash-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, tag: object, task: HashTask, *, small: bool) -> None:
        """Queue `task`; its result comes back with `tag`. `small` says that no file of it is large."""
        self.outstanding += 1
        if small:
            self._small_files_seen += task.file_count
        self._jobs.put(_Job(tag, task, small))

    def result(self, *, wait: bool, seconds: float | None = None) -> tuple[Any, Sequence[HashedRow]] | None:
        """The next finished task, or None where none is finished and `wait` is false, or it took so many seconds.

        Raises:
            CancelledByUserError: where the work was cancelled meanwhile.
        """
        if not self.outstanding:
            return None
        try:
            tag, rows = self._results.get(block=wait, timeout=seconds)
        except queue.Empty:
            return None
        self.outstanding -= 1
        if isinstance(rows, BaseException):
            raise rows
        return tag, rows

    def finished(self) -> Iterator[tuple[Any, Sequence[HashedRow]]]:
        """What was finished and not taken yet, failures left out; for after `close`."""
        while True:
            try:
                tag, rows = self._results.get(block=False)
            except queue.Empty:
                return
            if not isinstance(rows, BaseException):
                yield tag, rows

    def close(self) -> None:
        """End the workers; what is still queued is dropped."""
        while True:
            try:
                self._jobs.get(block=False)
            except queue.Empty:
                break
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        process: WorkerProcess | None = None
        try:
            while (job := self._jobs.get()) is not None:
                if job.small and process is None and self._small_files_seen > _FILES_WORTH_A_PROCESS:
                    process = WorkerProcess()
                if job.small and process is not None:
                    jobs = [job, *self._more_small_jobs(_BUNDLE_FILES - job.task.file_count)]
                else:
                    jobs = [job]
                for one, rows in zip(jobs, self._rows_of(jobs, process), strict=True):
                    self._results.put((one.tag, rows))
        finally:
            if process is not None:
                process.close()

    def _more_small_jobs(self, files: int) -> Iterator["_Job"]:
        """Queued jobs to send to a process at once with another one, with about so many files."""
        while files > 0:
            try:
                job = self._jobs.get(block=False)
            except queue.Empty:
                return
            if job is None or not job.small:
                self._jobs.put(job)
                return
            files -= job.task.file_count
            yield job

    def _rows_of(
        self, jobs: Sequence["_Job"], process: WorkerProcess | None
    ) -> Sequence[Sequence[HashedRow] | BaseException]:
        """What the jobs gave, or for each of them the error, which the scan's thread raises."""
        try:
            self._progress.check()
            if not jobs[0].small:
                return [hash_files(job.task, self._count) for job in jobs]
            found = self._hash_small([job.task for job in jobs], process)
        except BaseException as error:  # noqa: BLE001 - handed to the scan's thread
            return [error] * len(jobs)
        self._progress.advance(count=sum(sum(map(_SIZE, rows)) for rows in found))
        return found

    def _hash_small(self, tasks: Sequence[HashTask], process: WorkerProcess | None) -> Sequence[Sequence[HashedRow]]:
        if process is None:
            with self._one_small_batch_at_a_time:
                return [hash_files(task) for task in tasks]
        try:
            return rows_from_bytes(process.run(hash_to_bytes, tasks_to_bytes(tasks), timeout=None))
        except WorkerError:
            return [hash_files(task) for task in tasks]  # a process died twice over these; the thread reads them itself

    def _count(self, count: int) -> None:
        self._progress.advance(count=count)
        if self._progress.cancelled:
            raise CancelledByUserError("stopped; what was done is kept, and the next scan goes on from there")
