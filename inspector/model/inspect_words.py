"""What is looked into, in words and in hexadecimal, the same on the command line and on the screen. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspector.model.account_words import local_ms
from inspector.model.display import display_name, human_bytes
from inspector.model.inspecting import ByteField, FieldRole, InspectedFile, Part, TreeEntry

HEX_DIGITS = 8
"""So many digits an offset has, more in larger files."""


class HexRun(NamedTuple):
    """Some bytes of one row that belong to one field, or to none: as numbers, as characters, and what they are for.

    `begins` says that the field begins with them.
    """

    numbers: str
    characters: str
    role: FieldRole | None
    begins: bool


def offset_digits(size: int) -> int:
    """How many digits the offsets of a file of this size have."""
    return max(HEX_DIGITS, len(f"{max(0, size - 1):x}"))


def hex_runs(offset: int, data: bytes, fields: Sequence[ByteField]) -> Iterator[HexRun]:
    """One row of bytes, cut where fields begin and end. A ``|`` stands before the first byte of a field."""
    place = 0
    while place < len(data):
        here = offset + place
        field = next((one for one in fields if one.start <= here < one.end), None)
        ends = [one.start for one in fields if one.start > here] if field is None else [field.end]
        end = min(len(data), min(ends, default=offset + len(data)) - offset)
        piece = data[place:end]
        begins = field is not None and field.start == here
        numbers = " ".join(f"{byte:02x}" for byte in piece)
        yield HexRun(f"{'|' if begins else ' '}{numbers}", as_characters(piece), field.role if field else None, begins)
        place = end


def as_characters(data: bytes) -> str:
    """Bytes as the characters of ASCII, with a dot for what is none."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)


def field_words(field: ByteField) -> str:
    """What some bytes are."""
    size = field.end - field.start
    where = f"byte {field.start:,}" if size == 1 else f"bytes {field.start:,} to {field.end - 1:,}"
    value = f": {display_name(field.value)}" if field.value else ""
    return f"{field.label} ({where}){value}"


def part_facts(part: Part) -> tuple[str, str, str, str]:
    """A part's offset, time, sequence and size, as texts for columns."""
    sequence = f"{part.sequence:,}" if part.sequence is not None else ""
    return f"{part.start:,}", local_ms(part.time_ms), sequence, human_bytes(part.size)


def part_words(part: Part) -> str:
    """What a part says, and what is wrong with it."""
    title = display_name(part.title)
    return f"{title}: {part.fault}" if title and part.fault else title or part.fault


def entry_time(entry: TreeEntry) -> str:
    """When something was last written, to the minute."""
    return local_ms(entry.mtime_ns // 1_000_000)[:16] if entry.mtime_ns is not None else ""


def file_words(file: InspectedFile) -> list[tuple[str, str]]:
    """The properties of a file."""
    return [
        ("path", f"{display_name(file.place.root.rstrip('/'))}/{display_name(file.place.path)}"),
        ("type", file.kind),
        ("size", f"{human_bytes(file.size)}" + (f" ({file.size:,} bytes)" if file.size >= 1000 else "")),
        ("modified", local_ms(file.mtime_ns // 1_000_000)),
    ]
