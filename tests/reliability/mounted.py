"""File systems of a proof's own: the proof is started once more where it may mount."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UNSHARE = ("unshare", "--mount"), ("unshare", "--mount", "--map-root-user")


def command_inside(name: str, *arguments: str) -> list[str] | str:
    """The command that runs a proof where it may mount, or why there is none."""
    for unshare in _UNSHARE:
        try:
            tried = subprocess.run([*unshare, "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True, text=True)
        except FileNotFoundError:
            return "there is no 'unshare'"
        if tried.returncode == 0:
            return [*unshare, sys.executable, "-m", "tests.reliability", name, "--inside", *arguments]
    return f"nothing can be mounted here: {tried.stderr.strip()}"


def run_inside(name: str, *arguments: str) -> int:
    """Run a proof where it may mount; 0 with the reason printed where there is no such place."""
    command = command_inside(name, *arguments)
    if isinstance(command, str):
        print(f"skipped: {command}")
        return 0
    return subprocess.run(command).returncode


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[Path]:
    """A file system of `kib` KiB at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nothing can be written to, by a mount of its own."""
    _run("mount", "--bind", str(folder), str(folder))
    try:
        _run("mount", "-o", "remount,bind,ro", str(folder))
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
