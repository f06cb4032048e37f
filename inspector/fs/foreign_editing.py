"""Write to another program's SQLite database: alone, in one transaction, and only while that program does not run.

SQLite itself writes the file, its journal and its log; nothing else touches them. Whether the program runs is asked in
three ways, as none of them alone tells it: of the file in which it says so, of the files that other processes have
open, and of the locks that it holds. A database without a write-ahead log is not locked while its program is idle.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from inspector.fs.foreign_database import connect, database_files, one_at_a_time
from inspector.fs.foreign_rows import RowsChangedError, difference_of, edit_row, find_row, require_version
from inspector.fs.lock_verdicts import find_lock, runs_since
from inspector.fs.open_files import processes_with
from inspector.fs.tree import Tree
from inspector.fs.write import WriteFailedError
from inspector.model.display import display_name
from inspector.model.errors import DocumentError, ExitCode, InspectorError
from inspector.model.operations import EditDatabase, RowEdit

_READERS_LET_GO_S = 0.5
"""How long somebody who only looks may have the database open."""
_LOCK_WAIT_S = 2.0
_READ_WAIT_S = 10.0
_WAL_VERSION = 2
_SHARED_MEMORY = "-shm"
_DENIED = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")
_CLOSE_IT = "Close the program that works with it, then apply again."


class DatabaseInUseError(InspectorError):
    """The program that the database belongs to runs, or somebody else has it open; nothing was changed."""

    exit_code = ExitCode.LOCKED


class RowTransaction:
    """One transaction on a database that nobody else has open. What is not committed is taken back."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    def edit(self, operations: Iterable[EditDatabase]) -> list[EditDatabase]:
        """Do operations, all of them or none, and return those that take them back, the last one first: whole rows.

        Raises:
            RowsChangedError: where a row or the database is not as expected.
            WriteFailedError: where the database cannot be written.
        """
        backs: list[EditDatabase] = []
        try:
            self._connection.execute("SAVEPOINT item")
            try:
                backs.extend(map(self._edit, operations))
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK TO item")
                raise
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("RELEASE item")
        except sqlite3.IntegrityError as error:
            raise RowsChangedError(f"refuses a row ({error})", path=self._path, advice="Scan again.") from error
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error
        return backs[::-1]

    def _edit(self, operation: EditDatabase) -> EditDatabase:
        connection, path = self._connection, self._path
        if operation.version is not None:
            require_version(connection, path, operation.version)
        done = [edit_row(connection, path, operation.table, operation.key, edit) for edit in operation.rows]
        backs = tuple(RowEdit(one.after, one.before) for one in reversed(done))
        return replace(operation, rows=backs, files=())

    def commit(self) -> None:
        """Make everything that was done certain.

        Raises:
            WriteFailedError: where that did not succeed; `rows_now` tells what there is.
        """
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error


@contextmanager
def row_transaction(path: str, lock: str | None) -> Iterator[RowTransaction]:
    """Have the database at `path` alone; `lock` is as `EditDatabase` says. What was not committed never happened.

    Raises:
        RowsChangedError: where it is not there, or no regular file.
        DatabaseInUseError: where its program runs or it is open elsewhere.
        WriteFailedError: where it cannot be written.
    """
    _require_file(path)
    _require_unused(path, lock)
    with one_at_a_time:
        try:
            has_log = _has_log(path)
            connection = _opened(path, _LOCK_WAIT_S)
        except (OSError, sqlite3.Error) as error:
            raise _failed(path, error) from error
        with closing(connection):
            try:
                _begin(connection, path, has_log=has_log)
            except sqlite3.Error as error:
                raise _failed(path, error) from error
            try:
                _require_unused(path, lock)  # it may have begun in between
                yield RowTransaction(path, connection)
            finally:
                if connection.in_transaction:
                    connection.rollback()


def expect_writable(path: str, lock: str | None) -> None:
    """Return if the database at `path` could be edited now, as far as that shows without a lock on it.

    Raises:
        RowsChangedError, DatabaseInUseError, WriteFailedError: as `row_transaction` does.
    """
    _require_file(path)
    _require_unused(path, lock)
    if not (os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)):
        raise _failed(path, PermissionError())


