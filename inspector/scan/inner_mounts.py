"""Drives that are mounted on folders within a storage: what lies on one that is not there is away, and not gone."""

import os

from inspector.catalog.files import FileRows, KnownFolder
from inspector.fs.walk import Listing
from inspector.model.places import ancestors

NOT_THERE = "the file system that was mounted here is not there"
COVERED = "another file system is mounted over it"
ANOTHER = "another file system is mounted here than before"


class InnerMounts:
    """The folders of one scan of one storage that are on another device than its root, or were.

    `expected_missing` is a person's word on how many files are gone on purpose. A drive with no more than these on it
    is one that does not come back, and what is in its place counts.
    """

    def __init__(self, rows: FileRows, device: int) -> None:
        """`device` is that of the root now."""
        self.expected_missing = 0
        self._rows = rows
        self._device = device
        self._device_before = rows.device() or device
        self._away: set[str] = set()

    def is_away(self, path: str) -> bool:
        """Whether a folder lies on a drive that is not there, or is covered by one."""
        return path in self._away or not self._away.isdisjoint(ancestors(path))

    def why_away(self, known: KnownFolder, listing: Listing) -> str:
        """Why what is known of a folder is not what its path leads to now; empty where it is."""
        if not listing.path or known.device in {0, listing.device}:
            return ""
        was_inner, is_inner = known.device != self._device_before, listing.device != self._device
        if not was_inner and not is_inner:
            return ""  # all of the storage is on another device now
        names = self._known_names(os.fsencode(listing.path), known)
        there = sum(listing.holds(os.fsdecode(name)) for name in names)
        reason = (ANOTHER if was_inner else COVERED) if is_inner else NOT_THERE
        is_as_known = there > 0 if is_inner else there == len(names)
        if not names or is_as_known or self._is_meant_to_be_gone(os.fsencode(listing.path)):
            return ""
        self._away.add(listing.path)
        return reason

    def lost(self, unvisited: list[tuple[bytes, int]]) -> list[bytes]:
        """Of folders (path, device) that a scan did not find, the mount points that went with their drives."""
        found: list[bytes] = []
        for path, device in sorted(unvisited):
            if device in {0, self._device_before} or any(path.startswith(one + b"/") for one in found):
                continue
            if not self.is_away(os.fsdecode(path)) and not self._is_meant_to_be_gone(path):
                found.append(path)
        return found

    def _known_names(self, path: bytes, known: KnownFolder) -> set[bytes]:
        """The names of the files and folders in a folder that are known to be there."""
        files = self._rows.files_between(known, None, None)
        start = len(path) + 1
        below = (one[start:] for _, one, is_sealed in self._rows.at_and_below(path) if is_sealed and len(one) > start)
        return {name for name, file in files.items() if file.gone_ns is None} | {one.split(b"/")[0] for one in below}

    def _is_meant_to_be_gone(self, path: bytes) -> bool:
        return 0 < self._rows.media_below(path) <= self.expected_missing
