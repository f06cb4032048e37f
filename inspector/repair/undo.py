"""What takes a batch back: a plan like any other, made from what the journal says of each item."""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from inspector.model.display import display_name
from inspector.model.errors import ExitCode, InspectorError, UsageError
from inspector.model.operation_codec import decode_item, decode_text
from inspector.model.operations import (
    ABSENT,
    DocumentEdit,
    Edit,
    KeepOneMember,
    Operation,
    RestorePath,
    WriteDocument,
)
from inspector.model.plan import ItemState, Plan, PlanItem, Refusal
from inspector.model.records import StorageInfo
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.bench import place_path
from inspector.repair.history import Undoings, batch_info, undoings_of
from inspector.repair.journal import (
    JournalError,
    Record,
    batches,
    damaged_journal,
    read_batch,
    second_of,
    undoes_another,
)
from inspector.repair.keeping import digest_or_none, stored_generation
from inspector.repair.manifest import now_text
from inspector.repair.records import ways_back
from inspector.repair.risk import risk_of
from inspector.repair.store import odd_place
from inspector.repair.workplace import places_of_storage

_UNDO, _REDO = "undo: ", "redo: "

Place = tuple[str, str]
"""A document: its storage's id and its path."""


class NotFinishedError(InspectorError):
    """The batch has no end yet, so that it cannot be taken back; nothing was done."""

    exit_code = ExitCode.RECOVERY_NEEDED


def undo_plan(
    state_folder: Path,
    batch: str,
    items: Collection[int] | None = None,
    roots: Mapping[str, str] | None = None,
    moved: Mapping[str, StorageInfo] | None = None,
) -> Plan:
    """The plan that takes a batch back, or those of its items that have the numbers `items`, the last one first.

    Items keep their numbers. Items that were not done, or are taken back already, are among the refused ones. A plan
    applied as ``undo_of`` this batch is a batch like any other, so it can be taken back in turn. `roots` are the
    present roots of storages by id, where they are not those of the journal any more, and `moved` the storages that
    have another id by now; the plan has that one. Reads what is there now: a document comes back whole only where it is
    still as the batch left it.

    Raises:
        JournalError: where there is no such batch, or it is damaged.
        NotFinishedError: where it still runs or was interrupted.
        UsageError: where it has no item of one of the numbers.
    """
    info = batch_info(state_folder, batch)
    if info.state == "running":
        raise NotFinishedError("is still being applied", path=batch, advice="Wait until it is done.")
    if info.state == "interrupted":
        raise NotFinishedError("was interrupted", path=batch, advice="Run 'inspector recover' first.")
    records = read_batch(state_folder, batch)
    try:
        there = {storage_id: storage.root for storage_id, storage in (moved or {}).items()}
        work = _Work.of(records, state_folder, {**(roots or {}), **there})
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise damaged_journal(state_folder, batch, error) from error
    if unknown := sorted(set(items or ()) - work.items.keys()):
        raise UsageError(f"batch {batch} has no item {unknown[0]}", advice="'inspector journal' lists its items.")
    states = {result.number: (result.state, result.reason) for result in info.items}
    undoings = undoings_of(state_folder, batch)
    work.undone.update(number for number, (state, _) in states.items() if state is ItemState.UNDONE)
    if work.undone:
        work.left_as.update(_left_as(state_folder, batch, work.documents))
    for number in work.items if items is None else [number for number in work.items if number in items]:
        reason = _cannot(number, *states[number], undoings, batch) or work.missing(number)
        if reason:
            work.refused[number] = reason
        else:
            work.chosen.add(number)
    work.refuse_shared_edits()
    work.refuse_half_documents()
    return _with_present_ids(work.plan(), moved or {})


def _with_present_ids(plan: Plan, moved: Mapping[str, StorageInfo]) -> Plan:
    def present(storage_id: str) -> str:
        return moved[storage_id].id if storage_id in moved else storage_id

    roots = {present(storage_id): root for storage_id, root in plan.roots.items()}
    items = tuple(replace(item, storage_id=present(item.storage_id)) for item in plan.items)
    return replace(plan, roots=roots, items=items)


