"""The line on top of a pane: its name, how much is in it, and where the cursor is."""

from inspector.tui.lines import Line, Piece, shorten, spread
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar


class PaneTitle(Bar):
    """Name and facts at the left, the cursor's place at the right."""

    def __init__(self, name: str, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._name_shown = name
        self._facts = ""
        self._place = ""
        self._focused = False

    def say(
        self,
        *,
        name: str | None = None,
        facts: str | None = None,
        place: str | None = None,
        focused: bool | None = None,
    ) -> None:
        """Change what is given, and draw the line if that made a difference."""
        self._name_shown = name if name is not None else self._name_shown
        self._facts = facts if facts is not None else self._facts
        self._place = place if place is not None else self._place
        self._focused = focused if focused is not None else self._focused
        self.update()

    def line(self, width: int) -> Line:
        """The title."""
        mark = self.glyphs.cursor if self._focused else " "
        head = [Piece(mark, Tone.ACCENT), Piece(self._name_shown, Tone.KEY if self._focused else Tone.STRONG)]
        tail = [Piece(f" {self._place} ", Tone.DIM)] if self._place else []
        room = width - 2 - len(self._name_shown) - sum(len(piece.text) for piece in tail)
        if self._facts and room > 3:
            head.append(Piece(" " + shorten(self._facts, room - 1, self.glyphs.ellipsis), Tone.DIM))
        return spread(head, tail, width)
