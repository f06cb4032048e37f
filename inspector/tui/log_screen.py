"""The log: what was said in this run, newest first."""

from textual import on
from textual.widget import Widget

from inspector.model.display import counted
from inspector.tui.actions import Situation
from inspector.tui.actions.side import LOG_ACTIONS
from inspector.tui.glyphs import Glyphs
from inspector.tui.job_rows import message_line
from inspector.tui.lines import Line, Piece
from inspector.tui.messages import Said
from inspector.tui.palette import Tone
from inspector.tui.side_screen import SideScreen
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

SECONDS_BETWEEN_LOOKS = 0.5
_LEAST_ROWS = 8
"""So many lines stay for the list and what is around it, however long the message under the cursor is."""


class LogTable(VirtualTable[Said]):
    """The messages, newest first."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="log", empty="nothing was said yet")
        self.glyphs = glyphs

    def draw_row(self, row: Said, width: int) -> Line:
        """A message."""
        return message_line(row.moment, row.text, row.tone, width, self.glyphs)


class LogScreen(SideScreen):
    """The screen of the log. The list stands still while it is read; the strip tells of newer messages."""

    ACTIONS = LOG_ACTIONS
    NAME = "log"
    MEANING = (
        "What the inspector said in this run. What it changed in storages is in the journal ({journal}), for good."
    )

    def __init__(self) -> None:
        super().__init__("log-screen")
        self._shown = 0

    def body(self) -> Widget:
        """The list."""
        self.table = LogTable(self.inspector.glyphs)
        return self.table

    def on_mount(self) -> None:
        """Show what was said so far."""
        self.job.show_heading([Piece(" Log", Tone.KEY)])
        self.set_focus(self.table, scroll_visible=False)
        self.do_read()
        self.set_interval(SECONDS_BETWEEN_LOOKS, self._look)

    def do_read(self) -> None:
        """Show what was said up to now."""
        log = self.inspector.messages
        self._shown = log.count
        self.table.show(FixedRows(tuple(reversed(log.messages))))
        self._look()
        self.show_keys()

    def _look(self) -> None:
        newer = self.inspector.messages.count - self._shown
        more = f", {newer:,} newer: {self.key_of('log.read')} shows them" if newer else ""
        self.summarise([Piece(f" {counted(self.table.row_count, 'message')}{more}", Tone.STRONG)])

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        return Situation(running=self.running, items=self.table.row_count, keys=self.key_names)

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()

    def say_words(self) -> None:
        """The message under the cursor in full."""
        said = self.table.current
        self.show_words([(said.text, said.tone)] if said is not None else [])

    def rows_of_words(self) -> int:
        """As many as the message needs, as long as some of the list stays."""
        wanted = min(len(self.wrapped) + 1, self.size.height - _LEAST_ROWS)
        return super().rows_of_words() if self.zoomed else max(self.least_rows_of_words(), wanted)
