"""The actions that choose what is on the screen."""

from inspector.tui.actions.action import Action
from inspector.tui.layout import Pane

_LISTS = frozenset({Pane.STORAGES, Pane.SESSIONS, Pane.CONFLICTS})

PANES = (
    Action("pane.open", ("enter", "l", "right"), "open", "Go on to what belongs to this line", "open", _LISTS, 7),
    Action("pane.back", ("h", "left"), "back", "Back to the conflicts", "back", frozenset({Pane.DETAILS}), 7),
    Action("pane.next", ("tab",), "pane", "To the next pane", "next_pane", footer=11),
    Action("pane.previous", ("shift+tab",), "pane", "To the previous pane", "previous_pane"),
    Action("pane.storages", ("g s",), "storages", "To the storages", "go_to_storages"),
    Action("pane.sessions", ("g i",), "sessions", "To the sessions", "go_to_sessions"),
    Action("pane.conflicts", ("g c",), "conflicts", "To the conflicts", "go_to_conflicts"),
    Action("pane.preview", ("g d",), "details", "To the details", "go_to_details"),
    Action("pane.zoom", ("z",), "zoom", "Give this pane the whole screen, or take it back", "zoom", footer=12),
    Action("pane.details", ("p",), "preview", "Show or hide the details and the picture", "toggle_details", footer=14),
    Action("pane.wider", (">",), "wider", "More room for the details", "wider"),
    Action("pane.narrower", ("<",), "narrower", "Less room for the details", "narrower"),
    Action("pane.higher", ("+",), "higher", "More room for storages and sessions", "higher"),
    Action("pane.lower", ("-",), "lower", "Less room for storages and sessions", "lower"),
    Action("pane.usual", ("0",), "usual sizes", "All panes as large as usual", "usual_sizes"),
    Action("theme", ("t",), "theme", "The next theme; it is kept", "theme"),
    Action("preview.cycle", ("V",), "pictures", "Show pictures in the next way that is possible here", "cycle_preview"),
    Action("clear", ("escape",), "clear", "Close what is open, then clear the filters, then end the zoom", "clear"),
)  # fmt: skip
