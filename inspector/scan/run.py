"""One scan of one storage from its lock to its last row: presence, files, layers, pictures."""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace

from inspector.catalog.database import Database
from inspector.catalog.files import FileRows
from inspector.catalog.storages import begin_scan, end_scan, finish_storage, is_changed, set_state
from inspector.conflicts.places import find_lost_and_found, index_state, is_any_listed_lost, keys_wanted
from inspector.fs.locks import state_lock
from inspector.fs.profile import file_system_of, profile_of
from inspector.layouts.base import Layout, NamedByContent, Surroundings
from inspector.model.errors import (
    CancelledByUserError,
    GuardTrippedError,
    InspectorError,
    StorageOfflineError,
)
from inspector.model.places import Places
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo, StorageState
from inspector.model.scanmode import ScanCounts, ScanMode
from inspector.scan.before_images import BeforeImages
from inspector.scan.gone import GUARD_FRACTION
from inspector.scan.layers import note_own_layers, read_layers
from inspector.scan.named import learn_stated
from inspector.scan.pictures import PictureLook, count_undecided, undecided
from inspector.scan.presence import advice_on_gone, how_to_confirm, proof_of_contents, prove
from inspector.scan.scanner import FileScan


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a scan is to do. `expected_missing` is a person's word on how many files are meant to be gone.

    With `places` it looks at a part of the storage, and leaves no trace in the list of scans. That takes a storage
    that the catalog knows whole, and is a scan of all of it otherwise.
    """

    mode: ScanMode = ScanMode.SMART
    deep: bool = False
    expected_missing: int | None = None
    places: Places | None = None


def scan_storage(
    database: Database,
    storage: StorageInfo,
    layout: Layout,
    surroundings: Surroundings,
    request: ScanRequest,
    progress: Progress,
    counts: ScanCounts,
) -> None:
    """Scan `storage` in the calling thread and store what was seen; its conflicts are worked out afterwards.

    `counts` is filled in as the scan goes on, so that it tells of one that ended early too.

    Raises:
        StorageLockedError: where another inspector scans or repairs the same storage.
        StorageOfflineError, GuardTrippedError, CancelledByUserError: as `FileScan.run` does, after the storage's
            state says so.
    """
    with state_lock(database.folder, storage.id, storage.name, storage.root):
        _scan(database, storage, layout, surroundings, request, progress, counts)


def _scan(
    database: Database,
    storage: StorageInfo,
    layout: Layout,
    surroundings: Surroundings,
    request: ScanRequest,
    progress: Progress,
    counts: ScanCounts,
) -> None:
    connection = database.connection
    if request.places is not None and (request.places.is_whole or not _is_known_whole(storage)):
        request = replace(request, places=None)
    scan_id, verified_since_ns = None, 0
    with database.transaction():
        if request.places is None:
            scan_id, verified_since_ns = begin_scan(connection, storage.id, request.mode, deep=request.deep)
        set_state(connection, storage.id, StorageState.SCANNING)
    before = BeforeImages(connection, storage.id) if _is_known(storage) else None
    try:
        presence = prove(storage, layout, FileRows(connection, storage.id))
        try:
            profile = profile_of(file_system_of(storage.root))
            scan = FileScan(
                database,
                presence,
                profile,
                request.mode,
                progress,
                counts,
                verified_since_ns=verified_since_ns,
                places=request.places,
            )
            scan.run(expected_missing=request.expected_missing)
            if request.places is None or not request.places.leave_layers:
                read_layers(database, storage, layout, surroundings, progress)
            _look_into_pictures(database, storage, layout, request, progress)
            if isinstance(layout, NamedByContent):
                learn_stated(database, storage, layout, progress)
            proof = proof_of_contents(storage, layout)
            if not proof:
                _require_contents(connection, storage, counts, request)
            if not proof or _is_known(storage):
                _guard_index(connection, storage, request, proof)
            presence.prove_again()
        finally:
            presence.close()
    except InspectorError as error:
        with suppress(sqlite3.Error), database.transaction():
            state, word = _state_after(error)
            if isinstance(error, GuardTrippedError) and before is not None:
                before.restore()
                counts.added = counts.altered = counts.gone = 0
            if scan_id is not None:
                end_scan(connection, scan_id, word, counts, error.message)
            advice = f". {error.advice}" if error.advice else ""
            set_state(connection, storage.id, state, error.message + advice)
        raise
    except BaseException as error:
        with suppress(sqlite3.Error), database.transaction():
            if scan_id is not None:
                end_scan(connection, scan_id, "failed", counts, str(error))
            set_state(connection, storage.id, StorageState.PARTIAL, "the last scan failed")
        raise
    finally:
        if before is not None:
            before.close()
    with database.transaction():
        state = StorageState.PARTIAL if counts.incomplete else StorageState.READY
        finish_storage(connection, storage.id, counts, state)
        note_own_layers(connection, storage.id)
        if scan_id is not None:
            end_scan(connection, scan_id, "done", counts)


def _is_known(storage: StorageInfo) -> bool:
    """Whether there is something that a scan could take for gone; where there is not, all that it finds is kept."""
    return storage.last_scan_ns is not None and storage.files > 0


def _is_known_whole(storage: StorageInfo) -> bool:
    """Whether the last scan of a storage went through, so that a part of it can be looked at by itself."""
    complete = storage.state is StorageState.READY
    return storage.last_scan_ns is not None and (
        complete or (storage.state is StorageState.PARTIAL and not storage.reason)
    )


def _state_after(error: InspectorError) -> tuple[StorageState, str]:
    if isinstance(error, StorageOfflineError):
        return StorageState.OFFLINE, "offline"
    if isinstance(error, GuardTrippedError):
        return StorageState.GUARD, "guard"
    if isinstance(error, CancelledByUserError):
        return StorageState.PARTIAL, "cancelled"
    return StorageState.PARTIAL, "failed"


def _require_contents(
    connection: sqlite3.Connection, storage: StorageInfo, counts: ScanCounts, request: ScanRequest
) -> None:
    """An index full of pictures over a disk without one is an absent disk, whoever's marker lies beside it."""
    if counts.files:
        return
    listed = _count_listed(connection, storage.id)
    if listed > (request.expected_missing or 0):
        raise StorageOfflineError(
            f"the index of '{storage.name}' lists {listed} files, and there is not one picture on the disk",
            path=storage.root,
            advice=f"Is the disk with the pictures mounted? Nothing was recorded as missing. {how_to_confirm(listed)}",
        )


