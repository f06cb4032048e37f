"""Open the catalog's SQLite file: one connection per thread, short write transactions, a bad file moved aside."""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inspector.catalog.holder import writer_of
from inspector.catalog.schema import MIGRATIONS
from inspector.fs.profile import file_system_of, profile_of
from inspector.model.display import display_text
from inspector.model.errors import CatalogError, CatalogHeldError

CATALOG_NAME = "catalog.sqlite3"
_BUSY_SECONDS = 60.0
_BRIEF_SECONDS = 2.0
"""So long who must not be kept waiting waits for other processes: twice as long as a scan takes to let others write."""
_BRIEF_SECONDS_AGAIN = 0.2
_AGAIN_SECONDS = 10.0
"""Who waited in vain so shortly ago waits less."""
_SECONDS_BETWEEN_TRIES = 0.002
"""A scan lets others write for some milliseconds every second; SQLite itself would try only every tenth of one."""


class HeldError(sqlite3.OperationalError):
    """Another process writes to the catalog, and did not let go of it in time; what it says is for people."""

    def __init__(self, holder: int | None, error: sqlite3.Error) -> None:
        """`holder` is the number of that process, where it is known; `error` what SQLite said."""
        who = f"process {holder}" if holder is not None else "another process"
        super().__init__(f"{who} holds the catalog; let it end, or end it")
        self.holder = holder
        self.sqlite_errorcode = error.sqlite_errorcode
        self.sqlite_errorname = error.sqlite_errorname


