"""A pane: its title line over its body. The screen puts it where the arrangement says."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane, Place
from inspector.tui.widgets.pane_title import PaneTitle


class PaneBox(Vertical, can_focus=False):
    """The frame of every pane. `body` is what gets the focus."""

    def __init__(self, pane: Pane, name: str, body: Widget) -> None:
        super().__init__(id=f"pane-{pane}", classes="pane")
        self.pane = pane
        self.title_line = PaneTitle(name, classes="pane-title")
        self.body = body

    def compose(self) -> ComposeResult:
        """The title over the body."""
        yield self.title_line
        yield self.body

    def use_glyphs(self, glyphs: Glyphs) -> None:
        """Draw with these characters."""
        self.title_line.glyphs = glyphs

    def put(self, place: Place | None, *, divided: bool) -> None:
        """Stand at `place`, or nowhere; a divided pane draws a line at its left."""
        self.display = place is not None
        if place is not None:
            self.styles.offset = (place.x, place.y)
            self.styles.width = place.width
            self.styles.height = place.height
            self.set_class(divided, "divided")
