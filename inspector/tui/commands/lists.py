"""What the keys that find conflicts do."""

from typing import TYPE_CHECKING

from inspector.tui.commands.base import ScreenCommands
from inspector.tui.filtering import FilterTyping, narrowed_to_session
from inspector.tui.layout import Pane
from inspector.tui.widgets.status_line import FILTER
from inspector.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen


class ListCommands(ScreenCommands):
    """The commands that find one's way through the list of conflicts."""

    def __init__(self, screen: "MainScreen") -> None:
        super().__init__(screen)
        self._kinds_marked = False

    def do_next_conflict(self) -> None:
        """To the next open conflict."""
        self._go_to_open(1)

    def do_previous_conflict(self) -> None:
        """To the previous open conflict."""
        self._go_to_open(-1)

    def _go_to_open(self, step: int) -> None:
        found = self._screen.conflicts.next_open(step)
        where, key = ("below", "n") if step > 0 else ("above", "N")
        if found is None:
            self._screen.status.say(f"Many are decided here; {key} looks on")
        elif not found:
            self._screen.status.say(f"No open conflict {where}")

    def do_next_kind(self) -> None:
        """To the next kind."""
        self._screen.conflicts.next_kind()

    def do_previous_kind(self) -> None:
        """To the previous kind."""
        self._screen.conflicts.previous_kind()

    def do_filter(self) -> None:
        """Let a filter be typed."""
        self._screen.status.ask(FILTER, self._screen.text, FilterTyping(self._screen.view.engine))

    def do_choose_kinds(self) -> None:
        """Open the list of kinds, or close it."""
        if self._screen.conflicts.choosing_kinds:
            self._screen.conflicts.close_kinds()
        else:
            self._screen.go_to_pane(Pane.CONFLICTS)
            self._kinds_marked = False
            self._screen.conflicts.open_kinds()
        self._screen.show_keys()

    def take_kinds(self) -> None:
        """Show the kinds that were marked since the list was opened, or the one under the cursor; close the list."""
        if not (self._kinds_marked and self._screen.kinds):
            self._set_kinds(self._screen.conflicts.kinds_under_cursor())
        self._screen.conflicts.close_kinds()

    def narrow_to_session(self) -> None:
        """Show the conflicts of the import session under the cursor; a scan has none of its own."""
        session = self._screen.sessions.table.current
        if session is None or not session.document:
            return
        several = len(self._screen.view.chosen_ids(self._screen.storages.chosen)) > 1
        storage = self._screen.view.filter_name(session.storage_id) if several else ""
        self._screen.text = narrowed_to_session(self._screen.text, session.id, storage)
        self._screen.narrow()

    def do_mark_kind(self) -> None:
        """Mark the kind under the cursor, or take its mark away."""
        self._kinds_marked = True
        self._set_kinds(self._screen.conflicts.kinds_with_mark())
        with self._screen.prevent(VirtualTable.Highlighted):
            cursor = self._screen.conflicts.kinds.cursor
            self._screen.conflicts.open_kinds()
            self._screen.conflicts.kinds.go_to(cursor)

    def _set_kinds(self, kinds: tuple[str, ...]) -> None:
        self._screen.kinds = kinds
        self._screen.narrow()

    def do_compare(self) -> None:
        """Put the sides of the conflict beside one another."""
        from inspector.tui.compare_screen import CompareScreen  # which knows the main screen

        self._screen.app.push_screen(CompareScreen())
