"""The engine's half for repairs: decide, plan, apply, undo, recover, and what brings back what was taken away."""

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import decisions as decision_rows
from inspector.catalog import references as reference_rows
from inspector.catalog import storages as storage_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database, words_for
from inspector.conflicts.choices import choice_ids, choices_for
from inspector.conflicts.meant_paths import meant_paths
from inspector.engine.hiding import HidingRules
from inspector.engine.kept import KeptThings
from inspector.engine.planning import Planning, Verify
from inspector.engine.standing import expect_there, known_storage
from inspector.engine.threads import in_thread
from inspector.layouts.registry import layout
from inspector.layouts.repairs import KeepsDatabases
from inspector.model.errors import CatalogHeldError, InspectorError, ProtectedError, UsageError
from inspector.model.operations import EditDatabase
from inspector.model.plan import BatchInfo, Decision, ItemState, Plan, Refusal
from inspector.model.progress import Progress
from inspector.model.records import Choice, Conflict, StorageInfo, StorageState

if TYPE_CHECKING:
    from inspector.engine.scanning import ScanOutcome
    from inspector.layouts.base import Surroundings
    from inspector.repair.desk import Desk


@dataclass(frozen=True, slots=True)
class Applied:
    """An applied batch, how the scans went that looked at the result, and what was not even tried."""

    batch: BatchInfo
    scans: tuple["ScanOutcome", ...] = ()
    refused: tuple[Refusal, ...] = ()
    """What of a batch could not be taken back, and why."""
    documents: tuple[str, ...] = ()
    """The documents that were written, those too that went along with others."""


