"""Whether a storage is known and there: asked before anything is said of what was taken out of it or may come back."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from inspector.catalog.database import Database
from inspector.catalog.files import FileRows
from inspector.catalog.storages import get_storage
from inspector.fs.servers import silent_server, words_for_silent
from inspector.layouts.registry import layout
from inspector.model.errors import InspectorError, StorageOfflineError, UsageError
from inspector.model.records import StorageInfo

_ENOUGH_FILES = 200


def known_storage(database: Database, storage_id: str) -> StorageInfo:
    """The storage that the catalog knows by this id.

    Raises:
        UsageError: where there is none.
    """
    storage = get_storage(database.connection, storage_id)
    if storage is None:
        raise UsageError(f"no storage is known as {storage_id}", advice="Open it by its path.")
    return storage


def expect_there(database: Database, storage: StorageInfo, *, any_identity: bool = False) -> None:
    """Return if the storage is at its root. With `any_identity` a repair may have given it another one.

    Raises:
        StorageOfflineError: where it is not: nothing is there, its drive left an empty folder, or another folder is.
    """
    from inspector.scan.presence import prove

    _expect_answer(storage)
    own = layout(storage.layout)
    known = FileRows(database.connection, storage.id)
    with suppress(OSError):
        recognition = own.recognise(storage.root) if any_identity else None
        if recognition is not None:
            storage = replace(storage, identity=recognition.identity)
    prove(storage, own, known).close()
    if _was_elsewhere(database, storage) and not _any_known(storage.root, known.some_there(_ENOUGH_FILES)):
        raise StorageOfflineError(
            f"'{storage.name}' is not there: another folder is at its place",
            path=storage.root,
            advice="Connect its drive, or open it where it is now.",
        )


def _expect_answer(storage: StorageInfo) -> None:
    server = silent_server(storage.root)
    if server:
        raise StorageOfflineError(
            f"'{storage.name}' {words_for_silent(server)}", path=storage.root, advice="Try again once it does."
        )


def away(database: Database, storages: Iterable[StorageInfo]) -> Iterator[StorageInfo]:
    """Those of these storages that are not there."""
    for storage in storages:
        try:
            expect_there(database, storage)
        except InspectorError:
            yield storage


def _was_elsewhere(database: Database, storage: StorageInfo) -> bool:
    """Whether another folder was at the root when the last batch was applied to the storage, as the journal says."""
    from inspector.repair.journal import JournalError, batches, homes_of
    from inspector.repair.seats import seat_now

    for batch in reversed(batches(database.folder)):
        with suppress(JournalError):
            home = homes_of(database.folder, batch).get(storage.id)
            if home is not None and home.seat is not None:
                return home.root == storage.root and home.seat != seat_now(storage.root)
    return False


def _any_known(root: str, known: Iterable[tuple[bytes, int, int]]) -> bool:
    """Whether any of these files (path, size in bytes, mtime in ns) is there as it was, or none is known."""
    none_known = True
    for path, size, mtime_ns in known:
        none_known = False
        with suppress(OSError):
            status = os.lstat(os.path.join(os.fsencode(root), path))
            if (status.st_size, status.st_mtime_ns) == (size, mtime_ns):
                return True
    return none_known
