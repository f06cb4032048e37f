"""The sides of conflicts between layers and within documents: what each of them states, as columns."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from inspector.conflicts.comparing.case import MOST_SIDES, Case
from inspector.conflicts.comparing.statements import references_of, session_title
from inspector.model.comparison import FILE, Field, Lacking, Mark, Side, Unit, Value, agreement
from inspector.model.records import StorageInfo
from inspector.model.relpath import UnsafePathError, safe_relative_path

ENTRY, TOTALS = "entry", "totals"
_INDEX_ROLE = "index"
_PATHS_OF_DRIFT = 300


def session_drift(case: Case) -> None:
    """The session, the index and the disk: a row for each picture on which they differ."""
    session = str(case.evidence("session", ""))
    title = session_title(case.look.connection, case.storage_id, session)
    document = case.conflict.path
    says = f"session {session}" + (f", {title}" if title else "")
    if document is not None:
        case.add_file(document, says)
    else:
        case.add(Side(says, case.storage_id))
    indexes = _index_layers(case)
    for name in indexes:
        case.add_file(name, "the index") if len(indexes) == 1 else case.add_file(name, f"the index {name}")
    case.add(Side("on disk", case.storage_id))
    case.file_rows = ()
    shown = 0
    for what, total in _counts(case).items():
        examples = [one for one in case.evidence(what, ()) if isinstance(one, Mapping)]
        for one in islice(examples, _PATHS_OF_DRIFT - shown):
            case.fields += _drift_rows(case, session, indexes, what, str(one.get("path")), one.get("key"))
            shown += 1
        case.more_differ += max(0, total - len(examples))


def _counts(case: Case) -> dict[str, int]:
    counts = case.evidence("counts")
    if not isinstance(counts, Mapping):
        return {}
    return {str(what): count for what, count in counts.items() if isinstance(count, int)}


def _index_layers(case: Case) -> list[str]:
    rows = case.look.connection.execute(
        "SELECT name FROM layer WHERE storage_id = ? AND role = ? ORDER BY position LIMIT ?",
        (case.storage_id, _INDEX_ROLE, MOST_SIDES - 2),
    )
    return [name for (name,) in rows]


_WHAT = {
    "not_in_index": "the session lists it, the index does not",
    "gone": "only the session still tells of it",
    "other_path_in_index": "the index has it at another path",
    "other_key_in_index": "the index has another key for the path",
    "not_in_session": "the index says it came with the session, which does not list it",
}


def _drift_rows(case: Case, session: str, indexes: list[str], what: str, path: str, key: object) -> list[Field]:
    """What session, index and disk have for one picture: its path, and where the keys differ, its key."""
    connection = case.look.connection
    claims = references_of(connection, case.storage_id, path)
    listed = any(one.session == session and one.layer not in indexes for one in claims)
    of_session: Value = True if listed or what != "not_in_session" else Lacking.ABSENT
    of_indexes: list[Value] = []
    for name in indexes:
        here = any(one.layer == name for one in claims)
        of_indexes.append(here or _path_of_key(case, name, key) or Lacking.ABSENT)
    values = (of_session, *of_indexes, _place_on_disk(case, path, of_indexes))
    rows = [Field("pictures", path, values, agreement(values), Unit.PATH, note=_WHAT.get(what, what.replace("_", " ")))]
    if what == "other_key_in_index":
        keys = [next((one.key for one in claims if one.layer == name), None) for name in indexes]
        known = (key or Lacking.UNKNOWN, *(one or Lacking.UNKNOWN for one in keys), Lacking.UNKNOWN)
        rows.append(Field("pictures", f"{path}: key", known, agreement(known), Unit.DIGEST))
    return rows


def _place_on_disk(case: Case, path: str, of_indexes: Sequence[Value]) -> Value:
    """Yes where it is at `path`, else where an index says that it is, if it is there."""
    storage = case.storage
    if storage is None:
        return Lacking.UNKNOWN
    there = case.look.on_disk(storage, path).present
    if there is None:
        return Lacking.UNKNOWN
    elsewhere = [one for one in of_indexes if isinstance(one, str) and not isinstance(one, Lacking)]
    return there or next((one for one in elsewhere if case.look.on_disk(storage, one).present), Lacking.ABSENT)


def _path_of_key(case: Case, layer: str, key: object) -> str | None:
    """Where an index has the picture of a key."""
    if not isinstance(key, str):
        return None
    row = case.look.connection.execute(
        "SELECT folder, name FROM claim WHERE key = ? AND storage_id = ? AND layer = ? LIMIT 1",
        (key, case.storage_id, layer),
    ).fetchone()
    if row is None:
        return None
    folder, name = (bytes(part).decode("utf-8", "surrogateescape") for part in row)
    return f"{folder}/{name}" if folder else name


def totals(case: Case) -> None:
    """What the document states beside what was counted."""
    document = str(case.evidence("document", case.conflict.subject))
    case.add_file(document, f"{document} states")
    case.add(Side("counted", case.storage_id))
    case.file_rows = ()
    found = case.evidence("totals")
    for name, pair in found.items() if isinstance(found, Mapping) else ():
        if isinstance(pair, Mapping):
            values = (pair.get("stated", Lacking.UNKNOWN), pair.get("counted", Lacking.UNKNOWN))
            unit = Unit.BYTES if "bytes" in name else Unit.COUNT
            case.fields.append(Field(TOTALS, name, values, agreement(values), unit, (None, Mark.COUNTS)))


def identities(case: Case) -> None:
    """The documents with the id that each of them names, and how many sessions name it."""
    found = case.evidence("documents")
    documents = {str(k): v for k, v in found.items()} if isinstance(found, Mapping) else {}
    sessions = case.evidence("sessions_by_id")
    counts = sessions if isinstance(sessions, Mapping) else {}
    for name in documents:
        case.add_file(name, name.rpartition("/")[2])
    case.file_rows = ("modified",)
    shown = [documents[side.path] for side in case.sides]
    case.fields.append(Field(ENTRY, "id of the storage", tuple(shown), agreement(shown)))
    named = tuple(counts.get(one, Lacking.UNKNOWN) for one in shown)
    if any(not isinstance(one, Lacking) for one in named):
        case.fields.append(Field(ENTRY, "sessions that name it", named, agreement(named), Unit.COUNT))


def bad_entry(case: Case) -> None:
    """The entry as it stands, beside the file that it is about; each wrong member says what is wrong."""
    document = str(case.evidence("document", ""))
    entry, problems = case.evidence("entry"), case.evidence("problems")
    wrong = problems if isinstance(problems, Mapping) else {}
    members = entry if isinstance(entry, Mapping) else case.evidence("values")
    members = dict(members) if isinstance(members, Mapping) else {"entry": entry}
    case.add(Side(f"{document} says", case.storage_id, _believable(members.get("relative_path")), present=True))
    path = next((one for one in case.conflict.paths if one != document), None)
    if path is not None:
        case.add_file(path, "on disk", expected_gone=True)
    actual = _actual(case)
    for name in dict.fromkeys((*members, *wrong)):
        values = [members.get(name, Lacking.ABSENT), *actual.get(name, [Lacking.UNKNOWN] * (len(case.sides) - 1))]
        fine = name not in wrong
        marks = (None if fine else Mark.WRONG, *([None] * (len(case.sides) - 1)))
        unit = Unit.BYTES if name == "file_size" and isinstance(values[0], int) and values[0] >= 0 else Unit.JSON
        case.fields.append(
            Field(ENTRY, name, tuple(values), fine and agreement(values), unit, marks, note=str(wrong.get(name, "")))
        )


def _actual(case: Case) -> dict[str, list[Value]]:
    """What the file of an entry says to the entry's members."""
    found: dict[str, list[Value]] = {}
    for side in case.sides[1:]:
        if side.present:
            found.setdefault("file_size", []).append(side.size)
            found.setdefault("relative_path", []).append(side.path)
            found.setdefault("filename", []).append(side.path.rpartition("/")[2])
            if side.key:
                found.setdefault("hothash", []).append(side.key)
    return found


