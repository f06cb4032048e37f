"""What can be done on the plan and in the journal: the lists that their keys, bottom lines and helps are made from."""

from inspector.tui.actions.action import Action
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.reasons import while_running, without_job
from inspector.tui.actions.situation import Situation


def _cannot(situation: Situation) -> str | None:
    if reason := while_running(situation):
        return reason
    if not situation.items:
        return "there is nothing here"
    return situation.refusal or None


def _without_items(situation: Situation) -> str | None:
    return while_running(situation) or (None if situation.items else "there is nothing here")


_ZOOM = Action("pane.zoom", ("z",), "zoom", "Give the words about this line the whole screen, or take it back", "zoom",
               footer=6)  # fmt: skip
LOG = Action("log", ("L",), "log", "Show what was said in this run, in full", "log")

_ENDS = (
    Action("help", ("?",), "help", "What the keys of this screen do", "help", footer=8),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=7),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=9),
)

PLAN_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    Action("plan.apply", ("w",), "apply", "Apply the plan; y, or the number of items and y, confirms", "apply",
           footer=1, why_not=_cannot),
    Action("plan.take_out", ("x", "delete"), "take out",
           "Take this decision out of the plan", "take_out", footer=2,
           why_not=_without_items),
    Action("job.cancel", ("x",), "stop", "Stop what is running after the current item", "cancel", why_not=without_job),
    Action("journal", ("H",), "journal", "Show what was applied before", "journal", footer=4, why_not=while_running),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts; the decisions stay", "back", footer=3),
    LOG,
    *_ENDS,
)  # fmt: skip
"""The actions of the plan. ``plan.apply`` opens the question; only its answer writes."""

JOURNAL_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    Action("journal.undo", ("u",), "undo", "Take the whole batch back; y confirms", "undo", footer=1, why_not=_cannot),
    Action("journal.undo_item", ("U",), "undo item", "Take only the item under the cursor back; y confirms",
           "undo_item", footer=3, why_not=_cannot),
    Action("pane.next", ("tab", "shift+tab", "enter", "l", "right"), "items", "Between the batches and their items",
           "other", footer=2),
    Action("job.cancel", ("x",), "stop", "Stop what is running after the current item", "cancel"),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts", "back", footer=4),
    LOG,
    *_ENDS,
)  # fmt: skip
"""The actions of the journal. ``journal.undo`` opens the question; only its answer writes."""


def _cannot_stop(situation: Situation) -> str | None:
    return None if situation.job in {"running", "waiting"} else "only what runs or waits can be stopped"


def _cannot_move(situation: Situation) -> str | None:
    return None if situation.job == "waiting" else "only what waits has a place in the queue"


def _cannot_repeat(situation: Situation) -> str | None:
    return None if situation.job == "interrupted" else "only an interrupted scan or scrub can be put back"


JOBS_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    Action("jobs.stop", ("x", "delete"), "stop", "Stop this job at its next safe point, or take it out of the queue",
           "stop", footer=1, why_not=_cannot_stop),
    Action("jobs.earlier", ("K", "shift+up"), "earlier", "Let this job come one place earlier", "earlier", footer=2,
           why_not=_cannot_move),
    Action("jobs.later", ("J", "shift+down"), "later", "Let this job come one place later", "later", footer=3,
           why_not=_cannot_move),
    Action("jobs.again", ("r",), "again", "Put an interrupted scan or scrub back into the queue", "again", footer=4,
           why_not=_cannot_repeat),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts; what runs goes on", "back", footer=5),
    LOG,
    *_ENDS,
)  # fmt: skip
"""The actions of the jobs. None of them writes to a storage."""


def _cannot_make(situation: Situation) -> str | None:
    reasons = {
        "proposed": None,
        "counting": "what it hides is being counted",
        "hides none": "it would hide nothing now",
    }
    return reasons.get(situation.line, "only what is proposed can be made a rule")


def _cannot_remove(situation: Situation) -> str | None:
    return None if situation.line == "known" else "only a rule that was made can be removed"


def _nothing_changed(situation: Situation) -> str | None:
    return None if situation.taken_back else "no rule was made or removed in this run"


RULES_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    Action("rules.make", ("i", "enter"), "hide", "Make this rule; its reason is asked for first",
           "make", footer=1, why_not=_cannot_make),
    Action("rules.remove", ("x", "delete"), "remove", "Remove this rule: what it hides is open again; y confirms",
           "remove", footer=2, why_not=_cannot_remove),
    Action("rules.undo", ("u",), "undo", "Take the last rule that was made or removed in this run back", "undo",
           footer=3, why_not=_nothing_changed),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts", "back", footer=4),
    LOG,
    *_ENDS,
)  # fmt: skip
"""The actions of the rules that hide conflicts. None of them writes to a storage."""

LOG_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    _ZOOM,
    Action("log.read", ("c", "f5"), "newer", "Show what was said since", "read", footer=1),
    Action("job.cancel", ("x",), "stop", "Stop what is running", "cancel", why_not=without_job),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts", "back", footer=2),
    *_ENDS,
)  # fmt: skip
"""The actions of the log."""
