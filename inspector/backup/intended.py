"""Copies that a run was just about to put in their places when it was cut short: the bytes tell which of them are.

Each is noted before it takes the place of a former one, so that every copy is at all times known by its digest.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from inspector.backup.copying import digest_in
from inspector.backup.manifest import Folder, Row, in_order, merged
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import FileChangedError
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path


def with_intended(tree: Tree, noted: Iterable[Folder], intended: Iterable[Folder]) -> Iterator[Folder]:
    """The folders that are noted, with the rows of those copies that got their places after all."""
    by_path = {folder.path: folder for folder in in_order(intended)}
    places = [replace(folder, rows={}) for folder in by_path.values()]
    for folder in merged(noted, places) if places else noted:
        own = by_path.get(folder.path)
        if own is None:
            yield folder
            continue
        rows = dict(folder.rows)
        for row in own.rows.values():
            came = _as_it_came_out(tree, folder.path, row, rows.get(row.name))
            if came is not None:
                rows[row.name] = came
        yield replace(folder, rows=rows)


def _as_it_came_out(tree: Tree, folder: str, row: Row, former: Row | None) -> Row | None:
    """What is to be noted of a copy that was to get its place; None where it did not."""
    path = row.at or join_path(folder, row.name)
    above, name = split_path(path)
    with suppress(FileChangedError, OSError), tree.folder(above) as place:
        status = system().stat(name, place)
        if status.st_size != row.size:
            return None
        if former is not None and (former.digest, former.copy_mtime_ns) == (row.digest, status.st_mtime_ns):
            return None  # it was to get another time only, and has its former one
        if digest_in(place, name, path, Progress()) != row.digest:
            return None
        if status.st_mtime_ns == row.copy_mtime_ns:
            return row
        return row._replace(copy_mtime_ns=status.st_mtime_ns, ctime_ns=0, inode=0)  # the next run looks at it again
    return None
