"""Do single operations on files, and say what takes it back.

What was done is certain once the bench was flushed. Before that a power cut may
leave any of it undone, each for itself.
"""

import errno
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from inspector.fs.obstacles import obstacle_on_the_way
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import copy_no_clobber, digest_of, same_bytes
from inspector.model.display import display_name, human_bytes
from inspector.model.errors import InspectorError
from inspector.model.operations import (
    CopyPath,
    FileState,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
)
from inspector.model.plan import QuarantineEntry
from inspector.model.relpath import split_path
from inspector.repair.bench import Bench, place_path
from inspector.repair.expected import StaleError, admit, expect, gone, is_very_one
from inspector.repair.making import make, unmake
from inspector.repair.manifest import new_entry_id, now_text

_UNKNOWN = FileState()
_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV, errno.EINVAL, errno.EISDIR, errno.ENXIO})
"""The errors of opening what is not there, or is no regular file reached without a link."""
_ASTRAY = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV})
"""The errors of a way through what is not there, no folder, or a link."""


class Deed(NamedTuple):
    """An operation on files that was done: its id in quarantine, the folders it made, the state of the file it left."""

    operation: Operation
    entry: str | None
    made: Sequence[str]
    after: FileState
    told: str = ""
    """What has to be said of it, though it was done."""

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
        if isinstance(operation, MakePath):
            return not self.made
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
        if isinstance(operation, MakePath):
            return UnmakePath(operation.path, operation.text, tuple(reversed(self.made)))
        if isinstance(operation, UnmakePath):
            return MakePath(operation.path, operation.text, self.after.mtime_ns)
        assert isinstance(operation, RestorePath)
        return Quarantine(operation.path, self.after, drop_folders=tuple(reversed(self.made)))


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
    told = ""
    if isinstance(operation, MovePath):
        after = _move(bench, tree, operation.source, tree, operation.target, operation.expect)
    elif isinstance(operation, CopyPath):
        with Tree(operation.source_root or tree.root) as source:
            expect(source, operation.source, operation.expect)
            how = (source, operation.source, tree, operation.target)
            digest = copy_no_clobber(*how, sync=False, digest=operation.expect.digest, each=bench.each)
        bench.moves.arrived(tree, operation.target)
        with suppress(OSError):  # it is done, whatever can be told of it
            after = bench.lasting(state_of(tree, operation.target), digest)
    elif isinstance(operation, Quarantine):
        assert entry is not None
        _take_away(bench, operation, entry)
    elif isinstance(operation, RestorePath):
        after, told = _bring_back(bench, operation)
    elif isinstance(operation, MakePath):
        after = make(tree, bench.moves, operation)
    elif isinstance(operation, UnmakePath):
        after = unmake(tree, bench.moves, operation)
    if isinstance(operation, MovePath | Quarantine | UnmakePath) and operation.drop_folders and bench.moves.try_flush():
        drop_folders(tree, operation.drop_folders)  # when its files have certainly gone
    if flush:
        bench.flush()
    return Deed(operation, entry, tree.created[before:], after, told)


def result_path(operation: Operation) -> str | None:
    """The path in the storage at which an operation leaves a file, or None."""
    if isinstance(operation, MovePath | CopyPath):
        return operation.target
    if isinstance(operation, MakePath):
        return operation.path if operation.text is not None else None
    return operation.path if isinstance(operation, RestorePath) else None


def state_of(tree: Tree, path: str) -> FileState:
    """The stat of a file as a state to expect; its digest is not read."""
    status = _stat_of(tree, path)
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino)


def missing_folders(tree: Tree, operations: Iterable[Operation]) -> list[str]:
    """The folders that operations are going to make, deepest first."""
    there: set[str] = {""}
    missing: set[str] = set()
    for operation in operations:
        path = operation.path if isinstance(operation, WriteDocument) else result_path(operation)
        folder = split_path(path or "")[0]
        if isinstance(operation, MakePath) and operation.text is None:
            folder = operation.path
        if not tree.is_reachable(folder):
            continue  # it is refused by itself
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
        status, same = bench.moves.move(tree, source, into, target, lambda seen: admit(tree, source, expected, seen))
    except OSError as error:
        if error.errno not in _ASTRAY:
            raise
        raise _astray(bench, error, (tree, source), (into, target)) from error
    if not same:
        return state_of(into, target)
    if is_very_one(status, expected):
        return expected
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino, expected.digest)


