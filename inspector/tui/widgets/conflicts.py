"""The conflicts, grouped by kind, worst first; and in the same place the list of kinds to choose from."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from textual.app import ComposeResult

from inspector.engine import ConflictFilter
from inspector.model.kinds import KINDS, Severity
from inspector.model.records import Conflict
from inspector.model.relpath import split_path
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, Piece, fit, spread
from inspector.tui.palette import TONE_OF_SEVERITY, Tone
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.virtual_table import VirtualTable

_SEARCHED_AROUND = 200
"""How far from its old place a conflict is looked for when the list has been read anew."""


class ConflictSource(Protocol):
    """The part of the engine that this list reads."""

    def conflicts(self, chosen: ConflictFilter, offset: int = 0, limit: int = 200) -> list[Conflict]:
        """A window of the chosen conflicts."""

    def count_by_kind(self, chosen: ConflictFilter) -> dict[str, int]:
        """How many there are of each kind, worst kinds first."""


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


class ConflictsTable(VirtualTable[KindHeading | Conflict]):
    """The list of the conflicts."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="conflicts", empty="")
        self.glyphs = glyphs
        self.names: Mapping[str, str] = {}
        self.shows_storage = False

    def selectable(self, row: KindHeading | Conflict) -> bool:
        """Conflicts can be chosen, headings cannot."""
        return isinstance(row, Conflict)

    def draw_row(self, row: KindHeading | Conflict, width: int) -> Line:
        """A heading over the whole width, or a conflict in columns under it."""
        if isinstance(row, KindHeading):
            return kind_line(row.kind, row.count, width, self.glyphs)
        name, folder, storage = self._widths(width - 2)
        if not split_path(row.label)[0]:
            name, folder = name + folder + (1 if folder else 0), 0
        line = [
            Piece(f"{self.glyphs.severity(row.severity)} ", TONE_OF_SEVERITY[row.severity]),
            *self._draw_name(row, name),
        ]
        if folder:
            line += [Piece(" "), *self._draw_folder(row, folder)]
        if storage:
            line += [Piece(" "), *self._draw_storage(row, storage)]
        return line

    def _widths(self, width: int) -> tuple[int, int, int]:
        storage = min(20, width // 4) if self.shows_storage and width >= 56 else 0
        room = width - storage - (1 if storage else 0)
        name = min(room, max(20, room * 50 // 100))
        return name, max(0, room - name - 1), storage

    def _draw_name(self, row: Conflict, width: int) -> Line:
        return [Piece(fit(split_path(row.label)[1] or row.label, width, self.glyphs.ellipsis))]

    def _draw_folder(self, row: Conflict, width: int) -> Line:
        return [Piece(fit(split_path(row.label)[0], width, self.glyphs.ellipsis, keep_end=True), Tone.DIM)]

    def _draw_storage(self, row: Conflict, width: int) -> Line:
        return [Piece(fit(self.names.get(row.storage_id, ""), width, self.glyphs.ellipsis), Tone.FAINT)]


def kind_line(kind: str, count: int, width: int, glyphs: Glyphs) -> Line:
    """A kind of conflicts: its title, the word of its severity, or its sign where room is short, and their number."""
    info = KINDS.get(kind)
    severity = info.severity if info is not None else Severity.WARNING
    tone = TONE_OF_SEVERITY[severity]
    title = info.title if info is not None else kind
    facts = f"{severity.word}{count:>6,}"
    if len(title) + len(facts) + 2 > width:
        facts = f"{glyphs.severity(severity)}{count:>6,}"
    return spread([Piece(title, Tone.STRONG)], [Piece(facts, tone)], width)


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A line of the list of kinds; `kind` is None for all of them."""

    kind: str | None
    count: int
    marked: bool = False


@dataclass(frozen=True, slots=True)
class KindRows:
    """The provider of the list of kinds."""

    rows: tuple[KindChoice, ...]

    def count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def window(self, offset: int, limit: int) -> Sequence[KindChoice]:
        """Some of them."""
        return self.rows[offset : offset + limit]


class KindsTable(VirtualTable[KindChoice]):
    """The list of kinds, with how many conflicts each has."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="kinds", empty="there are no conflicts")
        self.glyphs = glyphs

    def draw_row(self, row: KindChoice, width: int) -> Line:
        """A mark, and the kind."""
        mark = Piece((self.glyphs.marked if row.marked else " ") + " ", Tone.GOOD)
        if row.kind is None:
            return [mark, *spread([Piece("All kinds", Tone.STRONG)], [Piece(f"{row.count:,}", Tone.DIM)], width - 2)]
        return [mark, *kind_line(row.kind, row.count, width - 2, self.glyphs)]


class ConflictsPane(PaneBox):
    """The pane of the conflicts and of the list of kinds."""

    def __init__(self, source: ConflictSource, glyphs: Glyphs) -> None:
        self.table = ConflictsTable(glyphs)
        self.kinds = KindsTable(glyphs)
        self.kinds.display = False
        self.chosen = ConflictFilter()
        self._source = source
        self._rows: ConflictRows | None = None
        self._unfiltered = 0
        super().__init__(Pane.CONFLICTS, "Conflicts", self.table)

    def compose(self) -> ComposeResult:
        """The title over one of the two lists."""
        yield from super().compose()
        yield self.kinds

    @property
    def conflict(self) -> Conflict | None:
        """The conflict under the cursor."""
        row = self.table.current
        return row if isinstance(row, Conflict) else None

    @property
    def total(self) -> int:
        """How many conflicts the list has."""
        return self._rows.conflicts if self._rows is not None else 0

    @property
    def choosing_kinds(self) -> bool:
        """Whether the list of kinds is open."""
        return bool(self.kinds.display)

    def show(self, chosen: ConflictFilter, names: Mapping[str, str]) -> None:
        """Show the chosen conflicts; with the same choice as before the cursor stays on its conflict."""
        stays = chosen == self.chosen
        before, index = self.conflict, self.table.cursor
        self.chosen = chosen
        self.table.names = names
        self.table.shows_storage = chosen.storages is None or len(chosen.storages) > 1
        rows = ConflictRows(self._source, chosen)
        self._rows = rows
        cursor = _place_of(before, rows, index) if stays and before is not None else 0
        self.table.show(rows, cursor=cursor)
        self.say()

    def say(self, of: int | None = None) -> None:
        """Bring the title up to date; `of` is the number of conflicts without filters, None to leave it as it was."""
        self._unfiltered = of if of is not None else self._unfiltered
        filters = []
        if self.chosen.kinds:
            filters.append(", ".join(KINDS[kind].title if kind in KINDS else kind for kind in self.chosen.kinds))
        if self.chosen.text:
            filters.append(f"/{self.chosen.text}")
        facts = f"{self.total:,} of {self._unfiltered:,}  {'  '.join(filters)}" if filters else f"{self.total:,}"
        place = ""
        if self._rows is not None and self.conflict is not None:
            place = f"{self._rows.number(self.table.cursor):,}/{self.total:,}"
        self.title_line.say(facts=facts, place=place)

    # --- moving by conflict and by kind -------------------------------------------------------------------------

    def next_kind(self) -> None:
        """To the first conflict of the next kind."""
        if self._rows is not None and (heading := self._rows.heading_after(self.table.cursor)) is not None:
            self.table.go_to(heading, on_top=True)

    def previous_kind(self) -> None:
        """To the first conflict of this kind, or of the one before where the cursor is on it already."""
        if self._rows is None:
            return
        heading = self._rows.heading_before(self.table.cursor)
        if self.table.cursor == heading + 1 and heading > 0:
            heading = self._rows.heading_before(heading - 1)
        self.table.go_to(heading, on_top=True)

    # --- the list of kinds --------------------------------------------------------------------------------------

    def open_kinds(self) -> None:
        """Show the list of kinds in place of the conflicts, with the counts that the other filters leave."""
        counts = self._source.count_by_kind(ConflictFilter(self.chosen.storages, (), self.chosen.text))
        rows = [KindChoice(None, sum(counts.values()), not self.chosen.kinds)]
        rows += [KindChoice(kind, count, kind in self.chosen.kinds) for kind, count in counts.items()]
        cursor = next((i for i, row in enumerate(rows) if row.marked), 0)
        self.table.display = False
        self.kinds.display = True
        self.kinds.show(KindRows(tuple(rows)), cursor=cursor)
        self.screen.set_focus(self.kinds, scroll_visible=False)

    def close_kinds(self) -> None:
        """Show the conflicts again."""
        had_focus = self.kinds.has_focus
        self.kinds.display = False
        self.table.display = True
        if had_focus:
            self.screen.set_focus(self.table, scroll_visible=False)

    def kinds_with_mark(self) -> tuple[str, ...]:
        """The chosen kinds with the one under the cursor added, or taken out."""
        row = self.kinds.current
        if row is None or row.kind is None:
            return ()
        kinds = self.chosen.kinds
        return tuple(kind for kind in kinds if kind != row.kind) if row.kind in kinds else (*kinds, row.kind)

    def kinds_under_cursor(self) -> tuple[str, ...]:
        """The kind under the cursor alone, or none for all kinds."""
        row = self.kinds.current
        return (row.kind,) if row is not None and row.kind is not None else ()


def _place_of(conflict: Conflict, rows: ConflictRows, index: int) -> int:
    """The line of `conflict` in `rows`, looked for around the line `index` where it was."""
    start = max(0, index - _SEARCHED_AROUND // 2)
    for place, row in enumerate(rows.window(start, _SEARCHED_AROUND), start):
        if isinstance(row, Conflict) and row.id == conflict.id:
            return place
    return index
