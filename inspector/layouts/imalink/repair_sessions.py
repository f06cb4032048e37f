"""Repairs of `session_drift`: a session's document and the index's entries for it made to say the same."""

from typing import Any

from inspector.layouts.imalink.heads import is_id
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    entries_of,
    id_value,
    session_id_of,
)
from inspector.layouts.imalink.repair_entries import (
    add_file,
    put_path,
    put_session_path,
    session_entry,
)
from inspector.layouts.repairs import CannotRepairError, DocumentFact
from inspector.model.display import display_name
from inspector.model.operations import ABSENT
from inspector.model.records import Conflict
from inspector.model.relpath import UnsafePathError, safe_relative_path


def follow_index(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """Write the session as the index has it: paths follow, what the index does not hold goes, the rest is added.

    Raises:
        CannotRepairError: where the index has a path for one of its files that leads out of the storage.
    """
    if "document" in conflict.evidence:
        _name_session(documents, changes, conflict)
        return
    session = conflict.evidence["session"]
    document = documents.the_session(session)
    entries = entries_of(documents.master())
    listed = set(documents.positions(document).by_path)
    for position, entry in enumerate(document.value["files"]):
        path, key = _path_and_key(entry)
        if path is None or documents.keys_at(path):
            continue
        of_key = entries.get(key) if key is not None else None
        new = of_key.get("relative_path") if isinstance(of_key, dict) else None
        if isinstance(new, str) and not _is_safe(new):
            raise CannotRepairError(f"the index has an unsafe path for {display_name(path)}: repair that first")
        if isinstance(new, str) and new not in listed:
            put_session_path(changes, document, position, new)
            listed.add(new)
        else:
            changes.put(document, ("files", position), ABSENT)
    for key, entry in _not_in_session(documents, document, session):
        size = entry.get("file_size")
        if entry["relative_path"] not in listed and type(size) is int and _is_safe(entry["relative_path"]):
            changes.append(document, "files", session_entry(entry["relative_path"], key, size))


def follow_session(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """Write the index as the session has it, as far as its files are there.

    Entries that name the session and that it does not list become those of the session that does, or of none.

    Raises:
        CannotRepairError: where none of it can be done, with the first reason.
    """
    if "document" in conflict.evidence:
        _name_session(documents, changes, conflict)
        return
    session = conflict.evidence["session"]
    present = documents.session(session)
    document = documents.the_session(session) if present else None
    reasons: list[str] = []
    if document is not None:
        taken: set[str] = set()
        for entry in document.value["files"]:
            path, key = _path_and_key(entry)
            if path is not None and path not in taken and not documents.keys_at(path):
                taken.add(path)
                try:
                    _list_in_index(documents, changes, path, key, session)
                except CannotRepairError as reason:
                    reasons.append(f"{display_name(path)}: {reason}")
    for key, entry in _not_in_session(documents, document, session):
        others = [other for other in documents.claimed_sessions(entry["relative_path"]) if other != session]
        changes.put(documents.master(), ("files", key, "import_session_id"), id_value(others[0]) if others else None)
    if reasons and not changes.operations():
        raise CannotRepairError(reasons[0])


def _list_in_index(documents: Documents, changes: Changes, path: str, key: str | None, session: str) -> None:
    if documents.facts.file(path) is None:
        raise CannotRepairError("no file is there")
    entry = entries_of(documents.master()).get(key) if key is not None else None
    if key is None or not isinstance(entry, dict):
        add_file(documents, changes, path, session)
    elif isinstance(entry.get("relative_path"), str) and documents.facts.file(entry["relative_path"]) is None:
        put_path(documents, changes, key, path)
    else:
        raise CannotRepairError("the index has the same picture at another path, where it is too")


def _not_in_session(
    documents: Documents, document: DocumentFact | None, session: str
) -> list[tuple[str, dict[str, Any]]]:
    """The index's entries that name a session whose document lists neither their path nor their hothash."""
    positions = documents.positions(document) if document is not None else None
    return [
        (key, entry)
        for key, entry in entries_of(documents.master()).items()
        if isinstance(entry, dict)
        and isinstance(entry.get("relative_path"), str)
        and is_id(entry.get("import_session_id"))
        and str(entry["import_session_id"]) == session
        and (positions is None or (key not in positions.by_key and entry["relative_path"] not in positions.by_path))
    ]


def _name_session(documents: Documents, changes: Changes, conflict: Conflict) -> None:
    """Write the id that a document's name has into a document that names none."""
    document = documents.session_document(conflict.evidence["document"])
    if document.value.get("session_id") is not None:
        raise CannotRepairError("whether its name or its session_id is right cannot be told: rename it by hand")
    changes.put(document, ("session_id",), id_value(session_id_of(document)))


def _path_and_key(entry: Any) -> tuple[str | None, str | None]:
    if not isinstance(entry, dict):
        return None, None
    path, key = entry.get("relative_path"), entry.get("hothash")
    return path if isinstance(path, str) else None, key if isinstance(key, str) else None


def _is_safe(path: str) -> bool:
    try:
        safe_relative_path(path)
    except UnsafePathError:
        return False
    return True
