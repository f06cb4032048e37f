"""What the records of a batch say: which items were begun, what became of them, and what takes each one back.

A record never repeats what an earlier one tells. The begin record has the operations; what takes an item back is told
only where it does not follow from them, and for documents once for all items that wrote them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.catalog.alterations import Alteration
from inspector.catalog.gone_files import GoneFile
from inspector.model.operation_codec import decode_operation, decode_text, encode_operation, encode_text
from inspector.model.operations import EditDatabase, Operation, Quarantine, WriteDocument, WriteSettings
from inspector.model.plan import ItemState, PlanItem
from inspector.repair.files import Deed
from inspector.repair.inverse import Where, inverse, new_places
from inspector.repair.journal import Record, results
from inspector.repair.json_tree import Former

Step = tuple[Operation, str | None]
"""An operation on files, with the id that its file gets in quarantine."""


def intent_record(storage_id: str, begun: Iterable[tuple[int, Sequence[Step]]], folders: Sequence[str] = ()) -> Record:
    """What comes before the operations on files of some items, by their numbers; `folders` are those they will make."""
    folders_as_text = [encode_text(folder) for folder in folders]
    items: list[int] = []
    entries: dict[str, list[str | None]] = {}
    for number, steps in begun:
        items.append(number)
        if any(entry is not None for _, entry in steps):
            entries[str(number)] = [entry for _, entry in steps]
    return {"record": "intent", "storage": storage_id, "items": items, "entries": entries, "folders": folders_as_text}


def files_record(numbers: Iterable[int]) -> Record:
    """What comes after the operations on files of items that wait for their documents, for rows or for settings."""
    return {"record": "files", "items": list(numbers)}


def written_record(
    storage_id: str,
    backs: Iterable[Operation],
    former: Iterable[tuple[str, int, int, Former]] = (),
    counted: Iterable[tuple[str, Where]] = (),
) -> Record:
    """What comes after the documents are written: `backs`, as `documents.ways_back` has them.

    `former` has what edits replaced: the document, the item, the number of its edit there, and what was there.
    `counted` has the document and the place of edits that counting the totals overtook.
    """
    return {
        "record": "documents done",
        "storage": storage_id,
        "back": [encode_operation(back) for back in backs],
        "former": [
            [encode_text(path), item, number, text, list(after) if after is not None else None, exact, gap, place]
            for path, item, number, (text, after, exact, gap, place) in former
        ],
        "counted": [[encode_text(path), list(where)] for path, where in counted],
    }


def rows_record(storage_id: str, path: str, backs: Mapping[int, Sequence[EditDatabase]]) -> Record:
    """What comes before the rows of a database are changed for certain: what takes each item's back, whole rows."""
    encoded = {str(number): [encode_operation(back) for back in some] for number, some in backs.items()}
    return {"record": "rows", "storage": storage_id, "path": encode_text(path), "back": encoded}


def rows_back(records: Iterable[Record]) -> dict[int, tuple[EditDatabase, ...]]:
    """What takes the rows of each item back that was about to change some, the last one first.

    Raises:
        KeyError, TypeError, ValueError: where the records make no sense.
    """
    found: dict[int, tuple[EditDatabase, ...]] = {}
    for record in records:
        if record["record"] == "rows":
            for number, encoded in record["back"].items():
                backs = [decode_operation(values) for values in encoded]
                found[int(number)] = tuple(back for back in backs if isinstance(back, EditDatabase))
    return found


def settings_record(storage_id: str, item: int, position: int, back: WriteSettings) -> Record:
    """What comes before an item writes settings, the first of them at `position` 0: what takes that back."""
    encoded = encode_operation(back)
    return {"record": "settings", "storage": storage_id, "item": item, "position": position, "back": encoded}


