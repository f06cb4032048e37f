"""Do single operations on files, tell whether one was done, and say what takes it back."""

import os
from dataclasses import dataclass

from inspector.fs.tree import Tree
from inspector.fs.write import copy_no_clobber, digest_of, move_no_clobber, same_bytes
from inspector.model.display import human_bytes
from inspector.model.errors import InspectorError
from inspector.model.operations import CopyPath, FileState, MovePath, Operation, Quarantine, RestorePath
from inspector.model.plan import QuarantineEntry
from inspector.repair.store import Manifest, now_text, stored_path


class StaleError(InspectorError):
    """The world is not as the plan expects it any more; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What operations on one storage's files work with: its tree, and the place for what is taken away."""

    tree: Tree
    place: Tree
    storage_id: str
    batch: str

    @property
    def manifest(self) -> Manifest:
        """The list of what lies in the place."""
        from pathlib import Path

        return Manifest(Path(self.place.root))


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
        raise StaleError(f"is not there as planned ({error.strerror})", path=path) from error
    if _same_stat(status, expected):
        return status
    if expected.digest is None or (expected.size is not None and status.st_size != expected.size):
        raise StaleError(_difference(status, expected), path=path)
    digest, status = digest_of(tree, path)
    if digest != expected.digest:
        raise StaleError("holds other bytes than when the plan was made", path=path)
    return status


def _same_stat(status: os.stat_result, expected: FileState) -> bool:
    return (
        expected.size in {None, status.st_size}
        and expected.mtime_ns in {None, status.st_mtime_ns}
        and expected.inode in {None, status.st_ino}
    )


def _difference(status: os.stat_result, expected: FileState) -> str:
    if expected.size is not None and status.st_size != expected.size:
        return f"has {human_bytes(status.st_size)} now, and had {human_bytes(expected.size)} when the plan was made"
    return "was replaced or written since the plan was made"


def do(bench: Bench, operation: Operation, entry: str | None) -> list[str]:
    """Do one operation on files; `entry` is the id for what goes into quarantine. Returns the folders that it made.

    Raises:
        StaleError: where the world is not as expected.
        InspectorError, OSError: where it could not be done; it is as if it had not been begun.
    """
    tree = bench.tree
    before = len(tree.created)
    if isinstance(operation, MovePath):
        expect(tree, operation.source, operation.expect)
        move_no_clobber(tree, operation.source, operation.target)
        drop_folders(tree, operation.drop_folders)
    elif isinstance(operation, CopyPath):
        with Tree(operation.source_root or tree.root) as source:
            expect(source, operation.source, operation.expect)
            copy_no_clobber(source, operation.source, tree, operation.target)
    elif isinstance(operation, Quarantine):
        assert entry is not None
        _take_away(bench, operation, entry)
    elif isinstance(operation, RestorePath):
        _bring_back(bench, operation)
    return tree.created[before:]


def is_done(bench: Bench, operation: Operation, entry: str | None) -> bool:
    """Whether an operation that was begun has happened; for after a crash."""
    tree = bench.tree
    if isinstance(operation, MovePath):
        return not _is_file(tree, operation.source) and _is_file(tree, operation.target)
    if isinstance(operation, CopyPath):
        if operation.expect.digest is None:
            return _is_file(tree, operation.target)
        return _is_file(tree, operation.target) and digest_of(tree, operation.target)[0] == operation.expect.digest
    if isinstance(operation, Quarantine):
        assert entry is not None
        return not _is_file(tree, operation.path) and _is_file(bench.place, place_path(entry))
    if isinstance(operation, RestorePath):
        return not _is_file(bench.place, place_path(operation.entry)) and _is_file(tree, operation.path)
    return False


def inverse(operation: Operation, entry: str | None, made: list[str], after: FileState) -> Operation | None:
    """The operation that takes one back; `after` is the state of the file that it left."""
    if isinstance(operation, MovePath):
        return MovePath(operation.target, operation.source, after, tuple(reversed(made)))
    if isinstance(operation, CopyPath):
        return Quarantine(operation.target, after)
    if isinstance(operation, Quarantine):
        assert entry is not None
        return RestorePath(entry, operation.path)
    if isinstance(operation, RestorePath):
        return Quarantine(operation.path, after)
    return None


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


def drop_folders(tree: Tree, folders: tuple[str, ...]) -> None:
    """Remove folders where they are empty."""
    from inspector.fs.system import system
    from inspector.model.relpath import split_path

    for folder in folders:
        parent, name = split_path(folder)
        try:
            with tree.folder(parent) as above:
                system().rmdir(name, above)
        except OSError:
            return  # something else is in it by now


def place_path(entry: str) -> str:
    """Where an entry lies in the place, relative to it."""
    from pathlib import Path

    return str(stored_path(Path(), entry))


def _take_away(bench: Bench, operation: Quarantine, entry: str) -> None:
    status = expect(bench.tree, operation.path, operation.expect)
    if operation.same_as is not None and not same_bytes(bench.tree, operation.path, bench.tree, operation.same_as):
        raise StaleError(f"does not hold the same bytes as {operation.same_as} any more", path=operation.path)
    digest = operation.expect.digest or digest_of(bench.tree, operation.path)[0]
    bench.manifest.add(
        QuarantineEntry(
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
    )
    move_no_clobber(bench.tree, operation.path, place_path(entry), target_tree=bench.place)


def _bring_back(bench: Bench, operation: RestorePath) -> None:
    if not _is_file(bench.place, place_path(operation.entry)):
        raise StaleError(f"is not in quarantine any more as {operation.entry}", path=operation.path)
    move_no_clobber(bench.place, place_path(operation.entry), operation.path, target_tree=bench.tree)
    bench.manifest.left(operation.entry, f"restored by {bench.batch}")


def _is_file(tree: Tree, path: str) -> bool:
    try:
        with tree.reading(path):
            return True
    except OSError:
        return False
