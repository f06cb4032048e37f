"""The palette: Textual's, but for what it does while it has found nothing."""

from textual.command import CommandList, CommandPalette


class ActionsPalette(CommandPalette):
    """Finds actions by name."""

    def _action_command_list(self, action: str) -> None:
        """Move in the list; Textual's own way of a page ends with an error in an empty one."""
        if self.query_one(CommandList).option_count:
            super()._action_command_list(action)
