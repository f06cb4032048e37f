"""The bottom line: the keys that are most useful here and now, made from the registry."""

from inspector.tui.actions import Situation, by_id, footer_actions
from inspector.tui.lines import Line, Piece
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar


class Footer(Bar):
    """As many keys as fit; help and quit always do."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self.situation = Situation()

    def show(self, situation: Situation) -> None:
        """Show the keys of this situation."""
        self.situation = situation
        self.update()

    def line(self, width: int) -> Line:
        """The keys and their words."""
        always = ("help", "quit")
        tail = [(by_id(identity).shown_key, by_id(identity).title) for identity in always]
        room = width - 1 - sum(len(key) + len(title) + 3 for key, title in tail)
        shown: list[tuple[str, str]] = []
        for action in footer_actions(self.situation):
            length = len(action.shown_key) + len(action.title) + 3
            if action.id in always or length > room:
                continue
            shown.append((action.shown_key, action.title))
            room -= length
        line: list[Piece] = [Piece(" ")]
        for key, title in (*shown, *tail):
            line += [Piece(key, Tone.KEY), Piece(f" {title}  ", Tone.DIM)]
        return line
