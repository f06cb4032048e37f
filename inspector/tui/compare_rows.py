"""The fields of a comparison as lines: what agrees is dim, what differs has a sign and shows where. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from inspector.model.comparison import Comparison, Field, Lacking, Mark, Side, Unit, Value, differing_part
from inspector.model.comparison_words import UNKNOWN, mark_words, name_words, presence_words, value_words
from inspector.model.display import counted, display_name
from inspector.tui.compare_layout import CompareLayout
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten
from inspector.tui.palette import Tone
from inspector.tui.shown import shown

_SEEN_AT_A_GLANCE = 24
"""In shorter values a difference needs no help to be found."""
_SHORT_MARK = "*"
"""Stands for a mark where there is no room for its word, which the words below the table have."""
_TONE_OF_MARK = {Mark.NEWEST: Tone.ACCENT, Mark.FITS: Tone.GOOD, Mark.WRONG: Tone.ERROR, Mark.COUNTS: Tone.GOOD}
_GROUPS = {
    "file": "File",
    "picture": "Picture",
    "layers": "What refers to it",
    "document": "In the document",
    "entry": "Entry",
}


@dataclass(frozen=True, slots=True)
class GroupHeading:
    """The line above the fields of a group, with how many of them differ, and of how many nobody can tell."""

    name: str
    differing: int
    count: int
    unknown: int = 0

    @property
    def facts(self) -> str:
        """In how many fields the sides agree, as far as that can be told."""
        if self.differing:
            return f"{self.differing:,} of {self.count:,} differ" + (f", {self.unknown:,} unknown" * bool(self.unknown))
        if self.unknown == self.count:
            return "all unknown" if self.count > 1 else "unknown"
        return f"{self.count - self.unknown:,} agree, {self.unknown:,} unknown" if self.unknown else "all agree"


@dataclass(frozen=True, slots=True)
class MoreFields:
    """The line that says how many fields differ that are not listed, or of how many more nobody can tell."""

    count: int
    differ: bool = True


CompareRow = GroupHeading | Field | MoreFields


def rows_of(comparison: Comparison, *, only_differing: bool) -> tuple[CompareRow, ...]:
    """The lines of a comparison. Fields that are not listed are those of documents, which come last."""
    rows: list[CompareRow] = []
    groups = list(dict.fromkeys(field.group for field in comparison.fields))
    for group in groups:
        more = (comparison.more_differ, comparison.more_agree, comparison.more_unknown)
        more_differ, more_agree, more_unknown = more if group == groups[-1] else (0, 0, 0)
        fields = [field for field in comparison.fields if field.group == group]
        shown = [field for field in fields if not (only_differing and field.agree)]
        if shown:
            differing = sum(field.differs for field in fields) + more_differ
            unknown = sum(field.agree is None for field in fields) + more_unknown
            count = len(fields) + more_differ + more_agree + more_unknown
            name = _GROUPS.get(group, display_name(group.capitalize()))
            rows += [GroupHeading(name, differing, count, unknown), *shown]
    if comparison.more_differ:
        rows.append(MoreFields(comparison.more_differ))
    if comparison.more_unknown:
        rows.append(MoreFields(comparison.more_unknown, differ=False))
    return tuple(rows)


def row_line(row: CompareRow, layout: CompareLayout, glyphs: Glyphs) -> Line:
    """A line of the table."""
    if isinstance(row, GroupHeading):
        facts = row.facts if len(layout.columns) > 1 else counted(row.count, "field")
        return [Piece(row.name, Tone.ACCENT), Piece(f"  {facts}", Tone.FAINT)]
    if isinstance(row, MoreFields):
        if not row.differ:
            return [Piece(f"{glyphs.ellipsis} {row.count:,} more unknown", Tone.DIM)]
        fields = "1 more field differs" if row.count == 1 else f"{row.count:,} more fields differ"
        return [Piece(f"{glyphs.ellipsis} {fields}", Tone.WARNING)]
    return field_line(row, layout, glyphs)


def field_line(field: Field, layout: CompareLayout, glyphs: Glyphs) -> Line:
    """A field: a sign where it differs or nobody can tell, its name, and the value of each side."""
    sign = Piece(_sign(glyphs), Tone.WARNING) if field.differs else Piece(" " if field.agree else UNKNOWN, Tone.DIM)
    name = fit(name_words(field.name, glyphs.ellipsis), layout.label, glyphs.ellipsis, keep_end=True)
    line = [sign, Piece(" "), Piece(name, Tone.DIM if field.agree else Tone.TEXT)]
    texts = [shown(value_words(value, field.unit)) for value in field.values]
    for number, width in enumerate(layout.columns):
        mark = field.marks[number] if field.marks else None
        line += [Piece(" "), *_cell(field, texts, number, mark, width, glyphs)]
    return line


def _sign(glyphs: Glyphs) -> str:
    return "!" if glyphs.ellipsis.isascii() else "≠"


def _cell(
    field: Field, texts: Sequence[str], number: int, mark: Mark | None, width: int, glyphs: Glyphs
) -> list[Piece]:
    """One side's value in exactly `width` cells."""
    words = mark_words(mark)
    if words and cell_len(texts[number]) + len(words) + 2 > width:
        words = _SHORT_MARK
    room = max(1, width - (len(words) + 1 if words else 0) - 1)
    value = field.values[number]
    pieces = _value_pieces(field, value, texts, texts[number], room, glyphs)
    if mark is not None:
        pieces += [Piece(" "), Piece(words, _TONE_OF_MARK[mark])]
    length = sum(cell_len(piece.text) for piece in pieces)
    return [*pieces, Piece(" " * max(0, width - length))]