def settings_back(records: Iterable[Record]) -> dict[int, tuple[WriteSettings, ...]]:
    """What takes the settings of each item back that it was about to write, in the order in which it did.

    Raises:
        KeyError, TypeError, ValueError: where the records make no sense.
    """
    found: dict[int, dict[int, WriteSettings]] = {}
    for record in records:
        if record["record"] == "settings":
            back = decode_operation(record["back"])
            if isinstance(back, WriteSettings):  # the last one of a position counts: others were not written after all
                found.setdefault(int(record["item"]), {})[int(record["position"])] = back
    return {item: tuple(backs[position] for position in sorted(backs)) for item, backs in found.items()}


def result_record(
    numbers: Iterable[int], state: ItemState, reason: str = "", undo: Sequence[Operation] | None = None
) -> Record:
    """What became of some items. `undo` is what takes their files back, None where that follows from the plan."""
    record: Record = {"record": "result", "items": list(numbers), "state": state.value, "reason": reason}
    if undo is not None:
        record["undo"] = [encode_operation(operation) for operation in undo]
    return record


def altered_record(storage_id: str, known: Iterable[Alteration]) -> Record:
    """What is known of altered files before they are taken away, as the catalog forgets it with them."""
    files = [[encode_text(one.path), one.kind, one.old_digest.hex(), *one[3:]] for one in known]
    return {"record": "altered", "storage": storage_id, "files": files}


def altered_before(records: Iterable[Record], storage_id: str) -> list[Alteration]:
    """What was known of the altered files of a storage when a batch began to take them away.

    What makes no sense is passed over, as scans find out again what there is.
    """
    known = []
    for fields in _remembered(records, "altered", storage_id):
        with suppress(ValueError, TypeError, OverflowError):
            path, kind, digest, size, mtime_ns, seen_ns = fields
            times = int(size), int(mtime_ns), int(seen_ns)
            known.append(Alteration(decode_text(path), str(kind), bytes.fromhex(digest), *times))
    return known


def gone_record(storage_id: str, known: Iterable[GoneFile]) -> Record:
    """What is known of gone files before something is put at their places, as the catalog forgets it then."""
    files = [
        [encode_text(one.path), one.kind, one.size, one.mtime_ns, one.digest and one.digest.hex(), *one[5:]]
        for one in known
    ]
    return {"record": "gone", "storage": storage_id, "files": files}


def gone_before(records: Iterable[Record], storage_id: str) -> list[GoneFile]:
    """What was known of the gone files of a storage when a batch began to put something at their places.

    What makes no sense is passed over, as with altered ones.
    """
    known = []
    for fields in _remembered(records, "gone", storage_id):
        with suppress(ValueError, TypeError, OverflowError):
            path, kind, size, mtime_ns, digest, gone_ns, seen_ns = fields
            content = bytes.fromhex(digest) if digest is not None else None
            stat = int(kind), int(size), int(mtime_ns)
            known.append(GoneFile(decode_text(path), *stat, content, int(gone_ns), int(seen_ns)))
    return known


def kept_record(storage_id: str, reasons: Mapping[str, str]) -> Record:
    """What stands against taking away what a batch is about to put at these paths."""
    return {"record": "kept", "storage": storage_id, "files": [[encode_text(p), why] for p, why in reasons.items()]}


def kept_before(records: Iterable[Record], storage_id: str) -> dict[str, str]:
    """What stood against it when the batch put them there, by path; what makes no sense is passed over."""
    known = {}
    for fields in _remembered(records, "kept", storage_id):
        with suppress(ValueError, TypeError):
            path, reason = fields
            known[decode_text(path)] = str(reason)
    return known


def _remembered(records: Iterable[Record], kind: str, storage_id: str) -> Iterator[Any]:
    """What records of a kind tell of the files of a storage."""
    for record in records:
        if record["record"] == kind and record.get("storage") == storage_id:
            files = record.get("files")
            yield from files if isinstance(files, list) else ()


def items_waiting(records: Iterable[Record]) -> set[int]:
    """The items whose files were done and that waited for their documents."""
    return {int(number) for record in records if record["record"] == "files" for number in record["items"]}


