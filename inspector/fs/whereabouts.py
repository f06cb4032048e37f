"""Whether a path of a storage leads to a file or folder in it, before another program is told of it."""

import errno
import os
import stat

from inspector.fs.beneath import open_beneath, open_root
from inspector.fs.system import let_go
from inspector.model.errors import DocumentError
from inspector.model.foundfile import FoundFile

_FLAGS = getattr(os, "O_PATH", os.O_NONBLOCK) | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = "a link is on the way there, and links are never followed"
_LINKS = frozenset({errno.ELOOP, errno.EXDEV})


def find_file(root: str, path: str) -> FoundFile:
    """The file or folder at `path` below `root`; the empty path is the root itself. Nothing is opened for reading.

    Raises:
        DocumentError: where it is not there, is neither a file nor a folder, or a link or ``..`` is on the way.
    """
    try:
        descriptor = _opened(root, path)
    except FileNotFoundError as error:
        raise DocumentError("is not there", path=path or root) from error
    except OSError as error:
        words = _NO_LINKS if error.errno in _LINKS else error.strerror
        raise DocumentError(str(words), path=path or root) from error
    try:
        status = os.fstat(descriptor)
    finally:
        let_go(descriptor)
    if stat.S_ISLNK(status.st_mode):
        raise DocumentError(_NO_LINKS, path=path or root)
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise DocumentError("is neither a file nor a folder", path=path or root)
    place = os.path.join(root, path) if path else root
    return FoundFile(place, stat.S_ISDIR(status.st_mode), status.st_size, status.st_mtime_ns, status.st_ino)


def _opened(root: str, path: str) -> int:
    root_fd = open_root(root)
    try:
        return open_beneath(root_fd, path, _FLAGS)
    finally:
        let_go(root_fd)
