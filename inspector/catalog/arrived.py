"""Files that a repair copied into a storage and knows to the byte: entered as a scan would, so that none reads them."""

import os
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from inspector.catalog.files import FileRows, FileRowValues, FileStatus
from inspector.catalog.storages import mark_changed
from inspector.model.filekinds import file_kind
from inspector.model.relpath import split_path


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file that came in: its path, its stat, its XXH3-128 in hex and its layout's key.

    The key is None where it was not asked for, and empty where the file has none.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: str
    key: str | None = None


def put_arrived(
    connection: sqlite3.Connection, storage_id: str, files: Iterable[ArrivedFile], engine: str | None
) -> None:
    """Enter files; `engine` is what keys were computed with. The next scan looks at their folders, and reads none."""
    rows, now = FileRows(connection, storage_id), time.time_ns()
    found: list[FileRowValues] = []
    keys: list[tuple[bytes, str, str | None]] = []
    folders: dict[str, int] = {}
    for file in files:
        folder, name = split_path(file.path)
        if folder not in folders:
            folders[folder] = rows.folder(os.fsencode(folder)).id
        digest = bytes.fromhex(file.digest)
        stat = (file.size, file.mtime_ns, file.ctime_ns, file.inode)
        seen = (int(FileStatus.HASHED), digest, now, None, None, now)
        found.append((folders[folder], os.fsencode(name), int(file_kind(name)), *stat, *seen))
        if file.key is not None:
            keys.append((digest, file.key, engine))
    rows.put_files(found)
    connection.executemany(
        """
        INSERT INTO content (digest, key, engine) VALUES (?, ?, ?)
        ON CONFLICT (digest) DO UPDATE SET key = excluded.key, engine = excluded.engine
        """,
        keys,
    )
    connection.executemany(
        "UPDATE folder SET stat_seal = NULL, names_seal = NULL WHERE id = ?", [(one,) for one in folders.values()]
    )
    mark_changed(connection, storage_id)
