"""Pictures in the terminal's own pixels: sixels, a band of them for every row of cells, or a picture that kitty places.

Both are written here rather than through a widget of textual-image: that one encodes on the event loop, sends a picture
anew with every refresh, and writes past Textual's own output. What is sent here is made once, in a worker.
"""

import base64
import io
import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.model.preview import Preview, PreviewMode
from inspector.tui.previews.diacritics import DIACRITICS
from inspector.tui.previews.drawing import Drawing, Room, image_of, wire_bytes
from inspector.tui.previews.payloads import Payload
from inspector.tui.previews.sixel import sixel_of

if TYPE_CHECKING:
    from PIL import Image

CELL = (10, 20)
"""The width and height of a cell in pixels where the terminal does not tell."""
_MOST_PIXELS = 1200
_CHUNK = 4096
_PLACEHOLDER = "\U0010eeee"
_SAVE_CURSOR, _RESTORE_CURSOR = "\x1b7", "\x1b8"
_ids = itertools.count(random.randrange(0x10000, 0xF00000))


class Grade(NamedTuple):
    """How well sixels are drawn: the number of colours, the pixels that go as one, and about what a pixel costs."""

    colours: int
    grain: int
    bytes: float


GRADES = (
    Grade(128, 1, 2.0),
    Grade(64, 1, 1.5),
    Grade(32, 1, 1.1),
    Grade(64, 2, 0.7),
    Grade(32, 2, 0.5),
    Grade(32, 4, 0.25),
    Grade(16, 8, 0.1),
)
_KITTY_COLOURS = 256
_SMALLEST_SCALE = 0.1
_SMALLEST = 20
"""Pixels below which a picture that costs too much is not made smaller."""


@dataclass(frozen=True, slots=True)
class Sixels:
    """Sixels. Every row of cells has its own, so that a line that is painted anew brings its part of the picture."""

    cell: tuple[int, int] = CELL
    mode = PreviewMode.SIXEL

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """As many as the cells have."""
        return _pixels(columns, rows, self.cell)

    def draw(self, preview: Preview, room: Room) -> Drawing:
        """The picture with as many colours as the room's bytes allow."""
        image = _enlarged(preview, room, self.cell)
        most = room.max_bytes / (image.width * image.height)
        likely = next((place for place, grade in enumerate(GRADES) if grade.bytes <= most), len(GRADES) - 1)
        for grade in GRADES[likely:]:
            drawing = self.at(image, grade)
            if drawing.bytes <= room.max_bytes:
                return drawing
        while drawing.bytes > room.max_bytes and min(image.size) > _SMALLEST:
            scale = min(0.8, math.sqrt(room.max_bytes / drawing.bytes))
            image = image.resize((round(image.width * scale), round(image.height * scale)))
            drawing = self.at(image, GRADES[-1])
        return drawing

    def at(self, image: "Image.Image", grade: Grade) -> Drawing:
        """`image` at that grade."""
        from PIL import Image

        if grade.grain > 1:
            coarse = image.reduce(min(grade.grain, *image.size))
            image = coarse.resize(image.size, Image.Resampling.NEAREST)
        few = _quantized(image, grade.colours)
        palette = few.getpalette() or []
        columns, height = math.ceil(image.width / self.cell[0]), self.cell[1]
        blank = Segment(" " * columns)
        strips: list[Strip] = []
        payloads: list[Payload] = []
        for top in range(0, image.height, height):
            band = few.crop((0, top, image.width, min(image.height, top + height)))
            sixel = sixel_of(band.tobytes(), band.width, palette)
            payload = Payload(f"{_SAVE_CURSOR}\x1b[{columns}D{sixel}{_RESTORE_CURSOR}")
            payloads.append(payload)
            strips.append(Strip([blank, Segment(payload.token)], columns))
        sent = wire_bytes(strips) + sum(len(payload.sequence) for payload in payloads)
        return Drawing(tuple(strips), sent, tuple(payloads))


@dataclass(frozen=True, slots=True)
class KittyPictures:
    """Kitty's graphics: the picture is sent once, and characters that stand for its parts are placed among the text.

    Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
    """

    cell: tuple[int, int] = CELL
    in_tmux: bool = False
    mode = PreviewMode.KITTY

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """As many as the cells have."""
        return _pixels(columns, rows, self.cell)

    def draw(self, preview: Preview, room: Room) -> Drawing:
        """The picture with as many pixels as the room's bytes allow."""
        image = _enlarged(preview, room, self.cell)
        columns = min(room.columns, len(DIACRITICS), math.ceil(image.width / self.cell[0]))
        rows = min(room.rows, len(DIACRITICS), math.ceil(image.height / self.cell[1]))
        scale, most = 1.0, room.max_bytes - 8 * columns * rows
        while len(encoded := base64.b64encode(_png(image, scale)).decode("ascii")) > most and scale > _SMALLEST_SCALE:
            scale *= min(0.8, 0.95 * math.sqrt(max(0.01, most / len(encoded))))
        return self._placed(encoded, columns, rows)

    def _placed(self, encoded: str, columns: int, rows: int) -> Drawing:
        number = 0x10000 + next(_ids) % 0xF00000
        style = Style(color=Color.from_rgb(number >> 16, number >> 8 & 255, number & 255))
        wrap = through_tmux if self.in_tmux else str
        payload = Payload(
            "".join(wrap(part) for part in transmission(encoded, number, columns, rows)),
            once=True,
            farewell=wrap(f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"),
        )
        strips = [
            Strip(
                [Segment(_PLACEHOLDER + DIACRITICS[row] + DIACRITICS[0] + _PLACEHOLDER * (columns - 1), style)], columns
            )
            for row in range(rows)
        ]
        strips = [Strip([Segment(payload.token), *strip], columns) for strip in strips]
        return Drawing(tuple(strips), wire_bytes(strips) + len(payload.sequence), (payload,))


def transmission(encoded: str, number: int, columns: int, rows: int) -> list[str]:
    """The commands that send a PNG in base64 as the picture `number`, to be placed in that many cells, unanswered."""
    chunks = [encoded[start : start + _CHUNK] for start in range(0, len(encoded), _CHUNK)]
    commands: list[str] = []
    for index, chunk in enumerate(chunks):
        more = int(index < len(chunks) - 1)
        head = f"a=T,U=1,f=100,i={number},c={columns},r={rows},q=2,m={more}" if not index else f"q=2,m={more}"
        commands.append(f"\x1b_G{head};{chunk}\x1b\\")
    return commands


def through_tmux(sequence: str) -> str:
    """`sequence` as tmux passes it on to the terminal, where `allow-passthrough` is on."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def _pixels(columns: int, rows: int, cell: tuple[int, int]) -> tuple[int, int]:
    return min(_MOST_PIXELS, columns * cell[0]), min(_MOST_PIXELS, rows * cell[1])


def _enlarged(preview: Preview, room: Room, cell: tuple[int, int]) -> "Image.Image":
    """The preview; a small picture is enlarged by a whole factor, about to the size that it has in half blocks."""
    from PIL import Image

    image = image_of(preview)
    width, height = room.columns * cell[0], room.rows * cell[1]
    image.thumbnail((width, height))
    factor = min(cell[0], width // image.width, height // image.height)
    if factor < 2:
        return image
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def _quantized(image: "Image.Image", colours: int) -> "Image.Image":
    from PIL import Image

    return image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _png(image: "Image.Image", scale: float) -> bytes:
    from PIL import Image

    if scale < 1:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(size, Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    _quantized(image, _KITTY_COLOURS).save(stream, "PNG", compress_level=6)
    return stream.getvalue()
