"""Conflicts about contents: altered, unreadable, empty, undecodable, of another size than recorded, or twice."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from inspector.catalog.files import MEDIA_SQL, FileStatus
from inspector.layouts.base import Layout, NamedByContent
from inspector.model.filekinds import MEDIA_KINDS, FileKind
from inspector.model.records import Finding
from inspector.model.relpath import join_path

_A_COARSE_CLOCK_NS = 2_000_000_000
_NAMES_AT_ONCE = 250_000
_EXAMPLES = 10

_LIVE = f"""
    FROM folder d JOIN file f ON f.folder_id = d.id
    WHERE d.storage_id = :storage AND f.gone_ns IS NULL AND f.kind <> {int(FileKind.NOISE)}
"""


def altered(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`content_changed` and `suspected_rot`, as the scans noted them; a file that was emptied has its own conflict."""
    rows = connection.execute(
        """
        SELECT d.path, f.name, a.kind, a.old_digest, f.digest, a.old_size, f.size, a.old_mtime_ns, f.mtime_ns, a.seen_ns
        FROM folder d JOIN alteration a ON a.folder_id = d.id
        JOIN file f ON f.folder_id = a.folder_id AND f.name = a.name
        WHERE d.storage_id = ? AND f.gone_ns IS NULL AND (f.size > 0 OR a.old_size = 0)
        """,
        (storage_id,),
    )
    for folder, name, kind, old_digest, digest, old_size, size, old_mtime_ns, mtime_ns, seen_ns in rows:
        path = _path(folder, name)
        evidence = {
            "old_digest": old_digest.hex(),
            "digest": digest.hex() if digest else None,
            "old_size": old_size,
            "size": size,
            "old_mtime_ns": old_mtime_ns,
            "mtime_ns": mtime_ns,
            "seen_ns": seen_ns,
            "older": mtime_ns < old_mtime_ns,
        }
        yield Finding(kind, path, (path,), evidence)


