"""Everything a person can do: the one list that the keys, the bottom line, the help and the palette are made from."""

from collections.abc import Callable
from dataclasses import dataclass

from inspector.tui.layout import Pane


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether an action makes sense at this moment."""

    pane: Pane = Pane.CONFLICTS
    running: str = ""
    """What is being done at the moment, such as ``a scan``; empty where nothing is."""
    conflicts: int = 0
    filtered: bool = False
    choosing_kinds: bool = False
    choosing_path: bool = False
    on_conflict: bool = False
    """Whether the cursor is on a conflict."""
    suggested: bool = False
    decided: int = 0
    """How many decisions wait for a plan."""
    repeatable: bool = False
    interrupted: bool = False
    storage: bool = False
    """Whether one storage is chosen."""
    items: int = 0
    """On the plan and in the journal: how many lines there are to act on."""
    refusal: str = ""
    """On the plan and in the journal: why nothing can be applied or taken back."""


TYPING = frozenset({"filter.text", "decide.ignore"})
"""The actions after which a person types."""

Reason = Callable[[Situation], str | None]

LISTS = frozenset({Pane.STORAGES, Pane.SESSIONS, Pane.CONFLICTS})
EVERYWHERE = frozenset(Pane)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `id` is stable; `keys` are Textual's names, the first one is shown.

    `function` is the name of a method of `Commands` without its ``do_``; `footer` orders the bottom line, 0
    keeps the action out of it. `why_not` gives the reason why the action is disabled, or None where it is not.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    description: str
    function: str
    panes: frozenset[Pane] = EVERYWHERE
    footer: int = 0
    why_not: Reason | None = None

    def reason(self, situation: Situation) -> str | None:
        """Why the action is disabled, or None."""
        return self.why_not(situation) if self.why_not is not None else None

    @property
    def shown_keys(self) -> str:
        """The keys as people read them; an action without a key is in the palette only."""
        if self.keys == DIGITS:
            return self.shown_key
        return " ".join(_KEY_NAMES.get(key, key) for key in self.keys)

    @property
    def shown_key(self) -> str:
        """The first key as people read it."""
        if not self.keys:
            return ""
        return "1-9" if self.keys == DIGITS else _KEY_NAMES.get(self.keys[0], self.keys[0])


DIGITS = tuple("123456789")

_KEY_NAMES = {
    "full_stop": ".",
    "backspace": "Backspace",
    "delete": "Delete",
    "f5": "F5",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "Down",
    "up": "Up",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "ctrl+p": "Ctrl+P",
    "ctrl+f": "Ctrl+F",
    "ctrl+b": "Ctrl+B",
}


def _while_running(situation: Situation) -> str | None:
    return f"{situation.running} is running; x stops it" if situation.running else None


def _without_job(situation: Situation) -> str | None:
    return None if situation.running else "nothing is running"


def _choosing_path(situation: Situation) -> str | None:
    return "a list to choose from is open; Esc closes it" if situation.choosing_path else None


def _without_conflicts(situation: Situation) -> str | None:
    if reason := _choosing_path(situation):
        return reason
    return None if situation.conflicts else "there is no conflict in the list"


def _without_menu(situation: Situation) -> str | None:
    return None if situation.choosing_kinds else "only in the list of kinds, which f opens"


def _without_conflict(situation: Situation) -> str | None:
    if situation.choosing_kinds or situation.choosing_path:
        return "a list to choose from is open; Esc closes it"
    return None if situation.on_conflict else "the cursor is on no conflict"


def _without_suggestion(situation: Situation) -> str | None:
    if reason := _without_conflict(situation):
        return reason
    return None if situation.suggested else "nothing is suggested for this one; a number chooses"


def _without_last(situation: Situation) -> str | None:
    if reason := _without_conflict(situation):
        return reason
    return None if situation.repeatable else "nothing was decided yet"


def _without_decisions(situation: Situation) -> str | None:
    if reason := _while_running(situation):
        return reason
    return None if situation.decided else "nothing is decided yet"


def _without_interrupted(situation: Situation) -> str | None:
    if not situation.interrupted:
        return "no repair was interrupted"
    return _while_running(situation)


def _without_storage(situation: Situation) -> str | None:
    if not situation.storage:
        return "choose one storage first"
    return _while_running(situation)


_CONFLICTS = frozenset({Pane.CONFLICTS})
_DECIDING = frozenset({Pane.CONFLICTS, Pane.DETAILS})

ACTIONS: tuple[Action, ...] = (
    Action("move.down", ("j", "down"), "down", "One line down", "down"),
    Action("move.up", ("k", "up"), "up", "One line up", "up"),
    Action("move.page_down", ("pagedown", "ctrl+f"), "page", "One screen down", "page_down"),
    Action("move.page_up", ("pageup", "ctrl+b"), "page", "One screen up", "page_up"),
    Action("move.top", ("g", "home"), "top", "To the first line", "top"),
    Action("move.bottom", ("G", "end"), "end", "To the last line", "bottom"),
    Action("decide.accept", ("a",), "accept", "Decide as suggested; nothing is done before the plan is applied",
           "accept", _DECIDING, 1, _without_suggestion),
    Action("decide.accept_alike", ("A",), "accept alike",
           "Decide all alike: as this one is decided, or as suggested", "accept_alike", _DECIDING,
           why_not=_without_conflict),
    Action("decide.choice", DIGITS, "choose", "Decide for the choice of this number", "choose", _DECIDING, 2,
           _without_conflict),
    Action("decide.skip", ("s",), "skip", "Leave it out for this run of the program, or take it in again", "skip",
           _DECIDING, 9, _without_conflict),
    Action("decide.skip_alike", ("S",), "skip alike", "Leave out all alike for this run of the program", "skip_alike",
           _DECIDING, why_not=_without_conflict),
    Action("decide.ignore", ("i",), "ignore", "Decide not to show it again until it changes, with a reason",
           "ignore", _DECIDING, 10, _without_conflict),
    Action("decide.undecide", ("r", "backspace"), "undecide", "Take the decision on it back", "undecide", _DECIDING,
           why_not=_without_conflict),
    Action("decide.repeat", ("full_stop",), "repeat", "Decide as the last time", "repeat", _DECIDING,
           why_not=_without_last),
    Action("plan", ("P",), "plan", "Show what the decisions come to, and apply them from there", "plan", footer=3,
           why_not=_without_decisions),
    Action("journal", ("H",), "journal", "Show what was applied, and take it back from there", "journal", footer=13,
           why_not=_while_running),
    Action("recover", ("R",), "settle", "Settle an interrupted repair: each item as before it or as after it",
           "recover", why_not=_without_interrupted),
    Action("storage.reference", (), "reference",
           "Make this storage a reference that is never written, or end that", "reference", why_not=_without_storage),
    Action("pane.open", ("enter", "l", "right"), "open", "Go on to what belongs to this line", "open", LISTS, 7),
    Action("pane.back", ("h", "left"), "back", "Back to the conflicts", "back", frozenset({Pane.DETAILS}), 7),
    Action("pane.next", ("tab",), "pane", "To the next pane", "next_pane", footer=11),
    Action("pane.previous", ("shift+tab",), "pane", "To the previous pane", "previous_pane"),
    Action("pane.zoom", ("z",), "zoom", "Give this pane the whole screen, or take it back", "zoom", footer=12),
    Action("pane.details", ("p",), "preview", "Show or hide the details and the picture", "toggle_details", footer=14),
    Action("conflict.next", ("n",), "next", "To the next open conflict, neither decided nor skipped, from any pane",
           "next_conflict", footer=4, why_not=_without_conflicts),
    Action("conflict.previous", ("N",), "previous", "To the previous open conflict, from any pane",
           "previous_conflict", why_not=_without_conflicts),
    Action("kind.next", ("]",), "next kind", "To the first conflict of the next kind", "next_kind",
           why_not=_without_conflicts),
    Action("kind.previous", ("[",), "previous kind", "To the first conflict of this kind, or of the one before",
           "previous_kind", why_not=_without_conflicts),
    Action("filter.text", ("/",), "filter", "Show only conflicts whose path holds a text", "filter", footer=5,
           why_not=_choosing_path),
    Action("filter.kinds", ("f",), "kinds", "Choose the kinds of conflicts to show", "choose_kinds", footer=6,
           why_not=_choosing_path),
    Action("filter.mark", ("space",), "mark kind", "Mark this kind, to show several", "mark_kind", _CONFLICTS,
           why_not=_without_menu),
    Action("clear", ("escape",), "clear", "Close what is open, then clear the filters, then end the zoom", "clear"),
    Action("scan.smart", ("c", "f5"), "scan", "Check again: read what has changed", "scan_smart", footer=8,
           why_not=_while_running),
    Action("scan.full", ("F",), "full scan", "Scan again: read every file anew", "scan_full", why_not=_while_running),
    Action("scan.deep", ("D",), "deep scan", "Scan again: decode every picture too", "scan_deep",
           why_not=_while_running),
    Action("job.cancel", ("x",), "stop", "Stop what is running; what it did is kept", "cancel",
           why_not=_without_job),
    Action("help", ("?",), "help", "What the keys of this pane do", "help", footer=15),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=16),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=17),
)  # fmt: skip
"""Every action of the main screen. None of them writes to a storage but ``recover``, which ends what was begun."""


def by_id(identity: str) -> Action:
    """The action called `identity`.

    Raises:
        KeyError: where there is none.
    """
    return _BY_ID[identity]


_BY_ID = {action.id: action for action in ACTIONS}


def actions_of(pane: Pane) -> list[Action]:
    """The actions that work while `pane` has the focus."""
    return [action for action in ACTIONS if pane in action.panes]


def footer_actions(situation: Situation) -> list[Action]:
    """The actions of the bottom line, the most useful first; what runs brings its cancel key to the front."""
    shown = [action for action in actions_of(situation.pane) if action.footer and action.reason(situation) is None]
    shown.sort(key=lambda action: action.footer)
    return [_BY_ID["job.cancel"], *shown] if situation.running else shown
