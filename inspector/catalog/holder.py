"""Which process is writing to a catalog, as the kernel's table of locks has it. Linux only; elsewhere nobody knows."""

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")
_WRITE_BYTE = 120
"""Who writes locks this byte of the index of SQLite's log (https://sqlite.org/walformat.html, 2.3)."""
_RESERVED_BYTE = 0x40000001
"""Without a log, who writes locks this byte of the database (https://sqlite.org/src/file/src/os.h)."""


def writer_of(catalog: Path) -> int | None:
    """The number of the process that is writing to the SQLite file `catalog`; None where there is none, or is unknown.

    The files are not opened: closing one would give up the locks that this process has on it.
    """
    held = {}
    for path, byte in ((catalog.with_name(f"{catalog.name}-shm"), _WRITE_BYTE), (catalog, _RESERVED_BYTE)):
        try:
            held[path.stat().st_ino] = byte
        except OSError:
            continue
    try:
        lines = _LOCKS.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    return next((holder for line in lines if (holder := _holder(line.split(), held)) is not None), None)


def _holder(lock: list[str], held: dict[int, int]) -> int | None:
    """Who has this lock, if it is one of those; the fields are those of proc_locks(5)."""
    if len(lock) != 8 or lock[3] != "WRITE" or not (lock[6].isdigit() and lock[4].isdigit()):
        return None
    inode, holder = lock[5].rpartition(":")[2], int(lock[4])
    byte = held.get(int(inode)) if inode.isdigit() else None
    end = byte if lock[7] == "EOF" else int(lock[7])
    if byte is None or end is None or not int(lock[6]) <= byte <= end or holder in {0, os.getpid()}:
        return None
    return holder
