"""One decision on one conflict, and what is at hand to work out its operations."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from inspector.catalog.copies import Wanted
from inspector.conflicts.meant_paths import meant_paths
from inspector.layouts.base import NamedByContent
from inspector.layouts.repairs import CannotRepairError, FileFact, RepairingLayout
from inspector.model.display import display_name
from inspector.model.operations import DocumentOperation, EditDatabase, MovePath, Operation, Quarantine
from inspector.model.plan import Decision, Generation, QuarantineEntry
from inspector.model.records import Conflict
from inspector.model.relpath import UnsafePathError, join_path, path_below_root, split_path
from inspector.repair.facts import StorageFacts


@dataclass(frozen=True, slots=True)
class Copy:
    """A file with the wanted content: in which storage, under which root, and what it is.

    `doubt` says why it may not be quite what is wanted; nothing takes such a one unless somebody says so.
    """

    storage_id: str
    storage_name: str
    root: str
    fact: FileFact
    doubt: str = ""


class World(Protocol):
    """What lies outside the storage of a conflict: other storages, the quarantine, earlier versions of documents."""

    def facts(self, storage_id: str) -> StorageFacts:
        """The facts of a storage.

        Raises:
            CannotRepairError: where it is not known or not there.
        """

    def copies(self, wanted: Wanted) -> list[Copy]:
        """Files with the digest, then those with the key, in every storage that is there; those in doubt last.

        Files that rot or cannot be read are none of them.
        """

    def quarantined(self, storage_id: str) -> list[QuarantineEntry]:
        """What of this storage lies in quarantine."""

    def generations(self, storage_id: str, path: str) -> list[Generation]:
        """The earlier versions of a document, newest first."""

    def version(self, storage_id: str, name: str) -> bytes | None:
        """What an earlier version of a document holds, by its name; None where it is not kept whole."""

    def protected(self, root: str, operations: Sequence[Operation]) -> str | None:
        """Why operations may not be done in the storage at `root`, where they write to a reference; else None."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Operations that belong together, how they read, and the bytes that are moved or copied.

    `storage_id` is the storage that they are done in, None for the conflict's own. `staying` are paths of it that no
    other item may take from their places, as what is done relies on them.
    """

    operations: tuple[Operation, ...]
    before: str = ""
    after: str = ""
    bytes: int = 0
    storage_id: str | None = None
    staying: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A conflict with the decision on it.

    `taken` are the paths that earlier items of the plan will put files at, `taken_stems` the folders and stems of
    those, `taken_names` their file names in the form in which names are compared, and `moving` says where they move
    which file. `leaving` are the paths that they take files away from, those too that they move; `is_taken_away` says
    of a storage and a path whether they take a file out there and put none in its place.
    """

    conflict: Conflict
    decision: Decision
    facts: StorageFacts
    world: World
    taken: Container[str]
    taken_stems: Container[tuple[str, str]] = ()
    moving: Mapping[str, str] = field(default_factory=dict)
    taken_names: Container[str] = ()
    leaving: Container[str] = ()
    is_taken_away: Callable[[str, str], bool] = lambda storage_id, path: False

    @property
    def evidence(self) -> Any:
        """The conflict's evidence."""
        return self.conflict.evidence

    @property
    def repairing(self) -> RepairingLayout:
        """The storage's layout.

        Raises:
            CannotRepairError: where its storages are only read.
        """
        layout = self.facts.repairing
        if layout is None:
            raise CannotRepairError(f"storages of {self.facts.layout.name} are only read so far")
        return layout

    def file(self, path: str) -> FileFact:
        """The file at a path of the storage.

        Raises:
            CannotRepairError: where there is none, or the path is none that may be opened.
        """
        try:
            path_below_root(path)
        except UnsafePathError as error:
            raise CannotRepairError(f"{display_name(path)} is no path that may be opened: {error}") from error
        fact = self.facts.file(path)
        if fact is None:
            raise CannotRepairError(f"{display_name(path)} is not there by the last scan")
        return fact

    def chosen(self) -> str | None:
        """The path that the decision names, None where it names none.

        Raises:
            CannotRepairError: where it names one that the choice cannot mean.
        """
        wanted = self.decision.path
        if not wanted:
            return None
        if wanted not in meant_paths(self.conflict, self.decision.choice):
            raise CannotRepairError(f"{display_name(wanted)} is none of the paths that this can be done with")
        return wanted

    def is_free(self, path: str) -> bool:
        """Whether nothing is at a path, nor will be after the items before this one."""
        return path not in self.taken and not self.facts.is_taken(path)

    def has_content_of(self, path: str, copy: Copy) -> bool:
        """Whether a file may be brought to `path`: it has the content that the name states, where it states one.

        Where files are named by keys that no bytes give, the two have to have one name.
        """
        own = self.facts.layout
        if not isinstance(own, NamedByContent):
            return True
        stated = own.stated_key(path)
        if stated is None:
            return own.owns(path) or split_path(path)[1] == split_path(copy.fact.path)[1]
        return self.facts.content_key(copy.fact.path, copy.root) == stated

    def require_free(self, path: str) -> None:
        """Refuse where something is at `path` already.

        Raises:
            CannotRepairError: where it is.
        """
        try:
            path_below_root(path)
        except UnsafePathError as error:
            raise CannotRepairError(f"{display_name(path)} is no path that may be written: {error}") from error
        if not self.is_free(path):
            raise CannotRepairError(f"something is at {display_name(path)} already")


