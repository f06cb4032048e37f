"""Walk a tree: one thread, one listing per folder, every file's stat relative to the folder's descriptor.

More threads only make a walk slower: the interpreter lock is the limit, not the disk.
"""

import os
import stat
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath
from inspector.model.filestat import StatRow as StatRow


@dataclass(slots=True)
class Listing:
    """One folder: the names in it by type, files in byte order. `descriptor` is open only until the walk goes on."""

    path: str
    descriptor: int
    device: int
    inode: int
    files: list[bytes] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)

    def holds(self, name: str) -> bool:
        """Whether a file or a folder of this name is in it."""
        encoded = name.encode("utf-8", "surrogateescape")
        place = bisect_left(self.files, encoded)
        return (place < len(self.files) and self.files[place] == encoded) or name in self.folders


@dataclass(frozen=True, slots=True)
class UnlistedFolder:
    """A folder that could not be listed; what lies below it is unknown, not gone."""

    path: str
    error: OSError


def walk(
    root_fd: int, enter: Callable[[Listing], list[str]] | None = None, start: str = ""
) -> Iterator[Listing | UnlistedFolder]:
    """Yield every folder below `root_fd`, parents first, never through a link, each folder once.

    `enter` is given a listing and returns the names of the folders to go into; by default all of them.
    """
    pending = [start]
    seen: set[tuple[int, int]] = set()
    while pending:
        path = pending.pop()
        try:
            descriptor = open_beneath(root_fd, path, FOLDER_FLAGS)
        except FileNotFoundError:
            if path == start:
                raise
            continue  # went away since its parent was listed; its files are looked up like any other missing ones
        except OSError as error:
            yield UnlistedFolder(path, error)
            continue
        try:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) in seen:
                continue  # a bind mount or a loop
            seen.add((status.st_dev, status.st_ino))
            listing = Listing(path, descriptor, status.st_dev, status.st_ino)
            try:
                _list(listing)
            except OSError as error:
                yield UnlistedFolder(path, error)
                continue
            yield listing
            inside = listing.folders if enter is None else enter(listing)
            prefix = f"{path}/" if path else ""
            pending.extend(prefix + name for name in reversed(inside))
        finally:
            os.close(descriptor)


def _list(listing: Listing) -> None:
    files, folders, links, special = listing.files, listing.folders, listing.links, listing.special
    with os.scandir(listing.descriptor) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                files.append(entry.name.encode("utf-8", "surrogateescape"))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_symlink():
                links.append(entry.name)
            else:
                special.append(entry.name)
    files.sort()
    folders.sort()
    links.sort()
    special.sort()


def stat_rows(descriptor: int, names: list[bytes]) -> tuple[list[StatRow], list[bytes], list[tuple[bytes, OSError]]]:
    """Stat `names` in the folder `descriptor`: rows, names that vanished or are no files now, names that failed."""
    rows: list[StatRow] = []
    vanished: list[bytes] = []
    failed: list[tuple[bytes, OSError]] = []
    status_of = os.stat
    is_regular = stat.S_ISREG
    for name in names:
        try:
            status = status_of(name, dir_fd=descriptor, follow_symlinks=False)
        except FileNotFoundError:
            vanished.append(name)
            continue
        except OSError as error:
            failed.append((name, error))
            continue
        if not is_regular(status.st_mode):
            vanished.append(name)
            continue
        rows.append((name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
    return rows, vanished, failed
