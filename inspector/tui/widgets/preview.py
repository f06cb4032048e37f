"""The details of what is under the cursor: a picture where there is one, and the text beside or below it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from inspector.tui.cards import picture_facts
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import CardLayout, Pane, card_layout
from inspector.tui.lines import Line, Piece, strip_of, wrap
from inspector.tui.palette import Tone
from inspector.tui.previews.drawing import Drawing
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.text_view import TextView

LOW_ROWS = 28
"""In fewer rows, what the picture says of itself comes after the text."""


@dataclass(frozen=True, slots=True)
class PictureOf:
    """Which picture belongs to the card; `caption` says so where it is not the conflict's own file."""

    storage_id: str
    path: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What to show: the text for a width in cells and a low or a high pane, and the picture that goes with it."""

    key: str
    lines: Callable[[int, bool], list[Line]]
    picture: PictureOf | None = None


class DetailsPane(PaneBox):
    """The pane of the details."""

    class PictureWanted(Message):
        """The card's picture is to be drawn in a box of so many cells, and `show_picture` called."""

        def __init__(self, picture: PictureOf, columns: int, rows: int) -> None:
            super().__init__()
            self.picture = picture
            self.columns = columns
            self.rows = rows

        def can_replace(self, message: Message) -> bool:
            """Only the last picture asked for matters."""
            return isinstance(message, DetailsPane.PictureWanted)

    def __init__(self, glyphs: Glyphs) -> None:
        self.view = CardView()
        super().__init__(Pane.DETAILS, "Details", self.view)
        self.glyphs = glyphs
        self._card: Card | None = None
        self._asked: tuple[PictureOf, int, int] | None = None
        self._drawing: Drawing | None = None
        self._words: list[Line] = []
        self._rows_held = 0
        self.pictures_off = False
        """Whether one line stands in for the picture."""

    def on_card_view_resized(self) -> None:
        """Lay the card out anew."""
        self.lay_out()

    def on_text_view_scrolled(self) -> None:
        """Say in the title how far down the text is."""
        self.title_line.say(place=self.view.place)

    @property
    def picture(self) -> PictureOf | None:
        """The picture that the present card wants."""
        return self._card.picture if self._card is not None else None

    def show_card(self, card: Card | None) -> None:
        """Show another card, or the same one with new text; the picture stays while it is the same."""
        new = card is None or self._card is None or card.key != self._card.key
        if (card.picture if card is not None else None) != self.picture:
            self._asked, self._drawing, self._words = None, None, []
        self._card = card
        self.lay_out(from_top=new)

    def show_picture(self, picture: PictureOf, drawing: Drawing, fields: Mapping[str, str]) -> None:
        """Show the drawn picture, if it is still the one that is wanted."""
        if picture != self.picture:
            return
        self._drawing = drawing
        self._rows_held = len(drawing.strips)
        self._words = picture_facts(fields, self._layout().text_width)
        self.lay_out()

    def show_failure(self, picture: PictureOf, message: str) -> None:
        """Say why there is no picture, if it is still wanted."""
        if picture != self.picture:
            return
        self._drawing = None
        width = self._layout().text_width
        self._words = [[Piece(text, Tone.WARNING)] for text in wrap(f"no preview: {message}", width)]
        self.lay_out()

    def forget_pictures(self) -> None:
        """Ask for the picture again: the files may have changed."""
        self._asked = None

    def lay_out(self, *, from_top: bool = False) -> None:
        """Compose the lines for the present size, and ask for the picture if that has not been done."""
        size = self.view.size
        if not self.is_mounted or not size.width or not size.height:
            return
        layout = self._layout()
        card = self._card
        if card is None:
            self.view.show_strips((), from_top=True)
            return
        if card.picture is not None and layout.picture_rows:
            wanted = (card.picture, layout.picture_columns, layout.picture_rows)
            if wanted != self._asked:
                self._asked = wanted
                self.post_message(self.PictureWanted(*wanted))
        low = size.height < LOW_ROWS
        text = card.lines(layout.text_width, low)
        caption = wrap(card.picture.caption, layout.text_width) if card.picture is not None else []
        words = [*([Piece(line, Tone.FAINT)] for line in caption if line), *self._words]
        width = size.width
        blank: list[Line] = [[]] if words else []
        if layout.side_by_side:
            strips = self._side_by_side(layout, [*text, *blank, *words], width)
        elif low:
            strips = [*self._picture_box(layout, width), *self._strips([*text, *blank, *words], width)]
        else:
            strips = [*self._picture_box(layout, width), *self._strips([*words, *blank, *text], width)]
        self.view.show_strips(strips, from_top=from_top)

    def _layout(self) -> CardLayout:
        size = self.view.size
        if self.pictures_off:
            columns = max(1, size.width - 2)
            return CardLayout(columns, 1, columns, side_by_side=False)
        return card_layout(size.width, size.height)

    def _strips(self, lines: list[Line], width: int) -> list[Strip]:
        return [strip_of([Piece(" "), *line], width, self.view.tones) for line in lines]

    def _picture_box(self, layout: CardLayout, width: int) -> list[Strip]:
        """The picture above the text; while it is being made, as many blank lines as the last one had."""
        if self.picture is None or not layout.picture_rows:
            return []
        if self._drawing is None and self._words:
            return []
        left = Strip([Segment(" ")], 1)
        if self._drawing is None:
            return [Strip.blank(width)] * min(layout.picture_rows, self._rows_held or layout.picture_rows)
        return [Strip.join([left, strip]).adjust_cell_length(width) for strip in self._drawing.strips]

    def _side_by_side(self, layout: CardLayout, text: list[Line], width: int) -> list[Strip]:
        """The picture at the left, and the text in a column at the right; without a picture, the text alone."""
        if self.picture is None:
            return self._strips(text, width)
        pictures = self._drawing.strips if self._drawing is not None else ()
        column = self._strips(text, layout.text_width + 1)
        box = layout.picture_columns + 1
        rows: list[Strip] = []
        for index in range(max(len(pictures), len(column))):
            left = Strip([Segment(" "), *pictures[index]]) if index < len(pictures) else Strip.blank(box)
            right = column[index] if index < len(column) else Strip.blank(layout.text_width + 1)
            rows.append(Strip.join([left.adjust_cell_length(box), Strip.blank(1), right]).adjust_cell_length(width))
        return rows


class CardView(TextView):
    """The body of the details pane."""

    class Resized(Message):
        """There is more or less room than before."""

    def __init__(self) -> None:
        super().__init__(id="details")

    def on_resize(self) -> None:
        """Tell the pane."""
        self.post_message(self.Resized())
