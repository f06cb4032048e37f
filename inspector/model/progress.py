"""Progress and cancellation of long work: plain counters that workers add to and front ends look at, never events."""

import threading
import time
from dataclasses import dataclass

from inspector.model.errors import CancelledByUserError
from inspector.model.scanmode import ScanCounts


@dataclass(frozen=True, slots=True)
class ProgressSnapshot:
    """One look at running work. `rate` is bytes per second; `eta` seconds, None while the end is unknown."""

    phase: str
    files: int
    bytes: int
    total_files: int | None
    total_bytes: int | None
    current: str
    elapsed: float
    rate: float
    eta: float | None

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1, by bytes where they are known, or None."""
        for done, total in ((self.bytes, self.total_bytes), (self.files, self.total_files)):
            if total:
                return min(1.0, done / total)
        return None


class Progress:
    """Counters of one job. Workers write them from their threads; `snapshot` may be called from any other."""

    def __init__(self) -> None:
        self.phase = "starting"
        self.files = 0
        self.bytes = 0
        self.total_files: int | None = None
        self.total_bytes: int | None = None
        self.current = ""
        self.met: ScanCounts | None = None
        """What the scan that goes on has met so far."""
        self._started = time.monotonic()
        self._cancelled = threading.Event()
        self._counting = threading.Lock()

    def advance(self, *, files: int = 0, count: int = 0) -> None:
        """Add `files` files and `count` bytes to what is done."""
        with self._counting:
            self.files += files
            self.bytes += count

    def check(self) -> None:
        """Raise `CancelledByUserError` if somebody asked the work to stop."""
        if self._cancelled.is_set():
            raise CancelledByUserError("stopped; what was done is kept, and the next scan goes on from there")

    def cancel(self) -> None:
        """Ask the work to stop at the next safe point, within a large file too."""
        self._cancelled.set()

    def go_on(self) -> None:
        """Take the request to stop back, for what has to follow on stopped work; it may be stopped in turn."""
        self._cancelled.clear()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._cancelled.is_set()

    def begin(self, phase: str, *, total_files: int | None = None, total_bytes: int | None = None) -> None:
        """Enter a new phase with counters at zero."""
        self.phase = phase
        self.files = 0
        self.bytes = 0
        self.total_files = total_files
        self.total_bytes = total_bytes
        self._started = time.monotonic()

    def snapshot(self) -> ProgressSnapshot:
        """The counters as they are now."""
        elapsed = time.monotonic() - self._started
        rate = self.bytes / elapsed if elapsed > 0 else 0.0
        return ProgressSnapshot(
            phase=self.phase,
            files=self.files,
            bytes=self.bytes,
            total_files=self.total_files,
            total_bytes=self.total_bytes,
            current=self.current,
            elapsed=elapsed,
            rate=rate,
            eta=self._eta(elapsed),
        )

    def _eta(self, elapsed: float) -> float | None:
        if elapsed < 0.5:
            return None
        for done, total in ((self.bytes, self.total_bytes), (self.files, self.total_files)):
            if total and done:
                return max(0.0, elapsed * (total - done) / done)
        return None
