"""What was noted of how far storages are in step: the last state and since when, and quarters of an hour."""

import json
import os
import sqlite3
from typing import Any

from inspector.catalog.files import MEDIA_SQL
from inspector.model.filekinds import FileKind

KEPT_SLOTS = 192
"""Two days."""


def get_noted(
    connection: sqlite3.Connection, storage_id: str
) -> tuple[str, int, str, str, str | None, int | None] | None:
    """State, since (ns), the sync program's id and folder, path and time (ns) of the newest file; or None."""
    row = connection.execute(
        "SELECT state, since_ns, program, program_root, newest_path, newest_ns FROM sync_state WHERE storage_id = ?",
        (storage_id,),
    ).fetchone()
    if row is None:
        return None
    newest = os.fsdecode(row[4]) if row[4] is not None else None
    return row[0], row[1], row[2], os.fsdecode(row[3]), newest, row[5]


def put_noted(
    connection: sqlite3.Connection,
    storage_id: str,
    state: str,
    now_ns: int,
    program: str,
    program_root: str,
    *,
    begins: bool = False,
) -> None:
    """Note the state now; its beginning stays as long as the state does, unless it `begins` anew."""
    connection.execute(
        """
        INSERT INTO sync_state (storage_id, state, since_ns, seen_ns, program, program_root) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (storage_id) DO UPDATE SET seen_ns = excluded.seen_ns, program = excluded.program,
            program_root = excluded.program_root, state = excluded.state,
            since_ns = CASE WHEN sync_state.state = excluded.state AND NOT ? THEN sync_state.since_ns
                ELSE excluded.since_ns END
        """,
        (storage_id, state, now_ns, now_ns, program, os.fsencode(program_root), begins),
    )


def note_newest(connection: sqlite3.Connection, storage_id: str, now_ns: int) -> None:
    """Note the media file or sidecar whose own time is the latest; times to come are some clock's error."""
    row = connection.execute(
        f"""
        SELECT d.path, f.name, max(f.mtime_ns) FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id = ? AND f.gone_ns IS NULL AND (f.kind IN {MEDIA_SQL} OR f.kind = ?)
            AND f.mtime_ns <= ?
        """,
        (storage_id, int(FileKind.SIDECAR), now_ns),
    ).fetchone()
    path = b"/".join(filter(None, row[:2])) if row[1] is not None else None
    connection.execute(
        "UPDATE sync_state SET newest_path = ?, newest_ns = ? WHERE storage_id = ?", (path, row[2], storage_id)
    )


def slots_of(connection: sqlite3.Connection, storage_id: str) -> list[tuple[int, str, str, int, int]]:
    """The quarters of an hour that something was noted in: number, last state, worst state, changes, conflicts."""
    return connection.execute(
        "SELECT slot, state, worst, changes, conflicts FROM sync_slot WHERE storage_id = ? ORDER BY slot", (storage_id,)
    ).fetchall()


def put_slot(connection: sqlite3.Connection, storage_id: str, slot: tuple[int, str, str, int, int]) -> None:
    """Write a quarter of an hour, and forget those of long ago."""
    connection.execute(
        """
        INSERT INTO sync_slot (storage_id, slot, state, worst, changes, conflicts) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (storage_id, slot) DO UPDATE SET state = excluded.state, worst = excluded.worst,
            changes = excluded.changes, conflicts = excluded.conflicts
        """,
        (storage_id, *slot),
    )
    connection.execute("DELETE FROM sync_slot WHERE storage_id = ? AND slot < ?", (storage_id, slot[0] - KEPT_SLOTS))


def listing_layers(connection: sqlite3.Connection, storage_id: str) -> frozenset[str]:
    """The names of the layers that list a storage's files."""
    rows = connection.execute("SELECT name FROM layer WHERE storage_id = ? AND role = 'index'", (storage_id,))
    return frozenset(row[0] for row in rows)


def running_scan_since(connection: sqlite3.Connection, storage_id: str) -> int | None:
    """When the scan began that is marked as running (ns), if one is."""
    row = connection.execute(
        "SELECT state, began_ns FROM scan WHERE storage_id = ? ORDER BY id DESC LIMIT 1", (storage_id,)
    ).fetchone()
    return row[1] if row is not None and row[0] == "running" else None


def arriving(connection: sqlite3.Connection, storage_id: str, since_ns: int) -> tuple[int, str, int | None]:
    """Files that were being written after `since_ns`, as the last scan saw them: how many, one of them, from when."""
    row = connection.execute(
        """
        SELECT count(*), max(label), min(mtime_ns) FROM conflict
        WHERE storage_id = ? AND kind IN ('stale_temp', 'unstable_file') AND mtime_ns >= ?
        """,
        (storage_id, since_ns),
    ).fetchone()
    return int(row[0]), row[1] or "", row[2]


def unread_folders(connection: sqlite3.Connection, storage_id: str) -> list[tuple[str, str]]:
    """The folders that could not be looked into, each with the reason."""
    rows = connection.execute(
        "SELECT path, error FROM folder WHERE storage_id = ? AND error IS NOT NULL ORDER BY path", (storage_id,)
    )
    return [(os.fsdecode(path), error) for path, error in rows]


def newest_evidence(connection: sqlite3.Connection, storage_id: str, kind: str) -> tuple[str, dict[str, Any]] | None:
    """Label and evidence of the newest conflict of a kind."""
    row = connection.execute(
        "SELECT label, evidence FROM conflict WHERE storage_id = ? AND kind = ? ORDER BY mtime_ns DESC LIMIT 1",
        (storage_id, kind),
    ).fetchone()
    return (row[0], json.loads(row[1])) if row is not None else None
