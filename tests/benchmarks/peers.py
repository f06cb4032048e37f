"""The other programs, each doing the same work on the same folder."""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.data import read_all
from tests.benchmarks.measure import seconds_of

_HASH_ALL = 'find "$1" -type f -print0 | xargs -0 -P2 xxhsum -H2'
_READ_ALL = 'find "$1" -type f -print0 | xargs -0 cat > /dev/null'
_VERSION_OPTIONS = {
    "find": "--version",
    "xxhsum": "--version",
    "jdupes": "-v",
    "rmlint": "--version",
    "rsync": "--version",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A program to compare with: ours may take `limit` times as long. `run` returns seconds."""

    label: str
    run: Callable[[], float]
    limit: float | None
    programs: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Which of its programs is not installed, or nothing."""
        return next((program for program in self.programs if shutil.which(program) is None), "")


def _peer(label: str, command: Sequence[str], limit: float, *programs: str, folder: Path | None = None) -> Peer:
    return Peer(label, lambda: seconds_of(command, folder=folder), limit, programs or (command[0],))


def find_stat(root: Path, limit: float) -> Peer:
    """Walk and stat with GNU find."""
    return _peer("find -printf", ["find", str(root), "-printf", r"%s %T@ %p\n"], limit)


def cat(root: Path, limit: float) -> Peer:
    """Read every file."""
    return _peer("find | xargs cat", ["sh", "-c", _READ_ALL, "sh", str(root)], limit, "find", "xargs", "cat")


def xxhsum(root: Path, limit: float) -> Peer:
    """Hash every file with XXH3-128, in two processes."""
    command = ["sh", "-c", _HASH_ALL, "sh", str(root)]
    return _peer("find | xargs -P2 xxhsum -H2", command, limit, "find", "xargs", "xxhsum")


def rclone(root: Path, limit: float) -> Peer:
    """Hash every file with the fastest digest that every rclone has.

    It makes the kernel forget what it reads, so the files are read again afterwards for whoever comes next.
    """

    def run() -> float:
        seconds = seconds_of(["rclone", "--config", "/dev/null", "hashsum", "MD5", str(root)])
        read_all(root)
        return seconds

    return Peer("rclone hashsum MD5", run, limit, ("rclone",))


def rsync(root: Path, target: Path, limit: float | None) -> Peer:
    """Copy what is new or changed, by size and time."""
    command = ["rsync", "-a", f"{root}/", f"{target}/"]
    return Peer("rsync -a", lambda: seconds_of(command), limit, ("rsync",))


def jdupes(root: Path, limit: float) -> Peer:
    """Find duplicates by digest alone, without a last comparison byte by byte."""
    return _peer("jdupes -rQ", ["jdupes", "-rQ", str(root)], limit)


def rmlint(root: Path, limit: float, folder: Path) -> Peer:
    """Find duplicates; run in `folder`, where it would leave its scripts."""
    command = ["rmlint", "-T", "df", "-o", "summary:stdout", str(root)]
    return _peer("rmlint -T df", command, limit, folder=folder)


def fdupes(root: Path, limit: float) -> Peer:
    """Find duplicates, compared byte by byte in the end."""
    return _peer("fdupes -rq", ["fdupes", "-rq", str(root)], limit)


def versions() -> dict[str, str]:
    """The version of each program, or that it is not installed."""
    return {
        program: _version(program, option) if shutil.which(program) else "not installed"
        for program, option in {**_VERSION_OPTIONS, "rclone": "version", "fdupes": "--version"}.items()
    }


def _version(program: str, option: str) -> str:
    ended = subprocess.run([program, option], capture_output=True, text=True, errors="replace", timeout=10)
    found = re.search(r"\d+(?:\.\d+)+", ended.stdout + ended.stderr)
    return found[0] if found else "unknown"
