"""A reader of ImaLink's documents after the format's own description, and nothing of the product: what a program of
the original kind trips over, and which members it does not know.

Fields after the ImaLink storage indexing design (2024-10): `.imalink-storage`, `imalink-master.json` and
`imalink-sessions/session_<id>.json`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

MASTER, SIGNATURE, SESSIONS = "imalink-master.json", ".imalink-storage", "imalink-sessions/"

Test = Callable[[Any], bool]
_HOTHASH = re.compile(r"[0-9a-f]{64}")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _hothash(value: Any) -> bool:
    return isinstance(value, str) and _HOTHASH.fullmatch(value) is not None


def _path(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not {"", ".", ".."} & set(value.split("/")) and "\\" not in value


def _session(value: Any) -> bool:
    return value is None or type(value) is int


_SIGNATURE: dict[str, Test] = {
    "imalink_storage_version": lambda value: value == "1.0",
    "storage_uuid": _text,
    "display_name": _text,
    "created_at": _moment,
    "last_indexed": _moment,
    "photo_count": _count,
    "total_size_bytes": _count,
}
_MASTER: dict[str, Test] = {
    "index_version": lambda value: value == "1.0",
    "storage_uuid": _text,
    "indexed_at": _moment,
    "total_files": _count,
    "total_size_bytes": _count,
    "files": lambda value: isinstance(value, dict),
    "conflicts": _list,
}
_ENTRY: dict[str, Test] = {
    "hothash": _hothash,
    "filename": _text,
    "relative_path": _path,
    "file_size": _count,
    "import_session_id": _session,
    "indexed_at": _moment,
    "file_modified": _moment,
}
_SESSION: dict[str, Test] = {
    "session_id": lambda value: type(value) is int,
    "session_title": _text,
    "import_date": _moment,
    "source_path": _text,
    "storage_uuid": _text,
    "files": _list,
    "stats": lambda value: isinstance(value, dict),
    "errors": _list,
}
_IMPORTED: dict[str, Test] = {
    "original_filename": _text,
    "storage_filename": _text,
    "relative_path": _path,
    "hothash": _hothash,
    "file_size": _count,
    "imported_at": _moment,
    "exif_extracted": _flag,
    "sent_to_backend": _flag,
}
_STATS: dict[str, Test] = dict.fromkeys(
    ("total_scanned", "new_imports", "duplicates_skipped", "errors", "total_size_bytes"), _count
)
_CONFLICTS: dict[str, tuple[str, ...]] = {
    "missing_file": ("hothash", "filename", "expected_path", "last_seen"),
    "orphan_file": ("path", "file_size", "detected_at", "reason"),
    "duplicate_filename": ("filename", "instances"),
}


def problems(documents: Mapping[str, bytes]) -> set[str]:
    """What is wrong with the documents, each fault named so that it has the same name again when they are rewritten."""
    return {f"{path}: {problem}" for path, data in documents.items() for problem in _problems(path, data)}


def _problems(path: str, data: bytes) -> Iterator[str]:
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_no_repetition, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        yield "is no JSON"
        return
    if not isinstance(document, dict):
        yield "is no object"
    elif path == SIGNATURE:
        yield from _members("head", document, _SIGNATURE)
    elif path == MASTER:
        yield from _members("head", document, _MASTER)
        yield from _master(document)
    elif path.startswith(SESSIONS):
        yield from _members("head", document, _SESSION)
        yield from _one_session(document)


def _master(master: dict[str, Any]) -> Iterator[str]:
    files = master.get("files")
    for key, entry in files.items() if isinstance(files, dict) else ():
        if not isinstance(entry, dict):
            yield f"{key} is no object"
            continue
        yield from _members(key, entry, _ENTRY)
        if entry.get("hothash") != key:
            yield f"{key} has another hothash"
        if str(entry.get("relative_path")).rpartition("/")[2] != entry.get("filename"):
            yield f"{key} has another file name"
    if isinstance(files, dict) and master.get("total_files") != len(files):
        yield "counts its files wrongly"
    for conflict in master.get("conflicts") or ():
        wanted = _CONFLICTS.get(str(conflict.get("type"))) if isinstance(conflict, dict) else None
        if wanted is None or any(member not in conflict for member in wanted):
            yield "has a conflict that is none"


def _one_session(session: dict[str, Any]) -> Iterator[str]:
    for entry in session.get("files") or ():
        if not isinstance(entry, dict):
            yield "has an entry that is no object"
            continue
        yield from _members(str(entry.get("hothash")), entry, _IMPORTED)
        if str(entry.get("relative_path")).rpartition("/")[2] != entry.get("storage_filename"):
            yield f"{entry.get('hothash')} has another file name"
    if isinstance(session.get("stats"), dict):
        yield from _members("stats", session["stats"], _STATS)


def _members(what: str, values: Mapping[str, Any], tests: Mapping[str, Test]) -> Iterator[str]:
    for member, test in tests.items():
        if member not in values:
            yield f"{what} has no {member}"
        elif not test(values[member]):
            yield f"{what} has a wrong {member}"


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def lost_members(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """What documents lost of members that ImaLink does not know, or which members now come in another order.

    Entries that are gone are not looked for, and so documents that were not readable before or are not there now.
    """
    lost: list[str] = []
    for path in before.keys() & after.keys():
        try:
            old, new = json.loads(before[path]), json.loads(after[path])
        except ValueError:
            continue
        lost += [f"{path}: {what}" for what in _lost(old, new, "head")]
        old_entries, new_entries = _entries(old), _entries(new)
        for key in old_entries.keys() & new_entries.keys():
            lost += [f"{path}: {what}" for what in _lost(old_entries[key], new_entries[key], key)]
    return lost


def without_moments(data: bytes) -> bytes:
    """A document without the times at which it was indexed."""
    return re.sub(rb'("(?:indexed_at|last_indexed)":\s*")[^"]*"', rb"\1", data)


def _lost(old: Any, new: Any, where: str) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    for key, value in old.items():
        if key.startswith("x_") and (key not in new or json.dumps(new[key]) != json.dumps(value)):
            yield f"{where} lost {key}"
    common = [key for key in old if key in new]
    if common != [key for key in new if key in old]:
        yield f"{where} has its members in another order"


def _entries(document: Any) -> dict[str, Any]:
    files = document.get("files") if isinstance(document, dict) else None
    if isinstance(files, dict):
        return files
    keys = [entry.get("hothash") for entry in files or () if isinstance(entry, dict)]
    return {
        str(entry.get("hothash")): entry
        for entry in files or ()
        if isinstance(entry, dict) and keys.count(entry.get("hothash")) == 1
    }
