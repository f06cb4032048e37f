"""What is known of a file by looking at it from outside, in words that hashing processes share.

Such a process imports nothing else of the catalog, so that it starts fast.
"""

from enum import IntEnum

StatRow = tuple[bytes, int, int, int, int]
"""Name, size (bytes), mtime (ns), ctime (ns), inode."""


class FileStatus(IntEnum):
    """Whether a file's digest can be believed."""

    HASHED = 0
    UNHASHED = 1
    UNREADABLE = 2
    UNSTABLE = 3
