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
_LONGEST_ANSWER = 8192


class _Held(Enum):
    NOTHING = auto()
    EITHER = auto()
    ANSWER = auto()


class ReplyFilter:
    """Lets keys through and hands answers to `answered`. The beginning of an answer is held until its rest comes."""

    def __init__(self, answered: Callable[[str], object]) -> None:
        self._answered = answered
        self._held = ""
        self._kind = _Held.NOTHING
        self._since = 0.0

    def feed(self, text: str, now: float) -> str:
        """What of `text` is no answer; `now` is in seconds."""
        text = self._held + text
        self._held, self._kind, self._since = "", _Held.NOTHING, now
        passed: list[str] = []
        position = 0
        while (escape := text.find(ESC, position)) >= 0:
            passed.append(text[position:escape])
            if answer := _ANSWER.match(text, escape):
                self._answered(answer[0])
                position = answer.end()
            elif self._hold(text[escape:]):
                return "".join(passed)
            else:
                passed.append(ESC)
                position = escape + 1
        passed.append(text[position:])
        return "".join(passed)

    def overdue(self, now: float) -> str:
        """What was held for too long and is a key after all; the rest of an answer is dropped when its time is up."""
        held, kind = self._held, self._kind
        patience = KEY_PATIENCE if kind is _Held.EITHER else ANSWER_PATIENCE
        if kind is _Held.NOTHING or now - self._since < patience:
            return ""
        self._held, self._kind = "", _Held.NOTHING
        return held if kind is _Held.EITHER else ""

    def _hold(self, rest: str) -> bool:
        if _BEGINNING_OF_EITHER.fullmatch(rest):
            self._kind = _Held.EITHER
        elif _BEGINNING_OF_ANSWER.fullmatch(rest):
            self._kind = _Held.ANSWER
            rest = rest if len(rest) <= _LONGEST_ANSWER else rest[:16]
        else:
            return False
        self._held = rest
        return True
