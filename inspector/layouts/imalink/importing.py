"""What an import writes: the document of its session, and entries of the index and of the session; pure.

Field for field after the ImaLink storage indexing design (2024-10), "Session Index" and "Master Index".
"""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from inspector.layouts.imalink.entries import DELETED_AT, KEY_FORM
from inspector.layouts.imalink.heads import is_id
from inspector.layouts.imalink.names import SESSIONS
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    entries_of,
    id_value,
    moment,
    name_of,
    now,
)
from inspector.layouts.imalink.repair_entries import put_path, put_session_path
from inspector.layouts.imalink.repair_heads import uuid_of
from inspector.layouts.importing import ImportSession, Incoming
from inspector.layouts.repairs import CannotRepairError, DocumentFact, Facts
from inspector.model.operations import ABSENT, WriteDocument

_NUMBERED = re.compile(r"session_0*([0-9]{1,18})\.json")
_WIDTH = 3
_ODD_IN_NAMES = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|\ud800-\udfff]')


def import_path(path: str) -> str:
    """As `Importing` says: every part without what other systems do not take, or text cannot hold."""
    parts = (_ODD_IN_NAMES.sub("_", part).strip(" ") for part in path.split("/"))
    return "/".join(part if part not in {"", ".", ".."} else "_" for part in parts)


def next_session(facts: Facts) -> str:
    """As `Importing` says: one more than the highest number that a session has, or had by the index."""
    documents = Documents(facts)
    master = documents.master()
    _identity(documents, master)
    taken = [0]
    for entry in entries_of(master).values():
        session = entry.get("import_session_id") if isinstance(entry, dict) else None
        taken.append(session if type(session) is int else 0)
    for name in facts.names(SESSIONS):
        numbered = _NUMBERED.fullmatch(name)
        taken.append(int(numbered[1]) if numbered is not None else _stated_id(facts, f"{SESSIONS}/{name}"))
    return str(max(taken) + 1)


def _stated_id(facts: Facts, path: str) -> int:
    """The number in a session's document that is not called by one; 0 where it has none, or cannot be read."""
    if not path.endswith(".json"):
        return 0
    with suppress(CannotRepairError):
        document = facts.document(path)
        stated = document.value.get("session_id") if document is not None and isinstance(document.value, dict) else 0
        return stated if type(stated) is int else 0
    return 0


def document_of(session: str) -> str:
    """Where the document of an import's session lies."""
    return f"{SESSIONS}/session_{session:0>{_WIDTH}}.json"


