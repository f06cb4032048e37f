"""Collects fields up to a bound, and counts what goes beyond it."""

import math
from collections import Counter
from collections.abc import Sequence

from inspector.model.comparison import Field, Lacking, Unit, Value, agreement

MOST_DIFFERING = 1_000
MOST_AGREEING = 300
LONGEST_TEXT = 400
"""Longer texts are cut so that what is kept of them holds the first difference."""

_BEFORE_THE_DIFFERENCE = 40
_LONGEST_NAME = 300
_SHORT_LIST = 50
_LARGEST_INTEGER = 1 << 63


class Rows:
    """The fields of one group, in the order in which they came."""

    def __init__(self, group: str) -> None:
        self.fields: list[Field] = []
        self.more_differ = 0
        self.more_agree = 0
        self.more_unknown = 0
        self._group = group
        self._listed: Counter[bool | None] = Counter()

    def count(self, agree: bool | None) -> None:
        """Count something that is not worth a row, or has no room: whether it agrees as a whole, or nobody can tell."""
        self.more_agree += agree is True
        self.more_differ += agree is False
        self.more_unknown += agree is None

    def add(self, name: str, values: Sequence[Value], note: str = "") -> None:
        """Add a field of a document."""
        agree = agreement(values)
        if self._listed[agree] >= (MOST_DIFFERING if agree is False else MOST_AGREEING):
            self.count(agree)
            return
        self._listed[agree] += 1
        self.fields.append(Field(self._group, name[:_LONGEST_NAME], excerpts(values), agree, Unit.JSON, note=note))


def excerpts(values: Sequence[Value]) -> tuple[Value, ...]:
    """Values short enough to be kept, still telling the difference where they differ."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < 2 or max(map(len, texts)) <= LONGEST_TEXT:
        return tuple(_short(value) for value in values)
    start = max(0, _common_start(texts) - _BEFORE_THE_DIFFERENCE)
    if start <= LONGEST_TEXT // 2:
        start = 0
    return tuple(_short(f"…{value[start:]}" if start and isinstance(value, str) else value) for value in values)


def _common_start(texts: Sequence[str]) -> int:
    first, last = min(texts), max(texts)
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))


def _short(value: Value, depth: int = 0) -> Value:
    if isinstance(value, Lacking):
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not -_LARGEST_INTEGER < value < _LARGEST_INTEGER:
        return f"a number of about {value.bit_length() * 3 // 10} digits"
    if isinstance(value, dict):
        if depth > 1 or len(value) > _SHORT_LIST:
            return f"{len(value):,} members"
        return {str(key)[:LONGEST_TEXT]: _short(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        if depth > 1 or len(value) > _SHORT_LIST:
            return f"{len(value):,} values"
        return [_short(item, depth + 1) for item in value]
    return value
