"""Telling a terminal's answers from keys, in what comes from it. No Textual here: text in, text out.

Textual's parser takes an answer that it does not know for keys that were pressed, one for each of its characters, and
a terminal far away may answer when nobody waits any more. So answers are taken out before the parser sees them.
"""

import re
from collections.abc import Callable
from enum import Enum, auto

ESC = "\x1b"
KEY_PATIENCE = 0.1
"""Seconds after which the beginning of what may be a key as well as an answer is taken for a key."""
AWAITED_PATIENCE = 1.0
"""The same while answers are awaited: they come from far away, and a link may cut them behind any byte."""
WAIT_FOR_ANSWERS = 10.0
"""Seconds for which answers are awaited, unless the last one comes before."""
ANSWER_PATIENCE = 2.0
"""Seconds of silence after which the rest of an answer is not waited for any more."""

_ANSWER = re.compile(
    r"\x1b\[[?>=][\d;:]*[cnSu]"  # device attributes, status, sixel geometry, the keyboard's flags
    r"|\x1b\[[4-9];\d+;\d+t"  # sizes in pixels or cells
    r"|\x1b(?:P(?:>\||![|]|[01][$+]r)|_G|\][\d]+;)[^\x1b\x07]*(?:\x1b\\|\x07)",  # strings: name, settings, kitty's
    re.DOTALL,
)
_BEGINNING_OF_ANSWER = re.compile(
    r"\x1b\[[?>=][\d;:]*\$?"
    r"|\x1b(?:P(?:>\||![|]|[01][$+]r)|_G|\]\d+;)[^\x1b\x07]*\x1b?"
    r"|\x1b(?:P[>!01][$+]?|\]\d+)",
    re.DOTALL,
)
_BEGINNING_OF_EITHER = re.compile(r"\x1b(?:\[(?:[4-9](?:;\d*){0,2})?|[P\]_])?")
_LAST_ANSWER = re.compile(r"\x1b\[\?[\d;]*c")
_KEY_BEHIND_ESCAPE = re.compile(r"\[[\d;:<=>?]*[ -/]*[@-~]|O[@-~]")
_KEY_WITH_NUMBERS = re.compile(r"\x1b\[[\d;:<=>?]+[ -/]*[@-~]")
_LONGEST_ANSWER = 8192


class _Held(Enum):
    NOTHING = auto()
    EITHER = auto()
    ANSWER = auto()


class ReplyFilter:
    """Lets keys through and hands answers to `answered`. The beginning of an answer is held until its rest comes.

    What is let through comes in parts: each is a key, or keys, that nothing behind it belongs to.
    """

    def __init__(self, answered: Callable[[str], object]) -> None:
        self._answered = answered
        self._held: list[str] = []
        """The beginning of what may be an answer, in the parts between which a key's time went by."""
        self._kind = _Held.NOTHING
        self._since = 0.0
        self._awaited_until = 0.0

    def wait_for_answers(self, now: float) -> None:
        """Questions were asked at `now`, in seconds, the last of them for the terminal's attributes."""
        self._awaited_until = now + WAIT_FOR_ANSWERS

    def feed(self, text: str, now: float) -> list[str]:
        """What of `text` is no answer; `now` is in seconds."""
        parts, apart = self._parts_with(text, now), self._kind is _Held.EITHER
        text = "".join(parts)
        self._held, self._kind, self._since = [], _Held.NOTHING, now
        passed: list[str] = []
        position = 0
        while (escape := text.find(ESC, position)) >= 0:
            passed.append(text[position:escape])
            if answer := _ANSWER.match(text, escape):
                self._answer(answer[0])
                position = answer.end()
                apart = apart and escape > 0
            elif self._hold(parts if escape == 0 else [text[escape:]]):
                text, position = text[:escape], escape
                apart = apart and escape > 0
            else:
                passed.append(ESC)
                position = escape + 1
        passed.append(text[position:])
        through = "".join(passed)
        if apart and not _belongs_together(parts):
            return _unless_empty(*parts[:-1], through[sum(map(len, parts[:-1])) :])
        return _unless_empty(through)

    def overdue(self, now: float) -> list[str]:
        """What was held for too long and is a key after all; the rest of an answer is dropped when its time is up."""
        held, kind = self._held, self._kind
        key_patience = AWAITED_PATIENCE if now < self._awaited_until else KEY_PATIENCE
        patience = key_patience if kind is _Held.EITHER else ANSWER_PATIENCE
        if kind is _Held.NOTHING or now - self._since < patience:
            return []
        self._held, self._kind = [], _Held.NOTHING
        return held if kind is _Held.EITHER else []

    def _parts_with(self, text: str, now: float) -> list[str]:
        """What is held with `text` behind it, in a part of its own where a key's time has gone by."""
        if self._held and now - self._since < KEY_PATIENCE:
            return [*self._held[:-1], self._held[-1] + text]
        return [*self._held, text]

    def _answer(self, answer: str) -> None:
        if _LAST_ANSWER.fullmatch(answer):
            self._awaited_until = 0.0
        self._answered(answer)

    def _hold(self, parts: list[str]) -> bool:
        rest = "".join(parts)
        if _BEGINNING_OF_EITHER.fullmatch(rest):
            self._kind = _Held.EITHER
        elif _BEGINNING_OF_ANSWER.fullmatch(rest):
            self._kind = _Held.ANSWER
            parts = parts if len(rest) <= _LONGEST_ANSWER else [rest[:16]]
        else:
            return False
        self._held = parts
        return True


def _belongs_together(parts: list[str]) -> bool:
    """Whether parts that came one after the other are one key, and not Escape with keys behind it."""
    if len(parts) == 2 and parts[0] == ESC:
        return _KEY_BEHIND_ESCAPE.match(parts[1]) is not None
    return _KEY_WITH_NUMBERS.match("".join(parts)) is not None


def _unless_empty(*texts: str) -> list[str]:
    return [text for text in texts if text]