def unreadable(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`unreadable_file`, `unstable_file` and `empty_file`; a folder that cannot be listed is unreadable too."""
    rows = connection.execute(
        f"""
        SELECT d.path, f.name, f.kind, f.status, f.error, f.size, f.mtime_ns {_LIVE}
            AND (f.size = 0 OR f.status IN (2, 3))
        """,
        {"storage": storage_id},
    )
    for folder, name, kind, status, error, size, mtime_ns in rows:
        path = _path(folder, name)
        if status == FileStatus.UNREADABLE:
            yield Finding("unreadable_file", path, (path,), {"error": error, "size": size})
        elif status == FileStatus.UNSTABLE:
            yield Finding("unstable_file", path, (path,), {"reason": error, "size": size, "mtime_ns": mtime_ns})
        elif kind in MEDIA_KINDS:
            yield Finding("empty_file", path, (path,), {"size": 0, "mtime_ns": mtime_ns})
    for folder, error in connection.execute(
        "SELECT path, error FROM folder WHERE storage_id = ? AND error IS NOT NULL", (storage_id,)
    ):
        path = os.fsdecode(folder)
        yield Finding("unreadable_file", path, (path,), {"error": error, "folder": True})


def undecodable(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`undecodable_image` for pictures that a deep scan could not decode."""
    rows = connection.execute(
        f"""
        SELECT d.path, f.name, f.size, c.reason
        FROM content c CROSS JOIN file f ON f.digest = c.digest CROSS JOIN folder d ON d.id = f.folder_id
        WHERE d.storage_id = :storage AND f.gone_ns IS NULL AND f.size > 0 AND c.state IN ('undecodable', 'failed')
            AND f.kind = {int(FileKind.PICTURE)}
        """,
        {"storage": storage_id},
    )
    for folder, name, size, reason in rows:
        path = _path(folder, name)
        yield Finding("undecodable_image", path, (path,), {"reason": reason, "size": size})


def other_sizes(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`size_mismatch` where a layer recorded another size than the file has, `content_changed` where it is newer too.

    Empty files and those that an earlier scan saw being edited have their own conflict already.
    """
    rows = connection.execute(
        """
        SELECT c.folder, c.name, c.layer, c.size, f.size, c.key, k.key, c.mtime_ns, f.mtime_ns FROM claim c
        JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
        JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
        LEFT JOIN content k ON k.digest = f.digest
        WHERE c.storage_id = ? AND c.size IS NOT NULL AND c.size <> f.size AND f.size > 0 AND f.status <> 2
            AND NOT EXISTS (
                SELECT 1 FROM alteration a
                WHERE a.folder_id = f.folder_id AND a.name = f.name AND a.kind = 'content_changed'
            )
        ORDER BY c.folder, c.name, c.layer
        """,
        (storage_id,),
    )
    for (folder, name), group in groupby(rows, key=lambda row: (row[0], row[1])):
        claims = list(group)
        path = _path(folder, name)
        recorded_key, key = claims[0][5], claims[0][6]
        evidence: dict[str, Any] = {
            "recorded": {row[2]: row[3] for row in claims},
            "size": claims[0][4],
            "mtime_ns": claims[0][8],
            "recorded_mtime_ns": max((row[7] for row in claims if row[7] is not None), default=None),
        }
        if recorded_key and key and len(recorded_key) == len(key):  # keys of one kind
            evidence["same_picture"] = recorded_key == key
        recorded_mtime_ns = evidence["recorded_mtime_ns"]
        edited = recorded_mtime_ns is not None and evidence["mtime_ns"] > recorded_mtime_ns + _A_COARSE_CLOCK_NS
        yield Finding("content_changed" if edited else "size_mismatch", path, (path,), evidence)


def misnamed(connection: sqlite3.Connection, storage_id: str, layout: Layout) -> Iterator[Finding]:
    """`name_mismatch` for files whose bytes do not give the key that their name states."""
    if not isinstance(layout, NamedByContent):
        return
    rows = connection.execute(
        """
        SELECT d.path, f.name, f.size, f.mtime_ns, f.digest, k.key FROM folder d JOIN file f ON f.folder_id = d.id
        JOIN content_key k ON k.digest = f.digest AND k.layout = ?
        WHERE d.storage_id = ? AND f.gone_ns IS NULL AND f.size > 0 AND instr(f.name, CAST(k.key AS BLOB)) = 0
        """,
        (layout.name, storage_id),
    )
    for folder, name, size, mtime_ns, digest, key in rows:
        path = _path(folder, name)
        stated = layout.stated_key(path)
        if stated is not None and stated != key:
            evidence = {"stated_key": stated, "key": key, "size": size, "mtime_ns": mtime_ns, "digest": digest.hex()}
            copies = _with_key(connection, layout.name, stated)
            yield Finding("name_mismatch", path, (path,), evidence | ({"same_content_at": copies} if copies else {}))


def _with_key(connection: sqlite3.Connection, layout: str, key: str) -> list[dict[str, str]]:
    """Files whose bytes give this key, in whichever storage that is there."""
    rows = connection.execute(
        """
        SELECT s.id, s.name, d.path, f.name FROM content_key k JOIN file f ON f.digest = k.digest
        JOIN folder d ON d.id = f.folder_id JOIN storage s ON s.id = d.storage_id AND s.state <> 'offline'
        WHERE k.key = ? AND k.layout = ? AND f.gone_ns IS NULL LIMIT ?
        """,
        (key, layout, _EXAMPLES),
    )
    return [
        {"storage": storage_id, "storage_name": os.fsdecode(storage_name), "path": _path(folder, name), "same": "key"}
        for storage_id, storage_name, folder, name in rows
    ]


def duplicates(connection: sqlite3.Connection, storage_ids: Sequence[str]) -> Iterator[tuple[str, Finding]]:
    """`duplicate_content` within and across these storages; hard links of one file count once.

    Yields the storage that the conflict belongs to, the first in the given order that holds a copy, and the finding.
    Its paths are those in that storage; all copies are in the evidence.
    """
    order = {storage_id: number for number, storage_id in enumerate(storage_ids)}
    marks = ", ".join("?" * len(storage_ids))
    rows = connection.execute(
        f"""
        SELECT f.digest, d.storage_id, d.path, f.name, f.size, d.device, f.inode
        FROM (SELECT digest FROM file WHERE digest IS NOT NULL GROUP BY digest HAVING count(*) > 1) g
        CROSS JOIN file f ON f.digest = g.digest CROSS JOIN folder d ON d.id = f.folder_id
        WHERE d.storage_id IN ({marks}) AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL} AND f.size > 0
        ORDER BY f.digest
        """,
        storage_ids,
    )
    yield from group_duplicates(rows, order)


CopyRow = tuple[bytes, str, bytes, bytes, int, int, int]
"""Digest, storage id, folder, name, size, device, inode."""


def group_duplicates(rows: Iterable[CopyRow], order: Mapping[str, int]) -> Iterator[tuple[str, Finding]]:
    """`duplicate_content` for rows sorted by digest; a conflict belongs to the storage with the least `order`."""
    for digest, group in groupby(rows, key=lambda row: row[0]):
        copies = sorted(group, key=lambda row: (order[row[1]], row[2], row[3]))
        physical = {(row[5], row[6]) for row in copies}
        if len(physical) < 2:
            continue
        owner = copies[0][1]
        evidence = {
            "digest": digest.hex(),
            "size": copies[0][4],
            "copies": [{"storage": row[1], "path": _path(row[2], row[3])} for row in copies],
            "across_storages": any(row[1] != owner for row in copies),
            "physical_copies": len(physical),
            "bytes_in_copies": copies[0][4] * (len(physical) - 1),
        }
        paths = tuple(_path(row[2], row[3]) for row in copies if row[1] == owner)
        yield owner, Finding("duplicate_content", digest.hex(), paths, evidence)


def same_names(connection: sqlite3.Connection, storage_id: str) -> Iterator[Finding]:
    """`duplicate_filename`: media of one name in several folders, with different contents."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS repeated (label BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM temp.repeated")
    labels = ((label,) for label in _repeated_labels(connection, storage_id))
    connection.executemany("INSERT OR IGNORE INTO temp.repeated VALUES (?)", labels)
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM temp.repeated)").fetchone()[0]:
        return
    rows = connection.execute(
        f"""
        SELECT CAST(lower(CAST(f.name AS TEXT)) AS BLOB) AS label, d.path, f.name, f.size, f.digest, f.mtime_ns
        FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id = :storage AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL}
            AND CAST(lower(CAST(f.name AS TEXT)) AS BLOB) IN temp.repeated
        ORDER BY label, d.path, f.name
        """,
        {"storage": storage_id},
    )
    for label, group in groupby(rows, key=lambda row: row[0]):
        files = list(group)
        if len({row[4] or row[3] for row in files}) > 1:
            yield _same_name(label, files)


