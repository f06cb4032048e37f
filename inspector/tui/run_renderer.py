"""rich-pixels' half-cell renderer, made to join neighbours of like colours. Imported with the first picture only."""

from collections.abc import Callable

from rich.segment import Segment
from rich_pixels import HalfcellRenderer

from inspector.tui.picture import style_of

Pixel = tuple[int, int, int, int]
GetPixel = Callable[[tuple[int, int]], Pixel]

LIKENESS = 8
"""How far apart two colours may be, in any of red, green and blue, and still be drawn as one."""


class RunRenderer(HalfcellRenderer):
    """Draws a line as runs: one segment and one change of colours for as many cells as look alike.

    A cell whose halves look alike is a blank on a background: half the colours to send, and within any run on that
    background none at all.
    """

    def _render_line(self, *, line_index: int, width: int, get_pixel: GetPixel) -> list[Segment]:
        runs: list[Segment] = []
        text = ""
        run_upper: Pixel = (0, 0, 0, 0)
        run_lower: Pixel | None = None
        for x in range(width):
            upper, lower = get_pixel((x, line_index)), get_pixel((x, line_index + 1))
            plain = _alike(upper, lower)
            if text and _alike(upper, run_upper):
                if plain and _alike(lower, run_upper):
                    text += " "
                    continue
                if run_lower is not None and _alike(lower, run_lower):
                    text += "▄"
                    continue
            if text:
                runs.append(_segment(text, run_upper, run_lower))
            text = " " if plain else "▄"
            run_upper, run_lower = upper, None if plain else lower
        runs.append(_segment(text, run_upper, run_lower))
        return runs


def _alike(one: Pixel, other: Pixel) -> bool:
    return (
        abs(one[0] - other[0]) <= LIKENESS and abs(one[1] - other[1]) <= LIKENESS and abs(one[2] - other[2]) <= LIKENESS
    )


def _segment(text: str, upper: Pixel, lower: Pixel | None) -> Segment:
    return Segment(text, style_of(upper[:3] if lower is None else lower[:3], upper[:3]))
