"""The engine's half for missing files: all that are in other storages come back, in one plan."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.copies import Wanted, judged_at
from inspector.catalog.database import Database
from inspector.catalog.storages import set_present
from inspector.engine.standing import expect_there
from inspector.model.display import display_name
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
        decisions, nowhere, altered, only_in = [], [], [], Counter[str]()
        for conflict in self._engine.all_conflicts(ConflictFilter(tuple(storage_ids), RESTORED_KINDS)):
            progress.check()
            progress.advance(files=1)
            found = self._holders(conflict)
            holders = list(dict.fromkeys(one for one, doubt in found if not doubt))
            for one in holders:
                if one not in reasons:
                    reasons[one] = self._why_away(storages[one])
            label = f"{display_name(storages[conflict.storage_id].name)}: " if len(storage_ids) > 1 else ""
            label += display_name(conflict.label)
            if any(not reasons[one] for one in holders):
                decisions.append(Decision(conflict.id, _CHOICE))
            elif holders:
                only_in[holders[0]] += 1
            elif found:
                holder, doubt = found[0]
                altered.append(f"{label} (in '{display_name(storages[holder].name)}': {doubt})")
            else:
                nowhere.append(label)
        away = (
            StorageAway(one, storages[one].name, storages[one].root, reasons[one], files)
            for one, files in only_in.items()
        )
        return Restorable(tuple(decisions), tuple(nowhere), tuple(away), tuple(altered))

    def _holders(self, conflict: Conflict) -> list[tuple[str, str]]:
        """The storages that have what is missing, the same bytes first; behind each what is in doubt about its copy."""
        evidence = conflict.evidence
        digest, key, size = (evidence.get(name) for name in ("digest", "key", "size"))
        wanted = Wanted(digest, key if isinstance(key, str) else None, size)
        holders = []
        for same, identity in (("digest", wanted.digest), ("key", wanted.key)):
            for one in self._engine.lookup.find(identity) if identity is not None else ():
                verdict = judged_at(self._database.connection, one.storage_id, one.path, same, wanted)
                if verdict.usable or verdict.doubt:
                    holders.append((one.storage_id, verdict.doubt))
        return holders

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
