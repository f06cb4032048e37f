"""Where a picture's bytes should end by its own structure: tells what is cut off, and what was appended.

Read from: PNG 3rd edition 5.3 (chunks), GIF89a 15-27 (blocks), the WebP container (RIFF header), ISO 14496-12 4.2
(boxes), TIFF 6.0 section 2 (directories).
"""

from collections.abc import Callable
from typing import BinaryIO, Literal

_KNOWN_BOXES = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid", b"mpvd"})
_TIFF_TYPE_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
_MAX_DIRECTORIES = 1000


def stated_end(stream: BinaryIO, format: str, size: int) -> int | None:  # noqa: A002 - Pillow's word for it
    """The offset in bytes at which the picture in `stream` says it ends, or None where it does not say.

    More than `size`, the file's length in bytes, means that it is cut off; less, that something was appended.
    """
    walk = _WALKS.get(format)
    return walk(stream, size) if walk is not None else None


def _png_end(stream: BinaryIO, size: int) -> int | None:
    position = 8
    while position < size:
        stream.seek(position)
        head = stream.read(8)
        if not head[4:].isalpha():
            return position + 12 if len(head) < 8 else None
        position += 12 + int.from_bytes(head[:4], "big")
        if head[4:] == b"IEND":
            return position
    return max(position, size + 1)


def _gif_end(stream: BinaryIO, size: int) -> int | None:
    stream.seek(10)
    stream.seek(13 + _gif_table_bytes(stream.read(1)))
    while stream.tell() < size:
        introducer = stream.read(1)
        if introducer == b";":
            return stream.tell()
        if introducer == b"!":
            stream.read(1)
        elif introducer == b",":
            descriptor = stream.read(9)
            stream.seek(stream.tell() + _gif_table_bytes(descriptor[8:]) + 1)
        else:
            return None
        while count := stream.read(1):
            if count == b"\0":
                break
            stream.seek(stream.tell() + count[0])
        else:
            return max(stream.tell(), size + 1)
    return None if stream.tell() == size else stream.tell()  # old encoders leave the end mark out


def _gif_table_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _webp_end(stream: BinaryIO, size: int) -> int | None:
    stream.seek(4)
    count = int.from_bytes(stream.read(4), "little")
    padded = 8 + count + (count & 1)
    return padded if padded <= size else 8 + count


def _boxes_end(stream: BinaryIO, size: int) -> int | None:
    position = 0
    while position < size:
        stream.seek(position)
        head = stream.read(16)
        count = int.from_bytes(head[:4], "big")
        if len(head) < 8 or not all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in head[4:8]):
            return position
        if count == 0:
            return size
        if count == 1:
            count = int.from_bytes(head[8:16], "big")
        if count < 8:
            return position
        if position + count > size and head[4:8] not in _KNOWN_BOXES:
            return position
        position += count
    return position


def _tiff_end(stream: BinaryIO, size: int) -> int | None:
    stream.seek(0)
    head = stream.read(8)
    order = _ORDERS.get(head[:2])
    if order is None or int.from_bytes(head[2:4], order) != 42:
        return None
    end = 8
    seen: set[int] = set()
    directory = int.from_bytes(head[4:8], order)
    while directory and directory not in seen and len(seen) < _MAX_DIRECTORIES:
        seen.add(directory)
        stream.seek(directory)
        count = int.from_bytes(stream.read(2), order)
        end = max(end, directory + 2 + 12 * count + 4)
        if end > size:
            return end
        for _ in range(count):
            entry = stream.read(12)
            kind = int.from_bytes(entry[2:4], order)
            length = int.from_bytes(entry[4:8], order) * (_TIFF_TYPE_BYTES[kind] if kind < 14 else 0)
            if length > 4:
                end = max(end, int.from_bytes(entry[8:12], order) + length)
        directory = int.from_bytes(stream.read(4), order)
    return end


_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II": "little", b"MM": "big"}
_WALKS: dict[str, Callable[[BinaryIO, int], int | None]] = {
    "PNG": _png_end,
    "GIF": _gif_end,
    "WEBP": _webp_end,
    "AVIF": _boxes_end,
    "HEIF": _boxes_end,
    "TIFF": _tiff_end,
}
