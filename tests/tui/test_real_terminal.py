"""The screen in a real pseudo-terminal: signals, bursts of keys, and what is left when it ends."""

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import pytest

_LEFT_THE_SCREEN = b"\x1b[?1049l"
_CURSOR_SHOWN = b"\x1b[?25h"
_PATIENCE = 30.0


class Terminal:
    """An inspector in a terminal of 100 by 30."""

    def __init__(self, root: Path, state: Path) -> None:
        self.screen, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        command = [sys.executable, "-m", "inspector", "--state", str(state), str(root)]
        environment = {**os.environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.output = b""

    def wait_for(self, wanted: bytes) -> None:
        """Read until the terminal was sent this."""
        deadline = time.monotonic() + _PATIENCE
        while wanted not in self.output:
            assert time.monotonic() < deadline, self.output[-2000:]
            self._read(0.2)

    def settle(self) -> None:
        """Read until nothing comes any more."""
        while self._read(0.7):
            pass

    def _read(self, seconds: float) -> bool:
        if not select.select([self.screen], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.screen, 65536)
        except OSError:
            return False
        self.output += data
        return bool(data)

    def type(self, text: bytes) -> None:
        """Type this in one burst."""
        os.write(self.screen, text)

    def ended(self) -> int:
        """The exit code, once everything was read."""
        self.settle()
        return self.process.wait(_PATIENCE)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A screen on a folder of a few files, when its first scan is done."""
    root = tmp_path / "Pictures"
    root.mkdir()
    for name in ("queen.jpg", "a.jpg", "b.jpg"):
        (root / name).write_bytes(b"one")
    terminal = Terminal(root, tmp_path / "state")
    terminal.wait_for(b"Scan done")
    terminal.settle()
    yield terminal
    if terminal.process.poll() is None:
        terminal.process.kill()
        terminal.process.wait()
    os.close(terminal.screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_screen_and_gives_the_terminal_back(terminal: Terminal, number: signal.Signals) -> None:
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number
    assert _LEFT_THE_SCREEN in terminal.output
    assert _CURSOR_SHOWN in terminal.output[terminal.output.rindex(_LEFT_THE_SCREEN) - 200 :]


def test_what_is_typed_right_behind_the_slash_is_the_filter_and_no_command(terminal: Terminal) -> None:
    terminal.type(b"/queen")
    terminal.settle()
    assert terminal.process.poll() is None, "q did not leave"
    assert b"queen" in terminal.output
    terminal.type(b"\r")
    terminal.settle()
    terminal.type(b"q")
    assert terminal.ended() == 0


def test_an_error_that_nobody_expected_is_one_line_and_the_exit_code_says_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    for path in (tmp_path / "state").glob("catalog.sqlite3*"):
        path.write_bytes(b"\xff" * 100_000)
    terminal.type(b"s")
    terminal.settle()
    if terminal.process.poll() is None:
        terminal.type(b"Gg")
        terminal.settle()
    if terminal.process.poll() is None:
        terminal.type(b"q")
    terminal.ended()
    after = terminal.output[terminal.output.rindex(_LEFT_THE_SCREEN) :]
    assert b"Traceback" not in after
    assert b"locals" not in after


def test_a_reason_that_is_typed_in_one_burst_keeps_its_letters_in_order(terminal: Terminal) -> None:
    terminal.type(b"imine, not / his quip")
    terminal.settle()
    assert terminal.process.poll() is None, "q did not leave"
    assert b"mine, not / his quip" in _without_styles(terminal.output)


def _without_styles(output: bytes) -> bytes:
    return re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", output)
