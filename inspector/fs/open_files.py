"""Which other processes have a file open, as far as the system tells it of the processes of one's own user."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROCESSES = "/proc"


def processes_with(paths: Iterable[str]) -> dict[int, str]:
    """The other processes that have one of these files open, by their ids, with their names.

    None where the system does not tell, or the processes are another user's.
    """
    wanted = set()
    for path in paths:
        with suppress(OSError):
            status = os.stat(path)
            wanted.add((status.st_dev, status.st_ino))
    try:
        running = [int(name) for name in os.listdir(_PROCESSES) if name.isdecimal()] if wanted else []
    except OSError:
        return {}
    return {pid: _name(pid) for pid in running if pid != os.getpid() and _has_open(pid, wanted)}


def _has_open(pid: int, wanted: set[tuple[int, int]]) -> bool:
    folder = f"{_PROCESSES}/{pid}/fd"
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                status = os.stat(f"{folder}/{name}")
                if (status.st_dev, status.st_ino) in wanted:
                    return True
    return False


def _name(pid: int) -> str:
    try:
        return Path(f"{_PROCESSES}/{pid}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