def _cannot(number: int, state: ItemState, reason: str, undoings: Undoings, batch: str) -> str | None:
    """Why an item is none that can be taken back, by its history; None where it is one."""
    if state is ItemState.UNDONE:
        return reason.replace("taken back by", "was taken back already, by batch")
    if (again := undoings.done_again(batch).get(number)) is not None:
        return f"was taken back and then done again; take batch {again} back"
    if state is not ItemState.DONE:
        return f"was not done ({reason or state.value})"
    return None


@dataclass
class _Work:
    """A batch on its way back: what the journal says, and which items are chosen or refused."""

    items: dict[int, PlanItem]
    undo: dict[int, tuple[Operation, ...]]
    roots: dict[str, str]
    places: "_Places"
    documents: dict[Place, Record]
    editors: dict[Place, dict[int, WriteDocument]]
    chosen: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)
    """The items that other batches took back."""
    left_as: dict[Place, str] = field(default_factory=dict)
    """The digests of documents as those left them, where nobody else wrote them meanwhile."""

    @staticmethod
    def of(records: Sequence[Record], state_folder: Path, roots: Mapping[str, str]) -> "_Work":
        """From all records of a batch; the roots of the caller go before the journal's."""
        begin = records[0]
        items = {item.number: item for item in map(decode_item, begin["items"])}
        known = {storage: roots.get(storage) or decode_text(root) for storage, root in begin["roots"].items()}
        undo = ways_back(records, items)
        editors: dict[Place, dict[int, WriteDocument]] = defaultdict(dict)
        for number in undo:
            for operation in items[number].operations:
                if isinstance(operation, WriteDocument):
                    editors[items[number].storage_id, operation.path][number] = operation
        documents = {
            (str(record["storage"]), str(document["path"])): document
            for record in records
            if record["record"] == "documents"
            for document in record["documents"]
        }
        return _Work(items, undo, known, _Places(state_folder, known), documents, editors)

    def missing(self, number: int) -> str | None:
        """Why what an item needs to be taken back is not there any more."""
        item = self.items[number]
        undo = self.undo[number]
        if not undo and any(not isinstance(operation, WriteDocument) for operation in item.operations):
            return "the journal does not say how to take it back"
        for operation in undo:
            if isinstance(operation, RestorePath) and not self.places.holds(item.storage_id, operation.entry):
                why = self.places.odd(item.storage_id)
                gone = f"{operation.path} is not in quarantine any more"
                return gone if why is None else f"{operation.path} cannot be brought back: {why}"
        return None

    def refuse_shared_edits(self) -> None:
        """Refuse items one of whose edits another item made too, which stays as it is, until none is left."""
        sharing: dict[tuple[Place, tuple[str | int, ...]], list[int]] = defaultdict(list)
        for (storage, path), editors in self.editors.items():
            for number, write in editors.items():
                for edit in write.edits:
                    if not (isinstance(edit, Edit) and edit.value is edit.was):  # that one only looks what is there
                        sharing[(storage, path), edit.where].append(number)
        groups = [set(numbers) for numbers in sharing.values() if len(numbers) > 1]
        while True:
            found = {
                number: min(group - self.chosen - self.undone)
                for group in groups
                if not group <= self.chosen | self.undone
                for number in group & self.chosen
            }
            if not found:
                return
            for number, other in found.items():
                self.refused[number] = f"item {other} wrote the same at one place: take the two back together"
            self.chosen -= found.keys()

    def refuse_half_documents(self) -> None:
        """Refuse items that only a document as a whole takes back, where that cannot come back, until none is left."""
        while True:
            found: dict[int, str] = {}
            for place, editors in self.editors.items():
                chosen = [number for number in editors if number in self.chosen]
                obstacle = self._obstacle(place) if chosen else None
                if obstacle is not None:
                    found.update(
                        (number, obstacle) for number in chosen if _needs_whole(editors[number], editors.values())
                    )
            if not found:
                return
            self.refused.update(found)
            self.chosen -= found.keys()

    def _obstacle(self, place: Place) -> str | None:
        """Why a document cannot come back as it was before the batch; None where it can."""
        storage, path = place
        document = self.documents.get(place)
        if document is None or document["before"] is None:
            return None  # the batch changed nothing in it, or made it: then it goes away like any file
        if not self._is_last_of(place):
            return (
                f"{path} can only come back as a whole, and items that edited it too are not taken back with it; "
                "take the whole batch back"
            )
        if self.places.digest(storage, path) not in {self._expected(place, document["after"]), None}:
            return f"{path} is not as the batch left it, and can only come back as a whole"
        name = self._generation(place)
        if name is None or not self.places.keeps(storage, name, str(document["before"])):
            return f"the earlier version of {path} is not kept any more"
        return None

    def _is_last_of(self, place: Place) -> bool:
        """Whether nothing that the batch did to a document is left when the chosen items are taken back."""
        return (self.chosen | self.undone).issuperset(self.editors[place])

    def _expected(self, place: Place, after: str) -> str:
        """A document's digest now, if our own batches only wrote it since."""
        return after if self.undone.isdisjoint(self.editors.get(place, self.undone)) else self.left_as.get(place, after)

    def _generation(self, place: Place) -> str | None:
        for number in self.editors[place]:
            for operation in self.undo[number]:
                if isinstance(operation, WriteDocument) and operation.path == place[1]:
                    return operation.generation
        return None

    def plan(self) -> Plan:
        """The plan, with what was found out until now."""
        numbers = list(reversed(self.items))
        whole = {place for place in self.editors if self._obstacle(place) is None}
        complete = self._storages_with_all_writers()
        items = tuple(self._item(self.items[number], whole, complete) for number in numbers if number in self.chosen)
        refused = tuple(
            Refusal(self.items[number].conflict_id, "undo", self.items[number].label, self.refused[number], number)
            for number in numbers
            if number in self.refused
        )
        storages = {item.storage_id for item in items}
        roots = {storage: root for storage, root in self.roots.items() if storage in storages}
        return Plan(new_batch_id(), now_text(), roots, items, refused)

    def _item(self, item: PlanItem, whole: Collection[Place], complete: Collection[str]) -> PlanItem:
        operations = tuple(self._operations(item, whole, complete))
        return replace(
            item,
            choice="undo",
            label=_label(item.label),
            risk=risk_of(operations),
            operations=operations,
            before=item.after,
            after=item.before,
        )

    def _operations(self, item: PlanItem, whole: Collection[Place], complete: Collection[str]) -> Iterator[Operation]:
        for operation in self.undo[item.number]:
            if not isinstance(operation, WriteDocument):
                yield operation
                continue
            place = item.storage_id, operation.path
            if place in self.editors:
                yield self._last_part(operation, place) if place in whole else replace(operation, generation=None)
            elif item.storage_id in complete:
                yield self._last_part(operation, place)  # it only went along with the others

    def _last_part(self, operation: WriteDocument, place: Place) -> WriteDocument:
        """What brings a document back, by as many items as are left where others were taken back before."""
        if not self._goes_on:
            return operation
        parts = self._parts[place]
        expected = self._expected(place, operation.expect_digest) if operation.expect_digest else None
        return replace(operation, parts=parts, expect_digest=expected)

    @cached_property
    def _goes_on(self) -> bool:
        """Whether other batches took items back before."""
        return not self.undone.isdisjoint(self.undo)

    @cached_property
    def _parts(self) -> Counter[Place]:
        """How many of the operations of the chosen items bring each document back; asked once they are settled."""
        return Counter(
            (self.items[number].storage_id, write.path)
            for number in self.chosen
            for write in self.undo[number]
            if isinstance(write, WriteDocument)
        )

    def _storages_with_all_writers(self) -> set[str]:
        """The storages of which all items that edited documents are chosen."""
        partly = {place[0] for place in self.editors if not self._is_last_of(place)}
        return {item.storage_id for item in self.items.values()} - partly


