"""The engine's half for plans: of decisions, of pictures that are to come in, of sessions that are to be taken back."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog.database import Database
from inspector.catalog.decisions import staged
from inspector.engine.standing import expect_there, known_storage
from inspector.engine.threads import in_thread
from inspector.layouts.registry import layout
from inspector.model.errors import UsageError
from inspector.model.plan import Decision, Plan
from inspector.model.progress import Progress
from inspector.model.records import Conflict
from inspector.model.sessions import Rollback

if TYPE_CHECKING:
    from inspector.engine.scanning import ScanOutcome
    from inspector.layouts.base import Surroundings
    from inspector.repair.adding import Additions

Verify = Callable[[Sequence[str], Progress, Mapping[str, int]], "Awaitable[list[ScanOutcome]]"]
"""Looks again at storages, of which so many files are known to be missing again."""

_WANT_ALL_KEYS = frozenset({"rebuild", "migrate"})
"""Choices that write an index of all pictures."""


class Planning:
    """The plans of one catalog; nothing is written by making one. Front ends reach it as a part of `engine.repairs`."""

    _database: Database
    _surroundings: "Surroundings"
    _verify: "Verify"

    async def plan(
        self,
        storage_ids: Sequence[str],
        decisions: Iterable[Decision] | None = None,
        progress: Progress | None = None,
    ) -> Plan:
        """The plan of these decisions on conflicts of these storages; of the staged ones where none are given."""
        progress = progress or Progress()
        if decisions is None:
            decided = staged(self._database.connection, storage_ids)
        else:
            decided = list(self._with_conflicts(storage_ids, decisions))
        plans: list[Plan] = []
        await in_thread(progress, lambda: plans.append(self._make_plan(decided, progress)))
        return plans[0]

    def _with_conflicts(
        self, storage_ids: Sequence[str], decisions: Iterable[Decision]
    ) -> Iterator[tuple[Conflict, Decision]]:
        for decision in decisions:
            conflict = conflict_rows.conflict_by_id(self._database.connection, decision.conflict_id)
            if conflict is None:
                raise UsageError(
                    f"no conflict is known as {decision.conflict_id}", advice="'inspector conflicts PATH' lists them."
                )
            if conflict.storage_id in storage_ids:
                yield conflict, decision

    def _make_plan(self, decided: Sequence[tuple[Conflict, Decision]], progress: Progress) -> Plan:
        from inspector.repair.planning import make_plan
        from inspector.repair.world import CatalogWorld

        self._learn_keys(decided, progress)
        progress.begin("planning", total_files=len(decided))
        world = CatalogWorld(self._database.connection, self._database.folder, self._surroundings)
        return make_plan(world, decided, progress)

    def _learn_keys(self, decided: Sequence[tuple[Conflict, Decision]], progress: Progress) -> None:
        """Have the keys of the pictures computed that documents are to be written about."""
        from inspector.repair.choices import wants_keys
        from inspector.scan.keys import learn_keys

        wanted: dict[str, set[str] | None] = {}
        for conflict, decision in decided:
            if decision.choice in _WANT_ALL_KEYS:
                wanted[conflict.storage_id] = None
            elif wants_keys(decision.choice):
                paths = wanted.setdefault(conflict.storage_id, set())
                if paths is not None:
                    paths.update(_paths_in(conflict))
        for storage_id, paths in wanted.items():
            storage = known_storage(self._database, storage_id)
            learn_keys(
                self._database, storage, layout(storage.layout), sorted(paths) if paths is not None else None, progress
            )

    async def plan_additions(
        self, storage_id: str, paths: Sequence[str], progress: Progress | None = None
    ) -> "Additions":
        """The plan that puts pictures from outside into a storage, and which of them are there already.

        Raises:
            UsageError: where one of them cannot be taken in; nothing is planned.
            StorageOfflineError: where the storage is not there.
        """
        from inspector.repair.adding import plan_additions

        storage, progress = known_storage(self._database, storage_id), progress or Progress()
        expect_there(self._database, storage)
        made: list[Additions] = []

        def work() -> None:
            connection = self._database.connection
            made.append(plan_additions(connection, storage, self._surroundings, paths, progress))

        await in_thread(progress, work)
        return made[0]

    async def plan_rollback(self, storage_id: str, session: str, progress: Progress | None = None) -> "Rollback":
        """The plan that takes an import session back, by its id, and what of it stays where it is.

        The storage is looked at again before, so that what was changed or added since stays.

        Raises:
            UsageError: where the storage has no such session, or its documents cannot be written.
            StorageOfflineError: where the storage is not there.
        """
        from inspector.repair.rollback import plan_rollback
        from inspector.repair.world import CatalogWorld
        from inspector.scan.keys import learn_keys

        storage, progress = known_storage(self._database, storage_id), progress or Progress()
        expect_there(self._database, storage)
        for outcome in await self._verify([storage_id], progress, {}):
            if outcome.error is not None:
                raise outcome.error
        storage = known_storage(self._database, storage_id)
        made: list[Rollback] = []

        def work() -> None:
            world = CatalogWorld(self._database.connection, self._database.folder, self._surroundings)
            learn = partial(learn_keys, self._database, storage, layout(storage.layout), progress=progress)
            made.append(plan_rollback(world, storage, session, learn, progress))

        await in_thread(progress, work)
        return made[0]


def _paths_in(conflict: Conflict) -> Iterator[str]:
    """The paths that a conflict is about, those in its evidence too."""
    yield from conflict.paths
    for value in conflict.evidence.values():
        for part in value if isinstance(value, list) else ():
            if isinstance(part, dict) and isinstance(part.get("path"), str):
                yield part["path"]
    stated = conflict.evidence.get("relative_path")
    if isinstance(stated, str):
        yield stated
