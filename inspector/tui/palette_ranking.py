"""How well an action fits what is typed in the palette: by its name first, then by its words, then by letters. Pure."""

import re
from collections.abc import Iterator, Sequence

from inspector.tui.actions import Action

NAME_AND_ID = 1.0
"""What is typed is the title, and a part of the id too."""
NAME = 0.95
_IN_NAME = (0.9, 0.8, 0.5)
"""A typed word is a word of the title or the id, begins one, or stands within one."""
_IN_DESCRIPTION = (0.7, 0.6, 0.4)
_MOST_FOR_LETTERS = 0.2

_WORDS = re.compile(r"\w+")


def score(typed: str, action: Action) -> float:
    """How well `action` fits: from 1 down to 0, where it does not fit at all."""
    words = typed.casefold().split()
    if not words:
        return 0.0
    whole, title, identity = " ".join(words), action.title.casefold(), action.id.casefold()
    named, described = _words_in(f"{title} {identity}"), _words_in(action.description.casefold())
    if whole == title:
        return NAME_AND_ID if whole in _words_in(identity) else NAME
    if whole == identity:
        return NAME
    fits = [max(_fit(word, named, _IN_NAME), _fit(word, described, _IN_DESCRIPTION)) for word in words]
    if all(fits):
        return sum(fits) / len(fits)
    return _MOST_FOR_LETTERS * _letters_in_order("".join(words), f"{title} {action.description.casefold()}")


def worth_showing(scores: Sequence[float]) -> list[float]:
    """The scores with 0 for what has the letters only, where other actions have the words."""
    least = _MOST_FOR_LETTERS if max(scores, default=0.0) > _MOST_FOR_LETTERS else 0.0
    return [one if one > least else 0.0 for one in scores]


def found_in(typed: str, text: str) -> Iterator[tuple[int, int]]:
    """Where in a text the typed words stand, as places of their beginnings and ends."""
    for word in typed.split():
        for found in re.finditer(re.escape(word), text, re.IGNORECASE):
            yield found.span()


def _words_in(text: str) -> list[str]:
    return _WORDS.findall(text.replace("_", " "))


def _fit(word: str, words: Sequence[str], scores: tuple[float, float, float]) -> float:
    is_one, begins_one, is_within = scores
    if word in words:
        return is_one
    if any(one.startswith(word) for one in words):
        return begins_one
    return is_within if any(word in one for one in words) else 0.0


def _letters_in_order(letters: str, text: str) -> float:
    """The closer the letters stand to one another, the nearer to 1; 0 where they are not all there in this order."""
    first = place = text.find(letters[0])
    for letter in letters[1:]:
        if place < 0:
            return 0.0
        place = text.find(letter, place + 1)
    return len(letters) / (place + 1 - first) if place >= 0 else 0.0
