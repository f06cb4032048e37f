"""What can be done on the plan and in the journal: the lists that their keys, bottom lines and helps are made from."""

from inspector.tui.actions import Action, Situation


def _while_running(situation: Situation) -> str | None:
    return f"{situation.running} is running; x stops it" if situation.running else None


def _cannot(situation: Situation) -> str | None:
    if reason := _while_running(situation):
        return reason
    if not situation.items:
        return "there is nothing here"
    return situation.refusal or None


def _without_items(situation: Situation) -> str | None:
    return None if situation.items or situation.running else "there is nothing here"


_MOVES = (
    Action("move.down", ("j", "down"), "down", "One line down", "down"),
    Action("move.up", ("k", "up"), "up", "One line up", "up"),
    Action("move.page_down", ("pagedown", "ctrl+f"), "page", "One screen down", "page_down"),
    Action("move.page_up", ("pageup", "ctrl+b"), "page", "One screen up", "page_up"),
    Action("move.top", ("g", "home"), "top", "To the first line", "top"),
    Action("move.bottom", ("G", "end"), "end", "To the last line", "bottom"),
)
_HELP = Action("help", ("?",), "help", "What the keys of this screen do", "help", footer=8)
_QUIT = Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=9)

PLAN_ACTIONS: tuple[Action, ...] = (
    *_MOVES,
    Action("plan.apply", ("w",), "apply", "Apply the plan; y, or the number of items and y, confirms", "apply",
           footer=1, why_not=_cannot),
    Action("plan.take_out", ("x", "delete"), "take out",
           "Take this decision out of the plan; while something runs, x stops it", "take_out", footer=2,
           why_not=_without_items),
    Action("journal", ("H",), "journal", "Show what was applied before", "journal", footer=4, why_not=_while_running),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts; the decisions stay", "back", footer=3),
    _HELP,
    _QUIT,
)  # fmt: skip
"""The actions of the plan. ``plan.apply`` opens the question; only its answer writes."""

JOURNAL_ACTIONS: tuple[Action, ...] = (
    *_MOVES,
    Action("journal.undo", ("u",), "undo", "Take the whole batch back; y confirms", "undo", footer=1, why_not=_cannot),
    Action("journal.undo_item", ("U",), "undo item", "Take only the item under the cursor back; y confirms",
           "undo_item", footer=3, why_not=_cannot),
    Action("pane.next", ("tab", "shift+tab", "enter", "l", "right"), "items", "Between the batches and their items",
           "other", footer=2),
    Action("job.cancel", ("x",), "stop", "Stop what is running after the current item", "cancel"),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts", "back", footer=4),
    _HELP,
    _QUIT,
)  # fmt: skip
"""The actions of the journal. ``journal.undo`` opens the question; only its answer writes."""
