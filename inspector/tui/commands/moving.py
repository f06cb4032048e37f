"""What the keys that move do."""

from textual.widget import Widget

from inspector.tui.commands.base import ScreenCommands
from inspector.tui.layout import Pane
from inspector.tui.outside.shell_job import WHY_NOT, is_job_of_a_shell
from inspector.tui.palette import Tone
from inspector.tui.widgets.text_view import TextView
from inspector.tui.widgets.virtual_table import VirtualTable


class MovingCommands(ScreenCommands):
    """The commands that move the cursor of the pane that has the focus."""

    def _moved(self) -> Widget:
        pane = self._screen.focused_pane
        return self._screen.conflicts.present if pane is Pane.CONFLICTS else self._screen.panes[pane].body

    def _move(self, rows: int) -> None:
        body = self._moved()
        if isinstance(body, VirtualTable):
            body.move(rows)
        elif isinstance(body, TextView):
            body.scroll_lines(rows)

    def do_down(self) -> None:
        """One line down."""
        self._move(1)

    def do_up(self) -> None:
        """One line up."""
        self._move(-1)

    def do_page_down(self) -> None:
        """One screen down."""
        self._move(max(1, self._moved().size.height - 1))

    def do_page_up(self) -> None:
        """One screen up."""
        self._move(-max(1, self._moved().size.height - 1))

    def do_redraw(self) -> None:
        """Send the whole screen again."""
        self._screen.inspector.redraw()

    def do_suspend(self) -> None:
        """Stop the program until the shell goes on with it."""
        if is_job_of_a_shell():
            self._screen.inspector.action_suspend_process()
        else:
            self._screen.status.say(WHY_NOT, Tone.WARNING)

    def do_top(self) -> None:
        """To the first line."""
        self._move(-(1 << 40))

    def do_bottom(self) -> None:
        """To the last line."""
        self._move(1 << 40)
