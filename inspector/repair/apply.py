"""Apply a plan: item by item, with the journal written before and after, refusing what is not as planned.

First the operations on files, in groups that are made certain together, then each document in one write, then the rows
of each database in one transaction, and last the settings of other programs, item by item. An item is done when all of
its operations are; one that cannot be finished is taken back whole.
"""

import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from inspector.fs.foreign_rows import RowsChangedError
from inspector.fs.write import FileChangedError, TargetExistsError
from inspector.layouts.repairs import Settling
from inspector.model.display import display_name
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.operation_codec import encode_item, encode_text
from inspector.model.operations import EditDatabase, Operation, Quarantine, RestorePath, WriteDocument, WriteSettings
from inspector.model.plan import ItemResult, ItemState, Plan, PlanItem
from inspector.model.plan_guard import why_not_together
from inspector.model.progress import Progress
from inspector.repair import documents
from inspector.repair.bench import Bench
from inspector.repair.databases import edit_rows, why_not_as_expected
from inspector.repair.failures import ANY_GENERATION, suspects_of, words
from inspector.repair.files import do, drop_folders, missing_folders, note
from inspector.repair.journal import BatchWriter, Record, begin_record
from inspector.repair.manifest import MANIFEST, new_entry_id
from inspector.repair.own_place import expect_own_place
from inspector.repair.protection import Protection
from inspector.repair.records import intent_record, rows_record, settings_record, written_record
from inspector.repair.running import Running, result_records, state_after, take_back
from inspector.repair.seats import Seat, seat_now
from inspector.repair.settings import write_in_turn
from inspector.repair.uncollected import uncollected
from inspector.repair.workplace import open_bench, tidy

_ITEMS_AT_ONCE = 1024
_STOPPED = "not begun: stopped before it"

Check = Callable[[], None]
"""Raises an InspectorError where nothing more may be done: the lock was lost, somebody cancelled."""


