"""The language of filters: a text such as ``kind:missing size:>5M -path:raw beach`` as terms that must all fit.

Terms stand between blanks. ``-`` or ``!`` before one turns it round, quotes hold blanks together. Words without a key
are looked for in the conflict's path or label; a capital letter in a word makes its case count.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from inspector.model.display import display_text
from inspector.model.query_term import FUZZY, WORD, Bounds, Known, QueryError, Term, nearest, quoted, quoted_word
from inspector.model.query_values import (
    read_after,
    read_before,
    read_choices,
    read_date,
    read_endings,
    read_kinds,
    read_sessions,
    read_severities,
    read_size,
    read_states,
    read_storages,
    shown_days,
    shown_size,
)

MOST_CHARACTERS = 1000
MOST_TERMS = 40

_LISTS: dict[str, Callable[[str, Known], tuple[str, ...]]] = {
    "kind": read_kinds,
    "severity": read_severities,
    "is": read_states,
    "choice": read_choices,
    "storage": read_storages,
    "session": read_sessions,
    "ext": read_endings,
}
_RANGES: dict[str, tuple[str, Callable[[str], Bounds]]] = {
    "size": ("size", read_size),
    "date": ("date", read_date),
    "before": ("date", read_before),
    "after": ("date", read_after),
}
KEYS = ("kind", "path", "ext", "size", "date", "before", "after", "severity", "is", "choice", "session", "storage")

_KEY = re.compile("([A-Za-z]+):")


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all fit; without any, everything fits. `text` is what was typed, and tells no queries apart."""

    terms: tuple[Term, ...] = ()
    text: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def shown(self) -> str:
        """A text that is read as the same terms."""
        return " ".join(map(_shown, self.terms))

    def mentions(self, state: str) -> bool:
        """Whether conflicts are asked for that are in this state."""
        return any(term.key == "is" and not term.negated and state in term.values for term in self.terms)


@dataclass(frozen=True, slots=True)
class Piece:
    """A term as it stands in the text: from `start`, with its sign and key taken off and its quotes undone."""

    start: int
    text: str
    negated: bool
    key: str | None
    fuzzy: bool
    value: str
    is_open: bool
    """Whether a quote is not closed."""


def parse(text: str, known: Known | None = None) -> Query:
    """The query that a text is; names in `known` are checked.

    Raises:
        QueryError: naming the word that makes no sense, and what was probably meant.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"a filter has at most {MOST_CHARACTERS:,} characters")
    found = list(pieces(text))
    if len(found) > MOST_TERMS:
        raise QueryError(f"a filter has at most {MOST_TERMS} terms")
    return Query(tuple(_term(piece, known or Known()) for piece in found), text.strip())


def sensible_part(text: str, known: Known | None = None) -> str:
    """A text without those of its terms that make no sense, or not yet."""
    return " ".join(
        piece.text for piece in islice(pieces(text[:MOST_CHARACTERS]), MOST_TERMS) if _makes_sense(piece, known)
    )


def _makes_sense(piece: Piece, known: Known | None) -> bool:
    try:
        _term_of(piece, known or Known())
    except QueryError:
        return False
    return True


def pieces(text: str) -> Iterator[Piece]:
    """The terms of a text as they stand there."""
    place = 0
    while True:
        while place < len(text) and text[place].isspace():
            place += 1
        if place == len(text):
            return
        start = place
        negated = text[place] in "-!"
        place += negated
        key = _KEY.match(text, place)
        place = key.end() if key else place
        fuzzy = key is None and text[place : place + 1] == "~"
        place += fuzzy
        value, place, is_open = _value(text, place)
        yield Piece(start, text[start:place], negated, key[1].lower() if key else None, fuzzy, value, is_open)


def _value(text: str, place: int) -> tuple[str, int, bool]:
    """What stands up to the next blank outside quotes, where it ends, and whether a quote is still open there."""
    value: list[str] = []
    inside = False
    while place < len(text) and (inside or not text[place].isspace()):
        character = text[place]
        if character == '"':
            inside = not inside
        elif inside and character == "\\" and text[place + 1 : place + 2] in {'"', "\\"}:
            place += 1
            value.append(text[place])
        else:
            value.append(character)
        place += 1
    return "".join(value), place, inside


def _term(piece: Piece, known: Known) -> Term:
    try:
        return _term_of(piece, known)
    except QueryError as error:
        raise QueryError(error.reason, advice=error.advice, incomplete=error.incomplete, term=piece.text) from None


def _term_of(piece: Piece, known: Known) -> Term:
    if piece.key is not None and piece.key not in KEYS:
        advice = f'{nearest(piece.key, KEYS)} To look for the text itself, write "{piece.key}:...".'
        raise QueryError(f"there is no '{piece.key}:'", advice=advice)
    if piece.is_open:
        raise QueryError("a quote is not closed", incomplete=True)
    if piece.key in _LISTS:
        return Term(piece.key, _LISTS[piece.key](piece.value, known), piece.negated)
    if piece.key in _RANGES:
        key, read = _RANGES[piece.key]
        return Term(key, (), piece.negated, read(display_text(piece.value)))
    if not piece.value:
        what = "wants a part of a path" if piece.key else "a word is missing"
        raise QueryError(what, incomplete=True)
    return Term(piece.key or (FUZZY if piece.fuzzy else WORD), (display_text(piece.value),), piece.negated)


def _shown(term: Term) -> str:
    sign = "-" if term.negated else ""
    if term.bounds is not None:
        return f"{sign}{term.key}:{(shown_size if term.key == 'size' else shown_days)(term.bounds)}"
    if term.key in {WORD, FUZZY}:
        word = quoted_word(term.values[0]) if term.key == WORD else quoted(term.values[0])
        return f"{sign}{term.key}{word}"
    return f"{sign}{term.key}:{quoted(','.join(term.values))}"
