"""From a profile folder with a database to the storage directories that the database names."""

import os
from collections.abc import Sequence

from inspector.layouts.notecove.database import Database, StorageDirectory, read_database
from inspector.layouts.notecove.identity import is_storage_directory, read_identity
from inspector.layouts.notecove.names import DATABASE, same_id
from inspector.model.errors import DocumentError


def members(path: str) -> Sequence[str]:
    """The storage directories of the profile at `path`, a folder with a database or the database itself.

    One that moved is found in the profile folder, by its id. None where it is no such folder, or cannot be read.
    """
    database = path if os.path.basename(path) == DATABASE else os.path.join(path, DATABASE)
    if not os.path.isfile(database):
        return ()
    try:
        found = read_database(database)
    except (FileNotFoundError, DocumentError):
        return ()
    beside = _beside(os.path.dirname(database))
    roots = (_root_of(row, found, beside) for row in found.directories)
    return tuple(dict.fromkeys(root for root in roots if root is not None))


def _root_of(row: StorageDirectory, database: Database, beside: Sequence[str]) -> str | None:
    for root in (row.path, *beside):
        if os.path.isabs(root) and _is_meant(row, root):
            return os.path.realpath(root)
    return None


def _is_meant(row: StorageDirectory, root: str) -> bool:
    """Whether the storage directory at `root` states the id of this row."""
    try:
        if not is_storage_directory(root):
            return False
        identity = read_identity(root)
    except (OSError, ValueError):
        return False
    stated = [one for one in (identity.sd_id, identity.legacy_id) if one is not None]
    return any(same_id(one, other) for one in stated for other in (row.id, row.uuid) if other)


def _beside(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(os.path.abspath(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
