"""From an import session to the plan that takes its files out again; nothing is written here."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


def plan_rollback(
    world: World, storage: StorageInfo, session: str, learn: Callable[[Sequence[str]], None], progress: Progress
) -> Rollback:
    """The plan that takes the files of a session into quarantine, each with its sidecars, as far as none was changed.

    What changed since it came in stays, by the size, the key and the time that are known of it; so does what another
    session lists, or what is not there as it was scanned. `learn` has the keys computed of the files at these paths.

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
    own = {one.path: one for one in listed}
    learn([path for path, one in own.items() if planner.wants_key(one)])
    for one in own.values():
        progress.check()
        progress.advance(files=1)
        planner.add(one)
    return planner.rollback()


@dataclass(slots=True)
class _Going:
    """A file of the session that goes, with the sidecars that are its own and those that others have too."""

    file: FileFact
    sidecars: list[FileFact]
    shared: list[FileFact]
    forgotten: tuple[Operation, ...]
    """What makes the documents forget it."""


class _Planner:
    def __init__(
        self, world: World, storage: StorageInfo, facts: StorageFacts, layout: KeepsSessions, session: str
    ) -> None:
        self._world = world
        self._storage = storage
        self._facts = facts
        self._layout = layout
        self._session = session
        self._going: dict[str, _Going] = {}
        self._kept: list[tuple[str, str]] = []

    def rollback(self) -> Rollback:
        """What was added so far."""
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._share_out()
        items = tuple(self._item(number, path, one) for number, (path, one) in enumerate(self._going.items(), 1))
        plan = Plan(new_batch_id(), created, {self._storage.id: self._storage.root}, items)
        return Rollback(plan, tuple(self._kept))

    def wants_key(self, one: CameIn) -> bool:
        """Whether only the key that a file has now tells if it is the one that came in: its time says otherwise."""
        if one.size is None or one.key is None:
            return False
        file = self._facts.file(one.path)
        return file is not None and file.state.size == one.size and file.key is None and self._is_newer(file, one)

    def add(self, one: CameIn) -> None:
        """Plan one file of the session, or note why it stays."""
        try:
            self._going[one.path] = self._goes(one)
        except CannotRepairError as error:
            self._kept.append((one.path, str(error)))

    def _goes(self, one: CameIn) -> _Going:
        file = self._facts.file(one.path)
        if file is None:
            raise CannotRepairError("is not there any more")
        self._refuse_changed(one, file)
        others = [claim.session for claim in self._facts.claims(one.path) if claim.session not in {None, self._session}]
        if others:
            raise CannotRepairError(f"session {display_name(str(others[0]))} lists it too")
        own = set(self._facts.sidecars(one.path))
        sidecars = [self._sidecar(path, one) for path in self._facts.all_sidecars(one.path)]
        forgotten = tuple(self._layout.after_rollback(self._facts, one.path, self._session))
        going = _Going(
            file,
            [sidecar for sidecar in sidecars if sidecar.path in own],
            [sidecar for sidecar in sidecars if sidecar.path not in own],
            forgotten,
        )
        away = (Quarantine(each.path, each.state) for each in (file, *sidecars))
        if (protected := self._world.protected(self._storage.root, (*away, *forgotten))) is not None:
            raise CannotRepairError(protected)
        return going

    def _share_out(self) -> None:
        """Have a sidecar of several media go with the last one of them, where all of them go."""
        done: set[str] = set()
        for going in reversed(self._going.values()):
            for sidecar in going.shared:
                if sidecar.path not in done and self._going.keys() >= set(self._facts.pictures_of(sidecar.path)):
                    done.add(sidecar.path)
                    going.sidecars.append(sidecar)

    def _item(self, number: int, path: str, going: _Going) -> PlanItem:
        files = (going.file, *going.sidecars)
        operations: tuple[Operation, ...] = (
            *(Quarantine(each.path, each.state) for each in files),
            *going.forgotten,
        )
        name = display_name(path)
        return PlanItem(
            number,
            self._storage.id,
            "",
            "session",
            "roll_back",
            f"{name} and {len(going.sidecars):,} more" if going.sidecars else name,
            "R3",
            operations,
            before=f"{name}, of session {display_name(self._session)}",
            after="in quarantine, from where it can be brought back",
            bytes=sum(each.state.size or 0 for each in files),
        )

    def _refuse_changed(self, one: CameIn, file: FileFact) -> None:
        if one.size is not None and file.state.size != one.size:
            raise CannotRepairError("was changed since it came in: its size is another one")
        if one.key is not None and file.key is not None and one.key != file.key:
            raise CannotRepairError("was changed since it came in: it is another picture")
        is_same = one.size is not None and one.key is not None and file.key == one.key  # then its time says nothing
        if self._facts.recorded_digest(one.path) is not None or (self._is_newer(file, one) and not is_same):
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
