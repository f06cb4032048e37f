"""Walk over a JSON document's text member by member, and take members out and put some in where it stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from json import JSONDecodeError, JSONDecoder
from typing import Any

from inspector.layouts.json_text import Duplicates, Parser, plain
from inspector.model.written_numbers import parsed_at

CLOSING = {"{": "}", "[": "]"}
_SPACE = re.compile(r"[ \t\n\r]*+")
_PLAIN_KEY = re.compile(r'"([^"\\\x00-\x1f]*+)"[ \t\n\r]*+:[ \t\n\r]*+')
_COLON = re.compile(r"[ \t\n\r]*+:[ \t\n\r]*+")
_AFTER_VALUE = re.compile(r"[ \t\n\r]*+([,}\]])[ \t\n\r]*+")

_BEHIND_VALUES = frozenset(", \t\n\r}]")

Splice = tuple[int, int, str]
"""From where to where in the text, and what comes there instead."""


class Cursor:
    """Walks over a document's text; `at` is where reading is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._decoder = JSONDecoder()
        self._patient = Parser()

    def space(self) -> None:
        """Step over white space."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def value(self) -> Any:
        """Step over the value that begins here."""
        try:
            value, self.at = self._decoder.raw_decode(self.text, self.at)
        except JSONDecodeError:
            raise
        except ValueError:  # an integer with more digits than Python converts
            pairs, self.at = self._patient.value_at(self.text, self.at)
            value = plain(pairs, "", Duplicates())
        return value

    def exact_value(self) -> Any:
        """Step over the value that begins here; its numbers keep the texts that they have where it matters."""
        value, self.at = parsed_at(self.text, self.at)
        return value

    @property
    def is_behind_value(self) -> bool:
        """Whether what follows here can follow a value in an object or a list."""
        return self.text[self.at : self.at + 1] in _BEHIND_VALUES

    def members(self) -> Iterator[tuple[str | int, int]]:
        """Key or position, and beginning, of each member of the container here.

        Whoever asks steps over the member's value, which is where the cursor then is.
        """
        text = self.text
        opening, closing = text[self.at], CLOSING[text[self.at]]
        self.at += 1
        self.space()
        if text[self.at : self.at + 1] == closing:
            self.at += 1
            return
        position = 0
        while True:
            start = self.at
            yield self._key() if opening == "{" else position, start
            match = _AFTER_VALUE.match(text, self.at)
            if match is None or match[1] not in {",", closing}:
                self.space()
                raise JSONDecodeError("Expecting ',' delimiter", text, self.at)
            if match[1] == closing:
                self.at = match.end(1)
                return
            self.at = match.end()
            position += 1

    def _key(self) -> str:
        match = _PLAIN_KEY.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
            return match[1]
        if self.text[self.at : self.at + 1] != '"':
            raise JSONDecodeError("Expecting property name enclosed in double quotes", self.text, self.at)
        key = self.value()
        match = _COLON.match(self.text, self.at)
        if match is None:
            raise JSONDecodeError("Expecting ':' delimiter", self.text, self.at)
        self.at = match.end()
        assert isinstance(key, str)
        return key


def end_of_flat(text: str, start: int) -> int | None:
    """Where the object at `start` ends, if it is one that holds neither containers nor escapes, and if it is JSON.

    None where that cannot be told at a glance.
    """
    end = text.find("}", start) + 1
    if not end or text[start] != "{" or text.find("\\", start, end) >= 0 or text.count('"', start, end) % 2:
        return None
    return None if text.find("{", start + 1, end) >= 0 or text.find("[", start, end) >= 0 else end


def value_in_flat(text: str, start: int, end: int, key: str | int) -> int | None:
    """Where the value of `key` begins in the object from `start` to `end`, one as `end_of_flat` finds.

    None where the object has no such key, or has it twice, or the key could be mistaken for what is between two texts.
    """
    if not isinstance(key, str) or not key.isidentifier():
        return None
    quoted = f'"{key}"'
    found = None
    at = text.find(quoted, start, end)
    while at >= 0:
        at += len(quoted)
        match = _COLON.match(text, at)
        if match is not None:
            if found is not None:
                return None
            found = match.end()
        at = text.find(quoted, at, end)
    return found


@dataclass
class Spans:
    """Where an object or a list and its members are in a text; a member of an object begins with its key."""

    opening: int
    closing: int = 0
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    keys: list[str | int] = field(default_factory=list)

    @cached_property
    def all_keys(self) -> frozenset[str | int]:
        """The keys, for looking many up; to be asked for when all are there."""
        return frozenset(self.keys)

    def before_first(self, text: str) -> str | None:
        """What is between the opening bracket and the first member; None where there is none."""
        return text[self.opening + 1 : self.starts[0]] if self.starts else None

    def between(self, text: str) -> str | None:
        """What is between the last two members; None where there are not two."""
        return text[self.ends[-2] : self.starts[-1]] if len(self.starts) > 1 else None

    def after_last(self, text: str) -> str | None:
        """What is between the last member and the closing bracket; None where there is none."""
        return text[self.ends[-1] : self.closing] if self.starts else None

    def odd_gaps(self, text: str, positions: Sequence[int]) -> dict[int, str]:
        """What goes along with each of the members at `positions` that `without` takes out, where that is not usual.

        It is the comma before the member, or behind one at the beginning, with the white space around it; where those
        of all members are alike, those that stay tell it, if there are two.
        """
        gaps = [text[end:start] for end, start in zip(self.ends, self.starts[1:], strict=False)]
        staying = len(self.starts) - len(positions)
        if not staying or (staying > 1 and gaps.count(gaps[0]) == len(gaps)):
            return {}
        leading = next(number for number, position in enumerate([*positions, -1]) if position != number)
        return {position: gaps[position if position < leading else position - 1] for position in positions}

    def without(self, positions: list[int]) -> Iterator[Splice]:
        """Take out the members at `positions`, which ascend and are not all, with one comma each."""
        leading = 0
        for position in positions:
            if position == leading:
                leading += 1
            else:
                yield self.ends[position - 1], self.ends[position], ""
        if leading:
            yield self.starts[0], self.starts[leading], ""
