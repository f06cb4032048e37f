"""Read another program's SQLite database without that program, or its folder, noticing.

SQLite's own readers take locks, and of a database with a write-ahead log they make or write a file beside it. Here a
database at rest is read as it is, without a lock; one that has a log or a journal is copied to a folder of our own with
it, and SQLite puts the copy in order.
"""

import errno
import os
import shutil
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from inspector.fs.beneath import FILE_FLAGS
from inspector.model.errors import DocumentError

_TRIES = 3
_HEADER_BYTES = 100
_LOG, _JOURNAL = "-wal", "-journal"

T = TypeVar("T")

one_at_a_time = threading.Lock()
"""Held while this process has such a database open: closing a file lets go of all locks that a process has on it."""


def read_foreign_database(path: str, read: Callable[[sqlite3.Connection], T]) -> T:
    """What `read` makes of the database at `path`: a regular file, whose folder is left as it is.

    It is called again where the database changed in between. Texts that are not UTF-8 come with surrogates.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it is no database, damaged, cannot be read, or is being written all the time.
    """
    for _ in range(_TRIES):
        before = _state(path)
        try:
            with one_at_a_time:
                made = _read_copy(path, read) if _is_unsettled(path) else _read_in_place(path, read)
        except sqlite3.Error as error:
            if _state(path) == before:
                raise DocumentError(f"cannot be read as a database ({error})", path=path) from error
        except FileNotFoundError:
            pass  # its log was merged just now
        except OSError as error:
            raise DocumentError(f"cannot be read: {error.strerror}", path=path) from error
        else:
            if _state(path) == before:
                return made
    raise DocumentError("is being written by its program; look again later", path=path)


def database_files(path: str) -> tuple[str, ...]:
    """The database and what may lie beside it and hold a part of it."""
    return path, path + _LOG, path + _JOURNAL


def _state(path: str) -> tuple[int, ...]:
    """What changes when the database's own file does.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it is no regular file or cannot be looked at.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DocumentError(f"cannot be looked at: {error.strerror}", path=path) from error
    if not stat.S_ISREG(status.st_mode):
        raise DocumentError("is no regular file", path=path)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_unsettled(path: str) -> bool:
    return any(_size(path + ending) for ending in (_LOG, _JOURNAL))


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _read_in_place(path: str, read: Callable[[sqlite3.Connection], T]) -> T:
    _require_whole(path)
    with closing(connect(f"file:{quote(path)}?mode=ro&immutable=1")) as connection:
        made = read(connection)
    if _is_unsettled(path):
        raise FileNotFoundError(path)  # its program has begun to write: what was read may be half of something
    return made


def _require_whole(path: str) -> None:
    """SQLite reads what is cut off as zeros, and may not notice (`Database File Format`, section 1.3).

    Raises:
        sqlite3.DatabaseError: where the file is shorter than its header says.
        OSError: where it cannot be read.
    """
    with os.fdopen(os.open(path, FILE_FLAGS), "rb") as stream:
        header = stream.read(_HEADER_BYTES)
        size = os.fstat(stream.fileno()).st_size
    page_size = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    counts = len(header) == _HEADER_BYTES and header[24:28] == header[92:96]
    if counts and size < pages * (1 << 16 if page_size == 1 else page_size):
        raise sqlite3.DatabaseError("the file is shorter than its header says")


def _read_copy(path: str, read: Callable[[sqlite3.Connection], T]) -> T:
    """The log is copied first: what is merged into the database meanwhile shows in the database's own state."""
    with tempfile.TemporaryDirectory(prefix="inspector-") as folder:
        copy = Path(folder) / "database"
        for ending in (_LOG, "", _JOURNAL):
            if not ending or _size(path + ending):
                _copy(path + ending, f"{copy}{ending}")
        with closing(connect(f"file:{quote(str(copy))}?mode=rw")) as connection:
            return read(connection)


def _copy(source: str, target: str) -> None:
    """Copy a regular file's bytes; a link would have SQLite write to what it leads to.

    Raises:
        OSError: where it is none, or cannot be read.
    """
    with os.fdopen(os.open(source, FILE_FLAGS), "rb") as original, Path(target).open("xb") as copy:
        if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
            raise OSError(errno.EINVAL, "what lies beside it is no regular file", source)
        shutil.copyfileobj(original, copy, 1 << 20)


def connect(uri: str, *, timeout: float = 5.0) -> sqlite3.Connection:
    """A connection that begins no transaction by itself. `timeout`, in seconds, is how long it waits for a lock.

    Raises:
        sqlite3.Error: where it cannot be opened.
    """
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=timeout)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection
