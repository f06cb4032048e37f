"""From a profile folder with a database to the storage directories that the database names, and where each of them is.

One that is not at its recorded path is where it was when it was opened last. Another folder with its id may be an old
copy of it, so it stands for one only where nobody can have seen that one here.
"""

import os
from collections.abc import Iterable, Sequence

from inspector.layouts.base import KnownStorage
from inspector.layouts.notecove.database import StorageDirectory, read_database
from inspector.layouts.notecove.identity import is_storage_directory, read_identity
from inspector.layouts.notecove.names import DATABASE, same_id
from inspector.model.display import display_name
from inspector.model.errors import DocumentError, NotAStorageError

_MOST_NAMED = 3
_MOUNTS = ("/media/", "/mnt/", "/run/media/", "/Volumes/")
"""Below these lie drives that come and go, with their folders."""


def members(path: str, known: Sequence[KnownStorage] = ()) -> Sequence[str]:
    """The storage directories of the profile at `path`, a folder with a database or the database itself.

    One that is not at its recorded path is a `known` one, which may be away, or else is found by its id in the profile
    folder. None where it is no such folder.

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
    near = beside(os.path.dirname(database))
    roots = (_member(row, found.directories, near, known) for row in found.directories)
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


def _member(
    row: StorageDirectory, rows: Sequence[StorageDirectory], near: Sequence[str], known: Sequence[KnownStorage]
) -> str | None:
    """Where the storage directory of a row is; where a known one was that is away, as it comes back there."""
    found = root_of(row, known)
    if found is not None:
        return found
    away = next((root for root in _known_roots(row, known) if not os.path.lexists(root)), None)
    return away or stand_in(row, rows, alike_in(row, near), known)


def root_of(row: StorageDirectory, known: Sequence[KnownStorage]) -> str | None:
    """Where the storage directory of this row is: at its path, or where the only known one with its id is.

    None where it is not there, and where one of several that are known is away: it may be that one.
    """
    if os.path.isabs(row.path) and is_meant(row, row.path):
        return os.path.realpath(row.path)
    roots = {os.path.realpath(root) for root in _known_roots(row, known)}
    return roots.pop() if len(roots) == 1 and all(is_meant(row, root) for root in roots) else None


def _known_roots(row: StorageDirectory, known: Sequence[KnownStorage]) -> list[str]:
    return [one.root for one in known if any(same_id(one.identity, other) for other in (row.id, row.uuid) if other)]


def alike_in(row: StorageDirectory, folders: Iterable[str]) -> str | None:
    """The first of these folders that is a storage directory with the id of this row, whatever it is a copy of."""
    return next((os.path.realpath(folder) for folder in folders if is_meant(row, folder)), None)


def stand_in(
    row: StorageDirectory, rows: Iterable[StorageDirectory], alike: str | None, known: Sequence[KnownStorage]
) -> str | None:
    """The folder with the id of a row where it is taken for that directory; None where it may be a copy of it.

    It is taken for it where the recorded paths are those of another machine, and no known storage has the id. `rows`
    are all of the database.
    """
    if alike is None or _known_roots(row, known) or _may_come_back(row.path):
        return None
    if any(os.path.isabs(one.path) and is_meant(one, one.path) for one in rows):
        return None  # the program uses this database here
    try:
        chosen = read_identity(alike).chosen
    except (OSError, ValueError):
        return None
    return alike if chosen is not None and not any(same_id(one.identity, chosen) for one in known) else None


def _may_come_back(path: str) -> bool:
    """Whether what is not at this path may be away for a while only: on a drive, or out of a folder that is there."""
    return path.startswith(_MOUNTS) or os.path.isdir(os.path.dirname(path.rstrip("/")))


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
