"""Storages, their layers, sessions and scans in the catalog."""

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from inspector.catalog.files import MEDIA_SQL, SIDECAR_LAYER, FileRows
from inspector.catalog.references import is_protected, protected_roots
from inspector.model.display import counted, display_text, is_a_file_name
from inspector.model.records import LayerInfo, Session, StorageInfo, StorageState
from inspector.model.scanmode import ScanCounts, ScanMode

_COLUMNS = "id, layout, identity, name, root, state, reason, files, bytes, file_system, last_scan_ns"


def put_storage(connection: sqlite3.Connection, storage: StorageInfo) -> None:
    """Insert a storage, or update its name, root and file system; its protection and what its scans found stay."""
    connection.execute(
        """
        INSERT INTO storage (id, layout, identity, name, root, state, file_system) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, root = excluded.root, layout = excluded.layout,
            identity = excluded.identity,
            file_system = CASE WHEN excluded.file_system = '' THEN storage.file_system ELSE excluded.file_system END
        """,
        (
            storage.id,
            storage.layout,
            _to_bytes(storage.identity),
            _to_bytes(storage.name),
            os.fsencode(storage.root),
            storage.state,
            storage.file_system,
        ),
    )


def set_identity(connection: sqlite3.Connection, storage_id: str, identity: str) -> None:
    """Say that a storage goes by another identity than before: its row, and all that refers to it, stays its own."""
    connection.execute("UPDATE storage SET identity = ? WHERE id = ?", (_to_bytes(identity), storage_id))


def note_gathering(connection: sqlite3.Connection, storage_id: str, place: str) -> None:
    """Say that a storage was opened by a place that stands for some, as a program's profile."""
    connection.execute("INSERT OR IGNORE INTO gathering VALUES (?, ?)", (storage_id, os.fsencode(place)))


def gatherings_of(connection: sqlite3.Connection, root: str) -> list[str]:
    """The places by which the storages at this root were opened."""
    rows = connection.execute(
        "SELECT DISTINCT place FROM gathering g JOIN storage s ON s.id = g.storage_id WHERE s.root = ? ORDER BY place",
        (os.fsencode(root),),
    )
    return [os.fsdecode(place) for (place,) in rows]


def gathered_by(connection: sqlite3.Connection, place: str) -> list[str]:
    """The ids of the storages that were opened by this place."""
    rows = connection.execute("SELECT storage_id FROM gathering WHERE place = ?", (os.fsencode(place),))
    return [storage_id for (storage_id,) in rows]


def set_layout(connection: sqlite3.Connection, storage_id: str, layout: str, identity: str, name: str) -> None:
    """Say that a storage became one of another kind: its row, and all that refers to it, stays its own."""
    connection.execute(
        "UPDATE storage SET layout = ?, identity = ?, name = ?, changed = 1 WHERE id = ?",
        (layout, _to_bytes(identity), _to_bytes(name), storage_id),
    )


def drop_unscanned(connection: sqlite3.Connection, storage_id: str) -> None:
    """Forget a storage that was never scanned, and so of which nothing is known."""
    connection.execute("DELETE FROM storage WHERE id = ? AND last_scan_ns IS NULL", (storage_id,))


def all_gatherings(connection: sqlite3.Connection) -> list[str]:
    """The places by which any storages were opened."""
    rows = connection.execute("SELECT DISTINCT place FROM gathering ORDER BY place")
    return [os.fsdecode(place) for (place,) in rows]


def forget_gathering(connection: sqlite3.Connection, place: str) -> None:
    """Forget that storages were opened by this place."""
    connection.execute("DELETE FROM gathering WHERE place = ?", (os.fsencode(place),))


