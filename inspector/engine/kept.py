"""The engine's half for what was taken away: what lies in quarantine, and the earlier versions of documents."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.catalog import storages as storage_rows
from inspector.catalog.database import Database
from inspector.engine.standing import away, expect_there, known_storage
from inspector.model.errors import UsageError
from inspector.model.operations import WriteDocument
from inspector.model.plan import Generation, Plan, QuarantineEntry
from inspector.model.records import StorageInfo

if TYPE_CHECKING:
    from inspector.repair.keeping import KeptAt


class KeptThings:
    """What was taken out of the storages of one catalog. Front ends reach it as a part of `engine.repairs`."""

    _database: Database

    def expect_there(self, storage_ids: Iterable[str]) -> None:
        """Return if these storages are at their places, so that what is kept of them can be told.

        Raises:
            StorageOfflineError: where one is not.
        """
        for storage_id in storage_ids:
            expect_there(self._database, known_storage(self._database, storage_id))

    def away(self) -> list[StorageInfo]:
        """The known storages that are not there, so that nothing is listed of what was taken out of them."""
        return list(away(self._database, storage_rows.all_storages(self._database.connection)))

    def expect_holder_there(self, entry_id: str) -> None:
        """Return if the storages of an entry's batch are there, as far as they are known.

        Raises:
            StorageOfflineError: where one is not: the entry may be in its quarantine.
        """
        from inspector.repair.history import batch_info
        from inspector.repair.journal import JournalError

        with suppress(JournalError):
            batch = batch_info(self._database.folder, entry_id.rpartition(".")[0])
            known = {storage.id: storage for storage in storage_rows.all_storages(self._database.connection)}
            for storage_id in batch.storages:
                if storage_id in known:
                    expect_there(self._database, known[storage_id], any_identity=True)

    def quarantine(self, storage_ids: Sequence[str] | None = None) -> list[QuarantineEntry]:
        """What lies in quarantine, newest first."""
        from inspector.repair.keeping import quarantined

        return quarantined(self._places(storage_ids))

    async def restore_plan(self, entry_ids: Collection[str]) -> Plan:
        """What `restore` applies, with what it cannot bring back among the refusals.

        Raises:
            UsageError: where one is not there.
        """
        from inspector.repair.keeping import restore_plan

        try:
            return await asyncio.to_thread(restore_plan, self._places(None), entry_ids)
        except UsageError:
            for entry_id in entry_ids:
                self.expect_holder_there(entry_id)
            raise

    def generations(self, storage_id: str, path: str | None = None) -> list[Generation]:
        """The earlier versions of a storage's documents, newest first."""
        from inspector.repair.keeping import generations

        return generations(self._places([storage_id]), path)

    async def restore_generation_plan(self, storage_id: str, generation: str) -> Plan:
        """What `restore_generation` applies; it has no items where the document is as it was then already.

        Raises:
            UsageError: where there is none of this id, or it is damaged.
        """
        return await asyncio.to_thread(self._make_generation_plan, storage_id, generation)

    def _make_generation_plan(self, storage_id: str, generation: str) -> Plan:
        from inspector.repair.along import documents_along
        from inspector.repair.keeping import restore_generation_plan
        from inspector.repair.world import CatalogWorld

        plan = restore_generation_plan(self._places([storage_id]), generation)
        world = CatalogWorld(self._database.connection, self._database.folder)
        writes = [one for item in plan.items for one in item.operations if isinstance(one, WriteDocument)]
        along = {
            path
            for write in writes
            for path in documents_along(
                world.facts(storage_id), write.path, world.version(storage_id, str(write.generation))
            )
        }
        return replace(plan, settled={storage_id: tuple(sorted(along))}) if along else plan

    def _places(self, storage_ids: Sequence[str] | None) -> "list[KeptAt]":
        """Where what was taken out of these storages is kept; those that are away are left out."""
        from inspector.repair.keeping import places_of

        chosen = storage_rows.all_storages(self._database.connection)
        roots = {one.id: one.root for one in chosen if storage_ids is None or one.id in storage_ids}
        return places_of(roots, self._database.folder)