def _repeated_labels(connection: sqlite3.Connection, storage_id: str) -> Iterator[bytes]:
    """The names of media, in lower case, that are in more than one folder.

    The names are looked at in parts that fit into memory, each in a pass of its own.
    """
    live_media = f"f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL}"
    names = f"SELECT CAST(group_concat(f.name, '/') AS BLOB) FROM file f WHERE f.folder_id = d.id AND {live_media}"
    (files,) = connection.execute("SELECT sum(files) FROM folder WHERE storage_id = ?", (storage_id,)).fetchone()
    parts = 1 + (files or 0) // _NAMES_AT_ONCE
    for part in range(parts):
        seen: set[bytes] = set()
        for (joined,) in connection.execute(f"SELECT ({names}) FROM folder d WHERE d.storage_id = ?", (storage_id,)):
            labels = set(joined.lower().split(b"/")) if joined else set()
            if parts > 1:
                labels = {label for label in labels if hash(label) % parts == part}
            if not seen.isdisjoint(labels):
                yield from seen & labels
            seen |= labels


def _same_name(label: bytes, files: Iterable[tuple[bytes, bytes, bytes, int, bytes | None, int]]) -> Finding:
    """`duplicate_filename` for rows of label, folder, name, size, digest and mtime."""
    instances = [
        {"path": _path(row[1], row[2]), "size": row[3], "digest": row[4].hex() if row[4] else None, "mtime_ns": row[5]}
        for row in files
    ]
    paths = tuple(str(instance["path"]) for instance in instances)
    return Finding("duplicate_filename", os.fsdecode(label), paths, {"instances": instances})


def _path(folder: bytes, name: bytes) -> str:
    return join_path(folder.decode("utf-8", "surrogateescape"), name.decode("utf-8", "surrogateescape"))
