"""The actions that begin and stop work, and the screens that show it."""

from inspector.tui.actions.action import Action
from inspector.tui.actions.reasons import while_running, without_job, without_storage
from inspector.tui.actions.situation import Situation


def _without_decisions(situation: Situation) -> str | None:
    if reason := while_running(situation):
        return reason
    return None if situation.decided else "nothing is decided yet"


def _without_interrupted(situation: Situation) -> str | None:
    if not situation.interrupted:
        return "no repair was interrupted"
    return while_running(situation)


REPAIRS = (
    Action("plan", ("P",), "plan", "Show what the decisions come to, and apply them from there", "plan", footer=3,
           why_not=_without_decisions),
    Action("imports", ("O",), "imports", "Show what came in with each import, and take one back from there", "imports"),
    Action("journal", ("H",), "journal", "Show what was applied, and take it back from there", "journal", footer=13,
           why_not=while_running),
    Action("rules", ("I",), "rules", "Hide what is like it by a rule, or show the rules that hide, and remove them",
           "rules", footer=14),
    Action("recover", ("R",), "settle", "Settle an interrupted repair, each item as before or as after it; y confirms",
           "recover", why_not=_without_interrupted),
    Action("storage.create", ("E",), "new storage", "Make an empty storage of a folder, and open it; y confirms",
           "create", why_not=while_running),
    Action("storage.reference", (), "reference",
           "Make this storage a reference that is never written, or end that", "reference", why_not=without_storage),
)  # fmt: skip
SCANS = (
    Action("scan.smart", ("c", "f5"), "scan", "Check again: read what has changed", "scan_smart", footer=8),
    Action("scan.full", ("F",), "full scan", "Scan again: read every file anew", "scan_full"),
    Action("scan.deep", ("D",), "deep scan", "Scan again: decode every picture too", "scan_deep"),
    Action("reindex", ("X",), "re-index", "Look at a storage again as you choose, and decide what follows from it",
           "reindex"),
    Action("moved", ("g m",), "moved files", "Show the files that are at other places than the index says", "moved",
           why_not=while_running),
    Action("import", ("T",), "import", "Take in a folder of pictures, with a preview of what would come in", "import"),
    Action("discovery", ("W",), "find storages", "Look for storages on this machine and its drives, and open them",
           "discover"),
    Action("scan.expect_missing", ("M",), "gone on purpose",
           "Say how many files of this storage are gone on purpose, and scan again", "expect_missing",
           why_not=without_storage),
    Action("jobs", ("J",), "jobs", "Show what runs, what waits and what has run", "jobs"),
    Action("log", ("L",), "log", "Show what was said in this run", "log"),
    Action("job.cancel", ("x",), "stop", "Stop what is running; what it did is kept", "cancel", why_not=without_job),
)  # fmt: skip
