"""Numbers as NoteCove's binary files write them (`packages/shared/src/storage/binary-format.ts`)."""

_MOST_SHIFT = 56  # the program refuses longer ones: they are no exact JavaScript integers


class CutShortError(ValueError):
    """The bytes end before the value does; the message is the reason."""


def read_varint(data: bytes, offset: int, end: int | None = None) -> tuple[int, int]:
    """The LEB128 number at `offset`, and where it ends; it may not reach beyond `end`.

    Raises:
        CutShortError: where the bytes end within it.
        ValueError: where it is too large for the program.
    """
    end = len(data) if end is None else end
    if offset < end and data[offset] < 0x80:  # as most are
        return data[offset], offset + 1
    value = shift = 0
    while True:
        if offset >= end:
            raise CutShortError("the file ends within a number")
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
        shift += 7
        if shift > _MOST_SHIFT:
            raise ValueError("a number is too large")


def write_varint(value: int) -> bytes:
    """`value`, which is not negative, as LEB128."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append((value & 0x7F) | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
