"""Where a storage that went away is now: its drive may be mounted elsewhere, or its folder have another name."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from inspector.fs.profile import PSEUDO_FILE_SYSTEMS, mounts, profile_of
from inspector.fs.servers import silent_server
from inspector.layouts.base import Layout
from inspector.model.display import display_name
from inspector.model.errors import NotAStorageError
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.scan.discovery import discover

_FOLDERS_DOWN = 2
"""How deep a drive that was mounted meanwhile is looked through; the storage's old place on it is tried whatever."""
_SECONDS_OF_COPYING = 60.0
"""For so long after something came beside a storage it may be a copy whose mark has not arrived yet."""
_SECONDS_BETWEEN_LOOKS = 10.0

_Place = tuple[int, int]


class Seeking:
    """Looks for one storage by its id. Each look is short where nothing was mounted and nothing renamed beside it.

    A copy has the same id. What lay beside the storage while it was there is none to take for it, nor is another folder
    of its own file system; and of several that could be it, none is taken.
    """

    def __init__(
        self, storage: StorageInfo, layout: Layout, came_from: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`came_from` is the root that the storage was at before it was found at the one that it has."""
        self._storage = storage
        self._layout = layout
        self._clock = clock
        self._has_id = storage.identity != storage.root
        self._mounts = mounts() if self._has_id else ()
        self._signs: tuple[object, ...] | None = None
        self._there_signs: tuple[object, ...] | None = None
        self._copying_until = self._look_again_at = 0.0
        self._place: _Place | None = None
        self._copies: set[_Place] = set()
        self.came_from = came_from
        self.is_proved = False
        """Whether what was found is by its device and inode the folder that went away."""
        self.clones = ""
        """In words, where the id of the storage lies that is away, though nothing there was taken for it."""

    def look(self) -> str | None:
        """The path of the storage's root, None where it is nowhere, or nothing changed since the last look.

        Blocks on disks. A storage whose identity is its path is nowhere else.
        """
        if not self._has_id or silent_server(self._storage.root):
            return None  # it is where it was, behind a server that does not answer
        there = mounts()
        beside = os.path.dirname(self._storage.root)
        signs = (there, _mtime_ns(beside))
        if signs == self._signs:
            return None
        self._signs = signs
        before, self._mounts = self._mounts, there
        found = self._carriers(there, [point for point, _ in there if point not in dict(before)])
        self.clones = _in_words(list(found.values()))
        if len(found) != 1:
            return None
        ((place, path),) = found.items()
        if not self._may_be_the_storage(place):
            return None
        self.clones, self.is_proved = "", place == self._place
        return path

    def note_there(self) -> str | None:
        """Note which copies lie beside the storage while it is there; blocks on disks.

        Returns the root that it came from where its id is there again, in another folder.
        """
        if not self._has_id:
            return None
        self._place, self.clones, self._signs = _place_of(self._storage.root) or self._place, "", None
        there, now = mounts(), self._clock()
        signs = (there, _mtime_ns(os.path.dirname(self._storage.root)), _place_of(self.came_from))
        if signs != self._there_signs:
            self._copying_until = now + _SECONDS_OF_COPYING
        elif now >= self._copying_until or now < self._look_again_at:
            return None
        self._there_signs, self._look_again_at, self._mounts = signs, now + _SECONDS_BETWEEN_LOOKS, there
        self._copies |= self._carriers(there, []).keys()
        came_back = self.came_from and _place_of(self.came_from) not in {None, self._place}
        return self.came_from if came_back and self._is_it(self.came_from) else None

    def _may_be_the_storage(self, place: _Place) -> bool:
        """Whether a folder with its id may be the storage and no copy of it."""
        if self._place is None:
            return True
        if place[0] == self._place[0] and profile_of(self._storage.file_system).trust_identity:
            return place == self._place
        return place not in self._copies

    def _carriers(self, there: tuple[tuple[str, str], ...], new: list[str]) -> dict[_Place, str]:
        """The folders that have its id, each once by whichever path, but for the one at its root."""
        found: dict[_Place, str] = {}
        looked_at = {self._storage.root}
        for path in self._candidates(there, new, os.path.dirname(self._storage.root)):
            if path not in looked_at and self._is_it(path) and (place := _place_of(path)) is not None:
                found.setdefault(place, path)
            looked_at.add(path)
        at_its_root = _place_of(self._storage.root)
        if at_its_root is not None and self._is_it(self._storage.root):
            found.pop(at_its_root, None)
        return found

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
        if silent_server(path):
            return False
        try:
            recognition = self._layout.recognise(path)
        except OSError:
            return False
        return recognition is not None and recognition.identity == self._storage.identity


def _in_words(paths: list[str]) -> str:
    if not paths:
        return ""
    named = " and ".join(display_name(path) for path in sorted(paths))
    if len(paths) == 1:
        return f"a copy with its id is at {named}"
    return f"copies with its id are at {named}: open the one that is meant by its path"


def _found(top: str, depth: int) -> list[str]:
    try:
        return [storage.root for storage in discover([top], depth, Progress())]
    except (NotAStorageError, OSError):
        return []


def _place_of(folder: str) -> _Place | None:
    if silent_server(folder):
        return None
    with suppress(OSError):
        status = os.stat(folder)
        return status.st_dev, status.st_ino
    return None


def _mtime_ns(folder: str) -> int | None:
    if silent_server(folder):
        return None
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return None
