"""A pseudo-terminal that plays the terminal: it counts and keeps what it is sent, and answers what it is asked."""

import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from fcntl import ioctl

NAME, KITTY, CELL, DA1 = b"\x1b[>0q", b"\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", b"\x1b[16t", b"\x1b[c"

_QUESTIONS = re.compile(b"|".join(map(re.escape, (NAME, KITTY, CELL, DA1))))

XTERM = {NAME: b"\x1bP>|XTerm(380)\x1b\\", CELL: b"\x1b[6;20;10t", DA1: b"\x1b[?64;1;2;4;6;9;15;16;17;18;21;22;28c"}
"""The answers of a terminal that draws sixels and has cells of 10 by 20 pixels; longer than Textual's longest key."""
KITTY_TERMINAL = {
    NAME: b"\x1bP>|kitty(0.35.2)\x1b\\",
    KITTY: b"\x1b_Gi=1;OK\x1b\\",
    CELL: b"\x1b[6;18;9t",
    DA1: b"\x1b[?62;c",
}
PLAIN = {DA1: b"\x1b[?1;2c"}


class PlayedTerminal:
    """A Python program in a terminal of so many cells. `answers` to its questions come `delay` seconds later,
    with `drip` as single bytes so many seconds apart."""

    def __init__(
        self,
        program: str,
        *arguments: str,
        answers: dict[bytes, bytes] | None = None,
        delay: float = 0.0,
        drip: float = 0.0,
        size: tuple[int, int] = (120, 30),
        environment: dict[str, str] | None = None,
        without: Sequence[str] = ("NO_COLOR", "SSH_CONNECTION", "TMUX", "STY", "TERM_PROGRAM"),
    ) -> None:
        self.answers = answers or {}
        self.delay = delay
        self.drip = drip
        self.received = b""
        self.asked: list[bytes] = []
        self._due: list[tuple[float, bytes]] = []
        self._looked = 0
        self.exit_code: int | None = None
        # The size is there before the program looks at it, so it is set on the terminal and not on a forked child's.
        self.screen, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            ioctl(slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(slave, descriptor)
            for name in without:
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})})
            os.execv(sys.executable, [sys.executable, "-c", program, *arguments])
        os.close(slave)

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`, or until something came; questions are answered when their time is there."""
        end = time.monotonic() + seconds
        while True:
            self._answer()
            wait = min([end, *(due for due, _ in self._due)]) - time.monotonic()
            if select.select([self.screen], [], [], max(0.0, wait))[0]:
                try:
                    data = os.read(self.screen, 1 << 16)
                except OSError:
                    return b""
                self.received += data
                self._note_questions()
                return data
            if time.monotonic() >= end:
                return b""

    def wait_for(self, wanted: bytes, patience: float = 30.0) -> None:
        """Read until this was received."""
        end = time.monotonic() + patience
        while wanted not in self.received:
            assert time.monotonic() < end, self.received[-1500:]
            self.read(0.1)
            assert not self._has_ended() or wanted in self.received, self.received[-1500:]

    def settle(self, quiet: float = 0.7) -> bytes:
        """Read until nothing comes for `quiet` seconds and no answer is due; returns what came."""
        before = len(self.received)
        while self.read(quiet) or self._due:
            pass
        return self.received[before:]

    def type(self, keys: bytes) -> None:
        """Type this."""
        os.write(self.screen, keys)

    def _note_questions(self) -> None:
        for found in _QUESTIONS.finditer(self.received, self._looked):
            self._looked = found.end()
            self.asked.append(found[0])
            answer = self.answers.get(found[0], b"")
            pieces = [answer[place : place + 1] for place in range(len(answer))] if self.drip else [answer]
            for number, piece in enumerate(pieces):
                last = max([self.delay + time.monotonic(), *(due for due, _ in self._due)])
                self._due.append((last + self.drip * bool(number), piece))

    def _answer(self) -> None:
        now = time.monotonic()
        for due, answer in [one for one in self._due if one[0] <= now]:
            os.write(self.screen, answer)
            self._due.remove((due, answer))

    def ended(self, patience: float = 20.0) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + patience
        while not self._has_ended():
            assert time.monotonic() < end, self.received[-1500:]
            self.read(0.05)
        assert self.exit_code is not None
        return self.exit_code

    def ended_already(self) -> bool:
        """Whether the program has ended."""
        return self._has_ended()

    def _has_ended(self) -> bool:
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def close(self) -> None:
        """End the program if it still runs."""
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.screen)
