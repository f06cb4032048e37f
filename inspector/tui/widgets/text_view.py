"""A page of lines that can be scrolled: the details of a row, and the help."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from inspector.tui.palette import Palette, palette
from inspector.tui.widgets.quiet_focus import QuietFocus


class TextView(QuietFocus, can_focus=True, inherit_bindings=False):
    """Shows ready strips from the `top`-th on."""

    ALLOW_SELECT = False

    class Scrolled(Message):
        """Another part of the page is shown, or another page."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.top = 0
        self._strips: Sequence[Strip] = ()

    @property
    def tones(self) -> Palette:
        """The styles of the app's theme."""
        return palette(self.app.theme_variables)

    @property
    def strips(self) -> Sequence[Strip]:
        """All lines, those out of sight too."""
        return self._strips

    def show_strips(self, strips: Sequence[Strip], *, from_top: bool = False) -> None:
        """Show these lines; refreshes only those that differ from what is shown."""
        before, top = self._strips, self.top
        self._strips = strips
        if from_top:
            self.top = 0
        self.top = max(0, min(self.top, self._last_top()))
        self.post_message(self.Scrolled())
        if self.top != top:
            self.refresh()
            return
        for y in range(self.size.height):
            if _at(before, self.top + y) != _at(strips, self.top + y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _last_top(self) -> int:
        return max(0, len(self._strips) - self.size.height)

    def scroll_lines(self, lines: int) -> None:
        """Scroll by `lines`, down where positive."""
        top = max(0, min(self.top + lines, self._last_top()))
        if top != self.top:
            self.top = top
            self.refresh()
            self.post_message(self.Scrolled())

    @property
    def place(self) -> str:
        """How far down the page is, empty where all of it is in sight."""
        whole = len(self._strips)
        return "" if whole <= self.size.height else f"{min(whole, self.top + self.size.height)}/{whole}"

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three lines down."""
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three lines up."""
        event.stop()
        self.scroll_lines(-3)

    def render_line(self, y: int) -> Strip:
        """The line at `y`."""
        strip = _at(self._strips, self.top + y)
        return (
            strip.apply_style(self.rich_style) if strip is not None else Strip.blank(self.size.width, self.rich_style)
        )


def _at(strips: Sequence[Strip], index: int) -> Strip | None:
    return strips[index] if index < len(strips) else None
