"""What is in use and stays: asked when a plan is made, and again when it, or what takes a batch back, is applied."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from inspector.layouts.repairs import BarringLayout
from inspector.model.display import display_name
from inspector.model.operations import EditDatabase, MovePath, Operation, Quarantine
from inspector.model.plan import PlanItem
from inspector.repair.facts import StorageFacts
from inspector.repair.files import result_path
from inspector.repair.journal import Record
from inspector.repair.records import kept_before


def why_kept(
    facts: StorageFacts, operations: Sequence[Operation], former: Mapping[str, str] | None = None
) -> str | None:
    """Why files that operations take away, and pictures whose rows they take out, are in use or may be.

    None where they are certainly not. `former` is given for what takes a batch back: what stood against taking away
    each path when the batch put a file there stands against nothing now, and rows may go that the batch added.
    """
    gone, rows = list(_gone(operations)), list(_rows_taken_out(operations)) if former is None else []
    own = facts.layout if isinstance(facts.layout, BarringLayout) else None
    if own is not None and (gone or rows) and not facts.is_as_scanned():
        return "the storage changed since the last scan, and what is in use with it: scan again"
    if former is None and (used := next((path for path in gone if facts.known.is_used(path)), None)):
        return _in_use(used)
    if own is None:
        return None
    absent = [file.path for row in rows for file in row.files if file.expect is None]
    for path in dict.fromkeys((*gone, *absent)):
        reason = own.why_it_stays(path, facts.known)
        if reason and reason != (former or {}).get(path):
            return f"{display_name(path)} stays: {reason}"
        if reason is not None and (changed := facts.other_that_changed()):
            return changed
    keys = (edit.before[column] for row in rows for edit in row.rows if edit.before for column in row.key)
    return next((_in_use(key) for key in keys if isinstance(key, str) and facts.known.is_key_used(key)), None)


def items_kept(
    all_facts: Iterable[StorageFacts], items: Iterable[PlanItem], undone: Sequence[Record] | None = None
) -> dict[int, str]:
    """Why items are refused, by their numbers: what they take away is in use by now, or may be.

    All are asked before the first is begun, as what is done in one storage may change what is known of another one.
    `undone` are the records of the batch that is taken back, where one is.
    """
    found, items = {}, list(items)
    for facts in all_facts:
        if not isinstance(facts.layout, BarringLayout):
            continue
        former = kept_before(undone, facts.storage_id) if undone is not None else None
        for item in items:
            if item.storage_id == facts.storage_id and (reason := why_kept(facts, item.operations, former)):
                found[item.number] = reason
    return found


def kept_at(facts: StorageFacts, items: Iterable[PlanItem]) -> dict[str, str]:
    """The paths where items put files, as far as something stands against taking these away again; and what does."""
    if not isinstance(facts.layout, BarringLayout):
        return {}
    filled = (result_path(operation) for item in items for operation in item.operations)
    reasons = {path: facts.layout.why_it_stays(path, facts.known) for path in filled if path is not None}
    return {path: reason for path, reason in reasons.items() if reason}


def _in_use(name: str) -> str:
    return f"{display_name(name)} is in use, so it stays"


def _gone(operations: Sequence[Operation]) -> Iterator[str]:
    """The paths at which no file is left, or none but under another name."""
    filled: Collection[str | None] = {result_path(operation) for operation in operations}
    for operation in operations:
        if isinstance(operation, MovePath | Quarantine):
            path = operation.source if isinstance(operation, MovePath) else operation.path
            if path not in filled:
                yield path


def _rows_taken_out(operations: Sequence[Operation]) -> Iterator[EditDatabase]:
    for operation in operations:
        if isinstance(operation, EditDatabase) and any(edit.after is None for edit in operation.rows):
            yield operation
