"""What a session brought in, and what the documents say once it is taken back; pure.

Field for field after the ImaLink storage indexing design (2024-10), "Session Index".
"""

from collections.abc import Iterator, Sequence
from typing import Any

from inspector.layouts.imalink.entries import KEY_FORM
from inspector.layouts.imalink.heads import is_count
from inspector.layouts.imalink.moments import nanoseconds
from inspector.layouts.imalink.repair_documents import Changes, Documents, list_at
from inspector.layouts.imalink.repair_entries import drop_key
from inspector.layouts.repairs import CameIn, CannotRepairError, Facts
from inspector.model.operations import ABSENT, WriteDocument
from inspector.model.relpath import UnsafePathError, safe_relative_path


def came_in(facts: Facts, session: str) -> Sequence[CameIn]:
    """As `KeepsSessions` says."""
    document = Documents(facts).the_session(session)
    return [one for entry in document.value["files"] for one in _came_in(entry)]


def _came_in(entry: Any) -> Iterator[CameIn]:
    path = entry.get("relative_path") if isinstance(entry, dict) else None
    if not isinstance(path, str):
        return
    try:
        path = safe_relative_path(path)
    except UnsafePathError:
        return
    size, key = entry.get("file_size"), entry.get("hothash")
    yield CameIn(
        path,
        size if is_count(size) else None,
        key if isinstance(key, str) and KEY_FORM.fullmatch(key) else None,
        _moment(entry.get("imported_at")),
    )


def _moment(value: object) -> int | None:
    try:
        return nanoseconds(value)
    except ValueError:
        return None


def after_rollback(facts: Facts, path: str, session: str) -> Sequence[WriteDocument]:
    """As `KeepsSessions` says: out of the index and out of the session's list; its statistics follow.

    The session's document stays, with the title and the source of what was taken back, empty in the end.
    """
    documents = Documents(facts)
    documents.refuse_older_programs(path)
    changes = Changes(documents)
    document = documents.the_session(session)
    if documents.master_if_any() is not None:
        for key in documents.keys_at(path):
            drop_key(documents, changes, key)
    positions = documents.positions(document).by_path.get(path, [])
    if not positions or list_at(document, "files")[positions[0]].get("relative_path") != path:
        raise CannotRepairError("the session does not list it any more: scan once more")
    for position in positions:
        changes.put(document, ("files", position), ABSENT)
    return changes.operations()
