"""A comparison as lines for people: the sides, then the fields in columns. Pure but for the width of the terminal."""

from collections.abc import Iterator, Sequence

from inspector.cli.summary import aligned
from inspector.model.comparison import Comparison, Field, Lacking, Side, Unit
from inspector.model.comparison_words import UNKNOWN, mark_words, name_words, presence_words, value_words
from inspector.model.display import display_name, display_text

_WIDEST_NAME = 40
_NARROWEST_COLUMN = 14
_ELLIPSIS = "…"


def comparison_lines(comparison: Comparison, width: int) -> Iterator[str]:
    """The lines; fields are in columns as far as `width` cells have room for the sides, else below one another."""
    for number, side in enumerate(comparison.sides, 1):
        yield from _side_lines(number, side)
    if comparison.more_sides:
        yield f"… and {comparison.more_sides:,} more"
    for note in comparison.notes:
        yield display_text(note)
    column = (width - 4 - _WIDEST_NAME // 2) // max(1, len(comparison.sides)) - 2
    for group in dict.fromkeys(field.group for field in comparison.fields):
        fields = [field for field in comparison.fields if field.group == group]
        yield ""
        yield display_name(group)
        yield from _table(fields, column) if column >= _NARROWEST_COLUMN else _list(fields)
    if comparison.more_differ:
        yield ""
        more = comparison.more_differ
        yield "… 1 more field differs" if more == 1 else f"… {more:,} more fields differ"
    if comparison.more_unknown:
        yield ""
        yield f"… {comparison.more_unknown:,} more unknown"
    yield ""
    yield _sum(comparison)


def _side_lines(number: int, side: Side) -> Iterator[str]:
    yield f"{number}  {display_name(side.title)}" + (f"  {display_name(side.path)}" if side.path else "")
    for remark in (presence_words(side), *side.notes):
        if remark:
            yield f"   {display_text(remark)}"


def _table(fields: Sequence[Field], column: int) -> list[str]:
    rows = []
    for field in fields:
        cells = [_cell(field, place, column) for place in range(len(field.values))]
        name = _cut(name_words(field.name), _WIDEST_NAME, keep_end=True)
        rows.append((_sign(field), name, *cells, display_text(field.note)))
    return [f"  {line}" for line in aligned(rows)]


def _cell(field: Field, place: int, width: int) -> str:
    """A value with its mark; the value is what is cut."""
    mark = mark_words(field.marks[place]) if field.marks else ""
    text = value_words(field.values[place], field.unit)
    return f"{_cut(text, width - len(mark) - bool(mark), keep_end=field.unit is Unit.PATH)} {mark}".rstrip()


def _list(fields: Sequence[Field]) -> Iterator[str]:
    for field in fields:
        note = f" ({display_text(field.note)})" if field.note else ""
        yield f"  {_sign(field)} {name_words(field.name)}{note}"
        for place, value in enumerate(field.values):
            if value is not Lacking.UNKNOWN:
                yield f"      {place + 1}  {_value(field, place)}"


def _sign(field: Field) -> str:
    return "!" if field.differs else "=" if field.agree else UNKNOWN


def _value(field: Field, place: int) -> str:
    mark = field.marks[place] if field.marks else None
    return f"{value_words(field.values[place], field.unit)} {mark_words(mark)}".strip()


def _cut(text: str, width: int, *, keep_end: bool) -> str:
    if len(text) <= width:
        return text
    return _ELLIPSIS + text[1 - width :] if keep_end else text[: width - 1] + _ELLIPSIS


def _sum(comparison: Comparison) -> str:
    differ = comparison.differing
    fields = "Nothing differs" if not differ else "1 field differs" if differ == 1 else f"{differ:,} fields differ"
    unknown = f", {comparison.unknown:,} unknown" if comparison.unknown else ""
    return f"{fields}{unknown}, {comparison.agreeing:,} agree."
