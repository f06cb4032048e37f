"""One term of a filter text, the error of a wrong one, and the names that terms may use."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from inspector.model.errors import UsageError
from inspector.model.folding import fold

WORD, FUZZY = "", "~"
"""The keys of terms that are mere words: found as they stand, or as letters in order."""


class QueryError(UsageError):
    """A filter text makes no sense; `incomplete` where it may only not be typed to its end.

    `term` is the one that makes none, once that is known; `reason` says why, without naming it.
    """

    def __init__(self, reason: str, *, advice: str | None = None, incomplete: bool = False, term: str = "") -> None:
        super().__init__(f"{term.rstrip(':<>=') or term}: {reason}" if term else reason, advice=advice)
        self.reason = reason
        self.incomplete = incomplete


@dataclass(frozen=True, slots=True)
class Known:
    """The names that only the catalog and the choices know. What is left empty is not checked."""

    choices: tuple[str, ...] = ()
    storages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`, both within; None is no bound. Bytes, or days as `date.toordinal` counts them."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a conflict must fulfil, or with `negated` must not.

    One of `values` has to fit; `size` and `date` have `bounds` instead. A conflict of which it is not known whether it
    fits does not fit.
    """

    key: str
    values: tuple[str, ...] = ()
    negated: bool = False
    bounds: Bounds | None = None


def quoted(value: str) -> str:
    """`value` as it has to be typed behind a key."""
    if value and not any(character.isspace() or character == '"' for character in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted_word(value: str) -> str:
    """`value` as it has to be typed where it stands alone."""
    if value[:1] in {"-", "!", "~"} or re.match("[A-Za-z]+:", value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return quoted(value)


def nearest(value: str, known: Collection[str]) -> str:
    """Advice for a mistyped word: what it was probably meant to be, or all that it can be."""
    import difflib  # wanted for mistakes only

    by_fold = {fold(word): word for word in known}
    near = difflib.get_close_matches(fold(value), by_fold, 1)
    return f"Did you mean '{by_fold[near[0]]}'?" if near else f"Choose from {', '.join(known)}."
