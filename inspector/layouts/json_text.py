"""What reading foreign JSON needs however it is read: encodings, the parser with its limits, errors in words."""

import codecs
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from json import JSONDecodeError, JSONDecoder
from typing import Any

from inspector.model.errors import DocumentError
from inspector.model.written_numbers import WrittenNumber

MAX_DEPTH = 64
"""Objects and lists within one another in a document; deeper ones are no picture program's."""

EXAMPLES = 20
"""How many of a kind are kept for a report."""

_SHORTENED = 80
_LONGEST_TEXT = 300
_EVIDENCE_DEPTH = 6
_LARGEST_INTEGER = 1 << 63
_KINDS = {
    dict: "an object",
    tuple: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}
_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_FOREIGN_STARTS = {
    b"\x1f\x8b": "is compressed with gzip",
    b"PK\x03\x04": "is a ZIP archive",
    b"SQLite format 3": "is an SQLite database",
    b"\xff\xd8\xff": "is a JPEG picture",
}


class TooDeepError(Exception):
    """Objects and lists within one another beyond `MAX_DEPTH`."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that an object holds more than once, with the first `EXAMPLES` values; the last one is what counts.

    `where` leads to the object, its parts joined with ``/``; the document's own object is the empty text.
    """

    where: str
    key: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Duplicates:
    """Collects keys that are there more than once, up to `EXAMPLES` of them; `count` counts the rest too."""

    count: int = 0
    _found: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def add(self, where: str, key: str, former: Any, value: Any) -> None:
        """Note that `key` had the value `former` when `value` came."""
        values = self._found.get((where, key))
        if values is None:
            self.count += 1
            if len(self._found) >= EXAMPLES:
                return
            values = self._found[where, key] = [former]
        if len(values) < EXAMPLES:
            values.append(value)

    def found(self) -> tuple[Duplicate, ...]:
        """The duplicates that were kept."""
        return tuple(Duplicate(where, key, tuple(values)) for (where, key), values in self._found.items())


class Parser:
    """The C parser, with objects as tuples of pairs so that no repeated key is lost, and odd numbers noted."""

    def __init__(self) -> None:
        self.odd_numbers: list[str] = []
        """NaN, Infinity and numbers too large for their type, as they are written, shortened; the first `EXAMPLES`."""
        options: dict[str, Any] = {
            "object_pairs_hook": tuple,
            "parse_constant": self._constant,
            "parse_float": self._float,
        }
        self._usual = JSONDecoder(**options)
        self._patient = JSONDecoder(**options, parse_int=self._int)

    def value_at(self, text: str, start: int) -> tuple[Any, int]:
        """The value that begins at `start`, and where it ends.

        Raises:
            JSONDecodeError: where it is none, or not whole.
            RecursionError: where it is nested too deeply for the C parser.
        """
        known = len(self.odd_numbers)
        try:
            return self._usual.raw_decode(text, start)
        except ValueError as error:
            del self.odd_numbers[known:]
            if isinstance(error, JSONDecodeError):
                raise
        return self._patient.raw_decode(text, start)  # there is an integer with more digits than Python converts

    def _note(self, literal: str) -> None:
        if len(self.odd_numbers) < EXAMPLES:
            self.odd_numbers.append(literal[:_SHORTENED])

    def _constant(self, literal: str) -> float:
        self._note(literal)
        return float(literal)

    def _float(self, literal: str) -> float:
        number = float(literal)
        if number in {float("inf"), float("-inf")}:
            self._note(literal)
            return WrittenNumber(literal)
        return number

    def _int(self, literal: str) -> int | float:
        try:
            return int(literal)
        except ValueError:
            self._note(literal)
            return WrittenNumber(literal)


