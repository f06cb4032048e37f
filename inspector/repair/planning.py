"""From decisions to a plan: each decision's operations, and which of them cannot be done together. Writes nothing."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from inspector.conflicts.choices import barred_by_layout, choices_for
from inspector.conflicts.companions import stems_of
from inspector.conflicts.sidecar_media import fold
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.operations import (
    CopyPath,
    DocumentEdit,
    EditDatabase,
    MovePath,
    Operation,
    Quarantine,
    RenameMember,
    RestorePath,
    SqlValue,
    WriteDocument,
)
from inspector.model.plan import Decision, Plan, PlanItem, Refusal
from inspector.model.plan_guard import why_not_together
from inspector.model.progress import Progress
from inspector.model.records import Conflict
from inspector.model.relpath import split_path
from inspector.repair.along import documents_along
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.choices import IGNORE, Case, Outcome, repair_of
from inspector.repair.choices.case import World, each_database
from inspector.repair.in_use import why_kept
from inspector.repair.json_tree import alike
from inspector.repair.naming import label_of
from inspector.repair.risk import risk_of
from inspector.sync.online_only import OnlineOnly


@dataclass(slots=True)
class _Claims:
    """What the items of a plan so far do with the paths and documents of one storage."""

    leaving: dict[str, int] = field(default_factory=dict)
    """Paths that a file is moved or taken away from, by the item that does it."""
    arriving: dict[str, int] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    """Where each file goes that is moved."""
    stems: set[tuple[str, str]] = field(default_factory=set)
    """The folders and stems of the names that arrive."""
    names: set[str] = field(default_factory=set)
    """The names that arrive, in the form in which names are compared."""
    needed: dict[str, int] = field(default_factory=dict)
    """Paths that have to stay: sources of copies, and the copies that others are compared with."""
    edits: dict[tuple[str, tuple[str | int, ...]], tuple[int, DocumentEdit]] = field(default_factory=dict)
    inside: dict[tuple[str, tuple[str | int, ...]], int] = field(default_factory=dict)
    """Places of documents that hold a place that is edited."""
    whole: dict[str, int] = field(default_factory=dict)
    """Documents that are replaced whole."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of those that come back as they were, the names of their earlier versions."""
    edited: dict[str, int] = field(default_factory=dict)


_Rows = dict[tuple[str, str, tuple[SqlValue, ...]], int]
"""The rows of databases that items edit; several storages may have one database."""


class _ClashError(Exception):
    """Two decisions that cannot both be done; the message says why."""


def make_plan(world: World, decided: Iterable[tuple[Conflict, Decision]], progress: Progress) -> Plan:
    """The plan of these decisions, in their order; what cannot be done is in its refusals, with the reason.

    Raises:
        CancelledByUserError: where the progress was cancelled.
    """
    planner = _Planner(world)
    for conflict, decision in decided:
        progress.check()
        progress.advance(files=1)
        planner.add(conflict, decision)
    return planner.plan()


