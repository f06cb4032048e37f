"""The actions that move the cursor and care for the terminal, the same on every screen."""

from inspector.tui.actions.action import Action

MOVING = (
    Action("move.down", ("j", "down"), "down", "One line down", "down"),
    Action("move.up", ("k", "up"), "up", "One line up", "up"),
    Action("move.page_down", ("pagedown", "ctrl+f"), "page", "One screen down", "page_down"),
    Action("move.page_up", ("pageup", "ctrl+b"), "page", "One screen up", "page_up"),
    Action("move.top", ("g g", "home"), "top", "To the first line", "top"),
    Action("move.bottom", ("G", "end"), "end", "To the last line", "bottom"),
    Action("screen.redraw", ("ctrl+l",), "redraw", "Draw everything anew", "redraw"),
    Action("screen.suspend", ("ctrl+z",), "suspend", "Go to the shell; fg comes back", "suspend"),
)
