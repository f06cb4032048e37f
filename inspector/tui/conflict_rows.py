"""Headings and conflicts as one list, read from the engine in windows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from inspector.engine import ConflictFilter
from inspector.model.records import Choice, Conflict


class ConflictSource(Protocol):
    """The part of the engine that this list reads."""

    def conflicts(self, chosen: ConflictFilter, offset: int = 0, limit: int = 200) -> list[Conflict]:
        """A window of the chosen conflicts."""

    def count_by_kind(self, chosen: ConflictFilter) -> dict[str, int]:
        """How many there are of each kind, worst kinds first."""

    def choices(self, conflict: Conflict) -> tuple[Choice, ...]:
        """What can be done about a conflict."""


@dataclass(frozen=True, slots=True)
class KindHeading:
    """The line above the conflicts of a kind."""

    kind: str
    count: int


class ConflictRows:
    """Headings and conflicts as one list, read in windows, each kind by itself."""

    def __init__(self, source: ConflictSource, chosen: ConflictFilter) -> None:
        self._source = source
        self._chosen = chosen
        self.kinds = source.count_by_kind(chosen)
        self._names = list(self.kinds)
        self._starts = [0, *accumulate(count + 1 for count in self.kinds.values())]

    @property
    def conflicts(self) -> int:
        """How many conflicts there are, headings not counted."""
        return sum(self.kinds.values())

    def count(self) -> int:
        """How many lines there are."""
        return self._starts[-1]

    def window(self, offset: int, limit: int) -> Sequence[KindHeading | Conflict]:
        """Some of them, read at once where each kind has one severity, and kind by kind where they are mixed."""
        end = min(offset + limit, self.count())
        first = offset - self._headings_before(offset)
        found = self._source.conflicts(self._chosen, first, end - self._headings_before(end) - first)
        rows: list[KindHeading | Conflict] = []
        conflicts = iter(found)
        for line in range(offset, end):
            group = self._headings_before(line + 1) - 1
            if line == self._starts[group]:
                rows.append(KindHeading(self._names[group], self.kinds[self._names[group]]))
                continue
            conflict = next(conflicts, None)
            if conflict is None or conflict.kind != self._names[group]:
                return self._window_kind_by_kind(offset, end)
            rows.append(conflict)
        return rows

    def _headings_before(self, line: int) -> int:
        """How many of the lines before `line` are headings."""
        return bisect_left(self._starts, line, hi=len(self._names))

    def _window_kind_by_kind(self, offset: int, end: int) -> list[KindHeading | Conflict]:
        rows: list[KindHeading | Conflict] = []
        while offset < end:
            group = self._headings_before(offset + 1) - 1
            kind, start, stop = self._names[group], self._starts[group], min(end, self._starts[group + 1])
            if offset == start:
                rows.append(KindHeading(kind, self.kinds[kind]))
                offset += 1
            if offset < stop:
                only = ConflictFilter(self._chosen.storages, (kind,), self._chosen.text)
                found = self._source.conflicts(only, offset - start - 1, stop - offset)
                if not found:
                    break  # the catalog has changed since it was counted; it is read anew in a moment
                rows.extend(found)
                offset += len(found)
        return rows

    def heading_before(self, index: int) -> int:
        """The line of the heading that the line `index` stands under."""
        return self._starts[max(0, bisect_right(self._starts, index) - 1)]

    def heading_after(self, index: int) -> int | None:
        """The line of the next heading, or None under the last one."""
        group = bisect_right(self._starts, index)
        return self._starts[group] if group < len(self._names) else None

    def number(self, index: int) -> int:
        """The number of the conflict in line `index`, from 1, headings not counted."""
        return index + 1 - bisect_right(self._starts[:-1], index)
