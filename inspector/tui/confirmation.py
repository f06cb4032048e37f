"""A question before something is written: which keys answer it, and which never do. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

from inspector.tui.keys.names import shown_key
from inspector.tui.lines import Line, Piece, shorten, width_of
from inspector.tui.palette import Tone

DEAF_SECONDS = 0.3
"""So long after the question came up no key counts: the one that opened it repeats, or a terminal replies late."""
MOST_WITHOUT_COUNT = 20
"""Up to so many items of no great risk are confirmed without typing their number."""

_MOST_DIGITS = 9


class Answer(Enum):
    """What a key came to."""

    WAIT = auto()
    YES = auto()
    NO = auto()


@dataclass(slots=True)
class Confirmation:
    """A question that `key` answers, after `count` was typed where there is one. Enter never answers it.

    `doing` says what the key does, such as ``applies 3 items``; `opened` is when it came up, in seconds.
    """

    doing: str
    opened: float
    count: int | None = None
    key: str = "y"
    typed: str = ""
    note: str = ""
    waiting: str = ""
    """The key that was pressed last and means nothing before the question is answered."""

    def press(self, key: str, now: float) -> Answer:
        """Take a key, by Textual's name, at the time `now` in seconds."""
        if now - self.opened < DEAF_SECONDS:
            return Answer.WAIT
        self.note = self.waiting = ""
        if key == "escape":
            return Answer.NO
        if key == self.key:
            return self._confirmed()
        if key == "enter":
            self.note = "Enter does nothing here"
        elif self.count is not None and key in {"backspace", "ctrl+h"}:
            self.typed = self.typed[:-1]
        elif self.count is not None and len(key) == 1 and key in "0123456789":
            self.typed = (self.typed + key)[:_MOST_DIGITS]
        else:
            self.waiting = key
        return Answer.WAIT

    def _confirmed(self) -> Answer:
        if self.count is None or self.typed == str(self.count):
            return Answer.YES
        self.note = f"{self.typed or 'nothing'} is not {self.count}"
        self.typed = ""
        return Answer.WAIT

    def line(self, width: int, ellipsis: str) -> Line:
        """The question in `width` cells. What gives way is what the key does: keys, typed digits and note stay."""
        asked = [
            Piece(" Esc", Tone.KEY),
            Piece(f" first, then {shown_key(self.waiting)} " if self.waiting else " no ", Tone.DIM),
        ]
        if self.count is None:
            asked += [Piece(f" {shown_key(self.key)}", Tone.KEY)]
            doing, answer = " ", []
        else:
            asked += [Piece(" Type "), Piece(str(self.count), Tone.KEY), Piece(", then "), Piece("y", Tone.KEY)]
            doing, answer = ": ", [Piece("  "), Piece(f"{self.typed}_", Tone.ACCENT)]
        note = [Piece(f"  {self.note}", Tone.WARNING)] if self.note else []
        doing += shorten(self.doing, width - width_of([*asked, *answer, *note]) - len(doing), ellipsis)
        return [*asked, Piece(doing, Tone.WARNING), *answer, *note]
