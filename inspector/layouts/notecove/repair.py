"""What repairs write into the program's database and its id files; it returns operations and writes nothing.

The rules are the program's own: `media-sync.ts` for what is registered, `sd-id-migration.ts` for the ids.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import xxhash

from inspector.fs.beneath import read_document
from inspector.fs.foreign_database import read_foreign_database
from inspector.fs.foreign_rows import RowsChangedError, all_rows
from inspector.layouts.notecove.barred import why_perhaps_coming, why_uses_unknown
from inspector.layouts.notecove.database import Database, read_database
from inspector.layouts.notecove.identity import Identity, read_identity
from inspector.layouts.notecove.names import (
    DATABASE,
    EXTENSIONS,
    LEGACY_SD_ID,
    MEDIA,
    MIGRATION_LOCK,
    SD_ID,
    compact_id,
    ids_within,
    image_id_of,
    is_content_id,
    is_sd_id,
    same_id,
    stated_key,
)
from inspector.layouts.notecove.profiles import databases
from inspector.layouts.notecove.registered import Registered, layer_name, registered_in
from inspector.layouts.notecove.rows import (
    DIRECTORIES,
    IMAGES,
    edit_of,
    registration,
    require_of_this_folder,
    taken_out,
)
from inspector.layouts.repairs import CannotRepairError, Facts
from inspector.model.display import display_name
from inspector.model.errors import DocumentError
from inspector.model.operations import (
    DocumentOperation,
    EditDatabase,
    FileAt,
    FileState,
    Operation,
    Quarantine,
    Row,
    RowEdit,
    SqlValue,
    WriteDocument,
)
from inspector.model.records import Conflict
from inspector.model.relpath import join_path, split_path

_LARGEST_ID_FILE = 1 << 16


@dataclass(frozen=True, slots=True)
class _Rows:
    """The whole rows of a table, by their ids."""

    columns: Sequence[str]
    by_id: Mapping[SqlValue, tuple[SqlValue, ...]]

    def get(self, identity: str) -> Row | None:
        """The row of this id."""
        values = self.by_id.get(identity)
        return dict(zip(self.columns, values, strict=True)) if values is not None else None


def after_move(facts: Facts, old: str, new: str) -> Sequence[DocumentOperation]:
    """A picture that gets the name that its content gives is registered by it; no other one may change its name."""
    was, now = _image_id(old), _image_id(new)
    if was is None:
        return ()  # the program passed over it
    if now is None or is_content_id(was) or stated_key(new) != facts.content_key(old):
        raise CannotRepairError("a picture goes by the id that is its name")
    _require_as_scanned(facts)
    if facts.known.is_used(old) or facts.known.is_key_used(was):
        raise CannotRepairError("a note uses it by the id that it has")
    if reason := why_uses_unknown(facts.known):
        raise CannotRepairError(reason)
    fact, edits = facts.file(old), []
    there = [FileAt(new, fact.state)] if fact is not None else []
    for one, row in _own_rows(facts, was):
        if now in (one.database.images or {}):
            raise CannotRepairError(f"a picture of its content is registered as {now} already")
        edit = edit_of(one.database, IMAGES, RowEdit(row, {"id": now, "filename": split_path(new)[1]}))
        edits.append(_relying_on(edit, *there))
    return edits


def after_removal(facts: Facts, path: str) -> Sequence[DocumentOperation]:
    """The row of a picture goes with the last of its files."""
    image_id = _image_id(path)
    if image_id is None or any(other != path for other in _files_of(facts, image_id)):
        return ()
    return [_relying_on(taken_out(one.database, row), *_absent(image_id)) for one, row in _own_rows(facts, image_id)]


def after_change(facts: Facts, path: str) -> Sequence[DocumentOperation]:
    """The row states the size that the file has."""
    fact, image_id = facts.file(path), _image_id(path)
    if fact is None or image_id is None:
        return ()
    _require_its_content(facts, path)
    edits = []
    for one, row in _own_rows(facts, image_id):
        if row["size"] != fact.state.size:
            edit = edit_of(one.database, IMAGES, RowEdit(row, {"size": fact.state.size}))
            edits.append(_relying_on(edit, FileAt(path, fact.state)))
    return edits


def after_arrival(facts: Facts, path: str) -> Sequence[DocumentOperation]:
    """The picture is registered, as the program does it when it finds one.

    Only in the first database that lists the pictures of the directory: a file that any of them lists is no orphan.
    """
    fact = facts.file(path)
    if fact is None:
        raise CannotRepairError(f"{display_name(path)} is not there by the last scan")
    image_id = _image_id(path)
    if image_id is None:
        raise CannotRepairError(f"the program passes over the name {display_name(path)}")
    if not fact.state.size:
        raise CannotRepairError("it is empty, and the program takes no empty picture")
    _require_its_content(facts, path)
    one = next((one for one in _registered(facts) if one.database.images is not None), None)
    if one is None:
        raise CannotRepairError("no database lists the pictures of this storage directory")
    if (row := (one.database.images or {}).get(image_id)) is not None:
        names = {directory.id: directory.name for directory in one.database.directories}
        raise CannotRepairError(f"it is registered already, in '{display_name(names.get(row.sd_id, row.sd_id))}'")
    now_ms = time.time_ns() // 1_000_000
    edit = registration(one.database, one.directories[0], split_path(path)[1], fact.state.size, now_ms)
    return [_relying_on(edit, FileAt(path, fact.state))]


def repair_documents(facts: Facts, conflict: Conflict, choice: str) -> Sequence[DocumentOperation]:
    """The edits of a choice that concerns rows only.

    Raises:
        CannotRepairError: where it cannot be done, with the reason.
    """
    if choice == "add_to_index":
        return after_arrival(facts, conflict.subject)
    if choice == "drop_entry" and conflict.kind == "missing_file":
        return _deregistered(facts, _image_id(conflict.subject))
    if choice == "drop_entry" and conflict.kind in {"unsafe_path", "index_bad_entry"}:
        return _dropped(facts, conflict.evidence.get("key"))
    raise CannotRepairError(f"NoteCove's database has nothing to do with '{choice}'")


def unify_id(facts: Facts, conflict: Conflict) -> Sequence[Operation]:
    """One id is left, as the program's migration leaves it: `.sd-id` wins over `SD_ID`, and goes.

    Where neither holds one, a new one is made, and a `.sd-id` that holds none stays.
    """
    _require_writable(facts)
    identity = _identity(facts)
    if conflict.subject.startswith(DATABASE):
        return _unified_row(facts, identity, conflict)
    if identity.legacy_id is None:
        return [_new_id(facts, identity)]
    for one in _registered(facts):
        ids = [directory.id for directory in one.directories]
        if not any(same_id(identity.legacy_id, known) for known in ids):
            document = SD_ID if identity.sd_id is not None else "another id"
            raise CannotRepairError(
                f"{display_name(one.database.path)} knows it by {document}, and the program would go by"
                f" {LEGACY_SD_ID}: take {LEGACY_SD_ID} away yourself if it is not wanted any more"
            )
    digest = _digest(facts, LEGACY_SD_ID)
    if digest is None:
        raise CannotRepairError(f"{LEGACY_SD_ID} is not there any more")
    away = Quarantine(LEGACY_SD_ID, FileState(digest=digest))
    if identity.sd_id == identity.legacy_id:
        return [away]
    return [away, WriteDocument(SD_ID, _digest(facts, SD_ID), text=identity.legacy_id)]


def _new_id(facts: Facts, identity: Identity) -> WriteDocument:
    """An id for a directory that has none; one that a database knows keeps the id that it has there."""
    if identity.sd_id is not None:
        raise CannotRepairError(f"{LEGACY_SD_ID} holds no id any more")
    _digest(facts, LEGACY_SD_ID)  # where it cannot be read, it may hold the id
    for one in _registered(facts):
        row = one.directories[0]
        known = row.id if is_sd_id(row.id) else row.uuid or row.id
        raise CannotRepairError(
            f"{display_name(one.database.path)} knows it as '{display_name(known)}', and a new id would part it from"
            f" its notes: write that one into {SD_ID} yourself"
        )
    return WriteDocument(SD_ID, _digest(facts, SD_ID), text=compact_id(uuid4()))


def _unified_row(facts: Facts, identity: Identity, conflict: Conflict) -> Sequence[Operation]:
    """The row that goes by the directory's id has it as `uuid` too; its own id is never changed: notes go by it."""
    for one in _registered(facts):
        for directory in one.directories:
            if conflict.subject == f"{one.layer}:{directory.id}":
                if identity.sd_id is None or not same_id(directory.id, identity.sd_id):
                    raise CannotRepairError("its notes and pictures are registered under another id")
                row = _rows(facts, one.database, DIRECTORIES).get(directory.id)
                if row is None or "uuid" not in row:
                    raise CannotRepairError("its row is not there any more")
                return [edit_of(one.database, DIRECTORIES, RowEdit(row, {"uuid": directory.id}))]
    raise CannotRepairError("its row is not there any more")


