"""Storages of ImaLink's older programs, which have neither signature nor index.

``imalink_<date>_<time>_<id>/index.json`` as ImaLink's first storage view wrote it; ``import_session.json`` with
``images_manifest.json`` as the archive service of its first phase did.
"""

from collections.abc import Iterator
from typing import Any

from inspector.fs.beneath import open_file
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.documents import stream_members
from inspector.layouts.imalink.heads import ArchiveManifest, ArchiveSession, LegacyIndex, is_count, is_id
from inspector.layouts.imalink.locks import leftovers, lock_findings
from inspector.layouts.imalink.names import ARCHIVE_MANIFEST, ARCHIVE_SESSION, LEGACY_INDEX
from inspector.layouts.imalink.reading import (
    Reading,
    bad_head,
    read_small,
    small_faults,
    unknown_version,
    unparsable,
    wrong_totals,
)
from inspector.layouts.json_text import storable
from inspector.model.errors import DocumentError
from inspector.model.records import Claim, Finding, Session
from inspector.model.relpath import UnsafePathError, safe_relative_path

_MOST_UNSAFE = 1000


def read_legacy_index(reading: Reading) -> Iterator[LayerEvent]:
    """The layer of `index.json`. It never listed every picture, so what it does not list is no orphan."""
    yield LayerBegins(LEGACY_INDEX, LayerRole.DOCUMENT)
    yield from lock_findings(reading.root)
    yield from leftovers(reading.root)
    yield _legacy(LEGACY_INDEX, "a storage folder of the first program, without signature and index")
    heads: dict[str, Any] = {}
    entries = 0
    unsafe = 0
    try:
        with open_file(reading.root, LEGACY_INDEX) as stream:
            for what, key, value in stream_members(stream, LEGACY_INDEX, "files"):
                if what == "head":
                    heads[key] = value
                elif what == "entry":
                    entries += 1
                    claim = claim_of(key, value)
                    if isinstance(claim, Finding):
                        unsafe += 1
                        if unsafe <= _MOST_UNSAFE:
                            yield claim
                    elif claim is not None:
                        yield claim
    except FileNotFoundError:
        yield LayerEnds("absent")
        return
    except (DocumentError, OSError) as error:
        yield unparsable(LEGACY_INDEX, error, entries)
        yield LayerEnds("partial" if entries or heads else "unreadable")
        return
    head = LegacyIndex.of(heads)
    if head.storage_uuid is not None:
        reading.ids[LEGACY_INDEX] = head.storage_uuid
    yield from bad_head(LEGACY_INDEX, head, heads)
    if "version" in heads:  # the oldest had none
        yield from unknown_version(LEGACY_INDEX, "version", heads["version"])
    yield from import_sessions(heads.get("import_sessions"))
    yield LayerEnds()


def read_archive(reading: Reading) -> Iterator[LayerEvent]:
    """The layers of `import_session.json` and `images_manifest.json`."""
    yield LayerBegins(ARCHIVE_SESSION, LayerRole.DOCUMENT)
    yield from lock_findings(reading.root)
    yield from leftovers(reading.root)
    yield _legacy(ARCHIVE_SESSION, "an archive of the program's first phase")
    session = ArchiveSession()
    try:
        members, loaded = read_small(reading.root, ARCHIVE_SESSION)
    except FileNotFoundError:
        yield LayerEnds("absent")
    except DocumentError as error:
        yield unparsable(ARCHIVE_SESSION, error)
        yield LayerEnds("unreadable")
    else:
        session = ArchiveSession.of(members)
        yield from small_faults(ARCHIVE_SESSION, loaded)
        yield from bad_head(ARCHIVE_SESSION, session, members)
        if session.archive_uuid is not None:
            reading.ids[ARCHIVE_SESSION] = session.archive_uuid
        yield LayerEnds()
    yield from _read_manifest(reading, session)


def _read_manifest(reading: Reading, session: ArchiveSession) -> Iterator[LayerEvent]:
    yield LayerBegins(ARCHIVE_MANIFEST, LayerRole.DOCUMENT)
    heads: dict[str, Any] = {}
    entries = size = 0
    sizes_known, state = True, "ok"
    try:
        with open_file(reading.root, ARCHIVE_MANIFEST) as stream:
            for what, key, value in stream_members(stream, ARCHIVE_MANIFEST, "files"):
                if what == "head":
                    heads[key] = value
                elif what == "entry":
                    entries += 1
                    stated = value.get("size_bytes") if isinstance(value, dict) else None
                    if stated is not None and is_count(stated):
                        size += stated
                    else:
                        sizes_known = False
    except FileNotFoundError:
        state = "absent"
    except (DocumentError, OSError) as error:
        yield unparsable(ARCHIVE_MANIFEST, error, entries)
        state = "partial" if entries else "unreadable"
    else:
        head = ArchiveManifest.of(heads)
        yield from bad_head(ARCHIVE_MANIFEST, head, heads)
        pairs = {
            "total_files": (head.total_files, entries),
            "total_size_bytes": (head.total_size_bytes, size if sizes_known else None),
        }
        yield from wrong_totals(ARCHIVE_MANIFEST, pairs)
    number = session.import_session_id
    if number is not None:
        title = session.source_description or f"Session {number}"
        started, source = session.created_at or "", session.source_path or ""
        yield Session("", str(number), title, started, source, entries, size, 0, ARCHIVE_SESSION)
    yield LayerEnds(state)


def _legacy(document: str, reason: str) -> Finding:
    evidence = {"document": document, "reason": reason, "becomes": "a storage with signature and index"}
    return Finding("legacy_storage", document, (document,), evidence)


def claim_of(key: str, value: Any) -> Claim | Finding | None:
    """What an entry of the old index claims, or why its path is none; None where it says no path."""
    entry = value if isinstance(value, dict) else {"path": value}
    path = entry.get("relative_path", entry.get("path"))
    if not isinstance(path, str):
        return None
    try:
        safe_relative_path(path)
    except UnsafePathError as error:
        evidence = {"document": LEGACY_INDEX, "relative_path": storable(path[:300]), "reason": str(error)}
        return Finding("unsafe_path", storable(f"{LEGACY_INDEX}:{key[:200]}"), (LEGACY_INDEX,), evidence)
    hothash = entry.get("hothash")
    size = entry.get("file_size", entry.get("size"))
    return Claim(path, str(hothash) if is_id(hothash) else None, size if is_count(size) else None)


def import_sessions(stated: Any) -> Iterator[Session]:
    """The sessions of an old index, each once; `stated` is what it has under that name."""
    seen: set[str] = set()
    for session in stated if isinstance(stated, list) else ():
        members = session if isinstance(session, dict) else {"id": session}
        number = _first(members, "session_id", "import_session_id", "id", "uuid")
        if number is None or str(number) in seen:
            continue
        seen.add(str(number))
        title = _first(members, "session_title", "title", "name", "description")
        started = _first(members, "import_date", "created_at", "started_at")
        source = _first(members, "source_path", "source")
        title = f"Session {number}" if title is None else str(title)
        files = members.get("files")
        yield Session(
            "",
            str(number),
            title,
            str(started or ""),
            str(source or ""),
            len(files) if isinstance(files, list) else 0,
            document=LEGACY_INDEX,
        )


def _first(members: dict[str, Any], *names: str) -> Any:
    return next((members[name] for name in names if is_id(members.get(name))), None)
