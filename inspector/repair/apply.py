"""Apply a plan: item by item, with the journal written before and after, refusing what is not as planned.

First the operations on files, then each document in one write. An item is done when all of its operations are; one that
cannot be finished is taken back whole.
"""

import os
import secrets
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.fs.tree import Tree
from inspector.model.errors import InspectorError
from inspector.model.operation_codec import decode_item, decode_operation, encode_item, encode_operation, encode_text
from inspector.model.operations import FileState, Operation, Quarantine, WriteDocument
from inspector.model.plan import ItemResult, ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair import documents
from inspector.repair.documents import Settle
from inspector.repair.files import Bench, StaleError, do, inverse, is_done, result_path, state_of
from inspector.repair.journal import BatchWriter, Record, begin_record
from inspector.repair.store import new_entry_id, place_for

_ITEMS_AT_ONCE = 64


def new_batch_id() -> str:
    """An id that sorts by time."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime()) + "-" + secrets.token_hex(3)


@dataclass(slots=True)
class _Running:
    """One item while it is applied: what was done of it, and how to take that back."""

    item: PlanItem
    steps: list[dict[str, Any]] = field(default_factory=list)
    undo: list[Operation] = field(default_factory=list)
    state: ItemState = ItemState.PENDING
    reason: str = ""

    @property
    def file_operations(self) -> list[Operation]:
        """Its operations on files, in order."""
        return [operation for operation in self.item.operations if not isinstance(operation, WriteDocument)]

    @property
    def writes(self) -> list[WriteDocument]:
        """Its edits of documents."""
        return [operation for operation in self.item.operations if isinstance(operation, WriteDocument)]


class BatchApplier:
    """Applies the items of one plan that belong to one storage. The caller holds the storage's locks."""

    def __init__(
        self, state_folder: Path, journal: BatchWriter, storage_id: str, root: str, settle: Settle | None = None
    ) -> None:
        self._journal = journal
        self._storage_id = storage_id
        self._root = root
        self._settle = settle
        self._place = place_for(root, storage_id, state_folder)

    def apply(self, items: Sequence[PlanItem], progress: Progress) -> list[ItemResult]:
        """Apply the items and return what became of each; one that fails stops no other.

        Cancelling the progress ends the batch after the item at hand; the rest stays pending.
        """
        self._place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as stack:
            tree = stack.enter_context(Tree(self._root))
            place = stack.enter_context(Tree(str(self._place.folder)))
            bench = Bench(tree, place, self._storage_id, self._journal.batch)
            running = [_Running(item) for item in items]
            for start in range(0, len(running), _ITEMS_AT_ONCE):
                if progress.cancelled:
                    break
                self._files_of(bench, running[start : start + _ITEMS_AT_ONCE], progress)
            self._documents_of(bench, running)
        return [ItemResult(one.item.number, one.item.label, one.state, one.reason) for one in running]

    def _files_of(self, bench: Bench, group: Sequence[_Running], progress: Progress) -> None:
        for one in group:
            entries = [
                new_entry_id(bench.batch) if isinstance(operation, Quarantine) else None
                for operation in one.file_operations
            ]
            one.steps = [
                {"operation": encode_operation(operation), "entry": entry}
                for operation, entry in zip(one.file_operations, entries, strict=True)
            ]
        self._journal.append(
            *(
                {"record": "intent", "storage": self._storage_id, "item": one.item.number, "steps": one.steps}
                for one in group
            )
        )
        self._journal.sync()
        records: list[Record] = []
        for one in group:
            self._do_files(bench, one)
            progress.advance(files=1)
            if one.state is not ItemState.PENDING or not one.writes:
                if one.state is ItemState.PENDING:
                    one.state = ItemState.DONE
                records.append(_result_record(one))
            else:
                records.append({"record": "files", "item": one.item.number, "undo": _encoded(one.undo)})
        self._journal.append(*records)
        self._journal.sync()

    def _do_files(self, bench: Bench, one: _Running) -> None:
        for operation, step in zip(one.file_operations, one.steps, strict=True):
            try:
                made = do(bench, operation, step["entry"])
                path = result_path(operation)
                after = state_of(bench.tree, path) if path is not None else FileState()
                back = inverse(operation, step["entry"], made, after)
                if back is not None:
                    one.undo.insert(0, back)
            except (InspectorError, OSError) as error:
                one.state = ItemState.REFUSED if isinstance(error, StaleError) else ItemState.FAILED
                one.reason = _words(error)
                self._take_back(bench, one)
                return

    def _take_back(self, bench: Bench, one: _Running) -> None:
        for operation in one.undo:
            entry = new_entry_id(bench.batch) if isinstance(operation, Quarantine) else None
            try:
                do(bench, operation, entry)
            except (InspectorError, OSError) as error:
                one.reason += f"; and what was done of it could not be taken back: {_words(error)}"
                one.state = ItemState.UNFINISHED
                return
        one.undo.clear()

    def _documents_of(self, bench: Bench, running: Sequence[_Running]) -> None:
        waiting = [one for one in running if one.writes and one.state is ItemState.PENDING and one.steps is not None]
        waiting = [one for one in waiting if one.undo or not one.file_operations]
        if not waiting:
            return
        by_number = {one.item.number: one for one in waiting}
        writes = [(one.item.number, write) for one in waiting for write in one.writes]
        work = documents.prepare(bench.tree, bench.place, writes, self._settle)
        for number, reason in work.refused.items():
            one = by_number[number]
            one.state, one.reason = ItemState.REFUSED, reason
            self._take_back(bench, one)
        record = work.record()
        self._journal.append({"record": "documents", "storage": self._storage_id, "documents": record})
        self._journal.sync()
        alive = [one for one in waiting if one.state is ItemState.PENDING]
        try:
            documents.write(bench.tree, bench.place, bench.batch, work)
        except (InspectorError, OSError) as error:
            documents.take_back(bench.tree, bench.place, bench.batch, record)
            for one in alive:
                one.state, one.reason = ItemState.FAILED, _words(error)
                self._take_back(bench, one)
        else:
            for one in alive:
                one.state = ItemState.DONE
                one.undo = [*self._inverse_writes(one, record), *one.undo]
        self._journal.append({"record": "documents done", "storage": self._storage_id}, *map(_result_record, waiting))
        self._journal.sync()

    def _inverse_writes(self, one: _Running, record: Sequence[dict[str, Any]]) -> Iterable[Operation]:
        numbers = {str(document["path"]): number for number, document in enumerate(record)}
        for write in one.writes:
            number = numbers.get(write.path)
            if number is None:
                continue
            edits = tuple(type(edit)(edit.where, edit.was, edit.value) for edit in reversed(write.edits))
            generation = documents.generation_name(self._journal.batch, number)
            yield WriteDocument(write.path, str(record[number]["after"]), edits, None, generation)


