"""A comparison's values in words, as both front ends show them. Pure; every result is safe to show."""

import json
import re
import time

from inspector.model.comparison import Lacking, Mark, Side, Unit, Value
from inspector.model.display import display_name, display_text, human_bytes

DIGEST_CHARACTERS = 12
"""How much of a digest is shown: enough to tell two apart by eye."""

UNKNOWN = "?"
"""What stands for a value that nobody knows, and for an agreement of which nobody can tell."""

_LIMIT = 2_000
_LONG_HEX = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24,}\b")


def name_words(name: str, ellipsis: str = "…") -> str:
    """A field's name for reading, digests in it shortened."""
    return display_name(_LONG_HEX.sub(rf"\1{ellipsis}", name)) or "(the whole)"


def value_words(value: Value, unit: Unit, *, exact: bool = False) -> str:
    """A value as people read it, with a sign of its own where it is unknown. Sizes are in bytes too where `exact`."""
    if value is Lacking.UNKNOWN:
        return UNKNOWN
    if value is Lacking.ABSENT:
        return "-"
    if unit is Unit.JSON:
        return _json_words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _number_words(value, unit, exact=exact)
    if isinstance(value, list):
        return ", ".join(display_name(str(item)) for item in value)
    text = str(value)
    if unit is Unit.DIGEST and len(text) > DIGEST_CHARACTERS and text.isalnum():
        text = text[:DIGEST_CHARACTERS]
    return display_name(text)


def _number_words(value: int, unit: Unit, *, exact: bool) -> str:
    if unit is Unit.BYTES:
        return f"{human_bytes(value)} ({value:,} B)" if exact and value >= 1000 else human_bytes(value)
    if unit is Unit.TIME:
        return moment_words(value)
    return f"{value:,}" if unit is Unit.COUNT else str(value)


def _json_words(value: Value) -> str:
    if isinstance(value, str):
        return display_name(value[:_LIMIT]) if value else '""'
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return display_name(", ".join(value)[:_LIMIT])
    return display_text(json.dumps(value, ensure_ascii=False)[:_LIMIT])


def moment_words(ns: int) -> str:
    """Nanoseconds since 1970 as local date and time."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ns // 1_000_000_000))
    except (OverflowError, ValueError, OSError):
        return f"{ns} ns"


def mark_words(mark: Mark | None) -> str:
    """A mark behind a value."""
    return f"({mark.value})" if mark is not None else ""


def presence_words(side: Side) -> str:
    """That a side's file is not there; empty where it is, and where nobody can tell."""
    return "not there" if side.is_file and side.present is False else ""
