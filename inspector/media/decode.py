"""Whether a picture decodes, to its last frame; if not, why. That it decodes does not prove that no bit flipped."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from inspector.media.ending import stated_end
from inspector.media.signatures import HEAD_BYTES, format_of, name_fits
from inspector.model.errors import DocumentError
from inspector.model.filekinds import RAW_EXTENSIONS, extension

if TYPE_CHECKING:
    from PIL import Image

MAX_ANIMATION_FRAMES = 1000
MAX_PAGES = 100
MAX_DECODED_PIXELS = 1_000_000_000
"""After so many pixels, over all frames, the rest of a picture's frames is left unchecked."""

_CHUNK_BYTES = 1 << 20
# Formats whose decoders accept a file that lacks its end.
_END_IS_BINDING = frozenset({"PNG", "GIF", "WEBP", "AVIF", "HEIF"})


class DecodeStatus(StrEnum):
    """What decoding told of a picture."""

    OK = "ok"
    UNDECODABLE = "undecodable"
    """It is not a whole picture."""
    UNSUPPORTED = "unsupported"
    """Nothing can be said: what is installed does not decode pictures of its kind."""


@dataclass(frozen=True, slots=True)
class DecodeResult:
    """The outcome of `check_picture`.

    `reason` says in words why the status is not ok, to be shown through `display_name`. `format` is Pillow's name,
    empty where it was not recognised; `width` and `height` are pixels as stored, before EXIF orientation. `frames`
    counts those that were decoded. `format_mismatch` says that the extension is another format's. `trailing_bytes`
    follow the picture's end; None where the format does not tell.
    """

    status: DecodeStatus
    reason: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    frames: int = 0
    format_mismatch: bool = False
    trailing_bytes: int | None = None


def check_picture(stream: BinaryIO, name: str, size: int) -> DecodeResult:
    """Decode every frame of the picture in `stream`, the file `name` of `size` bytes.

    Raises:
        OSError: where reading the stream itself fails; never for what the bytes are.
    """
    if size == 0:
        return DecodeResult(DecodeStatus.UNDECODABLE, "the file is empty")
    if extension(name) in RAW_EXTENSIONS:
        return DecodeResult(DecodeStatus.UNSUPPORTED, "raw pictures are not decoded")
    from inspector.media.opening import UnsupportedPictureError, open_picture

    try:
        image = open_picture(stream)
    except UnsupportedPictureError as error:
        return _failed(stream, error, DecodeStatus.UNSUPPORTED, size)
    except DocumentError as error:
        if _only_zero_bytes(stream):
            return DecodeResult(DecodeStatus.UNDECODABLE, "the file holds zero bytes only")
        return _failed(stream, error, DecodeStatus.UNDECODABLE, size)
    return _check_frames(stream, image, name, size)


def _check_frames(stream: BinaryIO, image: "Image.Image", name: str, size: int) -> DecodeResult:
    from inspector.media.opening import UnsupportedPictureError

    status, reason, frames = DecodeStatus.OK, "", 0
    format = image.format or ""  # noqa: A001 - Pillow's word for it
    width, height = image.size
    try:
        for _ in _decoded_frames(image):
            frames += 1
    except UnsupportedPictureError as error:
        status, reason = DecodeStatus.UNSUPPORTED, error.message
    except DocumentError as error:
        status, reason = DecodeStatus.UNDECODABLE, error.message
    if frames and status is not DecodeStatus.OK:
        reason = f"frame {frames + 1}: {reason}"
    end = stated_end(stream, format, size)
    if end is not None and end > size and (format in _END_IS_BINDING or status is not DecodeStatus.OK):
        status, reason = DecodeStatus.UNDECODABLE, _cut_off(end, size)
    return DecodeResult(
        status,
        reason,
        format,
        width,
        height,
        frames,
        format_mismatch=not name_fits(name, format),
        trailing_bytes=max(0, size - end) if end is not None and format in _END_IS_BINDING else None,
    )


def _decoded_frames(image: "Image.Image") -> Iterator[None]:
    from inspector.media.opening import MAX_PIXELS, TOO_MANY_PIXELS, failures_in_words

    most = MAX_PAGES if image.format in {"TIFF", "HEIF"} else MAX_ANIMATION_FRAMES
    if image.format == "MPO":
        most = 1  # programs that edit a picture losslessly leave its list of further ones stale
    pixels = 0
    for number in range(most):
        with failures_in_words():
            if number:
                try:
                    image.seek(number)
                except EOFError:
                    return
            pixels += image.width * image.height
            if image.width * image.height > MAX_PIXELS:
                raise DocumentError(TOO_MANY_PIXELS)
            image.load()
        yield
        if pixels > MAX_DECODED_PIXELS:
            return


def _failed(stream: BinaryIO, error: DocumentError, status: DecodeStatus, size: int) -> DecodeResult:
    from inspector.media.opening import TOO_MANY_PIXELS

    stream.seek(0)
    format = format_of(stream.read(HEAD_BYTES))  # noqa: A001
    end = stated_end(stream, format, size)
    if end is not None and end > size and error.message != TOO_MANY_PIXELS:
        return DecodeResult(DecodeStatus.UNDECODABLE, _cut_off(end, size), format)
    return DecodeResult(status, error.message, format)


def _cut_off(end: int, size: int) -> str:
    return f"cut off: it has {size} of at least {end} bytes"


def _only_zero_bytes(stream: BinaryIO) -> bool:
    stream.seek(0)
    zeros = bytes(_CHUNK_BYTES)
    while chunk := stream.read(_CHUNK_BYTES):
        if chunk != zeros[: len(chunk)]:
            return False
    return True