class _Planner:
    def __init__(self, world: World) -> None:
        self._world = world
        self._items: list[PlanItem] = []
        self._refused: list[Refusal] = []
        self._roots: dict[str, str] = {}
        self._claims: dict[str, _Claims] = {}
        self._rows: _Rows = {}
        self._online_only = cache(OnlineOnly)

    def plan(self) -> Plan:
        """What was added so far, as a plan."""
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return Plan(
            new_batch_id(), created, dict(self._roots), tuple(self._items), tuple(self._refused), self._settled()
        )

    def _settled(self) -> dict[str, tuple[str, ...]]:
        """The documents that are there and are rewritten along with others, by storage."""
        found: dict[str, tuple[str, ...]] = {}
        for storage_id, claims in self._claims.items():
            facts = self._world.facts(storage_id)
            followers = {
                follower
                for path in claims.edited
                for follower in documents_along(facts, path, self._version(storage_id, claims.versions.get(path)))
            }
            along = sorted(followers - claims.edited.keys())
            found |= {storage_id: tuple(along)} if along else {}
        return found

    def _version(self, storage_id: str, name: str | None) -> bytes | None:
        return self._world.version(storage_id, name) if name is not None else None

    def add(self, conflict: Conflict, decision: Decision) -> None:
        """Add one decision's items, or its refusal."""
        number = len(self._items) + 1
        try:
            made = self._items_of(conflict, decision, number)
            for item, staying in made:
                self._check(item, staying)
        except (CannotRepairError, _ClashError) as error:
            self._refused.append(Refusal(conflict.id, decision.choice, conflict.label, str(error)))
            return
        for item, staying in made:
            self._claim(item, staying)
        self._items.extend(item for item, _ in made)

    def _items_of(self, conflict: Conflict, decision: Decision, number: int) -> list[tuple[PlanItem, tuple[str, ...]]]:
        """The items that a decision comes to, each with the paths that have to stay for it."""
        choice = next((one for one in choices_for(conflict) if one.id == decision.choice), None)
        if choice is not None and (barred := barred_by_layout(conflict, decision.choice)):
            raise CannotRepairError(barred)
        repair = repair_of(conflict.kind, decision.choice)
        if repair is None or (choice is None and decision.choice != IGNORE):
            offered = ", ".join(one.id for one in choices_for(conflict))
            raise CannotRepairError(f"'{decision.choice}' is no choice of {conflict.kind}: {offered}")
        if barred := barred_by_layout(conflict, decision.choice):
            raise CannotRepairError(barred)
        facts = self._world.facts(conflict.storage_id)
        self._roots.setdefault(conflict.storage_id, facts.root)
        claims = self._claims.setdefault(conflict.storage_id, _Claims())
        try:
            earlier = claims.arriving, claims.stems, claims.moves, claims.names, claims.leaving
            made = repair(Case(conflict, decision, facts, self._world, *earlier, self._is_taken_away))
        except (KeyError, IndexError, TypeError) as error:
            raise CannotRepairError(f"what was found does not tell enough ({error!r}): scan once more") from error
        outcomes = [
            (part, label_of(conflict, one.operations))
            for one in (made if isinstance(made, list) else [made])
            for part in each_database(one)
        ]
        risk = choice.risk if choice is not None else "R0"
        return [
            (self._item(conflict, decision, outcome, label, risk, number + position), outcome.staying)
            for position, (outcome, label) in enumerate(outcomes)
        ]

    def _is_taken_away(self, storage_id: str, path: str) -> bool:
        """Whether an item takes a file out of a storage, and none puts one in its place."""
        claims = self._claims.get(storage_id)
        return claims is not None and path in claims.leaving and not (path in claims.moves or path in claims.arriving)

    def _item(
        self, conflict: Conflict, decision: Decision, outcome: Outcome, label: str, risk: str, number: int
    ) -> PlanItem:
        storage_id = outcome.storage_id or conflict.storage_id
        facts = self._world.facts(storage_id)
        storage = facts.storage
        if outcome.operations and facts.repairing is None:
            raise CannotRepairError(f"storages of {facts.layout.name} are only read so far")
        apart = why_not_together(outcome.operations)
        if apart is not None:
            raise CannotRepairError(apart)
        kept = why_kept(facts, outcome.operations)
        if kept is not None:
            raise CannotRepairError(kept)
        for root, path in _read_by(outcome.operations, storage.root):
            if self._online_only(root).reason_at(path) is not None:
                raise CannotRepairError(f"{display_name(path)} is online only, and this would download it")
        protected = self._world.protected(storage.root, outcome.operations)
        if protected is not None:
            raise CannotRepairError(protected)
        self._roots.setdefault(storage_id, storage.root)
        return PlanItem(
            number,
            storage_id,
            conflict.id,
            conflict.kind,
            decision.choice,
            label,
            risk_of(outcome.operations) if risk == "R3" or not outcome.operations else risk,
            outcome.operations,
            outcome.before,
            outcome.after,
            outcome.bytes,
            decision.reason,
        )

    def _check(self, item: PlanItem, staying: Iterable[str]) -> None:
        """Raise _ClashError where an earlier item stands in the way of this one."""
        claims = self._claims.setdefault(item.storage_id, _Claims())
        for path in _leaving(item.operations):
            if path in claims.leaving:
                raise _ClashError(f"item {claims.leaving[path]} moves {display_name(path)} already")
            if path in claims.needed:
                raise _ClashError(f"item {claims.needed[path]} needs {display_name(path)} where it is")
        own = set(_leaving(item.operations))
        for path in _arriving(item.operations):
            if path in claims.arriving:
                raise _ClashError(f"item {claims.arriving[path]} puts a file at {display_name(path)} already")
            if path in claims.leaving and path not in own:
                raise _ClashError(f"item {claims.leaving[path]} takes {display_name(path)} away: apply that one first")
        for storage_id, path in self._needed(item, staying):
            leaving = self._claims.setdefault(storage_id, _Claims()).leaving
            if path in leaving:
                raise _ClashError(f"item {leaving[path]} takes {display_name(path)} away, which this one needs")
        for path in {*own, *_arriving(item.operations)}:
            if path in claims.edited:
                raise _ClashError(
                    f"item {claims.edited[path]} edits {display_name(path)}, which this one takes away or replaces"
                )
        for write in _writes(item.operations):
            self._check_write(claims, write)
        for row in _rows_of(item.operations):
            if row in self._rows:
                raise _ClashError(f"item {self._rows[row]} edits the same row of {display_name(row[0])}")

    def _check_write(self, claims: _Claims, write: WriteDocument) -> None:
        name = display_name(write.path)
        mover = claims.leaving.get(write.path, claims.arriving.get(write.path))
        if mover is not None:
            raise _ClashError(f"item {mover} takes {name} away or replaces it, which this one edits")
        if write.path in claims.whole:
            raise _ClashError(f"item {claims.whole[write.path]} replaces {name} whole")
        if (write.text is not None or write.generation is not None) and write.path in claims.edited:
            raise _ClashError(f"item {claims.edited[write.path]} edits {name}, which this one would replace whole")
        for edit in write.edits:
            for where in _places(edit):
                earlier = claims.edits.get((write.path, where))
                if earlier is not None and not alike(earlier[1], edit):
                    raise _ClashError(f"item {earlier[0]} writes something else at the same place of {name}")
            for length in range(1, len(edit.where)):
                around = claims.edits.get((write.path, edit.where[:length]))
                if around is not None:
                    raise _ClashError(f"item {around[0]} replaces or takes out the entry of {name} that this one edits")
            if (write.path, edit.where) in claims.inside:
                raise _ClashError(
                    f"item {claims.inside[write.path, edit.where]} edits the entry of {name} that this one replaces"
                )

    def _claim(self, item: PlanItem, staying: Iterable[str]) -> None:
        claims = self._claims[item.storage_id]
        number = item.number
        claims.leaving.update(dict.fromkeys(_leaving(item.operations), number))
        self._rows.update(dict.fromkeys(_rows_of(item.operations), number))
        claims.moves.update({one.source: one.target for one in item.operations if isinstance(one, MovePath)})
        for path in _arriving(item.operations):
            claims.arriving[path] = number
            folder, name = split_path(path)
            claims.stems.update((folder, stem) for stem in stems_of(name))
            claims.names.add(fold(name))
        for storage_id, path in self._needed(item, staying):
            self._claims.setdefault(storage_id, _Claims()).needed[path] = number
        for write in _writes(item.operations):
            if write.text is not None or write.generation is not None:
                claims.whole[write.path] = number
            if write.generation is not None:
                claims.versions[write.path] = write.generation
            claims.edited[write.path] = number
            for edit in write.edits:
                for where in _places(edit):
                    claims.edits.setdefault((write.path, where), (number, edit))
                for length in range(1, len(edit.where)):
                    claims.inside.setdefault((write.path, edit.where[:length]), number)

    def _needed(self, item: PlanItem, staying: Iterable[str]) -> list[tuple[str, str]]:
        by_root = {root: storage_id for storage_id, root in self._roots.items()}
        needed = [(item.storage_id, path) for path in staying]
        for operation in item.operations:
            if isinstance(operation, CopyPath):
                needed.append((by_root.get(operation.source_root or "", item.storage_id), operation.source))
            elif isinstance(operation, Quarantine) and operation.same_as is not None:
                needed.append((by_root.get(operation.same_as_root or "", item.storage_id), operation.same_as))
        return needed


