"""What can be done on the screen of the imports."""

from inspector.tui.actions.action import Action
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.reasons import while_running
from inspector.tui.actions.side import LOG
from inspector.tui.actions.situation import Situation


def _cannot_roll_back(situation: Situation) -> str | None:
    return while_running(situation) or situation.refusal or None


def _cannot_delete(situation: Situation) -> str | None:
    if situation.line != "file":
        return f"choose a file first; {situation.key_of('pane.next')} goes to the files"
    return while_running(situation)


IMPORTS_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    Action("pane.zoom", ("z",), "months", "Give the months the whole screen, or take it back", "zoom", footer=3),
    Action("imports.roll_back", ("u",), "take back", "Take this session back, into quarantine; y confirms",
           "roll_back", footer=1, why_not=_cannot_roll_back),
    Action("pane.next", ("tab", "shift+tab", "enter", "l", "right"), "files", "Between the sessions and their files",
           "other", footer=2),
    Action("imports.delete", ("d",), "delete", "Delete this file, into quarantine; y confirms", "delete", footer=5,
           why_not=_cannot_delete),
    Action("imports.trash", ("t",), "trash", "Delete this file, into the program's own trash; y confirms", "trash",
           why_not=_cannot_delete),
    Action("imports.mark_deleted", ("m",), "mark", "Mark this file as deleted in the index; the file stays",
           "mark_deleted", why_not=_cannot_delete),
    Action("job.cancel", ("x",), "stop", "Stop what is running after the current item", "cancel"),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts", "back", footer=4),
    LOG,
    Action("help", ("?",), "help", "What the keys of this screen do", "help", footer=8),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=7),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=9),
)  # fmt: skip
"""The actions of the imports. Those that take something away open a question; only its answer writes."""
