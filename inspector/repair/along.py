"""Which documents are rewritten along with one that a plan writes, as they state its totals."""

from inspector.layouts.repairs import CannotRepairError
from inspector.model.written_numbers import parsed
from inspector.repair.facts import StorageFacts


def documents_along(facts: StorageFacts, path: str, version: bytes | None = None) -> list[str]:
    """The documents that are there and are rewritten along with the one at `path`.

    `version` is what comes back of that one as a whole, None where it is edited or made anew: what comes back keeps its
    totals and its time, so that the others change only where they state other ones.
    """
    if facts.repairing is None:
        return []
    there = [follower for follower in facts.repairing.settled_with(path) if facts.is_taken(follower)]
    if version is None or not there:
        return there
    try:
        values = {path: parsed(version)}
    except ValueError:
        return []
    for follower in there:
        try:
            document = facts.document(follower)
        except CannotRepairError:
            continue
        if document is not None:
            values[follower] = document.value
    edits = facts.repairing.settle(values, {path})
    return [follower for follower in there if edits.get(follower)]
