"""What a key costs over SSH: bytes counted on a real pseudo-terminal."""

import os
import pty
import select
import signal
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

PROGRAM = """
import asyncio, sys
from pathlib import Path
from inspector.engine import Engine
from inspector.tui import run_app

state, *roots = sys.argv[1:]
with Engine(Path(state), home=Path(state)) as engine:
    async def opened():
        ids = [(await engine.open(root)).id for root in roots]
        await engine.scan(ids)
        return ids
    run_app(engine, asyncio.run(opened()), scan=False)
"""


class Terminal:
    """A program in a pseudo-terminal of 120 by 30 cells, and how many bytes it sends."""

    def __init__(self, *arguments: str) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:  # the child, which becomes the program
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-c", PROGRAM, *arguments])
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))

    def read(self, quiet: float = 0.5, limit: float = 15.0) -> bytes:
        """What comes until nothing has come for `quiet` seconds."""
        data, end = b"", time.monotonic() + limit
        patience = time.monotonic() + 3 * quiet if limit < 15 else end
        while time.monotonic() < min(end, patience):
            if select.select([self._fd], [], [], 0.05)[0]:
                try:
                    data += os.read(self._fd, 1 << 16)
                except OSError:
                    break
                patience = time.monotonic() + quiet
        return data

    def cost(self, keys: str) -> int:
        """How many bytes come back for `keys`."""
        os.write(self._fd, keys.encode())
        return len(self.read(limit=3.0))

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


@pytest.fixture
def terminal(tmp_path: Path, folders: list[Path]) -> Iterator[Terminal]:
    for number in range(60):
        (folders[0] / "lost" / f"more {number:03d}.jpg").touch()
    opened = Terminal(str(tmp_path / "state"), *map(str, folders))
    yield opened
    opened.close()


def test_keys_stay_within_their_budgets(terminal: Terminal) -> None:
    first = terminal.read(quiet=1.0)
    assert b"Empty file" in first
    assert len(first) < 60_000
    assert terminal.cost("j") < 2_000, "a cursor key with its details"
    assert terminal.cost("\t") < 3_500, "another pane"
    terminal.cost("\x1b[Z")
    assert terminal.cost("/") < 1_000, "the filter's prompt"
    terminal.cost("\x1b")
    assert terminal.cost("f") < 6_000, "the list of kinds"
    terminal.cost("f")
    terminal.cost("p")
    assert terminal.cost("j") < 1_200, "a cursor key without details"


def test_deciding_and_asking_stay_within_their_budgets(terminal: Terminal) -> None:
    terminal.read(quiet=1.0)
    terminal.cost("p")
    assert terminal.cost("3") < 2_500, "a decision"
    terminal.cost("P")
    assert terminal.cost("w") < 1_500, "the question"
    time.sleep(0.4)
    assert terminal.cost("\r") < 600, "a key that does not answer it"
    assert terminal.cost("\x1b") < 1_500, "the question is left"
