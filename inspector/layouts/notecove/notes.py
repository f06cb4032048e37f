"""What the notes' logs and snapshots say: which pictures they refer to, how far each instance is, and what is broken.

One document is in memory at a time. What is kept is what the findings need: ids, counts and the highest sequences.
"""

import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from inspector.layouts.json_text import storable
from inspector.layouts.notecove.crdt_log import CrdtLog, Fault, parse_log
from inspector.layouts.notecove.folders import Tree
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


def read_notes(tree: Tree, notes: Notes, limit: Limit) -> Iterator[Finding]:
    """Fill `notes` from every document, and yield what is wrong with the files."""
    for finding in _all_findings(tree, notes):
        if limit.allows(finding):
            yield finding


def _all_findings(tree: Tree, notes: Notes) -> Iterator[Finding]:
    with tree.below(FOLDERS) as folders:
        if folders is not None:
            yield from _Reader(folders, notes, FOLDERS).findings()
    with tree.below(NOTES) as parent:
        for name in _folders_in(parent):
            assert parent is not None
            with parent.below(name) as folder:
                document = storable(name)
                notes.documents.add(document)
                if folder is not None:
                    yield from _Reader(folder, notes, document).findings()


def _folders_in(tree: Tree | None) -> list[str]:
    return [entry.name for entry in tree.entries_if_any() if entry.is_folder] if tree is not None else []


class _Reader:
    """Reads the files of one document, whose folder is `tree`."""

    def __init__(self, tree: Tree, notes: Notes, document: str) -> None:
        self._tree = tree
        self._notes = notes
        self._document = document
        self._entries = tree.entries_if_any()
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
                use.notes = (*use.notes, self._document)

    def _logs(self, held: Mapping[str, int]) -> Iterator[Finding]:
        """The logs; what the newest snapshot holds of them, by instance, is no current use by itself."""
        named = []
        for path, text in self._files(LOGS, LOG_ENDING):
            name = log_name(text)
            if name is not None:
                named.append((name.instance, name.created_ms, path, name))
            elif "conflict" not in text.lower():  # a sync program's copy is found by its name
                yield _odd_name(path)
        before: dict[str, int] = {}
        for instance, _, path, name in sorted(named):
            data = yield from self._read(path)
            if data is None:
                continue
            log = parse_log(data)
            self._used |= image_references(data)
            self._current |= image_references(data[_end_of_held(log, held.get(instance, 0)) :])
            covered = self._notes.covered.get((self._document, instance), 0)
            yield from log_findings(path, log, len(data), max(before.get(instance, 0), covered))
            if log.records:
                self._note(name, log)
                before[instance] = log.records[-1].sequence

    def _note(self, name: LogName, log: CrdtLog) -> None:
        instance = self._notes.instances.setdefault(name.instance, Instance())
        highest = max(record.sequence for record in log.records)
        instance.last_ms = max(instance.last_ms, max(record.timestamp_ms for record in log.records))
        document = self._document
        instance.reached[document] = max(highest, instance.reached.get(document, 0))

    def _snapshots(self) -> Iterator[Finding]:
        for path, text in self._files(SNAPSHOTS, SNAPSHOT_ENDING):
            name = snapshot_name(text)
            if name is None:
                if "conflict" not in text.lower():
                    yield _odd_name(path)
                continue
            data = yield from self._read(path)
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
                        key = self._document, clock.instance
                        self._notes.covered[key] = max(clock.sequence, self._notes.covered.get(key, 0))
            elif not snapshot.faults:
                evidence = {"document": path, "size": len(data), "effect": "programs pass over it"}
                yield Finding("incomplete_snapshot", path, (path,), evidence)

    def _legacy(self) -> Iterator[Finding]:
        """Files of older versions: those that are no longer written are all that the program's clean-up looks at."""
        states = [entry.name for entry in self._entries if entry.is_file and entry.name.endswith(LEGACY_SNAPSHOT)]
        for path in (
            *(f"{self._tree.path}/{name}" for name in states),
            *(path for path, _ in self._files(LEGACY_UPDATES)),
        ):
            self._notes.legacy_files += 1
            if path.endswith(".zst"):
                self._notes.unread_legacy_files += 1
                continue
            data = yield from self._read(path)
            if data is not None:
                found = image_references(data)
                self._used |= found
                self._current |= found
                self._notes.counted_by_program |= found
        packs = sum(1 for _ in self._files(LEGACY_PACKS))
        self._notes.legacy_files += packs
        self._notes.unread_legacy_files += packs

    def _files(self, folder: str, *endings: str) -> Iterator[tuple[str, str]]:
        """The files of a folder of the document, path and name; most documents lack most folders."""
        if any(entry.name == folder and not entry.is_file for entry in self._entries):
            yield from self._tree.files(folder, *endings)

    def _read(self, path: str) -> Generator[Finding, None, bytes | None]:
        """The bytes of a document, after the findings that there are on that; None where it cannot be read."""
        name = path[len(self._tree.path) + 1 :]
        try:
            return self._tree.read(name, MOST_BYTES)
        except FileNotFoundError:
            return None  # it went away just now
        except DocumentError as error:
            self._notes.is_partial = True
            evidence = {"document": path, "reason": error.message, "size": self._tree.size_of(name)}
            yield Finding("damaged_log", path, (path,), evidence)
            return None


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
