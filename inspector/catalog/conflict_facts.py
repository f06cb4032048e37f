"""What lists are filtered and sorted by beside what a finding says: size, time and session of its first path."""

import os
import sqlite3
from typing import NamedTuple

from inspector.model.records import Finding
from inspector.model.relpath import split_path

_LARGEST = (1 << 63) - 1


class Facts(NamedTuple):
    """Bytes, ns since 1970, and the id of the import session; None where it is not known."""

    size: int | None
    mtime_ns: int | None
    session: str | None


class FactsReader:
    """Reads them from the evidence, and what it does not say from the files and claims of the catalog."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._have_sessions = {
            row[0] for row in connection.execute("SELECT DISTINCT storage_id FROM claim WHERE session IS NOT NULL")
        }

    def of(self, storage_id: str, finding: Finding) -> Facts:
        """The facts of a finding."""
        evidence = finding.evidence
        size, mtime_ns = _number(evidence.get("size")), _number(evidence.get("mtime_ns"))
        said = evidence.get("session")
        session = said if isinstance(said, str) else None
        wants_session = session is None and storage_id in self._have_sessions
        if not finding.paths or not (size is None or mtime_ns is None or wants_session):
            return Facts(size, mtime_ns, session)
        try:
            place = (storage_id, *(os.fsencode(part) for part in split_path(finding.paths[0])))
        except UnicodeEncodeError:  # a path in a document that no file can have
            return Facts(size, mtime_ns, session)
        if size is None or mtime_ns is None:
            row = self._connection.execute(_FILE, place).fetchone()
            if row is not None:
                size, mtime_ns = row[0] if size is None else size, row[1] if mtime_ns is None else mtime_ns
        if wants_session:
            claimed = self._connection.execute(_SESSION, place).fetchone()
            session = claimed[0] if claimed is not None else None
        return Facts(size, mtime_ns, session)


_FILE = """
    SELECT f.size, f.mtime_ns FROM folder d JOIN file f ON f.folder_id = d.id
    WHERE d.storage_id = ? AND d.path = ? AND f.name = ? AND f.gone_ns IS NULL
"""
_SESSION = """
    SELECT session FROM claim WHERE storage_id = ? AND folder = ? AND name = ? AND session IS NOT NULL
    ORDER BY session LIMIT 1
"""


def _number(value: object) -> int | None:
    return value if type(value) is int and abs(value) <= _LARGEST else None
