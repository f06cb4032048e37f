"""Which files' digests were verified when: what a scrub reads next, the longest unverified first."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from inspector.catalog.files import FILE_COLUMNS, KnownFile
from inspector.model.filestat import FileStatus

_AT_ONCE = 256

_FIELDS = ", ".join(f"f.{column.strip()}" for column in FILE_COLUMNS.split(","))
_ELIGIBLE = f"f.gone_ns IS NULL AND f.status = {int(FileStatus.HASHED)} AND f.digest IS NOT NULL AND f.size > 0"


class Candidate(NamedTuple):
    """A file whose digest is known. `verified_ns` is 0 where it was never verified; `folder` is the folder's path."""

    storage_id: str
    folder_id: int
    folder: bytes
    verified_ns: int
    known: KnownFile


def oldest_first(connection: sqlite3.Connection, storage_ids: Sequence[str], before_ns: int) -> Iterator[Candidate]:
    """The files that were not verified since `before_ns`: first those that never were, folder by folder, then by age.

    It reads a few at a time, so that rows may be written meanwhile; what is verified then does not come again.
    """
    for storage_id in storage_ids:
        yield from _never_verified(connection, storage_id)
    yield from _by_age(connection, storage_ids, before_ns)


def _never_verified(connection: sqlite3.Connection, storage_id: str) -> Iterator[Candidate]:
    path, name = b"", b""
    while True:
        rows = connection.execute(
            f"""
            SELECT d.id, d.path, {_FIELDS} FROM folder d CROSS JOIN file f
            WHERE d.storage_id = ? AND d.path >= ? AND f.folder_id = d.id AND (d.path > ? OR f.name > ?)
                AND f.verified_ns = 0 AND {_ELIGIBLE}
            ORDER BY d.path, f.name LIMIT {_AT_ONCE}
            """,
            (storage_id, path, path, name),
        ).fetchall()
        for folder_id, folder, *fields in rows:
            yield Candidate(storage_id, folder_id, folder, 0, KnownFile._make(fields))
        if len(rows) < _AT_ONCE:
            return
        path, name = rows[-1][1], rows[-1][2]


def _by_age(connection: sqlite3.Connection, storage_ids: Sequence[str], before_ns: int) -> Iterator[Candidate]:
    chosen = ", ".join("?" * len(storage_ids))
    last: tuple[int, int, bytes] = (0, 0, b"")
    while True:
        rows = connection.execute(
            f"""
            SELECT d.storage_id, d.id, d.path, f.verified_ns, {_FIELDS} FROM file f CROSS JOIN folder d
            WHERE f.verified_ns > 0 AND f.verified_ns < ? AND (f.verified_ns, f.folder_id, f.name) > (?, ?, ?)
                AND d.id = f.folder_id AND d.storage_id IN ({chosen}) AND {_ELIGIBLE}
            ORDER BY f.verified_ns, f.folder_id, f.name LIMIT {_AT_ONCE}
            """,
            (before_ns, *last, *storage_ids),
        ).fetchall()
        for storage_id, folder_id, folder, verified_ns, *fields in rows:
            yield Candidate(storage_id, folder_id, folder, verified_ns, KnownFile._make(fields))
        if len(rows) < _AT_ONCE:
            return
        last = (rows[-1][3], rows[-1][1], rows[-1][4])


def count_unverified(connection: sqlite3.Connection, storage_id: str, before_ns: int) -> tuple[int, int, int | None]:
    """How many files were not verified since `before_ns`, their bytes, and the oldest verification of all.

    The last is 0 where some file never was verified, and None where no file can be.
    """
    row = connection.execute(
        f"""
        SELECT coalesce(sum(f.verified_ns < ?), 0), coalesce(sum(CASE WHEN f.verified_ns < ? THEN f.size END), 0),
            min(f.verified_ns)
        FROM folder d JOIN file f ON f.folder_id = d.id WHERE d.storage_id = ? AND {_ELIGIBLE}
        """,
        (before_ns, before_ns, storage_id),
    ).fetchone()
    return int(row[0]), int(row[1]), row[2]


def put_verified(connection: sqlite3.Connection, rows: Iterable[tuple[int, KnownFile, int]]) -> None:
    """Say that files (folder id, file as it was known, when) have their digest on the disk, if still so known."""
    connection.executemany(
        """
        UPDATE file SET verified_ns = ?, hashed_ns = ?
        WHERE folder_id = ? AND name = ? AND digest = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ? AND inode = ?
        """,
        (
            (when_ns, when_ns, folder_id, old.name, old.digest, old.size, old.mtime_ns, old.ctime_ns, old.inode)
            for folder_id, old, when_ns in rows
        ),
    )


def is_still_known(connection: sqlite3.Connection, folder_id: int, known: KnownFile) -> bool:
    """Whether the catalog knows of a file just what it knew when it was chosen."""
    row = connection.execute(
        f"SELECT {FILE_COLUMNS} FROM file WHERE folder_id = ? AND name = ?", (folder_id, known.name)
    ).fetchone()
    return row is not None and KnownFile._make(row) == known


def look_again(connection: sqlite3.Connection, folder_id: int) -> None:
    """Have the next scan look at every file of a folder, whatever its seal says."""
    connection.execute("UPDATE folder SET racy = racy + 1 WHERE id = ?", (folder_id,))
