"""Entries of the index and of sessions that follow a file: moved, taken out, altered, arrived.

Field for field after the ImaLink storage indexing design (2024-10), "Master Index" and "Session Index".
"""

from collections.abc import Sequence
from typing import Any

from inspector.layouts.imalink.entries import KEY_FORM
from inspector.layouts.imalink.heads import is_id
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    entries_of,
    id_value,
    list_at,
    moment,
    name_of,
    now,
)
from inspector.layouts.repairs import CannotRepairError, DocumentFact, Facts, FileFact
from inspector.model.operations import ABSENT, WriteDocument
from inspector.model.relpath import UnsafePathError, safe_relative_path


def after_move(facts: Facts, old: str, new: str) -> Sequence[WriteDocument]:
    """The index and the sessions follow a file from `old` to `new`; its name on the camera stays."""
    documents = Documents(facts)
    documents.refuse_older_programs(old)
    _check_path(new)
    changes = Changes(documents)
    keys = documents.keys_at(old)
    if keys and documents.keys_at(new):
        raise CannotRepairError(f"the index lists another picture at {new}")
    for session, position in documents.in_sessions(old, keys):
        put_session_path(changes, session, position, new)
    for key in keys:
        put_path(documents, changes, key, new)
    return changes.operations()


def after_removal(facts: Facts, path: str) -> Sequence[WriteDocument]:
    """The index forgets a file; the sessions go on telling that it was imported."""
    documents = Documents(facts)
    documents.refuse_older_programs(path)
    changes = Changes(documents)
    for key in documents.keys_at(path):
        drop_key(documents, changes, key)
    return changes.operations()


def after_change(facts: Facts, path: str) -> Sequence[WriteDocument]:
    """The index and the sessions record a file's size, time and, where it is known, hothash as they are now."""
    documents = Documents(facts)
    documents.refuse_older_programs(path)
    file = the_file(facts, path)
    changes = Changes(documents)
    keys = documents.keys_at(path)
    if file.key is not None and len(keys) > 1 and file.key not in keys:
        raise CannotRepairError("the index lists it under several hothashes, and none of them is its own")
    for session, position in documents.in_sessions(path, keys):
        changes.put(session, ("files", position, "file_size"), _size(file))
        if file.key is not None:
            changes.put(session, ("files", position, "hothash"), file.key)
    for key in keys:
        if file.key is None or file.key == key or len(keys) == 1:
            record_content(documents, changes, key, file)
    return changes.operations()


def after_arrival(facts: Facts, path: str, session: str | None) -> Sequence[WriteDocument]:
    """The index enters a file, and a session's document too where a session is named.

    Without one the entry is of the session that lists the file already; else its `import_session_id` is null.
    """
    documents = Documents(facts)
    changes = Changes(documents)
    add_file(documents, changes, path, session)
    return changes.operations()


def add_file(documents: Documents, changes: Changes, path: str, session: str | None) -> None:
    """What `after_arrival` says, into `changes`.

    Raises:
        CannotRepairError: where the index lists the file, or another one with its hothash, or its hothash is unknown.
    """
    master = documents.master()
    _check_path(path)
    file = the_file(documents.facts, path)
    if documents.keys_at(path):
        raise CannotRepairError("the index lists it already")
    if file.key is None:
        raise CannotRepairError("its hothash is not known: scan once more")
    holder = entries_of(master).get(file.key)
    if holder is not None:
        listed = holder.get("relative_path") if isinstance(holder, dict) else None
        raise CannotRepairError(f"the index can hold one file for each hothash, and has this one's for {listed}")
    identity = session_of_path(documents, path) if session is None else _session_value(documents, session)
    if session is not None:
        put_session_entry(documents, changes, documents.the_session(session), path, file)
    changes.put(master, ("files", file.key), index_entry(file, file.key, identity))
    for position in documents.noted("orphan_file", path):
        changes.put(master, ("conflicts", position), ABSENT)


def index_entry(file: FileFact, key: str, session: int | str | None) -> dict[str, Any]:
    """A new entry of the index."""
    return {
        "hothash": key,
        "filename": name_of(file.path),
        "relative_path": file.path,
        "file_size": _size(file),
        "import_session_id": session,
        "indexed_at": now(),
        "file_modified": moment(_mtime_ns(file)),
    }


def session_entry(path: str, key: str, size: int) -> dict[str, Any]:
    """A new entry of a session: what it was called on the camera is not known, nor does the backend know of it."""
    return {
        "original_filename": name_of(path),
        "storage_filename": name_of(path),
        "relative_path": path,
        "hothash": key,
        "file_size": size,
        "imported_at": now(),
        "exif_extracted": False,
        "sent_to_backend": False,
    }


