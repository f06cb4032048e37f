"""The line above the keys: the last message, or what is being typed."""

from dataclasses import dataclass
from typing import Protocol

from rich.cells import cell_len
from textual import events
from textual.message import Message

from inspector.tui.glyphs import Glyphs
from inspector.tui.hints import longest_that_fits, parts_that_fit, ways_that_fit
from inspector.tui.lines import Line, Piece, shorten, spread, width_of
from inspector.tui.messages import MessageLog
from inspector.tui.palette import Tone
from inspector.tui.shown import shown
from inspector.tui.widgets.bar import Bar


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked for: `mark` stands before the text, `hint` behind it says what ends the typing.

    The parts of the hint between commas go with the room for them, the last one first.
    Where nothing is kept, leaving gives no text at all; with `needs_text`, Enter alone does not end it.
    """

    name: str
    mark: str
    hint: str
    keeps: bool = False
    needs_text: bool = False


_LEAST_ROOM = 8
"""In fewer cells nothing is said beside the text."""

FILTER = Prompt("filter", "/", "Enter keeps it, Esc clears it, Tab completes", keeps=True)
GONE = Prompt("gone", "Files gone on purpose: ", "Enter scans again, Esc leaves", needs_text=True)
FOLDER = Prompt("folder", "Make a storage of the folder: ", "Enter goes on, Esc leaves, Tab completes", needs_text=True)
REASON = Prompt("reason", "Ignore it, because: ", "Enter decides, Esc leaves", needs_text=True)


class Helper(Protocol):
    """What helps with the typing for a prompt."""

    def remarks(self, text: str) -> tuple[str, ...]:
        """What is wrong with a text, or lacks yet, the fullest words first; none where it can be used."""

    def complete(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text gone on with as far as it is clear, and how it may go on where there are several ways."""


