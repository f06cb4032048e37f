"""Measure: runs in turns, peak memory of a process tree, time until a terminal program shows a text."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
MB = 1_000_000

_TERMINAL_ROWS_COLUMNS = (40, 120)
_PAINT_SECONDS = 30.0
_LEAVE_SECONDS = 20.0
_SAMPLE_SECONDS = 0.02
_CTRL_Q = b"\x11"
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-Z\\-_=>])")


class MeasurementError(Exception):
    """A program did not do what is measured."""


def without_escapes(data: bytes | bytearray) -> bytes:
    """What a terminal was sent without what acts on it; a text whose style changes is in one piece then."""
    return _ESCAPES.sub(b"", data)


def in_turns(
    runs: Sequence[Callable[[], float]],
    rounds: int,
    *,
    take: Callable[[Sequence[float]], float] = min,
    prepare: Callable[[], None] | None = None,
) -> list[float]:
    """Run them one after the other, `rounds` times, each round after `prepare`; `take` makes one value of each one's.

    In turns, so that what else the machine does meets all of them; by default the best counts, since other work only
    ever adds.
    """
    measured: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        if prepare is not None:
            prepare()
        for times, run in zip(measured, runs, strict=True):
            times.append(run())
    return [take(times) for times in measured]


def seconds_of(command: Sequence[str], *, folder: Path | None = None, env: Mapping[str, str] | None = None) -> float:
    """How long a command takes from its start to its end; what it prints goes nowhere.

    Raises:
        MeasurementError: where it fails.
    """
    began = time.perf_counter()
    ended = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    seconds = time.perf_counter() - began
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip()
        raise MeasurementError(f"{command[0]} ended with {ended.returncode}: {said[-300:]}")
    return seconds


def child_command(action: str, *arguments: str | Path) -> list[str]:
    """The command that measures `action`, see `child`."""
    return [sys.executable, "-m", "tests.benchmarks.child", action, *map(str, arguments)]


def in_child(action: str, *arguments: str | Path) -> float:
    """What `child` measured: seconds.

    Raises:
        MeasurementError: where it did not come to its end.
    """
    ended = subprocess.run(child_command(action, *arguments), cwd=REPOSITORY, capture_output=True, text=True)
    if ended.returncode:
        raise MeasurementError(f"{action}: {ended.stderr.strip()[-500:]}")
    return float(ended.stdout)


def peak_memory_of(action: str, *arguments: str | Path) -> float:
    """The peak resident memory of `child` and every process it starts, in MB: the sum of each one's own peak.

    Not `ru_maxrss`, which counts the memory of whoever started a process as the process's own; so does `VmHWM` until a
    new process runs its own program, which is waited for.

    Raises:
        MeasurementError: where it did not come to its end.
    """
    process = subprocess.Popen(
        child_command(action, *arguments), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    tree = psutil.Process(process.pid)
    peaks: dict[int, int] = {}
    while process.poll() is None:
        with suppress(psutil.Error):
            begun = [
                one for one in tree.children(recursive=True) if one.pid in peaks or one.cmdline() != tree.cmdline()
            ]
            for one in (tree, *begun):
                peaks[one.pid] = max(peaks.get(one.pid, 0), _peak_of(one.pid))
        time.sleep(_SAMPLE_SECONDS)
    _, said = process.communicate()
    if process.returncode:
        raise MeasurementError(f"{action}: {said.decode(errors='replace').strip()[-500:]}")
    return sum(peaks.values()) / MB


def _peak_of(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def seconds_to_text(command: Sequence[str], text: bytes, env: Mapping[str, str]) -> float:
    """How long it takes from the start of a program in a terminal of its own until `text` stands there.

    The program is asked to leave by Ctrl+Q afterwards.

    Raises:
        MeasurementError: where the text does not appear.
    """
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        termios.tcsetwinsize(0, _TERMINAL_ROWS_COLUMNS)
        os.chdir(REPOSITORY)
        os.execvpe(command[0], list(command), dict(env))
    shown = bytearray()
    try:
        while text not in _ESCAPES.sub(b"", shown):
            left = began + _PAINT_SECONDS - time.perf_counter()
            data = _read_soon(terminal, left)
            if not data:
                said = _ESCAPES.sub(b"", shown)[-300:].decode(errors="replace").strip()
                raise MeasurementError(f"{command[-1]} never showed {text.decode()!r}, only: {said}")
            shown += data
        seconds = time.perf_counter() - began
    finally:
        _leave(pid, terminal)
    return seconds


def _read_soon(terminal: int, seconds: float) -> bytes:
    """What the terminal shows next; nothing when the program ended or the time is up."""
    ready, _, _ = select.select([terminal], [], [], max(0.0, seconds))
    if ready:
        with suppress(OSError):  # what Linux says of a terminal that nobody writes to any more
            return os.read(terminal, 65536)
    return b""


def _leave(pid: int, terminal: int) -> None:
    with suppress(OSError):
        os.write(terminal, _CTRL_Q)
    until = time.perf_counter() + _LEAVE_SECONDS
    while _read_soon(terminal, until - time.perf_counter()):
        pass
    if os.waitpid(pid, os.WNOHANG) == (0, 0) and time.perf_counter() >= until:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