Repairs = Mapping[tuple[str, str], "Callable[[Case], Outcome] | Callable[[Case], list[Outcome]]"]
"""What each (kind, choice) comes to."""


def each_database(outcome: Outcome) -> list[Outcome]:
    """What edits several databases as several outcomes, as each of them is one transaction: all else with the first."""
    first, *others = dict.fromkeys(one.path for one in outcome.operations if isinstance(one, EditDatabase)) or ("",)
    if not others:
        return [outcome]
    rest = tuple(one for one in outcome.operations if not any(_is_edit_of(one, path) for path in others))
    found = [replace(outcome, operations=rest, after=_in_database(outcome, first))]
    for path in others:
        edits = tuple(one for one in outcome.operations if _is_edit_of(one, path))
        found.append(Outcome(edits, outcome.before, _in_database(outcome, path), storage_id=outcome.storage_id))
    return found


def _in_database(outcome: Outcome, path: str) -> str:
    return f"{outcome.after}, in {display_name(path)}"


def _is_edit_of(operation: Operation, database: str) -> bool:
    return isinstance(operation, EditDatabase) and operation.path == database


def record_only(case: Case) -> Outcome:
    """Nothing is written: the person's word is recorded."""
    return Outcome((), after="nothing is changed; it is not shown again until something about it changes")


def moved(case: Case, old: str, new: str) -> tuple[Operation, ...]:
    """A file and the sidecars that are its alone go from `old` to `new`, and the documents follow."""
    operations: list[Operation] = [MovePath(old, new, case.file(old).state)]
    for sidecar in case.facts.sidecars(old):
        target = sidecar_name(sidecar, old, new)
        fact = case.facts.file(sidecar)
        if fact is not None and target != sidecar and case.is_free(target):
            operations.append(MovePath(sidecar, target, fact.state))
    return (*operations, *case.repairing.after_move(case.facts, old, new))


def sidecar_name(sidecar: str, old: str, new: str) -> str:
    """Where the sidecar of a picture goes that moves from `old` to `new`: it keeps the part that is its own."""
    name, old_name = split_path(sidecar)[1], split_path(old)[1]
    new_folder, new_name = split_path(new)
    if name.startswith(old_name):
        return join_path(new_folder, new_name + name[len(old_name) :])
    old_stem, new_stem = old_name.rpartition(".")[0], new_name.rpartition(".")[0]
    if old_stem and new_stem and name.startswith(old_stem):
        return join_path(new_folder, new_stem + name[len(old_stem) :])
    return join_path(new_folder, name)


def quarantined(case: Case, path: str, *, same_as: str | None = None) -> Outcome:
    """A file goes into quarantine and the index forgets it."""
    fact = case.file(path)
    documents: tuple[DocumentOperation, ...] = ()
    if case.facts.is_indexed(path):
        documents = tuple(case.repairing.after_removal(case.facts, path))
    return Outcome(
        (Quarantine(path, fact.state, same_as), *documents),
        before=display_name(path),
        after="in quarantine, from where it can be brought back",
        bytes=fact.state.size or 0,
    )


def written(case: Case, documents: Iterable[DocumentOperation], before: str, after: str) -> Outcome:
    """Edits of documents only."""
    return Outcome(tuple(documents), before=before, after=after)
