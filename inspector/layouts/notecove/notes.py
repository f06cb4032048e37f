"""What the notes' logs and snapshots say: which pictures they refer to, how far each instance is, and what is broken.

One document is read at a time, in windows. What is kept is what the findings need: ids, counts and the highest
sequences.
"""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

from inspector.layouts.json_text import storable
from inspector.layouts.notecove.folders import Entry, Tree
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.log_facts import LogFacts, fault_finding, log_findings, read_facts
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
    is_stand_in,
    log_name,
    snapshot_name,
)
from inspector.layouts.notecove.references import references_in
from inspector.layouts.notecove.snapshot import Snapshot, read_snapshot
from inspector.layouts.notecove.windows import Windows
from inspector.model.errors import DocumentError
from inspector.model.inspecting import Source
from inspector.model.records import Finding

_KNOWN_FOLDERS = frozenset({LOGS, SNAPSHOTS, LEGACY_UPDATES, LEGACY_PACKS})
_PACKED = (".zst", ".gz", ".bz2", ".xz", ".zip", ".7z", ".rar")
_EXAMPLES = 5
STANDS_IN = "it stands in for a file that is online only"
_Read = TypeVar("_Read")


@dataclass(slots=True)
class Use:
    """The notes that refer to one picture: some of them, and how many.

    It is `current` unless a finished snapshot of each of them holds what came after the reference, and not it.
    """

    notes: tuple[str, ...] = ()
    count: int = 0
    current: bool = False
    copies: tuple[str, ...] = ()
    """Files that the program does not read, some of them, where nothing else refers to it."""


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
    """By ids in lower case."""
    counted_by_program: dict[str, set[str]] = field(default_factory=dict)
    """What the program's own clean-up finds, in which documents: references in files that it no longer writes.

    The ids are as they stand there, as it compares them so.
    """
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
    for name in (FOLDERS, NOTES):
        if reason := tree.why_not_read(name):
            yield not_read(name, reason)
    with tree.below(FOLDERS) as folders:
        if folders is not None:
            yield from _Reader(folders, notes, FOLDERS, folders.entries_if_any()).findings()
    with tree.below(NOTES) as parent:
        if parent is not None:
            yield from _of_notes(parent, notes)


def _of_notes(parent: Tree, notes: Notes) -> Iterator[Finding]:
    """Each folder in `notes` is one, and the program passes over what else is there."""
    others = []
    for entry in parent.entries_if_any():
        if not entry.is_folder:
            others.append(entry)
            continue
        with parent.below(entry.name) as folder:
            document = storable(entry.name)
            notes.documents.add(document)
            if folder is not None:
                yield from _Reader(folder, notes, document, folder.entries_if_any()).findings()
    if others:
        yield from _Reader(parent, notes, NOTES, others).findings_of_others()