def _leaving(operations: Sequence[Operation]) -> list[str]:
    return [
        operation.source if isinstance(operation, MovePath) else operation.path
        for operation in operations
        if isinstance(operation, MovePath | Quarantine)
    ]


def _read_by(operations: Sequence[Operation], root: str) -> Iterator[tuple[str, str]]:
    """The files whose bytes operations read, each with the root of its storage; to move one is not to read it."""
    for operation in operations:
        if isinstance(operation, CopyPath):
            yield operation.source_root or root, operation.source
        elif isinstance(operation, Quarantine):
            yield root, operation.path
            if operation.same_as is not None:
                yield operation.same_as_root or root, operation.same_as
        elif isinstance(operation, WriteDocument):
            yield root, operation.path


def _arriving(operations: Sequence[Operation]) -> list[str]:
    return [
        operation.path if isinstance(operation, RestorePath) else operation.target
        for operation in operations
        if isinstance(operation, MovePath | CopyPath | RestorePath)
    ]


def _writes(operations: Sequence[Operation]) -> list[WriteDocument]:
    return [operation for operation in operations if isinstance(operation, WriteDocument)]


def _rows_of(operations: Sequence[Operation]) -> list[tuple[str, str, tuple[SqlValue, ...]]]:
    return [row for operation in operations if isinstance(operation, EditDatabase) for row in operation.rows_meant()]


def _places(edit: DocumentEdit) -> list[tuple[str | int, ...]]:
    """The places that an edit writes: a member that gets another key is at two."""
    return [edit.where, (*edit.where[:-1], edit.key)] if isinstance(edit, RenameMember) else [edit.where]