class BatchApplier:
    """Applies the items of one plan that belong to one storage. The caller holds the storage's locks."""

    def __init__(
        self,
        state_folder: Path,
        journal: BatchWriter,
        storage_id: str,
        root: str,
        settling: Settling | None = None,
        seat: Seat | None = None,
        protection: Protection | None = None,
        kept: Mapping[int, str] | None = None,
    ) -> None:
        """`settling` is the layout of the storage, which knows the totals of its documents.

        `seat` is that of the root when the storage was found to be there. What `protection` refuses is not begun, nor
        are the items of which `kept` says by their numbers why not.
        """
        self._journal = journal
        self._storage_id = storage_id
        self._root = root
        self._settling = settling
        self._seat = seat
        self._protection = protection
        self._kept = kept or {}
        self._state_folder = state_folder
        self._results: list[Record] = []
        self._stopped = ""

    def apply(self, items: Sequence[PlanItem], progress: Progress, check: Check | None = None) -> list[ItemResult]:
        """Apply the items and return what became of each; one that fails stops no other.

        Cancelling the progress ends the batch after the item at hand; the rest stays pending. So does `check` where it
        raises, and a storage that is not at its root any more; items that wait for their documents are then taken back
        and pending too.

        Raises:
            OSError: where the journal cannot be written; the batch is then as after an interruption.
        """
        running = [Running(item) for item in items]
        allowed = self._allowed(running)
        if not any(one.item.operations for one in allowed):
            return self._words_only(running)
        with ExitStack() as stack:
            try:
                bench = self._bench(stack, items)
            except (InspectorError, OSError) as error:
                for one in allowed:
                    one.end(ItemState.FAILED, words(error, self._root))
                self._results.extend(result_records(allowed))
            else:
                check = _both(check, bench.expect_there)
                bench.each = partial(_copied, progress)
                for start in range(0, len(allowed), _ITEMS_AT_ONCE):
                    if not self._may_go_on(progress, check):
                        break
                    self._group(bench, allowed[start : start + _ITEMS_AT_ONCE], progress, check)
                self._documents_of(bench, [one for one in allowed if one.is_waiting and one.writes], check)
                self._rows_of(bench, [one for one in allowed if one.is_waiting and one.edits], check)
                self._settings_of(bench, [one for one in allowed if one.is_waiting and one.settings], check)
                _tell_what_never_came(bench, running)
                back = [one.entry for item in items for one in item.operations if isinstance(one, RestorePath)]
                tidy((Path(place.root) for place in bench.places), bench.batch, back)
        not_begun = [one for one in running if one.state is ItemState.PENDING and not one.reason]
        for one in not_begun:
            one.reason = self._stopped
        self._results.extend(result_records(not_begun))
        self._journal.append(*self._results)
        self._journal.sync()
        return [ItemResult(one.item.number, one.item.label, one.state, one.reason) for one in running]

    def _allowed(self, running: Sequence[Running]) -> list[Running]:
        """The items that write nothing protected, take nothing away that is in use and can be taken back whole."""
        allowed: list[Running] = []
        refused: list[Running] = []
        for one in running:
            reason = why_not_together(one.item.operations) or self._kept.get(one.item.number)
            if reason is None and self._protection is not None:
                reason = self._protection.obstacle(self._root, one.item.operations)
            if reason is not None:
                one.end(ItemState.REFUSED, reason)
            (allowed if reason is None else refused).append(one)
        self._results.extend(result_records(refused))
        return allowed

    def _words_only(self, running: Sequence[Running]) -> list[ItemResult]:
        """Nothing of the storage is touched, not even to make a place: it may be one that is never written."""
        for one in running:
            if one.state is ItemState.PENDING:
                one.end(ItemState.DONE)
        self._journal.append(*result_records(running))
        self._journal.sync()
        return [ItemResult(one.item.number, one.item.label, one.state, one.reason) for one in running]

    def _bench(self, stack: ExitStack, items: Iterable[PlanItem]) -> Bench:
        bench = open_bench(
            stack,
            self._root,
            self._storage_id,
            self._journal.batch,
            self._state_folder,
            with_former=any(_brings_back(operation) for item in items for operation in item.operations),
            seat=self._seat,
        )
        expect_own_place(bench.tree, bench.place, bench.batch)
        return bench

    def _may_go_on(self, progress: Progress, check: Check | None) -> bool:
        if progress.cancelled:
            self._stopped = _STOPPED
        elif check is not None and not self._stopped:
            try:
                check()
            except InspectorError as error:
                self._stopped = f"not begun: {error}"
        return not self._stopped

    def _group(self, bench: Bench, group: Sequence[Running], progress: Progress, check: Check | None) -> None:
        """The operations on files of some items: intents, manifest, files, folders; the results come with the next."""
        for one in group:
            for operation in one.item.operations:
                if isinstance(operation, WriteDocument):
                    one.writes.append(operation)
                elif isinstance(operation, EditDatabase):
                    one.edits.append(operation)
                elif isinstance(operation, WriteSettings):
                    one.settings.append(operation)
                else:
                    is_taken = isinstance(operation, Quarantine)
                    one.steps.append((operation, new_entry_id(bench.batch) if is_taken else None))
        folders = missing_folders(bench.tree, (operation for one in group for operation in one.item.operations))
        intent = intent_record(self._storage_id, ((one.item.number, one.steps) for one in group), folders)
        self._journal.append(*self._results, intent)
        self._journal.sync()
        self._results.clear()
        with suppress(OSError):  # then each of them will fail by itself
            note(bench, (step for one in group for step in one.steps))
        begun: list[Running] = []
        for one in group:
            if not self._may_go_on(progress, check if one.steps else None):  # before documents it is asked again
                one.end(ItemState.PENDING, self._stopped)
                continue
            begun.append(one)
            self._do_files(bench, one)
            progress.advance(files=1)
        self._make_certain(bench, begun)
        self._results.extend(result_records(group))

    def _do_files(self, bench: Bench, one: Running) -> None:
        try:
            for operation, entry in one.steps:
                one.deeds.append(do(bench, operation, entry, flush=False))
        except CancelledByUserError:
            self._stopped = _STOPPED
            one.end(ItemState.PENDING, self._stopped)
            take_back(bench, one)
        except (InspectorError, OSError) as error:
            suspects = suspects_of(bench, *one.steps[len(one.deeds)])
            one.end(state_after(error), words(error, self._root, suspects))
            take_back(bench, one)
        else:
            one.is_waiting = bool(one.writes or one.edits or one.settings)
            if not one.is_waiting:
                one.end(ItemState.DONE)

    def _make_certain(self, bench: Bench, group: Sequence[Running]) -> None:
        """Flush what a group did; where that cannot be done, it is taken back."""
        try:
            bench.flush()
        except (InspectorError, OSError) as error:
            for one in reversed(group):
                if one.deeds:
                    one.end(ItemState.FAILED, words(error, self._root, [(bench.place, MANIFEST)]))
                    take_back(bench, one)
            with suppress(InspectorError, OSError):
                bench.flush()

    def _documents_of(self, bench: Bench, waiting: Sequence[Running], check: Check | None) -> None:
        if not waiting:
            return
        if check is not None:
            try:
                check()
            except InspectorError as error:
                self._leave(bench, waiting, ItemState.PENDING, f"taken back: {error}")
                self._results.extend(result_records(waiting))
                return
        by_number = {one.item.number: one for one in waiting}
        writes = [(one.item.number, write) for one in waiting for write in one.writes]
        try:
            work = documents.prepare(bench.tree, bench.places, writes, self._settling)
        except OSError as error:
            suspects = [suspect for _, write in writes for suspect in suspects_of(bench, write, None)]
            self._leave(bench, waiting, ItemState.FAILED, words(error, self._root, suspects))
            self._results.extend(result_records(waiting))
            return
        for number, reason in work.refused.items():
            self._leave(bench, [by_number[number]], ItemState.REFUSED, reason)
        alive = [one for one in waiting if one.is_waiting]
        record = work.record()
        self._journal.append(*self._results, {"record": "documents", "storage": self._storage_id, "documents": record})
        self._journal.sync()
        self._results.clear()
        try:
            documents.write(bench.tree, bench.places, bench.batch, work)
            backs = list(documents.ways_back(bench.tree, bench.batch, work, len(alive)))
        except (InspectorError, OSError) as error:
            self._fail_documents(bench, alive, work, error)
        else:
            for one in alive:
                one.end(ItemState.DONE)
            self._results.append(written_record(self._storage_id, backs, work.former(), work.counted()))
        self._results.extend(result_records(waiting))

    def _fail_documents(
        self,
        bench: Bench,
        alive: Sequence[Running],
        work: documents.DocumentWork,
        why: InspectorError | OSError,
    ) -> None:
        """Take documents back that were written; an item whose documents stay as written keeps its files so too."""
        written = work.record()[: work.begun]
        suspects = [(bench.tree, str(written[-1]["path"])), (bench.place, ANY_GENERATION)] if written else []
        reason = words(why, self._root, suspects)
        try:
            left = documents.take_back(bench.tree, bench.places, bench.batch, written)
        except (InspectorError, OSError) as error:
            reason = f"{reason}; and the documents could not be taken back: {words(error, self._root, suspects)}"
            for one in alive:
                one.end(ItemState.UNFINISHED, reason)
            return
        documents.forget_unused(bench.tree, bench.place, bench.batch, written)
        for document in work.documents:
            drop_folders(bench.tree, tuple(document.made))
        if isinstance(why, FileChangedError | TargetExistsError):
            left.pop(written[-1]["path"], None)  # it is somebody else's, and was not written
        staying = work.numbers_writing(left)
        for one in alive:
            if one.item.number in staying:
                path = next(write.path for write in one.writes if write.path in left)
                one.end(ItemState.UNFINISHED, f"{reason}; and {display_name(path)} {left[path]}")
        self._leave(bench, [one for one in alive if one.is_waiting], state_after(why), reason)

    def _rows_of(self, bench: Bench, waiting: Sequence[Running], check: Check | None) -> None:
        if not waiting:
            return
        try:
            if check is not None:
                check()
        except InspectorError as error:
            self._leave(bench, waiting, ItemState.PENDING, f"taken back: {error}")
        else:
            for path in dict.fromkeys(one.edits[0].path for one in waiting):
                self._edit_rows(bench, path, [one for one in waiting if one.edits[0].path == path])
        self._results.extend(result_records(waiting))

    def _edit_rows(self, bench: Bench, path: str, waiting: Sequence[Running]) -> None:
        """All edits of one database; the journal has the rows before anything is certain."""

        def tell(backs: Mapping[int, Sequence[EditDatabase]]) -> None:
            self._journal.append(*self._results, rows_record(self._storage_id, path, backs))
            self._journal.sync()
            self._results.clear()

        def refuse(one: Running, error: RowsChangedError) -> None:
            self._leave(bench, [one], ItemState.REFUSED, words(error, self._root))

        for one in waiting:
            if (missed := why_not_as_expected(bench.tree, one.edits)) is not None:
                self._leave(bench, [one], ItemState.REFUSED, missed)
        rows, error = edit_rows(path, [one for one in waiting if one.is_waiting], refuse, tell)
        alive = [one for one in waiting if one.is_waiting]
        if rows == "before" and error is not None:
            self._leave(bench, alive, state_after(error), words(error, self._root))
            return
        reason = words(error, self._root) if error else f"{display_name(path)} reads otherwise than it was written"
        for one in alive:
            if rows == "after":
                one.end(ItemState.DONE)
            else:
                one.end(ItemState.UNFINISHED, reason)

    def _settings_of(self, bench: Bench, waiting: Sequence[Running], check: Check | None) -> None:
        """The settings that items write, item by item; the journal has what was there before it is replaced."""
        for one in waiting:
            try:
                if check is not None:
                    check()
            except InspectorError as stopped:
                self._leave(bench, [one], ItemState.PENDING, f"taken back: {stopped}")
                continue
            number = one.item.number

            def tell(position: int, back: WriteSettings, number: int = number) -> None:
                self._journal.append(*self._results, settings_record(self._storage_id, number, position, back))
                self._journal.sync()
                self._results.clear()

            error, is_as_before = write_in_turn(one.settings, tell)
            if error is None:
                one.end(ItemState.DONE)
            elif is_as_before:
                self._leave(bench, [one], state_after(error), words(error, self._root))
            else:
                one.end(ItemState.UNFINISHED, words(error, self._root))
        self._results.extend(result_records(waiting))

    def _leave(self, bench: Bench, some: Sequence[Running], state: ItemState, reason: str) -> None:
        """End items whose documents are not written: what was done of them is taken back, the last one first."""
        for one in reversed(some):
            one.end(state, reason)
            take_back(bench, one)
        with suppress(InspectorError, OSError):
            bench.flush()


