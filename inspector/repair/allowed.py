"""What a plan may be about: storages that are there, and nothing in folders of ours."""

import os
from pathlib import Path

from inspector.fs.own_folder import OwnFolder
from inspector.layouts.registry import layout
from inspector.model.errors import StorageOfflineError, UsageError
from inspector.model.folding import fold
from inspector.model.plan import Plan
from inspector.model.records import StorageInfo, StorageState
from inspector.repair.seats import Seat, is_seated
from inspector.repair.store import OWN_FOLDERS


def refuse_our_own_folders(plan: Plan, state_folder: Path) -> None:
    """Refuse a plan that works on what is kept of what was taken out of a storage: only our own operations may.

    Upper and lower case are one, as they are on many drives.

    Raises:
        UsageError: it does.
    """
    state = {storage_id: OwnFolder(root, state_folder) for storage_id, root in plan.roots.items()}
    for item in plan.items:
        own = state.get(item.storage_id)
        for operation in item.operations:
            paths = [getattr(operation, name, None) for name in ("path", "source", "target", "same_as")]
            paths += getattr(operation, "drop_folders", ())
            for path in paths:
                if not isinstance(path, str):
                    continue
                ours = next((part for part in path.split("/") if fold(part) in OWN_FOLDERS), None)
                if ours is not None or (own is not None and own.holds(path)):
                    raise UsageError(
                        f"item {item.number} of the plan is about {ours or 'the state folder'}, "
                        "which no plan may touch",
                        advice="'inspector quarantine' lists, restores and purges what lies there.",
                    )


def expect_storage_there(storage: StorageInfo, seat: Seat | None, *, any_identity: bool) -> None:
    """Return if the storage itself is at its root, and not an empty mount point or another one.

    An empty folder is the storage where it has the device and inode of `seat`. With `any_identity` a repair may have
    given it another one.

    Raises:
        StorageOfflineError: where it is not; it says what is there.
    """
    try:
        recognition = layout(storage.layout).recognise(storage.root)
        is_there = os.path.isdir(storage.root)
        is_empty = is_there and not os.listdir(storage.root)
        seated = is_there and is_seated(storage.root, seat)
    except OSError as error:
        raise _offline(storage, f"cannot be looked at ({error.strerror})", "Look at its drive.") from error
    if not is_there:
        raise _offline(storage, "is not there", "Connect its drive.")
    if not seated:
        what = "the folder at its place is empty" if is_empty else "the folder at its place has nothing of it"
        raise _offline(storage, f"is not there: {what}", "Connect its drive.")
    if recognition is None:
        advice = f"It is no {storage.layout} storage any more: scan it, then make the plan anew."
        raise _offline(storage, "has lost the marks by which it is known", advice)
    if not any_identity and recognition.identity != storage.identity:
        advice = "Open what is there by its path, then make the plan anew; or bring the other one back to its place."
        raise _offline(storage, f"is another storage by now, {recognition.identity}", advice)
    if not any_identity and storage.state is StorageState.OFFLINE:
        raise _offline(storage, "was not there at the last scan", "Scan it, then apply again.")


def _offline(storage: StorageInfo, what: str, advice: str) -> StorageOfflineError:
    return StorageOfflineError(f"'{storage.name}' {what}, so nothing was begun", path=storage.root, advice=advice)
