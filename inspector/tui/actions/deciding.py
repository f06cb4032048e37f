"""The actions that decide, skip and take back. They stage; none of them touches a file."""

from inspector.tui.actions.action import DIGITS, Action
from inspector.tui.actions.reasons import without_conflict, without_conflicts
from inspector.tui.actions.situation import Situation
from inspector.tui.layout import Pane

_HERE = frozenset({Pane.CONFLICTS, Pane.DETAILS})


def _without_suggestion(situation: Situation) -> str | None:
    if reason := without_conflict(situation):
        return reason
    if situation.marked_listed:
        return None
    return situation.barrier or None if situation.suggested else "nothing is suggested for this one; a number chooses"


def _without_decision(situation: Situation) -> str | None:
    if reason := without_conflict(situation):
        return reason
    return None if situation.is_decided or situation.marked_listed else "it is neither decided nor skipped"


def _without_step(situation: Situation) -> str | None:
    return None if situation.undoable else "no decision of this run is left to take back"


def _without_undone_step(situation: Situation) -> str | None:
    return None if situation.redoable else "nothing was taken back"


def _without_last(situation: Situation) -> str | None:
    if reason := without_conflict(situation):
        return reason
    return None if situation.repeatable else "nothing was decided yet"


DECIDING = (
    Action("decide.accept", ("a",), "accept", "Decide as suggested; nothing is done before the plan is applied",
           "accept", _HERE, 1, _without_suggestion),
    Action("decide.accept_alike", ("A",), "accept alike",
           "Decide all alike: as this one is decided, or as suggested", "accept_alike", _HERE,
           why_not=without_conflict),
    Action("decide.restore_missing", (), "restore missing files",
           "Decide that every missing file comes back from the storage that has it", "restore_missing",
           why_not=without_conflicts),
    Action("decide.choice", DIGITS, "choose", "Decide for the choice of this number", "choose", _HERE, 2,
           without_conflict),
    Action("decide.skip", ("s",), "skip", "Leave it out for this run of the program, or take it in again", "skip",
           _HERE, 9, without_conflict),
    Action("decide.skip_alike", ("S",), "skip alike", "Leave out all alike for this run of the program", "skip_alike",
           _HERE, why_not=without_conflict),
    Action("decide.ignore", ("i",), "ignore", "Decide not to show it again until it changes, with a reason",
           "ignore", _HERE, 10, without_conflict),
    Action("decide.undecide", ("r",), "undecide", "Take the decision on it back", "undecide", _HERE,
           why_not=_without_decision),
    Action("decide.undecide_back", ("backspace",), "undecide", "Take the decision on it back and go to the one before",
           "undecide_back", _HERE, why_not=_without_decision),
    Action("decide.repeat", (".",), "repeat", "Decide as the last time", "repeat", _HERE,
           why_not=_without_last),
    Action("decide.undo", ("u",), "undo", "Take the last step of deciding back", "undo_decision", _HERE,
           why_not=_without_step),
    Action("decide.redo", ("ctrl+r",), "redo", "Do the step again that was taken back", "redo_decision", _HERE,
           why_not=_without_undone_step),
)  # fmt: skip
