"""What the plan and the journal share: their lines, their keys, and the question before something is written."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from inspector.tui.actions import Action, Situation
from inspector.tui.confirmation import Answer, Confirmation
from inspector.tui.help_screen import HelpScreen
from inspector.tui.jobs import Ending
from inspector.tui.lines import Line, Piece, strip_of, wrap
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar
from inspector.tui.widgets.footer import Footer
from inspector.tui.widgets.job_line import JobLine
from inspector.tui.widgets.status_line import StatusLine
from inspector.tui.widgets.text_view import TextView
from inspector.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from inspector.tui.app import InspectorApp

LOW_ROWS = 24
"""In lower terminals the words about the line under the cursor get less room."""


def bindings_of(actions: Sequence[Action]) -> list[BindingType]:
    """The bindings of a list of actions."""
    return [
        Binding(key, f"run('{action.id}')", action.description, id=f"{action.id}.{key}", show=False)
        for action in actions
        for key in action.keys
    ]


class ConfirmStrip(Bar):
    """One line that is always there: a summary, or the question while there is one."""

    def __init__(self) -> None:
        super().__init__(id="strip")
        self._line: Line = ()

    def show(self, line: Line) -> None:
        """Say this."""
        self._line = tuple(line)
        self.update()

    def line(self, width: int) -> Line:
        """The line."""
        return self._line


class SideScreen(Screen[None]):
    """A list, words about its line under the cursor, a strip for questions, and the lines of the main screen."""

    ACTIONS: ClassVar[Sequence[Action]] = ()
    NAME: ClassVar[str] = ""
    MEANING: ClassVar[str] = ""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As on the main screen: another focus does not draw the whole screen anew."""

    def __init__(self, identity: str) -> None:
        super().__init__(id=identity, classes="side")
        self.confirmation: Confirmation | None = None
        self._confirmed: Callable[[], None] = _nothing
        self._summary: Line = ()
        self._by_id = {action.id: action for action in self.ACTIONS}

    @property
    def inspector(self) -> "InspectorApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        """The heading, the body, the words, the strip and the two lines."""
        glyphs = self.inspector.glyphs
        self.job = JobLine(glyphs)
        self.words = TextView(id="words")
        self.words.can_focus = False
        self.strip = ConfirmStrip()
        self.status = StatusLine(glyphs)
        self.keys = Footer()
        yield self.job
        yield self.body()
        yield self.words
        yield self.strip
        yield self.status
        yield self.keys

    def body(self) -> Widget:
        """What stands between the heading and the words."""
        raise NotImplementedError

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        raise NotImplementedError

    def job_ended(self, ending: Ending) -> None:
        """Something that ran has ended."""
        self.show_keys()

    def say_words(self) -> None:
        """Show the words about the line under the cursor."""

    def on_resize(self, event: events.Resize) -> None:
        """Give the words as much room as there is."""
        self.words.styles.height = 4 if event.size.height < LOW_ROWS else 6
        self.call_after_refresh(self.say_words)

    @property
    def running(self) -> str:
        """What runs, empty where nothing does."""
        return self.inspector.job.what if self.inspector.job is not None else ""

    # --- what is said -------------------------------------------------------------------------------------------

    def show_words(self, words: Sequence[tuple[str, Tone]]) -> None:
        """Show these texts below one another, wrapped."""
        width = max(10, self.size.width - 2)
        lines: list[Line] = [[Piece(" "), Piece(line, tone)] for text, tone in words for line in wrap(text, width)]
        self.words.show_strips([strip_of(line, self.size.width, self.words.tones) for line in lines], from_top=True)

    def summarise(self, summary: Line) -> None:
        """Show this in the strip whenever nothing is asked."""
        self._summary = summary
        if self.confirmation is None:
            self.strip.show(summary)

    def show_keys(self) -> None:
        """Bring the bottom line up to date."""
        situation = self.situation()
        shown = [action for action in self.ACTIONS if action.footer and action.reason(situation) is None]
        shown.sort(key=lambda action: action.footer)
        self.keys.show(shown, [self._by_id["help"], self._by_id["quit"]])

    # --- keys ---------------------------------------------------------------------------------------------------

    def action_run(self, identity: str) -> None:
        """Carry out an action, or say why it cannot be."""
        action = self._by_id[identity]
        reason = action.reason(self.situation())
        if reason is not None:
            self.status.say(f"{action.title}: {reason}", Tone.WARNING)
            return
        getattr(self, f"do_{action.function}")()

    def ask(self, confirmation: Confirmation, confirmed: Callable[[], None]) -> None:
        """Ask before something is written; `confirmed` is called when the answer is yes."""
        self.confirmation, self._confirmed = confirmation, confirmed
        self.strip.show(confirmation.line())
        self.keys.offer([Piece(" The line above waits for an answer.", Tone.FAINT)])

    def on_key(self, event: events.Key) -> None:
        """While a question is open, every key is for it."""
        if self.confirmation is None:
            return
        event.stop()
        event.prevent_default()
        answer = self.confirmation.press(event.key, time.monotonic())
        if answer is Answer.WAIT:
            self.strip.show(self.confirmation.line())
            return
        self.confirmation, confirmed = None, self._confirmed
        self.strip.show(self._summary)
        self.keys.offer(None)
        if answer is Answer.YES:
            confirmed()
        else:
            self.status.say("Nothing was changed.")

    def _table(self) -> VirtualTable[object] | None:
        return self.focused if isinstance(self.focused, VirtualTable) else None

    def _move(self, rows: int) -> None:
        table = self._table()
        if table is not None:
            table.move(rows)

    def do_down(self) -> None:
        """One line down."""
        self._move(1)

    def do_up(self) -> None:
        """One line up."""
        self._move(-1)

    def do_page_down(self) -> None:
        """One screen down."""
        table = self._table()
        if table is not None:
            table.page(1)

    def do_page_up(self) -> None:
        """One screen up."""
        table = self._table()
        if table is not None:
            table.page(-1)

    def do_top(self) -> None:
        """To the first line."""
        self._move(-(1 << 40))

    def do_bottom(self) -> None:
        """To the last line."""
        self._move(1 << 40)

    def do_back(self) -> None:
        """Back to the conflicts."""
        self.app.pop_screen()
        self.inspector.main.show_keys()

    def do_cancel(self) -> None:
        """Stop what runs."""
        self.inspector.cancel_job()
        self.status.say("Stopping after the current item." if self.running else "nothing is running", Tone.WARNING)

    def do_help(self) -> None:
        """Show the help of this screen."""
        actions, situation = tuple(self.ACTIONS), self.situation()
        self.app.push_screen(HelpScreen(self.NAME, self.MEANING, actions, situation, self.inspector.glyphs))

    def do_quit(self) -> None:
        """Leave."""
        self.inspector.leave()


def _nothing() -> None:
    return
