"""What the last scan found out about one storage, as layouts ask for it; read from the catalog."""

import json
import os
import sqlite3
from functools import cache, cached_property

from inspector.layouts.base import LayerRole
from inspector.model.relpath import split_path

_USED = """
    SELECT 1 FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = :role
    WHERE
"""


class CatalogKnown:
    """As `layouts.repairs.Known` says."""

    def __init__(self, connection: sqlite3.Connection, storage_id: str) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self.found_in = cache(self._found_in)
        self.layer_state = cache(self._layer_state)

    def is_used(self, path: str) -> bool:
        """As `Known.is_used` says."""
        folder, name = split_path(path)
        query = f"{_USED} c.storage_id = :storage AND c.folder = :folder AND c.name = :name LIMIT 1"
        return self._any(query, folder=os.fsencode(folder), name=os.fsencode(name))

    def is_key_used(self, key: str) -> bool:
        """As `Known.is_key_used` says."""
        return self._any(f"{_USED} c.key = :key LIMIT 1", key=key) or key in self._missing

    @cached_property
    def _missing(self) -> frozenset[str]:
        """The keys that are in use and whose pictures are not there, in every storage."""
        rows = self._connection.execute("SELECT subject FROM finding WHERE kind = 'missing_reference'")
        return frozenset(str(json.loads(row[0])) for row in rows)

    def _any(self, query: str, **values: object) -> bool:
        named = {"storage": self._storage_id, "role": LayerRole.REFERENCES, **values}
        return self._connection.execute(query, named).fetchone() is not None

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
