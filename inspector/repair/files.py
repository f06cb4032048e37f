"""Do single operations on files, and say what takes it back.

What was done is certain once the bench was flushed. Before that a power cut may
leave any of it undone, each for itself.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from inspector.fs.moves import Moves
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import copy_no_clobber, digest_of, same_bytes
from inspector.model.display import display_name, human_bytes
from inspector.model.errors import InspectorError
from inspector.model.operations import CopyPath, FileState, MovePath, Operation, Quarantine, RestorePath
from inspector.model.plan import QuarantineEntry
from inspector.model.relpath import split_path
from inspector.repair.store import Manifest, new_entry_id, now_text, stored_path

_UNKNOWN = FileState()


class StaleError(InspectorError):
    """The world is not as the plan expects it any more; nothing was changed."""


class Deed(NamedTuple):
    """An operation on files that was done: its id in quarantine, the folders it made, the state of the file it left."""

    operation: Operation
    entry: str | None
    made: Sequence[str]
    after: FileState

    @staticmethod
    def as_planned(operation: Operation, entry: str | None) -> "Deed":
        """The operation where it made no folder and left the very file that was expected."""
        return Deed(operation, entry, (), operation.expect if isinstance(operation, MovePath) else _UNKNOWN)

    def entry_back(self, batch: str) -> str | None:
        """The id in quarantine for what taking it back puts there: where it came from, that is known as before."""
        if isinstance(self.operation, RestorePath):
            return self.operation.entry
        return new_entry_id(batch) if isinstance(self.operation, CopyPath) else None

    @property
    def is_as_planned(self) -> bool:
        """Whether what takes it back follows from the operation and its entry alone."""
        operation = self.operation
        if isinstance(operation, MovePath):
            return self.after is operation.expect and not self.made
        return isinstance(operation, Quarantine)

    @property
    def back(self) -> Operation:
        """The operation that takes it back."""
        operation = self.operation
        if isinstance(operation, MovePath):
            return MovePath(operation.target, operation.source, self.after, tuple(reversed(self.made)))
        if isinstance(operation, CopyPath):
            return Quarantine(operation.target, self.after, drop_folders=tuple(reversed(self.made)))
        if isinstance(operation, Quarantine):
            assert self.entry is not None
            return RestorePath(self.entry, operation.path)
        assert isinstance(operation, RestorePath)
        return Quarantine(operation.path, self.after, drop_folders=tuple(reversed(self.made)))


@dataclass(slots=True)
class Bench:
    """What operations on one storage's files work with: its tree, and the place for what is taken away.

    A context, as it holds folders open; leaving it flushes nothing.
    """

    tree: Tree
    place: Tree
    storage_id: str
    batch: str
    moves: Moves = field(default_factory=Moves)
    noted: set[str] = field(default_factory=set)
    """The entries that are in the manifest already."""
    back: list[str] = field(default_factory=list)
    """The entries that were brought back since the last flush."""
    listed: dict[str, QuarantineEntry] | None = None

    def __enter__(self) -> "Bench":
        self.moves.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.moves.__exit__(*error)

    @property
    def manifest(self) -> Manifest:
        """The list of what lies in the place."""
        return Manifest(Path(self.place.root))

    @property
    def taken(self) -> dict[str, QuarantineEntry]:
        """What lay in the place when that was first asked for, by entry."""
        if self.listed is None:
            self.listed = {entry.id: entry for entry in self.manifest.entries()}
        return self.listed

    def flush(self) -> None:
        """Make all that was done certain.

        Raises:
            NotDurableError: where that failed.
            OSError: where a folder cannot be opened any more, or the manifest cannot be written.
        """
        self.moves.flush()
        if self.back:
            back, self.back = self.back, []
            self.manifest.all_left(back, f"restored by {self.batch}")


def expect(tree: Tree, path: str, expected: FileState) -> os.stat_result:
    """The file's stat, if it still is what is expected.

    Where size, mtime or inode differ, the digest decides, if it is known.

    Raises:
        StaleError: where it is another file, or none.
    """
    try:
        with tree.reading(path) as descriptor:
            status = os.fstat(descriptor)
    except OSError as error:
        raise _gone(error, path) from error
    _admit(tree, path, expected, status)
    return status


def _gone(error: OSError, path: str) -> StaleError:
    return StaleError(f"is not there as planned ({error.strerror})", path=path)


def _admit(tree: Tree, path: str, expected: FileState, status: os.stat_result) -> None:
    """Raise StaleError where what has this stat is not the expected file."""
    if not S_ISREG(status.st_mode):
        raise StaleError("is no file any more", path=path)
    if _same_stat(status, expected):
        return
    if expected.digest is None or (expected.size is not None and status.st_size != expected.size):
        raise StaleError(_difference(status, expected), path=path)
    if digest_of(tree, path)[0] != expected.digest:
        raise StaleError("holds other bytes than when the plan was made", path=path)


def _is_very_one(status: os.stat_result, expected: FileState) -> bool:
    known = (expected.size, expected.mtime_ns, expected.inode)
    return known == (status.st_size, status.st_mtime_ns, status.st_ino)


def _same_stat(status: os.stat_result, expected: FileState) -> bool:
    return _is_very_one(status, expected) or (
        expected.size in {None, status.st_size}
        and expected.mtime_ns in {None, status.st_mtime_ns}
        and expected.inode in {None, status.st_ino}
    )


def _difference(status: os.stat_result, expected: FileState) -> str:
    if expected.size is not None and status.st_size != expected.size:
        return f"has {human_bytes(status.st_size)} now, and had {human_bytes(expected.size)} when the plan was made"
    return "was replaced or written since the plan was made"


def do(bench: Bench, operation: Operation, entry: str | None, *, flush: bool = True) -> Deed:
    """Do one operation on files; `entry` is the id for what goes into quarantine.

    With `flush` False the caller flushes the bench when some operations are done.

    Raises:
        StaleError: where the world is not as expected.
        NotDurableError: where it was done, and could not be made certain.
        InspectorError, OSError: where it could not be done; it is as if it had not been begun.
    """
    tree = bench.tree
    before = len(tree.created)
    after = _UNKNOWN
    if isinstance(operation, MovePath):
        after = _move(bench, tree, operation.source, tree, operation.target, operation.expect)
    elif isinstance(operation, CopyPath):
        with Tree(operation.source_root or tree.root) as source:
            expect(source, operation.source, operation.expect)
            copy_no_clobber(source, operation.source, tree, operation.target, sync=False)
        bench.moves.arrived(tree, operation.target)
        with suppress(OSError):  # it is done, whatever can be told of it
            after = state_of(tree, operation.target)
    elif isinstance(operation, Quarantine):
        assert entry is not None
        _take_away(bench, operation, entry)
    elif isinstance(operation, RestorePath):
        after = _bring_back(bench, operation)
    if isinstance(operation, MovePath | Quarantine) and operation.drop_folders and bench.moves.try_flush():
        drop_folders(tree, operation.drop_folders)  # when its files have certainly gone
    if flush:
        bench.flush()
    return Deed(operation, entry, tree.created[before:], after)


def result_path(operation: Operation) -> str | None:
    """The path in the storage at which an operation leaves a file, or None."""
    if isinstance(operation, MovePath | CopyPath):
        return operation.target
    return operation.path if isinstance(operation, RestorePath) else None


def state_of(tree: Tree, path: str) -> FileState:
    """The stat of a file as a state to expect; its digest is not read."""
    with tree.reading(path) as descriptor:
        status = os.fstat(descriptor)
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino)


def missing_folders(tree: Tree, operations: Iterable[Operation]) -> list[str]:
    """The folders that operations are going to make, deepest first."""
    there: set[str] = {""}
    missing: set[str] = set()
    for operation in operations:
        folder = split_path(result_path(operation) or "")[0]
        while folder not in there and folder not in missing:
            (missing if _is_missing(tree, folder) else there).add(folder)
            folder = split_path(folder)[0]
    return sorted(missing, reverse=True)


def _is_missing(tree: Tree, folder: str) -> bool:
    try:
        with tree.folder(folder):
            return False
    except OSError as error:
        return isinstance(error, FileNotFoundError)


def drop_folders(tree: Tree, folders: tuple[str, ...]) -> None:
    """Remove folders where they are empty."""
    for folder in folders:
        parent, name = split_path(folder)
        try:
            with tree.folder(parent) as above:
                system().rmdir(name, above)
        except OSError:
            return  # something else is in it by now


def place_path(entry: str) -> str:
    """Where an entry lies in the place, relative to it."""
    return str(stored_path(Path(), entry))


def note(bench: Bench, operations: Iterable[tuple[Operation, str | None]]) -> None:
    """Put into the manifest, in one go, what is about to be taken away; what is not as expected is left out.

    Raises:
        OSError: where the manifest cannot be written.
    """
    entries = []
    for operation, entry in operations:
        if isinstance(operation, Quarantine) and entry is not None and entry not in bench.noted:
            with suppress(InspectorError, OSError):
                entries.append(_as_entry(bench, operation, entry))
    if entries:
        bench.manifest.add(*entries)
        bench.noted.update(entry.id for entry in entries)


def _move(bench: Bench, tree: Tree, source: str, into: Tree, target: str, expected: FileState) -> FileState:
    """Move a file that is the expected one, and say what it is now."""
    try:
        status, same = bench.moves.move(tree, source, into, target, lambda seen: _admit(tree, source, expected, seen))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _gone(error, source) from error
    if not same:
        return state_of(into, target)
    if _is_very_one(status, expected):
        return expected
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino, expected.digest)


def _take_away(bench: Bench, operation: Quarantine, entry: str) -> None:
    if operation.same_as is not None:
        _expect_copy(bench.tree, operation.path, operation.same_as, operation.same_as_root)
    if entry not in bench.noted:
        bench.manifest.add(_as_entry(bench, operation, entry))
        bench.noted.add(entry)
    _move(bench, bench.tree, operation.path, bench.place, place_path(entry), operation.expect)
    if entry in bench.back:
        bench.back.remove(entry)


def _expect_copy(tree: Tree, path: str, original: str, root: str | None) -> None:
    """Raise StaleError unless `original` is another file with the same bytes."""
    try:
        with Tree(root or tree.root) as other, tree.reading(path) as one, other.reading(original) as two:
            status = os.fstat(one)
            itself = os.path.samestat(status, os.fstat(two)) and (status.st_nlink < 2 or path == original)
            if not itself and same_bytes(tree, path, other, original):
                return
    except OSError as error:
        raise StaleError(f"cannot be compared with {display_name(original)} ({error.strerror})", path=path) from error
    if itself:
        raise StaleError(f"is {display_name(original)} itself, and no copy of it", path=path)
    raise StaleError(f"does not hold the same bytes as {display_name(original)} any more", path=path)


def _as_entry(bench: Bench, operation: Quarantine, entry: str) -> QuarantineEntry:
    status = expect(bench.tree, operation.path, operation.expect)
    digest = operation.expect.digest or digest_of(bench.tree, operation.path)[0]
    return QuarantineEntry(
        entry,
        bench.batch,
        bench.storage_id,
        bench.tree.root,
        operation.path,
        status.st_size,
        digest,
        now_text(),
        "",
    )


def _bring_back(bench: Bench, operation: RestorePath) -> FileState:
    stored = place_path(operation.entry)
    if not _is_file(bench.place, stored):
        raise StaleError(f"is not in quarantine any more as {operation.entry}", path=operation.path)
    _expect_as_taken(bench, operation)
    after = _move(bench, bench.place, stored, bench.tree, operation.path, FileState())
    bench.back.append(operation.entry)
    return after


def _expect_as_taken(bench: Bench, operation: RestorePath) -> None:
    """Refuse a file with other bytes than when it was taken away: it was written since, or its drive is failing."""
    taken = bench.taken.get(operation.entry)
    if taken is None or not taken.digest:
        return
    digest, status = digest_of(bench.place, place_path(operation.entry))
    if digest != taken.digest:
        was, now = human_bytes(taken.size), human_bytes(status.st_size)
        raise StaleError(
            f"holds other bytes in quarantine ({now}) than when it was taken away ({was})", path=operation.path
        )


def _is_file(tree: Tree, path: str) -> bool:
    try:
        with tree.reading(path):
            return True
    except OSError:
        return False
