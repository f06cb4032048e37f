"""Which files may stand in for one that is missing: what the catalog knows against each of them."""

import os
import sqlite3
from dataclasses import dataclass

from inspector.model.filekinds import FileKind
from inspector.model.filestat import FileStatus
from inspector.model.relpath import split_path

OTHER_BYTES = "the same picture, with other bytes"
"""What is said of a file that a key alone tells to be the one that is wanted."""
_DOUBTS = {
    "suspected_rot": "damaged: its bytes changed by themselves",
    "content_changed": "edited since it was first read",
    "size": "of another size than is recorded of it",
    "undecodable": "cannot be decoded",
}


_NEVER = (FileStatus.UNREADABLE, FileStatus.UNSTABLE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be what is wanted: where it is, and how it is known, by its `digest` or its `key`."""

    storage_id: str
    folder: bytes
    name: bytes
    same: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What the catalog says of a candidate: never to be taken where not `usable`, else only knowing the `doubt`."""

    usable: bool
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is wanted: its digest (hex) and its key, where they are known, and the size recorded of it."""

    digest: str | None = None
    key: str | None = None
    size: int | None = None


def judged(connection: sqlite3.Connection, candidate: Candidate, wanted: Wanted) -> Judged:
    """Whether a candidate may be taken for what is wanted, and what is to be said of it then.

    What rots, cannot be read or holds nothing is never taken. What is known to have changed, or to be the same picture
    with other bytes, is in doubt.
    """
    row = connection.execute(
        _FACTS, (candidate.storage_id, candidate.storage_id, candidate.folder, candidate.name)
    ).fetchone()
    if row is None:
        return Judged(False)
    size, status, alteration, undecodable, other_size = row
    if status in _NEVER or not size:
        return Judged(False)
    if alteration == "suspected_rot":
        return Judged(False, _DOUBTS["suspected_rot"])
    if candidate.same == "key" and (wanted.digest is not None or (wanted.size is not None and wanted.size != size)):
        return Judged(True, OTHER_BYTES)
    if alteration is not None:
        return Judged(True, _DOUBTS["content_changed"])
    if undecodable:
        return Judged(True, _DOUBTS["undecodable"])
    return Judged(True, _DOUBTS["size"] if other_size else "")


def judged_at(connection: sqlite3.Connection, storage_id: str, path: str, same: str, wanted: Wanted) -> Judged:
    """As `judged`, of the file at a path."""
    folder, name = split_path(path)
    return judged(connection, Candidate(storage_id, os.fsencode(folder), os.fsencode(name), same), wanted)


_FACTS = f"""
    SELECT f.size, f.status, a.kind,
        f.kind = {int(FileKind.PICTURE)} AND k.state IN ('undecodable', 'failed'),
        EXISTS (SELECT 1 FROM claim c WHERE c.storage_id = ? AND c.folder = d.path AND c.name = f.name
            AND c.size <> f.size)
    FROM folder d JOIN file f ON f.folder_id = d.id
    LEFT JOIN alteration a ON a.folder_id = f.folder_id AND a.name = f.name
    LEFT JOIN content k ON k.digest = f.digest
    WHERE d.storage_id = ? AND d.path = ? AND f.name = ? AND f.gone_ns IS NULL
"""
