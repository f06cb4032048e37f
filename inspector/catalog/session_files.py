"""What came in with an import session and what became of it, in windows."""

import os
import sqlite3

from inspector.model.relpath import join_path
from inspector.model.sessions import SessionFile, Standing


def session_files(
    connection: sqlite3.Connection, storage_id: str, session: str, offset: int, limit: int
) -> list[SessionFile]:
    """A window of the files that the document of a session lists, by path."""
    rows = connection.execute(
        """
        SELECT DISTINCT c.folder, c.name, c.size, f.size, EXISTS (
            SELECT 1 FROM alteration a WHERE a.folder_id = d.id AND a.name = c.name
        )
        FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = 'sessions'
        LEFT JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
        LEFT JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
        WHERE c.storage_id = ? AND c.session = ? ORDER BY c.folder, c.name LIMIT ? OFFSET ?
        """,
        (storage_id, session, limit, offset),
    )
    return [
        SessionFile(join_path(os.fsdecode(folder), os.fsdecode(name)), listed, _standing(listed, size, bool(altered)))
        for folder, name, listed, size, altered in rows
    ]


def count_session_files(connection: sqlite3.Connection, storage_id: str, session: str) -> int:
    """How many files the document of a session lists, each once."""
    row = connection.execute(
        """
        SELECT count(*) FROM (
            SELECT DISTINCT c.folder, c.name, c.size
            FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = 'sessions'
            WHERE c.storage_id = ? AND c.session = ?
        )
        """,
        (storage_id, session),
    ).fetchone()
    return int(row[0])


def _standing(listed: int | None, size: int | None, altered: bool) -> Standing:
    if size is None:
        return Standing.GONE
    return Standing.CHANGED if altered or (listed is not None and listed != size) else Standing.THERE
