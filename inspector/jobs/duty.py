"""Which of the processes that watch a storage scans it: one of them, and another once that one ends or stands still.

The scans of a watch are no jobs of the queue. There may be thousands of them a day, each of some milliseconds, and
nobody asks for one, waits for one or repeats one: what an interrupted one was about, the next watch looks at as a
whole. So a lease of each storage is enough. The kernel frees it with its process, and a beat tells a process that was
suspended, or hangs, from one at work.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

SECONDS_WITHOUT_BEAT = 20.0
"""Whoever has the lease and was silent for so long is not waited for; two scans at once the storage's lock prevents."""


def is_watched(state: Path, storage_id: str) -> bool:
    """Whether some process watches a storage and scans it, as far as the beat tells."""
    try:
        beat = _beat_file(state, storage_id).stat().st_mtime
    except OSError:
        return False
    return abs(time.time() - beat) < SECONDS_WITHOUT_BEAT


def _beat_file(state: Path, storage_id: str) -> Path:
    return state / "locks" / f"{storage_id}.watched"


class Duty:
    """The lease of one storage. Ask `take` every few seconds, which is the beat too."""

    def __init__(self, state: Path, storage_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` goes on in seconds, whatever is done to the time of day."""
        self._folder = state / "locks"
        self._beat = _beat_file(state, storage_id)
        self._lock_path = self._folder / f"{storage_id}.watch.lock"
        self._clock = clock
        self._lock: FileLock | None = None
        self._last_beat: tuple[int | None, float] | None = None

    def take(self) -> bool:
        """Whether this process is to scan, from now until it is asked again."""
        if self._lock is None:
            self._try()
        if self._lock is not None:
            with suppress(OSError):
                self._beat.touch()
            return True
        beat = self._beat_of_other()
        if self._last_beat is None or self._last_beat[0] != beat:
            self._last_beat = (beat, self._clock())
        return self._clock() - self._last_beat[1] >= SECONDS_WITHOUT_BEAT

    def leave(self) -> None:
        """Give the lease back."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _try(self) -> None:
        from filelock import FileLock, Timeout

        lock = FileLock(self._lock_path, thread_local=False)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return
        self._lock = lock

    def _beat_of_other(self) -> int | None:
        try:
            return os.stat(self._beat).st_mtime_ns
        except OSError:
            return None
