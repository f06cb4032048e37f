"""Pictures in cells: half blocks of few colours in long runs, or a ramp of characters. Pure functions.

A cell of half blocks shows two pixels. What it costs on the wire is the changes of colour, so the picture is reduced
to a small palette, and neighbours of equal colours become one run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.model.preview import Preview

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 64_000
"""What one picture may cost on the wire; larger panes get fewer colours."""
_COLOURS = (64, 32, 16, 8)
_RAMP = " .:-=+*#%@"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as strips, and about how many bytes they cost on a terminal with 24-bit colour."""

    strips: tuple[Strip, ...]
    bytes: int


def draw(preview: Preview, *, ascii_only: bool = False, max_bytes: int = MAX_BYTES) -> Drawing:
    """Draw a preview: one cell for each of its columns and two of its rows.

    Half blocks step down in colours until the picture costs at most `max_bytes`.
    """
    image = image_of(preview)
    if ascii_only:
        return ascii_ramp(image)
    drawing = half_blocks(image, _COLOURS[0])
    for colours in _COLOURS[1:]:
        if drawing.bytes <= max_bytes:
            break
        drawing = half_blocks(image, colours)
    return drawing


def image_of(preview: Preview) -> "Image.Image":
    """The preview as Pillow's image."""
    from PIL import Image  # 20 ms, so not before the first picture

    return Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)


def half_blocks(image: "Image.Image", colours: int) -> Drawing:
    """`image` in half blocks of at most `colours` colours."""
    from PIL import Image

    from inspector.tui.run_renderer import RunRenderer

    few = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    segments = RunRenderer().render(few.convert("RGB"), None)
    strips: list[Strip] = []
    line: list[Segment] = []
    for segment in segments:
        if segment.text == "\n":
            strips.append(Strip(line, image.width))
            line = []
        else:
            line.append(segment)
    return Drawing(tuple(strips), wire_bytes(strips))


def ascii_ramp(image: "Image.Image") -> Drawing:
    """`image` in characters from dark to light, for terminals without colours or half blocks."""
    from PIL import Image, ImageOps

    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    small = grey.resize((image.width, max(1, (image.height + 1) // 2)), Image.Resampling.BOX)
    values = small.tobytes()
    texts = [
        "".join(_RAMP[value * len(_RAMP) // 256] for value in values[start : start + small.width])
        for start in range(0, len(values), small.width)
    ]
    strips = tuple(Strip([Segment(text)], small.width) for text in texts)
    return Drawing(strips, wire_bytes(strips))


@lru_cache(maxsize=8192)
def style_of(lower: tuple[int, int, int], upper: tuple[int, int, int]) -> Style:
    """The style of a cell whose lower half is the foreground and whose upper half is the background."""
    if lower == upper:
        return Style(bgcolor=Color.from_rgb(*upper))
    return Style(color=Color.from_rgb(*lower), bgcolor=Color.from_rgb(*upper))


def wire_bytes(strips: Sequence[Strip]) -> int:
    """About what the strips cost on a terminal with 24-bit colour, moving from line to line included."""
    total = 0
    for strip in strips:
        total += len("\x1b[00;00H")
        for text, style, _ in strip:
            rendered = text if style is None else style.render(text, color_system=ColorSystem.TRUECOLOR)
            total += len(rendered.encode())
    return total
