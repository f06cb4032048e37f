"""The totals of a storage's documents, made to follow their entries.

They are settled once for a document, after all edits of a plan: edits of single items would be in each other's way.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from inspector.layouts.imalink.heads import is_count
from inspector.layouts.imalink.names import MASTER, SESSIONS, SIGNATURE
from inspector.layouts.imalink.reading import KNOWN_VERSION, VERSION_MEMBERS
from inspector.layouts.imalink.repair_documents import now
from inspector.model.operations import ABSENT, Edit


def settle(documents: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Sequence[Edit]]:
    """The edits that make the documents' totals right, and the time of indexing this moment.

    `documents` are their values after all other edits; the `fixed` ones get none. Members that are not there are not
    added.
    """
    edits = {path: list(_own_edits(path, value)) for path, value in documents.items() if path not in fixed}
    if MASTER in documents and SIGNATURE in edits:
        master = documents[MASTER]
        settled = {str(edit.where[0]): edit.value for edit in edits.get(MASTER, ())}
        if isinstance(master, dict):
            master = {**master, **settled}
        edits[SIGNATURE] += settle_signature(master, documents[SIGNATURE])
    return {path: own for path, own in edits.items() if own}


def _own_edits(document_path: str, value: Any) -> Iterator[Edit]:
    yield from total_edits(document_path, value)
    if document_path == MASTER and isinstance(value, dict):
        yield from _put(value, (), "indexed_at", now())


def total_edits(document_path: str, value: Any) -> Iterator[Edit]:
    """The edits that make the totals of the index or of a session right."""
    if not isinstance(value, dict):
        return
    files = value.get("files")
    if document_path == MASTER and isinstance(files, dict):
        yield from _put(value, (), "total_files", len(files))
        yield from _put(value, (), "total_size_bytes", _bytes(files.values()))
    elif document_path.startswith(f"{SESSIONS}/") and isinstance(files, list) and isinstance(value.get("stats"), dict):
        yield from _session_edits(value["stats"], files)


def settle_signature(master: Any, signature: Any) -> Iterable[Edit]:
    """The edits that make the signature say what the index holds after all edits, and when it was indexed.

    None for a signature of a version that is not known.
    """
    files = master.get("files") if isinstance(master, dict) else None
    if not isinstance(files, dict) or not isinstance(signature, dict):
        return
    if signature.get(VERSION_MEMBERS[SIGNATURE]) != KNOWN_VERSION:
        return
    yield from _put(signature, (), "photo_count", len(files))
    yield from _put(signature, (), "total_size_bytes", _bytes(files.values()))
    if isinstance(master.get("indexed_at"), str):
        yield from _put(signature, (), "last_indexed", master["indexed_at"])


def _session_edits(stats: dict[str, Any], files: list[Any]) -> Iterator[Edit]:
    """Also raises `total_scanned` with the imports: it counts these, the duplicates that were skipped, and errors."""
    yield from _put(stats, ("stats",), "new_imports", len(files))
    yield from _put(stats, ("stats",), "total_size_bytes", _bytes(files))
    others = [stats.get("duplicates_skipped", 0), stats.get("errors", 0), stats.get("total_scanned")]
    if stats.get("new_imports") != len(files) and all(is_count(number) for number in others):
        least = len(files) + others[0] + others[1]
        if others[2] < least:
            yield from _put(stats, ("stats",), "total_scanned", least)


def _bytes(entries: Iterable[Any]) -> int | None:
    """The sum of the entries' sizes, None where one of them is unknown."""
    total = 0
    for entry in entries:
        size = entry.get("file_size") if isinstance(entry, dict) else None
        if not isinstance(size, int) or not is_count(size):
            return None
        total += size
    return total


def _put(members: dict[str, Any], where: tuple[str, ...], member: str, value: Any) -> Iterator[Edit]:
    was = members.get(member, ABSENT)
    if value is None or was is ABSENT or (type(was) is type(value) and was == value):
        return
    yield Edit((*where, member), value, was)
