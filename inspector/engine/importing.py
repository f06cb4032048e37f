"""The engine's half for imports: what one would do, and doing it. Front ends reach it as `engine.importing`."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflicts import all_conflicts
from inspector.catalog.database import words_for
from inspector.catalog.storages import last_mode
from inspector.engine.standing import expect_there, known_storage
from inspector.engine.threads import in_thread
from inspector.layouts.base import Surroundings
from inspector.model.errors import InspectorError, StorageLockedError
from inspector.model.importing import Imported, ImportOptions, ImportPlan
from inspector.model.operations import WriteDocument
from inspector.model.plan import Plan, PlanItem
from inspector.model.progress import Progress
from inspector.model.records import StorageState
from inspector.model.scanmode import ScanMode

if TYPE_CHECKING:
    from inspector.catalog.database import Database
    from inspector.engine.engine import Engine
    from inspector.repair.importing.record import ImportRecord

T = TypeVar("T")


class ImportWork:
    """Imports into the storages of one catalog."""

    def __init__(self, engine: "Engine", database: "Database", surroundings: Surroundings, *, read_only: bool) -> None:
        self._engine = engine
        self._database = database
        self._surroundings = surroundings
        self._read_only = read_only

    def why_not_into(self, storage_id: str) -> str:
        """Why no folders are imported into a storage, as far as its kind says; empty where they are."""
        from inspector.repair.importing.planning import importing_layout

        try:
            storage = known_storage(self._database, storage_id)
            importing_layout(storage)
        except InspectorError as error:
            return error.message
        older = all_conflicts(self._database.connection, ConflictFilter((storage.id,), ("legacy_storage",)))
        if any(one.paths for one in older):  # one without paths is about settings outside the storage
            return "it is a storage of an older program: 'inspector migrate' makes one of today of it"
        return ""

    async def plan(
        self, source: str, storage_id: str, options: ImportOptions | None = None, progress: Progress | None = None
    ) -> ImportPlan:
        """What an import of the folder `source` into a storage would do; nothing is written.

        A storage that was never scanned is scanned first, and one in which an import did not end.

        Raises:
            UsageError: where the source or the options make no sense, or the storage takes in no folders.
            StorageOfflineError: where the storage is not there.
            CancelledByUserError: where the progress was cancelled.
        """
        from inspector.repair.importing.planning import importing_layout, plan_import, source_folder

        progress = progress or Progress()
        storage = known_storage(self._database, storage_id)
        importing_layout(storage)
        real = source_folder(source, storage)
        record = self._record(storage_id, real)
        if record is not None:
            await self._look_again(storage_id, progress)
        else:
            await self._made_known(storage_id, progress)
        storage = known_storage(self._database, storage_id)
        expect_there(self._database, storage)
        return await self._in_thread(
            progress,
            lambda: plan_import(
                self._database.connection,
                self._database.folder,
                storage,
                self._surroundings,
                source,
                options or ImportOptions(),
                record,
                progress,
            ),
        )

    async def check(self, storage_id: str, progress: Progress | None = None) -> None:
        """Raise what an import into a storage would raise before it begins, locks left out, so that none is planned.

        A storage that was never scanned is scanned first: only then an empty folder is known to be one.

        Raises:
            ProtectedError, StorageOfflineError, UsageError: nothing can be imported into it now.
        """
        from inspector.repair.desk import Desk
        from inspector.repair.importing.planning import importing_layout

        importing_layout(known_storage(self._database, storage_id))
        await self._made_known(storage_id, progress or Progress())
        storage = known_storage(self._database, storage_id)
        write = WriteDocument("", None, text="")
        item = PlanItem(1, storage_id, "", "import", "", "", "R1", (write,))
        plan = Plan("", "", {storage_id: storage.root}, (item,))
        desk = Desk(self._database, read_only=self._read_only, surroundings=self._surroundings)
        await asyncio.to_thread(desk.check, plan)

    async def settle(self, source: str, storage_id: str) -> None:
        """Settle what an import of this source that was interrupted left half done, so that it can go on.

        Raises:
            InspectorError: where that cannot be done.
        """
        from inspector.repair.desk import Desk
        from inspector.repair.importing.planning import source_folder

        storage = known_storage(self._database, storage_id)
        record = self._record(storage_id, source_folder(source, storage))
        if record is None or self._read_only:
            return

        def work() -> None:
            desk = Desk(self._database, read_only=self._read_only, surroundings=self._surroundings)
            for info in record.interrupted(self._database.folder):
                desk.recover(info.id)
            with suppress(StorageLockedError):  # whoever is at work takes it over
                desk.free_lock(storage)

        await in_thread(Progress(), work)

    async def run(self, plan: ImportPlan, progress: Progress | None = None) -> Imported:
        """Import what a plan says, then look at the storage again; an error that ended it is in what is returned.

        Raises:
            ProtectedError, StorageOfflineError, StorageLockedError, UsageError: nothing was begun.
        """
        from inspector.repair.desk import Desk
        from inspector.repair.importing.running import ImportRun

        progress = progress or Progress()
        storage = known_storage(self._database, plan.storage_id)
        desk = Desk(self._database, read_only=self._read_only, surroundings=self._surroundings)
        run = ImportRun(self._database, desk, storage, self._surroundings, progress)
        imported = await self._in_thread(progress, lambda: run.run(plan))
        if imported.batches:
            progress.go_on()  # what came in until somebody stopped it is to be seen all the same
            try:
                await self._look_again(plan.storage_id, progress)
            except InspectorError as error:
                return replace(imported, unseen=error)
        return imported

    async def _made_known(self, storage_id: str, progress: Progress) -> None:
        storage = known_storage(self._database, storage_id)
        if storage.last_scan_ns is None or storage.state is not StorageState.READY:
            await self._look_again(storage_id, progress)

    async def _look_again(self, storage_id: str, progress: Progress) -> None:
        quick = last_mode(self._database.connection, storage_id) is ScanMode.QUICK
        (outcome,) = await self._engine.scan(
            [storage_id], mode=ScanMode.QUICK if quick else ScanMode.SMART, progress=progress
        )
        if isinstance(outcome.error, InspectorError):
            raise outcome.error

    def _record(self, storage_id: str, source: str) -> "ImportRecord | None":
        from inspector.repair.importing.record import open_record

        return open_record(self._database.folder, storage_id, source)

    async def _in_thread(self, progress: Progress, work: Callable[[], T]) -> T:
        found: list[T] = []
        try:
            await in_thread(progress, lambda: found.append(work()))
        except sqlite3.Error as error:
            raise words_for(error, self._database.path) from error
        return found[0]
