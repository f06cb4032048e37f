"""What is known of altered files, kept apart while such a file is away: the catalog forgets a file with all of it."""

import os
import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from inspector.catalog.files import FileRows, FileStatus
from inspector.model.filekinds import file_kind
from inspector.model.relpath import join_path, split_path


class Alteration(NamedTuple):
    """A file (its path in the storage) whose bytes changed, and what it was before: times in ns since 1970."""

    path: str
    kind: str
    old_digest: bytes
    old_size: int
    old_mtime_ns: int
    seen_ns: int


def alterations_of(connection: sqlite3.Connection, storage_id: str) -> list[Alteration]:
    """What is known of the altered files of a storage."""
    rows = connection.execute(
        """
        SELECT d.path, a.name, a.kind, a.old_digest, a.old_size, a.old_mtime_ns, a.seen_ns
        FROM folder d JOIN alteration a ON a.folder_id = d.id WHERE d.storage_id = ?
        """,
        (storage_id,),
    )
    return [Alteration(join_path(os.fsdecode(folder), os.fsdecode(name)), *rest) for folder, name, *rest in rows]


def alterations_back(connection: sqlite3.Connection, storage_id: str, known: Iterable[Alteration]) -> None:
    """Know this of files again that came back; the next scan reads them. A file that is known stays as it is."""
    folders = FileRows(connection, storage_id)
    for one in known:
        folder, name = _encoded(one.path)
        folder_id = folders.folder(folder).id
        key = (folder_id, name)
        connection.execute(
            """
            INSERT OR IGNORE INTO file (folder_id, name, kind, size, mtime_ns, ctime_ns, inode, status)
            VALUES (?, ?, ?, 0, 0, 0, 0, ?)
            """,
            (*key, int(file_kind(os.fsdecode(name))), int(FileStatus.UNHASHED)),
        )
        connection.execute("INSERT OR IGNORE INTO alteration VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, *one[1:]))
        connection.execute("UPDATE folder SET stat_seal = NULL, names_seal = NULL WHERE id = ?", (folder_id,))


def alterations_moved(connection: sqlite3.Connection, storage_id: str, moves: Mapping[str, str]) -> list[Alteration]:
    """What is known of the altered files among those that move, by old path and new, as it is of them then."""
    known = alterations_of(connection, storage_id) if moves else []
    return [one._replace(path=moves[one.path]) for one in known if one.path in moves]


def _encoded(path: str) -> tuple[bytes, bytes]:
    folder, name = split_path(path)
    return os.fsencode(folder), os.fsencode(name)
