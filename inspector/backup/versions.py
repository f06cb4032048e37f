"""The former versions of one path that a backup keeps: where they lie, and which of them has the wanted bytes."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from inspector.backup.copying import digest_in
from inspector.backup.manifest import Row
from inspector.backup.names import VERSIONS
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import FileChangedError
from inspector.model.progress import Progress
from inspector.model.relpath import split_path


def versions_of(tree: Tree, path: str) -> Iterator[str]:
    """The paths in the backup of the former versions of a file, those of the last run first."""
    try:
        with tree.folder(VERSIONS) as folder:
            runs = sorted(os.listdir(folder), reverse=True)
    except OSError:
        return
    for run in runs:
        found = []
        wanted = f"{VERSIONS}/{run}/{path}"
        while _is_file(tree, wanted):
            found.append(wanted)
            wanted = f"{VERSIONS}/{run}/{path}.{len(found)}"
        yield from reversed(found)


def version_with_bytes_of(tree: Tree, row: Row, path: str, progress: Progress) -> str | None:
    """Where a former version lies that has the very bytes that are noted of a file; None where there is none.

    Raises:
        CancelledByUserError: where the progress was cancelled.
    """
    for found in versions_of(tree, path):
        above, name = split_path(found)
        with suppress(OSError, FileChangedError), tree.folder(above) as folder:
            is_as_long = system().stat(name, folder).st_size == row.size
            if is_as_long and digest_in(folder, name, found, progress) == row.digest:
                return found
    return None


def _is_file(tree: Tree, path: str) -> bool:
    above, name = split_path(path)
    with suppress(OSError), tree.folder(above) as folder:
        return stat.S_ISREG(system().stat(name, folder).st_mode)
    return False
