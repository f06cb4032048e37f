"""A list of any length: it asks a provider for the rows that are on the screen, and for no others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from inspector.tui.glyphs import UNICODE, Glyphs
from inspector.tui.lines import Line, Piece, strip_of
from inspector.tui.palette import Palette, Tone, palette
from inspector.tui.remote import is_remote
from inspector.tui.widgets.quiet_focus import QuietFocus

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)

PAGE_ROWS = 200
CACHED_PAGES = 12
_LEFT_BY_A_JUMP = 3
"""So many lines stay in sight where the list scrolls over SSH."""


class RowProvider(Protocol[Row_co]):
    """Where rows come from. Both methods are asked often and must not read more than what was asked for."""

    def count(self) -> int:
        """How many rows there are."""

    def window(self, offset: int, limit: int) -> Sequence[Row_co]:
        """At most `limit` rows from the `offset`-th on."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. `width` is in cells; 0 takes a share of what is left, `weight` says how large a share.

    A column with `needs` is left out of tables narrower than that many cells, one with `below` of all others.
    """

    cell: Callable[[Row, int], Line]
    """Draws the cell of a row in exactly the given width."""
    width: int = 0
    weight: int = 1
    needs: int = 0
    below: int = 1 << 30

    def shown_at(self, width: int) -> bool:
        """Whether a table of `width` cells has this column."""
        return self.needs <= width < self.below


def column_widths(columns: Sequence[Column[Row]], width: int) -> list[int]:
    """The width in cells of each column in a table of `width`, one blank between them; 0 for those left out."""
    shown = [column for column in columns if column.shown_at(width)]
    room = width - sum(column.width for column in shown) - max(0, len(shown) - 1)
    weights = sum(column.weight for column in shown if not column.width)
    widths: list[int] = []
    for column in columns:
        if not column.shown_at(width):
            widths.append(0)
        elif column.width:
            widths.append(column.width)
        else:
            share = max(0, room) * column.weight // max(1, weights)
            room, weights = room - share, weights - column.weight
            widths.append(share)
    return widths


class NoRows:
    """A provider without rows."""

    def count(self) -> int:
        """None at all."""
        return 0

    def window(self, offset: int, limit: int) -> Sequence[object]:
        """Nothing."""
        return ()


class VirtualTable(QuietFocus, Generic[Row], can_focus=True, inherit_bindings=False):
    """The list. A cursor key refreshes two lines; scrolling refreshes the widget; nothing ever measures all rows."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    class Highlighted(Message):
        """The cursor stands on another row, or on a row that has changed."""

        def __init__(self, table: "VirtualTable[Any]") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "VirtualTable[Any]":
            """The table."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Only the last of several waiting ones matters."""
            return isinstance(message, VirtualTable.Highlighted) and message.table is self.table

    def __init__(self, columns: Sequence[Column[Row]], *, id: str, empty: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.columns = columns
        self.empty = empty
        self.glyphs: Glyphs = UNICODE
        self.cursor = 0
        self.top = 0
        self._provider: RowProvider[Row] = NoRows()  # type: ignore[assignment]
        self._count = 0
        self._pages: dict[int, Sequence[Row]] = {}

    # --- rows ---------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """How many rows there are, headings included."""
        return self._count

    def show(self, provider: RowProvider[Row], *, cursor: int = 0, line: int | None = None) -> None:
        """Show the rows of `provider` with the cursor on the row number `cursor`, or the nearest that can have it.

        Where the rows allow, it stands on the screen's `line`, counted from the top of the table.
        """
        self._provider = provider
        self._pages.clear()
        self._count = provider.count()
        self.cursor = self._landing(min(cursor, self._count - 1), 1)
        if line is not None:
            self.top = self.cursor - line
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.Highlighted(self))

    def show_changed(self, provider: RowProvider[Row]) -> None:
        """Show the rows of `provider` in place of those of before; only the lines that differ are drawn."""
        height = self.size.height
        before = [self.row(self.top + y) for y in range(height)]
        same_count = provider.count() == self._count
        self._provider = provider
        self._pages.clear()
        self._count = provider.count()
        self.cursor = self._landing(min(self.cursor, self._count - 1), 1)
        top = self.top
        self._scroll_to_cursor()
        if self.top != top or not same_count:
            self.refresh()
            return
        changed = [self._line(self.top + y) for y in range(height) if self.row(self.top + y) != before[y]]
        if changed:
            self.refresh(*changed)

    def row(self, index: int) -> Row | None:
        """The row number `index`, read with its page when it is not at hand; None beyond the ends."""
        if not 0 <= index < self._count:
            return None
        number, place = divmod(index, PAGE_ROWS)
        page = self._pages.get(number)
        if page is None:
            page = self._provider.window(number * PAGE_ROWS, PAGE_ROWS)
            while len(self._pages) >= CACHED_PAGES:
                self._pages.pop(next(iter(self._pages)))
            self._pages[number] = page
        return page[place] if place < len(page) else None

    def at_hand(self, index: int, step: int = 1) -> Iterator[Row]:
        """The rows from `index` on, or back where `step` is negative, as far as they were read already."""
        while (page := self._pages.get(index // PAGE_ROWS)) is not None and 0 <= index % PAGE_ROWS < len(page):
            yield page[index % PAGE_ROWS]
            index += step

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.row(self.cursor)

    def selectable(self, row: Row) -> bool:
        """Whether the cursor may stand on `row`; headings say no."""
        return True

    def draw_row(self, row: Row, width: int) -> Line:
        """The row in `width` cells; by default its columns."""
        pieces: list[Piece] = []
        for column, cells in zip(self.columns, column_widths(self.columns, width), strict=True):
            if cells:
                if pieces:
                    pieces.append(Piece(" "))
                pieces.extend(column.cell(row, cells))
        return pieces

    # --- moving -------------------------------------------------------------------------------------------------

    def move(self, steps: int) -> None:
        """Move the cursor by `steps` rows, down where positive; headings are stepped over."""
        self.go_to(self.cursor + steps, -1 if steps < 0 else 1)

    def page(self, pages: int) -> None:
        """Move the cursor by whole screens."""
        self.move(pages * max(1, self.size.height - 1))

    def go_to(self, index: int, direction: int = 1, *, on_top: bool = False) -> None:
        """Put the cursor on the row number `index`, or on the next one in `direction` that can have it.

        With `on_top`, the row number `index` becomes the first one in sight, as far as the rows below it allow.
        """
        before, top = self.cursor, self.top
        self.cursor = self._landing(max(0, min(index, self._count - 1)), direction)
        if on_top:
            self.top = index
        self._scroll_to_cursor(at_least=max(1, self.size.height - _LEFT_BY_A_JUMP) if is_remote() else 1)
        if self.top != top:
            self.refresh()
        elif self.cursor != before:
            self.refresh(self._line(before), self._line(self.cursor))
        if self.cursor != before:
            self.post_message(self.Highlighted(self))

    def _line(self, index: int) -> Region:
        return Region(0, index - self.top, self.size.width, 1)

    def _landing(self, index: int, direction: int) -> int:
        """The nearest row from `index` on that the cursor may stand on, looking in `direction` first."""
        for step in (direction, -direction):
            place = index
            while (row := self.row(place)) is not None:
                if self.selectable(row):
                    return place
                place += step
        return 0

    def _scroll_to_cursor(self, at_least: int = 1) -> None:
        """Scroll where the cursor is out of sight, by `at_least` so many lines: one jump draws less than many steps."""
        height = max(1, self.size.height)
        first = self.cursor
        above = self.row(first - 1)
        if height > 1 and above is not None and not self.selectable(above):
            first -= 1  # its heading comes along
        if first < self.top:
            self.top = min(first, self.top - at_least)
        elif self.cursor >= self.top + height:
            self.top = max(self.cursor - height + 1, self.top + at_least)
        self.top = max(0, min(self.top, self._count - height))

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._scroll_to_cursor()
        self.refresh()

    def focus_changed(self) -> None:
        """Draw the cursor's line anew."""
        self.refresh(self._line(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        row = self.row(self.top + event.y)
        if row is not None and self.selectable(row):
            self.go_to(self.top + event.y)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.move(-3)

    # --- drawing ------------------------------------------------------------------------------------------------

    @property
    def tones(self) -> Palette:
        """The styles of the app's theme."""
        return palette(self.app.theme_variables)

    def render_line(self, y: int) -> Strip:
        """One line: a mark where the cursor is, the row, and at the right edge where the window is in the whole."""
        width = self.size.width
        if not self._count:
            text = self.empty if y == 0 else ""
            return strip_of([Piece(f"  {text}", Tone.DIM)], width, self.tones).apply_style(self.rich_style)
        index = self.top + y
        row = self.row(index)
        if row is None:
            return Strip.blank(width, self.rich_style)
        at_cursor = index == self.cursor
        line = [
            Piece(self.glyphs.cursor if at_cursor else " ", Tone.ACCENT if self.has_focus else Tone.FAINT),
            *self.draw_row(row, max(1, width - 2)),
        ]
        background = None
        if at_cursor:
            background = self.tones.cursor if self.has_focus else self.tones.cursor_idle
        thumb = self._thumb(y)
        strip = strip_of(line, width - len(thumb), self.tones, background)
        if thumb:
            strip = Strip.join([strip, Strip([Segment(thumb, self.tones[Tone.FAINT])], 1)])
        return strip.apply_style(self.rich_style)

    def _thumb(self, y: int) -> str:
        """The scroll bar's cell in line `y`, empty where there is none."""
        height = self.size.height
        if self._count <= height:
            return ""
        length = max(1, height * height // self._count)
        start = (height - length) * self.top // max(1, self._count - height)
        return self.glyphs.thumb if start <= y < start + length else ""
