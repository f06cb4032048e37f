"""Any text as parts: a part for each line, and for very long lines several."""

from collections.abc import Sequence

from inspector.model.inspecting import ByteField, Part, Source, Spot, View

LONGEST = 4096
"""Of a longer line, so many bytes are a part."""
_HEAD_BYTES = 8192
_GOES_ON = 1


class TextLines:
    """Text in UTF-8, or in whatever holds no NUL bytes."""

    view = View.TEXT

    def part_at(self, source: Source, spot: Spot) -> Part:
        """As `FileFormat` says; the newline belongs to its line."""
        data = source.read(spot.offset, LONGEST)
        newline = data.find(b"\n")
        end = spot.offset + (newline + 1 if newline >= 0 else len(data))
        goes_on = newline < 0 and len(data) == LONGEST
        following = Spot(end, _GOES_ON if goes_on else 0) if end < source.size and data else None
        text = data[: newline if newline >= 0 else len(data)].removesuffix(b"\r")
        kind = "line, further" if spot.state == _GOES_ON else "line"
        return Part(kind, spot.offset, end, following, text.decode("utf-8", "surrogateescape"))

    def fields_of(self, source: Source, part: Part) -> Sequence[ByteField]:
        """Text has no fields."""
        return ()

    def remarks_on(self, source: Source, part: Part) -> Sequence[str]:
        """Text speaks for itself."""
        return ()


def looks_like_text(source: Source) -> bool:
    """Whether a file begins as text does: without NUL bytes, and in UTF-8 but for a character that is cut off."""
    head = source.read(0, _HEAD_BYTES)
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == _HEAD_BYTES and error.start >= len(head) - 3
    return True
