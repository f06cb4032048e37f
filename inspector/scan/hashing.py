"""Hash files: a batch of one folder is one task, a pure function of names in and rows out."""

import marshal
import os
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import NamedTuple

import xxhash

from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath, open_root
from inspector.model.filestat import FileStatus, StatRow
from inspector.scan.stated import KeyOf, key_maker

CHUNK_BYTES = 1 << 20
SMALL_FILE_BYTES = 512 * 1024
"""Files up to this size are read at once, many of them in one task."""
SETTLED_NS = 2_000_000_000
"""A file that did not change for so long is not being written, as far as the system's own clock can tell."""
_ATTEMPTS = 2
_HASHED = int(FileStatus.HASHED)
_STAT = itemgetter(0, 3, 4, 5, 6)

OnBytes = Callable[[int], None]


class HashTask(NamedTuple):
    """Files of one folder to hash, with the stat that the walk saw. `root` and `folder` are paths."""

    root: bytes
    folder: bytes
    files: Sequence[StatRow]
    drop_cache: bool = False
    """Ask the kernel to forget the file's pages first, so that the bytes come from the disk."""
    names: Sequence[bytes] = ()
    """In place of `files`: files that nobody looked at yet, see `hash_files`."""
    layout: str = ""
    """The layout by which small files are named after their content, so that their keys are wanted too."""

    @property
    def file_count(self) -> int:
        """How many files it is about."""
        return len(self.files) + len(self.names)


class HashedFile(NamedTuple):
    """What reading one file gave: its stat when it was read and its XXH3-128, or why there is none.

    `status` is a `FileStatus`, or None where the file vanished. `key` is its layout's, where it was wanted.
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
    key: str | None = None


HashedRow = tuple[bytes, int | None, bytes | None, int, int, int, int, int, str | None, str | None]
"""A `HashedFile`, or a plain tuple of the same."""


def hash_files(task: HashTask, on_bytes: OnBytes | None = None) -> list[HashedRow]:
    """Hash the files of `task`. `on_bytes` is called after each chunk of a large file and may raise to stop.

    A file that cannot be read, vanished or changed meanwhile gives a row that says so, never an error. Of `names`,
    there are rows only for those before the first one that is not small and settled, and was read at once.
    """
    try:
        root = open_root(task.root, waits=True)
    except OSError as error:
        return [_failed(row[0], error) for row in task.files]
    try:
        folder = open_beneath(root, task.folder, FOLDER_FLAGS)
    except OSError as error:
        return [_failed(row[0], error) for row in task.files]
    finally:
        os.close(root)
    buffer = bytearray(CHUNK_BYTES)
    try:
        if not task.names and (task.drop_cache or on_bytes is not None):
            return [_hash_with_care(folder, row[0], buffer, task.drop_cache, on_bytes) for row in task.files]
        key_of = key_maker(task.layout, task.folder) if task.layout else None
        if task.names:
            return _hash_unseen(folder, task.names, buffer, key_of)
        return _hash_small_files(folder, task.files, buffer, key_of)
    finally:
        os.close(folder)


def hash_from_disk(folder: int, name: bytes, buffer: bytearray, on_bytes: OnBytes | None) -> HashedFile:
    """Hash one file of an open folder after the kernel was asked to forget its pages; otherwise as `hash_files`."""
    return _hash_with_care(folder, name, buffer, True, on_bytes)


def hash_to_bytes(tasks: bytes) -> bytes:
    """`hash_files` of several tasks, marshalled: they cross from process to process at a fraction of the cost."""
    return marshal.dumps([[tuple(row) for row in hash_files(HashTask(*task))] for task in marshal.loads(tasks)])


def tasks_to_bytes(tasks: Iterable[HashTask]) -> bytes:
    """What `hash_to_bytes` takes."""
    return marshal.dumps(
        [(task.root, task.folder, list(task.files), task.drop_cache, list(task.names), task.layout) for task in tasks]
    )


def rows_from_bytes(data: bytes) -> list[list[HashedRow]]:
    """What `hash_to_bytes` returns, as rows again, a list for each task."""
    rows: list[list[HashedRow]] = marshal.loads(data)
    return rows


def _hash_small_files(
    folder: int, files: Sequence[StatRow], buffer: bytearray, key_of: KeyOf | None
) -> list[HashedRow]:
    """One read for each file; whatever is not as the walk saw it is done again with care."""
    rows: list[HashedRow] = []
    view = memoryview(buffer)
    buffers = (buffer,)
    hashed_ns = time.time_ns()
    for name, size, mtime_ns, ctime_ns, inode in files:
        try:
            descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
            try:
                count = os.readv(descriptor, buffers)
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
            as_walked = status.st_size == size == count and status.st_ctime_ns == ctime_ns
        except OSError:
            as_walked = False
        if as_walked and status.st_mtime_ns == mtime_ns and size < CHUNK_BYTES:
            digest = xxhash.xxh3_128_digest(view[:size])
            key = key_of(name, view[:size]) if key_of is not None else None
            rows.append((name, _HASHED, digest, size, mtime_ns, ctime_ns, inode, hashed_ns, None, key))
        else:
            rows.append(_hash_with_care(folder, name, buffer, False, None))
    return rows


def is_small_and_settled(row: StatRow, now_ns: int) -> bool:
    """Whether a file can be read at once and without a look before; only its file system's ctime can tell."""
    return row[1] <= SMALL_FILE_BYTES and row[3] < now_ns - SETTLED_NS