def _deregistered(facts: Facts, image_id: str | None) -> Sequence[EditDatabase]:
    """The row of a picture goes that is certainly not there, and that nothing uses."""
    if image_id is None:
        raise CannotRepairError("it goes by no id of a picture")
    _require_as_scanned(facts)
    if facts.known.is_key_used(image_id):
        raise CannotRepairError("a note uses it")
    if reason := why_perhaps_coming(facts.known):
        raise CannotRepairError(reason)
    if other := [name for name in _names_by_id(facts).get(image_id.lower(), ()) if image_id_of(name) != image_id]:
        raise CannotRepairError(f"{display_name(join_path(MEDIA, other[0]))} may be it in another form: look at that")
    if there := _files_of(facts, image_id):
        raise CannotRepairError(f"{display_name(there[0])} is there by now: look at it, and scan again")
    absent = _absent(image_id)
    edits = [_relying_on(taken_out(one.database, row), *absent) for one, row in _own_rows(facts, image_id)]
    if not edits:
        raise CannotRepairError("no database lists it any more: scan again")
    return edits


def _dropped(facts: Facts, key: object) -> Sequence[EditDatabase]:
    """A row goes that can mean no picture."""
    if not isinstance(key, str):
        raise CannotRepairError("it is about no single row")
    _require_as_scanned(facts)
    if facts.known.is_key_used(key):
        raise CannotRepairError("a note uses it")
    edits = [taken_out(one.database, row) for one, row in _own_rows(facts, key)]
    if not edits:
        raise CannotRepairError("no database has such a row any more: scan again")
    return edits


