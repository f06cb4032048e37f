"""A child process that runs functions which may crash, hang or eat all memory without taking the program along.

Not `multiprocessing`: its resource tracker cannot start while Textual holds stderr, and until a spawned child is set
up, Ctrl-C kills it with a traceback on the screen. This child never has the terminal, not for a moment.
"""

import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, TypeVar, cast

from inspector.model.errors import InspectorError

Argument = TypeVar("Argument")
Result = TypeVar("Result")

PICTURE_MEMORY_BYTES = 2 << 30
"""The address space for a child that decodes pictures."""

_ATTEMPTS = 2
_END_SECONDS = 1.0
_CHILD = """
import pickle, sys
tasks = open(int(sys.argv[1]), "rb")
sys.path[:] = pickle.load(tasks)
from inspector.fs.worker_child import serve
serve(tasks)
"""


class WorkerError(InspectorError):
    """A function did not come to its end in the child process."""


class WorkerTimeoutError(WorkerError):
    """The function took longer than it was given; its child was killed."""


class WorkerDiedError(WorkerError):
    """The child died over the function, and a fresh one did too, or the worker was closed meanwhile."""


class WorkerProcess:
    """One child process. It starts with the first `run`, and ends with `close` or with this process.

    For one thread, which waits without the interpreter lock; `close` may be called from any other.
    """

    def __init__(self, *, memory_limit: int | None = None) -> None:
        """`memory_limit` is the child's address space in bytes; functions meet it as `MemoryError`."""
        self._memory_limit = memory_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._replies: BinaryIO | None = None
        self._running = threading.Lock()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        return self._process.pid if self._process is not None else None

    def run(self, function: Callable[[Argument], Result], argument: Argument, *, timeout: float | None) -> Result:
        """`function(argument)`, called in the child; `timeout` is in seconds, and includes a start of the child.

        The function must be importable by its module and name, not from ``__main__``; it may be called twice, as a
        child that dies is replaced once. Argument and result are pickled.

        Raises:
            WorkerTimeoutError: when the time was up.
            WorkerDiedError: when the child died twice, or `close` was called.
            Exception: whatever the function raised.
        """
        task = pickle.dumps((function, argument), pickle.HIGHEST_PROTOCOL)
        with self._running:
            for _ in range(_ATTEMPTS):
                try:
                    succeeded, value = self._ask(task, timeout)
                except TimeoutError:
                    self._kill()
                    raise WorkerTimeoutError(f"took longer than {timeout:g} s and was stopped") from None
                except (EOFError, OSError, pickle.UnpicklingError):
                    self._kill()
                    if self._closed:
                        break
                except BaseException:
                    self._kill()  # its reply, on the way still, would be taken for the next task's
                    raise
                else:
                    if succeeded:
                        return cast(Result, value)
                    raise value
        raise WorkerDiedError("was closed" if self._closed else "its process died, and a second one too")

    def close(self) -> None:
        """End the child; a `run` in another thread ends with `WorkerDiedError`."""
        self._closed = True
        if not self._running.acquire(blocking=False):
            process = self._process
            if process is not None:
                process.kill()
            self._running.acquire()
        try:
            if self._replies is not None and self._socket is not None and self._process is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_END_SECONDS)
            self._kill()
        finally:
            self._running.release()

    def _ask(self, task: bytes, timeout: float | None) -> tuple[bool, Any]:
        if self._closed:
            raise EOFError
        if self._process is None or self._process.poll() is not None:
            self._start()
        if self._closed:  # by another thread that saw no child to kill
            raise EOFError
        assert self._socket is not None and self._replies is not None
        self._socket.settimeout(timeout)
        self._socket.sendall(pickle.dumps((timeout, task), pickle.HIGHEST_PROTOCOL))
        succeeded, value = pickle.load(self._replies)
        return succeeded, pickle.loads(value)

    def _start(self) -> None:
        self._kill()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-c", _CHILD, str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # no terminal, so no Ctrl-C either
            )
        self._socket = ours
        self._replies = cast(BinaryIO, ours.makefile("rb"))
        ours.sendall(pickle.dumps(sys.path) + pickle.dumps(self._memory_limit))

    def _kill(self) -> None:
        for held in (self._replies, self._socket):
            if held is not None:
                held.close()
        if self._process is not None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):  # one that waits for a dead disk ends when it wakes
                self._process.wait(_END_SECONDS)
        self._process = self._socket = self._replies = None
