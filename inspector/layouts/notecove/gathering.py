"""From a profile folder with a database to the storage directories that the database names."""

import os
from collections.abc import Sequence

from inspector.layouts.notecove.database import StorageDirectory, read_database
from inspector.layouts.notecove.identity import is_storage_directory, read_identity
from inspector.layouts.notecove.names import DATABASE, same_id
from inspector.model.display import display_name
from inspector.model.errors import DocumentError, NotAStorageError

_MOST_NAMED = 3


def members(path: str, known: Sequence[str] = ()) -> Sequence[str]:
    """The storage directories of the profile at `path`, a folder with a database or the database itself.

    One that moved is found by its id: in the profile folder, or at one of the `known` roots. None where it is no such
    folder.

    Raises:
        NotAStorageError: where the database cannot be read, or not one of its storage directories is there.
    """
    database = path if os.path.basename(path) == DATABASE else os.path.join(path, DATABASE)
    if not os.path.isfile(database):
        return ()
    try:
        found = read_database(os.path.realpath(database))
    except FileNotFoundError:
        return ()
    except DocumentError as error:
        raise NotAStorageError(
            f"is the database of a profile of NoteCove, and {error.message}",
            path=database,
            advice="Open its storage directories by their own folders.",
        ) from error
    if not found.is_of_program:
        size = "is empty" if not os.path.getsize(database) else "has no table of storage directories"
        raise NotAStorageError(
            f"is called like the database of a profile of NoteCove, and {size}",
            path=database,
            advice="Open storage directories by their own folders; move the file away if it is none of NoteCove's.",
        )
    near = [*beside(os.path.dirname(database)), *known]
    roots = (root_of(row, near) for row in found.directories)
    there = tuple(dict.fromkeys(root for root in roots if root is not None))
    if found.directories and not there:
        named = ", ".join(display_name(row.path) for row in found.directories[:_MOST_NAMED])
        raise NotAStorageError(
            f"names {_in_words(len(found.directories))} of NoteCove, of which none is there: {named}",
            path=database,
            advice="Connect or mount the drive, or open a storage directory by its own folder.",
        )
    return there


def _in_words(directories: int) -> str:
    return "a storage directory" if directories == 1 else f"{directories:,} storage directories"


def root_of(row: StorageDirectory, near: Sequence[str]) -> str | None:
    """Where the storage directory of this row is: at its path, or one of the folders `near`; None where it is not."""
    for root in (row.path, *near):
        if os.path.isabs(root) and is_meant(row, root):
            return os.path.realpath(root)
    return None


def is_meant(row: StorageDirectory, root: str) -> bool:
    """Whether the storage directory at `root` states the id of this row."""
    try:
        if not is_storage_directory(root):
            return False
        identity = read_identity(root)
    except (OSError, ValueError):
        return False
    stated = [one for one in (identity.sd_id, identity.legacy_id) if one is not None]
    return any(same_id(one, other) for one in stated for other in (row.id, row.uuid) if other)


def beside(folder: str) -> list[str]:
    """The folders in this one; none where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(os.path.abspath(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
