"""Put the claims of a storage's layers into the catalog."""

import sqlite3
from collections.abc import Sequence
from functools import cache

from inspector.model.records import Claim

_INDEXES = {
    "claim_by_path": "CREATE INDEX claim_by_path ON claim (storage_id, folder, name)",
    "claim_by_key": "CREATE INDEX claim_by_key ON claim (key)",
}
_MANY_ROWS = 10_000
_MOST_OTHER_ROWS = 300_000
_ROWS_AT_ONCE = 50  # more gain nothing; in one statement they cost a fifth less than one by one


class ClaimLoad:
    """The claims of one storage on their way in, within a transaction.

    Many of them are put in without indexes, which are made again at the end: keeping them while keys come in at random
    costs three times as much. Not where so many other claims are there that making them again would cost more.
    """

    def __init__(self, connection: sqlite3.Connection, storage_id: str) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self._rows = 0
        self._without_indexes = False

    def __enter__(self) -> "ClaimLoad":
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if self._without_indexes and error is None:  # an error takes the whole transaction back, indexes included
            for statement in _INDEXES.values():
                self._connection.execute(statement)

    def put(self, layer: str, claims: Sequence[Claim]) -> None:
        """Put some claims of a layer in."""
        are_many = self._rows <= _MANY_ROWS < self._rows + len(claims)
        if are_many and self._others() < _MOST_OTHER_ROWS:
            for name in _INDEXES:
                self._connection.execute(f"DROP INDEX {name}")
            self._without_indexes = True
        self._rows += len(claims)
        for start in range(0, len(claims), _ROWS_AT_ONCE):
            self._insert(layer, claims[start : start + _ROWS_AT_ONCE])

    def _insert(self, layer: str, claims: Sequence[Claim]) -> None:
        values: list[str | bytearray | int | None] = [self._storage_id, layer]
        for path, key, size, mtime_ns, session in claims:
            folder, _, name = bytearray(path, "utf-8", "surrogateescape").rpartition(b"/")  # bound quicker than bytes
            values += (folder, name, key, size, mtime_ns, session)
        self._connection.execute(_insertion(len(claims)), values)

    def _others(self) -> int:
        total: int = self._connection.execute("SELECT count(*) FROM claim").fetchone()[0]
        return total - self._rows


@cache
def _insertion(rows: int) -> str:
    """The statement for so many rows: its parameters are storage id and layer, then the other columns of each row."""
    return "INSERT INTO claim VALUES " + ", ".join(["(?1, ?2, ?, ?, ?, ?, ?, ?)"] * rows)
