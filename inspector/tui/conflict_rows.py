"""Headings and conflicts as one list, read in windows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from inspector.engine import ConflictFilter, ConflictList
from inspector.model.display import display_name
from inspector.model.records import Choice, Conflict

_KEY_SHOWN = 12


class ConflictSource(Protocol):
    """The part of the engine that the list's widgets ask."""

    def count_by_kind(self, chosen: ConflictFilter) -> dict[str, int]:
        """How many there are of each kind, in the order of kinds."""

    def choices(self, conflict: Conflict) -> tuple[Choice, ...]:
        """What can be done about a conflict."""

    def conflict(self, conflict_id: str) -> Conflict | None:
        """One conflict by its id, None where it is no more."""


@dataclass(frozen=True, slots=True)
class KindHeading:
    """The line above the conflicts of a kind."""

    kind: str
    count: int


def entry_of(conflict: Conflict) -> str:
    """What of a document a conflict is about, so that several about one document are told apart; else nothing.

    That is the path that an entry states, or another path of the conflict, or the entry's key in its first characters.
    """
    path, evidence = conflict.path, conflict.evidence
    if path is None or not conflict.subject.startswith(f"{path}:"):
        return ""
    entry = evidence.get("entry")
    stated = [evidence.get("relative_path"), entry.get("relative_path") if isinstance(entry, dict) else None]
    stated += [*conflict.paths[1:], entry.get("filename") if isinstance(entry, dict) else None]
    for text in stated:
        if isinstance(text, str) and text:
            return display_name(text)
    return display_name(str(evidence.get("key") or conflict.subject[len(path) + 1 :])[:_KEY_SHOWN])


class ConflictRows:
    """Conflicts with a heading above each kind; without headings where the list is not grouped by kind."""

    def __init__(self, found: ConflictList) -> None:
        self._found = found
        self.kinds = found.kinds
        self._names = list(self.kinds)
        self._starts = [0, *accumulate(count + 1 for count in self.kinds.values())]

    @property
    def conflicts(self) -> int:
        """How many conflicts there are, headings not counted."""
        return self._found.count

    def count(self) -> int:
        """How many lines there are."""
        return self._found.count + len(self._names)

    def window(self, offset: int, limit: int) -> Sequence[KindHeading | Conflict]:
        """Some of them; it ends early where the catalog has changed since, which is read anew in a moment."""
        end = min(offset + limit, self.count())
        first = offset - self._headings_before(offset)
        conflicts = iter(self._found.window(first, end - self._headings_before(end) - first))
        rows: list[KindHeading | Conflict] = []
        for line in range(offset, end):
            group = self._headings_before(line + 1) - 1
            if group >= 0 and line == self._starts[group]:
                rows.append(KindHeading(self._names[group], self.kinds[self._names[group]]))
            elif (conflict := next(conflicts, None)) is not None:
                rows.append(conflict)
            else:
                break
        return rows

    def line_of(self, conflict: Conflict) -> int | None:
        """The line of a conflict, wherever it is; None where it is not in the list."""
        place = self._found.place_of(conflict)
        if place is None:
            return None
        ends = list(accumulate(self.kinds.values()))
        return place + min(bisect_right(ends, place) + 1, len(self._names))

    def _headings_before(self, line: int) -> int:
        """How many of the lines before `line` are headings."""
        return bisect_left(self._starts, line, hi=len(self._names))

    def heading_of(self, kind: str) -> int | None:
        """The line of the heading of a kind; None where there is none."""
        return self._starts[self._names.index(kind)] if kind in self.kinds else None

    def heading_before(self, index: int) -> int:
        """The line of the heading that the line `index` stands under."""
        return self._starts[max(0, bisect_right(self._starts, index) - 1)]

    def heading_after(self, index: int) -> int | None:
        """The line of the next heading, or None under the last one."""
        group = bisect_right(self._starts, index)
        return self._starts[group] if group < len(self._names) else None

    def number(self, index: int) -> int:
        """The number of the conflict in line `index`, from 1, headings not counted."""
        return index + 1 - bisect_right(self._starts[: len(self._names)], index)
