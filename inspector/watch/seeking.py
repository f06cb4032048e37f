"""Where a storage that went away is now: its drive may be mounted elsewhere, or its folder have another name."""

import os
from collections.abc import Iterator

from inspector.fs.profile import PSEUDO_FILE_SYSTEMS, mounts, profile_of
from inspector.layouts.base import Layout
from inspector.model.errors import NotAStorageError
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.scan.discovery import discover

_FOLDERS_DOWN = 2
"""How deep a drive that was mounted meanwhile is looked through; the storage's old place on it is tried whatever."""


class Seeking:
    """Looks for one storage by its id. Each look is short where nothing was mounted and nothing renamed beside it."""

    def __init__(self, storage: StorageInfo, layout: Layout) -> None:
        self._storage = storage
        self._layout = layout
        self._has_id = storage.identity != storage.root
        self._mounts = mounts() if self._has_id else ()
        self._signs: tuple[object, ...] | None = None

    def look(self) -> str | None:
        """The path of the storage's root, None where it is nowhere, or nothing changed since the last look.

        Blocks on disks. A storage whose identity is its path is nowhere else.
        """
        if not self._has_id:
            return None
        there = mounts()
        beside = os.path.dirname(self._storage.root)
        signs = (there, _mtime_ns(beside))
        if signs == self._signs:
            return None
        self._signs = signs
        before, self._mounts = self._mounts, there
        looked_at = {self._storage.root}
        for path in self._candidates(there, [point for point, _ in there if point not in dict(before)], beside):
            if path not in looked_at and self._is_it(path):
                return path
            looked_at.add(path)
        return None

    def _candidates(self, there: tuple[tuple[str, str], ...], new: list[str], beside: str) -> Iterator[str]:
        """Its place below each mount point, then what is found on new ones, then the folders beside its old one."""
        parts = self._storage.root.strip("/").split("/")
        points = [point for point, kind in there if self._may_be_on(kind)]
        for point in reversed(points):  # the last one mounted first
            for count in range(len(parts), -1, -1):
                yield os.path.join(point, *parts[len(parts) - count :])
        for point in new:
            if point in points:
                yield from _found(point, _FOLDERS_DOWN)
        yield from _found(beside, 1)

    def _may_be_on(self, file_system: str) -> bool:
        """A server that does not answer must not be waited for because of a drive."""
        if file_system in PSEUDO_FILE_SYSTEMS:
            return False
        return not profile_of(file_system).network or file_system == self._storage.file_system

    def _is_it(self, path: str) -> bool:
        try:
            recognition = self._layout.recognise(path)
        except OSError:
            return False
        return recognition is not None and recognition.identity == self._storage.identity


def _found(top: str, depth: int) -> list[str]:
    try:
        return [storage.root for storage in discover([top], depth, Progress())]
    except (NotAStorageError, OSError):
        return []


def _mtime_ns(folder: str) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return None
