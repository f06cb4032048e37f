"""Where repairs are done: a plan is applied under the storages' locks, and the catalog hears what became of it."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from sqlite3 import Connection

from inspector.catalog import decisions as decision_rows
from inspector.catalog.alterations import alterations_back, alterations_moved, alterations_of
from inspector.catalog.database import Database
from inspector.catalog.files import FileRows
from inspector.catalog.gone_files import gone_files_at, gone_files_back
from inspector.catalog.storages import all_storages, get_storage, set_identity, set_layout
from inspector.catalog.touched import forget_files, forget_moved_files, read_again
from inspector.fs.locks import StorageLock
from inspector.fs.write import write_failed
from inspector.layouts.base import Surroundings
from inspector.layouts.registry import layout, recognise
from inspector.layouts.repairs import RepairingLayout
from inspector.model.errors import (
    InspectorError,
    NotAStorageError,
    ProtectedError,
    RecoveryNeededError,
    UsageError,
)
from inspector.model.left_open import left_open_error
from inspector.model.operations import (
    CopyPath,
    MakePath,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
)
from inspector.model.plan import BatchInfo, ItemResult, ItemState, Plan, PlanItem, Refusal
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.repair import history, recovery, undo
from inspector.repair.allowed import (
    expect_storage_there,
    refuse_foreign_databases,
    refuse_foreign_settings,
    refuse_foreign_sources,
    refuse_our_own_folders,
)
from inspector.repair.apply import BatchApplier, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.choices import is_recorded, wants_reading
from inspector.repair.facts import StorageFacts
from inspector.repair.in_use import items_kept, kept_at
from inspector.repair.item_paths import filled_paths, left_paths, moved_away, moves
from inspector.repair.journal import JOURNAL_FOLDER, BatchWriter, finish_batch, read_batch
from inspector.repair.keeping import KeptAt, prune_generations, purge, quarantined
from inspector.repair.protection import Protection
from inspector.repair.records import (
    altered_before,
    altered_record,
    gone_before,
    gone_record,
    kept_record,
)
from inspector.repair.seats import Seat, seat_now
from inspector.repair.workplace import places_of_storage
from inspector.repair.writable import why_not_writable


class Desk:
    """Applies plans, takes batches back and settles interrupted ones. For one thread at a time."""

    def __init__(
        self, database: Database, *, read_only: bool = False, surroundings: Surroundings | None = None
    ) -> None:
        """`surroundings` are where layouts may look outside storages, by default the home folder of who runs this."""
        self._database = database
        self._surroundings = surroundings or Surroundings(Path.home())
        self._state_folder = database.folder
        self._read_only = read_only

    def check(self, plan: Plan, *, undoes: bool = False) -> None:
        """Raise what `apply` would raise before it takes the locks; with `undoes`, what `undo` would."""
        self._storages(plan, changed_by_us=undoes)

    def apply(self, plan: Plan, progress: Progress, *, undo_of: str | None = None) -> BatchInfo:
        """Apply a plan and return what became of its items.

        Raises:
            ProtectedError: where a storage, or this whole run, is not to be written.
            StorageOfflineError: where a storage is not there.
            StorageLockedError: where somebody else is at work on one.
            RecoveryNeededError: where a repair of one was interrupted. In all four cases nothing was begun.
            WriteFailedError: where the journal cannot be written; what was begun then waits for `recover`.
        """
        seats = {storage_id: seat_now(root) for storage_id, root in plan.roots.items()}
        storages = self._storages(plan, changed_by_us=undo_of is not None)
        progress.begin("applying", total_files=len(plan.items))
        results: list[ItemResult] = []
        with ExitStack() as stack:
            locks = [stack.enter_context(self._lock(storage, plan.items)) for storage in storages]
            self._refuse_interrupted(plan)
            kept = self._kept(storages, plan, undo_of)
            batch = new_batch_id(self._state_folder)  # the locks are held: behind every other batch of the storages
            try:
                journal = begin_batch(self._state_folder, batch, plan, undo_of=undo_of)
                stack.callback(journal.close)
                self._note_memory(journal, storages, plan)
                protection = Protection.of(self._database.connection)
                for storage, lock in zip(storages, locks, strict=True):
                    items = [item for item in plan.items if item.storage_id == storage.id]
                    applier = self._applier(journal, storage, seats.get(storage.id), protection, kept)
                    results.extend(applier.apply(items, progress, check=lock.check))
                self._tell_catalog(batch, plan.items, results, undo_of)  # before the end: recovering tells it again
                if all(result.state is not ItemState.UNFINISHED for result in results):
                    finish_batch(journal, "done")  # else it waits for `recover`
            except OSError as error:
                raise write_failed(error, str(self._state_folder / JOURNAL_FOLDER)) from error
            self._prune(storages)
        return history.batch_info(self._state_folder, batch)

    def undo(
        self, batch: str, items: Collection[int] | None, progress: Progress
    ) -> tuple[BatchInfo, tuple[Refusal, ...]]:
        """Take a batch back, or some of its items. Returns what is refused, too.

        Raises:
            UsageError: where there is nothing to take back. And as `apply` does.
        """
        self._refuse_if_read_only()
        roots = self._present_roots(history.batch_info(self._state_folder, batch).storages)
        moved = history.moved_storages(self._state_folder, batch, all_storages(self._database.connection))
        plan = undo.undo_plan(self._state_folder, batch, items, roots, moved)
        if not plan.items:
            why = plan.refused[0].reason if plan.refused else "none of its items was done"
            raise UsageError(f"nothing of batch {batch} can be taken back: {why}")
        return self.apply(plan, progress, undo_of=batch), plan.refused

    def recover(self, batch: str) -> BatchInfo:
        """Settle a batch whose program ended in the middle of it.

        Raises:
            As `apply` does.
        """
        self._refuse_if_read_only()
        items, planned = recovery.plan_of(self._state_folder, batch)
        roots = {**planned, **self._present_roots(planned)}
        begin = read_batch(self._state_folder, batch)[0]
        seats = {storage_id: recovery.seat_of(begin, storage_id) for storage_id in planned}
        plan = Plan(batch, "", roots, tuple(items), sources=_sources(items))  # the journal is our own
        storages = self._storages(plan, changed_by_us=True, seats=seats)
        self._refuse_protected_items(batch, items, roots)
        with ExitStack() as stack:
            for storage in storages:
                stack.enter_context(self._lock(storage, items))
            return recovery.recover(
                self._state_folder,
                batch,
                roots,
                before_end=lambda info: self._tell_settled(batch, items, info),
            )

    def _kept(self, storages: Iterable[StorageInfo], plan: Plan, undo_of: str | None) -> dict[int, str]:
        """As `items_kept` says, of a plan whose storages' locks are held."""
        facts = [StorageFacts(self._database.connection, storage, self._surroundings) for storage in storages]
        records = read_batch(self._state_folder, undo_of) if undo_of is not None else None
        return items_kept(facts, plan.items, records)

    def _tell_settled(self, batch: str, items: Sequence[PlanItem], info: BatchInfo) -> None:
        """As after a batch; a scan in between may have seen copies that were taken back now."""
        self._tell_catalog(batch, items, info.items, info.undo_of)
        done = {result.number for result in info.items if result.state is ItemState.DONE}
        with self._database.transaction() as connection:
            for storage_id, root in self._present_roots({item.storage_id for item in items}).items():
                mine = [item for item in items if item.storage_id == storage_id and item.number not in done]
                copies = [one.target for item in mine for one in item.operations if isinstance(one, CopyPath)]
                forget_files(connection, storage_id, [one for one in copies if not _is_at(root, one)])

    def _note_memory(self, journal: BatchWriter, storages: Iterable[StorageInfo], plan: Plan) -> None:
        """Put down what is known of altered files that a plan takes away, and of gone ones where it puts something.

        And what of that is in use already, so that taking it back again takes away nothing that came into use since.
        """
        for storage in storages:
            items = [item for item in plan.items if item.storage_id == storage.id]
            leaving = set(left_paths(items))
            known = [one for one in alterations_of(self._database.connection, storage.id) if one.path in leaving]
            if known:
                journal.append(altered_record(storage.id, known))
            gone = gone_files_at(self._database.connection, storage.id, filled_paths(items))
            if gone:
                journal.append(gone_record(storage.id, gone))
            if kept := kept_at(StorageFacts(self._database.connection, storage, self._surroundings), items):
                journal.append(kept_record(storage.id, kept))

    def _present_roots(self, storage_ids: Iterable[str]) -> dict[str, str]:
        found = (get_storage(self._database.connection, storage_id) for storage_id in storage_ids)
        return {storage.id: storage.root for storage in found if storage is not None}

    def _prune(self, storages: Iterable[StorageInfo]) -> None:
        """Let go of the oldest versions of documents, but of those that an interrupted batch needs."""
        with suppress(InspectorError, OSError):  # it is tried again after the next batch
            open_ones = (*history.interrupted(self._state_folder), *history.left_open(self._state_folder))
            needed = [info.id for info in open_ones]
            for storage in storages:
                for place in places_of_storage(storage.root, storage.id, self._state_folder):
                    prune_generations(place, spare=needed)

    def purge(self, places: Iterable[KeptAt], entry_ids: Collection[str]) -> tuple[int, int]:
        """Delete files in quarantine for good; returns their number and bytes.

        Raises:
            UsageError: where one is not there. And as `apply` does; in all cases none was deleted.
            WriteFailedError: where one cannot be deleted; those before it are.
        """
        self._refuse_if_read_only()
        places = list(places)
        wanted = set(entry_ids)
        holders = {entry.storage_id for entry in quarantined(places) if entry.id in wanted}
        with ExitStack() as stack:
            for storage_id in sorted(holders):
                storage = get_storage(self._database.connection, storage_id)
                if storage is not None:
                    self._refuse_protected(storage, writes=True)
                    self._refuse_unwritable(storage)
                    stack.enter_context(self._lock(storage, ()))
            return purge(places, entry_ids)

    def _refuse_interrupted(self, plan: Plan) -> None:
        """Refuse to write where a batch without an end may have left things half done; the locks are held."""
        written = {item.storage_id for item in plan.items if item.operations}
        for info in history.interrupted(self._state_folder):
            if not written.isdisjoint(info.storages):
                raise RecoveryNeededError(
                    f"repair {info.id} was interrupted, so nothing was begun",
                    advice="Settle it first: inspector recover.",
                )
        for info in history.left_open(self._state_folder):
            if not written.isdisjoint(info.storages):
                raise left_open_error(info, ", so nothing was begun")

    def _storages(
        self, plan: Plan, *, changed_by_us: bool = False, seats: Mapping[str, Seat | None] | None = None
    ) -> list[StorageInfo]:
        """The storages that a plan's items are for, all there and not protected.

        With `changed_by_us` their identity may be another one by now: a repair may have given it. `seats` are the
        devices and inodes of their roots, where they are known: such a folder may be empty.
        """
        refuse_foreign_sources(plan, all_storages(self._database.connection))
        refuse_our_own_folders(plan, self._state_folder)
        found = []
        for storage_id in dict.fromkeys(item.storage_id for item in plan.items):
            storage = get_storage(self._database.connection, storage_id)
            root = plan.roots.get(storage_id)
            if storage is None or root is None:
                raise UsageError(
                    f"the plan is for a storage that is not known here ({storage_id})",
                    path=root,
                    advice="Open and scan it, and make the plan anew.",
                )
            if storage.root != root:
                raise UsageError(
                    f"the plan was made for another place; the storage is at {storage.root} now",
                    path=root,
                    advice="Make the plan anew.",
                )
            writes = any(item.operations for item in plan.items if item.storage_id == storage_id)
            self._refuse_protected(storage, writes=writes)
            seat = {**plan.seats, **(seats or {})}.get(storage_id) or self._seat_if_emptied(storage)
            if writes:
                remade = any(_makes_marks(item) for item in plan.items if item.storage_id == storage_id)
                expect_storage_there(storage, seat, any_identity=changed_by_us, any_kind=changed_by_us and remade)
            if writes and seats is None:  # an interrupted batch may have begun nothing in it
                self._refuse_unwritable(storage)
            if seats is None:
                refuse_foreign_databases(plan, storage, self._surroundings)
            if seats is None and not changed_by_us:  # else the journal says what to take back, which was allowed then
                refuse_foreign_settings(plan, self._surroundings)
            found.append(storage)
        return found

    def _seat_if_emptied(self, storage: StorageInfo) -> Seat | None:
        """The root's device and inode, where a repair has taken the last known file out of it on that device."""
        known = FileRows(self._database.connection, storage.id)
        try:
            status = os.stat(storage.root)
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if not known.any_there() and known.device() == status.st_dev else None

    def _refuse_protected(self, storage: StorageInfo, *, writes: bool) -> None:
        if not writes:
            return
        self._refuse_if_read_only()
        Protection.of(self._database.connection).refuse(storage)

    def _refuse_unwritable(self, storage: StorageInfo) -> None:
        why = why_not_writable(storage.root, storage.id, self._state_folder)
        if why is not None:
            raise ProtectedError(f"{why[0]}, so nothing was begun", path=storage.root, advice=why[1])

    def _refuse_protected_items(self, batch: str, items: Iterable[PlanItem], roots: Mapping[str, str]) -> None:
        """Refuse to settle a batch of which an item wrote to a folder that was protected since."""
        protection = Protection.of(self._database.connection)
        for item in items:
            reason = protection.obstacle(roots[item.storage_id], item.operations)
            if reason is not None:
                raise ProtectedError(
                    f"repair {batch} was left as it is: {reason}",
                    advice="End the protection with 'inspector reference --off PATH' until it is settled.",
                )

    def _refuse_if_read_only(self) -> None:
        if self._read_only:
            raise ProtectedError("this run is read-only, so nothing was begun", advice="Leave out --read-only.")
        if self._database.why_temporary:
            raise ProtectedError(
                f"{self._database.why_temporary}, and what a repair takes away is kept there, so nothing was begun",
                advice="Name a folder that can be written with --state DIR.",
            )

    def free_lock(self, storage: StorageInfo) -> None:
        """Take the locks of a storage and let them go: one that a process left behind which has ended is gone then.

        Raises:
            StorageLockedError: where somebody is at work on it.
        """
        with StorageLock(storage.root, storage.name, storage.id, self._state_folder, _lock_name(storage)):
            pass

    def _lock(self, storage: StorageInfo, items: Sequence[PlanItem]) -> StorageLock:
        name = _lock_name(storage)
        operations = [one for item in items if item.storage_id == storage.id for one in item.operations]
        about_the_lock = any(one.path == name for one in operations if isinstance(one, Quarantine | RestorePath))
        return StorageLock(
            storage.root,
            storage.name,
            storage.id,
            self._state_folder,
            name if operations else None,
            may_replace=about_the_lock,
        )

    def _applier(
        self,
        journal: BatchWriter,
        storage: StorageInfo,
        seat: Seat | None,
        protection: Protection,
        kept: Mapping[int, str],
    ) -> BatchApplier:
        own = layout(storage.layout)
        settling = own if isinstance(own, RepairingLayout) else None
        return BatchApplier(self._state_folder, journal, storage.id, storage.root, settling, seat, protection, kept)

    def _tell_catalog(
        self, batch: str, items: Iterable[PlanItem], results: Iterable[ItemResult], undo_of: str | None
    ) -> None:
        """Files that were taken away are forgotten, words recorded or withdrawn, staged decisions done with."""
        done = {result.number for result in results if result.state is ItemState.DONE}
        finished = [item for item in items if item.number in done]
        with self._database.transaction() as connection:
            for storage_id in {item.storage_id for item in finished}:
                mine = [item for item in finished if item.storage_id == storage_id]
                moved = moved_away(mine)
                altered = alterations_moved(connection, storage_id, moves(mine))
                forget_files(connection, storage_id, [path for path in left_paths(mine) if path not in moved])
                forget_moved_files(connection, storage_id, moved)
                alterations_back(connection, storage_id, altered)
                again = [item for item in mine if wants_reading(item.choice)]
                read_again(connection, storage_id, self._paths_of(again))
            for storage_id in {item.storage_id for item in finished if _writes_documents(item)}:
                made = any(item.storage_id == storage_id and _makes_marks(item) for item in finished)
                self._tell_identity(connection, storage_id, made=made)
            if undo_of is not None:
                self._tell_memory(undo_of, finished)
                self._tell_words_of(undo_of, {item.number for item in finished})
                return
            decision_rows.withdraw(connection, [item.conflict_id for item in finished])
            decision_rows.settle(connection, _words(finished), batch)

    def _tell_identity(self, connection: Connection, storage_id: str, *, made: bool) -> None:
        """A storage that was given another identity stays the one that it is in the catalog.

        So does one that was `made` of a folder, or unmade.
        """
        storage = get_storage(connection, storage_id)
        if storage is None:
            return
        with suppress(OSError, NotAStorageError):
            if made:
                own, found = recognise(storage.root)
                others = (one for one in all_storages(connection) if one.id != storage_id)
                if all((one.root, one.identity) != (storage.root, found.identity) for one in others):
                    set_layout(connection, storage_id, own.name, found.identity, found.name)
                return  # else it was opened as what it is meanwhile
            recognition = layout(storage.layout).recognise(storage.root)
            if recognition is not None and recognition.identity != storage.identity:
                set_identity(connection, storage_id, recognition.identity)

    def _tell_memory(self, batch: str, items: Sequence[PlanItem]) -> None:
        """What was known before a batch that was taken back is known again.

        Of files that it took away and that are at their places again, that they are altered; of those that it brought
        back and that went again, that they are gone.
        """
        records = read_batch(self._state_folder, batch)
        for storage_id in {item.storage_id for item in items}:
            mine = [item for item in items if item.storage_id == storage_id]
            filled, left = filled_paths(mine), set(left_paths(mine))
            known = [one for one in altered_before(records, storage_id) if one.path in filled]
            alterations_back(self._database.connection, storage_id, known)
            gone = [one for one in gone_before(records, storage_id) if one.path in left - filled]
            gone_files_back(self._database.connection, storage_id, gone)

    def _tell_words_of(self, batch: str, numbers: Collection[int]) -> None:
        """The words of items that were taken back count no more, and again where that was taken back in turn."""
        undone = True
        while (above := history.batch_info(self._state_folder, batch).undo_of) is not None:
            batch, undone = above, not undone
        items = [item for item in recovery.plan_of(self._state_folder, batch)[0] if item.number in numbers]
        connection = self._database.connection
        if undone:
            decision_rows.unsettle(connection, batch, [item.conflict_id for item in items])
        else:
            decision_rows.settle(connection, _words(items), batch)

    def _paths_of(self, items: Iterable[PlanItem]) -> list[str]:
        from inspector.catalog.conflicts import conflict_by_id

        paths: list[str] = []
        for item in items:
            conflict = conflict_by_id(self._database.connection, item.conflict_id)
            paths.extend(conflict.paths if conflict is not None else ())
        return paths


def _lock_name(storage: StorageInfo) -> str | None:
    own = layout(storage.layout)
    return own.lock_name if isinstance(own, RepairingLayout) else None


def _writes_documents(item: PlanItem) -> bool:
    return any(isinstance(operation, WriteDocument) for operation in item.operations) or _makes_marks(item)


def _makes_marks(item: PlanItem) -> bool:
    return any(isinstance(operation, MakePath | UnmakePath) for operation in item.operations)


def _words(items: Iterable[PlanItem]) -> list[tuple[str, str, str]]:
    """The conflicts, choices and reasons that are a person's word on evidence which stays."""
    return [(item.conflict_id, item.choice, item.reason) for item in items if is_recorded(item.kind, item.choice)]


def _is_at(root: str, path: str) -> bool:
    return os.path.lexists(os.path.join(root, path))


def _sources(items: Iterable[PlanItem]) -> tuple[str, ...]:
    copies = (one for item in items for one in item.operations if isinstance(one, CopyPath))
    return tuple(one.source_root for one in copies if one.source_root is not None)
