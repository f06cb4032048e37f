"""The palette: Textual's, but for what it does while it shows nothing."""

from contextlib import suppress

from textual.command import CommandPalette


class ActionsPalette(CommandPalette):
    """Finds actions by name."""

    def _action_command_list(self, action: str) -> None:
        """Move in the list; Textual's own way of a page ends with an error where no line is drawn yet."""
        with suppress(LookupError):
            super()._action_command_list(action)
