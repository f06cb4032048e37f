"""What can be done while sides are compared: the list that the keys, the bottom line and the help are made from."""

from dataclasses import replace

from inspector.tui.actions.action import EVERYWHERE, Action
from inspector.tui.actions.deciding import DECIDING
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.side import LOG
from inspector.tui.actions.situation import Situation

_FOOTER = {"decide.accept": 1, "decide.choice": 2}


def _without_others(situation: Situation) -> str | None:
    return None if situation.items > 2 else "there are no other sides"


def _without_pictures(situation: Situation) -> str | None:
    return situation.refusal or None


COMPARE_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    *(replace(action, panes=EVERYWHERE, footer=_FOOTER.get(action.id, 0)) for action in DECIDING),
    Action("compare.differing", ("=",), "only differing", "Leave out the fields that agree, or show all of them",
           "differing", footer=6),
    Action("compare.right", ("tab", "right", "l"), "other right", "Put another side at the right", "other_right",
           footer=3, why_not=_without_others),
    Action("compare.left", ("shift+tab", "left", "h"), "other left", "Put another side at the left", "other_left",
           why_not=_without_others),
    Action("compare.pictures", ("p",), "pictures", "Pictures and fields, pictures alone, or fields alone", "pictures",
           footer=7, why_not=_without_pictures),
    Action("compare.again", ("c", "f5"), "look again", "Read the files again", "again"),
    Action("conflict.next", ("n",), "next", "Compare the next open conflict", "next", footer=4),
    Action("conflict.previous", ("N",), "previous", "Compare the previous open conflict", "previous"),
    Action("back", ("escape", "d"), "back", "Back to the conflicts; the decisions stay", "back", footer=5),
    LOG,
    Action("help", ("?",), "help", "What the keys of this screen do", "help", footer=8),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=10),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=9),
)  # fmt: skip
"""The actions of the comparison. Those that decide are the main screen's; none of them writes to a storage."""