def identities_and_roots(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """What each storage goes by, and where it was seen last."""
    rows = connection.execute("SELECT identity, root FROM storage ORDER BY root")
    return [(os.fsdecode(identity), os.fsdecode(root)) for identity, root in rows]


def get_storage(connection: sqlite3.Connection, storage_id: str) -> StorageInfo | None:
    """One storage with its layers, or None."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM storage WHERE id = ?", (storage_id,)).fetchone()
    return _storage(connection, row, protected_roots(connection)) if row is not None else None


def all_storages(connection: sqlite3.Connection) -> list[StorageInfo]:
    """Every known storage, by name."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM storage ORDER BY name, root").fetchall()
    protected = protected_roots(connection)
    return [_storage(connection, row, protected) for row in rows]


def _to_bytes(text: str) -> bytes:
    """A name or an id, which a document may have filled with anything, so that it can be stored."""
    return text.encode("utf-8", "surrogateescape" if is_a_file_name(text) else "backslashreplace")


def _storage(connection: sqlite3.Connection, row: tuple, protected: list[bytes]) -> StorageInfo:  # type: ignore[type-arg]
    storage_id, layout, identity, name, root, state, reason, files, size, file_system, last_scan_ns = row
    return StorageInfo(
        storage_id,
        layout,
        os.fsdecode(identity),
        os.fsdecode(name),
        os.fsdecode(root),
        StorageState(state),
        reason,
        files,
        size,
        file_system,
        last_scan_ns,
        _layers(connection, storage_id, files, scanned=last_scan_ns is not None),
        is_protected(root, protected),
    )


def _layers(connection: sqlite3.Connection, storage_id: str, files: int, *, scanned: bool) -> tuple[LayerInfo, ...]:
    if not scanned:
        return ()
    rows = connection.execute(
        "SELECT name, claims, state FROM layer WHERE storage_id = ? ORDER BY position", (storage_id,)
    )
    return (LayerInfo("files", files), *(LayerInfo(*row) for row in rows))


def set_state(connection: sqlite3.Connection, storage_id: str, state: StorageState, reason: str = "") -> None:
    """Say what is known of a storage's presence."""
    connection.execute(
        "UPDATE storage SET state = ?, reason = ? WHERE id = ?", (state, display_text(reason), storage_id)
    )


def set_present(connection: sqlite3.Connection, storage_id: str) -> None:
    """Say that a storage that was offline is there again, as its last scan left it."""
    connection.execute(
        """
        UPDATE storage SET reason = '', state = CASE WHEN last_scan_ns IS NULL THEN ? ELSE ? END
        WHERE id = ? AND state = ?
        """,
        (StorageState.NEW, StorageState.READY, storage_id, StorageState.OFFLINE),
    )


def mark_changed(connection: sqlite3.Connection, storage_id: str) -> None:
    """Say that what the catalog holds of a storage changed, so that its conflicts have to be worked out again."""
    connection.execute("UPDATE storage SET changed = 1 WHERE id = ? AND changed = 0", (storage_id,))


def is_changed(connection: sqlite3.Connection, storage_id: str) -> bool:
    """Whether something changed since the storage's conflicts were worked out."""
    row = connection.execute("SELECT changed FROM storage WHERE id = ?", (storage_id,)).fetchone()
    return row is None or bool(row[0])


def finish_storage(connection: sqlite3.Connection, storage_id: str, counts: ScanCounts, state: StorageState) -> None:
    """Store the totals of a finished scan."""
    connection.execute(
        "UPDATE storage SET files = ?, bytes = ?, state = ?, reason = '', last_scan_ns = ? WHERE id = ?",
        (counts.files, counts.bytes, state, time.time_ns(), storage_id),
    )


def put_layer(
    connection: sqlite3.Connection,
    storage_id: str,
    name: str,
    position: int,
    role: str,
    state: str,
    claims: int,
) -> None:
    """Insert or replace what is known of one layer."""
    connection.execute(
        """
        INSERT INTO layer (storage_id, name, position, role, state, claims) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (storage_id, name) DO UPDATE SET position = excluded.position, role = excluded.role,
            state = excluded.state, claims = excluded.claims
        """,
        (storage_id, name, position, role, state, claims),
    )


