"""An item while it is applied: what was done of it, what became of it, and how that is taken back and recorded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inspector.fs.foreign_editing import DatabaseInUseError
from inspector.fs.foreign_rows import RowsChangedError
from inspector.fs.write import FileChangedError, NotDurableError, TargetExistsError
from inspector.model.errors import InspectorError
from inspector.model.operations import EditDatabase, WriteDocument, WriteSettings
from inspector.model.plan import ItemState, PlanItem
from inspector.repair.bench import Bench
from inspector.repair.expected import StaleError
from inspector.repair.failures import suspects_of, words
from inspector.repair.files import Deed, do, result_path
from inspector.repair.journal import Record
from inspector.repair.records import Step, files_record, result_record


@dataclass(slots=True)
class Running:
    """One item while it is applied: what was done of it, and how to take that back."""

    item: PlanItem
    steps: list[Step] = field(default_factory=list)
    writes: list[WriteDocument] = field(default_factory=list)
    """Its edits of documents."""
    edits: list[EditDatabase] = field(default_factory=list)
    """Its edits of rows."""
    settings: list[WriteSettings] = field(default_factory=list)
    """The settings that it writes."""
    deeds: list[Deed] = field(default_factory=list)
    """What was done of its operations on files."""
    state: ItemState = ItemState.PENDING
    reason: str = ""
    is_waiting: bool = False
    """Whether its files are done, and its documents, rows or settings are not."""

    def end(self, state: ItemState, reason: str = "") -> None:
        """Say what became of it, and where it was done what has to be told of its files."""
        if state is ItemState.DONE and not reason:
            reason = "; ".join(f"{result_path(deed.operation)}: {deed.told}" for deed in self.deeds if deed.told)
        self.state, self.reason, self.is_waiting = state, reason, False


def state_after(error: InspectorError | OSError) -> ItemState:
    """What an item is that an error ended: refused where the world is not as planned."""
    is_stale = isinstance(
        error, StaleError | FileChangedError | TargetExistsError | RowsChangedError | DatabaseInUseError
    )
    return ItemState.REFUSED if is_stale else ItemState.FAILED


def take_back(bench: Bench, one: Running) -> None:
    """Take back what was done of an item's files; one that cannot be is unfinished."""
    for deed in reversed(one.deeds):
        try:
            do(bench, deed.back, deed.entry_back(bench.batch), flush=False)
        except NotDurableError:
            continue  # it is back; what a power cut may do to it now it could do before
        except (InspectorError, OSError) as error:
            why = words(error, bench.tree.root, suspects_of(bench, deed.back, deed.entry_back(bench.batch)))
            reason = f"{one.reason}; and what was done of it could not be taken back: {why}"
            one.end(ItemState.UNFINISHED, reason)
            return
    one.deeds.clear()


def result_records(some: Iterable[Running]) -> Iterator[Record]:
    """What became of items until now, with one record for all that it can say the same of."""
    waiting: list[int] = []
    alike: dict[tuple[ItemState, str], list[int]] = {}
    for one in some:
        if one.is_waiting:
            waiting.append(one.item.number)
        elif one.state is ItemState.DONE and not all(deed.is_as_planned for deed in one.deeds):
            undo = [deed.back for deed in reversed(one.deeds)]
            yield result_record([one.item.number], one.state, one.reason, undo)
        else:
            alike.setdefault((one.state, one.reason), []).append(one.item.number)
    if waiting:
        yield files_record(waiting)
    for (state, reason), numbers in alike.items():
        yield result_record(numbers, state, reason)
