"""Hash files: a batch of one folder is one task, a pure function of names in and rows out."""

import os
import stat
import time
from collections.abc import Callable
from typing import NamedTuple

import xxhash

from inspector.catalog.files import FileStatus
from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath, open_root

CHUNK_BYTES = 1 << 20
_ATTEMPTS = 2


class HashTask(NamedTuple):
    """Files of one folder to hash. `root` and `folder` are paths, `names` are names in the folder."""

    root: bytes
    folder: bytes
    names: tuple[bytes, ...]
    drop_cache: bool = False
    """Ask the kernel to forget the file's pages first, so that the bytes come from the disk."""


class HashedFile(NamedTuple):
    """What reading one file gave: its stat when it was read and its XXH3-128, or why there is none.

    `status` is a `FileStatus`, or None where the file vanished.
    """

    name: bytes
    status: int | None
    digest: bytes | None
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    hashed_ns: int
    error: str | None


def hash_files(task: HashTask, on_bytes: Callable[[int], None] | None = None) -> list[HashedFile]:
    """Hash the files of `task`. `on_bytes` is called after each chunk of a large file and may raise to stop.

    A file that cannot be read, vanished or changed meanwhile gives a row that says so, never an error.
    """
    try:
        root = open_root(task.root)
    except OSError as error:
        return [_failed(name, error) for name in task.names]
    try:
        folder = open_beneath(root, task.folder, FOLDER_FLAGS)
    except OSError as error:
        return [_failed(name, error) for name in task.names]
    finally:
        os.close(root)
    buffer = bytearray(CHUNK_BYTES)
    try:
        return [_hash_with_retry(folder, name, buffer, task.drop_cache, on_bytes) for name in task.names]
    finally:
        os.close(folder)


def _hash_with_retry(
    folder: int, name: bytes, buffer: bytearray, drop_cache: bool, on_bytes: Callable[[int], None] | None
) -> HashedFile:
    for attempt in range(_ATTEMPTS):
        try:
            return _hash_one(folder, name, buffer, drop_cache, on_bytes)
        except FileNotFoundError as error:
            return _failed(name, error)
        except OSError as error:
            if attempt + 1 == _ATTEMPTS:
                return _failed(name, error)
    raise AssertionError("unreachable")


def _hash_one(
    folder: int, name: bytes, buffer: bytearray, drop_cache: bool, on_bytes: Callable[[int], None] | None
) -> HashedFile:
    descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise FileNotFoundError(2, "is no regular file any more", os.fsdecode(name))
        if drop_cache:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        hashed_ns = time.time_ns()
        digest = _digest(descriptor, before.st_size, buffer, on_bytes)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    unchanged = (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )
    return HashedFile(
        name,
        int(FileStatus.HASHED if unchanged else FileStatus.UNSTABLE),
        digest if unchanged else None,
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
        after.st_ino,
        hashed_ns,
        None if unchanged else "changed while it was read",
    )


def _digest(descriptor: int, size: int, buffer: bytearray, on_bytes: Callable[[int], None] | None) -> bytes:
    view = memoryview(buffer)
    count = os.readv(descriptor, (buffer,))
    if count == size and count < CHUNK_BYTES:
        if on_bytes is not None:
            on_bytes(count)
        return xxhash.xxh3_128_digest(view[:count])
    state = xxhash.xxh3_128()
    while count:
        state.update(view[:count])
        if on_bytes is not None:
            on_bytes(count)
        count = os.readv(descriptor, (buffer,))
    return state.digest()


def _failed(name: bytes, error: OSError) -> HashedFile:
    vanished = isinstance(error, FileNotFoundError | NotADirectoryError)
    status = None if vanished else int(FileStatus.UNREADABLE)
    return HashedFile(name, status, None, -1, 0, 0, 0, 0, error.strerror or str(error))