def _copied(progress: Progress, size: int) -> None:
    """Count a block that was copied; within a large file, too, the work can be stopped."""
    progress.advance(count=size)
    progress.check()


def _both(check: Check | None, other: Check) -> Check:
    def both() -> None:
        if check is not None:
            check()
        other()

    return both


def _brings_back(operation: Operation) -> bool:
    is_version = isinstance(operation, WriteDocument) and operation.generation is not None
    return is_version or isinstance(operation, RestorePath)


def _tell_what_never_came(bench: Bench, running: Iterable[Running]) -> None:
    """Say in the manifest which files were to be taken away and were not."""
    undone = (one for one in running if one.state in {ItemState.PENDING, ItemState.REFUSED, ItemState.FAILED})
    announced = [entry for one in undone for _, entry in one.steps if entry in bench.noted]
    with suppress(InspectorError, OSError):  # then it names files that are not there, which nobody is shown
        entries = [entry for entry in announced if entry is not None and not bench.is_in_quarantine(entry)]
        if entries:
            bench.manifest.all_left(entries, "was not taken away")


@uncollected()
def begin_batch(state_folder: Path, batch: str, plan: Plan, *, undo_of: str | None = None) -> BatchWriter:
    """Open the journal of a batch with its first record: the whole plan, the machine and the process.

    Of each storage it has the root, and the device and inode that tell it from an empty mount point.
    """
    journal = BatchWriter(state_folder, batch)
    try:
        journal.append(
            begin_record(
                batch,
                host=socket.gethostname(),
                pid=os.getpid(),
                undo_of=undo_of,
                roots={storage_id: encode_text(root) for storage_id, root in plan.roots.items()},
                seats={storage_id: seat for storage_id, root in plan.roots.items() if (seat := seat_now(root))},
                items=[encode_item(item) for item in plan.items],
            )
        )
        journal.sync()
    except BaseException:
        journal.close()
        raise
    return journal
