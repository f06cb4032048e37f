"""The engine's part for backups: made, checked, pruned, and brought back to a new place."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database, words_for
from inspector.engine.standing import expect_there, known_storage
from inspector.engine.threads import in_thread
from inspector.layouts.base import Surroundings
from inspector.layouts.registry import layout
from inspector.layouts.repairs import RepairingLayout
from inspector.model.backups import BackupCheck, BackupInfo, BackupOptions, BackupRun, Prunable, Restored
from inspector.model.display import display_name
from inspector.model.errors import CancelledByUserError, InspectorError, StorageOfflineError, UsageError
from inspector.model.plan import ItemState
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode

if TYPE_CHECKING:
    from inspector.backup.checking import Compared
    from inspector.engine.engine import Engine
    from inspector.fs.tree import Tree

T = TypeVar("T")

_STOPPED = "stopped; what was copied is kept, and the same again goes on from there"


class Backups:
    """Backups of the storages of one catalog. Front ends reach it as `engine.backups`.

    Nothing is ever written to a storage that is backed up.
    """

    def __init__(self, database: Database, surroundings: Surroundings, engine: "Engine") -> None:
        self._database = database
        self._surroundings = surroundings
        self._engine = engine

    async def back_up(
        self,
        storage_id: str,
        destination: str | Path,
        options: BackupOptions | None = None,
        progress: Progress | None = None,
    ) -> BackupRun:
        """Bring the backup of a storage in a folder up to date, or begin it there.

        Raises:
            UsageError: where the folder cannot be one. StorageOfflineError: where the storage or the backup is away.
            StorageLockedError: where another inspector works on it, or a program on the storage.
            GuardTrippedError: where more than half of the files are gone from the storage at once.
            WriteFailedError: where nothing more could be written; what was copied is kept.
        """
        from inspector.backup.remembered import remember, remembered_id
        from inspector.backup.run import back_up

        storage, progress = known_storage(self._database, storage_id), progress or Progress()
        target = _real(destination)
        state = self._database.folder

        def work() -> BackupRun:
            prove = self._proof(storage)
            self._refuse_other_storages(storage, target)
            return back_up(
                self._database.connection,
                storage,
                layout(storage.layout),
                self._surroundings,
                target,
                state,
                prove,
                progress,
                options or BackupOptions(),
                expected_id=remembered_id(state, target),
                on_begin=lambda backup_id: remember(state, target, backup_id),
            )

        return await self._done(work, progress)

    async def check(
        self,
        destination: str | Path,
        storage_id: str | None = None,
        *,
        deep: bool = False,
        progress: Progress | None = None,
    ) -> BackupCheck:
        """Compare a backup with what it noted, and with its storage where that is named; with `deep` byte by byte.

        Raises:
            UsageError, DocumentError: where the folder is no backup of it, or what it noted cannot be read.
            StorageOfflineError: where the storage is away.
        """
        from inspector.backup.checking import check_backup
        from inspector.backup.place import require_marker
        from inspector.fs.tree import Tree

        progress, target = progress or Progress(), _real(destination)

        def work() -> BackupCheck:
            marker = require_marker(target)
            if storage_id is None:
                return check_backup(target, None, progress, deep=deep)
            storage = known_storage(self._database, storage_id)
            if (marker.layout, marker.identity) != (storage.layout, storage.identity):
                raise UsageError(
                    f"is the backup of another storage, '{display_name(marker.name)}'",
                    path=target,
                    advice="Name that storage, or none to look at the backup alone.",
                )
            prove = self._proof(storage)
            with Tree(storage.root) as tree:
                return check_backup(target, self._compared(storage, tree, prove), progress, deep=deep)

        return await self._done(work, progress)

    async def info(self, destination: str | Path) -> BackupInfo:
        """Whose backup a folder is.

        Raises:
            UsageError, DocumentError: where it is none, or what it says cannot be read.
        """
        from inspector.backup.place import info_of

        return await self._done(lambda: info_of(_real(destination)), Progress())

    async def prunable(self, destination: str | Path, older_than_s: float) -> Prunable:
        """What pruning a backup would delete: what has been gone from the storage, or been replaced, for so long.

        Raises:
            UsageError, DocumentError: where it is no backup, or what it noted cannot be read.
        """
        from inspector.backup.place import require_marker
        from inspector.backup.pruning import prunable
        from inspector.fs.tree import Tree

        target = _real(destination)

        def work() -> Prunable:
            require_marker(target)
            with Tree(target) as tree:
                return prunable(tree, older_than_s)

        return await self._done(work, Progress())

    async def prune(
        self, storage_id: str, destination: str | Path, older_than_s: float, progress: Progress | None = None
    ) -> Prunable:
        """Delete for good what `prunable` tells of.

        Raises:
            As `prunable` does; StorageLockedError: where another inspector works on the backup.
        """
        from inspector.backup.place import now_iso, opened_place, require_marker
        from inspector.backup.pruning import prune
        from inspector.backup.run_ids import new_run_id

        storage, progress, target = (
            known_storage(self._database, storage_id),
            progress or Progress(),
            _real(destination),
        )

        def work() -> Prunable:
            require_marker(target)
            with opened_place(storage, target, self._database.folder, adopt=False, expected_id=None) as place:
                head = {**place.marker.head(), "run": new_run_id(), "time": now_iso()}
                return prune(place, head, older_than_s, progress)

        return await self._done(work, progress)

    async def restore(
        self,
        backup: str | Path,
        destination: str | Path,
        *,
        with_gone: bool = False,
        register: bool = True,
        progress: Progress | None = None,
    ) -> Restored:
        """Bring a backup back to a new place, open the storage there, check it quickly, and register it.

        Raises:
            UsageError: where the place is not empty, or lies in a storage.
            DocumentError: where what the backup noted cannot be read.
            WriteFailedError: where nothing more could be written; the same again goes on from there.
        """
        from inspector.backup.restoring import bring_back

        progress = progress or Progress()
        source, target = _real(backup), _real(destination)

        def work() -> "Restored":
            self._refuse_within_storages(target)
            brought = bring_back(
                source, target, lambda name, path: layout(name).owns(path), progress, with_gone=with_gone
            )
            problems = tuple(brought.problems)
            return Restored(
                target, brought.files, brought.bytes, brought.copied, None, 0, problems, brought.problem_count
            )

        brought = await self._done(work, progress)
        storage = await self._engine.open(target)
        await self._engine.scan([storage.id], mode=ScanMode.QUICK, progress=progress)
        registered = await self._registered(storage) if register else ""
        conflicts = sum(self._engine.count_by_kind(ConflictFilter((storage.id,))).values())
        return Restored(
            target,
            brought.files,
            brought.bytes,
            brought.copied,
            self._engine.storage(storage.id),
            conflicts,
            brought.problems,
            brought.problem_count,
            registered,
        )

    async def _registered(self, storage: StorageInfo) -> str:
        """Enter a restored storage in its program's list, where that keeps one; what became of it, in words."""
        listed = self._engine.creating.list_of(storage.layout)
        registration = await self._engine.creating.plan_registration([storage.id])
        if registration.plan.items:
            applied = await self._engine.repairs.apply(registration.plan)
            failed = [item.reason for item in applied.batch.items if item.state is not ItemState.DONE]
            return f"it failed: {failed[0]}" if failed else f"entered in {display_name(listed)}"
        reasons = [*registration.already, *(registration.refused if listed else ())]
        return next((words for _, words in reasons), "")

    def _proof(self, storage: StorageInfo) -> Callable[[], None]:
        """Prove a storage there now; the value does so again, whenever it is called."""
        expect_there(self._database, storage)
        status = os.stat(storage.root)
        seat = status.st_dev, status.st_ino

        def prove() -> None:
            try:
                now = os.stat(storage.root)
            except OSError as error:
                raise _went_away(storage) from error
            if (now.st_dev, now.st_ino) != seat:
                raise _went_away(storage)
            expect_there(self._database, storage)

        return prove

    def _compared(self, storage: StorageInfo, tree: "Tree", prove: Callable[[], None]) -> "Compared":
        from inspector.backup.checking import Compared
        from inspector.backup.known_digests import KnownDigests
        from inspector.fs.own_folder import OwnFolder
        from inspector.fs.profile import file_system_of, profile_of

        own, profile = layout(storage.layout), profile_of(file_system_of(storage.root))
        return Compared(
            tree,
            profile,
            own.lock_name if isinstance(own, RepairingLayout) else None,
            OwnFolder(storage.root, self._database.folder),
            KnownDigests(self._database.connection, storage.id, profile),
            prove,
        )

    def _refuse_other_storages(self, storage: StorageInfo, target: str) -> None:
        """Refuse a destination in a storage that the catalog knows, unless it is a backup itself."""
        from inspector.backup.place import read_marker

        with suppress(InspectorError):
            if read_marker(target) is not None:
                return
        self._refuse_within_storages(target, their_roots=True)

    def _refuse_within_storages(self, target: str, *, their_roots: bool = False) -> None:
        """Refuse a place in a storage; the root of one that was lost may be where its backup is brought back."""
        for known in self._engine.storages():
            root = os.path.realpath(known.root)
            if (target == root and their_roots) or target.startswith(f"{root}/"):
                raise UsageError(
                    f"lies in the storage '{display_name(known.name)}'", path=target, advice="Name a folder elsewhere."
                )

    async def _done(self, work: Callable[[], T], progress: Progress) -> T:
        made: list[T] = []
        try:
            await in_thread(progress, lambda: made.append(work()))
        except CancelledByUserError as error:
            raise CancelledByUserError(_STOPPED) from error
        except sqlite3.Error as error:
            raise words_for(error, self._database.path) from error
        return made[0]


def _real(path: str | Path) -> str:
    if not os.fspath(path):
        raise UsageError("an empty path names no folder", advice="Check the variable that it came from.")
    return os.path.realpath(path)


def _went_away(storage: StorageInfo) -> StorageOfflineError:
    return StorageOfflineError(
        f"the storage '{storage.name}' went away while it was copied",
        path=storage.root,
        advice="Connect it and run again: what was copied is kept.",
    )