def folders_begun(records: Iterable[Record]) -> set[str]:
    """The folders that items were going to make."""
    return {
        decode_text(folder)
        for record in records
        if record["record"] == "intent"
        for folder in record.get("folders", ())
    }


def steps_begun(records: Iterable[Record], items: Mapping[int, PlanItem]) -> dict[int, list[Step]]:
    """The operations on files of each item that was begun, by its number, in the order in which they began."""
    return {
        int(number): _steps(items[int(number)], record["entries"].get(str(number)))
        for record in records
        if record["record"] == "intent"
        for number in record["items"]
    }


def _steps(item: PlanItem, entries: Sequence[str | None] | None) -> list[Step]:
    operations = [one for one in item.operations if not isinstance(one, WriteDocument | EditDatabase | WriteSettings)]
    return list(zip(operations, entries or [None] * len(operations), strict=True))


def ways_back(records: Sequence[Record], items: Mapping[int, PlanItem]) -> dict[int, tuple[Operation, ...]]:
    """What takes each item that was done back, by its number, in the order in which it has to happen.

    Raises:
        KeyError, TypeError, ValueError: where the records make no sense.
    """
    steps = steps_begun(records, items)
    written = {
        str(record["storage"]): _Written.of(record) for record in records if record["record"] == "documents done"
    }
    rows, settings = rows_back(records), settings_back(records)
    found: dict[int, tuple[Operation, ...]] = {}
    for number, record in results(records).items():
        if record["state"] != ItemState.DONE:
            continue
        item = items[number]
        documents = written[item.storage_id].ways_back(item) if item.storage_id in written else ()
        if "undo" in record:
            files = [decode_operation(operation) for operation in record["undo"]]
        else:
            files = [Deed.as_planned(*step).back for step in reversed(steps.get(number, []))]
        found[number] = (*documents, *rows.get(number, ()), *reversed(settings.get(number, ())), *files)
    return found


@dataclass(slots=True)
class _Written:
    """What takes the documents of a storage back: those that items wrote, by path, and those that went along."""

    own: dict[str, WriteDocument | Quarantine] = field(default_factory=dict)
    along: list[WriteDocument] = field(default_factory=list)
    former: dict[tuple[str, int], dict[int, Former]] = field(default_factory=dict)
    """What the edits of a document by an item replaced, by their numbers."""
    counted: set[tuple[str, Where]] = field(default_factory=set)
    """The places of totals, by document, that are counted whenever it is rewritten: no edit takes them back."""

    @staticmethod
    def of(record: Record) -> "_Written":
        """From the record that came after they were written."""
        written = _Written()
        for back in map(decode_operation, record["back"]):
            if isinstance(back, WriteDocument) and back.follows:
                written.along.append(back)
            elif isinstance(back, WriteDocument | Quarantine):
                written.own[back.path] = back
        for path, item, number, text, after, *how in record.get("former", ()):
            former = Former(text, tuple(after) if after is not None else None, *how)
            written.former.setdefault((decode_text(path), int(item)), {})[int(number)] = former
        written.counted = {(decode_text(path), tuple(where)) for path, where in record.get("counted", ())}
        return written

    def ways_back(self, item: PlanItem) -> Iterator[Operation]:
        """What takes the documents back that an item wrote, as far as it did."""
        writes = [operation for operation in item.operations if isinstance(operation, WriteDocument)]
        for path, back in self.own.items():
            own = [write for write in writes if write.path == path]
            if isinstance(back, Quarantine):
                yield from [back] * len(own)
                continue
            former = self.former.get((path, item.number), {})
            renamed = new_places(edit for write in own for edit in write.edits)
            number = 0
            for write in own:
                inverses = inverse(write.edits, former, number, renamed)
                edits = tuple(edit for edit in inverses if (path, edit.where) not in self.counted)
                yield replace(back, edits=edits, follows=write.follows or (len(edits) < len(inverses) and not edits))
                number += len(write.edits)
        if writes:
            yield from self.along
