"""Put the claims of a layer into the catalog."""

import sqlite3
from collections.abc import Sequence

ClaimRow = tuple[str, str, bytes, bytes, str | None, int | None, int | None, str | None]
"""Storage id, layer, folder, name, key, size, mtime, session."""

_INDEXES = {
    "claim_by_path": "CREATE INDEX claim_by_path ON claim (storage_id, folder, name)",
    "claim_by_key": "CREATE INDEX claim_by_key ON claim (key)",
}
_MANY_ROWS = 10_000
_MOST_OTHER_ROWS = 300_000


class ClaimLoad:
    """One layer's claims on their way in, within a transaction.

    Many of them are put in without indexes, which are made again at the end: keeping them while keys come in at random
    costs three times as much. Not where so many other claims are there that making them again would cost more.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.rows = 0
        self._connection = connection
        self._without_indexes = False

    def __enter__(self) -> "ClaimLoad":
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if self._without_indexes and error is None:  # an error takes the whole transaction back, indexes included
            for statement in _INDEXES.values():
                self._connection.execute(statement)

    def put(self, rows: Sequence[ClaimRow]) -> None:
        """Put some claims in."""
        self.rows += len(rows)
        if self.rows > _MANY_ROWS and not self._without_indexes and self._others() < _MOST_OTHER_ROWS:
            for name in _INDEXES:
                self._connection.execute(f"DROP INDEX {name}")
            self._without_indexes = True
        self._connection.executemany("INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _others(self) -> int:
        total: int = self._connection.execute("SELECT count(*) FROM claim").fetchone()[0]
        return total - self.rows
