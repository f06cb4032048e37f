"""Tell a file that was read while it was still being written from one that was finished, and edited later."""

import os

import xxhash

from inspector.catalog.files import KnownFile
from inspector.fs.beneath import FILE_FLAGS, open_beneath
from inspector.fs.profile import FileSystemProfile
from inspector.scan.hashing import HashedFile

FRESH_NS = 60_000_000_000
"""Who read a file this soon after it was written cannot know that it was finished."""
MOST_BYTES = 64 << 20
"""A larger file that is being written changes while it is read, which is told apart already."""
_CHUNK_BYTES = 1 << 20


def was_unfinished(root_fd: int, folder: bytes, old: KnownFile, result: HashedFile, profile: FileSystemProfile) -> bool:
    """Whether a file only went on to be written since it was read: it is longer, and begins with what was read then.

    Only a file that was fresh when it was read is looked at: one that has more bytes long afterwards was edited.
    """
    same_file = old.inode == result.inode or not profile.trust_identity
    fresh = old.hashed_ns - old.mtime_ns < FRESH_NS
    if not (same_file and fresh and old.gone_ns is None and old.size < result.size and old.size <= MOST_BYTES):
        return False
    return _digest_of_start(root_fd, b"/".join(filter(None, (folder, result.name))), old.size) == old.digest


def _digest_of_start(root_fd: int, path: bytes, size: int) -> bytes | None:
    """The digest of the first bytes of a file, None where they cannot be read."""
    state = xxhash.xxh3_128()
    try:
        descriptor = open_beneath(root_fd, path, FILE_FLAGS)
        try:
            while size and (data := os.read(descriptor, min(size, _CHUNK_BYTES))):
                state.update(data)
                size -= len(data)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    return state.digest() if not size else None
