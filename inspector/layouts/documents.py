"""Read foreign JSON: tolerant of what programs, people and broken disks do to it, and within bounds whatever it holds.

`load_json` reads small documents whole. `stream_members` walks an index of any size with the memory of a few MiB, as
does `stream_in_lists`, which is quicker.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, BinaryIO, Final

from inspector.layouts.json_text import (
    MAX_DEPTH,
    Duplicate,
    Duplicates,
    Parser,
    TooDeepError,
    broken,
    decode,
    is_cut_short,
    kind_of,
    plain,
)
from inspector.layouts.json_window import Window
from inspector.model.errors import DocumentError

MAX_DOCUMENT_BYTES = 64 << 20
MAX_VALUE_CHARACTERS = 1 << 20
"""The longest single value of a streamed document that is looked into."""

_PIECE_CHARACTERS = 1 << 16  # the C parser holds the interpreter lock for under 1 ms with this
_MAX_SKIPPED_DEPTH = 1_000_000
_SPACE = re.compile(r"[ \t\n\r]*")
_AFTER_A_VALUE = frozenset(" \t\n\r,:]}")
_CLOSING = {"{": "}", "[": "]"}
# Everything up to the next bracket that matters: texts, what lies between them, and brackets without others inside.
_FILLER = re.compile(
    r"""(?: [^"\[\]{}]++ | "(?:[^"\\]++|\\.)*+" | [\[{] (?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+ [\]}] )*+""",
    re.DOTALL | re.VERBOSE,
)


class _TooLongError(Exception):
    """A value of more than `MAX_VALUE_CHARACTERS`."""


class Omitted:
    """Stands for a value too large or too deep to be looked into."""

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final = Omitted()

Member = tuple[str, str, Any]
"""What the streams yield: what it is, the key, and the value."""

Entries = list[tuple[str, Any]]
"""Entries of a container that follow one another: the key and the value of each."""


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A JSON document. Objects are dictionaries, of repeated keys the last counts; `odd_numbers` as in `Parser`."""

    value: Any
    duplicates: tuple[Duplicate, ...] = ()
    duplicate_count: int = 0
    odd_numbers: tuple[str, ...] = ()


def load_json(data: bytes, path: str) -> LoadedDocument:
    """Read a document of at most 64 MiB. NaN, Infinity and numbers out of range are floats, and noted.

    Raises:
        DocumentError: where it is too large, no JSON, not whole or nested deeper than 64; `offset` in characters.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise DocumentError(f"is larger than {MAX_DOCUMENT_BYTES} bytes", path=path)
    text = decode(data, path)
    parser, duplicates = Parser(), Duplicates()
    try:
        value, end = parser.value_at(text, _end_of_space(text, 0))
        end = _end_of_space(text, end)
        if end < len(text):
            raise JSONDecodeError("Extra data", text, end)
        value = plain(value, "", duplicates)
    except JSONDecodeError as error:
        raise broken(path, error, lambda position: position) from error
    except (RecursionError, TooDeepError):
        raise DocumentError(f"is nested deeper than {MAX_DEPTH}", path=path) from None
    return LoadedDocument(value, duplicates.found(), duplicates.count, tuple(parser.odd_numbers))


def stream_members(stream: BinaryIO, path: str, member: str) -> Iterator[Member]:
    """Walk a document's top-level object in its own order, with memory that does not grow with the document.

    Yields ``("begin", member, "{" or "[")`` where the container named `member` begins and then for each thing in it
    ``("entry", key, value)``, the key of a list's items being their number; ``("head", key, value)`` for every other
    member. A repeated key comes as often as it is there. ``("duplicate", entry, Duplicate)`` follows an entry with a
    repeated key inside, ``("number", "", text)`` a number that JSON does not have. What is longer than
    `MAX_VALUE_CHARACTERS` or deeper than `MAX_DEPTH` comes as `OMITTED`.

    Raises:
        DocumentError: where the document is no object, breaks off or cannot be read on, after everything before has
            been yielded. `offset` is in bytes for UTF-8, else in characters.
    """
    for what, key, value in stream_in_lists(stream, path, member):
        if what == "entries":
            for name, entry in value:
                yield "entry", name, entry
        else:
            yield what, key, value


def stream_in_lists(stream: BinaryIO, path: str, member: str) -> Iterator[Member]:
    """As `stream_members`, but with ``("entries", "", Entries)`` in the place of the entries that it holds.

    They are some hundreds, or few where something has to be said of the last one.
    """
    yield from _Walk(Window(stream, path), member).members()


def _end_of_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _plain(value: Any) -> tuple[Any, tuple[Duplicate, ...]]:
    """What the parser made of a value, with dictionaries as objects, and the repeated keys in it."""
    duplicates = Duplicates()
    try:
        return plain(value, "", duplicates), duplicates.found()
    except TooDeepError:
        return OMITTED, ()


def _flat(entries: Any) -> list[Member]:
    """The events for objects without objects inside; none where one is no object or holds a key more than once."""
    pairs = [value for _, value in entries]
    if set(map(type, pairs)) != {tuple}:
        return []
    values = list(map(dict, pairs))
    if sum(map(len, values)) < sum(map(len, pairs)):
        return []
    return [("entries", "", list(zip([key for key, _ in entries], values, strict=True)))]


def _announced(entries: Any) -> list[Member]:
    """The events for any entries."""
    events: list[Member] = []
    alike: Entries = []
    for key, value in entries:
        value, duplicates = _plain(value)
        alike.append((key, value))
        if duplicates:
            events.append(("entries", "", alike))
            events.extend(("duplicate", key, duplicate) for duplicate in duplicates)
            alike = []
    return [*events, ("entries", "", alike)] if alike else events


class _Walk:
    """One reading of one document: `_PIECE_CHARACTERS` at a time through the C parser, one by one where it must be."""

    def __init__(self, window: Window, member: str) -> None:
        self._window = window
        self._member = member
        self._parser = Parser()

    def members(self) -> Iterator[Member]:
        """The document's top-level object."""
        window = self._window
        opening = self._next()
        if opening != "{":
            words = "a list" if opening == "[" else kind_of(self._parse())
            raise DocumentError(f"holds {words}, not an object", path=window.path, offset=0)
        window.at += 1
        going_on = self._next() != "}"
        if not going_on:
            window.at += 1
        while going_on:
            key = self._key()
            opening = self._next()
            if key == self._member and opening in _CLOSING:
                window.at += 1
                yield "begin", key, opening
                yield from self._entries(opening)
            else:
                value, notes = self._value(key)
                yield "head", key, value
                yield from notes
            going_on = self._goes_on("}")
        if self._next():
            raise window.broken("Extra data")

    def _entries(self, opening: str) -> Iterator[Member]:
        window, closing = self._window, _CLOSING[opening]
        if self._next() == closing:
            window.at += 1
            return
        count = 0
        while True:
            if len(window.text) - window.at < _PIECE_CHARACTERS:
                with suppress(DocumentError):  # raised again when it is needed: what is there is yielded first
                    window.more()
            cut = window.text.rfind("},", window.at, window.at + _PIECE_CHARACTERS)
            piece = self._piece(opening, cut + 1, count) if cut > 0 else None
            if piece is not None:
                found, events, ended = piece
                count += found
                yield from events
                if ended or not self._goes_on(closing):
                    return
                continue
            until = window.done + max(cut, window.at) + 1
            while window.done + window.at < until:
                key = self._key() if opening == "{" else str(count)
                value, notes = self._value(key)
                count += 1
                yield "entries", "", [(key, value)]
                yield from notes
                if not self._goes_on(closing):
                    return

    def _piece(self, opening: str, end: int, count: int) -> tuple[int, list[Member], bool] | None:
        """The entries up to `end`, how many they are, and whether the container ended; None where it is no good cut.

        A cut within an entry or a text leaves an open bracket or quote behind, so the parser refuses it.
        """
        window = self._window
        piece = f"{opening}{window.text[window.at : end]}{_CLOSING[opening]}"
        try:
            entries, parsed = self._parser.value_at(piece, 0)
        except (JSONDecodeError, RecursionError):
            return None
        ended = parsed < len(piece)
        window.at = window.at + parsed - 1 if ended else end
        if opening == "[":
            entries = [(str(count + index), value) for index, value in enumerate(entries)]
        flat = piece.count("{") - (opening == "{") == len(entries)  # no object within another, where all are objects
        events = (_flat(entries) if flat else None) or _announced(entries)
        return len(entries), events + self._numbers(), ended

    def _numbers(self) -> list[Member]:
        odd: list[Member] = [("number", "", text) for text in self._parser.odd_numbers]
        self._parser.odd_numbers.clear()
        return odd

    def _value(self, key: str) -> tuple[Any, list[Member]]:
        try:
            value = self._parse()
        except (_TooLongError, RecursionError):
            self._skip()
            return OMITTED, []
        value, duplicates = _plain(value)
        return value, [*(("duplicate", key, duplicate) for duplicate in duplicates), *self._numbers()]

    def _key(self) -> str:
        if self._next() != '"':
            raise self._window.broken("Expecting property name enclosed in double quotes")
        key = self._parse()
        if self._next() != ":":
            raise self._window.broken("Expecting ':' delimiter")
        self._window.at += 1
        self._next()
        assert isinstance(key, str)
        return key

    def _goes_on(self, closing: str) -> bool:
        """Step over the comma, or over what closes the container; whether another member follows."""
        window = self._window
        found = self._next()
        if found not in {",", closing} or not found:
            raise window.broken("Expecting ',' delimiter")
        window.at += 1
        if found == closing:
            return False
        if self._next() == closing:
            raise window.broken("A comma and nothing after it")
        return True

    def _next(self) -> str:
        """The next character that is no space, not yet stepped over; empty at the end of the document."""
        window = self._window
        while True:
            window.at = _end_of_space(window.text, window.at)
            if window.at < len(window.text):
                return window.text[window.at]
            if not window.more():
                return ""

    def _parse(self) -> Any:
        """The value where reading is, with as much more of the document as it needs.

        Raises:
            _TooLongError: where it is a list or an object of more than `MAX_VALUE_CHARACTERS`.
            DocumentError: where it is broken, or another value of more.
        """
        window = self._window
        while True:
            try:
                value, end = self._parser.value_at(window.text, window.at)
            except JSONDecodeError as error:
                if not is_cut_short(error):
                    raise broken(window.path, error, window.offset) from error
                if len(window.text) - window.at > MAX_VALUE_CHARACTERS:
                    if window.text[window.at] in _CLOSING:
                        raise _TooLongError from None
                    raise window.refused("holds a text that is too long") from None
                if not window.more():
                    raise broken(window.path, error, window.offset) from error
            else:
                whole = end < len(window.text) and window.text[end] in _AFTER_A_VALUE
                if whole or len(window.text) - end > MAX_VALUE_CHARACTERS or not window.more():
                    window.at = end
                    return value

    def _skip(self) -> None:
        """Step over a list or an object without looking into it."""
        window = self._window
        depth = 0
        while True:
            match = _FILLER.match(window.text, window.at) if depth else None
            window.at = match.end() if match else window.at
            if window.at == len(window.text) or window.text[window.at] == '"':  # a text goes on in the next chunk
                if len(window.text) - window.at > MAX_VALUE_CHARACTERS:
                    raise window.refused("holds a text that is too long")
                if not window.more():
                    raise window.broken("Unterminated string")
                continue
            depth += 1 if window.text[window.at] in _CLOSING else -1
            window.at += 1
            if depth == 0:
                return
            if depth > _MAX_SKIPPED_DEPTH:
                raise window.refused("is nested without end")