def plain(value: Any, where: str, duplicates: Duplicates, depth: int = 0) -> Any:
    """Turn the parser's tuples of pairs into dictionaries, noting keys that are there more than once.

    Raises:
        TooDeepError: beyond `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise TooDeepError
    if type(value) is list:
        return [
            plain(item, f"{where}/{index}", duplicates, depth + 1) if type(item) in {list, tuple} else item
            for index, item in enumerate(value)
        ]
    if type(value) is not tuple:
        return value
    members: dict[str, Any] = {}
    for key, item in value:
        if type(item) in {list, tuple}:
            item = plain(item, f"{where}/{key}" if where else key, duplicates, depth + 1)
        if key in members:
            duplicates.add(where, key, members[key], item)
        members[key] = item
    return members


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return _KINDS.get(type(value), "a number")


def encoding_of(start: bytes, path: str) -> str:
    """The codec for a document that begins with `start`: UTF-8, UTF-16 or UTF-32, with or without a byte-order mark.

    Raises:
        DocumentError: where it cannot be JSON.
    """
    if not start.strip():
        raise DocumentError("is empty", path=path, offset=0)
    for magic, words in _FOREIGN_STARTS.items():
        if start.startswith(magic):
            raise DocumentError(f"{words}, not JSON", path=path, offset=0)
    if not start[:64].strip(b"\0"):
        raise DocumentError("holds NUL bytes, as after a power failure, and no JSON", path=path, offset=0)
    return json.detect_encoding(start)


def decode(data: bytes, path: str) -> str:
    """A whole document's text without its byte-order mark.

    Raises:
        DocumentError: where it is no text.
    """
    encoding = encoding_of(data, path)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(not_text(encoding), path=path, offset=error.start) from error


def not_text(encoding: str) -> str:
    """Why bytes cannot be decoded, in words."""
    return f"holds bytes that are no {codecs.lookup(encoding).name.removesuffix('-sig').upper()} text"


def is_cut_short(error: JSONDecodeError) -> bool:
    """Whether the parser failed because the text came to its end, so that more of it might help."""
    rest = error.doc[error.pos :] if len(error.doc) - error.pos <= _SHORTENED else None
    if error.msg.startswith("Unterminated string"):
        return True
    if rest is None or error.msg == "Extra data":
        return False
    if error.msg.startswith("Invalid \\u"):
        return len(rest) < len("\\uXXXX")
    return not rest.strip() or any(literal.startswith(rest) for literal in _LITERALS)


def broken(path: str, error: JSONDecodeError, offset_of: Callable[[int], int]) -> DocumentError:
    """The error in words for a document that the parser gave up on; `offset_of` turns its position into an offset."""
    if error.doc[error.pos : error.pos + 1] == "\0":
        words = "holds NUL bytes from here on, as after a power failure"
        return DocumentError(words, path=path, offset=offset_of(error.pos))
    if is_cut_short(error):
        return DocumentError("ends in the middle: the rest is missing", path=path, offset=offset_of(len(error.doc)))
    words = error.msg[:1].lower() + error.msg[1:].removesuffix(" starting at").removesuffix(" at")
    return DocumentError(f"is no JSON from here on: {words}", path=path, offset=offset_of(error.pos))


def as_evidence(value: Any, depth: int = 0) -> Any:
    """A value from a foreign document as evidence: JSON that any program reads, and short.

    Numbers that JSON does not have become texts, as do characters that are none; long texts and lists are cut.
    """
    if isinstance(value, str):
        return storable(value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT] + "…")
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < _LARGEST_INTEGER):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict | list) and depth >= _EVIDENCE_DEPTH:
        return f"{kind_of(value)} of {len(value)}"
    if isinstance(value, dict):
        first = islice(value.items(), EXAMPLES)
        return {storable(key[:_LONGEST_TEXT]): as_evidence(item, depth + 1) for key, item in first}
    if isinstance(value, list | tuple):
        return [as_evidence(item, depth + 1) for item in value[:EXAMPLES]]
    return str(value)[:_SHORTENED]


def storable(text: str) -> str:
    """`text` with lone surrogates as escapes, so that it can be stored and sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
