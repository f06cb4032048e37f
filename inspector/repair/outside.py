"""Files outside of storages, read once to the end: what they are, and that nobody wrote to them meanwhile."""

import os
from collections.abc import Callable
from typing import BinaryIO

import xxhash

from inspector.fs.tree import BLOCK_BYTES
from inspector.model.errors import InspectorError
from inspector.model.operations import FileState


class BeingWrittenError(InspectorError):
    """A file changed while it was read."""


def steady_state(stream: BinaryIO, each: Callable[[int], None] | None = None) -> FileState:
    """What an open file is, with the digest of all its bytes; the stream is at its beginning afterwards.

    `each` hears the size of every block, and may raise.

    Raises:
        BeingWrittenError: where its size or time changed while it was read.
        OSError: where it cannot be read.
    """
    before = os.fstat(stream.fileno())
    digest = xxhash.xxh3_128()
    stream.seek(0)
    while block := stream.read(BLOCK_BYTES):
        digest.update(block)
        if each is not None:
            each(len(block))
    after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise BeingWrittenError("is being written")
    stream.seek(0)
    return FileState(before.st_size, before.st_mtime_ns, before.st_ino, digest.hexdigest())
