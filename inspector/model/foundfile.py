"""Where a file of a storage is, for handing it to another program."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file or folder that is there: its absolute path, and what tells whether another program changed it."""

    path: str
    is_folder: bool
    size: int
    mtime_ns: int
    inode: int
