"""What the catalog has to hear of files that a repair moved, took away or is to read again."""

import os
import sqlite3
import time
from collections.abc import Iterable

from inspector.catalog.files import MEDIA_SQL
from inspector.model.relpath import split_path

_FOLDER = "(SELECT id FROM folder WHERE storage_id = ? AND path = ?)"


def forget_files(connection: sqlite3.Connection, storage_id: str, paths: Iterable[str]) -> None:
    """Forget files that are meant to be gone from these paths, so that no scan misses them there."""
    rows = [(storage_id, *_encoded(path)) for path in paths]
    connection.executemany(f"DELETE FROM file WHERE folder_id = {_FOLDER} AND name = ?", rows)
    _unseal(connection, rows)
    _count_anew(connection, rows)


def forget_moved_files(connection: sqlite3.Connection, storage_id: str, paths: Iterable[str]) -> None:
    """As `forget_files`, for files that were moved away and that no document follows.

    Where an index goes on listing a path, its content stays known as gone from there, so that the next scan tells by
    it where the file is.
    """
    now = time.time_ns()
    rows = [(storage_id, *_encoded(path)) for path in paths]
    connection.executemany(
        f"""
        UPDATE file SET gone_ns = ? WHERE folder_id = {_FOLDER} AND name = ? AND digest IS NOT NULL AND EXISTS (
            SELECT 1 FROM folder d JOIN claim c ON c.storage_id = d.storage_id AND c.folder = d.path
            JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = 'index'
            WHERE d.id = file.folder_id AND c.name = file.name
        )
        """,
        [(now, *row) for row in rows],
    )
    connection.executemany(f"DELETE FROM file WHERE folder_id = {_FOLDER} AND name = ? AND gone_ns IS NULL", rows)
    _unseal(connection, rows)
    _count_anew(connection, rows)


def read_again(connection: sqlite3.Connection, storage_id: str, paths: Iterable[str]) -> None:
    """Have the next scan read these files whatever their stat says; what they held before stays known."""
    rows = [(storage_id, *_encoded(path)) for path in paths]
    connection.executemany(f"UPDATE file SET hashed_ns = 0 WHERE folder_id = {_FOLDER} AND name = ?", rows)
    _unseal(connection, rows)


def keys_unknown(connection: sqlite3.Connection, storage_id: str, paths: Iterable[str]) -> list[tuple[str, bytes]]:
    """Those of these files (path, digest) whose content's key was never computed; unhashed ones are left out."""
    found = []
    for path in paths:
        row = connection.execute(
            f"""
            SELECT f.digest FROM file f LEFT JOIN content c ON c.digest = f.digest
            WHERE f.folder_id = {_FOLDER} AND f.name = ? AND f.digest IS NOT NULL AND f.gone_ns IS NULL
            AND c.key IS NULL
            """,
            (storage_id, *_encoded(path)),
        ).fetchone()
        if row is not None:
            found.append((path, bytes(row[0])))
    return found


def _unseal(connection: sqlite3.Connection, rows: Iterable[tuple[str, bytes, bytes]]) -> None:
    folders = sorted({(storage_id, folder) for storage_id, folder, _ in rows})
    connection.executemany(
        "UPDATE folder SET stat_seal = NULL, names_seal = NULL WHERE storage_id = ? AND path = ?", folders
    )


def _count_anew(connection: sqlite3.Connection, rows: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Have folders that files were taken out of say how many media they hold, and of how many bytes."""
    folders = sorted({(storage_id, folder) for storage_id, folder, _ in rows})
    media = f"FROM file WHERE folder_id = folder.id AND gone_ns IS NULL AND kind IN {MEDIA_SQL}"
    connection.executemany(
        f"""
        UPDATE folder SET files = (SELECT count(*) {media}), bytes = (SELECT coalesce(sum(size), 0) {media})
        WHERE storage_id = ? AND path = ?
        """,
        folders,
    )


def _encoded(path: str) -> tuple[bytes, bytes]:
    folder, name = split_path(path)
    return os.fsencode(folder), os.fsencode(name)
