"""What makes an ImaLink storage of today of one that an older program left; the old documents stay as they are.

After "Migration from Legacy System" of the ImaLink storage indexing design (2024-10), with two differences: an id that
the old documents record stays the storage's id, so that every program that knew it knows it still; and the index lists
the pictures that are there by their hothashes, as the old ones hardly ever list any.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from inspector.layouts.founding import Founding, Identity
from inspector.layouts.imalink.founding import index, made_json, signature
from inspector.layouts.imalink.heads import ArchiveSession, LegacyIndex, is_id
from inspector.layouts.imalink.legacy import claim_of, import_sessions
from inspector.layouts.imalink.marks import folder_name, holds, is_archive, is_legacy_index
from inspector.layouts.imalink.names import (
    ARCHIVE_SESSION,
    ARCHIVE_TREE,
    LEGACY_INDEX,
    LEGACY_NOTES,
    MASTER,
    SESSIONS,
    SIGNATURE,
)
from inspector.layouts.imalink.reading import KNOWN_VERSION
from inspector.layouts.imalink.repair_documents import ListsFiles, id_value, name_of, now
from inspector.layouts.imalink.repair_whole import TellsBytes, new_entries
from inspector.layouts.repairs import CannotRepairError, Facts, FileFact
from inspector.model.display import counted
from inspector.model.operations import MakePath, Operation
from inspector.model.records import Claim, Session

_FROM_INDEX, _FROM_ARCHIVE = "legacy_v0", "fase1"
_MOST_NOTES = 10_000
_DATED = re.compile(r"imalink_(\d{4})-?(\d\d)-?(\d\d)(?:_(\d\d)(\d\d)(\d\d))?_")
_HOTHASH = re.compile(r"[0-9a-f]{64}")
_SAFE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class _Former:
    """What the old documents say."""

    origin: str
    id: str | None
    name: str
    created: str | None
    notes: str
    claims: tuple[Claim, ...] = ()
    sessions: tuple[Session, ...] = ()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The paths of the files that came in with each session, by its id."""


def migration(facts: Facts) -> Founding:
    """As `Migrating` says."""
    if not isinstance(facts, ListsFiles):
        raise CannotRepairError("which files it has is not known here: scan it first")
    try:
        former = _former(facts)
    except OSError as error:
        raise CannotRepairError(f"cannot be looked at ({error.strerror})") from error
    identity = Identity(facts.root, former.id or str(uuid.uuid4()), former.name)
    files = sorted(facts.files(), key=lambda file: file.path)
    session_of = {f"relative_path:{path}": id_value(one) for one, paths in former.paths.items() for path in paths}
    entries = new_entries(files, session_of)
    moment = now()
    present = len(entries)
    entered = dict(_entries_of_missing(facts, former, entries, session_of, moment))
    entries |= entered
    document = index(identity, moment, entries)
    listed = {entry["relative_path"] for entry in entered.values()}
    document["conflicts"] = [one for one in _missing(facts, former) if one["expected_path"] not in listed]
    missing = len(entered) + len(document["conflicts"])
    state = signature(
        identity,
        former.created or moment,
        indexed=moment,
        photos=len(entries),
        size=document["total_size_bytes"],
    )
    state = {**state, "migrated_from": former.origin, "notes": former.notes}
    sessions = list(_sessions(identity, former, {file.path: file for file in files}))
    operations = (made_json(SIGNATURE, state), made_json(MASTER, document), MakePath(SESSIONS), *sessions)
    words = f"{SIGNATURE}, {MASTER} with {counted(len(entries), 'file')}, {counted(len(sessions), 'session')}"
    return Founding(identity, operations, words, tuple(_notes(former, files, present, missing)))


def _former(facts: Facts) -> _Former:
    root = facts.root
    if holds(root, SIGNATURE) or holds(root, MASTER):
        raise CannotRepairError("is an ImaLink storage of today already")
    if is_legacy_index(root):
        return _of_index(facts)
    if is_archive(root):
        return _of_archive(facts)
    raise CannotRepairError("is no storage of an older ImaLink")


def _of_index(facts: Facts) -> _Former:
    members = _members(facts, LEGACY_INDEX)
    if members.get("version", KNOWN_VERSION) != KNOWN_VERSION:
        raise CannotRepairError(f"{LEGACY_INDEX} is of a version that is not known here")
    head = LegacyIndex.of(members)
    stated = members.get("import_sessions")
    return _Former(
        _FROM_INDEX,
        head.storage_uuid,
        folder_name(facts.root),
        _moment(head.created_at) or _moment_of_name(facts.root),
        _with_notes(facts, "Migrated from legacy storage"),
        tuple(_claims(members.get("files"))),
        tuple(import_sessions(stated)),
        dict(_paths_of_sessions(stated)),
    )


def _of_archive(facts: Facts) -> _Former:
    session = ArchiveSession.of(_members(facts, ARCHIVE_SESSION))
    assert isinstance(facts, ListsFiles)
    sessions: tuple[Session, ...] = ()
    paths: dict[str, tuple[str, ...]] = {}
    if session.import_session_id is not None:
        number = str(session.import_session_id)
        title = session.source_description or f"Session {number}"
        sessions = (Session("", number, title, session.created_at or "", session.source_path or ""),)
        paths[number] = tuple(file.path for file in facts.files() if file.path.startswith(f"{ARCHIVE_TREE}/"))
    return _Former(
        _FROM_ARCHIVE,
        session.archive_uuid,
        folder_name(facts.root),
        _moment(session.created_at) or _moment_of_name(facts.root),
        _with_notes(facts, "Migrated from an archive of ImaLink's first phase"),
        sessions=sessions,
        paths=paths,
    )


