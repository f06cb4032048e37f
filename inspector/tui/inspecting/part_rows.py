"""Parts of a file and rows of its bytes as lines, and the words about them. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from inspector.model.display import display_name
from inspector.model.inspect_words import (
    as_characters,
    field_words,
    hex_runs,
    offset_digits,
    part_facts,
    part_words,
)
from inspector.model.inspecting import ByteField, FieldRole, Part
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten
from inspector.tui.palette import Tone

TONES = {
    FieldRole.MAGIC: Tone.ACCENT,
    FieldRole.VERSION: Tone.ACCENT,
    FieldRole.STATUS: Tone.WARNING,
    FieldRole.LENGTH: Tone.WARNING,
    FieldRole.TIME: Tone.GOOD,
    FieldRole.SEQUENCE: Tone.INFO,
    FieldRole.CLOCK: Tone.KEY,
    FieldRole.NAME: Tone.KEY,
    FieldRole.DATA: Tone.TEXT,
    FieldRole.ERROR: Tone.ERROR,
}
WIDE_ROW, NARROW_ROW = 16, 8
"""Bytes in a row, as far as there is room."""
_LEAST_WORDS = 20
"""Cells that a part's kind and words get at least."""


class HexRow(NamedTuple):
    """A row of bytes, with the fields that have some of them; `start` is the offset of the first one."""

    start: int
    data: bytes
    fields: tuple[ByteField, ...] = ()


def bytes_in_a_row(width: int, size: int) -> int:
    """How many bytes a row of so many cells has room for."""
    needed = offset_digits(size) + 2 + 4 * WIDE_ROW + 1
    return WIDE_ROW if width >= needed else NARROW_ROW


def part_line(part: Part, width: int, glyphs: Glyphs) -> Line:
    """A part: a sign where something is wrong, its kind, and as many of offset, time, sequence, size as fit."""
    offset, time, sequence, size = part_facts(part)
    kind = fit(part.kind, 11, glyphs.ellipsis)
    is_bare = bool(part.fault) and part.time_ms is None and part.sequence is None
    facts = f"{size:>9}" if is_bare else f"{sequence:>6} {size:>9}"
    for fact, cells in ((time, 19), (offset, 13)):
        if not is_bare and len(facts) + cells + _LEAST_WORDS <= width:
            facts = f"{fact:>{cells}} {facts}"
    words = shorten(part_words(part), max(0, width - len(kind) - len(facts) - 5), glyphs.ellipsis)
    sign = glyphs.refused if part.fault else " "
    tone = Tone.ERROR if part.fault else Tone.DIM
    return [
        Piece(f"{sign} ", Tone.ERROR),
        Piece(f"{kind} ", Tone.STRONG if part.kind != "line" else Tone.TEXT),
        Piece(f"{facts}  ", Tone.TEXT),
        Piece(words, tone),
    ]


def text_line(part: Part, width: int, glyphs: Glyphs) -> Line:
    """A line of text."""
    return [Piece(shorten(part.title.replace("\t", "    "), width, glyphs.ellipsis))]


def hex_row_line(
    row: HexRow, width: int, size: int, selected: ByteField | None, glyphs: Glyphs, *, thrifty: bool = False
) -> Line:
    """A row of bytes in the tones of their fields; ``|`` stands where a field begins, ``>`` before the selected one.

    A `thrifty` one has its characters in one tone, so that fewer changes of colour have to be sent.
    """
    count = bytes_in_a_row(width, size)
    runs = list(hex_runs(row.start, row.data, row.fields))
    pieces: list[Piece] = [Piece(f"{row.start:0{offset_digits(size)}x} ", Tone.FAINT)]
    place = row.start
    for run in runs:
        numbers = run.numbers
        if selected is not None and run.begins and selected.start == place:
            numbers = f">{numbers[1:]}"
        pieces.append(Piece(numbers, _tone(run.role)))
        place += len(run.characters)
    pieces.append(Piece(" " * (3 * (count - len(row.data)) + 2)))
    if thrifty:
        return [*pieces, Piece(as_characters(row.data), Tone.TEXT)]
    return [*pieces, *(Piece(run.characters, _tone(run.role)) for run in runs)]


def _tone(role: FieldRole | None) -> Tone:
    return TONES[role] if role is not None else Tone.DIM


def words_of_part(number: int, count: int, part: Part, remarks: Sequence[str]) -> list[tuple[str, Tone]]:
    """A part in full."""
    offset, time, sequence, size = part_facts(part)
    facts = [f"{part.kind} {number + 1:,} of {count:,}", f"at byte {offset}", size]
    facts += [f"sequence {sequence}"] if sequence else []
    facts += [time] if time else []
    words = [("; ".join(facts), Tone.TEXT)]
    if part.fault:
        words.append((part.fault, Tone.ERROR))
    if part.title:
        words.append((display_name(part.title), Tone.DIM))
    return [*words, *((remark, Tone.DIM) for remark in remarks)]


def words_of_fields(row: HexRow, selected: ByteField | None) -> list[tuple[str, Tone]]:
    """The selected field of a row, or else its first, in full, and what the others are: little that changes."""
    first = selected if selected is not None else next(iter(row.fields), None)
    if first is None:
        return []
    others = [one.label for one in row.fields if one != first]
    words = [(field_words(first), TONES[first.role])]
    return [*words, (f"in this row too: {', '.join(others)}", Tone.DIM)] if others else words


def hex_rows(start: int, data: bytes, fields: list[ByteField], width: int) -> list[HexRow]:
    """Rows of bytes, each with the fields that have some of them; `fields` are in order."""
    rows: list[HexRow] = []
    first = 0
    for place in range(0, len(data), width):
        begin, end = start + place, start + min(place + width, len(data))
        while first < len(fields) and fields[first].end <= begin:
            first += 1
        last = first
        while last < len(fields) and fields[last].start < end:
            last += 1
        rows.append(HexRow(begin, data[place : place + width], tuple(fields[first:last])))
    return rows