class Repairs(Planning, HidingRules, KeptThings):
    """Decisions, plans and batches of one catalog, rules that hide conflicts, and what was taken away.

    Front ends reach it as `engine.repairs`.
    """

    def __init__(self, database: Database, verify: Verify, surroundings: "Surroundings", *, read_only: bool) -> None:
        self._database = database
        self._surroundings = surroundings
        self._verify = verify
        self.read_only = read_only

    @property
    def why_temporary(self) -> str:
        """Why the state folder does not last, so that no repair may begin; empty where it does."""
        return self._database.why_temporary

    # --- decisions ----------------------------------------------------------------------------------------------

    def decide(self, decisions: Iterable[Decision]) -> int:
        """Stage decisions, in place of earlier ones on the same conflicts; returns how many. Nothing else is written.

        Decisions on conflicts that are not known any more are passed over.
        """
        count = 0
        with self._database.transaction() as connection:
            for decision in decisions:
                conflict = conflict_rows.conflict_by_id(connection, decision.conflict_id)
                if conflict is not None:
                    decision_rows.stage(connection, conflict, decision)
                    count += 1
        return count

    def withdraw(self, conflict_ids: Iterable[str]) -> None:
        """Take staged decisions back."""
        with self._database.transaction() as connection:
            decision_rows.withdraw(connection, list(conflict_ids))

    def staged(self, storage_ids: Sequence[str] | None = None) -> list[tuple[Conflict, Decision]]:
        """The staged decisions with their conflicts, worst first."""
        return decision_rows.staged(self._database.connection, storage_ids)

    def count_staged(self, storage_ids: Sequence[str] | None = None) -> int:
        """How many decisions are staged on conflicts of these storages, all where None; reads no evidence."""
        return decision_rows.count_staged(self._database.connection, storage_ids)

    def staged_of(self, conflict_ids: Collection[str]) -> dict[str, Decision]:
        """The staged decisions on these conflicts, by conflict."""
        return decision_rows.staged_of(self._database.connection, conflict_ids)

    def choices_of(self, kind: str) -> tuple[str, ...]:
        """The ids of what can be decided about conflicts of a kind, ``ignore`` last."""
        return choice_ids(kind)

    def paths_of(self, conflict: Conflict, choice: str) -> tuple[str, ...]:
        """What a decision for this choice may name as its path; none where it is about the conflict as a whole."""
        return meant_paths(conflict, choice)

    def suggested(self, chosen: ConflictFilter) -> Iterator[Decision]:
        """For each of these conflicts that has a suggestion, the decision to follow it."""
        for conflict in conflict_rows.all_conflicts(self._database.connection, chosen):
            suggestion = suggested_choice(choices_for(conflict))
            if suggestion is not None:
                yield Decision(conflict.id, suggestion.id)

    def alike(self, conflict: Conflict) -> tuple[list[Conflict], int]:
        """The conflicts of the same storage and kind with the same suggestion for the same reason, and how many differ.

        The conflict itself is among them.
        """
        wanted = suggested_choice(choices_for(conflict))
        same, others = [], 0
        chosen = ConflictFilter((conflict.storage_id,), (conflict.kind,))
        for other in conflict_rows.all_conflicts(self._database.connection, chosen):
            if suggested_choice(choices_for(other)) == wanted:
                same.append(other)
            else:
                others += 1
        return same, others

    # --- plans --------------------------------------------------------------------------------------------------

    def check(self, plan: Plan, *, undoes: bool = False) -> None:
        """Raise what `apply` would raise before it begins, locks left out, so that nobody is asked in vain.

        With `undoes` it is what `undo` would raise: the batch may have given its storages another identity.
        """
        self._desk().check(plan, undoes=undoes)

    async def apply(self, plan: Plan, progress: Progress | None = None) -> Applied:
        """Apply a plan, then look at its storages again.

        Raises:
            ProtectedError, StorageOfflineError, StorageLockedError, UsageError: nothing was begun.
        """
        return await self._done(lambda desk, counted: (desk.apply(plan, counted), ()), progress)

    # --- the journal --------------------------------------------------------------------------------------------

    def journal(self, limit: int | None = None) -> list[BatchInfo]:
        """What was applied, newest first."""
        from inspector.repair.history import batch_infos

        return batch_infos(self._database.folder, limit)

    def batch(self, batch: str) -> BatchInfo:
        """One batch with its items.

        Raises:
            InspectorError: where there is none of this id, or its journal is damaged.
        """
        from inspector.repair.history import batch_info

        return batch_info(self._database.folder, batch)

    async def undo(
        self, batch: str | None = None, items: Collection[int] | None = None, progress: Progress | None = None
    ) -> Applied:
        """Take a batch back, or some of its items; None means the last one that stands.

        Raises:
            UsageError: where nothing of it can be taken back. And as `apply` does.
        """
        chosen = batch if batch is not None else self.last_standing().id
        return await self._done(lambda desk, counted: desk.undo(chosen, items, counted), progress)

    def last_standing(self) -> BatchInfo:
        """The last batch that did something which stands, or has not ended, and that takes no other back.

        Whether it can be taken back is another question: an older one is never meant in its place.

        Raises:
            UsageError: where there is none.
            InspectorError: where its journal is damaged.
        """
        from inspector.repair.undoable import undoable

        last = next(undoable(self.journal()), None)
        if last is None:
            raise UsageError("nothing was applied that could be taken back")
        if last.state == "damaged":
            try:
                return self.batch(last.id)
            except InspectorError as error:
                error.advice = "No older one is meant in its place: name that, 'inspector journal' lists them."
                raise
        return last

    async def undo_plan(self, batch: str, items: Collection[int] | None = None) -> Plan:
        """What `undo` would do, with what it cannot take back among the refusals, to be shown first.

        Raises:
            InspectorError: where there is no such batch, or it cannot be taken back now.
            StorageOfflineError: where something cannot be taken back, as its storage is not there.
        """
        from inspector.repair.history import moved_storages
        from inspector.repair.undo import undo_plan

        known = storage_rows.all_storages(self._database.connection)
        planned = set(self.batch(batch).storages)
        present = {storage.id: storage.root for storage in known if storage.id in planned}
        moved = moved_storages(self._database.folder, batch, known)
        plan = await asyncio.to_thread(undo_plan, self._database.folder, batch, items, present, moved)
        if plan.refused:
            written = await asyncio.to_thread(self._written_by, batch, items)
            for storage in known:
                if storage.id in written and storage.id not in moved:
                    await asyncio.to_thread(expect_there, self._database, storage, any_identity=True)
        return plan

    def _written_by(self, batch: str, items: Collection[int] | None) -> set[str]:
        """The storages to which items of a batch were to write, or those of them with the numbers `items`."""
        from inspector.repair.recovery import plan_of

        planned, _ = plan_of(self._database.folder, batch)
        return {item.storage_id for item in planned if item.operations and (items is None or item.number in items)}

    def interrupted(self) -> list[BatchInfo]:
        """The batches whose program ended in the middle of them."""
        from inspector.repair.recovery import interrupted

        return interrupted(self._database.folder)

    def left_open(self) -> list[BatchInfo]:
        """The batches of which nobody can tell whether they ended, as their journals are damaged; `reason` says why.

        Their storages are known where the beginning of the journal can be read.
        """
        from inspector.repair.recovery import left_open

        return left_open(self._database.folder)

    async def recover(self, batch: str, progress: Progress | None = None) -> Applied:
        """Settle an interrupted batch: each of its items is then as before it or as after it.

        Raises:
            As `apply` does.
        """
        return await self._done(lambda desk, _: (desk.recover(batch), ()), progress)

    # --- what was taken away ------------------------------------------------------------------------------------

    async def restore(self, entry_ids: Collection[str], progress: Progress | None = None) -> Applied:
        """Bring files back from quarantine to where they were.

        Raises:
            UsageError: where one is not there. And as `apply` does.
        """
        return await self.apply(await self.restore_plan(entry_ids), progress)

    async def purge(self, entry_ids: Collection[str]) -> tuple[int, int]:
        """Delete files in quarantine for good; returns their number and bytes.

        Raises:
            ProtectedError, StorageLockedError: nothing was deleted.
            UsageError: where one is not there; nothing was deleted.
            WriteFailedError: where one cannot be deleted; those before it are.
        """
        return await asyncio.to_thread(self._desk().purge, self._places(None), entry_ids)

    async def restore_generation(self, storage_id: str, generation: str, progress: Progress | None = None) -> Applied:
        """Bring an earlier version of a document back whole.

        Raises:
            UsageError: where there is none of this id, or the document is as it was then already. And as `apply` does.
        """
        plan = await self.restore_generation_plan(storage_id, generation)
        if not plan.items:
            raise UsageError("the document is as this version has it already", path=generation)
        return await self.apply(plan, progress)

    def set_reference(self, storage_id: str, *, on: bool) -> StorageInfo:
        """Protect a storage's folder from every write, or let it be written again, whatever it was known by.

        One that lies in another reference stays protected by that.
        """
        from inspector.repair.protection import Protection
        from inspector.repair.seats import seat_now

        storage = known_storage(self._database, storage_id)
        with self._database.transaction() as connection:
            same = Protection.of(connection).same(storage.root) if not on else []
            for one in {storage_id, *(reference.storage_id for reference in same)}:
                reference_rows.set_reference(connection, one, on=on, seat=seat_now(storage.root) if on else None)
        return known_storage(self._database, storage_id)

    def why_protected(self, storage_id: str) -> ProtectedError | None:
        """Why nothing in a storage is written: it is a reference, or its folder lies in one; None where it may be."""
        from inspector.repair.protection import Protection

        try:
            Protection.of(self._database.connection).refuse(known_storage(self._database, storage_id))
        except ProtectedError as error:
            return error
        return None

    # --- within -------------------------------------------------------------------------------------------------

    def _desk(self) -> "Desk":
        from inspector.repair.desk import Desk

        return Desk(self._database, read_only=self.read_only, surroundings=self._surroundings)

    async def _done(
        self, work: "Callable[[Desk, Progress], tuple[BatchInfo, tuple[Refusal, ...]]]", progress: Progress | None
    ) -> Applied:
        from inspector.repair.history import documents_written

        progress = progress or Progress()
        done: list[tuple[BatchInfo, tuple[Refusal, ...]]] = []
        desk = self._desk()
        try:
            await in_thread(progress, lambda: done.append(work(desk, progress)))
        except sqlite3.Error as error:
            words = words_for(error, self._database.path)
            words.message += "; the repair may be half done"
            first = "Let it end, or end it" if isinstance(words, CatalogHeldError) else "Free some space"
            words.advice = f"{first}, then run 'inspector recover': each item is then as before it or as after it."
            raise words from error
        batch, refused = done[0]
        progress.go_on()  # what was done until somebody stopped it is to be looked at all the same
        documents = await asyncio.to_thread(documents_written, self._database.folder, batch.id)
        missing = await asyncio.to_thread(self._missing_again, batch)
        changed = (*batch.storages, *await asyncio.to_thread(self._changed_along, batch))
        return Applied(batch, tuple(await self._verify(changed, progress, missing)), refused, documents)

    def _changed_along(self, batch: BatchInfo) -> list[str]:
        """The other storages that a batch changed, as a database of which it edited rows speaks of them too."""
        from inspector.repair.recovery import plan_of

        planned, _ = plan_of(self._database.folder, batch.id)
        edited = {one.path for item in planned for one in item.operations if isinstance(one, EditDatabase)}
        found = []
        for storage in storage_rows.all_storages(self._database.connection) if edited else ():
            own = layout(storage.layout)
            if not isinstance(own, KeepsDatabases) or storage.id in batch.storages:
                continue
            is_there = storage.state is StorageState.READY and os.path.isdir(storage.root)
            if is_there and not edited.isdisjoint(own.databases(storage.root, self._surroundings)):
                found.append(storage.id)
        return found

    def _missing_again(self, batch: BatchInfo) -> Mapping[str, int]:
        """How many files were missing before what a batch took back, by storage, and so are again."""
        from inspector.repair.recovery import plan_of

        if batch.undo_of is None:
            return {}
        done = {item.number for item in batch.items if item.state is ItemState.DONE}
        planned, _ = plan_of(self._database.folder, batch.id)
        return Counter(one.storage_id for one in planned if one.number in done and one.kind == "missing_file")


def suggested_choice(choices: Iterable[Choice]) -> Choice | None:
    """The suggested one of a conflict's choices, if any."""
    return next((choice for choice in choices if choice.suggested), None)
