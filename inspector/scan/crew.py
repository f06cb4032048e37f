"""Run functions from bytes to bytes in threads, and once there is enough to do, in a process behind each thread."""

import queue
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from inspector.fs.worker import WorkerError, WorkerProcess

Work = Callable[[bytes], bytes]

_HANDS = 2
_FILES_WORTH_A_PROCESS = 3000


class Crew:
    """Does work in the background. Its methods are for one thread, in which the results are handed on."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_HANDS, thread_name_prefix="crew")
        self._processes = [WorkerProcess() for _ in range(_HANDS)]
        self._idle: queue.SimpleQueue[WorkerProcess] = queue.SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._outstanding: deque[tuple[Future[bytes], Callable[[bytes], None]]] = deque()
        self._files_seen = 0

    @property
    def outstanding(self) -> int:
        """How many tasks have a result that was not handed on yet."""
        return len(self._outstanding)

    def submit(self, work: Work, task: bytes, files: int, keep: Callable[[bytes], None]) -> None:
        """Have `work(task)` done, which is about so many files; `keep` gets the result while `settle` is called."""
        self._files_seen += files
        run = self._in_process if self._files_seen > _FILES_WORTH_A_PROCESS else _here
        self._outstanding.append((self._threads.submit(run, work, task), keep))

    def settle(self, most_left: int) -> None:
        """Hand on what is finished, in the order of submission; wait until at most `most_left` tasks are left.

        Raises:
            Exception: whatever the work raised.
        """
        while self._outstanding and (len(self._outstanding) > most_left or self._outstanding[0][0].done()):
            future, keep = self._outstanding.popleft()
            keep(future.result())

    def close(self) -> None:
        """End threads and processes; what was not begun is dropped."""
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()

    def _in_process(self, work: Work, task: bytes) -> bytes:
        process = self._idle.get()
        try:
            return process.run(work, task, timeout=None)
        except WorkerError:
            return work(task)  # its process died twice over this task; the thread does it itself
        finally:
            self._idle.put(process)


def _here(work: Work, task: bytes) -> bytes:
    return work(task)
