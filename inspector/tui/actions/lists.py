"""The actions that find one's way through the list of conflicts."""

from inspector.tui.actions.action import Action
from inspector.tui.actions.reasons import choosing_path, without_conflict, without_conflicts
from inspector.tui.actions.situation import Situation
from inspector.tui.layout import Pane

_CONFLICTS = frozenset({Pane.CONFLICTS})
_DECIDING = frozenset({Pane.CONFLICTS, Pane.DETAILS})


def _without_menu(situation: Situation) -> str | None:
    if situation.choosing_kinds:
        return None
    return f"only in the list of kinds, which {situation.key_of('filter.kinds')} opens"


LISTS = (
    Action("conflict.next", ("n",), "next", "To the next open conflict, neither decided nor skipped, from any pane",
           "next_conflict", footer=4, why_not=without_conflicts),
    Action("conflict.previous", ("N",), "previous", "To the previous open conflict, from any pane",
           "previous_conflict", why_not=without_conflicts),
    Action("kind.next", ("]",), "next kind", "To the first conflict of the next kind", "next_kind",
           why_not=without_conflicts),
    Action("kind.previous", ("[",), "previous kind", "To the first conflict of this kind, or of the one before",
           "previous_kind", why_not=without_conflicts),
    Action("filter.text", ("/",), "filter", "Filter: words, kind:missing size:>5M -path:raw is:open ...", "filter",
           footer=5, why_not=choosing_path),
    Action("filter.kinds", ("f",), "kinds", "Choose the kinds of conflicts to show", "choose_kinds", footer=6,
           why_not=choosing_path),
    Action("compare", ("d",), "compare", "Put its sides beside one another: pictures, what is stated, what is on disk",
           "compare", _DECIDING, 3, without_conflict),
    Action("sort.kind", (", k",), "kind", "Group by kind, the worst first; again turns it round", "sort",
           why_not=without_conflicts),
    Action("sort.path", (", p",), "path", "Sort by path; again turns it round", "sort", why_not=without_conflicts),
    Action("sort.size", (", s",), "size", "Sort by size, the largest first; again turns it round", "sort",
           why_not=without_conflicts),
    Action("sort.date", (", d",), "date", "Sort by date, the newest first; again turns it round", "sort",
           why_not=without_conflicts),
    Action("sort.reverse", (", ,",), "turn round", "Turn the order of the list round", "sort_reverse",
           why_not=without_conflicts),
    Action("filter.mark", ("space",), "mark", "Mark this kind, to show several", "mark_kind", _CONFLICTS, 1,
           why_not=_without_menu),
)  # fmt: skip
