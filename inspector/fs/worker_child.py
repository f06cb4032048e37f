"""The child's side of `inspector.fs.worker`. It imports next to nothing, so that a child starts fast."""

import os
import pickle
import resource
import signal
from contextlib import suppress
from typing import BinaryIO


def serve(tasks: BinaryIO) -> None:
    """The child's life: run the tasks that come, until the parent closes its end or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _limit_resources(pickle.load(tasks))
    with os.fdopen(os.dup(tasks.fileno()), "wb") as replies:
        while True:
            try:
                timeout, task = pickle.load(tasks)
            except (EOFError, OSError):
                return
            if timeout is not None:  # should the parent be killed first, the kernel ends what hangs here
                signal.setitimer(signal.ITIMER_REAL, 2 * timeout + 1)
            reply = _reply(task)
            signal.setitimer(signal.ITIMER_REAL, 0)
            try:
                pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
                replies.flush()
            except OSError:
                return


def _limit_resources(memory_limit: int | None) -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file in anybody's storage
    if memory_limit is not None:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))


def _reply(task: bytes) -> tuple[bool, bytes]:
    try:
        function, argument = pickle.loads(task)
        return True, pickle.dumps(function(argument), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - travels to the caller, who knows what to do
        return False, _portable(error)


def _portable(error: Exception) -> bytes:
    """`error` as bytes, or where it does not survive that, a `WorkerError` with its text."""
    try:
        data = pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
        pickle.loads(data)
    except Exception:  # noqa: BLE001 - a class may fail here in any way
        from inspector.fs.worker import WorkerError

        data = pickle.dumps(WorkerError(f"{type(error).__name__}: {error}"), pickle.HIGHEST_PROTOCOL)
    return data
