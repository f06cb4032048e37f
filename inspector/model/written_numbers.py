"""Numbers of JSON documents that are written otherwise than this program would: 1.50 stays 1.50 wherever it goes."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

Where = tuple[str | int, ...]
"""The keys and positions that lead to a value within another one."""


class WrittenNumber(float):
    """A number with its text in the document that it comes from."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> "WrittenNumber":
        """From the text of a JSON number.

        Raises:
            ValueError: where it is none.
        """
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"{text!r} is no number")
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __reduce__(self) -> tuple[type["WrittenNumber"], tuple[str]]:
        """What copying and pickling make it from."""
        return WrittenNumber, (self.text,)


def number_from(text: str) -> float:
    """The number of a JSON text, for a parser's `parse_float`; it keeps its text where that is not the usual one."""
    number = float(text)
    return number if repr(number) == text else WrittenNumber(text)


def parsed(text: str) -> Any:
    """The value of a JSON text; its numbers keep their texts where those are not the usual ones.

    Raises:
        ValueError: where it is no JSON, or is nested too deeply.
    """
    try:
        return json.loads(text, parse_float=number_from)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def member_value(text: str, key: str) -> Any:
    """The value of the one member of an object whose text with its key is `text`.

    Raises:
        ValueError: where it is no member with this key.
    """
    value = parsed(f"{{{text}}}")
    if list(value) != [key] or _members(text) != 1:
        raise ValueError("the text of a member is another one")
    return value[key]


def _members(text: str) -> int:
    """How many members the text of an object's inside has, those with one key counted each."""
    counts: list[int] = []

    def count(pairs: list[tuple[str, Any]]) -> None:
        counts.append(len(pairs))

    json.loads(f"{{{text}}}", object_pairs_hook=count)
    return counts[-1]


def written_numbers(value: Any, where: Where = ()) -> Iterator[tuple[Where, str]]:
    """The numbers within a JSON value that keep their text, each with where it is."""
    if isinstance(value, WrittenNumber):
        yield where, value.text
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, float | dict | list | tuple):
                yield from written_numbers(item, (*where, key))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            if isinstance(item, float | dict | list | tuple):
                yield from written_numbers(item, (*where, position))


def replaced(value: Any, new: Callable[[WrittenNumber], Any]) -> Any:
    """A copy of a JSON value with `new` in the places of its numbers that keep their text."""
    if isinstance(value, WrittenNumber):
        return new(value)
    if isinstance(value, dict):
        return {key: replaced(item, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, new) for item in value]
    return value


def put_number(holder: Any, where: Sequence[str | int], text: str) -> None:
    """Have the number at a place within a JSON value keep its text.

    Raises:
        ValueError: where the text is none of the number there.
    """
    number = WrittenNumber(text)
    try:
        for part in where[:-1]:
            holder = holder[part]
        if holder[where[-1]] != number:
            raise ValueError(f"{text} is not the number there")
        holder[where[-1]] = number
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("there is no such place in the value") from error