def put_session_entry(
    documents: Documents, changes: Changes, document: DocumentFact, path: str, file: FileFact
) -> None:
    """Enter a file into a session's document, unless it lists it."""
    if file.key is not None and path not in documents.positions(document).by_path:
        changes.append(document, "files", session_entry(path, file.key, _size(file)))


def put_path(documents: Documents, changes: Changes, key: str, path: str) -> None:
    """Give an entry of the index another path, and its file name where it had that of the old path."""
    master = documents.master()
    entry = entries_of(master)[key]
    if entry.get("filename") == name_of(entry["relative_path"]):
        changes.put(master, ("files", key, "filename"), name_of(path))
    changes.put(master, ("files", key, "relative_path"), path)
    changes.put(master, ("files", key, "indexed_at"), now())
    _no_longer_missing(documents, changes, key)


def put_session_path(changes: Changes, document: DocumentFact, position: int, path: str) -> None:
    """Give an entry of a session another path."""
    entry = list_at(document, "files")[position]
    if entry.get("storage_filename") == name_of(entry["relative_path"]):
        changes.put(document, ("files", position, "storage_filename"), name_of(path))
    changes.put(document, ("files", position, "relative_path"), path)


def drop_key(documents: Documents, changes: Changes, key: str) -> None:
    """Take an entry out of the index, and what the index notes about its being missing."""
    changes.put(documents.master(), ("files", key), ABSENT)
    _no_longer_missing(documents, changes, key)


def record_content(documents: Documents, changes: Changes, key: str, file: FileFact) -> None:
    """Record a file's content in its entry, which moves to the file's hothash where that is another one.

    Raises:
        CannotRepairError: where the index has that hothash for another file.
    """
    master = documents.master()
    fields = {"file_size": _size(file), "file_modified": moment(_mtime_ns(file)), "indexed_at": now()}
    if file.key is not None and file.key != key:
        move_key(documents, changes, key, file.key, fields)
        return
    for member, value in fields.items():
        changes.put(master, ("files", key, member), value)
    _no_longer_missing(documents, changes, key)


def move_key(documents: Documents, changes: Changes, old: str, new: str, fields: dict[str, Any]) -> None:
    """Put an entry under another hothash, with these fields changed; all else of it and its place stay as they are.

    Raises:
        CannotRepairError: where the index has that hothash already.
    """
    master = documents.master()
    files = entries_of(master)
    if new in files:
        taken = files[new].get("relative_path") if isinstance(files[new], dict) else None
        raise CannotRepairError(f"its hothash is now that of {taken}, and the index can hold one file for each")
    changes.rename(master, ("files", old), new)
    for member, value in {"hothash": new, **fields}.items():
        changes.put(master, ("files", old, member), value)
    _no_longer_missing(documents, changes, old)


def right_key(key: str, file: FileFact | None) -> str:
    """The hothash that an entry should be under: the file's, else the one that it is under.

    Raises:
        CannotRepairError: where neither is one.
    """
    if file is not None and file.key is not None:
        return file.key
    if KEY_FORM.fullmatch(key):
        return key
    raise CannotRepairError("its hothash is not known: scan once more")


def the_file(facts: Facts, path: str) -> FileFact:
    """The file at a path.

    Raises:
        CannotRepairError: where none is known.
    """
    file = facts.file(path)
    if file is None:
        raise CannotRepairError("no file is there")
    return file


def session_of_path(documents: Documents, path: str) -> int | str | None:
    """The first session whose document lists a path, as the index writes it; None where there is none."""
    claimed = documents.claimed_sessions(path)
    return _session_value(documents, claimed[0]) if claimed else None


def _session_value(documents: Documents, session: str) -> int | str:
    """A session's id as its document writes it."""
    for document in documents.session(session):
        stated = document.value.get("session_id")
        if isinstance(stated, int | str) and is_id(stated):
            return stated
    return id_value(session)


def _no_longer_missing(documents: Documents, changes: Changes, key: str) -> None:
    for position in documents.noted("missing_file", key):
        changes.put(documents.master(), ("conflicts", position), ABSENT)


def _check_path(path: str) -> None:
    try:
        safe_relative_path(path)
    except UnsafePathError as error:
        raise CannotRepairError(f"its path cannot stand in the index: {error}") from error


def _size(file: FileFact) -> int:
    if file.state.size is None:
        raise CannotRepairError("its size is not known: scan once more")
    return file.state.size


def _mtime_ns(file: FileFact) -> int:
    if file.state.mtime_ns is None:
        raise CannotRepairError("its time of change is not known: scan once more")
    return file.state.mtime_ns
