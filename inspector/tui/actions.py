"""Everything a person can do: the one list that the keys, the bottom line, the help and the palette are made from."""

from collections.abc import Callable
from dataclasses import dataclass

from inspector.tui.layout import Pane


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether an action makes sense at this moment."""

    pane: Pane = Pane.CONFLICTS
    scanning: bool = False
    conflicts: int = 0
    filtered: bool = False
    choosing_kinds: bool = False


FILTER = "filter.text"
"""The id of the action after which a person types."""

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
        """The keys as people read them."""
        return " ".join(_KEY_NAMES.get(key, key) for key in self.keys)

    @property
    def shown_key(self) -> str:
        """The first key as people read it."""
        return _KEY_NAMES.get(self.keys[0], self.keys[0])


_KEY_NAMES = {
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


def _while_scanning(situation: Situation) -> str | None:
    return "a scan is running; x cancels it" if situation.scanning else None


def _without_scan(situation: Situation) -> str | None:
    return None if situation.scanning else "nothing is running"


def _without_conflicts(situation: Situation) -> str | None:
    return None if situation.conflicts else "there is no conflict in the list"


def _without_menu(situation: Situation) -> str | None:
    return None if situation.choosing_kinds else "only in the list of kinds, which f opens"


_CONFLICTS = frozenset({Pane.CONFLICTS})

ACTIONS: tuple[Action, ...] = (
    Action("move.down", ("j", "down"), "down", "One line down", "down"),
    Action("move.up", ("k", "up"), "up", "One line up", "up"),
    Action("move.page_down", ("pagedown", "ctrl+f"), "page", "One screen down", "page_down"),
    Action("move.page_up", ("pageup", "ctrl+b"), "page", "One screen up", "page_up"),
    Action("move.top", ("g", "home"), "top", "To the first line", "top"),
    Action("move.bottom", ("G", "end"), "end", "To the last line", "bottom"),
    Action("pane.open", ("enter", "l", "right"), "open", "Go on to what belongs to this line", "open", LISTS, 4),
    Action("pane.back", ("h", "left"), "back", "Back to the conflicts", "back", frozenset({Pane.DETAILS}), 4),
    Action("pane.next", ("tab",), "pane", "To the next pane", "next_pane", footer=6),
    Action("pane.previous", ("shift+tab",), "pane", "To the previous pane", "previous_pane"),
    Action("pane.zoom", ("z",), "zoom", "Give this pane the whole screen, or take it back", "zoom", footer=7),
    Action("pane.details", ("p",), "preview", "Show or hide the details and the picture", "toggle_details", footer=8),
    Action("conflict.next", ("n",), "next", "To the next conflict, from any pane", "next_conflict",
           footer=3, why_not=_without_conflicts),
    Action("conflict.previous", ("N",), "previous", "To the previous conflict, from any pane", "previous_conflict",
           why_not=_without_conflicts),
    Action("kind.next", ("]",), "next kind", "To the first conflict of the next kind", "next_kind",
           why_not=_without_conflicts),
    Action("kind.previous", ("[",), "previous kind", "To the first conflict of this kind, or of the one before",
           "previous_kind", why_not=_without_conflicts),
    Action(FILTER, ("/",), "filter", "Show only conflicts whose path holds a text", "filter", footer=1),
    Action("filter.kinds", ("f",), "kinds", "Choose the kinds of conflicts to show", "choose_kinds", footer=2),
    Action("filter.mark", ("space",), "mark kind", "Mark this kind, to show several", "mark_kind", _CONFLICTS,
           why_not=_without_menu),
    Action("clear", ("escape",), "clear", "Close what is open, then clear the filters, then end the zoom", "clear"),
    Action("scan.smart", ("s",), "scan", "Scan again: read what has changed", "scan_smart", footer=5,
           why_not=_while_scanning),
    Action("scan.full", ("F",), "full scan", "Scan again: read every file anew", "scan_full", why_not=_while_scanning),
    Action("scan.deep", ("D",), "deep scan", "Scan again: decode every picture too", "scan_deep",
           why_not=_while_scanning),
    Action("job.cancel", ("x",), "cancel", "Stop the scan; what it found is kept", "cancel", why_not=_without_scan),
    Action("help", ("?",), "help", "What the keys of this pane do", "help", footer=9),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=10),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=11),
)  # fmt: skip
"""Every action. None of them writes to a storage."""


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
    """The actions of the bottom line, the most useful first; a running scan brings its cancel key to the front."""
    shown = [action for action in actions_of(situation.pane) if action.footer and action.reason(situation) is None]
    shown.sort(key=lambda action: action.footer)
    return [_BY_ID["job.cancel"], *shown] if situation.scanning else shown
