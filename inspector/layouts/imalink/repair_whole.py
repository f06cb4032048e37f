"""A whole new index or signature, from the files and from what the other documents say."""

import json
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from inspector.layouts.imalink.moments import nanoseconds
from inspector.layouts.imalink.names import MASTER, SESSIONS, SIGNATURE
from inspector.layouts.imalink.reading import KNOWN_VERSION, VERSION_MEMBERS
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    ListsDocuments,
    ListsFiles,
    entries_of,
    id_value,
    list_at,
    now,
    session_id_of,
)
from inspector.layouts.imalink.repair_entries import index_entry
from inspector.layouts.imalink.repair_heads import most_named, uuid_of
from inspector.layouts.imalink.repair_totals import settle_signature
from inspector.layouts.imalink.repair_versions import refuse_unknown_version, why_not_replaced
from inspector.layouts.repairs import CannotRepairError, DocumentFact, Facts, FileFact
from inspector.model.operations import WriteDocument
from inspector.model.records import Conflict


@runtime_checkable
class TellsBytes(Protocol):
    """Facts that can tell what a document holds that is no JSON, so that it can be replaced."""

    def data(self, path: str) -> tuple[bytes, str] | None:
        """The bytes of a document as it is now and their XXH3-128 (hex); None where it is not there.

        Raises:
            CannotRepairError: where it cannot be read.
        """


def rebuild(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> Sequence[WriteDocument]:
    """A whole new index from the files and the sessions that list them, or a whole new signature from the index.

    Raises:
        CannotRepairError: where what it is made from is not all known.
    """
    document = conflict.evidence.get("document")
    if document == MASTER:
        value = _new_index(documents)
    elif document == SIGNATURE:
        value = _new_signature(documents)
    else:
        raise CannotRepairError(
            "only the index and the signature can be made from the rest: bring an earlier generation back"
        )
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return (WriteDocument(document, _digest_to_replace(documents, document), text=text),)


def _new_index(documents: Documents) -> dict[str, Any]:
    """Of several files with one hothash it enters the one that a session lists, else the first."""
    facts = documents.facts
    if not isinstance(facts, ListsFiles) or not isinstance(facts, ListsDocuments):
        raise CannotRepairError("which files the storage has is not known here: bring an earlier generation back")
    signature = documents.signature()
    identity = uuid_of(signature) if signature is not None else None
    if identity is None:
        raise CannotRepairError("the storage's id is in the index only: bring an earlier generation back")
    found = sorted(facts.files(), key=lambda file: file.path)
    unknown = sum(file.key is None for file in found)
    if unknown:
        raise CannotRepairError(f"{unknown} of {len(found)} files have no known hothash: scan deep first")
    entries = new_entries(found, _session_of_each(_sessions(documents, facts)))
    return {
        "index_version": KNOWN_VERSION,
        "storage_uuid": identity,
        "indexed_at": now(),
        "total_files": len(entries),
        "total_size_bytes": sum(entry["file_size"] for entry in entries.values()),
        "files": entries,
        "conflicts": [],
    }


def _new_signature(documents: Documents) -> dict[str, Any]:
    """Its id is that of the index, else the one that most sessions name; its name that of the folder."""
    facts = documents.facts
    if not isinstance(facts, ListsDocuments):
        raise CannotRepairError("which sessions the storage has is not known here: bring an earlier generation back")
    master = facts.document(MASTER)
    if master is not None:
        refuse_unknown_version(master)
    sessions = _sessions(documents, facts)
    identity = (uuid_of(master) if master is not None else None) or most_named(sessions)
    if identity is None:
        raise CannotRepairError("no other document names the storage's id: bring an earlier generation back")
    moments = [document.value.get("import_date") for document in sessions]
    indexed_at = master.value.get("indexed_at") if master is not None else None
    value: dict[str, Any] = {
        "imalink_storage_version": KNOWN_VERSION,
        "storage_uuid": identity,
        "display_name": facts.root.rstrip("/").rpartition("/")[2].encode("utf-8", "replace").decode(),
        "created_at": min(filter(_is_moment, moments), default=now()),
        "last_indexed": indexed_at if _is_moment(indexed_at) else now(),
        "photo_count": len(entries_of(master)) if master is not None else 0,
        "total_size_bytes": 0,
        "notes": "",
    }
    if master is not None:
        value |= {str(edit.where[0]): edit.value for edit in settle_signature(master.value, value)}
    return value


def _is_moment(value: object) -> bool:
    try:
        nanoseconds(value)
    except ValueError:
        return False
    return True


def _sessions(documents: Documents, facts: ListsDocuments) -> list[DocumentFact]:
    """Every session's document, however damaged the index or the signature is."""
    found = []
    for path in facts.documents(SESSIONS):
        document = documents.facts.document(path)
        if document is None or not isinstance(document.value, dict):
            raise CannotRepairError(f"{path} is not there, or holds no object")
        found.append(document)
    return found


def _digest_to_replace(documents: Documents, path: str) -> str | None:
    """The digest of the document that is replaced; None where there is none.

    Raises:
        CannotRepairError: where it is one of a version that is not known, or cannot be read.
    """
    facts = documents.facts
    try:
        document = facts.document(path)
    except CannotRepairError:
        return _digest_of_torn(facts, path)
    if document is None:
        return None
    if isinstance(document.value, dict) and document.value.get(VERSION_MEMBERS[path]) is not None:
        refuse_unknown_version(document)
    return document.digest


def _digest_of_torn(facts: Facts, path: str) -> str | None:
    found = facts.data(path) if isinstance(facts, TellsBytes) else None
    if found is None:
        raise CannotRepairError("the broken document was not read whole, so it cannot be replaced safely")
    reason = why_not_replaced(path, found[0])
    if reason is not None:
        raise CannotRepairError(reason)
    return found[1]


def _session_of_each(sessions: Sequence[DocumentFact]) -> dict[str, Any]:
    """The session of each path and of each hothash that the sessions list."""
    found: dict[str, Any] = {}
    for document in sessions:
        session = id_value(session_id_of(document))
        for entry in list_at(document, "files"):
            if isinstance(entry, dict):
                for member in ("relative_path", "hothash"):
                    if isinstance(entry.get(member), str):
                        found.setdefault(f"{member}:{entry[member]}", session)
    return found


def new_entries(files: Sequence[FileFact], sessions: dict[str, Any]) -> dict[str, Any]:
    """The entries of an index, by hothash, for those files of which it is known; of several with one, for one of them.

    `sessions` has the session of ``relative_path:PATH`` and ``hothash:KEY``, as sessions list them.
    """
    entries: dict[str, Any] = {}
    for file in sorted(files, key=lambda file: f"relative_path:{file.path}" not in sessions):
        if file.key is not None and file.key not in entries:
            session = sessions.get(f"relative_path:{file.path}", sessions.get(f"hothash:{file.key}"))
            entries[file.key] = index_entry(file, file.key, session)
    return entries