def _value_pieces(
    field: Field, value: Value, texts: Sequence[str], text: str, room: int, glyphs: Glyphs
) -> list[Piece]:
    if not field.differs or isinstance(value, Lacking):
        end = field.unit is Unit.PATH and not isinstance(value, Lacking)
        tone = Tone.FAINT if isinstance(value, Lacking) else Tone.DIM if field.agree else Tone.TEXT
        return [Piece(shorten(text, room, glyphs.ellipsis, keep_end=end), tone)]
    others = [
        one for one, other in zip(texts, field.values, strict=True) if isinstance(other, str) and not _lacks(other)
    ]
    is_path = field.unit is Unit.PATH
    if not isinstance(value, str) or len(others) < 2 or not (is_path or len(text) > _SEEN_AT_A_GLANCE):
        return [Piece(shorten(text, room, glyphs.ellipsis, keep_end=is_path), Tone.STRONG)]
    return marked_difference(text, others, room, glyphs, "/" if is_path else "")


def _lacks(value: Value) -> bool:
    return isinstance(value, Lacking)


def marked_difference(text: str, texts: Sequence[str], room: int, glyphs: Glyphs, separator: str = "") -> list[Piece]:
    """`text` in at most `room` cells with the part dim that all `texts` share; what differs is never cut away first."""
    start, end = differing_part(texts, separator)
    before, middle, after = text[:start], text[start : len(text) - end], text[len(text) - end :]
    if cell_len(middle) >= room:
        lead = glyphs.ellipsis if before else ""
        return [Piece(lead, Tone.FAINT), Piece(shorten(middle, max(1, room - len(lead)), glyphs.ellipsis), Tone.STRONG)]
    left = room - cell_len(middle)
    after_room = min(cell_len(after), max(left - cell_len(before), left // 2))
    after = shorten(after, after_room, glyphs.ellipsis) if after_room else ""
    before_room = left - cell_len(after)
    before = shorten(before, before_room, glyphs.ellipsis, keep_end=True) if before_room else ""
    return [Piece(before, Tone.DIM), Piece(middle, Tone.STRONG), Piece(after, Tone.DIM)]


# --- heads ----------------------------------------------------------------------------------------------------------


def head_rows(comparison: Comparison) -> int:
    """How many lines the heads of these sides want: title, path, and what has to be known about a side."""
    return 1 + any(side.path for side in comparison.sides) + any(map(_remark, comparison.sides))


def head_lines(side: Side, number: int, paths: Sequence[str], rows: int, width: int, glyphs: Glyphs) -> list[Line]:
    """A side's head in `rows` lines of `width` cells; `number` counts the sides from 1."""
    remark = _remark(side)
    title: Line = [
        Piece(f"{number} ", Tone.KEY),
        Piece(shorten(display_name(side.title), max(1, width - 3), glyphs.ellipsis), Tone.STRONG),
    ]
    path = shown(display_name(side.path))
    if path and path not in title[1].text:
        others = [shown(display_name(one)) for one in paths if one]
        second: Line = marked_difference(path, others, width, glyphs, "/") if len(others) > 1 else [
            Piece(shorten(path, width, glyphs.ellipsis, keep_end=True), Tone.DIM)
        ]  # fmt: skip
    else:
        second = []
    third: Line = [Piece(shorten(remark, width, glyphs.ellipsis), Tone.WARNING)] if remark else []
    lines = [title, second or third, third if second else []] if rows > 2 else [title, third or second]
    return lines[:rows]


def _remark(side: Side) -> str:
    """What has to be known about a side, in one line."""
    return "; ".join(part for part in (presence_words(side), *side.notes) if part)


# --- words ----------------------------------------------------------------------------------------------------------


def field_words(field: Field, numbers: Sequence[int], ellipsis: str) -> list[str]:
    """A field in full: its name with what is wrong with it, and each side's value."""
    note = f" ({field.note})" if field.note else ""
    words = [f"{name_words(field.name, ellipsis)}{note}:"]
    for place, value in enumerate(field.values):
        mark = mark_words(field.marks[place]) if field.marks else ""
        text = value_words(value, _full(field), exact=True)
        if isinstance(value, Lacking):
            text = "nothing" if value is Lacking.ABSENT else "unknown"
        words.append(f"{numbers[place]} {text} {mark}".rstrip())
    return words


def in_lines(parts: Sequence[str], width: int) -> list[str]:
    """Texts with blanks between them, as many in a line of `width` cells as fit."""
    lines: list[str] = []
    for part in parts:
        if lines and cell_len(lines[-1]) + 3 + cell_len(part) <= width:
            lines[-1] += f"   {part}"
        else:
            lines.append(part)
    return lines


def _full(field: Field) -> Unit:
    """Digests are not cut where there is room."""
    return Unit.TEXT if field.unit is Unit.DIGEST else field.unit


def summary_line(comparison: Comparison, whole: Comparison, numbers: Sequence[int], *, only: bool) -> Line:
    """In how many fields the sides differ, which of all sides they are, and what else has to be known."""
    differ = comparison.differing
    agree = comparison.agreeing
    fields = "1 field differs" if differ == 1 else f"{differ:,} fields differ" if differ else "nothing differs"
    unknown = comparison.unknown
    sums = [fields, *([f"{unknown:,} unknown"] * bool(unknown)), *([f"{agree:,} agree"] * bool(agree))]
    parts = [" " + ", ".join(sums) + (" (hidden)" if only and agree else "")]
    if len(comparison.sides) < 2:
        parts = [f" one side only, with {counted(agree + differ + unknown, 'field')}"]
    total = len(whole.sides) + whole.more_sides
    if total > len(numbers):
        parts.append(f"{' and '.join(str(number) for number in numbers)} of {total:,} sides")
    pieces = [Piece(f"{parts[0]}", Tone.STRONG), *(Piece(f"   {part}", Tone.ACCENT) for part in parts[1:])]
    if whole.stale:
        pieces.append(Piece("   changed since the scan", Tone.WARNING))
    return [*pieces, *(Piece(f"   {shown(note)}", Tone.DIM) for note in whole.notes)]
