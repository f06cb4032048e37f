"""Where what is lost, broken or unlisted is to be had: by content, by key, by size and name, in quarantine."""

import os
from collections.abc import Iterator

from inspector.conflicts.comparing.case import Case
from inspector.model.comparison import Side
from inspector.model.relpath import join_path, split_path

_MOST = 8

_FILE = "SELECT d.storage_id, d.path, f.name FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.gone_ns IS NULL"
_ORDER = "ORDER BY d.storage_id <> :storage, d.path, f.name LIMIT :most"
_SEARCHES = {
    "content": f"{_FILE} AND f.digest = :digest {_ORDER}",
    "key": f"""
        SELECT d.storage_id, d.path, f.name FROM content c JOIN file f ON f.digest = c.digest
        JOIN folder d ON d.id = f.folder_id WHERE f.gone_ns IS NULL AND c.key = :key {_ORDER}
    """,
    "size and name": f"""
        {_FILE} AND f.size = :size AND lower(CAST(f.name AS TEXT)) = lower(CAST(:name AS TEXT)) {_ORDER}
    """,
}


def add_candidates(case: Case, path: str, wanted: Side) -> None:
    """Add files that could be what `wanted` describes, the surest first; those at `path` itself are left out."""
    known = {(side.storage_id, side.path) for side in case.sides if side.is_file}
    for storage_id, other, same in _find(case, path, wanted):
        if (storage_id, other) in known or (storage_id == case.storage_id and other == path):
            continue
        known.add((storage_id, other))
        case.add_file(other, f"same {same} in {case.storage_name(storage_id)}", storage_id)
    _add_quarantined(case, path, wanted)


def _find(case: Case, path: str, wanted: Side) -> Iterator[tuple[str, str, str]]:
    """Storage, path and what is the same; the less sure ways are tried only where nothing was found."""
    key = wanted.key or next((one.key for one in wanted.references if one.key), None)
    arguments = {
        "content": bytes.fromhex(wanted.digest) if wanted.digest else None,
        "key": key,
        "size and name": wanted.size,
    }
    for same, statement in _SEARCHES.items():
        if not arguments[same]:
            continue
        rows = case.look.connection.execute(
            statement,
            {
                "storage": case.storage_id,
                "digest": arguments["content"],
                "key": key,
                "size": wanted.size,
                "name": os.fsencode(split_path(path)[1]),
                "most": _MOST,
            },
        ).fetchall()
        found = [(storage, join_path(os.fsdecode(folder), os.fsdecode(name)), same) for storage, folder, name in rows]
        found = [one for one in found if one[:2] != (case.storage_id, path)]
        yield from found
        if found:
            return


def _add_quarantined(case: Case, path: str, wanted: Side) -> None:
    for entry in case.extras.quarantined(case.storage_id):
        same_content = wanted.digest is not None and entry.digest == wanted.digest
        if same_content or (entry.path == path and not wanted.digest):
            title = f"in quarantine since {entry.time[:10]}"
            notes = (f"kept at {entry.stored_at}",)
            case.add(Side(title, case.storage_id, entry.path, size=entry.size, digest=entry.digest, notes=notes))


def neighbours_session(case: Case, path: str) -> str:
    """The import session that most of the folder's other files came with; empty where none did."""
    folder = split_path(path)[0]
    row = case.look.connection.execute(
        """
        SELECT session, count(*) FROM claim WHERE storage_id = ? AND folder = ? AND session IS NOT NULL
        GROUP BY session ORDER BY count(*) DESC, session LIMIT 1
        """,
        (case.storage_id, os.fsencode(folder)),
    ).fetchone()
    return str(row[0]) if row is not None else ""