def count_own_layers(connection: sqlite3.Connection, storage_id: str) -> tuple[int, int]:
    """The claims of the sidecars beside the files, and of the catalog's memory of earlier scans."""
    sidecars = connection.execute(
        f"SELECT count(*) FROM claim WHERE storage_id = ? AND layer = '{SIDECAR_LAYER}'", (storage_id,)
    ).fetchone()[0]
    gone = connection.execute(
        f"""
        SELECT count(*) FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id = ? AND f.gone_ns IS NOT NULL AND f.kind IN {MEDIA_SQL}
        """,
        (storage_id,),
    ).fetchone()[0]
    files, _ = FileRows(connection, storage_id).totals()
    return int(sidecars), files + int(gone)


def sessions_of(connection: sqlite3.Connection, storage_id: str) -> list[Session]:
    """The import sessions of a storage, newest first."""
    rows = connection.execute(
        """
        SELECT storage_id, id, title, started, source, files, bytes, errors, document FROM session
        WHERE storage_id = ? ORDER BY started DESC, id
        """,
        (storage_id,),
    )
    return [
        Session(
            storage_id=row[0],
            id=json.loads(row[1]),
            title=json.loads(row[2]),
            started=json.loads(row[3]),
            source=json.loads(row[4]),
            files=row[5],
            bytes=row[6],
            errors=row[7],
            document=json.loads(row[8]),
        )
        for row in rows
    ]


def put_sessions(connection: sqlite3.Connection, storage_id: str, layer: str, sessions: Iterable[Session]) -> None:
    """Add sessions that a layer's documents tell of."""
    connection.executemany(
        "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                storage_id,
                layer,
                json.dumps(session.id),
                json.dumps(session.title),
                json.dumps(session.started),
                json.dumps(session.source),
                session.files,
                session.bytes,
                session.errors,
                json.dumps(session.document),
            )
            for session in sessions
        ),
    )


ScanRow = tuple[Any, ...]


def scans_of(
    connection: sqlite3.Connection, storage_id: str, limit: int = 200, *, folded: bool = False
) -> list[Session]:
    """The last scans of a storage as sessions, newest first.

    With `folded`, scans that found nothing changed are one session with those before them that did not either.
    """
    rows = connection.execute(
        """
        SELECT id, mode, deep, state, began_ns, files, bytes, unreadable, added, altered, gone FROM scan
        WHERE storage_id = ? ORDER BY id DESC LIMIT ?
        """,
        (storage_id, limit),
    ).fetchall()
    sessions: list[Session] = []
    for count, row in _runs(rows) if folded else ((1, row) for row in rows):
        number, mode, deep, state, began_ns, files, size, unreadable, added, altered, gone = row
        how = f"{mode}{' and deep' if deep else ''} scan"
        title = f"{how} {state}: {added:,} new, {altered:,} changed, {gone:,} gone"
        if count > 1:
            title = f"unchanged in {counted(count, how)}"
        sessions.append(Session(storage_id, str(number), title, _iso(began_ns), "", files, size, unreadable))
    return sessions


def _runs(rows: Iterable[ScanRow]) -> Iterator[tuple[int, ScanRow]]:
    """Of scans one after the other that are alike and met nothing but what was known, the first, with their number."""
    for _, run in groupby(rows, lambda row: (row[1:4], row[7:]) if not any(row[7:]) and row[3] == "done" else row[0]):
        alike = list(run)
        yield len(alike), alike[0]


def _iso(when_ns: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when_ns / 1e9))


def last_mode(connection: sqlite3.Connection, storage_id: str) -> ScanMode | None:
    """How a storage was last scanned, a full scan counting as a smart one: what to do to see what changed since."""
    row = connection.execute(
        "SELECT mode FROM scan WHERE storage_id = ? ORDER BY id DESC LIMIT 1", (storage_id,)
    ).fetchone()
    if row is None:
        return None
    return ScanMode.QUICK if row[0] == ScanMode.QUICK else ScanMode.SMART


