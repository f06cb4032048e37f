"""Pieces of a JSON document's text: values and members as they are written there, to be written so elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Any

from inspector.layouts.json_text import Duplicates, plain
from inspector.model.written_numbers import parsed
from inspector.repair.json_cursor import CLOSING, Cursor
from inspector.repair.json_style import dedented

Where = tuple[str | int, ...]


def texts_at(text: str, places: Mapping[Where, bool], colon: str) -> dict[Where, str]:
    """The texts of the values at some places, as `Edit.text` has them: with their keys where a place says so.

    None of the places is within another one. `colon` is what comes between a key and its value.

    Raises:
        JSONDecodeError: where the text is no JSON.
    """
    tree: dict[str | int, Any] = {}
    for place in places:
        branch = tree
        for part in place:
            branch = branch.setdefault(part, {})
    cursor = Cursor(text)
    cursor.space()
    found = {}
    for place, start, value_start, end in _spans(cursor, tree, ()):
        key = text[start:value_start].rstrip()[:-1].rstrip() + colon if places[place] else ""
        found[place] = key + dedented(text[value_start:end], _indent_at(text, start))
    return found


def _spans(cursor: Cursor, tree: Mapping[str | int, Any], where: Where) -> Iterator[tuple[Where, int, int, int]]:
    """Where each member that the tree ends at begins, where its value begins, and where it ends."""
    if cursor.text[cursor.at : cursor.at + 1] not in CLOSING:
        cursor.value()
        return
    for key, start in cursor.members():
        branch, value_start = tree.get(key), cursor.at
        if branch:
            yield from _spans(cursor, branch, (*where, key))
            continue
        cursor.value()
        if branch is not None:
            yield (*where, key), start, value_start, cursor.at


def _indent_at(text: str, position: int) -> str:
    """The white space at the beginning of the line that a position is in."""
    line = max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
    end = line
    while end < position and text[end] in " \t":
        end += 1
    return text[line:end]


def values_of(text: str, where: Where) -> list[Any]:
    """The values of all members that an object has under one key, in order; empty where the place is not there.

    Raises:
        ValueError: where the text is no JSON.
        TooDeepError: where a value is nested too deeply.
    """
    value = parsed(text, as_object=tuple)
    for part in where[:-1]:
        if isinstance(value, tuple):
            value = dict(value).get(part) if isinstance(part, str) else None
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return []
    pairs = value if isinstance(value, tuple) else ()
    return [plain(item, "", Duplicates()) for key, item in pairs if key == where[-1]]
