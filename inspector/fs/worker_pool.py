"""Several worker processes, each behind a thread of its own, over which tasks are spread in their order."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inspector.fs.worker import PICTURE_MEMORY_BYTES, WorkerProcess

Task = TypeVar("Task")
Result = TypeVar("Result")

_HANDS = 2
_AHEAD = 4
"""How many tasks wait for each process, so that none is idle while a result is taken."""


class WorkerPool:
    """Runs a function on many tasks. A context: leaving it ends the processes."""

    def __init__(self, hands: int = _HANDS) -> None:
        self._hands = hands
        self._local = threading.local()
        self._processes: list[WorkerProcess] = []
        self._executor = ThreadPoolExecutor(hands, thread_name_prefix="pool")

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.close()
        self._executor.shutdown(wait=True)

    def map(
        self, work: Callable[[Callable[[], WorkerProcess], Task], Result], tasks: Iterable[Task]
    ) -> Iterator[Result]:
        """What `work` gives for each task, in their order. It runs in a thread, and asks for the process behind it."""
        waiting: deque[Future[Result]] = deque()
        for task in tasks:
            waiting.append(self._executor.submit(work, self._process, task))
            if len(waiting) >= self._hands * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _process(self) -> WorkerProcess:
        found: WorkerProcess | None = getattr(self._local, "process", None)
        if found is None:
            found = self._local.process = WorkerProcess(memory_limit=PICTURE_MEMORY_BYTES)
            self._processes.append(found)
        return found