def _result_record(one: _Running) -> Record:
    return {
        "record": "result",
        "item": one.item.number,
        "state": one.state.value,
        "reason": one.reason,
        "undo": _encoded(one.undo),
    }


def _encoded(operations: Iterable[Operation]) -> list[dict[str, Any]]:
    return [encode_operation(operation) for operation in operations]


def _words(error: InspectorError | OSError) -> str:
    if isinstance(error, InspectorError):
        return str(error)
    return f"{error.strerror or error} ({error.__class__.__name__})"


def begin_batch(state_folder: Path, batch: str, plan: Plan, *, undo_of: str | None = None) -> BatchWriter:
    """Open the journal of a batch with its first record: the whole plan, the machine and the process."""
    journal = BatchWriter(state_folder, batch)
    journal.append(
        begin_record(
            batch,
            host=socket.gethostname(),
            pid=os.getpid(),
            undo_of=undo_of,
            roots={storage_id: encode_text(root) for storage_id, root in plan.roots.items()},
            items=[encode_item(item) for item in plan.items],
        )
    )
    journal.sync()
    return journal


def settle_interrupted(state_folder: Path, records: Sequence[Record]) -> list[ItemResult]:
    """Bring an interrupted batch to rest: every item is as it was before it or as it is after it.

    Documents that were not all written come back, and so do the files of items that wait for them. The journal gets the
    results and its end.
    """
    begin = records[0]
    journal = BatchWriter(state_folder, str(begin["batch"]))
    items = {int(values["number"]): decode_item(values) for values in begin["items"]}
    results = {int(record["item"]): record for record in records if record["record"] == "result"}
    settled: list[ItemResult] = []
    try:
        for storage_id, root in begin["roots"].items():
            place = place_for(str(root), storage_id, state_folder)
            place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with Tree(str(root)) as tree, Tree(str(place.folder)) as place_tree:
                bench = Bench(tree, place_tree, storage_id, journal.batch)
                written = _settle_documents(bench, records, storage_id)
                for record in records:
                    if record["record"] == "intent" and record["storage"] == storage_id:
                        number = int(record["item"])
                        if number not in results:
                            settled.append(_settle_item(bench, items[number], record, written=written))
        journal.append(
            *(
                {"record": "result", "item": one.number, "state": one.state.value, "reason": one.reason, "undo": []}
                for one in settled
            ),
            {"record": "end", "state": "interrupted"},
        )
        journal.sync()
    finally:
        journal.close()
    return settled


def _settle_documents(bench: Bench, records: Sequence[Record], storage_id: str) -> bool:
    """Whether the batch's documents were all written; where only some were, they come back."""
    own = [record for record in records if record.get("storage") == storage_id]
    if any(record["record"] == "documents done" for record in own):
        return True
    for record in own:
        if record["record"] == "documents":
            documents.take_back(bench.tree, bench.place, bench.batch, record["documents"])
    return False


def _settle_item(bench: Bench, item: PlanItem, intent: Record, *, written: bool) -> ItemResult:
    operations = [(decode_operation(step["operation"]), step["entry"]) for step in intent["steps"]]
    done = [is_done(bench, operation, entry) for operation, entry in operations]
    needs_documents = any(isinstance(operation, WriteDocument) for operation in item.operations)
    if all(done) and (written if needs_documents else bool(operations)):
        return ItemResult(item.number, item.label, ItemState.DONE, "finished before the program ended")
    for (operation, entry), happened in reversed(list(zip(operations, done, strict=True))):
        if not happened:
            continue
        path = result_path(operation)
        after = state_of(bench.tree, path) if path is not None else FileState()
        back = inverse(operation, entry, [], after)
        if back is not None:
            do(bench, back, new_entry_id(bench.batch) if isinstance(back, Quarantine) else None)
    return ItemResult(item.number, item.label, ItemState.REFUSED, "taken back: the program ended in the middle of it")
