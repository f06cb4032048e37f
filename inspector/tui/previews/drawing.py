"""What every way to draw a picture has in common: its result, its room, and what it costs on the wire."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rich.color import ColorSystem
from textual.strip import Strip

from inspector.model.preview import Preview, PreviewMode

if TYPE_CHECKING:
    from PIL import Image

PHOTO_BYTES = 64_000
"""What a photo may cost on the wire; a large one gets fewer colours."""
_COLOUR_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


@dataclass(frozen=True, slots=True)
class Room:
    """The box of cells that a picture has, and what it may cost: `max_bytes` for a photo."""

    columns: int
    rows: int
    max_bytes: int = PHOTO_BYTES


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as strips, and about how many bytes they cost on the terminal.

    `payloads` are what the strips stand for, see `inspector.tui.previews.payloads`; they are there as long as the
    drawing is.
    """

    strips: tuple[Strip, ...]
    bytes: int
    payloads: tuple[object, ...] = ()


class PreviewRenderer(Protocol):
    """One way to draw. It is called in a worker thread and keeps nothing of what it drew."""

    @property
    def mode(self) -> PreviewMode:
        """Which way it is."""

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """How many pixels wide and high a thumbnail must be at most to fill that many cells."""

    def draw(self, preview: Preview, room: Room) -> Drawing:
        """The picture, in at most that many cells and as nearly as can be that many bytes."""


def image_of(preview: Preview) -> "Image.Image":
    """The preview as Pillow's image."""
    from PIL import Image  # 20 ms, so not before the first picture

    return Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)


def wire_bytes(strips: Sequence[Strip], colours: str | None = "truecolor") -> int:
    """About what strips cost on a terminal of these `colours`, moving from line to line included."""
    system = _COLOUR_SYSTEMS.get(colours or "", ColorSystem.TRUECOLOR)
    total = 0
    for strip in strips:
        total += len("\x1b[00;00H")
        for text, style, _ in strip:
            rendered = text if style is None or colours is None else Strip.render_style(style, text, system)
            total += len(rendered.encode())
    return total
