"""The engine's half for missing files: all that are in other storages come back, in one plan."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database
from inspector.catalog.storages import set_present
from inspector.engine.standing import expect_there
from inspector.model.errors import InspectorError
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.records import Conflict, StorageInfo, StorageState
from inspector.model.restoring import RESTORED_KINDS, Restorable, Restoration, StorageAway

if TYPE_CHECKING:
    from inspector.engine.engine import Engine

_CHOICE = "restore_copy"


class Restoring:
    """Brings missing files back from the storages that have them. Front ends reach it as `Engine.restoring`."""

    def __init__(self, engine: "Engine", database: Database) -> None:
        self._engine = engine
        self._database = database

    async def plan(self, storage_ids: Sequence[str], progress: Progress | None = None) -> Restoration:
        """What brings back the missing files of these storages, by their last scans, from wherever they are now.

        Storages that could have them are looked for at their places, so that none is waited for that is away.

        Raises:
            CancelledByUserError: somebody asked the work to stop.
        """
        progress = progress or Progress()
        found = await asyncio.to_thread(self.choose, storage_ids, progress)
        return Restoration(await self._engine.repairs.plan(list(storage_ids), found.decisions, progress), found)

    def choose(self, storage_ids: Sequence[str], progress: Progress | None = None) -> Restorable:
        """The decisions that such a plan is made of; looks at the disks of the storages that have what is missing.

        Raises:
            CancelledByUserError: somebody asked the work to stop.
        """
        progress = progress or Progress()
        progress.begin("looking for copies")
        storages = {one.id: one for one in self._engine.storages()}
        reasons: dict[str, str] = {}
        decisions, nowhere, only_in = [], [], Counter[str]()
        for conflict in self._engine.all_conflicts(ConflictFilter(tuple(storage_ids), RESTORED_KINDS)):
            progress.check()
            progress.advance(files=1)
            holders = self._holders(conflict)
            for one in holders:
                if one not in reasons:
                    reasons[one] = self._why_away(storages[one])
            if any(not reasons[one] for one in holders):
                decisions.append(Decision(conflict.id, _CHOICE))
            elif holders:
                only_in[holders[0]] += 1
            else:
                nowhere.append(conflict.label)
        away = (
            StorageAway(one, storages[one].name, storages[one].root, reasons[one], files)
            for one, files in only_in.items()
        )
        return Restorable(tuple(decisions), tuple(nowhere), tuple(away))

    def _holders(self, conflict: Conflict) -> list[str]:
        """The storages that have what is missing: the same bytes, or else the same picture by its key."""
        for identity in (conflict.evidence.get("digest"), conflict.evidence.get("key")):
            if isinstance(identity, str):
                found = self._engine.lookup.find(identity)
                holders = dict.fromkeys(one.storage_id for one in found)
                if holders:
                    return list(holders)
        return []

    def _why_away(self, storage: StorageInfo) -> str:
        """Why a storage is not there, empty where it is; the catalog is told, for the plan that follows."""
        try:
            expect_there(self._database, storage)
        except InspectorError as error:
            self._engine.note_away_now(storage.id, error.message)
            return error.message
        if storage.state is StorageState.OFFLINE:
            with self._database.transaction() as connection:
                set_present(connection, storage.id)
        return ""