def import_begins(facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
    """As `Importing` says: the session's document, without a file yet."""
    documents = Documents(facts)
    path = document_of(session.id)
    if facts.document(path) is not None:
        raise CannotRepairError(f"session {session.id} is there already")
    value: dict[str, Any] = {
        "session_id": id_value(session.id),
        "session_title": session.title,
        "import_date": session.began,
        "source_path": _text(session.source),
        "storage_uuid": _identity(documents, documents.master()),
        "backend_session_id": None,
        "files": [],
        "stats": {
            "total_scanned": session.scanned,
            "new_imports": 0,
            "duplicates_skipped": session.duplicates,
            "errors": len(session.errors),
            "total_size_bytes": 0,
        },
        "errors": _errors(session),
    }
    return (WriteDocument(path, None, text=json.dumps(value, indent=2, ensure_ascii=False) + "\n"),)


def file_comes_in(facts: Facts, session: ImportSession, file: Incoming) -> Sequence[WriteDocument]:
    """As `Importing` says: an entry of the index, and one of the session."""
    documents = Documents(facts)
    master, document = documents.master(), _document(documents, session)
    entries = entries_of(master)
    taken: set[str] = facts.once("hothashes taken by an import", set)
    key = _key(file, documents, taken)
    was = entries.get(key, ABSENT)
    if was is not ABSENT and not _gives_way(was, file, documents):
        raise CannotRepairError(f"the index has its hothash for {_place(was)}")
    changes = Changes(documents)
    if file.replaces:
        _replace(documents, changes, file, key)
    elif any(other != key for other in documents.keys_at(file.path)):
        raise CannotRepairError("the index lists another picture at its place, which is missing")
    taken.add(key)
    changes.append(document, "files", _session_entry(file, key))
    entry = {
        "hothash": key,
        "filename": name_of(file.path),
        "relative_path": file.path,
        "file_size": file.size,
        "import_session_id": id_value(session.id),
        "indexed_at": now(),
        "file_modified": moment(file.mtime_ns),
    }
    if was is ABSENT:
        changes.put(master, ("files", key), entry)
        return changes.operations()
    if was["relative_path"] != file.path:
        for other, position in documents.in_sessions(was["relative_path"], [key]):
            put_session_path(changes, other, position, file.path)
    put_path(documents, changes, key, file.path)
    for name, value in entry.items():
        changes.put(master, ("files", key, name), value)
    changes.put(master, ("files", key, DELETED_AT), ABSENT)
    return changes.operations()


def import_ends(facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
    """As `Importing` says: the errors, and the counts that do not follow from the list of files."""
    documents = Documents(facts)
    document = _document(documents, session)
    changes = Changes(documents)
    stats = document.value.get("stats")
    if isinstance(stats, dict):
        counts = (session.scanned, session.duplicates, len(session.errors))
        for name, count in zip(("total_scanned", "duplicates_skipped", "errors"), counts, strict=True):
            changes.put(document, ("stats", name), count)
    changes.put(document, ("errors",), _errors(session))
    return changes.operations()


def _key(file: Incoming, documents: Documents, taken: Collection[str]) -> str:
    """The key of a file in the index: its hothash, else a SHA-256 that stands for it, as the index lists it by one.

    That is the one of its bytes where it has no hothash; where its key is another file's, the one of key and path.
    """
    key = file.key or file.identity
    if not KEY_FORM.fullmatch(key):
        raise CannotRepairError("neither its hothash nor the SHA-256 of its bytes is known")
    held = entries_of(documents.master()).get(key)
    if key in taken or (held is not None and not _gives_way(held, file, documents)):
        return hashlib.sha256(f"{key}\0{file.path}".encode()).hexdigest()
    return key


def _gives_way(entry: Any, file: Incoming, documents: Documents) -> bool:
    """Whether an entry of the index is of the file's own place, or of a file that is not there any more."""
    path = entry.get("relative_path") if isinstance(entry, dict) else None
    if not isinstance(path, str):
        return False
    return path == file.path or (documents.facts.file(path) is None and not _is_there(documents.facts, path))


def _is_there(facts: Facts, path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name in facts.names(folder)


def _document(documents: Documents, session: ImportSession) -> DocumentFact:
    """The document of an import's session.

    Raises:
        CannotRepairError: where it is not there any more, or holds no list of files.
    """
    document = documents.session_document(document_of(session.id))
    if not isinstance(document.value.get("files"), list):
        raise CannotRepairError(f"{document.path} holds no list of files")
    return document


def _session_entry(file: Incoming, key: str) -> dict[str, Any]:
    return {
        "original_filename": _text(file.original),
        "storage_filename": name_of(file.path),
        "relative_path": file.path,
        "hothash": key,
        "file_size": file.size,
        "imported_at": now(),
        "exif_extracted": file.has_exif,
        "sent_to_backend": False,
    }


def _replace(documents: Documents, changes: Changes, file: Incoming, key: str) -> None:
    """What was recorded of the file that gives way is what is known of the new one, as of an edited file."""
    keys = documents.keys_at(file.path)
    for session, position in documents.in_sessions(file.path, keys):
        changes.put(session, ("files", position, "file_size"), file.size)
        changes.put(session, ("files", position, "hothash"), key)
    for former in keys:
        if former != key:
            changes.put(documents.master(), ("files", former), ABSENT)


def _errors(session: ImportSession) -> list[dict[str, str]]:
    return [{"file": _text(path), "error": _text(reason)} for path, reason in (*session.errors, *session.notes)]


def _text(text: str) -> str:
    """A path or a name as a document of Unicode can hold it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _place(entry: Any) -> str:
    return str(entry.get("relative_path")) if isinstance(entry, dict) else "something else"


def _identity(documents: Documents, master: DocumentFact) -> str:
    """The storage's id, by its signature, else by its index.

    Raises:
        CannotRepairError: where neither states it.
    """
    signature = documents.signature()
    for document in (signature, master):
        found = uuid_of(document) if document is not None else None
        if is_id(found):
            return str(found)
    raise CannotRepairError("neither its signature nor its index says what its id is")
