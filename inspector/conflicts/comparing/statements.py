"""What the layers state of a path, and what an earlier scan saw there, as sides; those that agree are one side."""

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from inspector.catalog.files import SIDECAR_LAYER
from inspector.model.comparison import Reference, Side
from inspector.model.relpath import split_path

MEMORY = "an earlier scan"
_MOST = 50


@dataclass(frozen=True, slots=True)
class Statement:
    """What one or more layers say of a file; what they do not say is None."""

    sources: tuple[str, ...]
    size: int | None = None
    mtime_ns: int | None = None
    key: str | None = None
    digest: str | None = None
    references: tuple[Reference, ...] = ()

    def joined(self, other: "Statement") -> "Statement | None":
        """Both as one, or None where they differ in anything that both say."""
        for name in ("size", "mtime_ns", "key", "digest"):
            one, two = getattr(self, name), getattr(other, name)
            if one is not None and two is not None and not _about_equal(name, one, two):
                return None
        return Statement(
            tuple(dict.fromkeys((*self.sources, *other.sources))),
            self.size if self.size is not None else other.size,
            self.mtime_ns if self.mtime_ns is not None else other.mtime_ns,
            self.key if self.key is not None else other.key,
            self.digest if self.digest is not None else other.digest,
            (*self.references, *other.references),
        )

    def _title(self) -> str:
        if self.sources == (MEMORY,):
            return f"{MEMORY} saw"
        return f"{' and '.join(self.sources)} {'says' if len(self.sources) == 1 else 'say'}"

    def side(self, storage_id: str, path: str) -> Side:
        """The statement as a side."""
        return Side(
            self._title(),
            storage_id,
            path,
            present=True,
            size=self.size,
            mtime_ns=self.mtime_ns,
            key=self.key,
            digest=self.digest,
            references=self.references,
        )


def _about_equal(name: str, one: object, two: object) -> bool:
    """Documents hold times in whole seconds."""
    if name == "mtime_ns" and isinstance(one, int) and isinstance(two, int):
        return one // 1_000_000_000 == two // 1_000_000_000
    return one == two


def references_of(connection: sqlite3.Connection, storage_id: str, path: str) -> tuple[Reference, ...]:
    """The claims of all layers but the sidecars on a path, with the titles of their sessions."""
    folder, name = split_path(path)
    rows = connection.execute(
        """
        SELECT c.layer, c.key, c.size, c.mtime_ns, c.session FROM claim c
        LEFT JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer
        WHERE c.storage_id = ? AND c.folder = ? AND c.name = ? AND c.layer <> ?
        ORDER BY y.position, c.layer, c.session, c.key LIMIT ?
        """,
        (storage_id, os.fsencode(folder), os.fsencode(name), SIDECAR_LAYER, _MOST),
    ).fetchall()
    return tuple(
        Reference(layer, key, size, mtime_ns, session, session_title(connection, storage_id, session))
        for layer, key, size, mtime_ns, session in rows
    )


def session_title(connection: sqlite3.Connection, storage_id: str, session: str | None) -> str:
    """What a session is called; empty where it is not known."""
    if session is None:
        return ""
    row = connection.execute(
        "SELECT title FROM session WHERE storage_id = ? AND id = ?", (storage_id, json.dumps(session))
    ).fetchone()
    return str(json.loads(row[0])) if row is not None else ""


def statements(connection: sqlite3.Connection, storage_id: str, path: str) -> list[Statement]:
    """What is stated of a path: by the layers in their order, last by the memory of an earlier scan."""
    merged: list[Statement] = []
    for statement in (*_of_layers(connection, storage_id, path), *_of_memory(connection, storage_id, path)):
        for number, other in enumerate(merged):
            joined = other.joined(statement)
            if joined is not None:
                merged[number] = joined
                break
        else:
            merged.append(statement)
    return merged


def _of_layers(connection: sqlite3.Connection, storage_id: str, path: str) -> Iterator[Statement]:
    for one in references_of(connection, storage_id, path):
        yield Statement((one.layer,), one.size, one.mtime_ns, one.key, references=(one,))


def _of_memory(connection: sqlite3.Connection, storage_id: str, path: str) -> Iterator[Statement]:
    folder, name = split_path(path)
    row = connection.execute(
        """
        SELECT f.size, f.mtime_ns, f.digest, f.gone_ns, a.old_size, a.old_mtime_ns, a.old_digest
        FROM folder d JOIN file f ON f.folder_id = d.id
        LEFT JOIN alteration a ON a.folder_id = f.folder_id AND a.name = f.name
        WHERE d.storage_id = ? AND d.path = ? AND f.name = ?
        """,
        (storage_id, os.fsencode(folder), os.fsencode(name)),
    ).fetchone()
    if row is None:
        return
    size, mtime_ns, digest, gone_ns, old_size, old_mtime_ns, old_digest = row
    if old_digest is not None:
        yield Statement((MEMORY,), old_size, old_mtime_ns, digest=bytes(old_digest).hex())
    elif gone_ns is not None:
        yield Statement((MEMORY,), size, mtime_ns, digest=bytes(digest).hex() if digest else None)
