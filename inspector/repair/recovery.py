"""Bring an interrupted batch to rest: every item is as it was before it, or as it is after it.

What an item had begun and not finished is taken back; the journal then gets the results and its end. All of it can
itself be interrupted and begun again: nothing is believed but what is on the disk.
"""

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.fs.obstacles import obstacle_on_the_way
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import WriteFailedError, is_temporary, write_failed
from inspector.model.display import display_name
from inspector.model.errors import InspectorError, StorageLockedError, StorageOfflineError
from inspector.model.operation_codec import decode_item, decode_text
from inspector.model.operations import (
    CopyPath,
    EditDatabase,
    FileState,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.plan import BatchInfo, ItemResult, ItemState, PlanItem
from inspector.model.relpath import split_path
from inspector.repair import documents
from inspector.repair.aftermath import has_happened
from inspector.repair.bench import Bench, place_path
from inspector.repair.databases import rows_of, take_rows_back
from inspector.repair.failures import LINKED, failure, shown, suspects_of, words
from inspector.repair.files import Deed, do, drop_folders, result_path, state_of
from inspector.repair.history import batch_info, begin_seconds, runs_elsewhere
from inspector.repair.history import interrupted as interrupted
from inspector.repair.history import left_open as left_open
from inspector.repair.journal import (
    JOURNAL_FOLDER,
    BatchWriter,
    Record,
    damaged_journal,
    finish_batch,
    has_ended,
    read_batch,
    results,
)
from inspector.repair.left_settings import LeftSettings
from inspector.repair.records import (
    Step,
    folders_begun,
    items_waiting,
    result_record,
    rows_back,
    settings_back,
    steps_begun,
)
from inspector.repair.seats import Seat, is_seated, seat_now
from inspector.repair.workplace import open_bench, places_of_storage, tidy

_SETTLED = frozenset({ItemState.PENDING, ItemState.REFUSED, ItemState.FAILED})
_TAKEN_BACK = "taken back: the program ended in the middle of it"
_NOT_BEGUN = "not done: the program ended before it"
_FINISHED = "finished before the program ended"


def plan_of(state_folder: Path, batch: str) -> tuple[list[PlanItem], dict[str, str]]:
    """The items of a batch and the roots of its storages by id, as its journal has them.

    Raises:
        JournalError: where there is no such batch, or it is damaged.
    """
    batch_info(state_folder, batch)
    return _planned(read_batch(state_folder, batch)[0])


def recover(
    state_folder: Path,
    batch: str,
    roots: Mapping[str, str] | None = None,
    *,
    before_end: Callable[[BatchInfo], None] | None = None,
) -> BatchInfo:
    """Settle an interrupted batch and return what became of it; one that has ended is left as it is.

    The caller holds the locks of all storages of the batch and has made sure that they are there. `roots` are their
    present roots by id, where they are not those of the journal any more. `before_end` hears what became of the batch
    before its end is written, so that an interruption between the two brings it here again.

    Raises:
        JournalError: where there is no such batch, or it is damaged.
        StorageLockedError: where another process is still at work on it.
        StorageOfflineError: where a storage that was begun is not there; the batch stays interrupted.
        DocumentError: where a database cannot be read of which rows were to be changed; the batch stays interrupted.
        WriteFailedError: where the system refuses what has to be written; the batch stays interrupted.
    """
    info = batch_info(state_folder, batch)
    if has_ended(state_folder, batch):
        return info
    records = read_batch(state_folder, batch)
    if runs_elsewhere(records[0]):
        raise StorageLockedError(
            "is still being applied, so it was left alone", path=batch, advice="Wait until that is done."
        )

    def tell() -> None:
        if before_end is not None:
            before_end(batch_info(state_folder, batch))

    settle_interrupted(state_folder, records, roots, tell)
    return batch_info(state_folder, batch)


def settle_interrupted(
    state_folder: Path,
    records: Sequence[Record],
    roots: Mapping[str, str] | None = None,
    before_end: Callable[[], None] | None = None,
) -> list[ItemResult]:
    """As `recover`, for the records of a batch without an end; returns the settled items, the last one first."""
    begin = records[0]
    try:
        items, planned = _planned(begin)
        known = {**planned, **(roots or {})}
        begun = [_Begun.of(records, storage, items) for storage in reversed(planned)]
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise damaged_journal(state_folder, str(begin.get("batch")), error) from error
    begun = [one for one in begun if one.steps]
    reached = {number for one in begun for number in one.steps} | results(records).keys()
    never = [item.number for item in items if item.number not in reached]
    seats = {one.storage_id: seat_now(known[one.storage_id]) for one in begun}
    for one in begun:
        _expect_there(known[one.storage_id], seat_of(begin, one.storage_id))
    try:
        since = begin_seconds(begin)
        settled = _settle(state_folder, str(begin["batch"]), begun, known, seats, since, never, before_end)
        _tidy_untouched(state_folder, str(begin["batch"]), known, {one.storage_id for one in begun})
        return settled
    except OSError as error:
        raise write_failed(error, str(state_folder / JOURNAL_FOLDER)) from error


def _settle(
    state_folder: Path,
    batch: str,
    begun: Iterable["_Begun"],
    roots: Mapping[str, str],
    seats: Mapping[str, Seat | None],
    since: float,
    never: Sequence[int],
    before_end: Callable[[], None] | None,
) -> list[ItemResult]:
    """Settle the items that were `begun`; those in `never` were not reached."""
    settled: list[ItemResult] = []
    journal = BatchWriter(state_folder, batch)
    try:
        for one in begun:
            root = roots[one.storage_id]
            try:
                results = _settle_storage(one, root, seats[one.storage_id], state_folder, batch, since)
            except OSError as error:
                raise write_failed(error, root) from error
            journal.append(*(result_record([one.number], one.state, one.reason, undo) for one, undo in results))
            journal.sync()
            settled.extend(result for result, _ in results)
        if never:
            journal.append(result_record(never, ItemState.PENDING, _NOT_BEGUN))
        if before_end is not None:
            before_end()
        finish_batch(journal, "interrupted")
    finally:
        journal.close()
    return settled


def _planned(begin: Record) -> tuple[list[PlanItem], dict[str, str]]:
    roots = {str(storage): decode_text(root) for storage, root in begin["roots"].items()}
    return [decode_item(values) for values in begin["items"]], roots


def seat_of(begin: Record, storage_id: str) -> Seat | None:
    """The device and the inode of a storage's root when its batch began; None where the journal does not say."""
    try:
        device, inode = begin["seats"][storage_id]
        return int(device), int(inode)
    except (KeyError, TypeError, ValueError):
        return None


def _expect_there(root: str, seat: Seat | None) -> None:
    if not is_seated(root, seat):  # an empty folder is a mount point that nothing is mounted on
        raise StorageOfflineError(
            "is not there, so its interrupted repair could not be settled and stays as it is",
            path=root,
            advice="Connect its drive, then run 'inspector recover' again.",
        )


@dataclass(frozen=True, slots=True)
class _Begun:
    """What the journal knows of one storage in an interrupted batch."""

    storage_id: str
    items: dict[int, PlanItem]
    steps: dict[int, list[Step]]
    """The operations on files of each item that was begun, by its number, in the order in which they began."""
    states: dict[int, str]
    waiting: frozenset[int]
    """The items whose files were done and that waited for their documents."""
    documents: tuple[dict[str, Any], ...]
    """The documents that were about to be written."""
    made: tuple[str, ...]
    """The folders that were about to be made, deepest first."""
    rows: Mapping[int, tuple[EditDatabase, ...]]
    """What takes the rows back that items were about to change, by their numbers."""
    settings: Mapping[int, tuple[WriteSettings, ...]]
    """What takes the settings back that items were about to write, by their numbers, in the order of their writing."""

    @staticmethod
    def of(records: Sequence[Record], storage_id: str, items: Iterable[PlanItem]) -> "_Begun":
        """From all records of a batch."""
        own = [record for record in records if record.get("storage") == storage_id]
        by_number = {item.number: item for item in items}
        steps = steps_begun(own, by_number)
        return _Begun(
            storage_id,
            by_number,
            steps,
            {
                number: str(record["state"])
                for number, record in results(records).items()
                if record["state"] != ItemState.UNFINISHED  # it could not be taken back then
            },
            frozenset(number for number in items_waiting(records) & steps.keys() if _writes(by_number[number])),
            tuple(document for record in own if record["record"] == "documents" for document in record["documents"]),
            tuple(sorted(folders_begun(own), reverse=True)),
            rows_back(own),
            settings_back(own),
        )

    @property
    def documents_count(self) -> bool:
        """Whether the documents were written and every item that waited for them knows: else they come back."""
        return all(number in self.states for number in self.waiting)

    def unsettled(self) -> list[int]:
        """The items to settle, the last one that was begun first."""
        back = set() if self.documents_count else set(self.waiting)
        return [
            number
            for number in reversed(self.steps)
            if number not in self.states or (number in back and self.states[number] not in _SETTLED)
        ]

    def brought_back(self) -> Iterator[str]:
        """The entries that items were to bring back from quarantine."""
        for steps in self.steps.values():
            yield from (operation.entry for operation, _ in steps if isinstance(operation, RestorePath))

    def made_for_good(self, settled: Iterable[ItemResult]) -> set[str]:
        """The folders that items made which are done, also as one of `settled`: these stay, though they are empty."""
        done = {number for number, state in self.states.items() if state == ItemState.DONE}
        for result in settled:
            (done.add if result.state is ItemState.DONE else done.discard)(result.number)
        steps = [one for number in done for one, _ in self.steps.get(number, ())]
        return {one.path for one in steps if isinstance(one, MakePath) and one.text is None}

    def folders(self) -> tuple[set[str], set[str]]:
        """The folders that the batch wrote into: of the storage, and of the place for what is taken away."""
        paths: set[str] = set()
        stored = {"generations/x", "x"}
        for number, steps in self.steps.items():
            for operation, entry in steps:
                if isinstance(operation, MovePath | CopyPath):
                    paths |= {operation.target} | ({operation.source} if isinstance(operation, MovePath) else set())
                elif isinstance(operation, MakePath | UnmakePath):
                    paths.add(operation.path)
                elif isinstance(operation, Quarantine | RestorePath):
                    paths.add(operation.path)
                    stored.add(place_path(operation.entry if isinstance(operation, RestorePath) else str(entry)))
            paths |= {operation.path for operation in _writes(self.items[number])}
        return {split_path(path)[0] for path in paths}, {split_path(path)[0] for path in stored}


def _writes(item: PlanItem) -> list[WriteDocument]:
    return [operation for operation in item.operations if isinstance(operation, WriteDocument)]


Settled = tuple[ItemResult, list[Operation]]
"""What became of an item, and what takes it back."""


def _settle_storage(
    begun: _Begun, root: str, seat: Seat | None, state_folder: Path, batch: str, since: float
) -> list[Settled]:
    with ExitStack() as stack:
        bench = open_bench(stack, root, begun.storage_id, batch, state_folder, with_former=True, seat=seat)
        tree = bench.tree
        own, stored = begun.folders()
        _drop_leftovers(tree, own)
        for place in bench.places:
            _drop_leftovers(place, stored)
        left: dict[str, str] = {}
        if not begun.documents_count:
            left = documents.take_back(tree, bench.places, batch, begun.documents)
        settled = [_settle_item(bench, begun, number, since, left) for number in begun.unsettled()]
        bench.flush()
        staying = begun.made_for_good(result for result, _ in settled)
        for folder in begun.made:
            if folder not in staying:
                drop_folders(tree, (folder,))
        tidy((Path(place.root) for place in bench.places), batch, begun.brought_back())
    return settled


def _tidy_untouched(state_folder: Path, batch: str, roots: Mapping[str, str], touched: Collection[str]) -> None:
    """Remove the empty places of storages in which nothing was begun."""
    for storage_id, root in roots.items():
        if storage_id not in touched:
            with suppress(InspectorError, OSError):
                tidy(places_of_storage(root, storage_id, state_folder), batch)


def _settle_item(bench: Bench, begun: _Begun, number: int, since: float, left: Mapping[str, str]) -> Settled:
    item, steps = begun.items[number], begun.steps[number]
    writes, backs = _writes(item), begun.rows.get(number, ())
    rows = rows_of(backs)
    settings = LeftSettings.of(item.operations, begun.settings.get(number, ()))
    if "between" in (rows, settings.state):
        name = display_name(backs[0].path if backs else begun.settings[number][0].path)
        reason = f"the program ended in the middle of it, and {name} was changed since: it was left; scan again"
        return ItemResult(item.number, item.label, ItemState.UNFINISHED, reason), []
    if changed := [write.path for write in writes if write.path in left]:
        reason = f"the program ended in the middle of it, and {changed[0]} {left[changed[0]]}: it was left; scan again"
        return ItemResult(item.number, item.label, ItemState.UNFINISHED, reason), []
    try:
        _expect_real_places(bench, steps)
        happened = [has_happened(bench, operation, entry, since) for operation, entry in reversed(steps)][::-1]
        done = [step for step, yes in zip(steps, happened, strict=True) if yes]
        has_rows = rows == "after" or not any(isinstance(one, EditDatabase) for one in item.operations)
        is_written = has_rows and settings.state == "after" and not writes
        if (steps or backs or settings.written) and is_written and len(done) == len(steps):
            undo = [_deed(bench, *step, begun.made).back for step in reversed(done)]
            return ItemResult(item.number, item.label, ItemState.DONE, _FINISHED), undo
        if backs and rows == "after":
            take_rows_back(backs)
        settings.take_back()
        for operation, entry in reversed(done):
            deed = _deed(bench, operation, entry, begun.made)
            do(bench, deed.back, deed.entry_back(bench.batch))
    except (InspectorError, OSError) as error:
        suspects = [suspect for step in steps for suspect in suspects_of(bench, *step)]
        if isinstance(error, OSError) and error.errno not in LINKED:
            raise failure(error, bench.tree.root, suspects) from error
        why = words(error, bench.tree.root, suspects)
        reason = f"the program ended in the middle of it, and it could not be taken back: {why}"
        return ItemResult(item.number, item.label, ItemState.UNFINISHED, reason), []
    if not done and not writes and rows == "before" and not settings.written:
        return ItemResult(item.number, item.label, ItemState.PENDING, _NOT_BEGUN), []
    return ItemResult(item.number, item.label, ItemState.REFUSED, _TAKEN_BACK), []


def _expect_real_places(bench: Bench, steps: Iterable[Step]) -> None:
    """Raise where a link or a file is in the place of a folder that files were taken to: what it held is not known."""
    for operation, entry in steps:
        if isinstance(operation, Quarantine | RestorePath):
            stored = place_path(operation.entry if isinstance(operation, RestorePath) else str(entry))
            for place in bench.places:
                if (found := obstacle_on_the_way(place, stored)) is not None:
                    raise WriteFailedError(found[1], path=shown(bench.tree.root, place, found[0]))


def _deed(bench: Bench, operation: Operation, entry: str | None, folders: Iterable[str]) -> Deed:
    """What an operation did; `folders` are those that its batch was about to make, deepest first."""
    path = result_path(operation)
    if isinstance(operation, MakePath) and operation.text is None:
        made = [folder for folder in folders if f"{operation.path}/".startswith(f"{folder}/")]
        return Deed(operation, entry, made[::-1], FileState())
    if path is None:
        return Deed(operation, entry, (), FileState())
    made = [folder for folder in folders if path.startswith(f"{folder}/")]
    known = operation.expect.digest if isinstance(operation, CopyPath) else None
    return Deed(operation, entry, made[::-1], bench.lasting(state_of(bench.tree, path), known))


def _drop_leftovers(tree: Tree, folders: Iterable[str]) -> None:
    """Remove the unfinished files of our own writes: the batch that made them is not running any more."""
    for path in sorted(folders):
        try:
            with tree.folder(path) as folder:
                for name in os.listdir(folder):
                    if is_temporary(name) and stat.S_ISREG(system().stat(name, folder).st_mode):
                        system().unlink(name, folder)
        except OSError as error:
            if error.errno not in LINKED | {errno.ENOENT}:
                raise  # else there is no such folder, and nothing of ours is looked for elsewhere
