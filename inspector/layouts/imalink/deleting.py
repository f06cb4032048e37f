"""A picture that is marked as deleted in the index ("Deletion Strategy" of the design document, 2024-10); pure."""

from collections.abc import Sequence

from inspector.layouts.imalink.entries import DELETED_AT, is_deleted
from inspector.layouts.imalink.repair_documents import Changes, Documents, entries_of, now
from inspector.layouts.repairs import CannotRepairError, Facts
from inspector.model.operations import WriteDocument


def after_soft_deletion(facts: Facts, path: str) -> Sequence[WriteDocument]:
    """As `MarksDeleted` says: every entry of the path says since when it is deleted, and stays as it is otherwise."""
    documents = Documents(facts)
    documents.refuse_older_programs(path)
    keys = documents.keys_at(path)
    if not keys:
        raise CannotRepairError("the index does not list it, so it cannot be marked there")
    master = documents.master()
    left = [key for key in keys if not is_deleted(entries_of(master)[key])]
    if not left:
        raise CannotRepairError("it is marked as deleted already")
    changes = Changes(documents)
    for key in left:
        changes.put(master, ("files", key, DELETED_AT), now())
    return changes.operations()
