"""Opening a picture with Pillow so that nothing is printed, nothing foreign is run, and failures are words."""

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image

from inspector.media.signatures import HEAD_BYTES, format_of, other_kind, unsupported_kind
from inspector.model.errors import DocumentError

# One reader per format, never all of Pillow's: its EPS reader, for one, runs Ghostscript.
_READERS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "HEIF": "pillow_heif",
}

MAX_PIXELS = 256_000_000
"""More is taken for a decompression bomb. Phones make pictures of 200 megapixels; each takes 4 bytes in memory."""

TOO_MANY_PIXELS = "too many pixels"

_UNSUPPORTED_WORDS = ("unsupported", "not supported", "unknown", "cannot handle", "not available", "not implemented")

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its warnings go to the terminal


class UnsupportedPictureError(DocumentError):
    """The picture may well be whole: what is here cannot decode its kind."""


def open_picture(stream: BinaryIO) -> Image.Image:
    """The picture in `stream`, of which only the header was read. The stream must stay open while it is used.

    Raises:
        DocumentError: for what is no picture, or a damaged one.
        UnsupportedPictureError: for one of a kind that cannot be decoded here.
        OSError: where reading the stream itself fails.
    """
    warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")
    # Pillow warns above the limit and raises above twice of it.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    format = format_of(head)  # noqa: A001 - Pillow's word for it
    if not format:
        raise _no_picture(head)
    with failures_in_words():
        _load_reader(format, head)
        image = Image.OPEN[format][0](stream, "")
        if image.width * image.height > MAX_PIXELS:
            raise DocumentError(TOO_MANY_PIXELS)
        if min(image.size) < 1:
            raise DocumentError("a picture without a single pixel")
        return image


@contextmanager
def failures_in_words() -> Iterator[None]:
    """Turn whatever a decoder raises into a `DocumentError` or an `UnsupportedPictureError`.

    Errors of the stream itself, an `OSError` with a number, go through as they are.
    """
    try:
        yield
    except DocumentError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise _explained(error) from error
    except Exception as error:
        raise _explained(error) from error


def _load_reader(format: str, head: bytes) -> None:  # noqa: A002 - Pillow's word for it
    try:
        reader = importlib.import_module(_READERS[format])
    except ImportError:
        raise UnsupportedPictureError(f"{format} pictures need the package pillow-heif, which is missing") from None
    if format == "HEIF" and format not in Image.OPEN:
        reader.register_heif_opener()
    if format not in Image.OPEN:
        raise UnsupportedPictureError(f"this Pillow was built without {format}")
    accept = Image.OPEN[format][1]
    if accept is not None and isinstance(accept(head), str):  # Pillow's way to say the same
        raise UnsupportedPictureError(f"this Pillow was built without {format}")


def _no_picture(head: bytes) -> DocumentError:
    if not head:
        return DocumentError("the file is empty")
    if not head.strip(b"\0"):
        return DocumentError("the file starts with zero bytes where a picture's header should be")
    if kind := unsupported_kind(head):
        return UnsupportedPictureError(f"{kind}, which the inspector cannot decode")
    if kind := other_kind(head):
        return DocumentError(f"{kind}, not a picture")
    return DocumentError("not a picture: its first bytes are those of no known format")


def _explained(error: Exception) -> DocumentError:
    message = str(error).rstrip(".")
    lowered = message.lower()
    if isinstance(error, Image.DecompressionBombError):
        return DocumentError(TOO_MANY_PIXELS)
    if "decompressed data too large" in lowered or "text memory" in lowered:
        return DocumentError("a text inside the picture unpacks to far too much")
    if isinstance(error, MemoryError) or "memory" in lowered or "security limit" in lowered:
        return UnsupportedPictureError("decoding it takes more memory than the inspector allows")
    if isinstance(error, NotImplementedError) or any(words in lowered for words in _UNSUPPORTED_WORDS):
        return UnsupportedPictureError(f"a variant of its format that cannot be decoded here: {message}")
    if "truncated" in lowered or "end of file" in lowered or isinstance(error, EOFError):
        return DocumentError("cut off: the picture's data ends too early")
    if isinstance(error, SyntaxError) and error.__cause__ is not None:  # Pillow's wrapping of such accidents
        return DocumentError("damaged: its header makes no sense")
    if not message or not isinstance(error, OSError | SyntaxError | ValueError):  # a decoder's own accident
        return DocumentError(f"damaged: its decoder gave up ({type(error).__name__})")
    return DocumentError(f"damaged: {message}")