def rows_now(path: str, backs: Iterable[EditDatabase]) -> Literal["before", "after", "between"]:
    """Whether the rows are as they were before some operations or after them; `backs` are what takes these back.

    What an interrupted transaction left beside the database SQLite puts in order.

    Raises:
        DocumentError: where that cannot be told.
    """
    try:
        _require_file(path)
        with one_at_a_time, closing(_opened(path, _READ_WAIT_S)) as connection:
            found = {_state(connection, path, back, edit) for back in backs for edit in back.rows}
    except sqlite3.Error as error:
        raise DocumentError(f"cannot be read as a database ({error})", path=path) from error
    except RowsChangedError as error:
        raise DocumentError(error.message, path=path) from error
    for state in ("after", "before"):
        if found <= {state, "both"}:
            return state
    return "between"


def _state(
    connection: sqlite3.Connection, path: str, back: EditDatabase, edit: RowEdit
) -> Literal["before", "after", "both", "between"]:
    """Of one row; it was as `edit.after` says before the operation, and as `edit.before` says after it."""
    states = []
    for expected in (edit.before, edit.after):
        row = expected if expected is not None else edit.after or edit.before or {}
        which = {column: row[column] for column in back.key}
        found = find_row(connection, path, back.table, which)
        states.append(difference_of(back.table, which, found, expected) is None)
    is_after, is_before = states
    if is_after and is_before:
        return "both"
    return "after" if is_after else "before" if is_before else "between"


def _begin(connection: sqlite3.Connection, path: str, *, has_log: bool) -> None:
    """Begin the transaction, alone: also those that only read are kept out, and found out where they are there."""
    if has_log:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # nobody else may have its log open
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("BEGIN EXCLUSIVE")
    (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    if encoding != "UTF-8":
        raise RowsChangedError(f"keeps its texts as {encoding}, which is not written here", path=path)


def _opened(path: str, wait_s: float) -> sqlite3.Connection:
    return connect(f"file:{quote(os.fsencode(path))}?mode=rw", timeout=wait_s)


def _require_file(path: str) -> None:
    try:
        status = os.lstat(path)
    except OSError as error:
        reason = "is not there any more" if isinstance(error, FileNotFoundError) else f"cannot be opened ({error})"
        raise RowsChangedError(reason, path=path, advice="Scan again.") from error
    if not stat.S_ISREG(status.st_mode):
        raise RowsChangedError("is no regular file", path=path)


def _has_log(path: str) -> bool:
    """Whether the database keeps a write-ahead log (`Database File Format`, section 1.3.3)."""
    with Path(path).open("rb") as stream:
        return stream.read(20)[18:20] == bytes([_WAL_VERSION, _WAL_VERSION])


def _require_unused(path: str, lock: str | None) -> None:
    """Raise DatabaseInUseError where the program says that it runs, or another process has the database open."""
    if lock is not None and (said := _who_says_it_runs(path, lock)) is not None:
        raise DatabaseInUseError(said, path=path, advice=_CLOSE_IT)
    until = time.monotonic() + _READERS_LET_GO_S
    while holders := processes_with((*database_files(path), path + _SHARED_MEMORY)):
        if time.monotonic() > until:
            pid, name = min(holders.items())
            message = f"is open in another program ({display_name(name or 'unknown')}, process {pid})"
            raise DatabaseInUseError(message, path=path, advice=_CLOSE_IT)
        time.sleep(0.02)


def _who_says_it_runs(path: str, lock: str) -> str | None:
    folder = os.path.dirname(path)
    try:
        with Tree(folder) as tree:
            found = find_lock(tree, lock)
    except OSError as error:
        return f"whether its program runs cannot be told: {display_name(lock)} cannot be read ({error.strerror})"
    if found is None:
        return None
    pid = found.verdict.pid
    if pid is None or not runs_since(found.status.st_mtime_ns)(pid):
        return None
    return f"its program runs: {display_name(lock)} names process {pid}"


def _failed(path: str, error: sqlite3.Error | OSError) -> InspectorError:
    """An error of SQLite as people read it, by the name of its code."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseInUseError("is locked by another program", path=path, advice=_CLOSE_IT)
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")):
        advice = "Free some space there, then apply again."
        return WriteFailedError("its file system has no room for the change", path=path, advice=advice)
    if isinstance(error, PermissionError) or code.startswith(_DENIED):
        advice = "Get the permission to write it and its folder, then apply again."
        return WriteFailedError("cannot be written", path=path, advice=advice)
    is_of_the_drive = code.startswith("SQLITE_IOERR")
    advice = "Look at the drive before anything else." if is_of_the_drive else "Look at it with its own program."
    return WriteFailedError(f"cannot be changed ({error})", path=path, advice=advice)
