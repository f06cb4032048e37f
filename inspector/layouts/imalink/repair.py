"""What the choices of ImaLink's conflicts write into its documents; pure.

What a file's move, removal, change or arrival comes to is in `repair_entries`; here is what concerns the documents
only: entries that are wrong, and what `repair_heads` and `repair_sessions` know of heads and sessions.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from inspector.layouts.imalink import repair_heads, repair_sessions
from inspector.layouts.imalink.heads import is_count
from inspector.layouts.imalink.names import MASTER, SESSIONS
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    TellsMembers,
    entries_of,
    list_at,
    moment,
    name_of,
    now,
)
from inspector.layouts.imalink.repair_entries import (
    add_file,
    after_arrival,
    after_change,
    after_move,
    after_removal,
    drop_key,
    move_key,
    right_key,
    session_of_path,
    the_file,
)
from inspector.layouts.imalink.repair_whole import rebuild
from inspector.layouts.json_text import as_evidence
from inspector.layouts.repairs import CannotRepairError, DocumentFact, Facts
from inspector.model.operations import ABSENT, KeepOneMember, WriteDocument
from inspector.model.records import Conflict

__all__ = [
    "after_arrival",
    "after_change",
    "after_move",
    "after_removal",
    "repair_documents",
]


def repair_documents(facts: Facts, conflict: Conflict, choice: str) -> Sequence[WriteDocument]:
    """The edits of a choice that concerns the documents only.

    Raises:
        CannotRepairError: where it cannot be done, with the reason.
    """
    repair = _REPAIRS.get((conflict.kind, choice))
    if repair is None:
        raise CannotRepairError(f"ImaLink's documents have nothing to do with '{choice}'")
    if "more_of_this_kind" in conflict.evidence:
        raise CannotRepairError("it stands for many that were not listed: repair those that were, and scan again")
    if conflict.evidence.get("document") not in {None, MASTER} and _is_foreign(conflict.evidence["document"]):
        raise CannotRepairError(f"{conflict.evidence['document']} is none of the documents that are repaired here")
    documents = Documents(facts)
    changes = Changes(documents)
    written = repair(documents, changes, conflict, choice)
    return (*changes.operations(), *(written or ()))


def _is_foreign(document: Any) -> bool:
    if not isinstance(document, str):
        return True
    return document not in repair_heads.DOCUMENTS and not document.startswith(f"{SESSIONS}/") and document != SESSIONS


def _mark_missing(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """A `missing_file` in the index's own list of conflicts, with the fields of the design document."""
    path = conflict.subject
    keys = documents.keys_at(path)
    if not keys:
        raise CannotRepairError("the index does not list it")
    master = documents.master()
    for key in keys:
        noted = [list_at(master, "conflicts")[position] for position in documents.noted("missing_file", key)]
        if any(note.get("expected_path") == path for note in noted):
            continue
        entry = entries_of(master)[key]
        missing = {
            "type": "missing_file",
            "hothash": key,
            "filename": entry.get("filename", name_of(path)),
            "expected_path": path,
            "last_seen": entry.get("indexed_at"),
        }
        changes.append(master, "conflicts", missing)


