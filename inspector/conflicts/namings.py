"""Conflicts that names give away, completed with what only the catalog knows: digests, times and index entries."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from inspector.catalog.files import UNREAD
from inspector.model.kinds import Severity
from inspector.model.records import Finding
from inspector.model.relpath import join_path

_DAY_NS = 86_400_000_000_000


def from_names(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """A finding for every hint of the storage's folders that its files bear out."""
    rows = connection.execute(
        """
        SELECT d.id, d.path, h.kind, h.subject, h.names, h.evidence FROM hint h JOIN folder d ON d.id = h.folder_id
        WHERE d.storage_id = ? AND h.kind <> ?
        """,
        (storage_id, UNREAD),
    )
    for folder_id, folder, kind, subject, names, evidence in rows:
        place = os.fsdecode(folder)
        finding = Finding(
            kind,
            join_path(place, json.loads(subject)),
            tuple(join_path(place, name) for name in json.loads(names)),
            json.loads(evidence),
        )
        if kind == "sync_conflict_copy":
            completed = _conflict_copy(connection, storage_id, folder_id, json.loads(names), finding)
            if completed is not None:
                yield completed
        elif kind == "stale_temp":
            yield _temporary(connection, folder_id, json.loads(names)[0], finding)
        else:
            yield finding


def _conflict_copy(
    connection: sqlite3.Connection, storage_id: str, folder_id: int, names: list[str], finding: Finding
) -> Finding | None:
    copy = _file(connection, folder_id, names[0])
    if copy is None:
        return None
    original = _file(connection, folder_id, names[1])
    evidence: dict[str, Any] = dict(finding.evidence)
    evidence["size"] = copy[0]
    evidence["mtime_ns"] = copy[1]
    evidence["original_present"] = original is not None
    if original is not None:
        evidence["original_size"], evidence["original_mtime_ns"] = original[0], original[1]
        if copy[2] is not None and original[2] is not None:
            evidence["identical"] = copy[2] == original[2]
    if evidence["confidence"] == "C" and not _certain_enough(
        connection, storage_id, folder_id, names[0], copy, original
    ):
        return None
    paths = finding.paths if original is not None else finding.paths[:1]
    severity = Severity.INFO if evidence["confidence"] == "C" else None
    return Finding(finding.kind, finding.subject, paths, evidence, severity)


def _certain_enough(
    connection: sqlite3.Connection,
    storage_id: str,
    folder_id: int,
    name: str,
    copy: tuple[int, int, bytes | None],
    original: tuple[int, int, bytes | None] | None,
) -> bool:
    """A name that people use too: believed only beside its original, unlisted, and alike or of about the same time."""
    if original is None or copy[2] is None or original[2] is None:
        return False
    listed = connection.execute(
        """
        SELECT 1 FROM claim c JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
        JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role IN ('index', 'sessions')
        WHERE c.storage_id = ? AND d.id = ? AND c.name = ? LIMIT 1
        """,
        (storage_id, folder_id, os.fsencode(name)),
    ).fetchone()
    return listed is None and (copy[2] == original[2] or abs(copy[1] - original[1]) <= _DAY_NS)


def _temporary(connection: sqlite3.Connection, folder_id: int, name: str, finding: Finding) -> Finding:
    evidence: dict[str, Any] = dict(finding.evidence)
    row = _file(connection, folder_id, name)
    if row is not None:
        evidence["size"], evidence["mtime_ns"] = row[0], row[1]
        evidence["age_seconds"] = max(0, (time.time_ns() - row[1]) // 1_000_000_000)
    target = name.rpartition(".")[0]
    there = _file(connection, folder_id, target)
    evidence["target_present"] = there is not None
    if there is not None and (fault := _fault(connection, there)):
        evidence["target_fault"] = fault
    return Finding(finding.kind, finding.subject, finding.paths, evidence)


def _fault(connection: sqlite3.Connection, file: tuple[int, int, bytes | None]) -> str:
    """Why a file cannot be what another one was to become, so that the other one may hold all there is; else empty."""
    if not file[0]:
        return "it is empty"
    broken = connection.execute("SELECT 1 FROM content WHERE digest = ? AND state = 'undecodable'", (file[2],))
    return "it cannot be decoded" if broken.fetchone() is not None else ""


def _file(connection: sqlite3.Connection, folder_id: int, name: str) -> tuple[int, int, bytes | None] | None:
    row: tuple[int, int, bytes | None] | None = connection.execute(
        "SELECT size, mtime_ns, digest FROM file WHERE folder_id = ? AND name = ? AND gone_ns IS NULL",
        (folder_id, os.fsencode(name)),
    ).fetchone()
    return row
