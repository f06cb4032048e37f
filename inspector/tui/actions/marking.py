"""The actions that mark conflicts, so that one key decides for all of them."""

from inspector.tui.actions.action import Action
from inspector.tui.actions.reasons import without_conflict, without_conflicts
from inspector.tui.actions.situation import Situation
from inspector.tui.layout import Pane

_HERE = frozenset({Pane.CONFLICTS})
_BOTH = frozenset({Pane.CONFLICTS, Pane.DETAILS})


def _without_marks(situation: Situation) -> str | None:
    return None if situation.marked else "nothing is marked"


def _without_former_marks(situation: Situation) -> str | None:
    return None if situation.were_marked else "nothing was marked before"


def _alike(identity: str, key: str, title: str, description: str) -> Action:
    return Action(identity, (f"m {key}",), title, description, "mark_alike", _BOTH, why_not=without_conflict)


MARKING = (
    Action("mark.one", ("space",), "mark", "Mark this conflict, or take its mark away", "mark", _HERE,
           why_not=without_conflict),
    Action("mark.range", ("v",), "range", "Begin a range here, or mark all from where it was begun", "mark_range",
           _HERE, why_not=without_conflict),
    _alike("mark.kind", "k", "kind", "Mark all listed ones of this kind"),
    _alike("mark.folder", "f", "folder", "Mark all listed ones in this folder of this storage"),
    _alike("mark.session", "s", "session", "Mark all listed ones of this import session"),
    _alike("mark.content", "h", "bytes", "Mark all listed ones about the same bytes"),
    _alike("mark.decision", "d", "same decision", "Mark all listed ones that are decided as this one"),
    _alike("mark.evidence", "e", "alike", "Mark all listed ones of this storage and kind with the same suggestion"),
    Action("mark.all", ("m a",), "all", "Mark all that the list shows", "mark_all", _BOTH, why_not=without_conflicts),
    Action("mark.query", ("m /",), "filter", "Mark what a typed filter finds in the list", "mark_query", _BOTH,
           why_not=without_conflicts),
    Action("mark.invert", ("m x",), "invert", "Mark those of the list that are not marked, and no others",
           "invert_marks", _BOTH, why_not=without_conflicts),
    Action("mark.clear", ("m u",), "clear", "Take all marks away", "unmark", _BOTH, why_not=_without_marks),
    Action("mark.again", ("m m",), "again", "Mark what was marked before", "mark_again", _BOTH,
           why_not=_without_former_marks),
)  # fmt: skip