def _own_rows(facts: Facts, image_id: str) -> Iterator[tuple[Registered, Row]]:
    """The rows by which databases register a picture in this storage directory, and not in another one."""
    _require_writable(facts)
    for one in _registered(facts):
        row = (one.database.images or {}).get(image_id)
        if row is not None and row.sd_id in one.ids:
            whole = _rows(facts, one.database, IMAGES).get(image_id)
            if whole is None:
                raise CannotRepairError("its database is being written: plan again later")
            yield one, whole


def _require_writable(facts: Facts) -> None:
    if MIGRATION_LOCK in facts.names(""):
        raise CannotRepairError(f"{MIGRATION_LOCK} says that the program migrates it: decide about the lock first")
    if "unknown_version" in facts.known.found_in():
        raise CannotRepairError("a newer version of the program wrote this, so it is never written")


def _require_as_scanned(facts: Facts) -> None:
    """Which pictures notes use is known from the last scan."""
    if not facts.is_as_scanned():
        raise CannotRepairError("notes, pictures or rows changed since the last scan: scan again")
    if changed := facts.other_that_changed():
        raise CannotRepairError(changed)


def _require_its_content(facts: Facts, path: str) -> None:
    stated = stated_key(path)
    if stated is not None and facts.content_key(path) != stated:
        raise CannotRepairError("its bytes are not those that its name states: it may not be here whole yet")


def _registered(facts: Facts) -> list[Registered]:
    return facts.once("registered", lambda: list(_read_registered(facts)))


def _read_registered(facts: Facts) -> Iterator[Registered]:
    count = 0
    for path in databases(facts.root, facts.surroundings):
        try:
            found = registered_in(read_database(path), layer_name(count + 1), _identity(facts), facts.root)
        except FileNotFoundError:
            continue
        except DocumentError as error:
            raise CannotRepairError(str(error)) from error
        if found is not None:
            count += 1
            require_of_this_folder(found.directories, _identity(facts), facts.root)
            yield found


def _rows(facts: Facts, database: Database, table: str) -> _Rows:
    def read(connection: sqlite3.Connection) -> _Rows:
        columns, rows = all_rows(connection, database.path, table)
        place = columns.index("id")
        return _Rows(columns, {row[place]: row for row in rows})

    def made() -> _Rows:
        try:
            return read_foreign_database(database.path, read)
        except (FileNotFoundError, DocumentError, RowsChangedError) as error:
            raise CannotRepairError(str(error)) from error

    return facts.once(f"{table} of {database.path}", made)


def _digest(facts: Facts, path: str) -> str | None:
    try:
        data, _ = read_document(facts.root, path, _LARGEST_ID_FILE)
    except FileNotFoundError:
        return None
    except DocumentError as error:
        raise CannotRepairError(str(error)) from error
    return xxhash.xxh3_128_hexdigest(data)


def _identity(facts: Facts) -> Identity:
    try:
        return read_identity(facts.root)
    except OSError as error:
        raise CannotRepairError(f"its id cannot be read ({error.strerror})") from error


def _files_of(facts: Facts, image_id: str) -> list[str]:
    names = _names_by_id(facts).get(image_id.lower(), ())
    return [join_path(MEDIA, name) for name in names if image_id_of(name) == image_id]


def _names_by_id(facts: Facts) -> Mapping[str, Sequence[str]]:
    """Everything in `media` that has an id of a picture anywhere in its name, by that id in lower case."""

    def made() -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for name in facts.names(MEDIA):
            for image_id in ids_within(name):
                found.setdefault(image_id, []).append(name)
        return found

    return facts.once("names in media", made)


def _image_id(path: str) -> str | None:
    folder, name = split_path(path)
    return image_id_of(name) if folder == MEDIA else None


def _absent(image_id: str) -> list[FileAt]:
    return [FileAt(f"{MEDIA}/{image_id}.{ending}", None) for ending in EXTENSIONS]


def _relying_on(edit: EditDatabase, *files: FileAt) -> EditDatabase:
    return EditDatabase(edit.path, edit.table, edit.key, edit.rows, edit.version, edit.lock, files)