def _believable(path: object) -> str:
    try:
        return safe_relative_path(path)
    except UnsafePathError:
        return ""


def unsafe_path(case: Case) -> None:
    """The entry whose path leads outside; nothing is looked at on disk."""
    document = str(case.evidence("document", ""))
    case.add(Side(f"{document} says", case.storage_id))
    for name, key in (("path", "relative_path"), ("key", "key"), ("session", "session")):
        value = case.evidence(key)
        if value is not None:
            wrong = name == "path"
            note = str(case.evidence("reason", "")) if wrong else ""
            unit = Unit.DIGEST if name == "key" else Unit.TEXT
            case.fields.append(
                Field(ENTRY, name, (value,), not wrong, unit, (Mark.WRONG if wrong else None,), note=note)
            )
    case.notes.append("the path was not followed: nothing outside the storage is ever opened")


def repeated_entries(case: Case) -> None:
    """The entries that share a key, or the keys that share a file."""
    keys, values = case.texts("keys"), case.evidence("values")
    document = str(case.evidence("document", ""))
    if keys:
        _keys_of_one_file(case, document, str(case.evidence("relative_path", "")), keys)
        return
    entries = list(values) if isinstance(values, list) else []
    count = case.evidence("count", len(entries))
    path = next((one for one in case.conflict.paths if one != document), "")
    for number in range(len(entries)):
        last = number == len(entries) - 1 and count == len(entries)
        case.add(Side(f"entry {number + 1}" + (", which counts" if last else ""), case.storage_id, path))
    shown = entries[: len(case.sides)]
    names = dict.fromkeys(name for one in shown if isinstance(one, Mapping) for name in one)
    for name in names:
        row = [one.get(name, Lacking.ABSENT) if isinstance(one, Mapping) else Lacking.UNKNOWN for one in shown]
        case.fields.append(Field(ENTRY, name, tuple(row), agreement(row), Unit.JSON))
    if not names:
        case.fields.append(Field(ENTRY, str(case.evidence("key", "value")), tuple(shown), agreement(shown), Unit.JSON))
    if isinstance(count, int) and count > len(entries):
        case.more_sides += count - len(entries)
    on_disk = case.add_file(path, "on disk", expected_gone=True) if path else None
    if on_disk is not None:
        case.fields = [_with_actual(one, _actual_of(case.sides[on_disk])) for one in case.fields]


