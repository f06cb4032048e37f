"""The engine's part for deleting pictures: the plan of it, which is applied and taken back as any other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.catalog.database import Database
from inspector.engine.standing import expect_there, known_storage
from inspector.engine.threads import in_thread
from inspector.layouts.deletions import HasTrash, MarksDeleted
from inspector.layouts.registry import layout
from inspector.layouts.repairs import CannotRepairError, RepairingLayout
from inspector.model.deleting import DeletionWay
from inspector.model.errors import UsageError
from inspector.model.plan import Plan
from inspector.model.progress import Progress

if TYPE_CHECKING:
    from inspector.layouts.base import Surroundings


class Deleting:
    """Plans deletions in the storages of one catalog. Front ends reach it as `engine.deleting`."""

    def __init__(self, database: Database, surroundings: "Surroundings") -> None:
        self._database = database
        self._surroundings = surroundings

    def ways(self, storage_id: str) -> tuple[DeletionWay, ...]:
        """The ways in which pictures of a storage can be deleted; none where it is only read."""
        own: object = layout(known_storage(self._database, storage_id).layout)
        if not isinstance(own, RepairingLayout):
            return ()
        possible = {
            DeletionWay.HARD: True,
            DeletionWay.SOFT: isinstance(own, MarksDeleted),
            DeletionWay.TRASH: isinstance(own, HasTrash),
        }
        return tuple(way for way, is_possible in possible.items() if is_possible)

    async def plan(
        self, storage_id: str, paths: Sequence[str], way: DeletionWay, progress: Progress | None = None
    ) -> Plan:
        """The plan that deletes the files at these paths, relative to the root, and those in folders among them.

        Raises:
            UsageError: where a path is none of the storage's, or its kind knows of no such way.
            StorageOfflineError: where the storage is not there.
        """
        from inspector.repair.deleting import plan_deletion
        from inspector.repair.world import CatalogWorld

        storage, progress = known_storage(self._database, storage_id), progress or Progress()
        if storage.last_scan_ns is None:
            raise UsageError("was never scanned", path=storage.root, advice="Scan it first with: inspector check PATH.")
        expect_there(self._database, storage)
        plans: list[Plan] = []

        def work() -> None:
            connection = self._database.connection
            world = CatalogWorld(connection, self._database.folder, self._surroundings)
            try:
                plans.append(plan_deletion(connection, world, storage, paths, way, progress))
            except CannotRepairError as error:
                raise UsageError(str(error), path=storage.root) from error

        await in_thread(progress, work)
        return plans[0]
