"""Whether an operation on files had happened when the program ended, told from what is on the disk.

A move on a file system without a safe rename is a link and an unlink, and one onto another device a copy and an unlink:
between the two a file has both names. Then one of them is dropped, so that the move has happened or has not; a name
goes only where the same bytes keep the other one.
"""

import os
from contextlib import suppress
from stat import S_ISREG

from inspector.fs.removal import settle_removal
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import digest_of, same_bytes
from inspector.model.operations import (
    CopyPath,
    FileState,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
)
from inspector.model.relpath import split_path
from inspector.repair.bench import Bench, place_path
from inspector.repair.making import text_bytes
from inspector.repair.manifest import Manifest

_CLOCK_SLACK_S = 3600.0
"""How far the clock of a file server may be behind."""


def has_happened(bench: Bench, operation: Operation, entry: str | None, since: float) -> bool:
    """Whether the operation has happened; a file with both names has only one afterwards.

    `since` is when its batch began, in seconds since 1970: what is older at a move's target is not from it.

    Raises:
        OSError: where it cannot be told or settled.
    """
    if isinstance(operation, MovePath):
        return _moved(bench.tree, operation, since)
    if isinstance(operation, CopyPath):
        return _copied(bench.tree, operation, since)
    if isinstance(operation, Quarantine):
        assert entry is not None
        return _taken_away(bench, operation, place_path(entry))
    if isinstance(operation, RestorePath):
        return _brought_back(bench, operation)
    if isinstance(operation, MakePath):
        return _made(bench.tree, operation, since)
    if isinstance(operation, UnmakePath):
        return _unmade(bench.tree, operation)
    return False


def _moved(tree: Tree, operation: MovePath, since: float) -> bool:
    source, target = _status(tree, operation.source), _status(tree, operation.target)
    if target is None:
        return False
    if source is not None and not os.path.samestat(source, target) and _is_very_one(target, operation.expect):
        return True  # and something else has taken its old name
    if source is None or not _is_expected(tree, operation.source, source, operation.expect):
        return _is_expected(tree, operation.target, target, operation.expect)
    if _is_ours(target, since) and _is_twin(tree, operation.source, source, tree, operation.target, target):
        _drop(tree, operation.target)
    return False


def _copied(tree: Tree, operation: CopyPath, since: float) -> bool:
    target = _status(tree, operation.target)
    if target is None or not _is_ours(target, since):
        return False
    with suppress(FileNotFoundError, NotADirectoryError), Tree(operation.source_root or tree.root) as source_tree:
        source = _status(source_tree, operation.source)
        if source is not None and source.st_mtime_ns == target.st_mtime_ns:
            return same_bytes(source_tree, operation.source, tree, operation.target)
    return _is_expected(tree, operation.target, target, operation.expect)


def _taken_away(bench: Bench, operation: Quarantine, stored: str) -> bool:
    place = bench.holder(stored)
    source, kept = _status(bench.tree, operation.path), _status(place, stored)
    if source is None or kept is None:
        return kept is not None
    if _is_twin(bench.tree, operation.path, source, place, stored, kept):
        _drop(place, stored)
        return False
    if _is_very_one(kept, operation.expect):
        return True  # and something else has taken its name
    return not _is_expected(bench.tree, operation.path, source, operation.expect)


def _brought_back(bench: Bench, operation: RestorePath) -> bool:
    stored = place_path(operation.entry)
    place = bench.holder(stored)
    kept, target = _status(place, stored), _status(bench.tree, operation.path)
    if target is None or kept is None:
        return target is not None
    if not _is_twin(place, stored, kept, bench.tree, operation.path, target):
        return False
    with bench.tree.folder(split_path(operation.path)[0]) as folder:
        system().fsync_folder(folder)
    _drop(place, stored)
    Manifest(place).left(operation.entry, f"restored by {bench.batch}")
    return True


def _made(tree: Tree, operation: MakePath, since: float) -> bool:
    """A folder counts as made where it is there: what takes that back drops only what its batch was about to make."""
    if operation.text is None:
        with suppress(OSError), tree.folder(operation.path):
            return True
        return False
    status = _status(tree, operation.path)
    return status is not None and _is_ours(status, since) and _holds(tree, operation.path, operation.text)


def _unmade(tree: Tree, operation: UnmakePath) -> bool:
    if operation.text is None:
        return True
    settle_removal(tree, operation.path, text_bytes(operation.text))
    return _status(tree, operation.path) is None


def _holds(tree: Tree, path: str, text: str) -> bool:
    with tree.reading(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
        data = text_bytes(text)
        return stream.read(len(data) + 1) == data


def _is_twin(
    tree: Tree, path: str, status: os.stat_result, other_tree: Tree, other: str, other_status: os.stat_result
) -> bool:
    """Whether two names are the two of one interrupted move: one file, or a verified copy on another device."""
    if status.st_dev == other_status.st_dev:
        return status.st_ino == other_status.st_ino
    return status.st_mtime_ns == other_status.st_mtime_ns and same_bytes(tree, path, other_tree, other)


def _is_ours(status: os.stat_result, since: float) -> bool:
    return status.st_ctime >= since - _CLOCK_SLACK_S


def _is_very_one(status: os.stat_result, expected: FileState) -> bool:
    """Whether this is for certain the expected file itself, which only a rename within a device leaves it."""
    known = (expected.size, expected.mtime_ns, expected.inode)
    return known == (status.st_size, status.st_mtime_ns, status.st_ino)


def _is_expected(tree: Tree, path: str, status: os.stat_result, expected: FileState) -> bool:
    if expected.size not in {None, status.st_size}:
        return False
    same_stat = expected.mtime_ns in {None, status.st_mtime_ns}
    if same_stat and expected.inode in {None, status.st_ino}:
        return True
    if expected.digest is not None:
        return digest_of(tree, path)[0] == expected.digest
    return same_stat  # a move onto another device gives another inode


def _status(tree: Tree, path: str) -> os.stat_result | None:
    """The state of a regular file; None where there is none."""
    folder, name = split_path(path)
    try:
        with tree.folder(folder) as above:
            status = system().stat(name, above)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if S_ISREG(status.st_mode) else None


def _drop(tree: Tree, path: str) -> None:
    folder, name = split_path(path)
    with tree.folder(folder) as above:
        system().unlink(name, above)
        system().fsync_folder(above)
