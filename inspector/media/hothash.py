"""ImaLink's hothash: the SHA-256 of a small JPEG preview, which is its key for a picture; no checksum of the file."""

import hashlib
import io
from contextlib import suppress
from typing import BinaryIO

from inspector.model.errors import DocumentError

_PREVIEW_EDGE = 150
_PREVIEW_QUALITY = 85
_SMALLEST_EDGE = 4


def hothash(stream: BinaryIO) -> str:
    """The hothash of the picture in `stream`: 64 lower-case hex digits.

    As `imalink-core:src/imalink_core/preview/generator.py` makes it. It depends on Pillow and its JPEG library
    (`engine_version`): a few pictures in a hundred differ between versions. So another hothash does not prove
    another picture, and many a flipped bit leaves it as it was.

    Raises:
        DocumentError: where the picture cannot be decoded, or is smaller than 4 by 4 pixels.
        OSError: where reading the stream itself fails.
    """
    from PIL import Image, ImageOps

    from inspector.media.opening import failures_in_words, open_picture

    opened = open_picture(stream)
    preview = io.BytesIO()
    with failures_in_words():
        image: Image.Image = opened
        with suppress(Exception):
            image = ImageOps.exif_transpose(opened)
        if min(image.size) < _SMALLEST_EDGE:
            raise DocumentError(f"too small for a hothash: {image.width} × {image.height} pixels")
        image.thumbnail((_PREVIEW_EDGE, _PREVIEW_EDGE), Image.Resampling.LANCZOS)
        image.convert("RGB").save(preview, "JPEG", quality=_PREVIEW_QUALITY)
    return hashlib.sha256(preview.getbuffer()).hexdigest()


def engine_version() -> str:
    """What a hothash made here depends on, such as ``pillow 13.0.0, jpeg 3.1.4``."""
    from PIL import __version__, features

    jpeg = features.version("libjpeg_turbo") or features.version("jpg")
    return f"pillow {__version__}, jpeg {jpeg}"
