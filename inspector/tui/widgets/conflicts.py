"""The conflicts, grouped by kind, worst first; and in the same place the list of kinds to choose from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from textual.app import ComposeResult

from inspector.engine import ConflictFilter, ConflictList
from inspector.model.display import display_name
from inspector.model.kinds import KINDS
from inspector.model.plan import Decision
from inspector.model.records import Conflict
from inspector.model.relpath import split_path
from inspector.model.sorting import Order
from inspector.tui.conflict_rows import ConflictRows, ConflictSource, KindHeading, entry_of
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.live.kept_rows import Kept, KeptRows, Resolved, Row, kept_rows
from inspector.tui.palette import TONE_OF_SEVERITY, Tone
from inspector.tui.shown import shown
from inspector.tui.staging import Staging, title_of
from inspector.tui.widgets.menus import FixedRows, KindChoice, KindsTable, PathChoice, PathsTable, kind_line
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.virtual_table import VirtualTable

_AT_ONCE = 200
_MOST_LOOKED_AT = 20_000
"""So many conflicts one key looks through for the next open one."""


class ConflictsTable(VirtualTable[Row]):
    """The list of the conflicts."""

    def __init__(self, source: ConflictSource, staging: Staging, glyphs: Glyphs) -> None:
        super().__init__((), id="conflicts", empty="")
        self.glyphs = glyphs
        self._source = source
        self._staging = staging
        self._decisions: dict[str, Decision | None] = {}
        self._marks: dict[str, bool] = {}
        self.names: Mapping[str, str] = {}
        self.shows_storage = False

    def selectable(self, row: Row) -> bool:
        """Conflicts can be chosen, headings cannot."""
        return not isinstance(row, KindHeading)

    def draw_row(self, row: Row, width: int) -> Line:
        """A heading over the whole width, or a conflict in columns under it."""
        if isinstance(row, KindHeading):
            return kind_line(row.kind, row.count, width, self.glyphs)
        name, folder, storage = self._widths(width - 2)
        if isinstance(row, Resolved):
            return self._draw_resolved(row.conflict, name, width)
        decision = self._decision(row)
        if decision is not None:
            return self._draw_decided(row, decision, name, width)
        if row.id in self._staging.skipped:
            return self._draw_skipped(row, name, width)
        beside = self._beside(row, storage)
        if not beside:
            name, folder = name + folder + (1 if folder else 0), 0
        line = [
            Piece(self.glyphs.severity(row.severity), TONE_OF_SEVERITY[row.severity]),
            self._draw_mark(row),
            *self._draw_name(row, name),
        ]
        if folder:
            line += [Piece(" "), Piece(fit(beside, folder, self.glyphs.ellipsis, keep_end=True), Tone.DIM)]
        if storage:
            line += [Piece(" "), *self._draw_storage(row, storage)]
        return line

    def look_again(self, only: Conflict | None = None) -> None:
        """Draw the rows anew with the decisions as they are now, or the one under the cursor if it is `only`."""
        current = self.current
        if only is not None and isinstance(current, Conflict) and current.id == only.id:
            self._decisions.pop(only.id, None)
            self._marks.pop(only.id, None)
            self.refresh(self._line(self.cursor))
            return
        self._decisions.clear()
        self._marks.clear()
        self.refresh()

    def _decision(self, row: Conflict) -> Decision | None:
        if row.id not in self._decisions:
            if len(self._decisions) > _MOST_LOOKED_AT:
                self._decisions.clear()
            self._decisions[row.id] = self._staging.decision(row)
        return self._decisions[row.id]

    def _draw_decided(self, row: Conflict, decision: Decision, name: int, width: int) -> Line:
        """A sign, the name, and in place of folder and storage what was chosen."""
        title = title_of(decision.choice, self._source.choices(row))
        return [
            Piece(self.glyphs.decided, Tone.GOOD),
            self._draw_mark(row),
            *self._draw_name(row, name),
            Piece(" "),
            Piece(fit(title, max(0, width - name - 3), self.glyphs.ellipsis), Tone.GOOD),
        ]

    def _draw_skipped(self, row: Conflict, name: int, width: int) -> Line:
        text = fit(split_path(row.label)[1] or row.label, name, self.glyphs.ellipsis)
        rest = fit("skipped for now", max(0, width - name - 3), self.glyphs.ellipsis)
        return [Piece(self.glyphs.skipped, Tone.FAINT), self._draw_mark(row), Piece(f"{text} {rest}", Tone.FAINT)]

    def _draw_resolved(self, row: Conflict, name: int, width: int) -> Line:
        text = fit(split_path(row.label)[1] or row.label, name, self.glyphs.ellipsis)
        rest = fit("resolved", max(0, width - name - 3), self.glyphs.ellipsis)
        return [Piece(f"{self.glyphs.dot} {text} {rest}", Tone.FAINT)]

    def _draw_mark(self, row: Conflict) -> Piece:
        """A sign that the conflict is marked, in the blank before its name."""
        if not self._staging.marked:
            return Piece(" ")
        if row.id not in self._marks:
            if len(self._marks) > _MOST_LOOKED_AT:
                self._marks.clear()
            self._marks[row.id] = bool(self._staging.marked_among([row.id]))
        return Piece(self.glyphs.picked, Tone.ACCENT) if self._marks[row.id] else Piece(" ")

    def _widths(self, width: int) -> tuple[int, int, int]:
        storage = min(20, width // 4) if self.shows_storage and width >= 56 else 0
        room = width - storage - (1 if storage else 0)
        name = min(room, max(20, room * 50 // 100))
        return name, max(0, room - name - 1), storage

    def _draw_name(self, row: Conflict, width: int) -> Line:
        return [Piece(fit(split_path(row.label)[1] or row.label, width, self.glyphs.ellipsis))]

    def _beside(self, row: Conflict, storage: int) -> str:
        """What stands beside the name: the entry of a document, or the folder, or the storage that has no column."""
        beside = entry_of(row) or split_path(row.label)[0]
        return beside or (
            display_name(self.names.get(row.storage_id, "")) if self.shows_storage and not storage else ""
        )

    def _draw_storage(self, row: Conflict, width: int) -> Line:
        return [Piece(fit(display_name(self.names.get(row.storage_id, "")), width, self.glyphs.ellipsis), Tone.FAINT)]


class ConflictsPane(PaneBox):
    """The pane of the conflicts, and of the lists that stand in their place while something is chosen."""

    def __init__(self, source: ConflictSource, staging: Staging, glyphs: Glyphs) -> None:
        self.table = ConflictsTable(source, staging, glyphs)
        self.kinds = KindsTable(glyphs)
        self.kinds.display = False
        self.paths = PathsTable(glyphs)
        self.paths.display = False
        self._staging = staging
        self.chosen = ConflictFilter()
        self._source = source
        self._rows: KeptRows | None = None
        self._left: str | None = None
        self._unfiltered = 0
        self._last: Conflict | None = None
        """What the cursor was on last, for when it was on nothing meanwhile."""
        super().__init__(Pane.CONFLICTS, "Conflicts", self.table)

    def compose(self) -> ComposeResult:
        """The title over one of the lists."""
        yield from super().compose()
        yield self.kinds
        yield self.paths

    @property
    def conflict(self) -> Conflict | None:
        """The conflict under the cursor."""
        row = self.table.current
        return row if isinstance(row, Conflict) else None

    @property
    def resolved(self) -> Conflict | None:
        """The conflict under the cursor, where it was resolved elsewhere and is shown until the cursor leaves it."""
        row = self.table.current
        return row.conflict if isinstance(row, Resolved) else None

    @property
    def total(self) -> int:
        """How many conflicts the list has."""
        return self._rows.conflicts if self._rows is not None else 0

    @property
    def choosing_kinds(self) -> bool:
        """Whether the list of kinds is open."""
        return bool(self.kinds.display)

    @property
    def choosing_path(self) -> bool:
        """Whether the list of paths is open."""
        return bool(self.paths.display)

    @property
    def present(self) -> VirtualTable[Row] | KindsTable | PathsTable:
        """The list that is in sight."""
        return self.paths if self.choosing_path else self.kinds if self.choosing_kinds else self.table

    def show(
        self,
        chosen: ConflictFilter,
        found: ConflictList,
        names: Mapping[str, str],
        as_it_is: Callable[[Conflict], Conflict | None] | None = None,
    ) -> None:
        """Show the conflicts that were found.

        The cursor stays on its conflict where the choice is the same as before, and where the filters were cleared.
        With `as_it_is`, which gives an open conflict as it is now, the list has changed by itself: those in sight that
        are not open any more stay, as resolved.
        """
        stays = chosen == self.chosen or _is_cleared(self.chosen, chosen)
        self.chosen = chosen
        self.table.names = names
        self.table.shows_storage = chosen.storages is None or len(chosen.storages) > 1
        rows = ConflictRows(found)
        kept: list[Kept] = []
        before = self.table.current or self._last
        self._last = self.conflict or self._last
        if stays and as_it_is is not None:
            kept = kept_rows(self._sight(), rows, as_it_is, grouped=chosen.order.grouped)
            before = (as_it_is(before) if isinstance(before, Conflict) else None) or before
        self._put(KeptRows(rows, kept), before if stays else None)

    def _sight(self) -> list[Row]:
        """The lines that are on the screen."""
        lines = range(self.table.top, self.table.top + max(1, self.table.size.height))
        return [row for row in map(self.table.row, lines) if row is not None]

    def _put(self, rows: KeptRows, before: Row | None) -> None:
        """Show these rows; the cursor stays on what it was on `before`, if anything, and on its line of the screen."""
        index, line = self.table.cursor, self.table.cursor - self.table.top
        self._rows = rows
        self.table.look_again()
        if before is None:
            self.table.show(rows, cursor=0)
        else:
            place = rows.place_of(before)
            self.table.show(rows, cursor=self._nearest(rows, index) if place is None else place, line=line)
        current = self.resolved
        self._left = current.id if current is not None else None
        self.say()

    def _nearest(self, rows: KeptRows, index: int) -> int:
        """The line of the conflict that followed the line `index` of the list of before, or else of the one before."""
        for step in (1, -1):
            for row in self.table.at_hand(index + step, step):
                if isinstance(row, Conflict) and self._source.conflict(row.id) is not None:
                    place = rows.place_of(row)
                    if place is not None:
                        return place
        return index

    def leave_resolved(self) -> bool:
        """Take away the line of a resolved conflict that the cursor has left; True where there was one."""
        left, current = self._left, self.resolved
        self._left = current.id if current is not None else None
        if left is None or self._rows is None or left == self._left:
            return False
        self._put(self._rows.without(left), self.table.current)
        return True

    def say(self, of: int | None = None) -> None:
        """Bring the title up to date; `of` is the number of conflicts without filters, None to leave it as it was."""
        self._unfiltered = of if of is not None else self._unfiltered
        filters = []
        if self.chosen.kinds:
            filters.append(", ".join(KINDS[kind].title if kind in KINDS else kind for kind in self.chosen.kinds))
        if self.chosen.query:
            filters.append(f"/{shown(self.chosen.query.text)}")
        facts = f"{self.total:,} of {self._unfiltered:,}" if filters else f"{self.total:,}"
        if self.chosen.order != Order():
            filters.insert(0, self.chosen.order.words)
        if self._staging.marked:
            filters.insert(0, marks_words(self._staging.marked, self._staging.marked_listed))
        facts = "  ".join([facts, *filters])
        place = ""
        if self._rows is not None and self.conflict is not None:
            place = f"{self._rows.number(self.table.cursor):,}/{self.total:,}"
        self.title_line.say(facts=facts, place=place)

    def line_of(self, conflict: Conflict) -> int | None:
        """The line of a conflict; None where it is not in the list."""
        return self._rows.place_of(conflict) if self._rows is not None else None

    def between(self, one: int, other: int) -> list[str]:
        """The ids of the conflicts in the lines from `one` to `other`, both included."""
        if self._rows is None:
            return []
        first, last = sorted((one, other))
        found: list[str] = []
        for start in range(first, last + 1, _AT_ONCE):
            rows = self._rows.window(start, min(_AT_ONCE, last + 1 - start))
            found += [row.id for row in rows if isinstance(row, Conflict)]
        return found

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

    def next_open(self, step: int) -> bool | None:
        """To the next conflict that is neither decided nor skipped, before the cursor where `step` is negative.

        False where there is none; None where only the nearest ones were looked through, and the cursor is behind them.
        """
        if self._rows is None:
            return False
        place, end = self.table.cursor + step, self._rows.count() if step > 0 else -1
        looked = 0
        while 0 <= place < self._rows.count() and place != end:
            start = place if step > 0 else max(0, place - _AT_ONCE + 1)
            lines = list(enumerate(self._rows.window(start, min(_AT_ONCE, abs(end - place))), start))
            found = self._first_open([line for line in lines if step > 0 or line[0] <= place][::step])
            if found is not None:
                self.table.go_to(found)
                return True
            looked += max(1, len(lines))
            place += step * max(1, len(lines))
            if looked >= _MOST_LOOKED_AT:
                self.table.go_to(place)
                return None
        return False

    def _first_open(self, lines: Sequence[tuple[int, Row]]) -> int | None:
        conflicts = [(place, row) for place, row in lines if isinstance(row, Conflict)]
        are_open = self._staging.is_open([row for _, row in conflicts])
        return next((place for (place, _), is_open in zip(conflicts, are_open, strict=True) if is_open), None)

    # --- the list of paths --------------------------------------------------------------------------------------

    def open_paths(self, title: str, rows: Sequence[PathChoice]) -> None:
        """Ask which path is meant."""
        self.paths.show(FixedRows(tuple(rows)))
        self._open(self.paths)
        self.title_line.say(name=title, facts="", place="")

    def close_paths(self) -> None:
        """Show the conflicts again."""
        self._close(self.paths)
        self.title_line.say(name="Conflicts")
        self.say()

    # --- the list of kinds --------------------------------------------------------------------------------------

    def open_kinds(self) -> None:
        """Show the list of kinds in place of the conflicts, with the counts that the other filters leave."""
        counts = self._source.count_by_kind(replace(self.chosen, kinds=()))
        rows = [KindChoice(None, sum(counts.values()), not self.chosen.kinds)]
        rows += [KindChoice(kind, count, kind in self.chosen.kinds) for kind, count in counts.items()]
        cursor = next((i for i, row in enumerate(rows) if row.marked), 0)
        self.kinds.show(FixedRows(tuple(rows)), cursor=cursor)
        self._open(self.kinds)

    def close_kinds(self) -> None:
        """Show the conflicts again."""
        self._close(self.kinds)

    def _open(self, menu: KindsTable | PathsTable) -> None:
        self.table.display = False
        menu.display = True
        self.screen.set_focus(menu, scroll_visible=False)

    def _close(self, menu: KindsTable | PathsTable) -> None:
        had_focus = menu.has_focus
        menu.display = False
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


def marks_words(marked: int, listed: int) -> str:
    """How many conflicts are marked, and how many of them are not in the list."""
    if not listed:
        return f"{marked:,} marked, hidden"
    return f"{marked:,} marked, {marked - listed:,} hidden" if listed < marked else f"{marked:,} marked"


def _is_cleared(before: ConflictFilter, now: ConflictFilter) -> bool:
    """Whether all filters of before were taken away."""
    filtered = bool(before.kinds or before.query)
    return filtered and not (now.kinds or now.query) and now.storages == before.storages
