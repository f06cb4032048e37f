"""What the plan and the journal share: their lines, their keys, and the question before something is written."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from inspector.tui.actions import Action
from inspector.tui.help_screen import HelpScreen
from inspector.tui.jobs import Job
from inspector.tui.keyed_screen import KeyedScreen
from inspector.tui.lines import Line, Piece, strip_of, wrap
from inspector.tui.outside.shell_job import WHY_NOT, is_job_of_a_shell
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar
from inspector.tui.widgets.footer import Footer
from inspector.tui.widgets.job_line import JobLine
from inspector.tui.widgets.status_line import StatusLine
from inspector.tui.widgets.text_view import TextView
from inspector.tui.widgets.virtual_table import VirtualTable

LOW_ROWS = 24
"""In lower terminals the words about the line under the cursor get less room."""
WIDE_COLUMNS = 110
"""From so many columns on, two lists stand beside one another."""

_ROWS_OF_LINES = 4
"""The heading, the strip, the messages and the keys."""
_LEAST_LIST = 8


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


class Lists(Container):
    """Two lists, beside one another where there is room, else below."""

    def __init__(self, first: Widget, second: Widget) -> None:
        super().__init__(id="lists")
        self._tables = (first, second)

    def compose(self) -> ComposeResult:
        """The two."""
        yield from self._tables

    def on_resize(self) -> None:
        """Beside or below one another."""
        self.set_class(self.size.width >= WIDE_COLUMNS, "wide")


class SideScreen(KeyedScreen):
    """A list, words about its line under the cursor, a strip for questions, and the lines of the main screen."""

    NAME: ClassVar[str] = ""
    MEANING: ClassVar[str] = ""

    def __init__(self, identity: str) -> None:
        super().__init__(identity, classes="side")
        self._summary: Line = ()
        self.wrapped: list[Line] = []
        self.zoomed = False
        """Whether the words have the whole screen."""
        self.composed = False

    def compose(self) -> ComposeResult:
        """The heading, the body, the words, the strip and the two lines."""
        glyphs = self.inspector.glyphs
        self.job = JobLine(glyphs)
        self.words = TextView(id="words")
        self.words.can_focus = False
        self.strip = ConfirmStrip()
        self.status = StatusLine(glyphs, self.inspector.messages)
        self.keys = Footer()
        body = self.body()
        self.composed = True
        self.area = body
        yield self.job
        yield body
        yield self.words
        yield self.strip
        yield self.status
        yield self.keys

    def body(self) -> Widget:
        """What stands between the heading and the words."""
        raise NotImplementedError

    def say_words(self) -> None:
        """Show the words about the line under the cursor."""

    def on_resize(self, event: events.Resize) -> None:
        """Give the words as much room as there is."""
        self._lay_out()
        self.once_drawn(self.say_words)
        if self.asking:
            self.show_question()

    @property
    def running(self) -> str:
        """What runs, empty where nothing does."""
        return self.inspector.job.what if self.inspector.job is not None else ""

    def job_runs(self, job: Job) -> None:
        """Something runs; called now and then while it does."""

    # --- what is said -------------------------------------------------------------------------------------------

    def show_words(self, words: Sequence[tuple[str, Tone]]) -> None:
        """Show these texts below one another, wrapped; what does not fit is counted, and the zoom shows it."""
        width = max(10, self.size.width - 2)
        before, self.wrapped = (
            self.wrapped,
            [[Piece(" "), Piece(line, tone)] for text, tone in words for line in wrap(text, width)],
        )
        self._lay_out()
        lines, room = self.wrapped, self.rows_of_words() - 1
        if len(lines) > room and not self.zoomed:
            more = f" {self.key_of('pane.zoom')} shows {len(lines) - room + 1:,} more lines"
            lines = [*lines[: room - 1], [Piece(more, Tone.FAINT)]]
        strips = [strip_of(line, self.size.width, self.words.tones) for line in lines]
        self.words.show_strips(strips, from_top=self.wrapped != before)

    def least_rows_of_words(self) -> int:
        """How many rows the words have where the list needs all others, with the line above them."""
        return 4 if self.size.height < LOW_ROWS else 6

    def rows_of_words(self) -> int:
        """How many rows the words have: what the list leaves, which the cursor does not change."""
        rows = self.size.height - _ROWS_OF_LINES
        if self.zoomed:
            return rows
        wanted = [table.row_count for table in self.query(VirtualTable)]
        listed = max(wanted, default=0) if self.size.width >= WIDE_COLUMNS else sum(wanted)
        return max(self.least_rows_of_words(), rows - max(listed, _LEAST_LIST))

    def _lay_out(self) -> None:
        """Share the rows out between the list and the words."""
        self.words.styles.height = self.rows_of_words()
        self.area.styles.height = 0 if self.zoomed else "1fr"

    def do_zoom(self) -> None:
        """Give the words the whole screen, or take it back."""
        self.zoomed = not self.zoomed
        self._lay_out()
        self.once_drawn(self.say_words)

    def summarise(self, summary: Line) -> None:
        """Show this in the strip whenever nothing is asked."""
        self._summary = summary
        if self.confirmation is None:
            self.strip.show(summary)

    # --- keys ---------------------------------------------------------------------------------------------------

    def carry_out(self, action: Action, key: str) -> None:
        """Do what `action` says; the way back ends the zoom first."""
        if action.id == "back" and self.zoomed:
            self.do_zoom()
            return
        getattr(self, f"do_{action.function}")()

    def show_question(self) -> None:
        """Show the open question in the strip, or the summary."""
        if self.confirmation is None:
            self.strip.show(self._summary)
            self.keys.offer(None)
        else:
            self.strip.show(self.confirmation.line(self.size.width, self.inspector.glyphs.ellipsis))
            self.keys.offer([Piece(" The line above waits for an answer.", Tone.FAINT)])

    def _table(self) -> VirtualTable[object] | None:
        return self.focused if isinstance(self.focused, VirtualTable) else None

    def _move(self, rows: int) -> None:
        table = self._table()
        if self.zoomed:
            self.words.scroll_lines(rows)
        elif table is not None:
            table.move(rows)

    def _page(self, pages: int) -> None:
        table = self._table()
        if self.zoomed:
            self.words.scroll_lines(pages * max(1, self.words.size.height - 1))
        elif table is not None:
            table.page(pages)

    def do_down(self) -> None:
        """One line down."""
        self._move(1)

    def do_up(self) -> None:
        """One line up."""
        self._move(-1)

    def do_page_down(self) -> None:
        """One screen down."""
        self._page(1)

    def do_page_up(self) -> None:
        """One screen up."""
        self._page(-1)

    def do_redraw(self) -> None:
        """Send the whole screen again."""
        self.inspector.redraw()

    def do_suspend(self) -> None:
        """Stop the program until the shell goes on with it."""
        if is_job_of_a_shell():
            self.inspector.action_suspend_process()
        else:
            self.status.say(WHY_NOT, Tone.WARNING)

    def do_top(self) -> None:
        """To the first line."""
        self._move(-(1 << 40))

    def do_bottom(self) -> None:
        """To the last line."""
        self._move(1 << 40)

    def under_cursor(self) -> object:
        """The line of the list that has the focus."""
        table = self._table()
        return (table.id, table.cursor) if table is not None else None

    @on(VirtualTable.Highlighted)
    def _on_other_line(self) -> None:
        self.status.cursor_is_on(self.under_cursor())

    def do_back(self) -> None:
        """Back to the conflicts."""
        self.app.pop_screen()
        self.inspector.main.show_keys()

    def do_cancel(self) -> None:
        """Stop what runs."""
        self.inspector.cancel_job()
        self.status.say("Stopping after the current item." if self.running else "nothing is running", Tone.WARNING)

    def do_log(self) -> None:
        """Show what was said, in full."""
        from inspector.tui.log_screen import LogScreen  # which is a side screen

        self.app.push_screen(LogScreen())

    def do_help(self) -> None:
        """Show the help of this screen."""
        about = (self.NAME, self.with_keys(self.MEANING), self.actions, self.situation())
        self.app.push_screen(HelpScreen(*about, self.inspector.glyphs))

    def do_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()

    def do_quit(self) -> None:
        """Leave."""
        self.inspector.leave()
