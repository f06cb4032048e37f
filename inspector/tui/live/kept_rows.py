"""Conflicts that were resolved elsewhere, kept in their places in the list while they are in sight. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inspector.model.records import Conflict
from inspector.tui.conflict_rows import ConflictRows, KindHeading


@dataclass(frozen=True, slots=True)
class Resolved:
    """The line of a conflict that is no more, as it was last known."""

    conflict: Conflict


Row = KindHeading | Conflict | Resolved
Kept = tuple[int, KindHeading | Resolved]
"""A line that is kept, and before which line of the list it stands."""


class KeptRows:
    """The list of the conflicts with some lines more: those that were resolved, and headings that they stand under."""

    def __init__(self, rows: ConflictRows, kept: Sequence[Kept] = ()) -> None:
        self.rows = rows
        self._kept = tuple(kept)
        self._lines = [place + number for number, (place, _) in enumerate(self._kept)]

    @property
    def conflicts(self) -> int:
        """How many conflicts there are."""
        return self.rows.conflicts

    @property
    def has_kept(self) -> bool:
        """Whether there are lines of resolved conflicts."""
        return bool(self._kept)

    def count(self) -> int:
        """How many lines there are."""
        return self.rows.count() + len(self._kept)

    def window(self, offset: int, limit: int) -> Sequence[Row]:
        """Some of them."""
        if not self._kept:
            return self.rows.window(offset, limit)
        end = min(offset + limit, self.count())
        first, last = self._in_list(offset), self._in_list(end)
        listed = iter(self.rows.window(first, last - first))
        found: list[Row] = []
        for line in range(offset, end):
            number = bisect_left(self._lines, line)
            if number < len(self._lines) and self._lines[number] == line:
                found.append(self._kept[number][1])
            elif (row := next(listed, None)) is not None:
                found.append(row)
            else:
                break
        return found

    def without(self, conflict_id: str) -> "KeptRows":
        """The same without the line of this resolved conflict, and without a heading over nothing."""
        kept = [one for one in self._kept if not (isinstance(one[1], Resolved) and one[1].conflict.id == conflict_id)]
        return KeptRows(
            self.rows,
            [
                one
                for one, below in zip(kept, [*kept[1:], None], strict=True)
                if isinstance(one[1], Resolved) or (below is not None and isinstance(below[1], Resolved))
            ],
        )

    def place_of(self, row: Row) -> int | None:
        """The line of a conflict, or of what is kept of it; None where it has none."""
        if isinstance(row, KindHeading):
            return None
        conflict = _conflict_of(row)
        found = self.rows.line_of(conflict)
        if found is not None:
            return self._line_of(found)
        kept = zip(self._lines, (row for _, row in self._kept), strict=True)
        return next((line for line, one in kept if isinstance(one, Resolved) and one.conflict.id == conflict.id), None)

    def _line_of(self, place: int) -> int:
        """The line of what stands in the line `place` of the list without kept lines."""
        return place + sum(before <= place for before, _ in self._kept)

    def _in_list(self, line: int) -> int:
        """How many lines of the list stand before `line`."""
        return line - bisect_left(self._lines, line)

    # --- moving by kind -----------------------------------------------------------------------------------------

    def heading_before(self, index: int) -> int:
        """The line of the heading that the line `index` stands under."""
        return self._line_of(self.rows.heading_before(self._in_list(index)))

    def heading_after(self, index: int) -> int | None:
        """The line of the next heading, or None under the last one."""
        heading = self.rows.heading_after(self._in_list(index))
        return self._line_of(heading) if heading is not None else None

    def number(self, index: int) -> int:
        """The number of the conflict in line `index`, from 1, neither headings nor resolved ones counted."""
        return self.rows.number(self._in_list(index))


def kept_rows(
    sight: Sequence[Row],
    rows: ConflictRows,
    as_it_is: Callable[[Conflict], Conflict | None],
    *,
    grouped: bool,
) -> list[Kept]:
    """The lines to keep of those in `sight` whose conflicts are not open any more, each in its place in `rows`.

    `as_it_is` gives an open conflict as it is now, and None for one that is not open. A kept line stands behind the
    nearest line above it that is still in the list, or before the nearest one below.
    """
    there = [None if isinstance(row, KindHeading) else as_it_is(_conflict_of(row)) for row in sight]
    kept: list[Kept] = []
    heading = ""
    for number, row in enumerate(sight):
        if isinstance(row, KindHeading) or there[number] is not None:
            continue
        conflict = _conflict_of(row)
        place = _place_of(number, sight, there, rows)
        place = _under_its_heading(conflict.kind, place, rows) if grouped else place
        if grouped and conflict.kind not in rows.kinds and heading != conflict.kind:
            heading = conflict.kind
            kept.append((place, KindHeading(heading, 0)))
        kept.append((place, Resolved(conflict)))
    return sorted(kept, key=lambda one: one[0])


def _under_its_heading(kind: str, place: int, rows: ConflictRows) -> int:
    """The nearest line to `place` that is among those of a kind; between two kinds, where there are none of it."""
    heading = rows.heading_of(kind)
    if heading is None:
        below = rows.heading_after(place - 1)
        return below if below is not None else rows.count()
    behind = rows.heading_after(heading)
    return min(max(place, heading + 1), behind if behind is not None else rows.count())


def _conflict_of(row: Conflict | Resolved) -> Conflict:
    return row.conflict if isinstance(row, Resolved) else row


def _place_of(number: int, sight: Sequence[Row], there: Sequence[Conflict | None], rows: ConflictRows) -> int:
    """Before which line of the list the line `number` of those in sight belongs."""
    above = ((sight[at], there[at], 1) for at in range(number - 1, -1, -1))
    below = ((sight[at], there[at], 0) for at in range(number + 1, len(sight)))
    for row, now, behind in (*above, *below):
        line = None
        if isinstance(row, KindHeading):
            line = rows.heading_of(row.kind)
        elif now is not None:
            line = rows.line_of(now)
        if line is not None:
            return line + behind
    return rows.count()