def _drop_missing(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    path = conflict.subject
    documents.refuse_older_programs(path)
    keys = documents.keys_at(path)
    if not keys:
        raise CannotRepairError("the index does not list it")
    for key in keys:
        drop_key(documents, changes, key)


def _add_to_index(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    add_file(documents, changes, conflict.subject, None)


def _add_to_session(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """The session that lists the file already, else the only one that the index names for files of its folder."""
    path = conflict.subject
    sessions = documents.claimed_sessions(path) or [str(one) for one in documents.sessions_of_folder(path)]
    if len(sessions) != 1:
        some = "of several sessions" if sessions else "of no session"
        raise CannotRepairError(f"which session it belongs to cannot be told: its folder has files {some}")
    add_file(documents, changes, path, sessions[0])


def _drop_entry(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    document, where = _entry(documents, conflict)
    if document.path == MASTER:
        drop_key(documents, changes, str(where))
    else:
        changes.put(document, ("files", where), ABSENT)


def _correct_entry(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    if "key" not in conflict.evidence:
        repair_heads.correct_head(documents, changes, conflict)
        return
    document, where = _entry(documents, conflict)
    entry = document.value["files"][where]
    if not isinstance(entry, dict):
        raise CannotRepairError("it is no object, so nothing tells which file it means: take it out")
    path = entry.get("relative_path")
    if not isinstance(path, str):
        raise CannotRepairError("it has no path, so nothing tells which file it means: take it out")
    if document.path == MASTER:
        _correct_in_index(documents, changes, str(where), entry, conflict.evidence["problems"])
    else:
        _correct_in_session(documents, changes, document, int(where), conflict.evidence["problems"])


def _correct_in_index(
    documents: Documents, changes: Changes, key: str, entry: dict[str, Any], problems: dict[str, str]
) -> None:
    master, path = documents.master(), entry["relative_path"]
    file = the_file(documents.facts, path)
    corrected: dict[str, Callable[[], Any]] = {
        "filename": lambda: name_of(path),
        "file_size": lambda: file.state.size,
        "file_modified": lambda: moment(file.state.mtime_ns) if file.state.mtime_ns is not None else None,
        "import_session_id": lambda: session_of_path(documents, path),
        "indexed_at": now,
    }
    fields = {member: correct() for member, correct in corrected.items() if member in problems}
    if any(value is None for member, value in fields.items() if member != "import_session_id"):
        raise CannotRepairError("its size or time is not known: scan once more")
    rightful = right_key(key, file) if "key" in problems or "hothash" in problems else key
    if rightful != key:
        move_key(documents, changes, key, rightful, {**fields, "indexed_at": now()})
        return
    if "hothash" in problems:
        fields["hothash"] = key
    for member, value in {**fields, "indexed_at": now()}.items():
        changes.put(master, ("files", key, member), value)


def _correct_in_session(
    documents: Documents, changes: Changes, document: DocumentFact, position: int, problems: dict[str, str]
) -> None:
    path = document.value["files"][position]["relative_path"]
    file = documents.facts.file(path)
    fields: dict[str, Any] = {}
    if "hothash" in problems:
        keys = documents.keys_at(path)
        fields["hothash"] = right_key(keys[0] if keys else "", file)
    if "file_size" in problems:
        fields["file_size"] = the_file(documents.facts, path).state.size
        if not is_count(fields["file_size"]):
            raise CannotRepairError("its size is not known: scan once more")
    for member in ("original_filename", "storage_filename"):
        if member in problems:
            fields[member] = name_of(path)
    if "imported_at" in problems:
        fields["imported_at"] = repair_heads.moment_or_now(document.value.get("import_date"))
    fields |= {member: False for member in ("exif_extracted", "sent_to_backend") if member in problems}
    for member, value in fields.items():
        changes.put(document, ("files", position, member), value)


def _keep_one(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """One path under several keys, or one hothash several times in a session's list: one entry stays."""
    evidence = conflict.evidence
    first = choice == "keep_first"
    if "session" in evidence and "documents" in evidence:
        raise CannotRepairError(
            "two documents are of one session: which other id one of them should have cannot be told"
        )
    if evidence.get("in_text") is True:
        _keep_one_member(documents, changes, conflict, "first" if first else "last")
        return
    if evidence["document"] == MASTER:
        keys = documents.keys_at(evidence["relative_path"])
        for key in keys[1:] if first else keys[:-1]:
            drop_key(documents, changes, key)
        if len(keys) < 2:
            raise CannotRepairError("the index does not list it twice any more: scan once more")
        return
    document = documents.session_document(evidence["document"])
    table = documents.positions(document)
    if "relative_path" in evidence:
        positions = table.by_path.get(evidence["relative_path"], [])
    else:
        positions = table.by_key.get(evidence["key"], [])
    if len(positions) < 2:
        raise CannotRepairError("the session does not list it twice any more: scan once more")
    for position in positions[1:] if first else positions[:-1]:
        changes.put(document, ("files", position), ABSENT)


def _keep_one_member(
    documents: Documents, changes: Changes, conflict: Conflict, keep: Literal["first", "last"]
) -> None:
    """Of members that one object has under one key, of which reading the document keeps the last, one stays."""
    evidence = conflict.evidence
    document = repair_heads.document_of(documents, conflict)
    if not isinstance(documents.facts, TellsMembers):
        raise CannotRepairError("the text of the document is not known here")
    key, inside = evidence["key"], evidence.get("in", "files" if "count" in evidence else "")
    places = [(*where, key) for where in _places_named(document.value, inside)]
    found = [(where, values) for where in places if len(values := documents.facts.members(document.path, where)) > 1]
    if len(found) != 1:
        raise CannotRepairError("the key is not found twice as it was: scan once more")
    changes.keep_one(document, KeepOneMember(found[0][0], keep, tuple(found[0][1])))


def _places_named(value: Any, words: str) -> Iterator[tuple[str | int, ...]]:
    """The places of objects that the words of a finding can mean: keys and positions with ``/`` between them."""
    if not words:
        yield ()
        return
    if isinstance(value, list):
        first, _, rest = words.partition("/")
        if first.isdecimal() and int(first) < len(value):
            yield from ((int(first), *inner) for inner in _places_named(value[int(first)], rest))
        return
    parts = words.split("/")
    for count in range(1, len(parts) + 1):
        key = "/".join(parts[:count])
        if isinstance(value, dict) and key in value:
            yield from ((key, *inner) for inner in _places_named(value[key], "/".join(parts[count:])))


def _entry(documents: Documents, conflict: Conflict) -> tuple[DocumentFact, str | int]:
    """The document and the key or position of the entry that a finding about an entry means.

    Raises:
        CannotRepairError: where it is not there as it was found.
    """
    evidence = conflict.evidence
    if "key" not in evidence:
        raise CannotRepairError("it is about no single entry")
    key = evidence["key"]
    gone = CannotRepairError("the entry is not there as it was found: scan once more")
    if evidence["document"] == MASTER:
        document: DocumentFact = documents.master()
        where: str | int = key
        if key not in entries_of(document):
            raise gone
    else:
        document = documents.session_document(evidence["document"])
        number = key.rpartition("#")[2]
        where = int(number) if number.isdecimal() else -1
        if not 0 <= where < len(list_at(document, "files")):
            raise gone
    entry = document.value["files"][where]
    found = as_evidence(entry)
    if "relative_path" in evidence and found.get("relative_path") != evidence["relative_path"]:
        raise gone
    if "entry" in evidence and evidence["entry"] not in (found, "not looked into"):
        raise gone
    return document, where


_Repair = Callable[[Documents, Changes, Conflict, str], Sequence[WriteDocument] | None]
_REPAIRS: dict[tuple[str, str], _Repair] = {
    ("missing_file", "mark_missing"): _mark_missing,
    ("missing_file", "drop_entry"): _drop_missing,
    ("orphan_file", "add_to_index"): _add_to_index,
    ("orphan_file", "add_to_session"): _add_to_session,
    ("unsafe_path", "drop_entry"): _drop_entry,
    ("index_bad_entry", "drop_entry"): _drop_entry,
    ("index_bad_entry", "correct_entry"): _correct_entry,
    ("index_duplicate_key", "keep_last"): _keep_one,
    ("index_duplicate_key", "keep_first"): _keep_one,
    ("index_unparsable", "rebuild"): rebuild,
    ("missing_document", "rebuild"): rebuild,
    ("totals_wrong", "correct_totals"): repair_heads.correct_totals,
    ("storage_id_mismatch", "use_signature"): repair_heads.use_signature,
    ("storage_id_mismatch", "use_most_named"): repair_heads.use_most_named,
    ("cloned_storage", "new_identity"): repair_heads.new_identity,
    ("session_drift", "follow_index"): repair_sessions.follow_index,
    ("session_drift", "follow_session"): repair_sessions.follow_session,
}
