"""What Tab makes of a filter text that is being typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.model.folding import fold
from inspector.model.kinds import KINDS
from inspector.model.query import KEYS, Piece, pieces
from inspector.model.query_term import Known, quoted
from inspector.model.query_values import SEVERITIES, STATES


@dataclass(frozen=True, slots=True)
class Completion:
    """The text with its last word gone on with as far as it is clear, and what the word may become."""

    text: str
    candidates: tuple[str, ...] = ()


def complete(text: str, known: Known | None = None) -> Completion:
    """Go on with the last word of a text: ``ki`` is ``kind:``, ``is:dec`` is ``is:decided``."""
    found = list(pieces(text))
    if not found or (text[-1].isspace() and not found[-1].is_open):
        return Completion(text, tuple(f"{key}:" for key in KEYS))
    last = found[-1]
    sign = "-" if last.negated else ""
    if last.key is None:
        keys = tuple(f"{key}:" for key in KEYS if key.startswith(last.value.lower()) and not last.fuzzy)
        if not keys:
            return Completion(text)
        return Completion(text[: last.start] + sign + _common(keys), keys)
    *before, value = last.value.split(",")
    candidates = _candidates(last, value, known or Known())
    if not candidates:
        return Completion(text)
    begun = _common(candidates)
    value = begun if len(candidates) == 1 or fold(begun).startswith(fold(value)) else value
    end = " " if len(candidates) == 1 else ""
    return Completion(f"{text[: last.start]}{sign}{last.key}:{quoted(','.join([*before, value]))}{end}", candidates)


def _candidates(piece: Piece, value: str, known: Known) -> tuple[str, ...]:
    words = {
        "kind": tuple(KINDS),
        "severity": SEVERITIES,
        "is": STATES,
        "choice": known.choices,
        "storage": known.storages,
    }.get(piece.key or "", ())
    begins = tuple(word for word in words if fold(word).startswith(fold(value)))
    return begins or tuple(word for word in words if fold(value) in fold(word))


def _common(words: Sequence[str]) -> str:
    """What all of these words begin with."""
    first, last = min(words), max(words)
    return next((first[:place] for place in range(len(first)) if first[place] != last[place : place + 1]), first)
