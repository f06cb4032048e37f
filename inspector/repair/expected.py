"""What an operation expects of the file that it works on, looked at in the moment before it is done."""

import os
from stat import S_ISREG

from inspector.fs.tree import Tree
from inspector.fs.write import digest_of
from inspector.model.display import human_bytes
from inspector.model.errors import InspectorError
from inspector.model.operations import FileState


class StaleError(InspectorError):
    """The world is not as the plan expects it any more; nothing was changed."""


def expect(tree: Tree, path: str, expected: FileState) -> os.stat_result:
    """The file's stat, if it still is what is expected.

    Where size, mtime or inode differ, the digest decides, if it is known.

    Raises:
        StaleError: where it is another file, or none.
    """
    try:
        with tree.reading(path) as descriptor:
            status = os.fstat(descriptor)
    except OSError as error:
        raise gone(error, path) from error
    admit(tree, path, expected, status)
    return status


def gone(error: OSError, path: str) -> StaleError:
    """What is said of a file that cannot be reached."""
    return StaleError(f"is not there as planned ({error.strerror})", path=path)


def admit(tree: Tree, path: str, expected: FileState, status: os.stat_result) -> None:
    """Return if what has this stat is the expected file.

    Raises:
        StaleError: where it is not.
    """
    if not S_ISREG(status.st_mode):
        raise StaleError("is no file any more", path=path)
    if _same_stat(status, expected):
        return
    if expected.digest is None or (expected.size is not None and status.st_size != expected.size):
        raise StaleError(_difference(status, expected), path=path)
    if digest_of(tree, path)[0] != expected.digest:
        raise StaleError("holds other bytes than when the plan was made", path=path)


def is_very_one(status: os.stat_result, expected: FileState) -> bool:
    """Whether a file has the size, time and inode that are expected."""
    known = (expected.size, expected.mtime_ns, expected.inode)
    return known == (status.st_size, status.st_mtime_ns, status.st_ino)


def _same_stat(status: os.stat_result, expected: FileState) -> bool:
    if is_very_one(status, expected):
        return True
    if expected.digest is not None and (expected.size is None or expected.mtime_ns is None):
        return False  # the digest is what tells it apart
    return (
        expected.size in {None, status.st_size}
        and expected.mtime_ns in {None, status.st_mtime_ns}
        and expected.inode in {None, status.st_ino}
    )


def _difference(status: os.stat_result, expected: FileState) -> str:
    if expected.size is not None and status.st_size != expected.size:
        return f"has {human_bytes(status.st_size)} now, and had {human_bytes(expected.size)} when the plan was made"
    return "was replaced or written since the plan was made"
