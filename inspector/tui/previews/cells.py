"""Pictures made of cells: half blocks of few colours in long runs, a ramp of characters, or their main colours alone.

A cell of half blocks shows two pixels. What it costs on the wire is the changes of colour, so the picture is reduced
to a small palette, and neighbours of like colours become one run.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.model.preview import Preview, PreviewMode
from inspector.tui.previews.drawing import Drawing, Room, image_of, wire_bytes

if TYPE_CHECKING:
    from PIL import Image

_RAMP = " .:-=+*#%@"
_MAIN_COLOURS = 4
_SWATCH = 3


OF_FLAT = 16 / 5
"""A picture of flat colours, as a screenshot, may cost 20 KB where a photo may cost 64: it shows no less with that."""
_FLAT_SHARE = 0.5
_EQUAL = 2


class Quality(NamedTuple):
    """How well half blocks are drawn: the number of colours, how far apart they may be, the pixels that go as one."""

    colours: int
    likeness: int
    grain: int = 1


FOR_FLAT = Quality(128, 3)
"""What flat colours can have: their runs are long, and text on them is little darker than they are."""
QUALITIES = (
    Quality(64, 8),
    Quality(32, 12),
    Quality(16, 16),
    Quality(8, 24),
    Quality(16, 16, 2),
    Quality(8, 24, 2),
    Quality(8, 24, 4),
    Quality(8, 32, 8),
)


@dataclass(frozen=True, slots=True)
class HalfBlocks:
    """Two pixels a cell, in colours; steps down in quality until the picture costs no more than it may."""

    colours: str | None = "truecolor"
    mode = PreviewMode.HALFBLOCK

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """One a column, two a row."""
        return columns, 2 * rows

    def draw(self, preview: Preview, room: Room) -> Drawing:
        """The picture at the best quality that the room's bytes allow."""
        image = image_of(preview)
        flat = is_flat(image)
        most = int(room.max_bytes / OF_FLAT) if flat else room.max_bytes
        for quality in (FOR_FLAT, *QUALITIES) if flat else QUALITIES:
            drawing = self.half_blocks(image, quality)
            if drawing.bytes <= most:
                break
        return drawing

    def half_blocks(self, image: "Image.Image", quality: Quality) -> Drawing:
        """`image` in half blocks of that quality."""
        from PIL import Image

        from inspector.tui.previews.runs import RunRenderer

        size = image.size
        if quality.grain > 1:
            coarse = image.reduce(min(quality.grain, *size))
            image = coarse.resize(size, Image.Resampling.NEAREST)
        few = image.quantize(quality.colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        strips: list[Strip] = []
        line: list[Segment] = []
        for segment in RunRenderer(quality.likeness).render(few.convert("RGB"), None):
            if segment.text == "\n":
                strips.append(Strip(line, image.width))
                line = []
            else:
                line.append(segment)
        return Drawing(tuple(strips), wire_bytes(strips, self.colours))


@dataclass(frozen=True, slots=True)
class AsciiRamp:
    """One character a cell, from dark to light, for terminals without colours or half blocks."""

    mode = PreviewMode.ASCII

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """One a column, two a row, as a cell is about twice as high as wide."""
        return columns, 2 * rows

    def draw(self, preview: Preview, room: Room) -> Drawing:
        """The picture in characters; the cheapest that there is."""
        from PIL import Image, ImageOps

        image = image_of(preview)
        grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
        small = grey.resize((image.width, max(1, (image.height + 1) // 2)), Image.Resampling.BOX)
        values = small.tobytes()
        texts = [
            "".join(_RAMP[value * len(_RAMP) // 256] for value in values[start : start + small.width])
            for start in range(0, len(values), small.width)
        ]
        strips = tuple(Strip([Segment(text)], small.width) for text in texts)
        return Drawing(strips, wire_bytes(strips, None))


@dataclass(frozen=True, slots=True)
class MainColours:
    """No picture, but a line of its main colours and their shares."""

    colours: str | None = "truecolor"
    mode = PreviewMode.OFF

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """Few: colours need no more."""
        return 48, 48

    def draw(self, preview: Preview, room: Room) -> Drawing:
        """The colours in one line, the most frequent first; without colours, their names."""
        segments: list[Segment] = []
        used = 0
        for colour, share in main_colours(image_of(preview)):
            name = f" #{bytes(colour).hex()} {100 * share:.0f}%"
            width = _SWATCH + len(name)
            gap = 2 if segments else 0
            if used + gap + width > room.columns:
                break
            bgcolor = Style(bgcolor=Color.from_rgb(*colour)) if self.colours else None
            segments += [Segment(" " * gap)] * bool(gap)
            segments += [Segment(" " * _SWATCH, bgcolor)] * bool(bgcolor) + [Segment(name)]
            used += gap + (width if bgcolor else len(name))
        strips = (Strip(segments, used),)
        return Drawing(strips, wire_bytes(strips, self.colours))


def is_flat(image: "Image.Image") -> bool:
    """Whether most neighbouring pixels are the same, as in what was drawn; a sensor's noise makes them differ."""
    from PIL import Image, ImageChops

    if image.width < 2:
        return False
    left = image.crop((0, 0, image.width - 1, image.height))
    right = image.crop((1, 0, image.width, image.height))
    red, green, blue = ImageChops.difference(left, right).split()
    largest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    differing = largest.point([0] * (_EQUAL + 1) + [255] * (255 - _EQUAL))
    return differing.resize((1, 1), Image.Resampling.BOX).tobytes()[0] <= 255 * (1 - _FLAT_SHARE)


def main_colours(image: "Image.Image") -> list[tuple[tuple[int, int, int], float]]:
    """The few colours that a picture is made of, each with its share of the pixels, the most frequent first."""
    from PIL import Image

    few = image.quantize(_MAIN_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = few.getpalette() or []
    counts = sorted(((count, index) for index, count in enumerate(few.histogram()) if count), reverse=True)
    whole = image.width * image.height
    return [((palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]), count / whole) for count, i in counts]
