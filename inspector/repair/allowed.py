"""What a plan may be about: storages that are there, files that belong with them, and nothing in folders of ours."""

import os
from collections.abc import Iterable
from pathlib import Path

from inspector.fs.own_folder import OwnFolder
from inspector.layouts.base import Surroundings
from inspector.layouts.founding import KeepsSettings
from inspector.layouts.registry import layout, layouts
from inspector.layouts.repairs import KeepsDatabases
from inspector.model.errors import StorageOfflineError, UsageError
from inspector.model.folding import fold
from inspector.model.operations import CopyPath, EditDatabase, Quarantine, WriteSettings
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


def refuse_foreign_sources(plan: Plan, known: Iterable[StorageInfo]) -> None:
    """Refuse a plan that reads from a place that is no known storage.

    Raises:
        UsageError: it does.
    """
    roots = {None, *plan.sources, *(storage.root for storage in known)}
    for item in plan.items:
        for operation in item.operations:
            root = operation.source_root if isinstance(operation, CopyPath) else None
            if isinstance(operation, Quarantine):
                root = operation.same_as_root
            if root not in roots:
                raise UsageError(
                    f"item {item.number} of the plan reads from a place that is no known storage",
                    path=root,
                    advice="Open that storage first, or make the plan anew.",
                )


def refuse_foreign_databases(plan: Plan, storage: StorageInfo, surroundings: Surroundings) -> None:
    """Refuse a plan that edits a database which does not belong with the storage.

    Raises:
        UsageError: it does.
    """
    own = layout(storage.layout)
    for item in plan.items:
        edited = {one.path for one in item.operations if isinstance(one, EditDatabase)}
        if item.storage_id != storage.id or not edited:
            continue
        known = own.databases(storage.root, surroundings) if isinstance(own, KeepsDatabases) else ()
        if foreign := sorted(edited.difference(known)):
            raise UsageError(
                f"item {item.number} of the plan edits a database that does not belong with '{storage.name}'",
                path=foreign[0],
                advice="Make the plan anew.",
            )


def refuse_foreign_settings(plan: Plan, surroundings: Surroundings) -> None:
    """Refuse a plan that writes what are no settings of a program whose storages are known here.

    Raises:
        UsageError: it does.
    """
    keeping = [own for own in layouts().values() if isinstance(own, KeepsSettings)]
    known = {path for own in keeping for path in own.settings_files(surroundings)}
    for item in plan.items:
        for operation in item.operations:
            if isinstance(operation, WriteSettings) and operation.path not in known:
                raise UsageError(
                    f"item {item.number} of the plan writes a file that is no settings of a known program",
                    path=operation.path,
                    advice="Make the plan anew, with the same --home and --config.",
                )


def expect_storage_there(
    storage: StorageInfo, seat: Seat | None, *, any_identity: bool, any_kind: bool = False
) -> None:
    """Return if the storage itself is at its root, and not an empty mount point or another one.

    An empty folder is the storage where it has the device and inode of `seat`. With `any_identity` a repair may have
    given it another one, and with `any_kind` have made it a storage of another kind, or a plain folder.

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
    if recognition is None and any_kind:
        return
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
