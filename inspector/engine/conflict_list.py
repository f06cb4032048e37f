"""A list of chosen conflicts that is read in windows: straight from an index, or from a selection made once."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflict_selection import conflicts_at, place_of, select
from inspector.catalog.conflicts import conflict_window, count_and_compare_kinds, count_before
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
        self._in_order = True
        """Whether the conflicts of a kind lie together in the index, as all of them are of one severity."""
        if chosen.is_plain:
            self.kinds, self._in_order = count_and_compare_kinds(database.connection, chosen)
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
        end = min(offset + limit, self.count)
        if not self._in_order:
            return self._window_kind_by_kind(offset, end)
        found = conflict_window(connection, self._chosen, offset, limit)
        names = list(self.kinds)
        groups = (bisect_right(self._ends, place) for place in range(offset, offset + len(found)))
        if all(group < len(names) and one.kind == names[group] for group, one in zip(groups, found, strict=True)):
            return found
        return self._window_kind_by_kind(offset, end)

    def place_of(self, conflict: Conflict) -> int | None:
        """The place of a conflict in the list, from 0 on; None where it is not in it."""
        connection = self._database.connection
        if self._rows is not None:
            return place_of(connection, self._rows, conflict.id)
        if conflict.kind not in self.kinds:
            return None
        group = list(self.kinds).index(conflict.kind)
        place = (self._ends[group - 1] if group else 0) + count_before(connection, self._chosen, conflict)
        return place if [one.id for one in self.window(place, 1)] == [conflict.id] else None

    def _window_kind_by_kind(self, offset: int, end: int) -> list[Conflict]:
        """The same where the conflicts of a kind lie apart in the index, or the catalog is another one by now."""
        found: list[Conflict] = []
        start = 0
        for kind, stop in zip(self.kinds, self._ends, strict=True):
            first, last = max(offset, start), min(end, stop)
            if first < last:
                only = replace(self._chosen, kinds=(kind,))
                found += conflict_window(self._database.connection, only, first - start, last - first)
            start = stop
        return found
