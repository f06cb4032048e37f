"""How one file stands by the catalog: its stat, its content, and whether something is known to be wrong with it."""

import os
import sqlite3
from dataclasses import dataclass

from inspector.model.filestat import FileStatus
from inspector.model.relpath import split_path


@dataclass(frozen=True, slots=True)
class Standing:
    """A file as the last scan saw it. `key` is None where its content's key was never computed.

    `is_settled` says that its digest can be believed as long as its stat is the same; `is_altered` that a scan found
    its bytes changed, or that a document lists it with another size; `is_broken` that it cannot be decoded.
    """

    stat: tuple[int, int, int, int]
    digest: str | None
    key: str | None
    is_settled: bool
    is_altered: bool
    is_broken: bool

    def is_at(self, status: os.stat_result) -> bool:
        """Whether the file is as it was seen: size, times and inode."""
        return self.stat == (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def standing(connection: sqlite3.Connection, storage_id: str, path: str, engine: str | None) -> Standing | None:
    """How a file stands; None where the catalog has none there. `engine` is what its key is to be computed with."""
    folder, name = map(os.fsencode, split_path(path))
    row = connection.execute(_STANDING, {"storage": storage_id, "folder": folder, "name": name}).fetchone()
    if row is None:
        return None
    *stat, status, digest, hashed_ns, altered, key, key_engine, state = row
    is_settled = status == FileStatus.HASHED and digest is not None and hashed_ns > 0 and not altered
    return Standing(
        (stat[0], stat[1], stat[2], stat[3]),
        digest.hex() if digest is not None else None,
        key if key_engine == engine else None,
        is_settled,
        bool(altered),
        state in _BROKEN,
    )


_BROKEN = ("undecodable", "failed")
_STANDING = """
    SELECT f.size, f.mtime_ns, f.ctime_ns, f.inode, f.status, f.digest, f.hashed_ns,
        EXISTS (SELECT 1 FROM alteration a WHERE a.folder_id = f.folder_id AND a.name = f.name)
        OR EXISTS (
            SELECT 1 FROM claim c WHERE c.storage_id = d.storage_id AND c.folder = d.path AND c.name = f.name
            AND c.size <> f.size
        ),
        k.key, k.engine, k.state
    FROM folder d JOIN file f ON f.folder_id = d.id LEFT JOIN content k ON k.digest = f.digest
    WHERE d.storage_id = :storage AND d.path = :folder AND f.name = :name AND f.gone_ns IS NULL
"""