def _guard_index(connection: sqlite3.Connection, storage: StorageInfo, request: ScanRequest, proof: str) -> None:
    """Trip the guard where over half of what the index lists is newly missing, moved files not counted.

    `proof` is that of the storage's contents.
    """
    if not is_changed(connection, storage.id):
        return
    index = index_state(connection, storage.id)
    if not index.usable or not is_any_listed_lost(connection, storage.id, index):
        return
    find_lost_and_found(connection, storage.id, index)
    lost = connection.execute(
        """
        SELECT count(*) FROM temp.lost WHERE layers <> 'memory' AND id NOT IN (SELECT lost FROM temp.move)
        """
    ).fetchone()[0]
    known = connection.execute(
        "SELECT count(*) FROM conflict WHERE storage_id = ? AND kind = 'missing_file'", (storage.id,)
    ).fetchone()[0]
    listed = _count_listed(connection, storage.id)
    newly = lost - known
    if newly > listed * GUARD_FRACTION and newly > (request.expected_missing or 0):
        raise GuardTrippedError(
            f"{lost} of {listed} files that the index lists are not on the disk; nothing was recorded as missing",
            gone=lost,
            known=listed,
            path=storage.root,
            advice=advice_on_gone(proof, lost),
        )


def _count_listed(connection: sqlite3.Connection, storage_id: str) -> int:
    row = connection.execute(
        """
        SELECT count(*) FROM (
            SELECT DISTINCT c.folder, c.name FROM claim c
            JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer
            WHERE c.storage_id = ? AND y.role = 'index'
        )
        """,
        (storage_id,),
    ).fetchone()
    return int(row[0])


def _look_into_pictures(
    database: Database, storage: StorageInfo, layout: Layout, request: ScanRequest, progress: Progress
) -> None:
    """Compute the keys that tell moved files from new ones; with `deep`, decode every picture."""
    connection = database.connection
    if layout.key_engine is not None and request.mode is not ScanMode.QUICK and is_changed(connection, storage.id):
        find_lost_and_found(connection, storage.id, index_state(connection, storage.id))
        wanted = list(keys_wanted(connection))
        if wanted:
            PictureLook(database, storage, layout, progress).run(wanted, len(wanted), decode=False, key=True)
    if request.deep:
        total = count_undecided(database, storage)
        if total:
            pictures = undecided(database, storage)
            key = layout.key_engine is not None
            PictureLook(database, storage, layout, progress).run(pictures, total, decode=True, key=key)
