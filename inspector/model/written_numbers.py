"""Numbers of JSON documents that are written otherwise than this program would: 1.50 stays 1.50 wherever it goes."""

import json
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from json import JSONDecodeError, JSONDecoder
from typing import Any

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_LONGEST_EXPONENT = 4_000
"""Digits of an exponent that Python converts; none that any program writes has more."""
_MOST_DIGITS_SHOWN = 40

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

    def __str__(self) -> str:
        """As it is written, shortened for people where that is long."""
        return self.text if len(self.text) <= _MOST_DIGITS_SHOWN else f"{self.text[:_MOST_DIGITS_SHOWN]}…"

    def __reduce__(self) -> tuple[type["WrittenNumber"], tuple[str]]:
        """What copying and pickling make it from."""
        return WrittenNumber, (self.text,)


def number_from(text: str) -> float:
    """The number of a JSON text, for a parser's `parse_float`; it keeps its text where that is not the usual one."""
    number = float(text)
    return number if repr(number) == text else WrittenNumber(text)


def integer_from(text: str) -> float:
    """The integer of a JSON text, for a parser's `parse_int`; it keeps its text where Python does not convert it."""
    try:
        return int(text)
    except ValueError:  # it has more digits than that
        return WrittenNumber(text)


_USUAL = JSONDecoder(parse_float=number_from)
_PATIENT = JSONDecoder(parse_float=number_from, parse_int=integer_from)


def parsed_at(text: str, start: int) -> tuple[Any, int]:
    """The value of the JSON that begins at `start`, and where it ends; numbers keep their texts as in `parsed`.

    Raises:
        JSONDecodeError: where it is none, or not whole.
        RecursionError: where it is nested too deeply.
    """
    try:
        return _USUAL.raw_decode(text, start)
    except JSONDecodeError:
        raise
    except ValueError:  # there is an integer with more digits than Python converts
        return _PATIENT.raw_decode(text, start)


def parsed(text: str | bytes, *, as_object: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value of a JSON text; its numbers keep their texts where those are not the usual ones.

    So do integers with more digits than Python converts. `as_object` makes something else of objects than dictionaries.

    Raises:
        ValueError: where it is no JSON, or is nested too deeply.
    """
    try:
        try:
            return json.loads(text, parse_float=number_from, object_pairs_hook=as_object)
        except JSONDecodeError:
            raise
        except ValueError:
            return json.loads(text, parse_float=number_from, parse_int=integer_from, object_pairs_hook=as_object)
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

    parsed(f"{{{text}}}", as_object=count)
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


def same_number(one: float, other: float) -> bool:
    """Whether two numbers of JSON documents are one number, to the last digit that is written; NaN is NaN."""
    if type(one) is type(other) and type(one) in {int, float}:
        return one == other or (one != one and other != other)
    return _to_the_last_digit(one) == _to_the_last_digit(other)


def same_value(found: Any, was: Any) -> bool:
    """Whether two JSON values are equal; unlike in Python, true is not 1, NaN is NaN, and no digit is passed over."""
    if type(found) is str:
        return bool(found == was)
    if isinstance(found, dict):
        if not isinstance(was, dict) or found.keys() != was.keys():
            return False
        return all(same_value(value, was[key]) for key, value in found.items())
    if isinstance(found, list | tuple):
        if not isinstance(was, list | tuple) or len(found) != len(was):
            return False
        return all(same_value(value, other) for value, other in zip(found, was, strict=True))
    if isinstance(found, bool) or isinstance(was, bool):
        return found is was
    if isinstance(found, int | float) and isinstance(was, int | float):
        return same_number(found, was)
    return bool(found == was)


def comparable(value: Any) -> Hashable:
    """What is equal for two JSON values where `same_value` holds them equal, and can be looked up."""
    if isinstance(value, dict):
        return "object", frozenset((key, comparable(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return "list", tuple(comparable(item) for item in value)
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value).__name__, value
    return "number", _to_the_last_digit(value)


def _to_the_last_digit(number: float) -> str:
    """A number in a form that is the same however it is written: its digits, and where the point is."""
    text = number.text if isinstance(number, WrittenNumber) else repr(number)
    parts = _NUMBER.fullmatch(text)
    if parts is None:
        return text  # NaN, or an infinity
    sign, whole, fraction, exponent = parts[1], parts[2], parts[3] or "", parts[4] or "0"
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    if len(exponent) > _LONGEST_EXPONENT:
        return text
    return f"{sign}{significant}e{int(exponent) - len(fraction) + len(digits) - len(significant)}"
