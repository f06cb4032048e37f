"""What the keys that choose panes do."""

from inspector.tui.commands.base import ScreenCommands
from inspector.tui.layout import Pane, Sizes


class PaneCommands(ScreenCommands):
    """The commands that choose what is on the screen and what has the focus."""

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

    def do_back(self) -> None:
        """Back to the conflicts."""
        self._screen.go_to_pane(Pane.CONFLICTS)

    def do_zoom(self) -> None:
        """Give the pane the whole screen, or take it back."""
        self._screen.zoomed = not self._screen.zoomed
        self._screen.place_panes()

    def do_wider(self) -> None:
        """More room for the details."""
        self._resize(1, 0)

    def do_narrower(self) -> None:
        """Less room for the details."""
        self._resize(-1, 0)

    def do_higher(self) -> None:
        """More room for the lists on top."""
        self._resize(0, 1)

    def do_lower(self) -> None:
        """Less room for the lists on top."""
        self._resize(0, -1)

    def do_usual_sizes(self) -> None:
        """All panes as large as usual."""
        self._screen.sizes = Sizes()
        self._screen.place_panes()

    def _resize(self, wider: int, higher: int) -> None:
        """Take one step; one that changes nothing is not counted."""
        before = self._screen.sizes
        self._screen.sizes = Sizes(before.wider + wider, before.higher + higher)
        if not self._screen.place_panes():
            self._screen.sizes = before
            self._screen.status.say("the pane is as large as it can be" if wider + higher > 0 else "no smaller")

    def do_theme(self) -> None:
        """The next theme."""
        self._screen.inspector.next_theme()

    def do_toggle_details(self) -> None:
        """Show or hide the details."""
        self._screen.details_wanted = not self._screen.details_wanted
        if not self._screen.details_wanted and self._screen.focused_pane is Pane.DETAILS:
            self._screen.go_to_pane(Pane.CONFLICTS)
        self._screen.place_panes()

    def do_go_to_storages(self) -> None:
        """To the storages."""
        self._screen.go_to_pane(Pane.STORAGES)

    def do_go_to_sessions(self) -> None:
        """To the sessions."""
        self._screen.go_to_pane(Pane.SESSIONS)

    def do_go_to_conflicts(self) -> None:
        """To the conflicts."""
        self._screen.go_to_pane(Pane.CONFLICTS)

    def do_go_to_details(self) -> None:
        """To the details, shown if they were not."""
        self._screen.details_wanted = True
        self._screen.go_to_pane(Pane.DETAILS)

    def do_cycle_preview(self) -> None:
        """Show pictures in the next way that is possible here."""
        self._screen.status.say(self._screen.inspector.cycle_preview())