def _actual_of(side: Side) -> dict[str, Value]:
    if not side.present:
        return {}
    return {
        "file_size": side.size,
        "relative_path": side.path,
        "filename": side.path.rpartition("/")[2],
        "hothash": side.key or Lacking.UNKNOWN,
    }


def _with_actual(field: Field, actual: Mapping[str, Value]) -> Field:
    values = (*field.values, actual.get(field.name, Lacking.UNKNOWN))
    unit = Unit.BYTES if field.name == "file_size" else field.unit
    return Field(field.group, field.name, values, agreement(values), unit)


def _keys_of_one_file(case: Case, document: str, path: str, keys: list[str]) -> None:
    claims = {one.key: one for one in references_of(case.look.connection, case.storage_id, path)}
    for key in keys:
        claim = claims.get(key)
        title = f"the entry {key[:8]} says" if len(key) > 12 else f"the entry {key} says"
        if claim is None:
            case.add(Side(title, case.storage_id, path, key=key))
        else:
            side = Side(
                title, case.storage_id, path, size=claim.size, mtime_ns=claim.mtime_ns, key=key, references=(claim,)
            )
            case.add(side)
    case.add_file(path, "on disk", expected_gone=True)
    case.notes.append(f"{document} has {len(keys)} keys for one file")


def version(case: Case) -> None:
    """The version that a document states beside the one that is known."""
    document = str(case.evidence("document", case.conflict.subject))
    if case.conflict.path is not None:
        case.add_file(case.conflict.path, f"{document} states")
    else:
        case.add(Side(f"{document} states"))
    case.add(Side("known here"))
    case.file_rows = ()
    stated, known = case.evidence("version"), case.evidence("known")
    values = (stated if stated is not None else Lacking.ABSENT, known if known is not None else Lacking.UNKNOWN)
    name = str(case.evidence("member", "version"))
    case.fields.append(Field(ENTRY, name, values, agreement(values), note=str(case.evidence("verdict", ""))))


def clones(case: Case) -> None:
    """The folders that say that they are one storage."""
    by_root = {storage.root: storage for storage in case.look.storages.values()}
    found = [by_root.get(root) for root in case.texts("roots")]
    for root, storage in zip(case.texts("roots"), found, strict=True):
        case.add(Side(storage.name if storage is not None else root, storage.id if storage is not None else ""))
    case.file_rows = ()
    shown = found[: len(case.sides)]
    for name, unit in (("root", Unit.PATH), ("files", Unit.COUNT), ("bytes", Unit.BYTES), ("last_scan_ns", Unit.TIME)):
        values = tuple(_of_storage(storage, name) for storage in shown)
        label = {"last_scan_ns": "last scan", "root": "folder"}.get(name, name)
        case.fields.append(Field(FILE, label, values, agreement(values, unit), unit))
    names = dict.fromkeys(layer.name for storage in shown if storage is not None for layer in storage.layers)
    for name in names:
        values = tuple(
            next((layer.claims for layer in storage.layers if layer.name == name), Lacking.ABSENT)
            if storage is not None else Lacking.UNKNOWN for storage in shown
        )  # fmt: skip
        case.fields.append(Field("claims of layers", name, values, agreement(values), Unit.COUNT))


def _of_storage(storage: StorageInfo | None, name: str) -> Value:
    value: Any = getattr(storage, name) if storage is not None else None
    return value if value is not None else Lacking.UNKNOWN
