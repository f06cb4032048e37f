"""What stands above the fields of a comparison: each side's head, and its picture where there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.segment import Segment
from textual.strip import Strip

from inspector.model.comparison import Comparison
from inspector.tui.compare_layout import CompareLayout
from inspector.tui.compare_rows import head_lines
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Piece, strip_of, wrap
from inspector.tui.palette import Palette, Tone
from inspector.tui.previews.drawing import Drawing
from inspector.tui.widgets.text_view import TextView

Shown = Drawing | str
"""A side's picture, or in words why there is none."""


@dataclass(slots=True)
class Compared:
    """What the heads are drawn from: two sides, their numbers among all sides, and their pictures by place."""

    comparison: Comparison
    numbers: Sequence[int]
    pictures: dict[int, Shown] = field(default_factory=dict)


class SidesView(TextView):
    """The heads and the pictures, in the columns of the table below."""

    DEFAULT_CSS = "SidesView { height: 1; }"

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="sides")
        self.can_focus = False
        self._glyphs = glyphs
        self._kept: Mapping[int, Shown] = {}

    def show(self, compared: Compared, layout: CompareLayout, width: int) -> None:
        """Show these sides."""
        self._kept = compared.pictures  # what a strip stands for is there as long as its drawing is
        self.show_strips(sides_strips(compared, layout, width, self._glyphs, self.tones), from_top=True)


def sides_strips(compared: Compared, layout: CompareLayout, width: int, glyphs: Glyphs, tones: Palette) -> list[Strip]:
    """Heads and pictures as strips of `width` cells, indented like the values of the table."""
    indent = Strip.blank(1 + 2 + layout.label)
    comparison = compared.comparison
    paths = [side.path for side in comparison.sides]
    heads = [
        head_lines(side, compared.numbers[place], paths, layout.head_rows, layout.columns[place] - 1, glyphs)
        for place, side in enumerate(comparison.sides)
    ]
    rows: list[Strip] = []
    for row in range(layout.head_rows):
        cells = [
            strip_of([Piece(" "), *(lines[row] if row < len(lines) else ())], layout.columns[place] + 1, tones)
            for place, lines in enumerate(heads)
        ]
        rows.append(Strip.join([indent, *cells]).adjust_cell_length(width))
    boxes = [
        _picture(compared.pictures.get(place), layout.columns[place], layout.picture_rows, tones)
        for place in range(len(comparison.sides))
    ]
    for row in range(layout.picture_rows):
        rows.append(Strip.join([indent, *(box[row] for box in boxes)]).adjust_cell_length(width))
    return rows


def _picture(shown: Shown | None, columns: int, rows: int, tones: Palette) -> list[Strip]:
    """A picture, or why there is none, in a box of its column's width and so many rows."""
    width = columns + 1
    if isinstance(shown, Drawing):
        lead = Strip([Segment(" ")], 1)
        lines = [Strip.join([lead, strip]).adjust_cell_length(width) for strip in shown.strips[:rows]]
    else:
        words = wrap(shown, max(4, columns - 2)) if shown else []
        lines = [strip_of([Piece(" "), Piece(text, Tone.FAINT)], width, tones) for text in words[:rows]]
    return [*lines, *([Strip.blank(width)] * (rows - len(lines)))]
