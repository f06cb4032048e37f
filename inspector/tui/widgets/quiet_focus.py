"""A widget that takes and loses the focus without being drawn anew from top to bottom."""

from textual import events
from textual.message import Message
from textual.widget import Widget


class QuietFocus(Widget):
    """In place of Textual's own way, which draws all of a widget whenever its focus changes."""

    def on_focus(self, event: events.Focus) -> None:
        """Have the focus."""
        event.prevent_default()
        self._set_focus(events.DescendantFocus(self), has_focus=True)

    def on_blur(self, event: events.Blur) -> None:
        """Have it no more."""
        event.prevent_default()
        self._set_focus(events.DescendantBlur(self), has_focus=False)

    def focus_changed(self) -> None:
        """Draw what looks different now; here nothing does."""

    def _set_focus(self, message: Message, *, has_focus: bool) -> None:
        self.has_focus = has_focus
        if self.parent is not None:
            self.parent.post_message(message)
        self.focus_changed()
