"""Work out every conflict of some storages from what the catalog holds, and store them."""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

from inspector.catalog.conflicts import put_round
from inspector.catalog.database import Database
from inspector.catalog.storages import all_storages
from inspector.conflicts import contents, layers, namings, places
from inspector.conflicts.choices import for_layout, has_suggestion
from inspector.conflicts.known import CatalogKnown
from inspector.layouts.base import Layout
from inspector.layouts.registry import layout
from inspector.layouts.repairs import Bars, GuardingLayout
from inspector.model.progress import Progress
from inspector.model.records import Finding, StorageInfo


def reconcile(database: Database, storages: Sequence[StorageInfo], progress: Progress) -> None:
    """Replace the conflicts of these storages, which are looked at together; all of them have been scanned before.

    To be called with those that they were looked at together with before as well: a conflict of several storages is
    kept only where all of them are named.

    Raises:
        CancelledByUserError: where the progress was cancelled; the conflicts stay as they were.
    """
    if not storages:
        return
    storages = in_order(storages)
    ids = sorted(storage.id for storage in storages)
    with database.transaction() as connection:
        connection.execute(_INDEX_BY_DIGEST)
        with closing(_all(connection, storages)) as found:  # a query left open would keep this thread from writing
            put_round(connection, ids, _counted(found, progress), is_suggested=has_suggestion)
        connection.executemany(
            "UPDATE storage SET changed = 0, reconciled_with = ? WHERE id = ?", ((" ".join(ids), one) for one in ids)
        )


def _counted(found: Iterator[tuple[str, Finding]], progress: Progress) -> Iterator[tuple[str, Finding]]:
    for one in found:
        progress.check()
        progress.advance(files=1)
        yield one


def in_order(storages: Sequence[StorageInfo]) -> list[StorageInfo]:
    """An order that does not depend on the one of opening: a conflict of several storages belongs to the first."""
    return sorted(storages, key=lambda storage: (storage.name, storage.id))


_INDEX_BY_DIGEST = "CREATE INDEX IF NOT EXISTS file_by_digest ON file (digest) WHERE digest IS NOT NULL"
"""Made when the first digests are there: it costs less than keeping it while they come in."""


def needs_reconciling(database: Database, storages: Sequence[StorageInfo]) -> bool:
    """Whether something changed since these storages' conflicts were worked out, together."""
    ids = sorted(storage.id for storage in storages)
    marks = ", ".join("?" * len(ids))
    row = database.connection.execute(
        f"SELECT count(*) FROM storage WHERE id IN ({marks}) AND changed = 0 AND reconciled_with = ?",
        (*ids, " ".join(ids)),
    ).fetchone()
    return bool(row[0] != len(ids))


def _all(connection: sqlite3.Connection, storages: Sequence[StorageInfo]) -> Generator[tuple[str, Finding], None, None]:
    layouts = dict(connection.execute("SELECT id, layout FROM storage"))  # a clone may be one that was not scanned now
    with_words: dict[str, Callable[[Finding], Finding]] = {}
    for storage_id, finding in _found(connection, storages):
        if storage_id not in with_words:
            with_words[storage_id] = _words_of(connection, storage_id, layout(layouts[storage_id]))
        yield storage_id, with_words[storage_id](finding)


def _words_of(connection: sqlite3.Connection, storage_id: str, own: Layout) -> Callable[[Finding], Finding]:
    found = layers.from_documents(connection, storage_id)
    bars = own.bars(found) if isinstance(own, GuardingLayout) else Bars()
    return for_layout(own, CatalogKnown(connection, storage_id), bars)


def _found(
    connection: sqlite3.Connection, storages: Sequence[StorageInfo]
) -> Generator[tuple[str, Finding], None, None]:
    for storage in storages:
        own = layout(storage.layout)
        owns = own.owns
        for finding in _of_one(connection, storage.id, own):
            if finding.kind == "missing_file" and finding.evidence["layers"] == ["memory"] and owns(finding.subject):
                continue  # a document of the layout, whose absence its reader reports
            yield storage.id, finding
    yield from contents.duplicates(connection, [storage.id for storage in storages])
    yield from _clones(connection, storages)


def _of_one(connection: sqlite3.Connection, storage_id: str, own: Layout) -> Iterator[Finding]:
    index = places.index_state(connection, storage_id)
    if index.complete:
        places.forget_what_no_index_lists(connection, storage_id)
    places.find_lost_and_found(connection, storage_id, index)
    yield from places.missing_and_moved(connection, storage_id)
    if index.complete:
        yield from places.orphans(connection, storage_id)
    yield from contents.altered(connection, storage_id)
    yield from contents.unreadable(connection, storage_id)
    yield from contents.undecodable(connection, storage_id)
    yield from contents.other_sizes(connection, storage_id)
    yield from contents.misnamed(connection, storage_id, own)
    yield from contents.same_names(connection, storage_id)
    copies: set[str] = set()
    for finding in namings.from_names(connection, storage_id):
        if finding.kind == "sync_conflict_copy":
            copies.add(finding.subject)
        yield finding
    yield from layers.session_drift(connection, storage_id, index)
    for finding in layers.from_documents(connection, storage_id):
        if not (finding.subject in copies and _is_about_its_name(finding)):
            yield places.with_copies(connection, finding, storage_id)


def _is_about_its_name(finding: Finding) -> bool:
    """Whether a layout says of a document only that its program does not know the name, which a copy's never is."""
    return finding.kind == "index_bad_entry" and list(finding.evidence.get("problems") or ()) == ["name"]


def _clones(connection: sqlite3.Connection, storages: Sequence[StorageInfo]) -> Iterator[tuple[str, Finding]]:
    """`cloned_storage` for storages with the identity of one of these, as far as they are there."""
    known, chosen = all_storages(connection), {storage.id for storage in storages}
    for name, identity in dict.fromkeys((storage.layout, storage.identity) for storage in storages):
        same = in_order([one for one in known if (one.layout, one.identity) == (name, identity)])
        there = [one for one in same if _is_there(one)] if len(same) > 1 else []
        if len(there) > 1:
            evidence = {
                "identity": identity,
                "roots": [storage.root for storage in there],
                "names": [storage.name for storage in there],
            }
            # one that is not looked at now may be one that nobody is told of
            own = next((one for one in there if one.id in chosen), there[0])
            yield own.id, Finding("cloned_storage", f"identity:{identity}", (), evidence)


def _is_there(storage: StorageInfo) -> bool:
    """Whether a storage is at its root still, by its mark."""
    try:
        recognition = layout(storage.layout).recognise(storage.root)
    except OSError:
        return False
    return recognition is not None and recognition.identity == storage.identity
