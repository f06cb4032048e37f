"""What the catalog has to hear of files that a repair moved, took away or is to read again."""

import os
import sqlite3
from collections.abc import Iterable

from inspector.model.relpath import split_path

_FOLDER = "(SELECT id FROM folder WHERE storage_id = ? AND path = ?)"


def forget_files(connection: sqlite3.Connection, storage_id: str, paths: Iterable[str]) -> None:
    """Forget files that are meant to be gone from these paths, so that no scan misses them there."""
    rows = [(storage_id, *_encoded(path)) for path in paths]
    connection.executemany(f"DELETE FROM file WHERE folder_id = {_FOLDER} AND name = ?", rows)
    _unseal(connection, rows)


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


def _encoded(path: str) -> tuple[bytes, bytes]:
    folder, name = split_path(path)
    return os.fsencode(folder), os.fsencode(name)
