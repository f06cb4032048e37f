"""Read the layers other than the files into the catalog: claims, sessions and what is wrong with the documents."""

import json
import sqlite3
from collections.abc import Iterator

from inspector.catalog.claims import ClaimLoad
from inspector.catalog.database import Database
from inspector.catalog.files import SIDECAR_LAYER
from inspector.catalog.storages import count_own_layers, mark_changed, put_layer, put_sessions
from inspector.layouts.base import UNSETTLED, LayerBegins, LayerEnds, LayerEvent, LayerRole, Layout, Surroundings
from inspector.model.progress import Progress
from inspector.model.records import Claim, Finding, Session, StorageInfo

MEMORY_LAYER = "memory"


def read_layers(
    database: Database, storage: StorageInfo, layout: Layout, surroundings: Surroundings, progress: Progress
) -> None:
    """Read what the layout's documents say, if they may have changed since the last time."""
    stamp = layout.stamp(storage.root, surroundings)
    connection = database.connection
    known = connection.execute("SELECT layers_stamp FROM storage WHERE id = ?", (storage.id,)).fetchone()
    if stamp and not stamp.endswith(UNSETTLED) and known == (stamp,):
        return
    progress.begin("reading indexes")
    with database.transaction():
        _forget(connection, storage.id)
        events = layout.read_layers(storage.root, surroundings)
        _Reading(connection, storage.id, events, progress).store()
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


class _Reading:
    """One reading of all layers of a storage, within a transaction."""

    def __init__(
        self, connection: sqlite3.Connection, storage_id: str, events: Iterator[LayerEvent], progress: Progress
    ) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self._events = events
        self._progress = progress

    def store(self) -> None:
        """Store everything that the layers say."""
        with ClaimLoad(self._connection, self._storage_id) as load:
            layers = (event for event in self._events if isinstance(event, LayerBegins))
            for position, layer in enumerate(layers, 1):
                state, claims = self._store_layer(load, layer.name)
                put_layer(self._connection, self._storage_id, layer.name, position, layer.role, state, claims)

    def _store_layer(self, load: ClaimLoad, layer: str) -> tuple[str, int]:
        """Store a layer up to its end; its state and how many claims it makes."""
        count = 0
        for event in self._events:
            if isinstance(event, Claim | list):
                claims = [event] if isinstance(event, Claim) else event
                self._progress.check()
                load.put(layer, claims)
                self._progress.advance(files=len(claims))
                count += len(claims)
            elif isinstance(event, Finding):
                _store_finding(self._connection, self._storage_id, layer, event)
            elif isinstance(event, Session):
                put_sessions(self._connection, self._storage_id, layer, [event])
            elif isinstance(event, LayerEnds):
                return event.state, count
        return "partial", count


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
