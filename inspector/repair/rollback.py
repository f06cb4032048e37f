"""From an import session to the plan that takes its files out again; nothing is written here."""

import time

from inspector.layouts.repairs import CameIn, CannotRepairError, FileFact, KeepsSessions
from inspector.model.display import display_name
from inspector.model.errors import UsageError
from inspector.model.operations import Operation, Quarantine
from inspector.model.plan import Plan, PlanItem
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.sessions import Rollback
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.choices.case import World
from inspector.repair.facts import StorageFacts

_COARSEST_CLOCK_NS = 2_000_000_000
"""Some file systems keep times to two seconds."""


def plan_rollback(world: World, storage: StorageInfo, session: str, progress: Progress) -> Rollback:
    """The plan that takes the files of a session into quarantine, each with its sidecars, as far as none was changed.

    What changed since it came in stays, by the size, the key and the time that are known of it; so does what another
    session lists, or what is not there as it was scanned.

    Raises:
        UsageError: where the storage has no such session, or its documents cannot be written.
        CancelledByUserError: where the progress was cancelled.
    """
    try:
        facts = world.facts(storage.id)
        layout = facts.layout
        if not isinstance(layout, KeepsSessions):
            raise UsageError("has no import sessions that could be taken back", path=storage.root)
        listed = layout.came_in(facts, session)
    except CannotRepairError as error:
        raise UsageError(
            f"session {display_name(session)} cannot be taken back: {error}",
            path=storage.root,
            advice="'inspector sessions PATH' lists the sessions.",
        ) from error
    planner = _Planner(world, storage, facts, layout, session)
    progress.begin("planning", total_files=len(listed))
    for one in {one.path: one for one in listed}.values():
        progress.check()
        progress.advance(files=1)
        planner.add(one)
    return planner.rollback()


class _Planner:
    def __init__(
        self, world: World, storage: StorageInfo, facts: StorageFacts, layout: KeepsSessions, session: str
    ) -> None:
        self._world = world
        self._storage = storage
        self._facts = facts
        self._layout = layout
        self._session = session
        self._items: list[PlanItem] = []
        self._kept: list[tuple[str, str]] = []

    def rollback(self) -> Rollback:
        """What was added so far."""
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        plan = Plan(new_batch_id(), created, {self._storage.id: self._storage.root}, tuple(self._items))
        return Rollback(plan, tuple(self._kept))

    def add(self, one: CameIn) -> None:
        """Plan one file of the session, or note why it stays."""
        try:
            self._items.append(self._item(one))
        except CannotRepairError as error:
            self._kept.append((one.path, str(error)))

    def _item(self, one: CameIn) -> PlanItem:
        file = self._facts.file(one.path)
        if file is None:
            raise CannotRepairError("is not there any more")
        self._refuse_changed(one, file)
        others = [claim.session for claim in self._facts.claims(one.path) if claim.session not in {None, self._session}]
        if others:
            raise CannotRepairError(f"session {display_name(str(others[0]))} lists it too")
        sidecars = [self._sidecar(path, one) for path in self._facts.sidecars(one.path)]
        operations: tuple[Operation, ...] = (
            *(Quarantine(each.path, each.state) for each in (file, *sidecars)),
            *self._layout.after_rollback(self._facts, one.path, self._session),
        )
        if (protected := self._world.protected(self._storage.root, operations)) is not None:
            raise CannotRepairError(protected)
        name = display_name(one.path)
        return PlanItem(
            len(self._items) + 1,
            self._storage.id,
            "",
            "session",
            "roll_back",
            f"{name} and {len(sidecars):,} more" if sidecars else name,
            "R3",
            operations,
            before=f"{name}, of session {display_name(self._session)}",
            after="in quarantine, from where it can be brought back",
            bytes=sum(each.state.size or 0 for each in (file, *sidecars)),
        )

    def _refuse_changed(self, one: CameIn, file: FileFact) -> None:
        if one.size is not None and file.state.size != one.size:
            raise CannotRepairError("was changed since it came in: its size is another one")
        if one.key is not None and file.key is not None and one.key != file.key:
            raise CannotRepairError("was changed since it came in: it is another picture")
        if self._facts.recorded_digest(one.path) is not None or self._is_newer(file, one):
            raise CannotRepairError("was changed since it came in")

    def _sidecar(self, path: str, one: CameIn) -> FileFact:
        sidecar = self._facts.file(path)
        if sidecar is None:
            raise CannotRepairError(f"its sidecar {display_name(path)} is not there any more: scan once more")
        if self._is_newer(sidecar, one) or self._facts.recorded_digest(path) is not None:
            raise CannotRepairError(f"its sidecar {display_name(path)} was changed since it came in")
        return sidecar

    @staticmethod
    def _is_newer(file: FileFact, one: CameIn) -> bool:
        """Whether a file was written after it came in; a copy keeps the time that it had before."""
        if one.at_ns is None or file.state.mtime_ns is None:
            return False
        return file.state.mtime_ns > one.at_ns + _COARSEST_CLOCK_NS
