"""The style of a JSON document, and new values written in it: indentation, separators, line breaks, escapes."""

import re
import secrets
from dataclasses import dataclass
from itertools import islice
from json import JSONEncoder
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from inspector.model.written_numbers import WrittenNumber, replaced, written_numbers

_DEFAULT_UNIT = "  "
_SNIFFED_TOKENS = 2_000
_SNIFFED_CHARACTERS = 1 << 20
_SEPARATORS = re.compile(r'"(?:[^"\\]++|\\.)*+"([ \t]*+:[ \t]*+)?|([ \t]*+,[ \t]*+)([\r\n])?')
_FIRST_INDENT = re.compile(r"[\[{][ \t]*+[\r\n]++([ \t]*+)")
_LINE_BREAK = re.compile("[\r\n]")
_NOT_ASCII = re.compile("[^\0-\x7f]+")
_LINES = re.compile("[ \t]*\n[ \t\n]*")
_ANY_LINE_BREAK = re.compile("\r\n?|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Place:
    """How values are written somewhere: on lines of their own or not, the line's indentation, what a level adds."""

    multiline: bool
    indent: str
    unit: str

    def within(self, gap: str | None) -> "Place":
        """The same for the members of a container, by the `gap` before its first; None where it is empty."""
        if gap is None:
            return Place(self.multiline, self.indent + self.unit, self.unit)
        indent = _LINE_BREAK.split(gap)[-1]
        if len(indent) == len(gap):
            return Place(False, self.indent, self.unit)
        deeper = indent.startswith(self.indent) and len(indent) > len(self.indent)
        return Place(True, indent, indent[len(self.indent) :] if deeper else self.unit)


class Writer:
    """Writes new values in the style of a document."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._is_ascii = text.isascii()
        line_end = text.find("\n")
        self._has_lines = line_end >= 0 or "\r" in text
        self.newline = "\r\n" if text[max(line_end - 1, 0) : line_end + 1] == "\r\n" else "\n"
        if line_end < 0 and "\r" in text:
            self.newline = "\r"
        first = _FIRST_INDENT.search(text, 0, _SNIFFED_CHARACTERS)
        self.unit = first[1] if first else _DEFAULT_UNIT
        colon = inline_comma = comma = None
        for token in islice(_SEPARATORS.finditer(text), _SNIFFED_TOKENS):
            colon = colon or token[1]
            if token[2] and token[3]:
                comma = comma or token[2]
            elif token[2]:
                inline_comma = inline_comma or token[2]
        self.colon = colon or (":" if inline_comma == "," and not first else ": ")
        self.comma = comma or ","
        self.inline_comma = inline_comma or (", " if self.colon.endswith(" ") else ",")
        self._odd_numbers: bool | None = None
        self._encoders: dict[tuple[str | None, bool], JSONEncoder] = {}

    def kept(self, text: str, indent: str) -> tuple[str, bool]:
        """A piece of this document's text, from a line indented by `indent`, as it is kept to be put back.

        That is `dedented`, or as it is where `verbatim` would even it out; which of the two it is comes with it.
        """
        if "\n" in text and self.newline == "\n" and "\r" not in text:  # as nearly all are
            usual = text.replace("\n" + indent, "\n")
            if text.count("\n") == text.count("\n" + indent) and "\n\n" not in usual:
                return usual, False
        usual = dedented(text, indent)
        return (usual, False) if self.verbatim(usual, indent) == text else (text, True)

    def verbatim(self, text: str, indent: str) -> str:
        """The text of a value or a member from a document, `dedented`, on a line indented by `indent`."""
        if "\n" not in text:
            return text
        if not self._has_lines:
            return _LINES.sub(" ", text)
        first, *others = text.split("\n")
        return self.newline.join([first, *(indent + line if line else line for line in others)])

    def written(self, value: Any, place: Place) -> str:
        """`value` as the document's program would write it at `place`.

        Raises:
            TypeError, ValueError, RecursionError: where it cannot be written as JSON.
        """
        if type(value) is str:
            return self._text_written(value)
        if next(written_numbers(value), None) is not None:
            return self._with_numbers(value, place)
        unit = place.unit if place.multiline and isinstance(value, dict | list | tuple) and value else None
        try:
            text = self._encoder(unit, odd_numbers=False).encode(value)
        except ValueError:  # numbers that JSON does not have are written only where the document has them already
            if self._odd_numbers is None:
                self._odd_numbers = "NaN" in self._text or "Infinity" in self._text
            if not self._odd_numbers:
                raise
            text = self._encoder(unit, odd_numbers=True).encode(value)
        if unit is not None:
            text = text.replace("\n", self.newline + place.indent)
        return text if text.isascii() else _without_surrogates(text)

    def _with_numbers(self, value: Any, place: Place) -> str:
        """`value` with its numbers that keep their text; marks that no text holds stand in for them at first."""
        texts: list[str] = []
        mark = secrets.token_hex(16)

        def marked(number: WrittenNumber) -> str:
            texts.append(number.text)
            return f"{mark} {len(texts) - 1}"

        written = self.written(replaced(value, marked), place)
        return re.sub(f'"{mark} ([0-9]+)"', lambda match: texts[int(match[1])], written)

    def _text_written(self, value: str) -> str:
        if self._is_ascii:
            return encode_basestring_ascii(value)
        text = encode_basestring(value)
        return text if text.isascii() else _without_surrogates(text)

    def _encoder(self, unit: str | None, *, odd_numbers: bool) -> JSONEncoder:
        encoder = self._encoders.get((unit, odd_numbers))
        if encoder is None:
            comma = self.inline_comma if unit is None else self.comma
            encoder = self._encoders[unit, odd_numbers] = JSONEncoder(
                indent=unit,
                separators=(comma, self.colon),
                ensure_ascii=self._is_ascii,
                allow_nan=odd_numbers,
            )
        return encoder


def dedented(text: str, indent: str) -> str:
    """A piece of a document's text whose first line is indented by `indent`, without that; its lines end alike."""
    first, *others = _ANY_LINE_BREAK.split(text)
    return "\n".join([first, *(line.removeprefix(indent) for line in others)])


def in_ascii(text: str) -> str:
    """The same JSON in ASCII."""
    return _NOT_ASCII.sub(lambda match: encode_basestring_ascii(match[0])[1:-1], text)


def _without_surrogates(text: str) -> str:
    """The same JSON with halves of characters as escapes."""
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
