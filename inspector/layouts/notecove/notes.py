"""What the notes' logs and snapshots say: which pictures they refer to, how far each instance is, and what is broken.

One document is in memory at a time. What is kept is what the findings need: ids, counts and the highest sequences.
"""

import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from inspector.fs.beneath import read_document
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.crdt_log import CrdtLog, Fault, parse_log
from inspector.layouts.notecove.folders import Entry, Tree
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.names import (
    FOLDERS,
    LEGACY_PACKS,
    LEGACY_SNAPSHOT,
    LEGACY_UPDATES,
    LOG_ENDING,
    LOGS,
    NOTES,
    SNAPSHOT_ENDING,
    SNAPSHOTS,
    LogName,
    log_name,
    snapshot_name,
)
from inspector.layouts.notecove.references import image_references
from inspector.layouts.notecove.snapshot import parse_snapshot
from inspector.model.errors import DocumentError
from inspector.model.records import Finding

MOST_BYTES = 64 << 20
"""The largest document that is read; the program begins a new log at 10 MB."""
_EXAMPLES = 5


class Place(NamedTuple):
    """A document's own folder, and the id of the document."""

    folder: str
    document: str


@dataclass(slots=True)
class Use:
    """The notes that refer to one picture: some of them, and how many.

    It is `current` unless a finished snapshot of each of them holds what came after the reference, and not it.
    """

    notes: tuple[str, ...] = ()
    count: int = 0
    current: bool = False


class _State(NamedTuple):
    """A finished snapshot: when it was made, the sequences that it holds, and what it refers to."""

    created_ms: int
    clock: dict[str, int]
    used: set[str]


@dataclass(slots=True)
class Instance:
    """How far one instance's logs are: the time of its last record, and the sequence for each note."""

    last_ms: int = 0
    reached: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Notes:
    """What all documents of a storage directory say."""

    count: int = 0
    documents: set[str] = field(default_factory=set)
    used: dict[str, Use] = field(default_factory=dict)
    counted_by_program: set[str] = field(default_factory=set)
    """What the program's own clean-up finds: references in files that it no longer writes."""
    instances: dict[str, Instance] = field(default_factory=dict)
    covered: dict[tuple[str, str], int] = field(default_factory=dict)
    """The sequence that whole snapshots hold, by note and instance."""
    legacy_files: int = 0
    unread_legacy_files: int = 0
    is_partial: bool = False


def read_notes(root: str, tree: Tree, notes: Notes, limit: Limit) -> Iterator[Finding]:
    """Fill `notes` from every document, and yield what is wrong with the files."""
    for place in _places(tree):
        if place.folder != FOLDERS:
            notes.count += 1
            notes.documents.add(place.document)
        for finding in _Reader(root, tree, notes, place).findings():
            if limit.allows(finding):
                yield finding


def _places(tree: Tree) -> Iterator[Place]:
    yield Place(FOLDERS, FOLDERS)
    for entry in tree.entries_if_any(NOTES):
        if entry.is_folder:
            yield Place(f"{NOTES}/{entry.name}", storable(entry.name))


