"""Which conflicts opened, changed and closed between two looks at the catalog, whoever wrote them.

What was last told lies in a temporary table of the connection's own, so that memory does not grow with the conflicts.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, WORST_FIRST, conflict_of
from inspector.catalog.decisions import fingerprint
from inspector.model.records import Conflict
from inspector.model.watching import Change

_COLUMNS = "id, kind, storage_id, severity, subject, label, paths, evidence, settled"


class ConflictChanges:
    """The open conflicts of some storages as they were last told. One connection, one thread."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        is_held_back: Callable[[Conflict, int], bool] = lambda conflict, now: False,
    ) -> None:
        """`is_held_back` says of an opened conflict whether it is to be told later; it is given the time (ns)."""
        self._connection = connection
        self._is_held_back = is_held_back
        self.held_back = 0
        """How many conflicts the last look held back."""
        connection.execute("DROP TABLE IF EXISTS temp.told")
        connection.execute(f"CREATE TEMP TABLE told ({_COLUMNS}, PRIMARY KEY (id))")

    def begin(self, storage_ids: Sequence[str]) -> None:
        """Take what is open now as told."""
        marks = ", ".join("?" * len(storage_ids))
        self._connection.execute(
            f"""
            INSERT OR REPLACE INTO temp.told SELECT {CONFLICT_COLUMNS} FROM main.conflict
            WHERE storage_id IN ({marks}) AND settled = 0
            """,
            tuple(storage_ids),
        )

    def count(self, storage_id: str) -> int:
        """How many conflicts of a storage were told and are open."""
        row = self._connection.execute("SELECT count(*) FROM temp.told WHERE storage_id = ?", (storage_id,)).fetchone()
        return int(row[0])

    def look(self, storage_ids: Sequence[str]) -> Iterator[tuple[Change, Conflict]]:
        """What happened since the last look: first what closed, then what changed, then what opened, worst first.

        To be read to its end: what is told is remembered as it is told.
        """
        self.held_back = 0
        marks = ", ".join("?" * len(storage_ids))
        open_ones = f"conflict.storage_id IN ({marks}) AND conflict.settled = 0"
        now = time.time_ns()
        closed = self._connection.execute(
            f"""
            SELECT {_COLUMNS} FROM temp.told WHERE storage_id IN ({marks})
                AND id NOT IN (SELECT id FROM conflict WHERE {open_ones})
            """,
            (*storage_ids, *storage_ids),
        ).fetchall()
        for row in closed:
            self._connection.execute("DELETE FROM temp.told WHERE id = ?", (row[0],))
            yield Change.CLOSED, conflict_of(row)
        yield from self._changed(open_ones, storage_ids)
        opened = self._connection.execute(
            f"""
            SELECT id FROM main.conflict WHERE {open_ones} AND id NOT IN (SELECT id FROM temp.told)
            ORDER BY {WORST_FIRST}
            """,
            tuple(storage_ids),
        ).fetchall()
        for (identity,) in opened:
            row = self._connection.execute(
                f"SELECT {CONFLICT_COLUMNS} FROM main.conflict WHERE id = ?", (identity,)
            ).fetchone()
            if row is None:
                continue  # gone again
            conflict = conflict_of(row)
            if self._is_held_back(conflict, now):
                self.held_back += 1
            else:
                self._remember(row)
                yield Change.OPENED, conflict

    def _changed(self, open_ones: str, storage_ids: Sequence[str]) -> Iterator[tuple[Change, Conflict]]:
        rows = self._connection.execute(
            f"""
            SELECT {CONFLICT_COLUMNS}, {", ".join(f"t.{name}" for name in _COLUMNS.split(", "))} FROM main.conflict
            JOIN temp.told t ON t.id = conflict.id
            WHERE {open_ones} AND (t.evidence <> conflict.evidence OR t.severity <> conflict.severity
                OR t.paths <> conflict.paths)
            """,
            tuple(storage_ids),
        ).fetchall()
        for row in rows:
            now, before = conflict_of(row[:9]), conflict_of(row[9:])
            self._remember(row[:9])
            if now.severity != before.severity or fingerprint(now) != fingerprint(before):
                yield Change.CHANGED, now

    def _remember(self, row: Sequence[object]) -> None:
        self._connection.execute("INSERT OR REPLACE INTO temp.told VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(row))
