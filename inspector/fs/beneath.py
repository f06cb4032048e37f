"""The path guard's second half: open a file below a root, whatever links somebody puts on the way.

Uses openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS where the kernel has it, and a walk from folder to folder
with O_NOFOLLOW where it has not.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from inspector.fs.servers import silent_server
from inspector.fs.system import let_go
from inspector.model.errors import DocumentError

_CHUNK_BYTES = 1 << 20
_SYS_OPENAT2 = 437  # the same on every Linux architecture
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)
_no_openat2 = False


def open_root(root: str | bytes, *, waits: bool = False) -> int:
    """Open a storage's root folder; the caller closes the descriptor. The root itself may be reached by links.

    With `waits` it waits for a server that does not answer, for ever if need be.

    Raises:
        OSError: as `os.open` does; ETIMEDOUT where the root lies on a server that does not answer.
    """
    if not waits and silent_server(root):
        raise OSError(errno.ETIMEDOUT, "its server does not answer", os.fsdecode(root))
    return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_beneath(root_fd: int, path: str | bytes, flags: int) -> int:
    """Open `path`, relative to the folder `root_fd`, without following one link; the caller closes the descriptor.

    The empty path is the root itself.

    Raises:
        OSError: as `os.open` does; ELOOP, EXDEV or ENOTDIR where a link or a ``..`` would have been followed.
    """
    encoded = os.fsencode(path) or b"."
    if b"\0" in encoded:
        raise OSError(errno.EINVAL, "a path cannot hold a NUL character", os.fsdecode(path))
    if b"/" not in encoded and encoded != b"..":
        return os.open(encoded, flags | os.O_NOFOLLOW, dir_fd=root_fd)  # a single name: nothing lies on the way
    if not _no_openat2:
        try:
            return _openat2(root_fd, encoded, flags)
        except OSError as error:
            if error.errno not in {errno.ENOSYS, errno.EPERM, errno.ENAMETOOLONG, errno.EINVAL}:
                raise
    return _open_part_by_part(root_fd, encoded, flags)


def _openat2(root_fd: int, path: bytes, flags: int) -> int:
    how = _OpenHow(flags, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS)
    while True:
        descriptor = _libc.syscall(_SYS_OPENAT2, root_fd, path, ctypes.byref(how), ctypes.sizeof(how))
        if descriptor >= 0:
            return int(descriptor)
        code = ctypes.get_errno()
        if code == errno.ENOSYS:
            global _no_openat2
            _no_openat2 = True
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code), os.fsdecode(path))


def _open_part_by_part(root_fd: int, path: bytes, flags: int) -> int:
    parts = [part for part in path.split(b"/") if part != b"."]
    if b".." in parts or path.startswith(b"/"):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), os.fsdecode(path))
    if not parts:
        return os.open(b".", flags, dir_fd=root_fd)
    current = root_fd
    try:
        for part in parts[:-1]:
            following = os.open(part, FOLDER_FLAGS, dir_fd=current)
            if current != root_fd:
                let_go(current)
            current = following
        return os.open(parts[-1], flags | os.O_NOFOLLOW, dir_fd=current)
    finally:
        if current != root_fd:
            let_go(current)


@contextmanager
def open_file(root: str, path: str) -> Iterator[BinaryIO]:
    """Open one regular file of a storage for reading, by its path relative to `root`.

    Raises:
        OSError: as `open_beneath` does; EINVAL where it is not a regular file (a pipe would block for ever).
    """
    root_fd = open_root(root)
    try:
        descriptor = open_beneath(root_fd, path, FILE_FLAGS)
    finally:
        let_go(root_fd)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        stream = os.fdopen(descriptor, "rb")
    except BaseException:
        let_go(descriptor)
        raise
    with stream:
        yield stream


def read_document(root: str, path: str, limit: int) -> tuple[bytes, os.stat_result]:
    """Read a whole document of at most `limit` bytes and the stat of what was read.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it is larger than `limit`, no regular file, or cannot be read.
    """
    try:
        root_fd = open_root(root)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", path=path) from error
    try:
        return read_beneath(root_fd, path, limit)
    finally:
        let_go(root_fd)


def read_beneath(root_fd: int, path: str, limit: int) -> tuple[bytes, os.stat_result]:
    """As `read_document`, below a folder that is held open.

    Raises:
        As `read_document` does.
    """
    try:
        descriptor = open_beneath(root_fd, path, FILE_FLAGS)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "not a regular file", path)
            if status.st_size > limit:
                raise DocumentError(
                    f"{status.st_size} bytes are more than the {limit} that such a document may have", path=path
                )
            data = _read_up_to(descriptor, limit + 1, status.st_size + 1)
        finally:
            let_go(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", path=path) from error
    if len(data) > limit:
        raise DocumentError(f"grew beyond {limit} bytes while it was read", path=path)
    return data, status


def _read_up_to(descriptor: int, most: int, expected: int) -> bytes:
    """The bytes of a regular file, at most `most`; `expected` are asked for at once, so that one read does mostly."""
    parts: list[bytes] = []
    left, wanted = most, min(expected, most)
    while left and (part := os.read(descriptor, wanted)):
        parts.append(part)
        left -= len(part)
        wanted = min(left, _CHUNK_BYTES)
    return parts[0] if len(parts) == 1 else b"".join(parts)
