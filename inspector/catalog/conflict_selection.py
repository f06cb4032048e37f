"""A filter's answer, kept: eight bytes for each conflict in it, so that any window of it is read at once.

The one place that knows of SQLite's row ids. They are stable as long as the conflicts are; a row that has gone since is
left out of its window.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, conflict_of
from inspector.catalog.conflict_query import ConflictFilter, in_order, where
from inspector.model.records import Conflict


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen conflicts by row id in order, and how many of them there are of each kind, in the order of kinds.

    Where the order is that of kinds, those of one kind stand together, whatever their severities are.
    """

    kinds: dict[str, int]
    rows: Sequence[int]


def select(connection: sqlite3.Connection, chosen: ConflictFilter) -> Selection:
    """Look through the conflicts once."""
    condition, arguments = where(connection, chosen)
    order = in_order(chosen.order)
    by_kind: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    if chosen.order.grouped:
        found = connection.execute(f"SELECT rowid, kind FROM conflict WHERE {condition} ORDER BY {order}", arguments)
        for row, kind in found:
            by_kind[kind].append(row)
        rows = array("q")
        for some in by_kind.values():
            rows.extend(some)
        return Selection({kind: len(some) for kind, some in by_kind.items()}, rows)
    found = connection.execute(f"SELECT rowid FROM conflict WHERE {condition} ORDER BY {order}", arguments)
    rows = array("q", (row[0] for row in found))
    return Selection({}, rows)


def place_of(connection: sqlite3.Connection, rows: Sequence[int], identity: str) -> int | None:
    """Where in a selection's rows a conflict stands, None where it is not in it."""
    row = connection.execute("SELECT rowid FROM conflict WHERE id = ?", (identity,)).fetchone()
    if row is None:
        return None
    try:
        return rows.index(row[0])
    except ValueError:
        return None


def conflicts_at(connection: sqlite3.Connection, rows: Sequence[int]) -> list[Conflict]:
    """The conflicts of these rows, in this order, without those that have gone; at most some hundreds."""
    marks = ", ".join("?" * len(rows))
    found = connection.execute(f"SELECT rowid, {CONFLICT_COLUMNS} FROM conflict WHERE rowid IN ({marks})", tuple(rows))
    by_row = {number: conflict_of(row) for number, *row in found}
    return [by_row[number] for number in rows if number in by_row]
