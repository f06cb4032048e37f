"""Missing, moved and orphaned files: what the layers claim joined with what is on disk, as sets in the catalog."""

import json
import os
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from inspector.catalog.copies import Candidate, Wanted, judged
from inspector.catalog.files import MEDIA_SQL, UNREAD
from inspector.layouts.base import LayerRole
from inspector.model.kinds import Severity
from inspector.model.records import Finding
from inspector.model.relpath import join_path

_EXAMPLES = 10
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class IndexState:
    """What of a storage's index layers can be relied on."""

    usable: bool
    """Some index layer was read, at least in part: its claims count."""
    complete: bool
    """Every index layer was read whole: a file that none of them lists is an orphan."""


def index_state(connection: sqlite3.Connection, storage_id: str) -> IndexState:
    """Look at the states of a storage's index layers."""
    states = [
        row[0]
        for row in connection.execute(
            "SELECT state FROM layer WHERE storage_id = ? AND role = ?", (storage_id, LayerRole.INDEX)
        )
    ]
    return IndexState(
        any(state in {"ok", "partial"} for state in states), bool(states) and all(s == "ok" for s in states)
    )


def find_lost_and_found(connection: sqlite3.Connection, storage_id: str, index: IndexState) -> None:
    """Fill the connection's own tables `lost`, `found` and `move` for one storage.

    `lost`: paths that an index claims, or that the memory of earlier scans holds where there is no index to ask, and
    that are not on disk. `found`: files on disk that could be those. `move`: the pairs, by digest, else by key, else
    by size, time and name.
    """
    connection.create_function("nfc", 1, _nfc, deterministic=True)
    _find_lost(connection, storage_id, index)
    if not index.complete:
        connection.execute(_LOST_FROM_MEMORY, {"storage": storage_id})
        if _any_lost(connection):
            connection.execute(_FOUND_LATER, {"storage": storage_id})
    else:
        connection.execute(_FOUND_UNCLAIMED, {"storage": storage_id})
    connection.execute("CREATE INDEX temp.found_by_digest ON found (digest)")
    connection.execute("CREATE INDEX temp.lost_by_digest ON lost (digest)")
    if _any_lost(connection):
        for how, statement in _PAIRINGS:
            connection.execute(statement, {"how": how, "indexed": index.complete})


def is_any_listed_lost(connection: sqlite3.Connection, storage_id: str, index: IndexState) -> bool:
    """Whether a path that an index claims is not on disk: what `find_lost_and_found` would tell, sooner."""
    _find_lost(connection, storage_id, index)
    return _any_lost(connection)


def _find_lost(connection: sqlite3.Connection, storage_id: str, index: IndexState) -> None:
    for statement in _TABLES:
        connection.execute(statement)
    role = LayerRole.INDEX if index.usable else LayerRole.SESSIONS
    connection.execute(_LOST_FROM_CLAIMS, {"storage": storage_id, "role": role})


def _any_lost(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM temp.lost)").fetchone()[0])


