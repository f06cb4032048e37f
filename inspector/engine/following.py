"""Two folders that say that they are one storage, after it was found in the second of them: both are entered."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from inspector.catalog import storages as storage_rows
from inspector.catalog.database import Database
from inspector.fs.profile import file_system_of
from inspector.model.records import StorageInfo


async def enter_both(
    database: Database,
    storage: StorageInfo,
    old_root: str,
    enter: Callable[[str], Awaitable[StorageInfo]],
    *,
    is_proved: bool,
) -> StorageInfo:
    """Enter a storage that was found elsewhere, and its old root, where its id is again, as clones of each other.

    The history is its own where `is_proved` says that the folder itself was moved; otherwise the old root has it again.
    Returns the storage as it is to be watched.
    """
    known = storage_rows.all_storages(database.connection)
    is_entered = any(one.root == old_root and one.id != storage.id for one in known)
    stays = is_proved or is_entered
    with database.transaction() as connection:
        if not stays:
            back = replace(storage, root=old_root, file_system=file_system_of(old_root))
            storage_rows.put_storage(connection, back)
        storage_rows.mark_changed(connection, storage.id)  # so that its conflicts are worked out again
    await enter(old_root if stays else storage.root)
    found = storage_rows.get_storage(database.connection, storage.id)
    assert found is not None
    return found
