"""The engine's half for re-indexing: a scan, what is to be computed after it, and the decisions that it stages."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database
from inspector.conflicts.choices import obstacle_to
from inspector.engine.scanning import ScanOutcome
from inspector.engine.threads import in_thread
from inspector.layouts.registry import layout
from inspector.model.places import Places, parent
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.records import Conflict, Session, StorageInfo
from inspector.model.reindexing import ReindexAbilities, ReindexOptions, Strategy

if TYPE_CHECKING:
    from inspector.engine.engine import Engine

_AT_ONCE = 2000
_DROP = "drop_entry"


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What a re-index came to: its scan, and how many decisions were staged."""

    outcomes: tuple[ScanOutcome, ...]
    moved: int = 0
    dropped: int = 0


class Reindexing:
    """Re-indexes of the storages of one catalog. Front ends reach it as `engine.reindexing`; no storage is written."""

    def __init__(self, engine: "Engine", database: Database) -> None:
        self._engine = engine
        self._database = database

    def abilities(self, storage_id: str) -> ReindexAbilities:
        """What can be asked of the re-index of a storage."""
        storage, session = self._engine.storage(storage_id), self._newest_session(storage_id)
        return ReindexAbilities(
            session=session.title if session is not None else "",
            no_session="" if session is not None else "no import session is known here",
            no_keys="" if layout(storage.layout).key_engine is not None else "storages of this kind have no such keys",
            no_staging=self._why_not_staged(storage),
        )

    async def run(self, storage_id: str, options: ReindexOptions, progress: Progress | None = None) -> Reindexed:
        """Look at a storage again as the options say; what ends the scan early is in its outcome.

        Raises:
            CancelledByUserError: somebody asked it to stop after the scan; what was found is kept.
        """
        progress = progress or Progress()
        outcomes = await self._scan(storage_id, options, progress)
        if any(outcome.error is not None for outcome in outcomes):
            return Reindexed(tuple(outcomes))
        if options.duplicates and options.strategy is Strategy.QUICK:
            found = await self._engine.find_duplicates([storage_id], progress=progress)
            if any(one.error is not None for one in found):
                return Reindexed(tuple(found))
        if options.orphan_keys and options.strategy is not Strategy.QUICK:
            await in_thread(progress, partial(self._learn_keys_of_orphans, storage_id, progress))
            await self._engine.compare_again(storage_id, progress)
        return await asyncio.to_thread(self._staged, storage_id, options, tuple(outcomes))

    # --- looking ------------------------------------------------------------------------------------------------

    async def _scan(self, storage_id: str, options: ReindexOptions, progress: Progress) -> list[ScanOutcome]:
        session = self._newest_session(storage_id) if options.strategy is Strategy.INCREMENTAL else None
        if session is None:
            return await self._engine.scan([storage_id], mode=options.strategy.mode, progress=progress)
        places = await asyncio.to_thread(self._places_of, session, progress)
        return await self._engine.rescan({storage_id: places}, mode=options.strategy.mode, progress=progress)

    def _newest_session(self, storage_id: str) -> Session | None:
        """The newest import session; None where the layout has none, so that they are scans."""
        sessions = [one for one in self._engine.sessions(storage_id) if one.document]
        return max(sessions, key=lambda one: one.started, default=None)

    def _places_of(self, session: Session, progress: Progress) -> Places:
        """The folders that hold the files of a session, the storage's own folder with its documents too."""
        folders = {""}
        for start in range(0, session.files + _AT_ONCE, _AT_ONCE):
            progress.check()
            files = self._engine.files(session.storage_id, session=session.id, offset=start, limit=_AT_ONCE)
            folders.update(parent(one.path) for one in files)
            if len(files) < _AT_ONCE:
                break
        return Places(folders=frozenset(folders))

    def _learn_keys_of_orphans(self, storage_id: str, progress: Progress) -> None:
        from inspector.scan.keys import learn_keys

        storage = self._engine.storage(storage_id)
        paths = [one.paths[0] for one in self._conflicts(storage_id, "orphan_file") if "key" not in one.evidence]
        if paths:
            learn_keys(self._database, storage, layout(storage.layout), paths, progress)

    def _conflicts(self, storage_id: str, kind: str) -> Iterator[Conflict]:
        return conflict_rows.all_conflicts(self._database.connection, ConflictFilter((storage_id,), (kind,)))

    # --- staging ------------------------------------------------------------------------------------------------

    def _why_not_staged(self, storage: StorageInfo) -> str:
        repairs = self._engine.repairs
        if repairs.read_only:
            return "this run is read-only"
        if storage.reference:
            return "the storage is a reference, and never written"
        return repairs.why_temporary

    def _staged(self, storage_id: str, options: ReindexOptions, outcomes: tuple[ScanOutcome, ...]) -> Reindexed:
        if self._why_not_staged(self._engine.storage(storage_id)):
            return Reindexed(outcomes)
        moved = dropped = 0
        if options.follow_moved:
            moved = self._engine.moved.decide([storage_id], None, "the index follows the moved files").count
        if options.drop_missing:
            dropped = self._engine.deciding.decide_all(
                ConflictFilter((storage_id,), ("missing_file",)),
                _forget,
                "the index forgets the missing files",
                leave=lambda _: False,
            ).count
        return Reindexed(outcomes, moved, dropped)


def _forget(conflict: Conflict) -> Decision | None:
    """That an index forgets a file, unless its content is to be had elsewhere: that is to be looked at first."""
    is_elsewhere = any(conflict.evidence.get(where) for where in ("same_content_at", "altered_copies_at"))
    return Decision(conflict.id, _DROP) if not is_elsewhere and not obstacle_to(conflict, _DROP) else None