class _Places:
    """What is there now in the storages and in the places for what was taken away, each asked once.

    Of a storage that is not there nothing is known, and then nothing is refused: applying finds out.
    """

    def __init__(self, state_folder: Path, roots: Mapping[str, str]) -> None:
        self._state_folder = state_folder
        self._roots = roots
        self.digest = cache(self._digest)
        self.keeps = cache(self._keeps)
        self.odd = cache(self._odd)
        self._folders = cache(self._find_folders)

    def _find_folders(self, storage: str) -> list[Path] | None:
        root = self._roots.get(storage)
        if root is None or not os.path.isdir(root):  # raises nothing, on a failing drive either
            return None
        return places_of_storage(root, storage, self._state_folder)

    def holds(self, storage: str, entry: str) -> bool:
        """Whether a file is in quarantine."""
        folders = self._folders(storage)
        return folders is None or any(os.path.lexists(folder / place_path(entry)) for folder in folders)

    def _odd(self, storage: str) -> str | None:
        """What is wrong with the folder that a storage's things were taken to; None where it is one, or not there."""
        root = self._roots.get(storage)
        found = odd_place(root, storage, self._state_folder) if root is not None else None
        return f"{display_name(str(found[0]))} {found[1]}" if found is not None else None

    def _keeps(self, storage: str, name: str, digest: str) -> bool:
        """Whether an earlier version is kept, with this digest."""
        folders = self._folders(storage)
        if folders is None:
            return True
        for folder in folders:  # as applying does, which takes the first one
            if (found := stored_generation(folder, name)) is not None:
                return found.digest == digest and digest_or_none(str(folder), found.stored) == digest
        return False

    def _digest(self, storage: str, path: str) -> str | None:
        """A document's digest now: empty where it cannot be read, None where the storage is not there."""
        return None if self._folders(storage) is None else digest_or_none(self._roots[storage], path) or ""


