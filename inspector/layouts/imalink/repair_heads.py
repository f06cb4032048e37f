"""Repairs of what the documents say of the storage as a whole: its id, its totals, their heads, the whole index."""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from inspector.layouts.imalink.heads import is_id
from inspector.layouts.imalink.moments import nanoseconds
from inspector.layouts.imalink.names import MASTER, SESSIONS, SIGNATURE
from inspector.layouts.imalink.reading import KNOWN_VERSION
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    ListsDocuments,
    ListsFiles,
    id_value,
    list_at,
    now,
    session_id_of,
)
from inspector.layouts.imalink.repair_entries import index_entry
from inspector.layouts.imalink.repair_totals import settle_signature, total_edits
from inspector.layouts.repairs import CannotRepairError, DocumentFact, FileFact
from inspector.model.operations import WriteDocument
from inspector.model.records import Conflict

DOCUMENTS = (SIGNATURE, MASTER)
_COUNTS = frozenset({"photo_count", "total_files", "total_size_bytes"})
_TIMES_OF_INDEXING = frozenset({"indexed_at", "last_indexed"})


def correct_totals(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """The counted totals of one document."""
    document = _document(documents, conflict)
    if document.path == SIGNATURE:
        edits = settle_signature(documents.master().value, document.value)
    else:
        edits = total_edits(document.path, document.value)
    for edit in edits:
        changes.put(document, edit.where, edit.value)


def use_signature(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """The signature's id into all documents; without one, the id that most documents name."""
    signature = documents.signature()
    others = [*filter(None, [documents.master_if_any()]), *documents.all_sessions()]
    identity = _uuid(signature) if signature is not None else None
    if identity is None:
        named = Counter(found for document in others if (found := _uuid(document)) is not None)
        ranked = named.most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            raise CannotRepairError("the signature names no id, and the other documents name no one id most")
        identity = ranked[0][0]
    _put_identity(changes, [*filter(None, [signature]), *others], identity)


def new_identity(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """An id of its own for this storage, in all its documents."""
    own = [*filter(None, [documents.signature(), documents.master_if_any()])]
    if not own:
        raise CannotRepairError("it has neither signature nor index that could hold an id")
    _put_identity(changes, [*own, *documents.all_sessions()], str(uuid.uuid4()))


def correct_head(documents: Documents, changes: Changes, conflict: Conflict) -> None:
    """Members of a document's head whose right value follows from the entries or from the other documents.

    Raises:
        CannotRepairError: where one has no such value.
    """
    document = _document(documents, conflict)
    problems = conflict.evidence["problems"]
    if "numbers" in problems:
        raise CannotRepairError("what the numbers should be cannot be told")
    for member in problems:
        if member in _TIMES_OF_INDEXING:
            changes.put(document, (member,), now())
        elif member == "storage_uuid":
            changes.put(document, (member,), _identity(documents, document))
        elif member == "session_id":
            stated = document.value.get(member)
            named = DocumentFact(document.path, {}, "")
            changes.put(document, (member,), id_value(session_id_of(named)) if not is_id(stated) else stated)
        elif member not in _COUNTS:
            raise CannotRepairError(f"what {member} should be cannot be told from anything else")
    if _COUNTS & problems.keys():
        correct_totals(documents, changes, conflict, "")


def rebuild(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> Sequence[WriteDocument]:
    """A whole new index from the files, with the sessions that list them.

    Of several files with one hothash it enters the one that a session lists, else the first.

    Raises:
        CannotRepairError: where files, hothashes, sessions or the storage's id are not all known.
    """
    if conflict.evidence.get("document") != MASTER:
        raise CannotRepairError("only the index can be made from the files: bring an earlier generation back")
    facts = documents.facts
    if not isinstance(facts, ListsFiles) or not isinstance(facts, ListsDocuments):
        raise CannotRepairError("which files the storage has is not known here: bring an earlier generation back")
    digest = _digest_of_master(documents)
    signature = documents.signature()
    identity = _uuid(signature) if signature is not None else None
    if identity is None:
        raise CannotRepairError("the storage's id is in the index only: bring an earlier generation back")
    found = sorted(facts.files(), key=lambda file: file.path)
    unknown = sum(file.key is None for file in found)
    if unknown:
        raise CannotRepairError(f"{unknown} of {len(found)} files have no known hothash: scan deep first")
    sessions = [documents.session_document(path) for path in facts.documents(SESSIONS)]
    entries = _new_entries(found, _session_of_each(sessions))
    master = {
        "index_version": KNOWN_VERSION,
        "storage_uuid": identity,
        "indexed_at": now(),
        "total_files": len(entries),
        "total_size_bytes": sum(entry["file_size"] for entry in entries.values()),
        "files": entries,
        "conflicts": [],
    }
    return (WriteDocument(MASTER, digest, text=json.dumps(master, indent=2, ensure_ascii=False)),)


def moment_or_now(value: object) -> str:
    """`value` where it is a moment as the documents write it, else this moment."""
    try:
        nanoseconds(value)
    except ValueError:
        return now()
    assert isinstance(value, str)
    return value


def _document(documents: Documents, conflict: Conflict) -> DocumentFact:
    path = conflict.evidence["document"]
    if path == MASTER:
        return documents.master()
    if path == SIGNATURE:
        signature = documents.signature()
        if signature is None:
            raise CannotRepairError("the storage has no signature any more")
        return signature
    return documents.session_document(path)


def _identity(documents: Documents, wrong: DocumentFact) -> str:
    """The storage's id by the documents other than this one."""
    for document in (documents.signature(), documents.master_if_any()):
        if document is not None and document.path != wrong.path and (identity := _uuid(document)) is not None:
            return identity
    raise CannotRepairError("no other document names the storage's id")


def _uuid(document: DocumentFact) -> str | None:
    stated = document.value.get("storage_uuid")
    return stated if isinstance(stated, str) and is_id(stated) else None


def _put_identity(changes: Changes, documents: Sequence[DocumentFact], identity: str) -> None:
    """Sessions that name no storage stay so."""
    for document in documents:
        if document.path in DOCUMENTS or "storage_uuid" in document.value:
            changes.put(document, ("storage_uuid",), identity)


def _digest_of_master(documents: Documents) -> str | None:
    """The digest of the index that is to be replaced; None where there is none."""
    try:
        master = documents.facts.document(MASTER)
    except CannotRepairError:
        file = documents.facts.file(MASTER)
        if file is None or file.state.digest is None:
            raise CannotRepairError("the broken index was not read whole, so it cannot be replaced safely") from None
        return file.state.digest
    return master.digest if master is not None else None


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


def _new_entries(files: Sequence[FileFact], sessions: dict[str, Any]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for file in sorted(files, key=lambda file: f"relative_path:{file.path}" not in sessions):
        if file.key is not None and file.key not in entries:
            session = sessions.get(f"relative_path:{file.path}", sessions.get(f"hothash:{file.key}"))
            entries[file.key] = index_entry(file, file.key, session)
    return entries
