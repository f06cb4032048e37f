"""A conflict's sides beside one another: pictures, and what is stated of each; decided as in the list of conflicts."""

import sqlite3
from collections.abc import Hashable
from dataclasses import replace

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from inspector.model.comparison import Comparison, Field, Side
from inspector.model.comparison_words import name_words
from inspector.model.errors import InspectorError
from inspector.model.kinds import KINDS
from inspector.model.plan import Decision
from inspector.model.records import Conflict
from inspector.tui.actions import Situation
from inspector.tui.compare_actions import COMPARE_ACTIONS
from inspector.tui.compare_deciding import DecidingHere
from inspector.tui.compare_layout import CompareLayout, View, compare_layout
from inspector.tui.compare_rows import (
    CompareRow,
    field_words,
    head_rows,
    in_lines,
    row_line,
    rows_of,
    summary_line,
)
from inspector.tui.compare_sides import Compared, SidesView
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, Piece, shorten, wrap
from inspector.tui.palette import Tone
from inspector.tui.previews.drawing import Room
from inspector.tui.previews.loader import Made, PreviewLoader, Wish
from inspector.tui.side_screen import LOW_ROWS
from inspector.tui.staging import IGNORE, IGNORE_TITLE, short_title
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

_VIEWS = (View.BOTH, View.PICTURES, View.FIELDS)