class _Reader:
    """Reads the files of one document, whose folder is `tree` and holds these `entries`."""

    def __init__(self, tree: Tree, notes: Notes, document: str, entries: Sequence[Entry]) -> None:
        self._tree = tree
        self._notes = notes
        self._document = document
        self._entries = entries
        self._others: list[tuple[str, Entry]] = []
        """What the program passes over, each with its path below this folder."""
        self._used: set[str] = set()
        self._current: set[str] = set()
        self._copied: dict[str, str] = {}
        """What files use that the program does not read, each with one of them."""
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
        self._others += [(entry.name, entry) for entry in self._entries if not _is_known(entry)]
        yield from self._look_through_others()
        self._note_uses()

    def findings_of_others(self) -> Iterator[Finding]:
        """The same where the program passes over all that is in the folder."""
        self._others += [(entry.name, entry) for entry in self._entries]
        yield from self._look_through_others()
        self._note_uses()

    def _note_uses(self) -> None:
        for image_id in self._used:
            use = self._use_of(image_id)
            use.current = use.current or image_id in self._current
            use.copies = ()
        for image_id in self._copied.keys() - self._used:
            is_used = image_id in self._notes.used
            use = self._use_of(image_id)
            if use.copies or not is_used:
                use.copies = (*use.copies, self._copied[image_id])[:_EXAMPLES]

    def _use_of(self, image_id: str) -> Use:
        use = self._notes.used.get(image_id)
        if use is None:
            use = self._notes.used[sys.intern(image_id)] = Use()
        use.count += 1
        if len(use.notes) < _EXAMPLES:
            use.notes = (*use.notes, self._document)
        return use

    def _logs(self, held: Mapping[str, int]) -> Iterator[Finding]:
        """The logs; what the newest snapshot holds of them, by instance, is no current use by itself."""
        named = []
        for path, text in self._files(LOGS):
            name = log_name(text)
            if name is not None:
                named.append((name.instance, name.created_ms, path, name))
            else:
                yield from self._copy(path, LOG_ENDING)
        before: dict[str, int] = {}
        for instance, _, path, name in sorted(named):
            covered = self._notes.covered.get((self._document, instance), 0)
            known = max(before.get(instance, 0), covered)
            read = yield from self._read(path, partial(self._log, known=known, held=held.get(instance, 0)))
            if read is None:
                continue
            facts, size = read
            yield from log_findings(path, facts, size)
            if facts.records:
                self._note(name, facts)
                before[instance] = facts.last_sequence

    def _log(self, source: Source, known: int, held: int) -> tuple[LogFacts, int]:
        facts = read_facts(source, known, held)
        used = _uses(source)
        self._used |= used
        if used and facts.held_end < source.size:
            self._current |= _uses(source, facts.held_end) if facts.held_end else used
        return facts, source.size

    def _note(self, name: LogName, facts: LogFacts) -> None:
        instance = self._notes.instances.setdefault(name.instance, Instance())
        instance.last_ms = max(instance.last_ms, facts.last_ms)
        document = self._document
        instance.reached[document] = max(facts.highest, instance.reached.get(document, 0))

    def _snapshots(self) -> Iterator[Finding]:
        for path, text in self._files(SNAPSHOTS):
            name = snapshot_name(text)
            if name is None:
                yield from self._copy(path, SNAPSHOT_ENDING)
                continue
            read = yield from self._read(path, _snapshot)
            if read is None:
                continue
            snapshot, used, size = read
            self._used |= used
            if snapshot.fault is not None:
                yield fault_finding(path, snapshot.fault, size)
            elif snapshot.complete:
                sequences = {clock.instance: clock.sequence for clock in snapshot.clock}
                self._states.append(_State(name.created_ms, sequences, used))
                for clock in snapshot.clock:
                    key = self._document, clock.instance
                    self._notes.covered[key] = max(clock.sequence, self._notes.covered.get(key, 0))
            else:
                evidence = {"document": path, "size": size, "effect": "programs pass over it"}
                yield Finding("incomplete_snapshot", path, (path,), evidence)

    def _legacy(self) -> Iterator[Finding]:
        """Files of older versions: those that are no longer written are all that the program's clean-up looks at."""
        states = [entry.name for entry in self._entries if entry.is_file and _is_known(entry)]
        for path in (
            *(f"{self._tree.path}/{name}" for name in states),
            *(path for path, _ in self._files(LEGACY_UPDATES)),
        ):
            self._notes.legacy_files += 1
            if path.endswith(".zst"):
                self._notes.unread_legacy_files += 1
                continue
            found = yield from self._read(path, references_in)
            if found is not None:
                used = _folded(found)
                self._used |= used
                self._current |= used
                for image_id in found:
                    self._notes.counted_by_program.setdefault(image_id, set()).add(self._document)
        packs = sum(1 for _ in self._files(LEGACY_PACKS))
        self._notes.legacy_files += packs
        self._notes.unread_legacy_files += packs

    def _look_through_others(self) -> Iterator[Finding]:
        """What the program passes over, however deep, such as a sync program's copy of the folder with the logs."""
        others = self._others
        while others:
            place, entry = others.pop()
            path = f"{self._tree.path}/{place}"
            if entry.is_folder:
                others += [(f"{place}/{one.name}", one) for one in self._tree.entries_if_any(place)]
            elif entry.is_file:
                yield from self._copy(path)
            elif reason := self._tree.why_not_read(place):
                self._notes.is_partial = True
                yield not_read(path, reason)

    def _copy(self, path: str, ending: str = "") -> Iterator[Finding]:
        """A file that the program does not read, mostly a sync program's copy of one that it reads.

        What it uses counts, so that nothing is called unused that only a copy uses; the program does not know it.
        """
        if is_stand_in(path.rpartition("/")[2]) or path.endswith(_PACKED):
            self._notes.is_partial = True
            packed = path.endswith(_PACKED)
            yield not_read(path, "it is packed" if packed else STANDS_IN)
            return
        found = yield from self._read(path, _uses)
        self._copied.update(dict.fromkeys(found or (), path))
        if ending and path.endswith(ending):
            yield odd_name(path)

    def _files(self, folder: str) -> Iterator[tuple[str, str]]:
        """The files of a folder of the document, path and name; most documents lack most folders."""
        if not any(entry.name == folder and entry.is_folder for entry in self._entries):
            return
        for entry in self._tree.entries_if_any(folder):
            if entry.is_file:
                yield f"{self._tree.path}/{folder}/{entry.name}", entry.name
            else:
                self._others.append((f"{folder}/{entry.name}", entry))

    def _read(self, path: str, read: Callable[[Windows], _Read]) -> Generator[Finding, None, _Read | None]:
        """What is made of a document, after the findings that there are on that; None where it cannot be read."""
        name = path[len(self._tree.path) + 1 :]
        try:
            with self._tree.opened(name) as source:
                return read(source)
        except FileNotFoundError:
            return None  # it went away just now
        except DocumentError as error:
            self._notes.is_partial = True
            evidence = {"document": path, "reason": error.message, "size": self._tree.size_of(name)}
            yield Finding("damaged_log", path, (path,), evidence)
            return None


def odd_name(path: str) -> Finding:
    """What is said of a document whose name the program does not know."""
    evidence = {"document": path, "problems": {"name": "is none that the program reads"}}
    return Finding("index_bad_entry", path, (path,), evidence)


def not_read(path: str, reason: str) -> Finding:
    """What is said of something among the documents that is there and is not looked at."""
    return Finding("damaged_log", path, (path,), {"document": path, "reason": reason})


def _is_known(entry: Entry) -> bool:
    """Whether the program knows what is called so in the folder of a document."""
    return entry.name in _KNOWN_FOLDERS if entry.is_folder else entry.is_file and entry.name.endswith(LEGACY_SNAPSHOT)


def _uses(source: Source, start: int = 0) -> set[str]:
    """As `references_in`, in lower case."""
    return _folded(references_in(source, start))


def _folded(ids: set[str]) -> set[str]:
    return {image_id.lower() for image_id in ids}


def _snapshot(source: Source) -> tuple[Snapshot, set[str], int]:
    """A snapshot, what its state uses where it is a finished one, and its size."""
    snapshot = read_snapshot(source)
    used = _uses(source, snapshot.state) if snapshot.complete else set()
    return snapshot, used, source.size


def _holds(state: _State, other: _State) -> bool:
    """Whether a snapshot holds all that another one holds."""
    return all(state.clock.get(instance, 0) >= sequence for instance, sequence in other.clock.items())