class _Reader:
    """Reads the files of one document."""

    def __init__(self, root: str, tree: Tree, notes: Notes, place: Place) -> None:
        self._root = root
        self._tree = tree
        self._notes = notes
        self._place = place
        self._used: set[str] = set()
        self._current: set[str] = set()
        self._states: list[_State] = []

    def findings(self) -> Iterator[Finding]:
        """Read them all, and say what is wrong with them."""
        yield from self._snapshots()
        newest = max(self._states, default=None, key=lambda state: state.created_ms)
        for state in self._states:
            if newest is None or not _holds(newest, state) or state is newest:
                self._current |= state.used
        yield from self._logs(newest.clock if newest is not None else {})
        yield from self._legacy()
        for image_id in self._used:
            use = self._notes.used.setdefault(sys.intern(image_id), Use())
            use.count += 1
            use.current = use.current or image_id in self._current
            if len(use.notes) < _EXAMPLES:
                use.notes = (*use.notes, self._place.document)

    def _logs(self, held: Mapping[str, int]) -> Iterator[Finding]:
        """The logs; what the newest snapshot holds of them, by instance, is no current use by itself."""
        folder = f"{self._place.folder}/{LOGS}"
        named = []
        for path, entry in self._tree.files(folder, LOG_ENDING):
            name = log_name(entry.name)
            if name is not None:
                named.append((name.instance, name.created_ms, path, entry, name))
            elif "conflict" not in entry.name.lower():  # a sync program's copy is found by its name
                yield _odd_name(path)
        before: dict[str, int] = {}
        for instance, _, path, entry, name in sorted(named):
            data = yield from self._read(path, entry)
            if data is None:
                continue
            log = parse_log(data)
            self._used |= image_references(data)
            self._current |= image_references(data[_end_of_held(log, held.get(instance, 0)) :])
            covered = self._notes.covered.get((self._place.document, instance), 0)
            yield from log_findings(path, log, len(data), max(before.get(instance, 0), covered))
            if log.records:
                self._note(name, log)
                before[instance] = log.records[-1].sequence

    def _note(self, name: LogName, log: CrdtLog) -> None:
        instance = self._notes.instances.setdefault(name.instance, Instance())
        highest = max(record.sequence for record in log.records)
        instance.last_ms = max(instance.last_ms, max(record.timestamp_ms for record in log.records))
        document = self._place.document
        instance.reached[document] = max(highest, instance.reached.get(document, 0))

    def _snapshots(self) -> Iterator[Finding]:
        for path, entry in self._tree.files(f"{self._place.folder}/{SNAPSHOTS}", SNAPSHOT_ENDING):
            name = snapshot_name(entry.name)
            if name is None:
                if "conflict" not in entry.name.lower():
                    yield _odd_name(path)
                continue
            data = yield from self._read(path, entry)
            if data is None:
                continue
            snapshot = parse_snapshot(data)
            yield from _fault_findings(path, snapshot.faults, len(data))
            if snapshot.complete:
                used = image_references(data[snapshot.state :])
                self._used |= used
                if not snapshot.faults:
                    sequences = {clock.instance: clock.sequence for clock in snapshot.clock}
                    self._states.append(_State(name.created_ms, sequences, used))
                    for clock in snapshot.clock:
                        key = self._place.document, clock.instance
                        self._notes.covered[key] = max(clock.sequence, self._notes.covered.get(key, 0))
            elif not snapshot.faults:
                evidence = {"document": path, "size": len(data), "effect": "programs pass over it"}
                yield Finding("incomplete_snapshot", path, (path,), evidence)

    def _legacy(self) -> Iterator[Finding]:
        """Files of older versions: those that are no longer written are all that the program's clean-up looks at."""
        folder = self._place.folder
        legacy = [*self._tree.files(folder, LEGACY_SNAPSHOT), *self._tree.files(f"{folder}/{LEGACY_UPDATES}")]
        for path, entry in legacy:
            self._notes.legacy_files += 1
            if path.endswith(".zst"):
                self._notes.unread_legacy_files += 1
                continue
            data = yield from self._read(path, entry)
            if data is not None:
                found = image_references(data)
                self._used |= found
                self._current |= found
                self._notes.counted_by_program |= found
        packs = sum(1 for _ in self._tree.files(f"{folder}/{LEGACY_PACKS}"))
        self._notes.legacy_files += packs
        self._notes.unread_legacy_files += packs

    def _read(self, path: str, entry: Entry) -> Generator[Finding, None, bytes | None]:
        """The bytes of a document, after the findings that there are on that; None where it cannot be read."""
        try:
            data, _ = read_document(self._root, path, MOST_BYTES)
        except FileNotFoundError:
            return None  # it went away just now
        except DocumentError as error:
            self._notes.is_partial = True
            evidence = {"document": path, "reason": error.message, "size": entry.status.st_size}
            yield Finding("damaged_log", path, (path,), evidence)
            return None
        return data


def _holds(state: _State, other: _State) -> bool:
    """Whether a snapshot holds all that another one holds."""
    return all(state.clock.get(instance, 0) >= sequence for instance, sequence in other.clock.items())


def _end_of_held(log: CrdtLog, held: int) -> int:
    """Where in a log the records begin that no snapshot holds, in bytes; what cannot be read counts as such."""
    end = 0
    for record in log.records:
        if record.sequence > held:
            break
        end = record.end
    return end


def log_findings(path: str, log: CrdtLog, size: int, known: int) -> Iterator[Finding]:
    """What is wrong with one log. `known` is the sequence up to which its instance's records are held elsewhere.

    An instance counts its changes of a document from 1 on, without a hole, through all its logs.
    """
    more = {"records": len(log.records), "last_sequence": log.last.sequence} if log.last is not None else {}
    holes = []
    expected = known + 1
    for record in log.records:
        if record.sequence > expected:
            holes.append((record, expected))
        expected = max(expected, record.sequence + 1)
    if holes:
        record, expected = holes[0]
        evidence = {
            "document": path,
            "reason": "records that were written before these are not here",
            "offset": record.offset,
            "expected_sequence": expected,
            "found_sequence": record.sequence,
            "holes": len(holes),
        }
        yield Finding("log_gap", path, (path,), evidence)
    backwards = [
        fault for fault in log.faults if fault.kind == "sequence" and (fault.found or 0) < (fault.expected or 0)
    ]
    others = [fault for fault in log.faults if fault.kind != "sequence"]
    yield from _fault_findings(path, [*others, *backwards], size, more)


def _fault_findings(
    path: str, faults: Sequence[Fault], size: int, more: Mapping[str, int] = MappingProxyType({})
) -> Iterator[Finding]:
    for fault in faults[:1]:  # what follows the first one is its consequence
        evidence: dict[str, Any] = {
            "document": path,
            "reason": fault.reason,
            "offset": fault.offset,
            "size": size,
            **more,
        }
        if fault.kind == "version":
            evidence |= {"version": fault.found, "known": fault.expected, "verdict": "newer"}
            yield Finding("unknown_version", path, (path,), evidence)
            continue
        if fault.expected is not None:
            evidence |= {"expected": fault.expected, "found": fault.found}
        yield Finding("damaged_log", path, (path,), evidence)


def _odd_name(path: str) -> Finding:
    evidence = {"document": path, "problems": {"name": "is none that the program reads"}}
    return Finding("index_bad_entry", path, (path,), evidence)
