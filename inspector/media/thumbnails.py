"""Thumbnails: small RGB copies of pictures for the preview pane."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PIL import Image

_BACKDROP = (128, 128, 128)
_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Thumb:
    """A small picture: `width` and `height` in pixels, `rgb` three bytes for each, row by row from the top."""

    width: int
    height: int
    rgb: bytes


def thumbnail(stream: BinaryIO, max_width: int, max_height: int) -> Thumb:
    """The picture in `stream`, upright, within `max_width` by `max_height` pixels; never made larger.

    What is transparent shows a mid-grey. Of an animation it is the first frame.

    Raises:
        DocumentError: where the picture cannot be decoded; the message is the reason in words.
        OSError: where reading the stream itself fails.
    """
    from PIL import Image, ImageOps

    from inspector.media.opening import failures_in_words, open_picture

    opened = open_picture(stream)
    with failures_in_words():
        box = (max_height, max_width) if _is_turned(opened) else (max_width, max_height)
        opened.draft("RGB", (2 * box[0], 2 * box[1]))
        image = _displayable(opened)
        image.thumbnail(box, Image.Resampling.BICUBIC, reducing_gap=2)
        image = _flattened(image)
        if "exif" not in image.info and image is not opened:
            image.info.update(opened.info)
        with suppress(Exception):  # corrupt EXIF: shown as it is stored
            image = ImageOps.exif_transpose(image)
        return Thumb(image.width, image.height, image.tobytes())


def _is_turned(image: "Image.Image") -> bool:
    with suppress(Exception):
        return image.getexif().get(_ORIENTATION) in _TURNED
    return False


def _displayable(image: "Image.Image") -> "Image.Image":
    """`image` in a mode that shrinks well: palettes and 1-bit pixels do not average, deep ones do not convert."""
    if image.mode in {"RGB", "RGBA", "L", "LA"} and "transparency" not in image.info:
        return image
    if image.mode == "F" or image.mode.startswith("I"):
        return _eight_bits(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _eight_bits(image: "Image.Image") -> "Image.Image":
    floats = image.convert("I").convert("F") if image.mode.startswith("I;") else image.convert("F")
    low, high = floats.getextrema()
    low = min(0.0, float(low))
    top = next((float(limit) for limit in (1, 255, 65535) if high <= limit), float(high))
    if image.mode.startswith("I;16"):
        top = 65535.0
    elif image.mode == "I" and top == 1.0:
        top = 255.0
    factor = 255.0 / (top - low)
    return floats.point(lambda value: value * factor - low * factor).convert("L")


def _flattened(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if "A" not in image.getbands():
        return image.convert("RGB")
    layer = image.convert("RGBA")
    backdrop = Image.new("RGBA", image.size, (*_BACKDROP, 255))
    return Image.alpha_composite(backdrop, layer).convert("RGB")
