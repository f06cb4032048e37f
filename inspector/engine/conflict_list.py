"""A list of chosen conflicts that is read in windows: straight from an index, or from a selection made once."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflict_selection import conflicts_at, row_of, select
from inspector.catalog.conflicts import conflict_by_id, conflict_window, count_before, count_by_kind
from inspector.catalog.database import Database
from inspector.model.records import Conflict


class ConflictList:
    """The chosen conflicts as they are when it is made; it may be made in one thread and read in another.

    `kinds` says how many there are of each kind, in the order of the list; it is empty where the list is not grouped
    by kind. Where it is, the conflicts of a kind stand together.
    """

    def __init__(self, database: Database, chosen: ConflictFilter) -> None:
        self._database = database
        self._chosen = chosen
        self._rows: Sequence[int] | None = None
        if chosen.is_plain:
            self.kinds = count_by_kind(database.connection, chosen)
            self.count = sum(self.kinds.values())
            self._ends = list(accumulate(self.kinds.values()))
        else:
            selection = select(database.connection, chosen)
            self.kinds, self._rows, self.count = selection.kinds, selection.rows, len(selection.rows)

    def window(self, offset: int, limit: int) -> list[Conflict]:
        """`limit` conflicts from the `offset`-th on; fewer where the catalog has lost some since."""
        connection = self._database.connection
        if self._rows is not None:
            return conflicts_at(connection, self._rows[offset : offset + limit])
        found = conflict_window(connection, self._chosen, offset, limit)
        names = list(self.kinds)
        groups = (bisect_right(self._ends, place) for place in range(offset, offset + len(found)))
        if all(group < len(names) and one.kind == names[group] for group, one in zip(groups, found, strict=True)):
            return found
        return self._window_kind_by_kind(offset, min(offset + limit, self.count))

    def place_of(self, identity: str) -> int | None:
        """Where the conflict of this id stands in the list, counted from 0; None where it is not in it."""
        connection = self._database.connection
        if self._rows is not None:
            row = row_of(connection, identity)
            return self._rows.index(row) if row is not None and row in self._rows else None
        conflict = conflict_by_id(connection, identity)
        if conflict is None or conflict.kind not in self.kinds:
            return None
        if self._chosen.storages is not None and conflict.storage_id not in self._chosen.storages:
            return None
        if self._chosen.settled is not None and conflict.settled != self._chosen.settled:
            return None
        kinds = list(self.kinds)
        return sum(self.kinds[kind] for kind in kinds[: kinds.index(conflict.kind)]) + count_before(
            connection, self._chosen, conflict
        )

    def _window_kind_by_kind(self, offset: int, end: int) -> list[Conflict]:
        """The same where the conflicts of a kind have several severities, and lie apart in the index."""
        found: list[Conflict] = []
        start = 0
        for kind, stop in zip(self.kinds, self._ends, strict=True):
            first, last = max(offset, start), min(end, stop)
            if first < last:
                only = replace(self._chosen, kinds=(kind,))
                found += conflict_window(self._database.connection, only, first - start, last - first)
            start = stop
        return found
