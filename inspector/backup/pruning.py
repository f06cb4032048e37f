"""What a backup holds beyond its storage, deleted for good: only ever on a person's word."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from inspector.backup.manifest import Folder, write_manifest
from inspector.backup.names import FORMER_MANIFEST, MANIFEST, NEW_MANIFEST, VERSIONS
from inspector.backup.place import Place
from inspector.backup.run_ids import seconds_of
from inspector.backup.settling import effective, settle
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.walk import UnlistedFolder, walk
from inspector.model.backups import BackupProblem, Prunable
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path


def prunable(tree: Tree, older_than_s: float) -> Prunable:
    """What of a backup is gone from its storage, or a former version, since at least so many seconds."""
    before = time.time() - older_than_s
    gone = gone_bytes = versions = versions_bytes = 0
    for folder in effective(tree):
        for row in folder.rows.values():
            if row.gone and row.gone <= before:
                gone, gone_bytes = gone + 1, gone_bytes + row.size
    spared = _spared(tree)
    for path, size in _versions(tree, before):
        if path not in spared:
            versions, versions_bytes = versions + 1, versions_bytes + size
    return Prunable(gone, gone_bytes, versions, versions_bytes)


def prune(place: Place, head: dict[str, Any], older_than_s: float, progress: Progress) -> Prunable:
    """Delete what `prunable` tells of, and say what was deleted.

    Raises:
        OSError: where the backup cannot be written; pruning once more goes on from there.
    """
    tree = place.tree
    settle(tree, head)
    before = time.time() - older_than_s
    done = Prunable()
    problems: list[BackupProblem] = []
    progress.begin("pruning")

    def kept() -> Iterator[Folder]:
        nonlocal done
        for folder in effective(tree):
            progress.check()
            rows = {}
            for row in folder.rows.values():
                path = join_path(folder.path, row.name)
                if row.gone and row.gone <= before:
                    try:
                        _remove(tree, row.at or path)
                        done = replace(done, gone=done.gone + 1, gone_bytes=done.gone_bytes + row.size)
                        progress.advance(files=1)
                        continue
                    except OSError as error:
                        problems.append(BackupProblem(path, f"cannot be deleted ({error.strerror})"))
                rows[row.name] = row
            if rows or folder.there:
                yield replace(folder, rows=rows)

    write_manifest(tree, (MANIFEST, NEW_MANIFEST, FORMER_MANIFEST), head, kept())
    spared = _spared(tree)
    for path, size in list(_versions(tree, before)):
        if path in spared:
            continue
        progress.check()
        try:
            _remove(tree, path)
            done = replace(done, versions=done.versions + 1, versions_bytes=done.versions_bytes + size)
            progress.advance(files=1)
        except OSError as error:
            problems.append(BackupProblem(path, f"cannot be deleted ({error.strerror})"))
    _drop_empty_folders(tree, {folder.path for folder in effective(tree)})
    return replace(done, problems=tuple(problems))


def _spared(tree: Tree) -> frozenset[str]:
    """Paths of copies that the manifest has, wherever they lie: none of them is a former version."""
    return frozenset(row.at for folder in effective(tree) for row in folder.rows.values() if row.at)


def _versions(tree: Tree, before: float) -> Iterator[tuple[str, int]]:
    """The former versions that runs before a moment (s since 1970) kept: path and size."""
    try:
        with tree.folder(VERSIONS) as folder:
            runs = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for run in runs:
        when = seconds_of(run)
        if when is None or when > before:
            continue
        with tree.folder("") as root:
            for listing in walk(root, start=f"{VERSIONS}/{run}"):
                if isinstance(listing, UnlistedFolder):
                    continue
                for name in (*map(os.fsdecode, listing.files), *listing.links):
                    status = os.stat(name, dir_fd=listing.descriptor, follow_symlinks=False)
                    yield join_path(listing.path, name), status.st_size


def _remove(tree: Tree, path: str) -> None:
    above, name = split_path(path)
    with suppress(FileNotFoundError), tree.folder(above) as folder:
        system().unlink(name, folder)


def _drop_empty_folders(tree: Tree, wanted: set[str]) -> None:
    """Remove folders that pruning emptied and that the storage does not have."""
    with tree.folder("") as root:
        found = [one.path for one in walk(root) if not isinstance(one, UnlistedFolder)]
    for path in reversed(found):
        inner = path.startswith(f"{VERSIONS}/")
        if path and path not in wanted and (inner or not path.startswith(f"{split_path(VERSIONS)[0]}")):
            above, name = split_path(path)
            with suppress(OSError), tree.folder(above) as folder:
                system().rmdir(name, folder)
