"""The line above the keys: the last message, or the text of the filter while it is typed."""

from textual import events
from textual.message import Message

from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, shorten
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar


class StatusLine(Bar, can_focus=False):
    """Says things without moving anything. It takes the focus only while a filter is being typed."""

    class FilterChanged(Message):
        """The text of the filter is another one; `done` when Enter or Escape ended the typing."""

        def __init__(self, text: str, *, done: bool = False) -> None:
            super().__init__()
            self.text = text
            self.done = done

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="status")
        self.glyphs = glyphs
        self._message = ""
        self._tone = Tone.DIM
        self._typed: str | None = None

    @property
    def typing(self) -> bool:
        """Whether a filter is being typed."""
        return self._typed is not None

    def say(self, message: str, tone: Tone = Tone.DIM) -> None:
        """Show a message until the next one."""
        self._message, self._tone = message, tone
        self.update()

    def ask_filter(self, text: str) -> None:
        """Let the person type a filter, beginning with `text`."""
        self._typed = text
        self.can_focus = True
        self.screen.set_focus(self, scroll_visible=False)
        self.update()

    def type_text(self, text: str) -> None:
        """Add to what is being typed."""
        if self._typed is not None:
            self._change(self._typed + text)

    def on_key(self, event: events.Key) -> None:
        """Edit the text; every key is ours while typing, so that no letter acts."""
        if self._typed is None:
            return
        event.stop()
        event.prevent_default()
        if event.key in {"enter", "tab", "down"}:
            self._finish(self._typed)
        elif event.key == "escape":
            self._finish("")
        elif event.key in {"backspace", "ctrl+h"}:
            self._change(self._typed[:-1])
        elif event.key in {"ctrl+u", "ctrl+w"}:
            self._change("")
        elif event.is_printable and event.character:
            self._change(self._typed + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what was pasted."""
        if self._typed is not None:
            event.stop()
            self._change(self._typed + (event.text.splitlines() or [""])[0])

    def on_blur(self) -> None:
        """Looking elsewhere ends the typing and keeps the text."""
        if self._typed is not None:
            self._finish(self._typed)

    def _change(self, text: str) -> None:
        self._typed = text
        self.update()
        self.post_message(self.FilterChanged(text))

    def _finish(self, text: str) -> None:
        self._typed = None
        self.can_focus = False
        self.update()
        self.post_message(self.FilterChanged(text, done=True))

    def line(self, width: int) -> Line:
        """The message, or the prompt."""
        if self._typed is not None:
            prompt = [
                Piece(" /", Tone.KEY),
                Piece(shorten(self._typed, width // 2, self.glyphs.ellipsis, keep_end=True)),
            ]
            return [*prompt, Piece("_", Tone.ACCENT), Piece("   Enter keeps the filter, Esc clears it", Tone.FAINT)]
        return [Piece(" " + shorten(self._message, width - 2, self.glyphs.ellipsis), self._tone)]
