"""Conflicts between layers, and those that the reading of a layer's documents met."""

import json
import os
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from inspector.conflicts.places import IndexState
from inspector.model.kinds import Severity
from inspector.model.records import Finding
from inspector.model.relpath import join_path

_EXAMPLES = 20


def from_documents(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """What the layers' readers found wrong with their documents."""
    rows = connection.execute(
        "SELECT kind, subject, paths, evidence, severity FROM finding WHERE storage_id = ?", (storage_id,)
    )
    for kind, subject, paths, evidence, severity in rows:
        yield Finding(
            kind,
            json.loads(subject),
            tuple(json.loads(paths)),
            json.loads(evidence),
            Severity(severity) if severity is not None else None,
        )


def session_drift(connection: sqlite3.Connection, storage_id: str, index: IndexState) -> Iterator[Finding]:
    """`session_drift`: one finding for each session whose list and the index's entries for it differ.

    What a session lists and neither the index nor the disk has is ``gone``: only the session still tells of it.
    """
    if not index.complete or not _has_session_lists(connection, storage_id):
        return
    documents = dict(
        connection.execute("SELECT id, document FROM session WHERE storage_id = ?", (storage_id,)).fetchall()
    )
    rows = connection.execute(_DRIFT, {"storage": storage_id})
    for session, group in groupby(rows, key=lambda row: row[0]):
        differences: dict[str, list[dict[str, Any]]] = {}
        counts: dict[str, int] = {}
        for _, what, folder, name, key in group:
            counts[what] = counts.get(what, 0) + 1
            if len(differences.setdefault(what, [])) < _EXAMPLES:
                differences[what].append({"path": join_path(os.fsdecode(folder), os.fsdecode(name)), "key": key})
        document = documents.get(json.dumps(session))
        paths = (json.loads(document),) if document else ()
        yield Finding(
            "session_drift",
            f"session:{session}",
            paths,
            {"session": session, "counts": counts, **differences},
            Severity.INFO if counts.keys() == {"gone"} else None,
        )


def _has_session_lists(connection: sqlite3.Connection, storage_id: str) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM layer WHERE storage_id = ? AND role = 'sessions')", (storage_id,)
    ).fetchone()
    return bool(row[0])


_DRIFT = """
    SELECT s.session AS session, CASE WHEN EXISTS (
        SELECT 1 FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id = :storage AND d.path = s.folder AND f.name = s.name AND f.gone_ns IS NULL
    ) THEN 'not_in_index' ELSE 'gone' END AS what, s.folder, s.name, s.key
    FROM claim s JOIN layer y ON y.storage_id = s.storage_id AND y.name = s.layer AND y.role = 'sessions'
    WHERE s.storage_id = :storage AND s.session IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
            AND x.role IN ('index', 'deleted')
        WHERE i.storage_id = :storage AND i.folder = s.folder AND i.name = s.name
    ) AND NOT EXISTS (
        SELECT 1 FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
            AND x.role IN ('index', 'deleted')
        WHERE i.storage_id = :storage AND i.key = s.key
    )
    UNION ALL
    SELECT s.session, 'other_path_in_index', s.folder, s.name, s.key
    FROM claim s JOIN layer y ON y.storage_id = s.storage_id AND y.name = s.layer AND y.role = 'sessions'
    WHERE s.storage_id = :storage AND s.session IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
            AND x.role IN ('index', 'deleted')
        WHERE i.storage_id = :storage AND i.folder = s.folder AND i.name = s.name
    ) AND EXISTS (
        SELECT 1 FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
            AND x.role IN ('index', 'deleted')
        WHERE i.storage_id = :storage AND i.key = s.key
    )
    UNION ALL
    SELECT s.session, 'other_key_in_index', s.folder, s.name, s.key
    FROM claim s JOIN layer y ON y.storage_id = s.storage_id AND y.name = s.layer AND y.role = 'sessions'
    WHERE s.storage_id = :storage AND s.session IS NOT NULL AND s.key IS NOT NULL AND EXISTS (
        SELECT 1 FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
            AND x.role IN ('index', 'deleted')
        WHERE i.storage_id = :storage AND i.folder = s.folder AND i.name = s.name AND i.key <> s.key
    ) AND NOT EXISTS (
        SELECT 1 FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
            AND x.role IN ('index', 'deleted')
        WHERE i.storage_id = :storage AND i.folder = s.folder AND i.name = s.name AND i.key = s.key
    )
    UNION ALL
    SELECT i.session, 'not_in_session', i.folder, i.name, i.key
    FROM claim i JOIN layer x ON x.storage_id = i.storage_id AND x.name = i.layer
        AND x.role IN ('index', 'deleted')
    WHERE i.storage_id = :storage AND i.session IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM claim s JOIN layer y ON y.storage_id = s.storage_id AND y.name = s.layer AND y.role = 'sessions'
        WHERE s.storage_id = :storage AND s.key = i.key AND s.session = i.session
    ) AND NOT EXISTS (
        SELECT 1 FROM claim s JOIN layer y ON y.storage_id = s.storage_id AND y.name = s.layer AND y.role = 'sessions'
        WHERE s.storage_id = :storage AND s.folder = i.folder AND s.name = i.name AND s.session = i.session
    ) AND NOT EXISTS (
        SELECT 1 FROM layer y
        WHERE y.storage_id = :storage AND y.role = 'sessions' AND y.state <> 'ok'
    )
    ORDER BY 1, 2, 3, 4
"""
