"""Find files in the catalog: by digest, key, name, path, storage or session."""

import os
import sqlite3

from inspector.catalog.files import MEDIA_SQL
from inspector.model.display import is_utf8
from inspector.model.records import FileDetails
from inspector.model.relpath import join_path, split_path

_FROM = "FROM folder d JOIN file f ON f.folder_id = d.id"
_COLUMNS = "d.storage_id, d.path, f.name, f.size, f.mtime_ns, f.digest"


def locate(connection: sqlite3.Connection, wanted: str, limit: int) -> list[FileDetails]:
    """Files whose digest or key is `wanted`, or whose name is; at most `limit`, each once."""
    found: dict[tuple[str, bytes, bytes], tuple[str, bytes, bytes, int, int, bytes | None]] = {}
    for statement, argument in _searches(wanted):
        for row in connection.execute(f"{statement} LIMIT ?", (argument, limit)):
            found.setdefault(row[:3], row)
    return [_details(connection, row) for row in list(found.values())[:limit]]


def _searches(wanted: str) -> list[tuple[str, object]]:
    searches: list[tuple[str, object]] = []
    digest = _digest(wanted)
    if digest is not None:
        searches.append((f"SELECT {_COLUMNS} {_FROM} WHERE f.gone_ns IS NULL AND f.digest = ?", digest))
    if is_utf8(wanted):
        forms = dict.fromkeys((wanted, wanted.lower()))  # keys are written in lower case, and people may not
        statements = (_BY_CLAIMED_KEY, _BY_COMPUTED_KEY, _BY_VERIFIED_KEY)
        searches.extend((statement, form) for form in forms for statement in statements)
    folder, name = split_path(wanted)
    if folder:
        whole = "CAST(d.path || '/' || f.name AS BLOB)"
        searches.append((f"SELECT {_COLUMNS} {_FROM} WHERE f.gone_ns IS NULL AND {whole} = ?", os.fsencode(wanted)))
    else:
        same = "lower(CAST(f.name AS TEXT)) = lower(CAST(? AS TEXT))"
        searches.append((f"SELECT {_COLUMNS} {_FROM} WHERE f.gone_ns IS NULL AND {same}", os.fsencode(name)))
    return searches


_BY_CLAIMED_KEY = f"""
    SELECT {_COLUMNS} FROM claim c
    JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
    JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
    WHERE c.key = ?
"""

_BY_COMPUTED_KEY = f"""
    SELECT {_COLUMNS} FROM content k JOIN file f ON f.digest = k.digest JOIN folder d ON d.id = f.folder_id
    WHERE f.gone_ns IS NULL AND k.key = ?
"""


_BY_VERIFIED_KEY = f"""
    SELECT {_COLUMNS} FROM content_key k JOIN file f ON f.digest = k.digest JOIN folder d ON d.id = f.folder_id
    WHERE f.gone_ns IS NULL AND k.key = ?
"""


def _digest(text: str) -> bytes | None:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        return None
    return digest if len(digest) == 16 else None


def file_details(connection: sqlite3.Connection, storage_id: str, path: str) -> FileDetails | None:
    """What is known of the file at `path`, or None where there is none."""
    folder, name = split_path(path)
    row = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE d.storage_id = ? AND d.path = ? AND f.name = ? AND f.gone_ns IS NULL",
        (storage_id, os.fsencode(folder), os.fsencode(name)),
    ).fetchone()
    return _details(connection, row) if row is not None else None


def files_of(
    connection: sqlite3.Connection, storage_id: str, session: str | None, offset: int, limit: int
) -> list[FileDetails]:
    """A window of the media files of a storage by path, of all or of one import session."""
    if session is None:
        rows = connection.execute(
            f"""
            SELECT {_COLUMNS} {_FROM} WHERE d.storage_id = ? AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL}
            ORDER BY d.path, f.name LIMIT ? OFFSET ?
            """,
            (storage_id, limit, offset),
        ).fetchall()
    else:
        rows = connection.execute(
            f"""
            SELECT DISTINCT {_COLUMNS} FROM claim c
            JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
            JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
            WHERE c.storage_id = ? AND c.session = ? ORDER BY d.path, f.name LIMIT ? OFFSET ?
            """,
            (storage_id, session, limit, offset),
        ).fetchall()
    return [_details(connection, row) for row in rows]


def _details(connection: sqlite3.Connection, row: tuple[str, bytes, bytes, int, int, bytes | None]) -> FileDetails:
    storage_id, folder, name, size, mtime_ns, digest = row
    claims = connection.execute(
        "SELECT DISTINCT layer, CASE WHEN layer = 'sidecars' THEN NULL ELSE key END FROM claim"
        " WHERE storage_id = ? AND folder = ? AND name = ?",
        (storage_id, folder, name),
    ).fetchall()
    return FileDetails(
        storage_id,
        join_path(os.fsdecode(folder), os.fsdecode(name)),
        size,
        mtime_ns,
        digest.hex() if digest is not None else None,
        next((key for _, key in claims if key is not None), None),
        tuple(sorted({layer for layer, _ in claims})),
    )
