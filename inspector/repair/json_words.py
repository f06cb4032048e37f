"""JSON values in a few words that are safe to show: what an edit expected in its place, and what it found there."""

import json
from typing import Any

from inspector.model.display import display_name
from inspector.model.written_numbers import WrittenNumber, same_value

_MOST = 40
_BEFORE_A_DIFFERENCE = 12


def difference(found: Any, expected: Any) -> str:
    """Which of two values that differ is there, and which one was expected."""
    if isinstance(found, str) and isinstance(expected, str):
        start = _window(found, expected)
        return f"{_quoted(found, start)}, and not {_quoted(expected, start)}"
    one, other = in_words(found), in_words(expected)
    if one != other:
        return f"{one}, and not {other}"
    if isinstance(found, dict) and isinstance(expected, dict):
        return _of_members(found, expected)
    return f"{one}, and not the one that was there"


def in_words(value: Any) -> str:
    """A value in at most some forty characters."""
    if isinstance(value, str):
        return _quoted(value, 0)
    if isinstance(value, dict):
        return f"an object with {len(value)} {'member' if len(value) == 1 else 'members'}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)} {'item' if len(value) == 1 else 'items'}"
    try:
        text = value.text if isinstance(value, WrittenNumber) else json.dumps(value)
    except ValueError:  # an integer with more digits than Python converts
        return "a very long number"
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _of_members(found: dict[str, Any], expected: dict[str, Any]) -> str:
    for key in (*found, *expected):
        if key not in expected:
            return f"an object with a further member {_quoted(key, 0)}"
        if key not in found:
            return f"an object without the member {_quoted(key, 0)}"
        one, other = found[key], expected[key]
        if type(one) is type(other) is dict and not same_value(one, other):
            return f"an object whose {_quoted(key, 0)} differs"
        if not same_value(one, other):
            return f"an object whose {_quoted(key, 0)} is {difference(one, other)}"
    return "an object that differs in what cannot be shown"


def _window(one: str, other: str) -> int:
    """From where on two long texts are shown, so that what differs is seen."""
    if max(len(one), len(other)) <= _MOST:
        return 0
    common = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return max(0, common - _BEFORE_A_DIFFERENCE)


def _quoted(text: str, start: int) -> str:
    shown = display_name(text[start : start + _MOST])
    return f"'{'…' if start else ''}{shown}{'…' if len(text) > start + _MOST else ''}'"
