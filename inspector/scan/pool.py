"""Workers that hash: threads for large files, and behind them processes for small ones.

Hashing a small buffer keeps the interpreter lock, so two threads on small files are slower than one; only processes
use both cores there. They are started once there is enough work to pay for them.
"""

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.fs.worker import WorkerError, WorkerProcess
from inspector.model.errors import CancelledByUserError
from inspector.model.progress import Progress
from inspector.scan.hashing import HashedRow, HashTask, hash_files, hash_to_bytes, rows_from_bytes, task_to_bytes

SMALL_FILE_BYTES = 512 * 1024
BATCH_FILES = 256
_FILES_WORTH_A_PROCESS = 3000


class HashPool:
    """Hashes tasks in the background. `submit` and `result` are for one thread, the scan's."""

    def __init__(self, progress: Progress, threads: int = 2) -> None:
        self._progress = progress
        self._tasks: queue.SimpleQueue[tuple[Any, HashTask, bool] | None] = queue.SimpleQueue()
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
            self._small_files_seen += len(task.files)
        self._tasks.put((tag, task, small))

    def result(self, *, wait: bool) -> tuple[Any, Sequence[HashedRow]] | None:
        """The next finished task, or None where none is finished and `wait` is false.

        Raises:
            CancelledByUserError: where the work was cancelled meanwhile.
        """
        if not self.outstanding:
            return None
        try:
            tag, rows = self._results.get(block=wait)
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
                self._tasks.get(block=False)
            except queue.Empty:
                break
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        process: WorkerProcess | None = None
        try:
            while (item := self._tasks.get()) is not None:
                tag, task, small = item
                rows: Sequence[HashedRow] | BaseException
                try:
                    self._progress.check()
                    if small and self._small_files_seen > _FILES_WORTH_A_PROCESS and process is None:
                        process = WorkerProcess()
                    rows = self._hash(task, small, process)
                except BaseException as error:  # noqa: BLE001 - handed to the scan's thread, which raises it
                    rows = error
                self._results.put((tag, rows))
        finally:
            if process is not None:
                process.close()

    def _hash(self, task: HashTask, small: bool, process: WorkerProcess | None) -> Sequence[HashedRow]:
        if not small:
            return hash_files(task, self._count)
        if process is not None:
            try:
                rows: Sequence[HashedRow] = rows_from_bytes(
                    process.run(hash_to_bytes, task_to_bytes(task), timeout=None)
                )
            except WorkerError:
                rows = hash_files(task)  # a process that died twice over these files; the thread reads them itself
        else:
            with self._one_small_batch_at_a_time:
                rows = hash_files(task)
        self._progress.advance(count=sum(row[3] for row in rows))
        return rows

    def _count(self, count: int) -> None:
        self._progress.advance(count=count)
        if self._progress.cancelled:
            raise CancelledByUserError("stopped; what was done is kept, and the next scan goes on from there")
