"""What is never written: the folders of reference storages, however they are reached."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from inspector.catalog.references import Reference, references
from inspector.fs.profile import mounted_parts
from inspector.fs.servers import real_path
from inspector.model.display import display_name
from inspector.model.errors import ProtectedError
from inspector.model.operations import (
    CopyPath,
    EditDatabase,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.records import StorageInfo
from inspector.model.shell_words import quoted
from inspector.repair.seats import Seat, seat_now


@dataclass(frozen=True, slots=True)
class _Folder:
    """The folder of a reference: its real path, and the devices and inodes that it is known by."""

    reference: Reference
    real: str
    seats: frozenset[Seat]
    part: tuple[str, str] | None
    """Its device and its path on that, whatever mount shows it."""


class Protection:
    """Tells whether a place lies in the folder of a reference storage. Made anew for each plan: it asks each once.

    That folder is told by its real path and by its device and inode, so that neither a link or a mount that leads to
    it, nor a storage around it or within it, nor a new identity of what is there, lets anybody write to it.
    """

    def __init__(self, protected: Iterable[Reference]) -> None:
        self._mounts = cache(mounted_parts)
        self._folders = tuple(self._folder_of(one) for one in protected)
        self._holder = cache(self._find_holder)

    @staticmethod
    def of(connection: sqlite3.Connection) -> "Protection":
        """As the catalog says."""
        return Protection(references(connection))

    def refuse(self, storage: StorageInfo) -> None:
        """Return if the storage as a whole may be written.

        Raises:
            ProtectedError: where it is a reference, or lies in one.
        """
        found = self._holder(real_path(storage.root))
        if found is None:
            return
        reference = found.reference
        what = _words(reference, "lies in " if reference.root != storage.root else "")
        advice = f"'inspector reference --off {quoted(reference.root)}' ends that."
        raise ProtectedError(what, path=storage.root, advice=advice)

    def same(self, root: str) -> list[Reference]:
        """The references whose folder is the very one at `root`."""
        real, seat = real_path(root), seat_now(root)
        return [one.reference for one in self._folders if one.real == real or seat in one.seats]

    def obstacle(self, root: str, operations: Sequence[Operation]) -> str | None:
        """Why operations on the storage at `root` may not be done; None where nothing that they write is protected."""
        if not self._folders:
            return None
        real = real_path(root)
        for operation in operations:
            for path, folder in _written(operation):
                found = self._holder(os.path.join(real, folder) if folder else real)
                if found is not None:
                    where = f"{display_name(path)} lies in " if found.reference.root != root else ""
                    return _words(found.reference, where)
        return None

    def _folder_of(self, reference: Reference) -> _Folder:
        real = real_path(reference.root)
        return _Folder(reference, real, _seats(reference), self._part(real))

    def _part(self, path: str) -> tuple[str, str] | None:
        """The device that a real path is on and its path there, as the mount table says."""
        within = [one for one in self._mounts() if path == one[0] or path.startswith(one[0].rstrip("/") + "/")]
        if not within:
            return None
        point, device, top = max(enumerate(within), key=lambda pair: (len(pair[1][0]), pair[0]))[1]
        return device, os.path.normpath(os.path.join(top, os.path.relpath(path, point)))

    def _find_holder(self, path: str) -> _Folder | None:
        """The reference whose folder a real path is, or lies below."""
        seat, part = (seat_now(path), self._part(path)) if self._folders else (None, None)
        for one in self._folders:
            if path == one.real or seat in one.seats or _is_within(part, one.part):
                return one
        above = os.path.dirname(path)
        return self._holder(above) if self._folders and above != path else None


def _is_within(part: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    if part is None or other is None or part[0] != other[0]:
        return False
    return part[1] == other[1] or part[1].startswith(other[1].rstrip("/") + "/")


def _words(reference: Reference, where: str) -> str:
    name = f"'{display_name(reference.name)}'"
    return (
        f"{where}{name}, a reference storage, which is never written"
        if where
        else (f"{name} is a reference storage, which is never written")
    )


def _seats(reference: Reference) -> frozenset[Seat]:
    """The device and inode at a reference's root now, and those that it had, where only its name may have changed.

    Those that it had say nothing where its drive may have gone: another drive has the same numbers then.
    """
    now, then = seat_now(reference.root), reference.seat
    above = seat_now(os.path.dirname(reference.root))
    is_drive_there = then is not None and above is not None and above[0] == then[0]
    return frozenset(one for one in (now, then if is_drive_there else None) if one is not None)


def _written(operation: Operation) -> list[tuple[str, str]]:
    """The paths at which an operation leaves something else than was there, each with the folder that it is in."""
    if isinstance(operation, MovePath):
        paths = [operation.source, operation.target]
    elif isinstance(operation, CopyPath):
        paths = [operation.target]
    else:
        assert isinstance(
            operation, Quarantine | RestorePath | MakePath | UnmakePath | WriteDocument | EditDatabase | WriteSettings
        )
        paths = [operation.path]
    dropping = MovePath | Quarantine | UnmakePath | WriteSettings
    dropped = operation.drop_folders if isinstance(operation, dropping) else ()
    return [*((path, os.path.dirname(path)) for path in paths), *((folder, folder) for folder in dropped)]
