"""Thumbnails: small RGB copies of pictures for the preview pane."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from PIL import Image

_BACKDROP = (128, 128, 128)
_ORIENTATION = 0x0112
# Per orientation of EXIF, the name of the `Image.Transpose` that makes it upright.
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_FIRST_TURNED = 5


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
    from PIL import Image

    from inspector.media.opening import failures_in_words, open_picture

    opened = open_picture(stream)
    with failures_in_words():
        orientation = _orientation(opened)
        box = (max_height, max_width) if orientation >= _FIRST_TURNED else (max_width, max_height)
        opened.draft("RGB", (2 * box[0], 2 * box[1]))
        image = _displayable(opened)
        image.thumbnail(box, Image.Resampling.BICUBIC, reducing_gap=2)
        image = _flattened(image)
        if orientation in _UPRIGHT:
            image = image.transpose(Image.Transpose[_UPRIGHT[orientation]])
        return Thumb(image.width, image.height, image.tobytes())


def _orientation(image: "Image.Image") -> int:
    if image.format == "TIFF":  # Pillow turns these itself, when it loads them
        return 1
    with suppress(Exception):  # corrupt EXIF: shown as it is stored
        orientation = image.getexif().get(_ORIENTATION)
        return orientation if orientation in _UPRIGHT else 1
    return 1


def _displayable(image: "Image.Image") -> "Image.Image":
    """`image` in a mode that shrinks well: palettes and 1-bit pixels do not average, deep ones do not convert."""
    if image.mode in {"RGB", "RGBA", "L", "LA"} and "transparency" not in image.info:
        return image
    if image.mode == "F" or image.mode.startswith("I"):
        return _eight_bits(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _eight_bits(image: "Image.Image") -> "Image.Image":
    """Shades of more than 8 bits as 8: by the mode's range where it has one, else by the picture's own."""
    floats = (image.convert("I") if image.mode.startswith("I;") else image).convert("F")
    low, high = (float(shade) for shade in cast(tuple[float, float], floats.getextrema()))
    low = min(0.0, low)
    if image.mode.startswith("I;16"):
        high = 65535.0
    else:
        ranges = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        high = next((limit for limit in ranges if high <= limit), high)
    factor = 255.0 / (high - low)
    return floats.point(lambda shade: shade * factor - low * factor).convert("L")


def _flattened(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if "A" not in image.getbands():
        return image.convert("RGB")
    layer = image.convert("RGBA")
    backdrop = Image.new("RGBA", image.size, (*_BACKDROP, 255))
    return Image.alpha_composite(backdrop, layer).convert("RGB")
