"""What the actions of the registry do on the main screen: one method each, called ``do_`` and its function's name."""

from textual.widget import Widget

from inspector.model.scanmode import ScanMode
from inspector.tui.actions import Action, actions_of
from inspector.tui.decide_commands import DecideCommands
from inspector.tui.help_screen import PANE_MEANINGS, HelpScreen
from inspector.tui.journal_screen import JournalScreen
from inspector.tui.layout import Pane
from inspector.tui.palette import Tone
from inspector.tui.plan_screen import PlanScreen
from inspector.tui.widgets.status_line import FILTER
from inspector.tui.widgets.text_view import TextView
from inspector.tui.widgets.virtual_table import VirtualTable


class Commands(DecideCommands):
    """Carries actions out on one screen. None of them writes to a storage before it was confirmed."""

    def run(self, action: Action, key: str = "") -> None:
        """Carry `action` out; `key` is the one that was pressed."""
        self.pressed = key
        getattr(self, f"do_{action.function}")()

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

    def do_top(self) -> None:
        """To the first line."""
        self._move(-(1 << 40))

    def do_bottom(self) -> None:
        """To the last line."""
        self._move(1 << 40)

    def do_next_pane(self) -> None:
        """To the next pane."""
        self._cycle(1)

    def do_previous_pane(self) -> None:
        """To the previous pane."""
        self._cycle(-1)

    def _cycle(self, step: int) -> None:
        order = [
            pane
            for pane in Pane
            if pane is not Pane.DETAILS or self._screen.details_wanted or self._screen.focused_pane is pane
        ]
        self._screen.go_to_pane(order[(order.index(self._screen.focused_pane) + step) % len(order)])

    def do_open(self) -> None:
        """From a storage, a session or a kind to the conflicts, and from a conflict to its details."""
        if self._screen.conflicts.paths.has_focus:
            self.choose_path()
        elif self._screen.conflicts.kinds.has_focus:
            self._set_kinds(self._screen.conflicts.kinds_under_cursor())
            self._screen.conflicts.close_kinds()
        else:
            self._screen.go_to_pane(Pane.DETAILS if self._screen.focused_pane is Pane.CONFLICTS else Pane.CONFLICTS)

    def do_back(self) -> None:
        """Back to the conflicts."""
        self._screen.go_to_pane(Pane.CONFLICTS)

    def do_zoom(self) -> None:
        """Give the pane the whole screen, or take it back."""
        self._screen.zoomed = not self._screen.zoomed
        self._screen.place_panes()

    def do_toggle_details(self) -> None:
        """Show or hide the details."""
        self._screen.details_wanted = not self._screen.details_wanted
        if not self._screen.details_wanted and self._screen.focused_pane is Pane.DETAILS:
            self._screen.go_to_pane(Pane.CONFLICTS)
        self._screen.place_panes()

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
        self._screen.status.ask(FILTER, self._screen.text)

    def do_choose_kinds(self) -> None:
        """Open the list of kinds, or close it."""
        if self._screen.conflicts.choosing_kinds:
            self._screen.conflicts.close_kinds()
        else:
            self._screen.go_to_pane(Pane.CONFLICTS)
            self._screen.conflicts.open_kinds()
        self._screen.show_keys()

    def do_mark_kind(self) -> None:
        """Mark the kind under the cursor, or take its mark away."""
        self._set_kinds(self._screen.conflicts.kinds_with_mark())
        with self._screen.prevent(VirtualTable.Highlighted):
            cursor = self._screen.conflicts.kinds.cursor
            self._screen.conflicts.open_kinds()
            self._screen.conflicts.kinds.go_to(cursor)

    def _set_kinds(self, kinds: tuple[str, ...]) -> None:
        self._screen.kinds = kinds
        self._screen.narrow()

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

    def do_scan_smart(self) -> None:
        """Scan again."""
        self._screen.inspector.start_scan(ScanMode.SMART)

    def do_scan_full(self) -> None:
        """Scan again and read every file."""
        self._screen.inspector.start_scan(ScanMode.FULL)

    def do_scan_deep(self) -> None:
        """Scan again and decode every picture."""
        self._screen.inspector.start_scan(ScanMode.SMART, deep=True)

    def do_cancel(self) -> None:
        """Stop what runs."""
        self._screen.inspector.cancel_job()
        self._screen.status.say("Stopping at the next safe point.", Tone.WARNING)

    def do_plan(self) -> None:
        """Show the plan of what was decided."""
        self._screen.app.push_screen(PlanScreen(self._screen.staging))

    def do_journal(self) -> None:
        """Show the journal."""
        self._screen.app.push_screen(JournalScreen())

    def do_recover(self) -> None:
        """Settle what was interrupted."""
        self._screen.settle_interrupted()

    def do_reference(self) -> None:
        """Ask whether the chosen storage is to be a reference, or not any more."""
        self._screen.ask_reference()

    def do_help(self) -> None:
        """Show the help of the pane."""
        situation = self._screen.situation()
        pane = situation.pane.value
        actions = actions_of(situation.pane)
        glyphs = self._screen.inspector.glyphs
        self._screen.app.push_screen(HelpScreen(pane, PANE_MEANINGS[pane], actions, situation, glyphs))

    def do_palette(self) -> None:
        """Open the palette."""
        self._screen.app.action_command_palette()

    def do_quit(self) -> None:
        """Leave."""
        self._screen.inspector.leave()
