"""Everything a person can do: the one list that the keys, the bottom line, the help and the palette are made from."""

from collections.abc import Sequence
from dataclasses import replace

from inspector.tui.actions.action import DIGITS, Action
from inspector.tui.actions.deciding import DECIDING
from inspector.tui.actions.jobs import REPAIRS, SCANS
from inspector.tui.actions.lists import LISTS
from inspector.tui.actions.marking import MARKING
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.outside import OUTSIDE
from inspector.tui.actions.panes import PANES
from inspector.tui.actions.situation import Situation
from inspector.tui.layout import Pane

__all__ = ["ACTIONS", "DIGITS", "Action", "Situation", "actions_of", "footer_actions"]

ACTIONS: tuple[Action, ...] = (
    *MOVING,
    *DECIDING,
    *MARKING,
    *REPAIRS,
    *PANES,
    *LISTS,
    *SCANS,
    *OUTSIDE,
    Action("help", ("?",), "help", "What the keys of this pane do", "help", footer=15),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=16),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=17),
)  # fmt: skip
"""Every action of the main screen. None of them writes to a storage; ``recover`` asks first."""


_IN_THE_KINDS = {
    "filter.mark": ("mark", "Mark this kind, to show several"),
    "pane.open": ("show", "Show the kinds that Space marked, or else the one under the cursor"),
    "clear": ("close", "Close the list; what Space marked stays"),
}
_AMONG_PATHS = {
    "pane.open": ("choose", "Decide for the path under the cursor"),
    "clear": ("leave", "Close the list; nothing is decided"),
}
_EVERYWHERE = ("move.", "screen.", "help", "palette", "quit", "job.cancel")


def actions_of(actions: Sequence[Action], situation: Situation) -> list[Action]:
    """Those of `actions` that work where the focus is, called as they are in a list to choose from."""
    here = [action for action in actions if situation.pane in action.panes]
    meanings = _meanings(situation)
    if meanings is None:
        return here
    first = [
        replace(action, title=meanings[action.id][0], description=meanings[action.id][1])
        for identity in meanings
        for action in here
        if action.id == identity
    ]
    return first + [action for action in here if action.id.startswith(_EVERYWHERE)]


def _meanings(situation: Situation) -> dict[str, tuple[str, str]] | None:
    """Titles and descriptions of what can be done in the list that is open to choose from; None where none is."""
    if situation.pane is not Pane.CONFLICTS:
        return None
    return _AMONG_PATHS if situation.choosing_path else _IN_THE_KINDS if situation.choosing_kinds else None


def footer_actions(actions: Sequence[Action], situation: Situation) -> list[Action]:
    """Those of the bottom line, the most useful first; what runs brings its cancel key to the front."""
    here = [action for action in actions_of(actions, situation) if action.reason(situation) is None]
    stops = [action for action in here if action.id == "job.cancel" and situation.running]
    menu = [action for action in here if action.id in (_meanings(situation) or ())]
    others = sorted((one for one in here if one.footer and one not in menu), key=lambda action: action.footer)
    return stops + menu + others