def _astray(bench: Bench, error: OSError, *ways: tuple[Tree, str]) -> InspectorError | OSError:
    """The error of a move that did not find its way, from the first of `ways` to the second."""
    for tree, path in ways:
        with suppress(OSError):
            if (found := obstacle_on_the_way(tree, path)) is not None:
                return StaleError(found[1], path=found[0], advice="Scan again.") if tree is bench.tree else error
    (tree, source), (into, target) = ways
    folder = split_path(target)[0]
    if into is bench.tree and _is_file(tree, source) and _is_missing(into, folder):
        return StaleError("was taken away meanwhile", path=folder, advice="Scan again.")
    return gone(error, source)


def _take_away(bench: Bench, operation: Quarantine, entry: str) -> None:
    if operation.same_as is not None:
        _expect_copy(bench.tree, operation.path, operation.same_as, operation.same_as_root)
    if entry not in bench.noted:
        bench.manifest.add(_as_entry(bench, operation, entry))
        bench.noted.add(entry)
    _move(bench, bench.tree, operation.path, bench.place, place_path(entry), operation.expect)
    bench.back.pop(entry, None)


def _expect_copy(tree: Tree, path: str, original: str, root: str | None) -> None:
    """Raise StaleError unless `original` is another file with the same bytes."""
    try:
        with Tree(root or tree.root) as other, tree.reading(path) as one, other.reading(original) as two:
            status = os.fstat(one)
            itself = os.path.samestat(status, os.fstat(two)) and (status.st_nlink < 2 or path == original)
            if not itself and same_bytes(tree, path, other, original):
                return
    except OSError as error:
        raise _not_compared(tree, path, original, error) from error
    if itself:
        raise StaleError(f"is {display_name(original)} itself, and no copy of it", path=path)
    raise StaleError(f"does not hold the same bytes as {display_name(original)} any more", path=path)


def _not_compared(tree: Tree, path: str, original: str, error: OSError) -> StaleError:
    """Why a copy cannot be compared with the one that stays: which of the two is not there, where one is not."""
    if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
        return StaleError(f"cannot be compared with {display_name(original)} ({error.strerror})", path=path)
    if not _is_file(tree, path):
        return StaleError("is not there any more", path=path)
    return StaleError(f"was left, as {display_name(original)}, which was to stay, is not there any more", path=path)


def _as_entry(bench: Bench, operation: Quarantine, entry: str) -> QuarantineEntry:
    status = expect(bench.tree, operation.path, operation.expect)
    known = None if bench.crosses_devices else operation.expect.digest  # a copy reads it anyway, and it may have rotted
    digest = known or digest_of(bench.tree, operation.path)[0]
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
        status.st_mtime_ns,
        status.st_ino,
    )


def _bring_back(bench: Bench, operation: RestorePath) -> tuple[FileState, str]:
    """Bring a file back, and say what it is now and what has to be told of it."""
    stored = place_path(operation.entry)
    place = bench.holder(stored)
    if not _is_file(place, stored):
        raise StaleError(f"is not in quarantine any more as {operation.entry}", path=operation.path)
    told = _expect_as_taken(bench, place, operation)
    after = _move(bench, place, stored, bench.tree, operation.path, FileState())
    bench.back[operation.entry] = place
    taken = bench.taken(place).get(operation.entry)
    return bench.lasting(after, taken.digest if taken is not None and not told else ""), told


def _expect_as_taken(bench: Bench, place: Tree, operation: RestorePath) -> str:
    """Refuse a file that was written since it was taken away, and say what has to be told of any other.

    One that still has the size, the time and the inode of that moment comes back whatever it holds: its bytes were not
    those of the last scan when it was taken away already, or its drive is failing.
    """
    taken = bench.taken(place).get(operation.entry)
    if taken is None or not taken.digest:
        return ""
    stored = place_path(operation.entry)
    untouched = is_very_one(_stat_of(place, stored), FileState(taken.size, taken.mtime_ns, taken.inode))
    try:
        digest, status = digest_of(place, stored)
    except OSError:
        if untouched:
            return "came back, and cannot be read"
        raise
    if digest != taken.digest:
        if untouched:
            return "came back with bytes that are not those of the last scan: see whether it is well"
        was, now = human_bytes(taken.size), human_bytes(status.st_size)
        raise StaleError(
            f"holds other bytes in quarantine ({now}) than when it was taken away ({was})", path=operation.path
        )
    return ""


def _stat_of(tree: Tree, path: str) -> os.stat_result:
    with tree.reading(path) as descriptor:
        return os.fstat(descriptor)


def _is_file(tree: Tree, path: str) -> bool:
    try:
        with tree.reading(path):
            return True
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise  # it may well be there
        return False