def _left_as(state_folder: Path, batch: str, documents: Mapping[Place, Record]) -> dict[Place, str]:
    """The digests of a batch's documents as they are now, if only the batches that took it back wrote them since."""
    found = {place: str(document["after"]) for place, document in documents.items()}
    family = {batch}
    for later in batches(state_folder):
        if later == batch or second_of(later) < second_of(batch):
            continue
        try:
            records = read_batch(state_folder, later) if undoes_another(state_folder, later) else []
        except JournalError:
            continue
        if not records or records[0].get("undo_of") not in family:
            continue
        family.add(later)
        written = {record["storage"] for record in records if record["record"] == "documents done"}
        for record in records:
            for document in record["documents"] if record["record"] == "documents" else ():
                place = str(record["storage"]), str(document["path"])
                if record["storage"] in written and found.get(place) == document["before"]:
                    found[place] = str(document["after"])
    return found


def _needs_whole(write: WriteDocument, all_writes: Iterable[WriteDocument]) -> bool:
    """Whether a write of a batch can be taken back only with the document as a whole, and not by edits.

    That is so where it replaced the text, where of several members with one key one was left, and where an item of a
    list went: the list's later items moved up. An item of a list whose order means nothing comes back as the last one.
    """
    if write.text is not None or not write.edits:
        return not write.follows
    if any(isinstance(edit, KeepOneMember) for edit in write.edits):
        return True
    gone = [edit.where for other in all_writes for edit in other.edits if _takes_list_item_out(edit)]
    return any(
        _moved(edit.where, removed) and not _is_beside(edit, removed) for edit in write.edits for removed in gone
    )


def _takes_list_item_out(edit: DocumentEdit) -> bool:
    return isinstance(edit, Edit) and edit.value is ABSENT and bool(edit.where) and isinstance(edit.where[-1], int)


def _is_beside(edit: DocumentEdit, removed: tuple[str | int, ...]) -> bool:
    """Whether an edit takes an item, which may come back last, out of the list that another one went from."""
    return isinstance(edit, Edit) and edit.at_end and edit.value is ABSENT and edit.where[:-1] == removed[:-1]


def _moved(where: tuple[str | int, ...], removed: tuple[str | int, ...]) -> bool:
    depth = len(removed) - 1
    if len(where) <= depth or where[:depth] != removed[:depth]:
        return False
    position, gone = where[depth], removed[depth]
    return isinstance(position, int) and isinstance(gone, int) and position >= gone


def _label(label: str) -> str:
    if label.startswith(_UNDO):
        return _REDO + label.removeprefix(_UNDO)
    return _UNDO + label.removeprefix(_REDO)
