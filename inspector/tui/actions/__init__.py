"""Everything a person can do: the one list that the keys, the bottom line, the help and the palette are made from."""

from collections.abc import Sequence

from inspector.tui.actions.action import DIGITS, Action
from inspector.tui.actions.deciding import DECIDING
from inspector.tui.actions.jobs import REPAIRS, SCANS
from inspector.tui.actions.lists import LISTS
from inspector.tui.actions.marking import MARKING
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.outside import OUTSIDE
from inspector.tui.actions.panes import PANES
from inspector.tui.actions.situation import Situation

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


def actions_of(actions: Sequence[Action], situation: Situation) -> list[Action]:
    """Those of `actions` that work where the focus is."""
    return [action for action in actions if situation.pane in action.panes]


def footer_actions(actions: Sequence[Action], situation: Situation) -> list[Action]:
    """Those of the bottom line, the most useful first; what runs brings its cancel key to the front."""
    here = [action for action in actions_of(actions, situation) if action.reason(situation) is None]
    stops = [action for action in here if action.id == "job.cancel" and situation.running]
    return stops + sorted((action for action in here if action.footer), key=lambda action: action.footer)
