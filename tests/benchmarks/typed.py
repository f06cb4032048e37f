"""A program in a terminal of its own that is typed into: how soon it draws, how much it sends, how large it is."""

import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.measure import MB, REPOSITORY, MeasurementError, without_escapes

_COLUMNS, _ROWS = 120, 30
_PATIENCE = 120.0
_BURST_GAP = 0.012
"""What comes later than this behind the bytes before belongs to another drawing."""
_SETTLED = 0.5


class TypedProgram:
    """The program, from its start on; to be used in a ``with`` block, at whose end it is killed."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.shown = bytearray()
        self._began = time.perf_counter()
        self._terminal, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._pid = os.fork()
        if self._pid == 0:
            os.setsid()
            ioctl(slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(slave, descriptor)
            os.chdir(REPOSITORY)
            os.execvpe(command[0], list(command), dict(env))
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def seconds_until(self, text: str) -> float:
        """How long it took from the start until a text stood there.

        Raises:
            MeasurementError: where it does not appear.
        """
        wanted = text.encode()
        while wanted not in without_escapes(self.shown):
            if time.perf_counter() - self._began > _PATIENCE or not self._read(1.0):
                said = without_escapes(self.shown)[-300:].decode(errors="replace").strip()
                if time.perf_counter() - self._began > _PATIENCE:
                    raise MeasurementError(f"{text!r} was never shown, only: {said}")
        return time.perf_counter() - self._began

    def settle(self, seconds: float = _SETTLED) -> None:
        """Read until nothing comes for so long."""
        while self._read(seconds):
            pass

    def press(self, keys: bytes) -> tuple[float, int]:
        """Type keys; returns the seconds until what they draw at once was sent, and how many bytes came in all.

        Raises:
            MeasurementError: where nothing comes.
        """
        self.settle()
        before = len(self.shown)
        began = time.perf_counter()
        os.write(self._terminal, keys)
        if not self._read(_PATIENCE):
            raise MeasurementError(f"nothing was drawn for {keys!r}")
        last = time.perf_counter()
        while self._read(_BURST_GAP):
            last = time.perf_counter()
        self.settle()
        return last - began, len(self.shown) - before

    def memory(self) -> float:
        """Its resident memory in MB, at this moment."""
        for line in Path(f"/proc/{self._pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / MB
        raise MeasurementError("the program has ended")

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        with suppress(OSError):
            data = os.read(self._terminal, 1 << 16)
            self.shown += data
            return bool(data)
        return False
