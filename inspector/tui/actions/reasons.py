"""Why an action is disabled, for the reasons that several have."""

from inspector.tui.actions.situation import Situation


def while_running(situation: Situation) -> str | None:
    """Only while nothing runs."""
    if not situation.running:
        return None
    return f"{situation.running} is running; {situation.key_of('job.cancel')} stops it"


def without_job(situation: Situation) -> str | None:
    """Only while something runs."""
    return None if situation.running else "nothing is running"


def _list_open(situation: Situation) -> str:
    return f"a list to choose from is open; {situation.key_of('clear')} closes it"


def choosing_path(situation: Situation) -> str | None:
    """Not while a path is chosen."""
    return _list_open(situation) if situation.choosing_path else None


def without_conflicts(situation: Situation) -> str | None:
    """Only where the list holds conflicts."""
    if reason := choosing_path(situation):
        return reason
    return None if situation.conflicts else "there is no conflict in the list"


def without_conflict(situation: Situation) -> str | None:
    """Only with the cursor on a conflict."""
    if situation.choosing_kinds or situation.choosing_path:
        return _list_open(situation)
    return None if situation.on_conflict else "the cursor is on no conflict"


def without_storage(situation: Situation) -> str | None:
    """Only where one storage is chosen and nothing runs."""
    if not situation.storage:
        return "choose one storage first"
    return while_running(situation)
