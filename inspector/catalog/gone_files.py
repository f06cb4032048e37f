"""What is known of files that are gone from their places, kept apart while a repair puts something there."""

import os
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from inspector.catalog.files import FileRows, FileStatus
from inspector.model.relpath import join_path, split_path


class GoneFile(NamedTuple):
    """A file (its path in the storage) that scans have seen and miss since: size in bytes, times in ns since 1970."""

    path: str
    kind: int
    size: int
    mtime_ns: int
    digest: bytes | None
    gone_ns: int
    seen_ns: int


def gone_files_at(connection: sqlite3.Connection, storage_id: str, paths: Iterable[str]) -> list[GoneFile]:
    """What is known of the files that are gone from these paths."""
    found: list[GoneFile] = []
    for path in paths:
        folder, name = split_path(path)
        rows = connection.execute(
            """
            SELECT f.kind, f.size, f.mtime_ns, f.digest, f.gone_ns, f.seen_ns
            FROM folder d JOIN file f ON f.folder_id = d.id
            WHERE d.storage_id = ? AND d.path = ? AND f.name = ? AND f.gone_ns IS NOT NULL
            """,
            (storage_id, os.fsencode(folder), os.fsencode(name)),
        )
        found.extend(GoneFile(join_path(folder, name), *row) for row in rows)
    return found


def gone_files_back(connection: sqlite3.Connection, storage_id: str, known: Iterable[GoneFile]) -> None:
    """Know of these files again that they are gone, whatever was known at their paths meanwhile."""
    folders = FileRows(connection, storage_id)
    for one in known:
        folder, name = split_path(one.path)
        folder_id = folders.folder(os.fsencode(folder)).id
        status = FileStatus.HASHED if one.digest is not None else FileStatus.UNHASHED
        connection.execute(
            """
            INSERT OR REPLACE INTO file
                (folder_id, name, kind, size, mtime_ns, ctime_ns, inode, status, digest, gone_ns, seen_ns)
            VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)
            """,
            (folder_id, os.fsencode(name), *one[1:4], int(status), *one[4:]),
        )