class Database:
    """The catalog's file. `notices` says in words what had to be done to open it.

    `why_temporary` is why it lives in a temporary folder, where nothing may be kept that is to last; else empty.
    """

    def __init__(self, folder: Path | None) -> None:
        """Open or make the catalog in `folder`; None where the system names no such folder.

        A catalog that is damaged or was written by a newer inspector is moved aside and made anew. Where it cannot be
        written, it is left alone, and another one lives in a temporary folder until `close`.

        Raises:
            CatalogError: where no folder at all can be written.
        """
        self.notices: list[str] = []
        self.why_temporary = ""
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        self._hurried = False
        self.folder = self._writable(folder) if folder is not None else self._in_temporary("There is no state folder")
        self.path = self.folder / CATALOG_NAME
        self._journal_mode = "WAL"
        if profile_of(file_system_of(str(self.folder))).network:
            self._journal_mode = "TRUNCATE"  # SQLite's WAL needs shared memory, which a network does not have
            self.notices.append(
                f"The state folder {self.folder} is on a network file system: this is slow, use --state."
            )
        self._prepare()

    def _writable(self, folder: Path) -> Path:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            return self._in_temporary(f"The state folder {folder} cannot be written ({error.strerror})")
        return folder

    def _in_temporary(self, why: str) -> Path:
        try:
            self._temporary = tempfile.TemporaryDirectory(prefix="inspector-")
        except OSError as error:
            raise CatalogError(
                f"{why}, and neither can a temporary folder be made ({error.strerror})",
                advice="Free some space, or name a folder that can be written with --state DIR.",
            ) from error
        self.why_temporary = why
        self.notices.append(f"{why}: nothing will be remembered after this run. Name a folder with --state DIR.")
        return Path(self._temporary.name)

    def _prepare(self) -> None:
        try:
            self._migrate(self.connection)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if _is_damaged(error):
                self._move_aside(f"could not be used ({display_text(str(error))})")
            elif _is_busy(error):
                raise words_for(error, self.path) from error
            else:
                self.close_connections()
                self.folder = self._in_temporary(
                    f"The catalog {self.path} cannot be written ({error}); it was left alone"
                )
                self.path = self.folder / CATALOG_NAME
            self._migrate(self.connection)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = self._version(connection)
        if version > len(MIGRATIONS):
            self._move_aside("was written by a newer inspector")
            connection = self.connection
            version = 0
        if version == len(MIGRATIONS):
            connection.execute("SELECT count(*) FROM storage").fetchone()
            try:
                self.begin(seconds=0)  # fails here, and not later, where it cannot be written
            except HeldError:
                return  # somebody writes it just now
            connection.execute("ROLLBACK")
            return
        self.begin()
        try:
            for number, script in enumerate(MIGRATIONS[self._version(connection) :], self._version(connection) + 1):
                for statement in script.split(";\n"):
                    if statement.strip():
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def _move_aside(self, why: str) -> None:
        self.close_connections()
        aside = self.path.with_name(f"{CATALOG_NAME}.{time.strftime('%Y%m%d-%H%M%S')}.old")
        for ending in ("", "-wal", "-shm"):  # the log may hold what the file does not
            with suppress(FileNotFoundError):
                self.path.with_name(CATALOG_NAME + ending).replace(aside.with_name(aside.name + ending))
        self.notices.append(f"The catalog {why}; it was moved to {aside.name} and is made anew by the next scans.")

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened at its first use."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self.reader()
        return connection

    def reader(self) -> sqlite3.Connection:
        """Another connection, which belongs to no thread; `close` closes it."""
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA journal_mode = {self._journal_mode}")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute("PRAGMA cache_size = -16384")
        connection.execute("PRAGMA wal_autocheckpoint = 16000")  # every 64 MB: each checkpoint waits for the disk
        with self._opening:
            self._connections.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction on this thread's connection, kept only if the block ends without an error."""
        connection = self.connection
        self.begin()
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:  # SQLite takes it back by itself when its disk is full
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def be_brief(self, *, on: bool = True) -> None:
        """Have this thread wait for writing processes as long only as a person bears that nothing happens."""
        self._local.is_brief = on

    def hurry(self) -> None:
        """Have all threads wait so briefly from now on: the program is about to end."""
        self._hurried = True

    def begin(self, seconds: float = _BUSY_SECONDS) -> None:
        """Begin a write transaction on this thread's connection as soon as nobody else is in one.

        Raises:
            HeldError: where another process is in one for more than `seconds`, or for longer than this thread waits.
        """
        connection = self.connection
        first = began = time.monotonic()
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if not _is_busy(error):
                        raise
                    now = time.monotonic()
                    if self._is_written_here(connection):
                        began = now  # which ends by itself
                    if now - first >= seconds or now - began >= self._patience(began):
                        self._local.refused = now
                        raise HeldError(writer_of(self.path), error) from error
                time.sleep(_SECONDS_BETWEEN_TRIES)
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")

    def _is_written_here(self, own: sqlite3.Connection) -> bool:
        """Whether another thread of this process is in a transaction."""
        with self._opening:
            return any(one.in_transaction for one in self._connections if one is not own)

    def _patience(self, began: float) -> float:
        """For how many seconds this thread waits for another process, when it has done so since `began`."""
        if not (self._hurried or getattr(self._local, "is_brief", False)):
            return _BUSY_SECONDS
        refused = getattr(self._local, "refused", None)
        return _BRIEF_SECONDS_AGAIN if refused is not None and began - refused < _AGAIN_SECONDS else _BRIEF_SECONDS

    def check(self) -> str:
        """``ok``, or the first thing that is wrong with the catalog's pages."""
        return str(self.connection.execute("PRAGMA quick_check(1)").fetchone()[0])

    def drop(self, connection: sqlite3.Connection) -> None:
        """Close the connection of a thread that is not to use it any more; what it had begun to write is taken back.

        A thread that hangs and comes back to it later finds that it may not write, whatever it was about.
        """
        with self._opening:
            if connection in self._connections:
                self._connections.remove(connection)
        with suppress(sqlite3.Error):
            connection.rollback()  # by itself a connection that is being read from keeps what it began until that ends
        connection.close()

    def close_connections(self) -> None:
        """Close every thread's connection."""
        with self._opening:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def close(self) -> None:
        """Close the catalog; a temporary one is removed."""
        self.close_connections()
        if self._temporary is not None:
            self._temporary.cleanup()


def _is_damaged(error: Exception) -> bool:
    """Whether an error says that the catalog's file is no catalog, rather than that it cannot be reached or written."""
    if isinstance(error, UnicodeDecodeError):
        return True  # SQLite quotes the damaged page in its message
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def words_for(error: Exception, path: Path) -> CatalogError:
    """An error that SQLite met in the middle of work, in words."""
    if _is_busy(error):
        holder = error.holder if isinstance(error, HeldError) else writer_of(path)
        who = f"process {holder}" if holder is not None else "another process"
        held = CatalogHeldError(
            f"is held by {who}", path=str(path), advice="Let it end, or end it, then try again. No storage was touched."
        )
        held.__cause__ = error
        return held
    if _is_damaged(error):
        advice = "Move the file away; the next scans make it anew. No storage was touched."
    else:
        advice = "Free some space, or name another folder with --state DIR."
    words = CatalogError(f"cannot be used: {display_text(str(error))}", path=str(path), advice=advice)
    words.__cause__ = error  # one that passes by itself is worth another attempt
    return words
