"""What all commands stand on: the screen that they work on, and the key that was pressed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen


class ScreenCommands:
    """Commands on the main screen."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self.pressed = ""
        """The key that was pressed, for actions that have several."""
        self.identity = ""
        """The action that is carried out, for functions that several have."""