def _members(facts: Facts, path: str) -> dict[str, Any]:
    document = facts.document(path)
    if document is None:
        raise CannotRepairError(f"{path} is not there")
    if not isinstance(document.value, dict):
        raise CannotRepairError(f"{path} holds no object")
    return document.value


def _claims(files: Any) -> Iterator[Claim]:
    pairs = files.items() if isinstance(files, dict) else enumerate(files) if isinstance(files, list) else ()
    for key, value in pairs:
        claim = claim_of(str(key), value)
        if isinstance(claim, Claim):
            yield claim


def _paths_of_sessions(stated: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for session in stated if isinstance(stated, list) else ():
        if isinstance(session, dict) and isinstance(session.get("files"), list):
            for found in import_sessions([session]):
                yield found.id, tuple(claim.path for claim in _claims(session["files"]))


def _missing(facts: Facts, former: _Former) -> Iterator[dict[str, Any]]:
    """The files that the old index lists and that are not there, as the index's own conflicts."""
    for claim in former.claims:
        if facts.file(claim.path) is None:
            yield {
                "type": "missing_file",
                "hothash": claim.key,
                "filename": name_of(claim.path),
                "expected_path": claim.path,
                "last_seen": former.created,
            }


def _entries_of_missing(
    facts: Facts, former: _Former, entries: Mapping[str, Any], session_of: Mapping[str, Any], moment: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries of files that the old index lists with hothash and size and that are not there, for what has none.

    So they are missing for every program that reads the index, and come back from where else they are. When they were
    written nobody recorded: they get the time of the old index.
    """
    seen = set(entries)
    for claim in former.claims:
        key = claim.key
        if key is None or claim.size is None or key in seen or not _HOTHASH.fullmatch(key):
            continue
        if facts.file(claim.path) is None:
            seen.add(key)
            yield (
                key,
                {
                    "hothash": key,
                    "filename": name_of(claim.path),
                    "relative_path": claim.path,
                    "file_size": claim.size,
                    "import_session_id": session_of.get(f"relative_path:{claim.path}"),
                    "indexed_at": moment,
                    "file_modified": former.created or moment,
                },
            )


def _sessions(identity: Identity, former: _Former, files: Mapping[str, FileFact]) -> Iterator[Operation]:
    taken: set[str] = set()
    for number, session in enumerate(former.sessions, 1):
        name = f"session_{session.id:0>3}" if _SAFE_ID.fullmatch(session.id) else f"import_{number}"
        if name.casefold() in taken:
            continue
        taken.add(name.casefold())
        listed = [files[path] for path in former.paths.get(session.id, ()) if path in files]
        value = _session(identity, session, [file for file in listed if file.key is not None], former.created)
        yield made_json(f"{SESSIONS}/{name}.json", value)


def _session(identity: Identity, session: Session, files: list[FileFact], created: str | None) -> dict[str, Any]:
    number = id_value(session.id)
    imported = _moment(session.started) or created or now()
    return {
        "session_id": number,
        "session_title": session.title,
        "import_date": imported,
        "source_path": session.source,
        "storage_uuid": identity.id,
        "backend_session_id": number if isinstance(number, int) else None,
        "files": [
            {
                "original_filename": name_of(file.path),
                "storage_filename": name_of(file.path),
                "relative_path": file.path,
                "hothash": file.key,
                "file_size": file.state.size,
                "imported_at": imported,
                "exif_extracted": False,
                "sent_to_backend": False,
            }
            for file in files
        ],
        "stats": {
            "total_scanned": len(files),
            "new_imports": len(files),
            "duplicates_skipped": 0,
            "errors": 0,
            "total_size_bytes": sum(file.state.size or 0 for file in files),
        },
        "errors": [],
    }


def _notes(former: _Former, files: list[FileFact], present: int, missing: int) -> Iterator[str]:
    keyless = sum(file.key is None for file in files)
    if keyless:
        yield f"{counted(keyless, 'file')} without a hothash, as raw files are, stay out of the index"
    alike = len(files) - keyless - present
    if alike:
        yield f"{counted(alike, 'file')} with the hothash of another one stay out of the index, which lists each once"
    if missing:
        yield f"{counted(missing, 'file')} that {LEGACY_INDEX} lists are not there, and are noted as missing"
    if former.id is None:
        yield "no id is recorded, so it gets a new one"


def _with_notes(facts: Facts, words: str) -> str:
    """The words, and behind them what a person wrote down of the storage."""
    found = facts.data(LEGACY_NOTES) if isinstance(facts, TellsBytes) else None
    text = found[0].decode("utf-8", "replace").strip()[:_MOST_NOTES] if found is not None else ""
    return f"{words}\n{text}" if text else words


def _moment(stated: object) -> str | None:
    """A time of an older document, which has the machine's own time zone, as documents of today write it."""
    if not isinstance(stated, str) or not is_id(stated):
        return None
    try:
        return _written(datetime.fromisoformat(stated))
    except (ValueError, OverflowError, OSError):
        return None


def _moment_of_name(root: str) -> str | None:
    found = _DATED.match(folder_name(root))
    if found is None:
        return None
    try:
        return _written(datetime(*(int(part or 0) for part in found.groups())))  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError):
        return None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
