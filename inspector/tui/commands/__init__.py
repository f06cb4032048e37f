"""What the actions of the registry do on the main screen: one method each, called ``do_`` and its function's name."""

from functools import cached_property
from typing import TYPE_CHECKING

from inspector.tui.actions import Action, actions_of
from inspector.tui.commands.deciding import DecidingCommands
from inspector.tui.commands.jobs import JobCommands
from inspector.tui.commands.lists import ListCommands
from inspector.tui.commands.marking import MarkCommands
from inspector.tui.commands.moving import MovingCommands
from inspector.tui.commands.panes import PaneCommands
from inspector.tui.commands.sorting import SortCommands
from inspector.tui.help_screen import PANE_MEANINGS, HelpScreen
from inspector.tui.layout import Pane

if TYPE_CHECKING:
    from inspector.tui.outside.commands import OutsideCommands


class Commands(
    MovingCommands,
    DecidingCommands,
    MarkCommands,
    ListCommands,
    SortCommands,
    PaneCommands,
    JobCommands,
):
    """Carries actions out on one screen. None of them writes to a storage before it was confirmed."""

    def run(self, action: Action, key: str = "") -> None:
        """Carry `action` out; `key` is the one that was pressed."""
        self.pressed, self.identity = key, action.id
        name = f"do_{action.function}"
        getattr(self if hasattr(self, name) else self.outside, name)()

    @cached_property
    def outside(self) -> "OutsideCommands":
        """The commands that reach out of the screen; they bring what starts other programs, so not at the start."""
        from inspector.tui.outside.commands import OutsideCommands

        return OutsideCommands(self._screen)

    def do_open(self) -> None:
        """From a storage, a session or a kind to the conflicts, and from a conflict to its details."""
        if self._screen.conflicts.paths.has_focus:
            self.choose_path()
        elif self._screen.conflicts.kinds.has_focus:
            self.take_kinds()
        else:
            if self._screen.focused_pane is Pane.SESSIONS:
                self.narrow_to_session()
            self._screen.go_to_pane(Pane.DETAILS if self._screen.focused_pane is Pane.CONFLICTS else Pane.CONFLICTS)

    def do_clear(self) -> None:
        """Close what is open, then clear the filters, then end the zoom, then go back to the conflicts."""
        if self._screen.offer_left():
            return
        if self._screen.conflicts.choosing_path:
            self.leave_paths()
        elif self._screen.conflicts.choosing_kinds:
            self._screen.conflicts.close_kinds()
        elif self._screen.text or self._screen.kinds:
            self._screen.text, self._screen.kinds = "", ()
            self._screen.narrow()
        elif self._screen.zoomed:
            self.do_zoom()
        else:
            self._screen.go_to_pane(Pane.CONFLICTS)
        self._screen.status.say("")
        self._screen.show_keys()

    def do_help(self) -> None:
        """Show the help of the pane."""
        situation = self._screen.situation()
        pane = situation.pane.value
        if situation.pane is Pane.CONFLICTS and (situation.choosing_kinds or situation.choosing_path):
            pane = "paths" if situation.choosing_path else "kinds"
        actions = actions_of(self._screen.actions, situation)
        glyphs = self._screen.inspector.glyphs
        self._screen.app.push_screen(HelpScreen(pane, PANE_MEANINGS[pane], actions, situation, glyphs))

    def do_palette(self) -> None:
        """Open the palette."""
        self._screen.app.action_command_palette()

    def do_quit(self) -> None:
        """Leave."""
        self._screen.inspector.leave()