def compared_with(connection: sqlite3.Connection, storage_id: str) -> list[str]:
    """The storages, with this one, whose conflicts were last worked out together with its own."""
    row = connection.execute("SELECT reconciled_with FROM storage WHERE id = ?", (storage_id,)).fetchone()
    return sorted({storage_id, *(row[0].split() if row is not None else ())})


_RESUME_WITHIN_NS = 7 * 86_400 * 1_000_000_000
"""What an interrupted full scan read longer ago than a week does not count as read."""


def begin_scan(connection: sqlite3.Connection, storage_id: str, mode: ScanMode, *, deep: bool) -> tuple[int, int]:
    """Open a scan's row and return its id and the time (ns) since which hashes count as verified.

    A full scan that was interrupted is taken up: what it had read stays read. The caller holds the storage's lock,
    so a scan that is still marked as running has died.
    """
    now = time.time_ns()
    last = connection.execute(
        "SELECT mode, state, started_ns FROM scan WHERE storage_id = ? ORDER BY id DESC LIMIT 1", (storage_id,)
    ).fetchone()
    resumed = (
        last is not None
        and last[0] == mode
        and last[1] in {"running", "cancelled", "offline", "failed"}
        and now - last[2] < _RESUME_WITHIN_NS
    )
    started_ns = last[2] if resumed else now
    connection.execute(
        "UPDATE scan SET state = 'interrupted', finished_ns = ? WHERE storage_id = ? AND state = 'running'",
        (now, storage_id),
    )
    cursor = connection.execute(
        "INSERT INTO scan (storage_id, mode, deep, state, began_ns, started_ns) VALUES (?, ?, ?, 'running', ?, ?)",
        (storage_id, mode, int(deep), now, started_ns),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, started_ns


def end_given_up(connection: sqlite3.Connection, storage_id: str, message: str) -> None:
    """Say that the scan of a storage that goes on was given up, as the storage is not there any more."""
    set_state(connection, storage_id, StorageState.OFFLINE, message)
    connection.execute(
        "UPDATE scan SET state = 'offline', finished_ns = ?, message = ? WHERE storage_id = ? AND state = 'running'",
        (time.time_ns(), display_text(message), storage_id),
    )


def last_scan_id(connection: sqlite3.Connection, storage_id: str) -> int:
    """The id of the scan of all of a storage that began last; 0 where none ever did."""
    row = connection.execute("SELECT max(id) FROM scan WHERE storage_id = ?", (storage_id,)).fetchone()
    return int(row[0] or 0)


def was_scanned_whole_since(connection: sqlite3.Connection, storage_id: str, scan_id: int) -> bool:
    """Whether a scan of all of a storage that began after that one read what had changed, and came to its end."""
    row = connection.execute(
        "SELECT 1 FROM scan WHERE storage_id = ? AND id > ? AND state = 'done' AND mode != ? LIMIT 1",
        (storage_id, scan_id, ScanMode.QUICK),
    ).fetchone()
    return row is not None


def end_scan(connection: sqlite3.Connection, scan_id: int, state: str, counts: ScanCounts, message: str = "") -> None:
    """Close a scan's row: `state` is done, cancelled, offline, guard or failed."""
    connection.execute(
        """
        UPDATE scan SET state = ?, finished_ns = ?, files = ?, bytes = ?, hashed = ?, added = ?, altered = ?, gone = ?,
            unreadable = ?, vanished = ?, unstable = ?, message = ? WHERE id = ?
        """,
        (
            state,
            time.time_ns(),
            counts.files,
            counts.bytes,
            counts.hashed,
            counts.added,
            counts.altered,
            counts.gone,
            counts.unreadable,
            counts.vanished,
            counts.unstable,
            display_text(message),
            scan_id,
        ),
    )
