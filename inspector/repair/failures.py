"""What the system refused, in words: the path that it really was about, and what to do next."""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress

from inspector.fs.obstacles import folders_above, obstacle_on_the_way
from inspector.fs.tree import Tree
from inspector.fs.write import NotDurableError, WriteFailedError
from inspector.model.errors import InspectorError
from inspector.model.operations import (
    CopyPath,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
)
from inspector.model.relpath import split_path
from inspector.repair.bench import Bench, place_path
from inspector.repair.kept_versions import GENERATIONS
from inspector.repair.manifest import MANIFEST

Suspect = tuple[Tree, str]
"""A path that an operation reads or writes, below a tree."""

ANY_GENERATION = f"{GENERATIONS}/x"
"""Stands among suspects for whatever is kept of documents: people hear of the folder."""
LINKED = frozenset({errno.ELOOP, errno.EXDEV, errno.ENOTDIR})
"""The errors by which a way that leads through a link, or through a file, is refused."""
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LONGEST_NAME = 255
_MAKE_WRITABLE = "Make the folder writable, then apply again."
_REAL_FOLDER = "Put a real folder in its place, or move it away, then apply again."
_ADVICE = {
    errno.EPERM: "Take its immutable flag off, or get the permission to change it, then apply again.",
    errno.EACCES: "Get the permission to read and write it, then apply again.",
    errno.EROFS: "Mount its file system for writing, then apply again.",
    errno.ENOSPC: "Free some space there, then apply again.",
    errno.EDQUOT: "Your quota is used up; free some space, then apply again.",
    errno.EIO: "Look at the drive before anything else.",
}


def words(error: InspectorError | OSError, root: str, suspects: Sequence[Suspect] = ()) -> str:
    """Why something could not be done to a storage at `root`, with the path that failed and what to do next."""
    return str(error if isinstance(error, InspectorError) else failure(error, root, suspects))


def suspects_of(bench: Bench, operation: Operation, entry: str | None) -> list[Suspect]:
    """What an operation reads and writes, in that order."""
    tree, place = bench.tree, bench.place
    if isinstance(operation, MovePath):
        return [(tree, operation.source), (tree, operation.target)]
    if isinstance(operation, CopyPath):
        own = [(tree, operation.source)] if operation.source_root is None else []
        return [*own, (tree, operation.target)]
    if isinstance(operation, Quarantine):
        stored = [(place, place_path(entry))] if entry is not None else []
        return [(tree, operation.path), (place, MANIFEST), *stored]
    if isinstance(operation, RestorePath):
        stored_at = place_path(operation.entry)
        return [*((one, stored_at) for one in bench.places), (tree, operation.path)]
    if isinstance(operation, MakePath | UnmakePath):
        return [(tree, operation.path)]
    return [(tree, operation.path), (place, ANY_GENERATION)] if isinstance(operation, WriteDocument) else []


def failure(error: OSError, root: str, suspects: Sequence[Suspect] = ()) -> WriteFailedError:
    """The error as people read it: it names the suspect that it really was, as far as that can be found out."""
    code = error.errno or 0
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, NotDurableError):
        path = _text(error.filename) or root
        return WriteFailedError(f"could not be made certain ({reason})", path=path, advice=_ADVICE.get(code))
    if code == errno.ENAMETOOLONG and suspects:
        return _too_long(root, suspects)
    for suspect in suspects:
        with suppress(OSError):
            if (found := _obstacle(root, *suspect)) is not None:
                return found
            if code in _DENIED and (found := _denied(root, *suspect, code, reason)) is not None:
                return found
    if not suspects:
        return _without_suspects(error, root, code, reason)
    chosen = suspects[-1] if code in _FULL else suspects[0]
    return WriteFailedError(f"could not be changed ({reason})", path=shown(root, *chosen), advice=_ADVICE.get(code))


def shown(root: str, tree: Tree, path: str) -> str:
    """A path below a tree as people know it: relative to the storage where it lies in it, else whole."""
    path = GENERATIONS if path == ANY_GENERATION else path
    whole = os.path.join(tree.root, path) if path else tree.root
    return os.path.relpath(whole, root) if whole.startswith(root.rstrip("/") + "/") else whole


def _obstacle(root: str, tree: Tree, path: str) -> WriteFailedError | None:
    found = obstacle_on_the_way(tree, path)
    if found is None:
        return None
    return WriteFailedError(found[1], path=shown(root, tree, found[0]), advice=_REAL_FOLDER)


def _denied(root: str, tree: Tree, path: str, code: int, reason: str) -> WriteFailedError | None:
    """The folder that a name was to come into or to leave, or its file, where that is what cannot be written."""
    folder = ""
    for further in (*folders_above(path), None):
        with suppress(FileNotFoundError):
            try:
                with tree.folder(folder) as opened:
                    if further is None or not _has(opened, split_path(further)[1]):
                        return _not_writable(root, tree, folder, opened, path, code, reason)
            except PermissionError:
                where = shown(root, tree, folder)
                advice = "Get the permission to open it, then apply again."
                return WriteFailedError(f"cannot be opened ({reason})", path=where, advice=advice)
        folder = further or ""
    return None


def _not_writable(
    root: str, tree: Tree, folder: str, opened: int, path: str, code: int, reason: str
) -> WriteFailedError | None:
    is_read_only = bool(os.fstatvfs(opened).f_flag & os.ST_RDONLY)
    if is_read_only or not os.access(".", os.W_OK | os.X_OK, dir_fd=opened, effective_ids=True):
        advice = _ADVICE[errno.EROFS] if is_read_only else _MAKE_WRITABLE
        return WriteFailedError(f"cannot be written ({reason})", path=shown(root, tree, folder), advice=advice)
    name = split_path(path)[1]
    if path == MANIFEST and _has(opened, name) and not os.access(name, os.W_OK, dir_fd=opened, effective_ids=True):
        return WriteFailedError(f"cannot be written ({reason})", path=shown(root, tree, path), advice=_ADVICE.get(code))
    return None


def _has(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _too_long(root: str, suspects: Sequence[Suspect]) -> WriteFailedError:
    longest, (tree, path) = max(
        ((max(len(os.fsencode(part)) for part in path.split("/")), (tree, path)) for tree, path in suspects),
        key=lambda pair: (pair[0] > _LONGEST_NAME, len(os.fsencode(pair[1][1])), pair[0]),
    )
    if longest > _LONGEST_NAME:
        what = f"has a name of {longest} bytes, which the file system does not take"
    else:
        what = f"is longer ({len(os.fsencode(path))} bytes) than the file system takes"
    return WriteFailedError(what, path=shown(root, tree, path), advice="Choose a shorter name.")


def _without_suspects(error: OSError, root: str, code: int, reason: str) -> WriteFailedError:
    """The error of opening a storage and its place, which tells its path itself."""
    path = os.path.normpath(os.path.join(root, _text(error.filename) or root))
    if code in _DENIED and not os.path.lexists(path):
        path = os.path.dirname(path)  # where it was to be made
        advice = _ADVICE[errno.EROFS] if code == errno.EROFS else _MAKE_WRITABLE
        return WriteFailedError(f"cannot be written ({reason})", path=path, advice=advice)
    within = os.path.relpath(path, root) if path.startswith(root.rstrip("/") + "/") else path
    if code in LINKED:
        return WriteFailedError(reason, path=within, advice=_REAL_FOLDER)
    return WriteFailedError(f"cannot be opened ({reason})", path=within, advice=_ADVICE.get(code))


def _text(filename: object) -> str:
    return os.fsdecode(filename) if isinstance(filename, str | bytes) else ""
