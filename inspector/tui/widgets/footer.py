"""The bottom line: the keys that are most useful here and now, or an offer that waits for an answer."""

from collections.abc import Sequence

from inspector.tui.actions import Action
from inspector.tui.keys.names import shown_key
from inspector.tui.lines import Line, Piece, shorten
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar


class Footer(Bar):
    """As many keys as fit; those in `always` do. Its height never changes, so that a question costs one line."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._actions: Sequence[Action] = ()
        self._always: Sequence[Action] = ()
        self._offer: Line | None = None

    def show(self, actions: Sequence[Action], always: Sequence[Action]) -> None:
        """Show these keys, the first ones first."""
        self._actions, self._always = actions, always
        self.update()

    def offer(self, offer: Line | None) -> None:
        """Show an offer or a question in place of the keys, until None takes it away."""
        self._offer = offer
        self.update()

    def line(self, width: int) -> Line:
        """The keys and their words."""
        if self._offer is not None:
            return self._offer
        tail = [(action.shown_key, action.title) for action in self._always]
        always = {action.id for action in self._always}
        room = width - 1 - sum(len(key) + len(title) + 3 for key, title in tail)
        shown: list[tuple[str, str]] = []
        for action in self._actions:
            length = len(action.shown_key) + len(action.title) + 3
            if action.id in always or length > room:
                continue
            shown.append((action.shown_key, action.title))
            room -= length
        line: list[Piece] = [Piece(" ")]
        for key, title in (*shown, *tail):
            line += [Piece(key, Tone.KEY), Piece(f" {title}  ", Tone.DIM)]
        return line


def which_key_lines(began: str, following: Sequence[tuple[str, Action]], width: int) -> tuple[str, Line]:
    """What can be pressed after the beginning of a chord, in at most `width` cells; what is too much goes before it."""
    pieces = [(shown_key(key), action.title) for key, action in following]
    head = f" {shown_key(began)}  "
    fitting, room = 0, width - len(head)
    for key, title in reversed(pieces):
        room -= len(key) + len(title) + 3
        if room < 0:
            break
        fitting += 1
    above = "".join(f"{key} {title}  " for key, title in pieces[: len(pieces) - fitting])
    line: list[Piece] = [Piece(head, Tone.ACCENT)]
    for key, title in pieces[len(pieces) - fitting :]:
        line += [Piece(key, Tone.KEY), Piece(f" {title}  ", Tone.DIM)]
    return (f"{head.strip()}  {above}" if above else "").rstrip(), line


def offer_line(text: str, width: int, ellipsis: str) -> Line:
    """An offer as a line of `width` cells."""
    return [Piece(" " + shorten(text, width - 2, ellipsis), Tone.WARNING)]
