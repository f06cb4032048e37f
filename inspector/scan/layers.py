"""Read the layers other than the files into the catalog: claims, sessions and what is wrong with the documents."""

import json
import sqlite3
from collections.abc import Iterator
from itertools import islice

from inspector.catalog.claims import ClaimLoad, ClaimRow
from inspector.catalog.database import Database
from inspector.catalog.files import SIDECAR_LAYER
from inspector.catalog.storages import count_own_layers, mark_changed, put_layer, put_sessions
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole, Layout, Surroundings
from inspector.model.progress import Progress
from inspector.model.records import Claim, Finding, Session, StorageInfo
from inspector.model.relpath import split_path

MEMORY_LAYER = "memory"
_ROWS_AT_ONCE = 5000


def read_layers(
    database: Database, storage: StorageInfo, layout: Layout, surroundings: Surroundings, progress: Progress
) -> None:
    """Read what the layout's documents say, if they may have changed since the last time."""
    stamp = layout.stamp(storage.root, surroundings)
    connection = database.connection
    known = connection.execute("SELECT layers_stamp FROM storage WHERE id = ?", (storage.id,)).fetchone()
    if stamp and known == (stamp,):
        return
    progress.begin("reading indexes")
    with database.transaction():
        _forget(connection, storage.id)
        events = layout.read_layers(storage.root, surroundings)
        position = 0
        for event in events:
            if isinstance(event, LayerBegins):
                position += 1
                _read_one(connection, storage.id, event, position, events, progress)
        connection.execute("UPDATE storage SET layers_stamp = ? WHERE id = ?", (stamp, storage.id))
        mark_changed(connection, storage.id)


def note_own_layers(connection: sqlite3.Connection, storage_id: str) -> None:
    """Count the layers that every storage has: the sidecars beside its files and the catalog's memory."""
    sidecars, memory = count_own_layers(connection, storage_id)
    put_layer(connection, storage_id, SIDECAR_LAYER, 100, LayerRole.SIDECARS, "ok", sidecars)
    put_layer(connection, storage_id, MEMORY_LAYER, 101, LayerRole.DOCUMENT, "ok", memory)


def _forget(connection: sqlite3.Connection, storage_id: str) -> None:
    kept = (storage_id, SIDECAR_LAYER)
    connection.execute("DELETE FROM claim WHERE storage_id = ? AND layer <> ?", kept)
    connection.execute("DELETE FROM layer WHERE storage_id = ?", (storage_id,))
    connection.execute("DELETE FROM session WHERE storage_id = ?", (storage_id,))
    connection.execute("DELETE FROM finding WHERE storage_id = ? AND layer <> 'files'", (storage_id,))


def _read_one(
    connection: sqlite3.Connection,
    storage_id: str,
    layer: LayerBegins,
    position: int,
    events: Iterator[LayerEvent],
    progress: Progress,
) -> None:
    ended: list[LayerEnds] = []
    rows = _claim_rows(connection, storage_id, layer.name, events, ended)
    with ClaimLoad(connection) as load:
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            progress.check()
            load.put(batch)
            progress.advance(files=len(batch))
        claims = load.rows
    state = ended[0].state if ended else "partial"
    put_layer(connection, storage_id, layer.name, position, layer.role, state, claims)


def _claim_rows(
    connection: sqlite3.Connection, storage_id: str, layer: str, events: Iterator[LayerEvent], ended: list[LayerEnds]
) -> Iterator[ClaimRow]:
    for event in events:
        if isinstance(event, Claim):
            folder, name = split_path(event.path)
            yield (
                storage_id,
                layer,
                folder.encode("utf-8", "surrogateescape"),
                name.encode("utf-8", "surrogateescape"),
                event.key,
                event.size,
                event.mtime_ns,
                event.session,
            )
        elif isinstance(event, Finding):
            _store_finding(connection, storage_id, layer, event)
        elif isinstance(event, Session):
            put_sessions(connection, storage_id, layer, [event])
        elif isinstance(event, LayerEnds):
            ended.append(event)
            return


def _store_finding(connection: sqlite3.Connection, storage_id: str, layer: str, finding: Finding) -> None:
    connection.execute(
        "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            storage_id,
            layer,
            finding.kind,
            int(finding.severity) if finding.severity is not None else None,
            json.dumps(finding.subject),
            json.dumps(finding.paths),
            json.dumps(dict(finding.evidence)),
        ),
    )
