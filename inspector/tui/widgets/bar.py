"""A line of one row that is drawn anew only when what it says has changed."""

from textual.strip import Strip
from textual.widget import Widget

from inspector.tui.glyphs import UNICODE, Glyphs
from inspector.tui.lines import Line, strip_of
from inspector.tui.palette import Palette, palette


class Bar(Widget):
    """The base of the title, job, status and key lines. Setting a line never lays out the screen."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.glyphs: Glyphs = UNICODE
        self._drawn: tuple[Line, int] | None = None

    @property
    def tones(self) -> Palette:
        """The styles of the app's theme."""
        return palette(self.app.theme_variables)

    def line(self, width: int) -> Line:
        """What to show in `width` cells; nothing, unless a bar says otherwise."""
        return []

    def update(self) -> None:
        """Look whether the line has changed, and draw it if so."""
        if not self.is_mounted:
            return
        drawn = (self.line(self.size.width), self.size.width)
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        line = self.line(width)
        self._drawn = (line, width)
        return strip_of(line, width, self.tones).apply_style(self.rich_style)

    @property
    def text(self) -> str:
        """What the line says."""
        return "".join(piece.text for piece in self.line(self.size.width))