class FieldsTable(VirtualTable[CompareRow]):
    """The fields; each value stands in the column of its side."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="fields", empty="looking at the files")
        self.glyphs = glyphs
        self.layout_of_rows: CompareLayout | None = None

    def selectable(self, row: CompareRow) -> bool:
        """Fields can be chosen, headings cannot."""
        return isinstance(row, Field)

    def draw_row(self, row: CompareRow, width: int) -> Line:
        """A heading, or a field with its values."""
        return row_line(row, self.layout_of_rows, self.glyphs) if self.layout_of_rows is not None else []


class Body(Container):
    """The sides over their fields."""

    def __init__(self, sides: SidesView, table: FieldsTable) -> None:
        super().__init__(id="compared")
        self._parts = (sides, table)

    def compose(self) -> ComposeResult:
        """The two."""
        yield from self._parts


class CompareScreen(DecidingHere):
    """The screen of the comparison. It shows the conflict under the main screen's cursor, and moves that cursor."""

    ACTIONS = COMPARE_ACTIONS
    NAME = "comparison"
    MEANING = (
        "The sides of a conflict beside one another: what layers and earlier scans state, what is on disk now, and "
        "where the same content is. What differs has a sign; {compare.differing} leaves out the rest. Deciding here "
        "is deciding in the list: it stages, and no file is touched."
    )

    def __init__(self) -> None:
        super().__init__("compare-screen")
        self.numbers: tuple[int, ...] = ()
        """Which sides are shown, counted from 0, from left to right."""
        self.only_differing = False
        self.view = View.BOTH
        self._words_rows = 0
        self._compared: Compared | None = None
        self._loader: PreviewLoader | None = None

    def body(self) -> Widget:
        """The sides and the table."""
        glyphs = self.inspector.glyphs
        self.sides, self.table = SidesView(glyphs), FieldsTable(glyphs)
        return Body(self.sides, self.table)

    def on_mount(self) -> None:
        """Look at the conflict under the cursor."""
        self._loader = PreviewLoader(self.inspector.engine.preview)
        self.set_focus(self.table, scroll_visible=False)
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        """Divide the new room."""
        super().on_resize(event)
        self._words_rows = 0
        self.once_drawn(self.lay_out)

    # --- what is compared ---------------------------------------------------------------------------------------

    def look(self) -> None:
        """Compare the conflict under the main screen's cursor."""
        conflict = self.conflict
        self.whole, self._compared, self.numbers = None, None, ()
        self.table.empty = "looking at the files"
        self.table.show(FixedRows(()))
        self.sides.show_strips((), from_top=True)
        self.summarise([])
        self._say_heading(conflict)
        self.show_keys()
        if conflict is not None:
            self._compare(conflict)

    def _say_heading(self, conflict: Conflict | None) -> None:
        if conflict is None:
            self.job.show_heading([Piece(" Compare", Tone.KEY)])
            return
        kind = KINDS[conflict.kind].title if conflict.kind in KINDS else conflict.kind
        room = max(8, self.size.width - len(kind) - 14)
        label = shorten(conflict.label, room, self.inspector.glyphs.ellipsis, keep_end=True)
        heading = [Piece(" Compare", Tone.KEY), Piece(f"  {kind}", Tone.STRONG), Piece(f"  {label}", Tone.DIM)]
        self.job.show_heading(heading)

    @work(group="compare", exclusive=True)
    async def _compare(self, conflict: Conflict) -> None:
        """Have the sides looked at; another conflict, or leaving, ends that."""
        try:
            comparison = await self.inspector.engine.compare(conflict)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.table.empty = "it cannot be compared"
            self.table.refresh()
            self.status.say(str(error), Tone.ERROR)
            return
        self.whole = comparison
        self.numbers = first_pair(comparison)
        self._show_pair()

    def _show_pair(self) -> None:
        """Show the chosen sides, the cursor on the first field."""
        if self.whole is None:
            return
        pair = self.whole.pair(self.numbers[0], self.numbers[-1])
        self._compared = Compared(pair, [number + 1 for number in self.numbers])
        self._show_rows(cursor=0)
        self.lay_out()
        self.show_keys()

    def _show_rows(self, cursor: int) -> None:
        if self._compared is None or self.whole is None:
            return
        pair, only = self._compared.comparison, self.only_differing
        self.table.empty = "all agree" if only else "nothing is known of it"
        self.table.show(FixedRows(rows_of(pair, only_differing=only)), cursor=cursor)
        self.summarise(summary_line(pair, self.whole, self._compared.numbers, only=only))

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        sides = len(self.whole.sides) if self.whole is not None else 0
        shown = self._compared.comparison.sides if self._compared is not None else ()
        return replace(
            self.main.situation(),
            pane=Pane.CONFLICTS,
            items=sides,
            refusal="" if any(side.is_picture for side in shown) else "neither side is a picture",
            keys=self.key_names,
        )

    # --- the room -----------------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Divide the room between heads, pictures and fields, and ask for the pictures."""
        compared = self._compared
        if compared is None or not self.composed or self not in self.app.screen_stack:
            return  # it does not stand yet, or was left meanwhile
        width, height = self.area.size
        if not width or not height:
            return
        pair = compared.comparison
        layout = compare_layout(
            width,
            height,
            sides=len(pair.sides),
            longest_name=max((len(name_words(field.name)) for field in pair.fields), default=0),
            head_rows=head_rows(pair),
            pictures=any(side.is_picture for side in pair.sides),
            view=self.view,
        )
        self.sides.styles.height = layout.sides_rows
        self.table.display = layout.table_rows > 0
        self.table.layout_of_rows = layout
        self.table.refresh()
        compared.pictures.clear()
        self.sides.show(compared, layout, width)
        self.say_words()
        if layout.picture_rows:
            self._make_pictures(compared, layout, width)

    @work(group="pictures", exclusive=True)
    async def _make_pictures(self, compared: Compared, layout: CompareLayout, width: int) -> None:
        """Have the pictures of both sides drawn, one after the other."""
        loader, pictures = self._loader, self.inspector.pictures
        if loader is None:
            return
        for place, side in enumerate(compared.comparison.sides):
            if not side.is_picture:
                continue
            room = Room(layout.columns[place], layout.picture_rows, pictures.max_bytes)
            wish = Wish(side.storage_id, side.path, _content(side), room)
            outcome = loader.known(wish, pictures.renderer) or await loader.want(wish, pictures.renderer)
            compared.pictures[place] = outcome.drawing if isinstance(outcome, Made) else f"no preview: {outcome}"
            if compared is self._compared:
                self.sides.show(compared, layout, width)

    # --- words --------------------------------------------------------------------------------------------------

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()

    def say_words(self) -> None:
        """The field under the cursor in full, and what can be decided."""
        conflict, compared = self.conflict, self._compared
        width = max(10, self.size.width - 2)
        choices = in_lines(self._choices_words(conflict), width) if conflict is not None else []
        choices = [line for text in choices for line in wrap(text, width)]
        room = self._make_room(len(choices))
        of_field: list[str] = []
        row = self.table.current if self.table.display else None
        if compared is not None and isinstance(row, Field):
            of_field = in_lines(field_words(row, compared.numbers, self.inspector.glyphs.ellipsis), width)
        if len(choices) >= room:
            ellipsis = self.inspector.glyphs.ellipsis
            choices = [*choices[: room - 2], f"{ellipsis} more choices: {self.key_of('back')} shows all of them"]
        said = [line for text in of_field for line in wrap(text, width)][: room - len(choices)]
        self.show_words([*((text, Tone.TEXT) for text in said), *((text, Tone.DIM) for text in choices)])

    def _make_room(self, choices: int) -> int:
        """Give the words as many lines as the choices want below a field, up to a third of the screen; how many."""
        height = self.size.height
        wanted = max(4 if height < LOW_ROWS else 6, min(choices + 3, height // 3 + 1))
        if self._words_rows != wanted:
            self._words_rows = wanted
            self.words.styles.height = wanted
            self.once_drawn(self.lay_out)
        return wanted - 1

    def rows_of_words(self) -> int:
        """As many rows as the choices want below a field; the fields have the others."""
        return super().rows_of_words() if self.zoomed else self._words_rows or self.least_rows_of_words()

    def _choices_words(self, conflict: Conflict) -> list[str]:
        """The choices with their numbers, and a sign before those that cannot be made."""
        glyphs = self.inspector.glyphs
        decision = self.main.staging.decision(conflict)
        parts = []
        for number, choice in enumerate(self.inspector.engine.choices(conflict), 1):
            barred = self.main.barrier_to(conflict, choice) is not None
            usual = glyphs.refused if barred else glyphs.suggested if choice.suggested else ""
            parts.append(f"{self._sign_of(choice.id, decision, usual)}{number} {short_title(choice.title)}")
        if decision is not None and decision.choice == IGNORE:
            parts.append(f"{glyphs.decided}i {IGNORE_TITLE}")
        return parts

    def _sign_of(self, choice: str, decision: Decision | None, otherwise: str) -> str:
        return self.inspector.glyphs.decided if decision is not None and decision.choice == choice else otherwise

    # --- actions ------------------------------------------------------------------------------------------------

    def do_differing(self) -> None:
        """Show only what differs, or everything; the cursor stays on its field."""
        row = self.table.current
        self.only_differing = not self.only_differing
        pair = self._compared.comparison if self._compared is not None else None
        rows = rows_of(pair, only_differing=self.only_differing) if pair is not None else ()
        self._show_rows(cursor=rows.index(row) if row in rows else 0)

    def do_other_right(self) -> None:
        """Put the next side at the right."""
        self._turn(1)

    def do_other_left(self) -> None:
        """Put the next side at the left."""
        self._turn(0)

    def _turn(self, place: int) -> None:
        if self.whole is None or len(self.whole.sides) < 3:
            return
        count, fixed = len(self.whole.sides), self.numbers[0 if place else 1]
        turning = (self.numbers[place] + 1) % count
        if turning == fixed:
            turning = (turning + 1) % count
        self.numbers = (fixed, turning) if place else (turning, fixed)
        self._show_pair()

    def do_pictures(self) -> None:
        """Pictures and fields, pictures alone, or fields alone."""
        self.view = _VIEWS[(_VIEWS.index(self.view) + 1) % len(_VIEWS)]
        self.status.say(f"Shown: {self.view.value}")
        self.lay_out()

    def do_again(self) -> None:
        """Look at the files again."""
        self.look()

    def do_next(self) -> None:
        """Compare the next open conflict."""
        self._go("conflict.next")

    def do_previous(self) -> None:
        """Compare the previous open conflict."""
        self._go("conflict.previous")

    def _go(self, identity: str) -> None:
        before = self.conflict
        self.main.perform(self.main.action(identity))
        conflict = self.conflict
        if conflict is None or (before is not None and conflict.id == before.id):
            self.repeat_message()
            return
        self.status.say("")
        self.look()

    def do_back(self) -> None:
        """Back to the conflicts; the cursor is on the one that was compared."""
        main = self.main
        super().do_back()
        main.show_card()
        main.show_count()


def first_pair(comparison: Comparison) -> tuple[int, ...]:
    """Which sides are shown first: the first one, and the first that differs from it."""
    if len(comparison.sides) < 2:
        return (0,)
    others = range(1, len(comparison.sides))
    return 0, next((other for other in others if comparison.pair(0, other).differing), 1)


def _content(side: Side) -> Hashable:
    return side.digest or (side.storage_id, side.path, side.size, side.mtime_ns)