def keys_wanted(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """Files (path, digest) whose key would tell whether they are what was lost; after `find_lost_and_found`."""
    rows = connection.execute(
        f"""
        SELECT n.folder, n.name, n.digest FROM temp.found n LEFT JOIN content c ON c.digest = n.digest
        WHERE n.digest IS NOT NULL AND c.key IS NULL AND n.kind IN {MEDIA_SQL}
            AND EXISTS (
                SELECT 1 FROM temp.lost l WHERE l.key IS NOT NULL
                    AND l.id NOT IN (SELECT lost FROM temp.move WHERE how IN ('digest', 'unicode'))
            )
            AND n.id NOT IN (SELECT found FROM temp.move WHERE how IN ('digest', 'unicode'))
        """
    ).fetchall()
    for folder, name, digest in rows:
        yield _path(folder, name), digest


def missing_and_moved(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`path_mismatch` for what was paired, `missing_file` for what was lost and not found."""
    yield from _moved(connection)
    _find_copies(connection)
    rows = connection.execute(
        """
        SELECT l.folder, l.name, l.key, l.size, l.mtime_ns, l.digest, l.layers, l.session, l.gone_ns
        FROM temp.lost l WHERE l.id NOT IN (SELECT lost FROM temp.move)
        """
    )
    for folder, name, key, size, mtime_ns, digest, layers, session, gone_ns in rows:
        path = _path(folder, name)
        evidence: dict[str, Any] = {
            "layers": sorted(layers.split("\n")),
            "key": key,
            "size": size,
            "mtime_ns": mtime_ns,
            "digest": digest.hex() if digest else None,
            "session": session,
            "gone_since_ns": gone_ns,
            **_copies_elsewhere(connection, Wanted(digest.hex() if digest else None, key, size), storage_id),
            "used_by": _users(connection, storage_id, folder, name),
            "now": _what_is_there(connection, storage_id, folder, name),
        }
        yield Finding("missing_file", path, (path,), _without_none(evidence))


def orphans(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`orphan_file` for media on disk that no index lists, that are not moved ones and no sync program's copies."""
    copies = _certain_conflict_copies(connection, storage_id)
    rows = connection.execute(
        f"""
        SELECT n.folder, n.name, n.size, n.mtime_ns, n.digest, c.key FROM temp.found n
        LEFT JOIN content c ON c.digest = n.digest
        WHERE n.kind IN {MEDIA_SQL} AND n.id NOT IN (SELECT found FROM temp.move)
        """
    )
    for folder, name, size, mtime_ns, digest, key in rows:
        path = _path(folder, name)
        if path in copies:
            continue
        evidence = {"size": size, "mtime_ns": mtime_ns, "digest": digest.hex() if digest else None, "key": key}
        if digest is not None:
            evidence["copy_of"] = _indexed_copy(connection, storage_id, digest)
        yield Finding("orphan_file", path, (path,), _without_none(evidence))


def _certain_conflict_copies(connection: sqlite3.Connection, storage_id: str) -> set[str]:
    rows = connection.execute(
        """
        SELECT d.path, h.names, h.evidence FROM hint h JOIN folder d ON d.id = h.folder_id
        WHERE d.storage_id = ? AND h.kind = 'sync_conflict_copy'
        """,
        (storage_id,),
    )
    return {
        join_path(os.fsdecode(folder), json.loads(names)[0])
        for folder, names, evidence in rows
        if json.loads(evidence)["confidence"] != "C"
    }


def _moved(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(
        """
        SELECT m.value, m.how, l.folder, l.name, l.layers, l.session, n.folder, n.name
        FROM temp.move m JOIN temp.lost l ON l.id = m.lost JOIN temp.found n ON n.id = m.found
        ORDER BY m.how, m.value
        """
    )
    for (value, how), group in groupby(rows, key=lambda row: (row[0], row[1])):
        pairs = list(group)
        old = sorted({_path(row[2], row[3]) for row in pairs})
        new = sorted({_path(row[6], row[7]) for row in pairs})
        evidence: dict[str, Any] = {
            "old_paths": old,
            "new_paths": new,
            "same": how,
            "layers": sorted({layer for row in pairs for layer in row[4].split("\n")}),
            "ambiguous": len(old) > 1 or len(new) > 1,
        }
        if how == "unicode":
            yield Finding("path_mismatch", old[0], (old[0], new[0]), evidence, Severity.INFO)
        else:
            yield Finding("path_mismatch", f"{how}:{value}", (*old, *new), evidence)


def _what_is_there(connection: sqlite3.Connection, storage_id: str, folder: bytes, name: bytes) -> str | None:
    """What took the place of a missing file, where something did."""
    row = connection.execute(
        """
        SELECT h.evidence FROM folder d JOIN hint h ON h.folder_id = d.id
        WHERE d.storage_id = ? AND d.path = ? AND h.kind = ? AND h.subject = ?
        """,
        (storage_id, folder, UNREAD, json.dumps(os.fsdecode(name))),
    ).fetchone()
    if row is not None:
        return str(json.loads(row[0])["is"])
    path = os.fsencode(_path(folder, name))
    is_folder = connection.execute(
        "SELECT 1 FROM folder WHERE storage_id = ? AND path = ? AND names_seal IS NOT NULL", (storage_id, path)
    ).fetchone()
    return "a folder" if is_folder else None


def _find_copies(connection: sqlite3.Connection) -> None:
    """Fill the connection's own table `copy` with the files of all storages that have what was lost, in one pass."""
    connection.execute("DROP TABLE IF EXISTS temp.copy")
    connection.execute("CREATE TEMP TABLE copy (digest BLOB, storage_id TEXT, folder BLOB, name BLOB)")
    wanted = "FROM temp.lost WHERE digest IS NOT NULL AND id NOT IN (SELECT lost FROM temp.move)"
    if connection.execute(f"SELECT EXISTS (SELECT 1 {wanted})").fetchone()[0]:
        connection.execute(
            f"""
            INSERT INTO temp.copy
            SELECT f.digest, d.storage_id, d.path, f.name FROM file f CROSS JOIN folder d ON d.id = f.folder_id
            WHERE f.gone_ns IS NULL AND f.digest IN (SELECT digest {wanted})
            """
        )
    connection.execute("CREATE INDEX temp.copy_by_digest ON copy (digest)")


def _copies_elsewhere(connection: sqlite3.Connection, wanted: Wanted, storage_id: str) -> dict[str, Any]:
    """Evidence of where what is missing is to be had: `same_content_at`, or else `altered_copies_at`."""
    sound: list[dict[str, str]] = []
    altered: list[dict[str, str]] = []
    for storage_name, one in _candidates(connection, wanted, storage_id):
        verdict = judged(connection, one, wanted)
        if not verdict.usable:
            continue
        copy = _copy((one.storage_id, storage_name, one.folder, one.name), one.same)
        if not verdict.doubt:
            sound.append(copy)
        elif copy["path"] not in {known["path"] for known in altered if known["storage"] == one.storage_id}:
            altered.append({**copy, "doubt": verdict.doubt})
    if sound:
        return {"same_content_at": [one for one in sound if one["same"] == sound[0]["same"]][:_EXAMPLES]}
    return {"altered_copies_at": altered[:_EXAMPLES]} if altered else {}


def _candidates(connection: sqlite3.Connection, wanted: Wanted, storage_id: str) -> Iterator[tuple[bytes, Candidate]]:
    """Files with the digest, or else the key, with the names of their storages; away ones are left out."""
    found = 0
    if wanted.digest is not None:
        rows = connection.execute(
            """
            SELECT s.name, c.storage_id, c.folder, c.name FROM temp.copy c
            JOIN storage s ON s.id = c.storage_id AND s.state <> 'offline'
            WHERE c.digest = ? ORDER BY c.storage_id <> ?, c.storage_id, c.folder, c.name LIMIT ?
            """,
            (bytes.fromhex(wanted.digest), storage_id, _LOOKED_AT),
        ).fetchall()
        found = len(rows)
        yield from ((row[0], Candidate(row[1], row[2], row[3], "digest")) for row in rows)
    if wanted.key is not None and found < _LOOKED_AT:
        rows = connection.execute(
            """
            SELECT DISTINCT s.name, c.storage_id, c.folder, c.name FROM claim c
            JOIN storage s ON s.id = c.storage_id AND s.state <> 'offline'
            JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
            JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
            WHERE c.key = ? AND c.storage_id <> ? LIMIT ?
            """,
            (wanted.key, storage_id, _LOOKED_AT),
        ).fetchall()
        yield from ((row[0], Candidate(row[1], row[2], row[3], "key")) for row in rows)


def with_copies(connection: sqlite3.Connection, finding: Finding, storage_id: str) -> Finding:
    """A finding that a document made about a missing picture, with where the picture is to be had."""
    key = finding.evidence.get("key")
    if finding.kind != "missing_reference" or not isinstance(key, str):
        return finding
    copies = _copies_elsewhere(connection, Wanted(key=key), storage_id)
    return replace(finding, evidence={**finding.evidence, **copies}) if copies else finding


def _users(connection: sqlite3.Connection, storage_id: str, folder: bytes, name: bytes) -> list[str] | None:
    """The layers that tell of a use of a file."""
    rows = connection.execute(
        """
        SELECT DISTINCT c.layer FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer
        WHERE c.storage_id = ? AND c.folder = ? AND c.name = ? AND y.role = ? ORDER BY 1
        """,
        (storage_id, folder, name, LayerRole.REFERENCES),
    )
    return [row[0] for row in rows] or None


def _copy(row: tuple[str, bytes, bytes, bytes], same: str) -> dict[str, str]:
    storage_id, storage_name, folder, name = row
    path = _path(folder, name)
    return {"storage": storage_id, "storage_name": os.fsdecode(storage_name), "path": path, "same": same}


def _indexed_copy(connection: sqlite3.Connection, storage_id: str, digest: bytes) -> str | None:
    """The path of an indexed file with the same bytes, whose entry is in the way of a second one."""
    row = connection.execute(
        """
        SELECT d.path, f.name FROM file f JOIN folder d ON d.id = f.folder_id
        JOIN claim c ON c.storage_id = d.storage_id AND c.folder = d.path AND c.name = f.name
        JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = 'index'
        WHERE f.digest = ? AND f.gone_ns IS NULL
            AND d.storage_id = ? LIMIT 1
        """,
        (digest, storage_id),
    ).fetchone()
    return _path(row[0], row[1]) if row else None


def forget_what_no_index_lists(connection: sqlite3.Connection, storage_id: str) -> None:
    """Drop the memory of files that are gone from disk and from the index alike: the two agree."""
    connection.execute(
        """
        DELETE FROM file WHERE gone_ns IS NOT NULL AND folder_id IN (SELECT id FROM folder WHERE storage_id = :storage)
            AND NOT EXISTS (
                SELECT 1 FROM claim c JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
                WHERE c.storage_id = :storage AND d.id = file.folder_id AND c.name = file.name
            )
        """,
        {"storage": storage_id},
    )


def _path(folder: bytes, name: bytes) -> str:
    return join_path(os.fsdecode(folder), os.fsdecode(name))


def _nfc(path: bytes) -> bytes:
    return unicodedata.normalize("NFC", os.fsdecode(path)).encode("utf-8", "surrogateescape")


def _without_none(evidence: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in evidence.items() if value is not None}


_TABLES = (
    "DROP TABLE IF EXISTS temp.lost",
    "DROP TABLE IF EXISTS temp.found",
    "DROP TABLE IF EXISTS temp.move",
    """
    CREATE TEMP TABLE lost (
        id INTEGER PRIMARY KEY, folder BLOB, name BLOB, key TEXT, size INTEGER, mtime_ns INTEGER, digest BLOB,
        layers TEXT, session TEXT, gone_ns INTEGER, seen_ns INTEGER, UNIQUE (folder, name)
    )
    """,
    """
    CREATE TEMP TABLE found (
        id INTEGER PRIMARY KEY, folder BLOB, name BLOB, kind INTEGER, size INTEGER, mtime_ns INTEGER, digest BLOB,
        seen_ns INTEGER
    )
    """,
    "CREATE TEMP TABLE move (value, how TEXT, lost INTEGER, found INTEGER, UNIQUE (lost, found))",
)

# The old digest and size of a lost path are known where an earlier scan saw the file there.
_LOST_FROM_CLAIMS = """
    INSERT INTO temp.lost (folder, name, key, size, mtime_ns, digest, layers, session, gone_ns, seen_ns)
    SELECT c.folder, c.name, max(c.key), max(c.size), max(c.mtime_ns), max(f.digest), group_concat(c.layer, char(10)),
        max(c.session), max(f.gone_ns), max(f.seen_ns)
    FROM claim c
    JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = :role
    LEFT JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
    LEFT JOIN file f ON f.folder_id = d.id AND f.name = c.name
    WHERE c.storage_id = :storage AND (f.name IS NULL OR f.gone_ns IS NOT NULL)
    GROUP BY c.folder, c.name
"""

_LOST_FROM_MEMORY = """
    INSERT INTO temp.lost (folder, name, size, mtime_ns, digest, layers, gone_ns, seen_ns)
    SELECT d.path, f.name, f.size, f.mtime_ns, f.digest, 'memory', f.gone_ns, f.seen_ns
    FROM file f INDEXED BY file_gone CROSS JOIN folder d ON d.id = f.folder_id
    WHERE d.storage_id = :storage AND f.gone_ns IS NOT NULL
    ON CONFLICT (folder, name) DO UPDATE SET layers = temp.lost.layers || char(10) || 'memory'
"""

_FOUND_UNCLAIMED = """
    INSERT INTO temp.found (folder, name, kind, size, mtime_ns, digest, seen_ns)
    SELECT d.path, f.name, f.kind, f.size, f.mtime_ns, f.digest, f.seen_ns
    FROM folder d JOIN file f ON f.folder_id = d.id
    WHERE d.storage_id = :storage AND f.gone_ns IS NULL AND f.kind IN (1, 2, 3) AND NOT EXISTS (
        SELECT 1 FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer
            AND y.role IN ('index', 'deleted')
        WHERE c.storage_id = :storage AND c.folder = d.path AND c.name = f.name
    )
"""

# Without an index a file counts as moved only if it appeared after the lost one was seen.
_FOUND_LATER = """
    INSERT INTO temp.found (folder, name, kind, size, mtime_ns, digest, seen_ns)
    SELECT d.path, f.name, f.kind, f.size, f.mtime_ns, f.digest, f.seen_ns
    FROM folder d JOIN file f ON f.folder_id = d.id
    WHERE d.storage_id = :storage AND f.gone_ns IS NULL
        AND f.seen_ns > (SELECT min(seen_ns) FROM temp.lost WHERE seen_ns IS NOT NULL)
"""

_PAIRINGS = (
    (
        "unicode",
        """
        INSERT OR IGNORE INTO temp.move
        SELECT n.id, :how, l.id, n.id FROM (
            SELECT id, nfc(CAST(folder || '/' || name AS BLOB)) AS form FROM temp.lost
            WHERE CAST(folder || name AS TEXT) GLOB '*[^ -~]*'
        ) l JOIN (
            SELECT id, nfc(CAST(folder || '/' || name AS BLOB)) AS form FROM temp.found
            WHERE CAST(folder || name AS TEXT) GLOB '*[^ -~]*'
        ) n ON n.form = l.form
        """,
    ),
    (
        "digest",
        """
        INSERT OR IGNORE INTO temp.move
        SELECT hex(l.digest), :how, l.id, n.id FROM temp.lost l JOIN temp.found n ON n.digest = l.digest
        WHERE l.digest IS NOT NULL AND (:indexed OR n.seen_ns > coalesce(l.seen_ns, 0)) AND n.size > 0
            AND l.id NOT IN (SELECT lost FROM temp.move) AND n.id NOT IN (SELECT found FROM temp.move)
        """,
    ),
    (
        "key",
        """
        INSERT OR IGNORE INTO temp.move
        SELECT l.key, :how, l.id, n.id FROM temp.lost l JOIN content c ON c.key = l.key
        JOIN temp.found n ON n.digest = c.digest
        WHERE l.key IS NOT NULL
            AND l.id NOT IN (SELECT lost FROM temp.move) AND n.id NOT IN (SELECT found FROM temp.move)
        """,
    ),
    (
        "size, time and name",
        """
        INSERT OR IGNORE INTO temp.move
        SELECT CAST(l.name AS TEXT) || '/' || l.size || '/' || l.mtime_ns, :how, l.id, n.id
        FROM temp.lost l JOIN temp.found n ON n.name = l.name AND n.size = l.size
            AND n.mtime_ns / 1000000000 = l.mtime_ns / 1000000000
        WHERE l.size > 0 AND (l.digest IS NULL OR n.digest IS NULL)
            AND l.id NOT IN (SELECT lost FROM temp.move) AND n.id NOT IN (SELECT found FROM temp.move)
        """,
    ),
)
