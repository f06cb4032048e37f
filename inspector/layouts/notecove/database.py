"""What the program's database holds: storage directories, registered pictures, moves (`packages/shared/.../schema.ts`).

Every version of its schema from 1 to 11 is read; before version 8 no pictures were registered.
"""

import math
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.fs.foreign_database import read_foreign_database
from inspector.layouts.notecove.names import same_id

KNOWN_SCHEMA = 11
FIRST_WITH_IMAGES = 8
DEFAULT_DIRECTORY = "default"
"""The id that the first versions of the program gave to the directory that they made themselves."""
_ENDED = ("completed", "cancelled", "rolled_back")
_MOST_MOVES = 1000
_FARTHEST_MS = 8_640_000_000_000_000
"""As far from 1970 as the program's times reach."""


class StorageDirectory(NamedTuple):
    """A row of `storage_dirs`."""

    id: str
    uuid: str | None
    name: str
    path: str


class ImageRow(NamedTuple):
    """A row of `images` without its id; `size` in bytes, `created_ms` since 1970, where it is any number."""

    sd_id: str
    filename: str
    size: int | None
    created_ms: int | None


class NoteMove(NamedTuple):
    """A row of `note_moves` that has not ended."""

    id: str
    note: str
    source: str
    target: str
    state: str
    error: str


@dataclass(frozen=True, slots=True)
class Database:
    """What was read of one database. `images` is None where its schema has none; they are by id."""

    path: str
    schema: int | None
    directories: tuple[StorageDirectory, ...]
    images: Mapping[str, ImageRow] | None
    moves: tuple[NoteMove, ...] = ()
    odd_rows: int = 0
    odd_directories: int = 0
    """Rows of `storage_dirs` whose id is no text: which directories they mean cannot be told."""
    is_of_program: bool = True
    """Whether it has the table of storage directories, which every version has."""

    def directories_of(self, sd_id: str | None, root: str, legacy_id: str | None = None) -> list[StorageDirectory]:
        """The rows that mean the storage directory at `root`: by its ids, and only without such by the path."""
        ids = [one for one in (sd_id, legacy_id) if one]
        by_id = [row for row in self.directories if any(_names(row, one) for one in ids)]
        return by_id or [row for row in self.directories if _is_same_place(row.path, root)]


def _is_same_place(path: str, root: str) -> bool:
    """Whether a recorded path is the folder at `root`, which has no links in it, whichever way it is reached."""
    return os.path.isabs(path) and root.rstrip("/") in {path.rstrip("/"), os.path.realpath(path).rstrip("/")}


def _names(row: StorageDirectory, sd_id: str) -> bool:
    return same_id(row.id, sd_id) or (row.uuid is not None and same_id(row.uuid, sd_id))


def read_database(path: str) -> Database:
    """Read the database at `path`, and leave no trace of that.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it cannot be read.
    """
    return read_foreign_database(path, lambda connection: _read(path, connection))


def read_directories(path: str) -> Database:
    """As `read_database`, with nothing but the storage directories.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it cannot be read.
    """
    return read_foreign_database(path, lambda connection: Database(path, None, _directories(connection)[0], None))


def _directories(connection: sqlite3.Connection) -> tuple[tuple[StorageDirectory, ...], int]:
    """The storage directories, and how many rows of them mean nobody knows what."""
    rows = list(rows_of(connection, "storage_dirs", ("id", "uuid", "name", "path")))
    directories = tuple(
        StorageDirectory(identity, _text(uuid), _text(name) or "", _text(place) or "")
        for identity, uuid, name, place in rows
        if isinstance(identity, str)
    )
    return directories, len(rows) - len(directories)


def _read(path: str, connection: sqlite3.Connection) -> Database:
    images: dict[str, ImageRow] | None = None
    odd = 0
    if _columns(connection, "images"):
        images = {}
        for row in rows_of(connection, "images", ("id", "sd_id", "filename", "size", "created")):
            identity, sd_id, filename, size, created = row
            if isinstance(identity, str) and isinstance(sd_id, str) and isinstance(filename, str):
                row_of_it = ImageRow(sys.intern(sd_id), filename, _number(size), _moment(created))
                images[sys.intern(identity)] = row_of_it  # the ids are there once, whoever names them
            else:
                odd += 1
    directories, odd_directories = _directories(connection)
    return Database(
        path,
        _schema_version(connection),
        directories,
        images,
        tuple(_moves(connection)),
        odd_rows=odd,
        odd_directories=odd_directories,
        is_of_program=bool(_columns(connection, "storage_dirs")),
    )


def _schema_version(connection: sqlite3.Connection) -> int | None:
    versions = [
        version for (version,) in rows_of(connection, "schema_version", ("version",)) if isinstance(version, int)
    ]
    return max(versions, default=None)


def _moves(connection: sqlite3.Connection) -> Iterator[NoteMove]:
    names = ("id", "note_id", "source_sd_uuid", "target_sd_uuid", "state", "error")
    count = 0
    for row in rows_of(connection, "note_moves", names):
        move = NoteMove(*(_text(value) or "" for value in row))
        if move.state not in _ENDED and count < _MOST_MOVES:
            count += 1
            yield move


def rows_of(connection: sqlite3.Connection, table: str, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """A table's rows with these columns; one that it lacks is NULL, and a table that is not there has no rows."""
    there = _columns(connection, table)
    if there:
        columns = ", ".join(f'"{name}"' if name in there else "NULL" for name in names)
        yield from connection.execute(f"SELECT {columns} FROM {table}")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 1 << 63 else None


def _moment(value: object) -> int | None:
    """Milliseconds as the program computes with them: it takes fractions and times before 1970, and nothing for 0."""
    if value is None:
        return 0
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return max(-_FARTHEST_MS, min(_FARTHEST_MS, int(value)))
