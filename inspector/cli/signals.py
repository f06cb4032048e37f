"""What Ctrl-C, a closed terminal and SIGTERM do: the first asks the work to stop and waits, the second ends it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from inspector.cli import output
from inspector.model.progress import Progress

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedBySignal(KeyboardInterrupt):
    """A signal arrived while nothing ran that could be asked to stop. `code` is the exit code for it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


class Interruptions:
    """Holds the signals' handlers while a command runs. `code` is the exit code of the signal that came, if any."""

    def __init__(self) -> None:
        self.code: int | None = None
        self._progress: Progress | None = None
        self._former: dict[int, Any] = {}

    def __enter__(self) -> "Interruptions":
        self._install()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._restore()

    @contextmanager
    def cancelling(self, progress: Progress) -> Iterator[None]:
        """While the block runs, the first signal cancels `progress` in place of interrupting the block."""
        self._progress = progress
        try:
            yield
        finally:
            self._progress = None

    @contextmanager
    def released(self) -> Iterator[None]:
        """While the block runs, the signals are as they were before; a screen has keys and handlers of its own."""
        self._restore()
        try:
            yield
        finally:
            self._install()

    def _install(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup, or in the background of a script
                self._former[number] = signal.signal(number, self._arrived)

    def _restore(self) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former.clear()

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        code = 128 + number
        if self.code is not None:
            output.stop_now(code)
        self.code = code
        if self._progress is None:
            raise StoppedBySignal(number)
        self._progress.cancel()
