"""What can be done on the screens with forms: re-indexing, moved files, finding storages."""

from dataclasses import replace

from inspector.tui.actions.action import Action
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.reasons import while_running, without_job
from inspector.tui.actions.side import LOG
from inspector.tui.actions.situation import Situation

_ENDS = (
    Action("job.cancel", ("x",), "stop", "Stop what is running; what was found is kept", "cancel", why_not=without_job),
    LOG,
    Action("help", ("?",), "help", "What the keys of this screen do", "help", footer=8),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=7),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=9),
)  # fmt: skip
_ZOOM = Action("pane.zoom", ("z",), "zoom", "Give the words about this line the whole screen, or take it back", "zoom",
               footer=6)  # fmt: skip
_BACK = Action("back", ("escape", "h", "left"), "back", "Back to where you came from; what runs goes on", "back",
               footer=5)  # fmt: skip
_CHOOSE = Action("form.choose", ("space", "enter"), "choose", "Choose or tick this line, or type in it", "choose",
                 footer=1)  # fmt: skip


def _cannot_start(situation: Situation) -> str | None:
    return situation.refusal or None


REINDEX_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    _CHOOSE,
    Action("form.start", ("s",), "start", "Begin the re-index as it is chosen here", "go", footer=2,
           why_not=_cannot_start),
    Action("moved", ("g m",), "moved files", "Show the files that are at other places than the index says", "moved",
           why_not=while_running),
    Action("plan", ("P",), "plan", "Show what the decisions come to, and apply them from there", "plan", footer=4,
           why_not=while_running),
    _BACK,
    *_ENDS,
)  # fmt: skip
"""The actions of the re-index. It reads, and stages decisions; only their plan writes, once it is confirmed."""


def _without_group(situation: Situation) -> str | None:
    return None if situation.line in {"group", "file"} else "there is nothing under the cursor that moved"


def _cannot_follow(situation: Situation) -> str | None:
    if reason := while_running(situation) or situation.refusal:
        return reason
    return _without_group(situation)


def _cannot_follow_all(situation: Situation) -> str | None:
    if reason := while_running(situation) or situation.refusal:
        return reason
    return None if situation.items else "no file is at another place than the index says"


MOVED_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    Action("pane.open", ("enter", "l", "right", "space"), "files", "Show the files of this move, or close them again",
           "open", footer=3, why_not=_without_group),
    Action("moved.all", ("A",), "show all", "Show the files of all moves, or close them again", "open_all", footer=4),
    Action("moved.follow", ("a",), "follow", "Decide that the index follows this move, with all its files",
           "follow", footer=1, why_not=_cannot_follow),
    Action("moved.update", ("w",), "update index",
           "Decide so for all files that certainly moved, and show the plan, which asks before it writes",
           "update", footer=2, why_not=_cannot_follow_all),
    Action("moved.undecide", ("r",), "undecide", "Take the decisions on this move back", "undecide",
           why_not=_cannot_follow),
    Action("plan", ("P",), "plan", "Show what the decisions come to, and apply them from there", "plan",
           why_not=while_running),
    _BACK,
    *_ENDS,
)  # fmt: skip
"""The actions of the moved files. They stage; only the plan writes, once it is confirmed."""


def _without_found(situation: Situation) -> str | None:
    return None if situation.line == "found" else "nothing was looked for yet"


def _cannot_migrate(situation: Situation) -> str | None:
    if reason := _without_found(situation) or while_running(situation):
        return reason
    return None if situation.job == "old" else "the cursor is on no storage of an old format"


DISCOVERY_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    _CHOOSE,
    Action("form.start", ("s",), "search", "Begin the search as it is chosen here", "go", footer=2,
           why_not=_cannot_start),
    Action("discovery.all", ("A",), "mark all", "Mark all storages that were found", "all", footer=4,
           why_not=_without_found),
    Action("discovery.none", ("U",), "mark none", "Take all marks away", "none", why_not=_without_found),
    Action("discovery.add", ("o",), "open", "Open the marked storages beside those that are open", "add", footer=3,
           why_not=_without_found),
    Action("discovery.migrate", ("m",), "migrate", "Make a storage of today of an old one; y confirms", "migrate",
           footer=4, why_not=_cannot_migrate),
    _BACK,
    *_ENDS,
)  # fmt: skip
"""The actions of the search for storages. None of them writes to a storage."""


def _cannot_choose(situation: Situation) -> str | None:
    return None if situation.line == "form" else f"{situation.key_of('back')} leads back to the choices"


def _cannot_preview(situation: Situation) -> str | None:
    return _cannot_choose(situation) or situation.refusal or None


def _cannot_import(situation: Situation) -> str | None:
    if reason := while_running(situation):
        return reason
    if situation.line == "done":
        return "it has come in"
    if situation.line != "preview":
        return f"{situation.key_of('form.start')} shows first what would come in"
    return None if situation.items else "there is nothing to import"


IMPORT_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    replace(_CHOOSE, why_not=_cannot_choose),
    Action("form.start", ("s",), "preview", "Read the folder, and show what would come in", "go", footer=2,
           why_not=_cannot_preview),
    Action("import.run", ("w",), "import", "Import what is shown; y, or the number of files and y, confirms", "run",
           footer=1, why_not=_cannot_import),
    Action("imports", ("O",), "imports", "Show what came in with each import, and take one back from there",
           "imports", footer=4, why_not=while_running),
    Action("back", ("escape", "h", "left"), "back", "From the preview to the choices, from there to the conflicts",
           "back", footer=5),
    *_ENDS,
)  # fmt: skip
"""The actions of the import. ``import.run`` opens the question; only its answer writes."""
