"""rich-pixels' half-cell renderer, made to join neighbours of like colours. Imported with the first picture only."""

from collections.abc import Callable
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich_pixels import HalfcellRenderer

Pixel = tuple[int, int, int, int]
GetPixel = Callable[[tuple[int, int]], Pixel]


class RunRenderer(HalfcellRenderer):
    """Draws a line as runs: one segment and one change of colours for as many cells as look alike.

    A cell whose halves look alike is a blank on a background: half the colours to send, and within any run on that
    background none at all. Colours look alike that are no more than `likeness` apart in each of red, green and blue.
    """

    def __init__(self, likeness: int) -> None:
        super().__init__()
        self._likeness = likeness

    def _render_line(self, *, line_index: int, width: int, get_pixel: GetPixel) -> list[Segment]:
        runs: list[Segment] = []
        text = ""
        run_upper: Pixel = (0, 0, 0, 0)
        run_lower: Pixel | None = None
        for x in range(width):
            upper, lower = get_pixel((x, line_index)), get_pixel((x, line_index + 1))
            plain = self._alike(upper, lower)
            if text and self._alike(upper, run_upper):
                if plain and self._alike(lower, run_upper):
                    text += " "
                    continue
                if run_lower is not None and self._alike(lower, run_lower):
                    text += "▄"
                    continue
            if text:
                runs.append(_segment(text, run_upper, run_lower))
            text = " " if plain else "▄"
            run_upper, run_lower = upper, None if plain else lower
        runs.append(_segment(text, run_upper, run_lower))
        return runs

    def _alike(self, one: Pixel, other: Pixel) -> bool:
        most = self._likeness
        return abs(one[0] - other[0]) <= most and abs(one[1] - other[1]) <= most and abs(one[2] - other[2]) <= most


def _segment(text: str, upper: Pixel, lower: Pixel | None) -> Segment:
    return Segment(text, _style_of(upper[:3] if lower is None else lower[:3], upper[:3]))


@lru_cache(maxsize=8192)
def _style_of(lower: tuple[int, int, int], upper: tuple[int, int, int]) -> Style:
    """The style of a cell whose lower half is the foreground and whose upper half is the background."""
    if lower == upper:
        return Style(bgcolor=Color.from_rgb(*upper))
    return Style(color=Color.from_rgb(*lower), bgcolor=Color.from_rgb(*upper))
