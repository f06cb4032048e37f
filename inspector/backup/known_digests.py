"""Digests that the last scan has of a storage's files, for those whose state is still the one it saw."""

import os
import sqlite3

from inspector.fs.profile import FileSystemProfile
from inspector.fs.walk import StatRow
from inspector.model.filestat import FileStatus


class KnownDigests:
    """Tells the digest of a file without reading it, where that is certain."""

    def __init__(self, connection: sqlite3.Connection, storage_id: str, profile: FileSystemProfile) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self._profile = profile

    def of(self, folder: str, row: StatRow) -> str | None:
        """The XXH3-128 (hex) of a file with this state; None where the catalog has none, or of another state."""
        found = self._connection.execute(
            """
            SELECT f.size, f.mtime_ns, f.ctime_ns, f.inode, f.digest FROM folder d JOIN file f ON f.folder_id = d.id
            WHERE d.storage_id = ? AND d.path = ? AND f.name = ? AND f.gone_ns IS NULL AND f.status = ?
                AND f.digest IS NOT NULL AND f.hashed_ns > f.mtime_ns + ?
            """,
            (self._storage_id, os.fsencode(folder), row[0], int(FileStatus.HASHED), self._profile.clock_step_ns),
        ).fetchone()
        if found is None or found[:2] != row[1:3]:
            return None
        if self._profile.trust_identity and found[2:4] != row[3:]:
            return None
        return bytes(found[4]).hex()