class StatusLine(Bar, can_focus=False):
    """Says things without moving anything. It takes the focus only while something is being typed."""

    class Typed(Message):
        """The text for `prompt` is another one.

        `done` when the typing has ended, `left` when it ended without an answer. `remark` says why the text cannot be
        used, or not yet.
        """

        def __init__(
            self, prompt: Prompt, text: str, *, remark: str = "", done: bool = False, left: bool = False
        ) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text
            self.remark = remark
            self.done = done
            self.left = left

    def __init__(self, glyphs: Glyphs, messages: MessageLog) -> None:
        super().__init__(id="status")
        self.glyphs = glyphs
        self._messages = messages
        self._message = ""
        self._tone = Tone.DIM
        self._about: object = None
        self._fact = ""
        self._prompt: Prompt | None = None
        self._text = ""
        self._helper: Helper | None = None
        self._remarks: tuple[str, ...] = ()
        self._ways: tuple[str, ...] = ()
        self.whole = ""
        """What is said behind a message that is cut: where all of it is."""
        self.unread = 0
        """How many of the messages about typed texts the screen has not taken yet."""

    @property
    def typing(self) -> bool:
        """Whether something is being typed."""
        return self._prompt is not None

    @property
    def message(self) -> str:
        """The message that stands, or would where something is being typed."""
        return self._message

    def say(self, message: str, tone: Tone = Tone.DIM, *, about: object = None) -> None:
        """Show a message until the next one, or until the cursor leaves what it is `about`; keep it for the log."""
        self._messages.add(message, tone)
        self.show_message(message, tone)
        self._about = about

    def show_message(self, message: str, tone: Tone = Tone.DIM) -> None:
        """Show a message until the next one."""
        self._message, self._tone, self._about = message, tone, None
        self.update()

    def cursor_is_on(self, row: object) -> None:
        """Take a message away that is about something else than this."""
        if self._about is not None and self._about != row:
            self.show_message("")

    def show_fact(self, fact: str) -> None:
        """Show a fact at the right, as long as messages leave it room."""
        self._fact = fact
        self.update()

    def ask(self, prompt: Prompt, text: str = "", helper: Helper | None = None) -> None:
        """Let the person type, beginning with `text`. What the helper remarks on cannot be kept."""
        self._prompt, self._text, self._helper = prompt, text, helper
        self._remarks = self._ways = ()
        self.can_focus = True
        self.screen.set_focus(self, scroll_visible=False)
        self.update()

    def on_key(self, event: events.Key) -> None:
        """Edit the text; every key is ours while typing, so that no letter acts."""
        if self._prompt is None:
            return
        event.stop()
        event.prevent_default()
        if event.key == "tab" and self._helper is not None:
            text, ways = self._helper.complete(self._text)
            self._change(text)
            self._ways = ways
        elif event.key == "enter" or (self._prompt.keeps and event.key in {"tab", "down"}):
            if not self._remarks and (self._text.strip() or not self._prompt.needs_text):
                self._finish(left=False)
        elif event.key == "escape":
            self._text, self._remarks = "", ()
            self._finish(left=True)
        elif event.key in {"backspace", "ctrl+h"}:
            self._change(self._text[:-1])
        elif event.key in {"ctrl+u", "ctrl+w"}:
            self._change("")
        elif event.is_printable and event.character:
            self._change(self._text + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what was pasted."""
        if self._prompt is not None:
            event.stop()
            self._change(self._text + (event.text.splitlines() or [""])[0])

    def on_blur(self) -> None:
        """Looking elsewhere ends the typing."""
        if self._prompt is not None:
            self._finish(left=not self._prompt.keeps)

    def _change(self, text: str) -> None:
        assert self._prompt is not None
        self._text = text
        self._remarks = self._helper.remarks(text) if self._helper is not None else ()
        self._ways = ()
        self.update()
        self.unread += 1
        self.post_message(self.Typed(self._prompt, text, remark=self._remark))

    @property
    def _remark(self) -> str:
        """What is wrong with the text, in the fullest words."""
        return self._remarks[0] if self._remarks else ""

    def _finish(self, *, left: bool) -> None:
        prompt, self._prompt = self._prompt, None
        assert prompt is not None
        self.can_focus = False
        self.update()
        self.unread += 1
        self.post_message(self.Typed(prompt, self._text, remark=self._remark, done=True, left=left))

    def line(self, width: int) -> Line:
        """The message with the fact at its right, or the prompt."""
        if self._prompt is not None:
            return self._typed_line(width, self._prompt)
        message = shorten(self._message, width - 2, self.glyphs.ellipsis)
        if message != shown(self._message) and len(self.whole) + _LEAST_ROOM < width:
            message = shorten(self._message, width - 4 - len(self.whole), self.glyphs.ellipsis)
            return [Piece(f" {message}", self._tone), Piece(f"  {self.whole}", Tone.KEY)]
        fact = [Piece(f"{self._fact} ", Tone.ACCENT)] if self._fact else []
        left = [Piece(" " + message, self._tone)]
        return spread(left, fact, width) if fact and width_of(left) + width_of(fact) + 1 < width else left

    def _typed_line(self, width: int, prompt: Prompt) -> Line:
        """What is typed, as much of its end as there is room for, and what there is to say of it."""
        room = width - cell_len(prompt.mark) - 5
        remark = min(cell_len(shown(self._remarks[-1])) + 3, room // 2) if self._remarks else 0
        text = shorten(shown(self._text), max(8, room - remark), self.glyphs.ellipsis, keep_end=True)
        line = [Piece(f" {prompt.mark}", Tone.KEY), Piece(text), Piece("_", Tone.ACCENT)]
        words, tone = self._words(width - width_of(line) - 4, prompt)
        return [*line, Piece("   "), Piece(words, tone)] if words else line

    def _words(self, room: int, prompt: Prompt) -> tuple[str, Tone]:
        """How the text may go on, what is wrong with it, or what ends the typing, in at most `room` cells."""
        if room < _LEAST_ROOM:
            return "", Tone.FAINT
        if self._ways:
            return ways_that_fit([shown(way) for way in self._ways], room), Tone.FAINT
        if self._remarks:
            said = [shown(remark) for remark in self._remarks]
            return longest_that_fits(said, room, self.glyphs.ellipsis), Tone.WARNING
        return parts_that_fit(prompt.hint, room), Tone.FAINT
