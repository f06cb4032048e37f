"""What the last scan found out about one storage, as layouts ask for it; read from the catalog."""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from inspector.layouts.base import LayerRole
from inspector.model.relpath import split_path

_CLAIMED = """
    SELECT c.key FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = :role
    WHERE
"""
_NOT_READ = """
    SELECT s.name FROM storage own JOIN storage s ON s.layout = own.layout AND s.id <> own.id AND s.root <> own.root
    WHERE own.id = :storage AND (
        NOT EXISTS (SELECT 1 FROM layer y WHERE y.storage_id = s.id AND y.name = :layer AND y.state = 'ok')
        OR EXISTS (
            SELECT 1 FROM finding f WHERE f.storage_id = s.id AND f.kind = 'missing_reference'
                AND json_extract(f.evidence, '$.more_of_this_kind') IS NOT NULL
        )
    )
    ORDER BY s.name LIMIT 1
"""


_SOME = 100


class CatalogKnown:
    """As `layouts.repairs.Known` says."""

    def __init__(self, connection: sqlite3.Connection, storage_id: str) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self.found_in = cache(self._found_in)
        self.layer_state = cache(self._layer_state)
        self.other_not_read = cache(self._other_not_read)
        self.evidence_in = cache(self._evidence_in)

    def is_used(self, path: str) -> bool:
        """As `Known.is_used` says."""
        folder, name = split_path(path)
        place = {"folder": os.fsencode(folder), "name": os.fsencode(name)}
        by_path = f"{_CLAIMED} c.storage_id = :storage AND c.folder = :folder AND c.name = :name"
        if self._any(f"{by_path} LIMIT 1", LayerRole.REFERENCES, **place):
            return True
        stated = self._rows(by_path, LayerRole.NAMES, **place)
        return any(self.is_key_used(str(key)) for (key,) in stated if key is not None)

    def is_key_used(self, key: str) -> bool:
        """As `Known.is_key_used` says, in whichever case: some file systems tell upper and lower case not apart."""
        forms = {"key": key, "lower": key.lower(), "upper": key.upper()}
        by_key = f"{_CLAIMED} c.key IN (:key, :lower, :upper) LIMIT 1"
        return self._any(by_key, LayerRole.REFERENCES, **forms) or key.lower() in self._missing

    @cached_property
    def _missing(self) -> frozenset[str]:
        """The keys, in lower case, that are in use and whose pictures are not there, in every storage."""
        rows = self._connection.execute("SELECT subject FROM finding WHERE kind = 'missing_reference'")
        return frozenset(str(json.loads(row[0])).lower() for row in rows)

    def _other_not_read(self, layer: str) -> str:
        row = self._connection.execute(_NOT_READ, {"storage": self._storage_id, "layer": layer}).fetchone()
        return os.fsdecode(row[0]) if row is not None else ""

    def _any(self, query: str, role: LayerRole, **values: object) -> bool:
        return bool(self._rows(query, role, **values))

    def _rows(self, query: str, role: LayerRole, **values: object) -> list[tuple[object, ...]]:
        named = {"storage": self._storage_id, "role": role, **values}
        return self._connection.execute(query, named).fetchall()

    def _evidence_in(self, layer: str) -> Sequence[Mapping[str, Any]]:
        query = "SELECT evidence FROM finding WHERE storage_id = ? AND layer = ? ORDER BY rowid LIMIT ?"
        rows = self._connection.execute(query, (self._storage_id, layer, _SOME))
        return [json.loads(row[0]) for row in rows]

    def _layer_state(self, name: str) -> str | None:
        query = "SELECT state FROM layer WHERE storage_id = ? AND name = ?"
        row = self._connection.execute(query, (self._storage_id, name)).fetchone()
        return str(row[0]) if row is not None else None

    def _found_in(self, folder: str = "") -> frozenset[str]:
        if not folder:
            query, values = "SELECT DISTINCT kind FROM finding WHERE storage_id = ?", (self._storage_id,)
            return frozenset(str(row[0]) for row in self._connection.execute(query, values))
        query = """
            SELECT DISTINCT h.kind FROM hint h JOIN folder d ON d.id = h.folder_id WHERE d.storage_id = ? AND d.path = ?
        """
        rows = self._connection.execute(query, (self._storage_id, os.fsencode(folder)))
        return frozenset(str(row[0]) for row in rows)