def stats_of(rows: Iterable[HashedRow]) -> list[StatRow]:
    """The stat that files had when they were read."""
    return list(map(_STAT, rows))


def _hash_unseen(folder: int, names: Sequence[bytes], buffer: bytearray, key_of: KeyOf | None) -> list[HashedRow]:
    """One read for each file, up to the first that has to be looked at: one that changes meanwhile has a new ctime."""
    rows: list[HashedRow] = []
    view = memoryview(buffer)
    buffers = (view[:SMALL_FILE_BYTES],)
    hashed_ns = time.time_ns()
    settled_ns = hashed_ns - SETTLED_NS
    with suppress(OSError):
        for name in names:
            descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
            try:
                count = os.readv(descriptor, buffers)
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
            ctime_ns = status.st_ctime_ns
            if status.st_size != count or ctime_ns >= settled_ns or not stat.S_ISREG(status.st_mode):
                break
            digest = xxhash.xxh3_128_digest(view[:count])
            key = key_of(name, view[:count]) if key_of is not None else None
            stat_of_it = (count, status.st_mtime_ns, ctime_ns, status.st_ino)
            rows.append((name, _HASHED, digest, *stat_of_it, hashed_ns, None, key))
    return rows


def _hash_with_care(
    folder: int, name: bytes, buffer: bytearray, drop_cache: bool, on_bytes: OnBytes | None
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


def _hash_one(folder: int, name: bytes, buffer: bytearray, drop_cache: bool, on_bytes: OnBytes | None) -> HashedFile:
    descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise FileNotFoundError(2, "is no regular file any more", os.fsdecode(name))
        if drop_cache:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        hashed_ns = time.time_ns()
        digest = _digest(descriptor, buffer, on_bytes)
        after = os.fstat(descriptor)
        if drop_cache:  # nobody asked for these pages: the memory is for what is used
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
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


def _digest(descriptor: int, buffer: bytearray, on_bytes: OnBytes | None) -> bytes:
    view = memoryview(buffer)
    state = xxhash.xxh3_128()
    while count := os.readv(descriptor, (buffer,)):
        state.update(view[:count])
        if on_bytes is not None:
            on_bytes(count)
    return state.digest()


def _failed(name: bytes, error: OSError) -> HashedFile:
    vanished = isinstance(error, FileNotFoundError | NotADirectoryError)
    status = None if vanished else int(FileStatus.UNREADABLE)
    return HashedFile(name, status, None, 0, 0, 0, 0, 0, error.strerror or str(error))
