"""Which process a job belongs to, and whether that one still runs.

A process holds a lock on a file of its own for as long as it lives. The kernel frees it with the process, however that
ends, so that no clock and no reused process number can deceive.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

_FOLDER = "processes"


class Owner:
    """This process, under the name `token`."""

    def __init__(self, state: Path) -> None:
        """Nothing is written before `announce`."""
        self._folder = state / _FOLDER
        self.token = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._lock: FileLock | None = None

    def announce(self) -> None:
        """Hold the lock from now on."""
        if self._lock is None:
            from filelock import FileLock  # 10 ms, and not every run has a job

            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._folder / self.token)
            lock.acquire(timeout=0)
            self._lock = lock

    def lives(self, token: str) -> bool:
        """Whether the process of that name still runs; what a dead one left is tidied away."""
        if token == self.token:
            return True
        path = self._folder / token
        if os.sep in token or not path.is_file():
            return False
        from filelock import FileLock, Timeout

        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return True
        lock.release()
        with suppress(OSError):
            path.unlink()
        return False

    def leave(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            with suppress(OSError):
                (self._folder / self.token).unlink()
