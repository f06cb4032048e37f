"""Digest parts of many files, or small files whole: pure functions from bytes to bytes, for `crew`.

One task holds files of several folders, as what crosses from process to process is paid for by the task. It imports
little, so that a process that runs it starts fast.
"""

import marshal
import os
import stat
from collections.abc import Callable

import xxhash

from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath, open_root

PIECE_BYTES = 4096
PIECE_DIGEST_BYTES = 8
WHOLE_DIGEST_BYTES = 16

Piece = tuple[bytes, int, int]
"""Name of the file, where the piece begins (bytes), seed of the digest (64 bits)."""

SmallFile = tuple[bytes, int, int]
"""Name, size (bytes) and inode."""

Item = tuple[bytes, int, int]
"""A `Piece` or a `SmallFile`."""


def task_of(root: bytes, folders: list[tuple[bytes, list[Item]]]) -> bytes:
    """What `digest_pieces` and `digest_small_files` take: items by folder, folders by their path below `root`."""
    return marshal.dumps((root, folders))


def digest_pieces(task: bytes) -> bytes:
    """The XXH3-64 of each `Piece` of `PIECE_BYTES`, in the order of the task; zeros where it cannot be read."""
    return _digest_items(task, _digest_piece, bytes(PIECE_DIGEST_BYTES))


def digest_small_files(task: bytes) -> bytes:
    """The XXH3-128 of each `SmallFile`, in the order of the task.

    Zeros for one that cannot be read, is not the file that the task tells of, or changes meanwhile.
    """
    return _digest_items(task, _digest_small_file, bytes(WHOLE_DIGEST_BYTES))


def _digest_items(task: bytes, digest: Callable[[int, Item], bytes | None], failed: bytes) -> bytes:
    root_path: bytes
    folders: list[tuple[bytes, list[Item]]]
    root_path, folders = marshal.loads(task)
    try:
        root = open_root(root_path)
    except OSError:
        return failed * sum(len(items) for _, items in folders)
    try:
        return b"".join(_digest_in_folder(root, path, items, digest, failed) for path, items in folders)
    finally:
        os.close(root)


def _digest_in_folder(
    root: int, path: bytes, items: list[Item], digest: Callable[[int, Item], bytes | None], failed: bytes
) -> bytes:
    try:
        folder = open_beneath(root, path, FOLDER_FLAGS)
    except OSError:
        return failed * len(items)
    digests: list[bytes] = []
    try:
        for item in items:
            try:
                digests.append(digest(folder, item) or failed)
            except OSError:
                digests.append(failed)
    finally:
        os.close(folder)
    return b"".join(digests)


def _digest_piece(folder: int, piece: Piece) -> bytes:
    name, begin, seed = piece
    descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
    try:
        data = os.pread(descriptor, PIECE_BYTES, begin)
    finally:
        os.close(descriptor)
    return xxhash.xxh3_64_digest(data, seed)


def _digest_small_file(folder: int, file: SmallFile) -> bytes | None:
    name, size, inode = file
    descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or (before.st_size, before.st_ino) != (size, inode):
            return None
        data = os.read(descriptor, size + 1)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if len(data) != size or (before.st_mtime_ns, before.st_ctime_ns) != (after.st_mtime_ns, after.st_ctime_ns):
        return None
    return xxhash.xxh3_128_digest(data)
