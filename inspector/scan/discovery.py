"""Find storages by their marks: a walk of names only, bounded in depth, that wakes no automount and follows no link."""

import errno
import os
from collections.abc import Callable, Iterator

from inspector.fs.beneath import open_root
from inspector.fs.profile import PSEUDO_FILE_SYSTEMS, mounts
from inspector.fs.servers import is_served, silent_server
from inspector.fs.walk import Listing, UnlistedFolder, walk
from inspector.layouts.registry import layout, nested_layout
from inspector.model.display import display_name
from inspector.model.errors import NotAStorageError
from inspector.model.filekinds import is_noise_folder
from inspector.model.progress import Progress
from inspector.model.records import FoundStorage


def discover(
    roots: list[str],
    depth: int,
    progress: Progress,
    on_found: Callable[[FoundStorage], None] | None = None,
    on_silent: Callable[[str], None] | None = None,
) -> list[FoundStorage]:
    """Find storages in `roots` and at most `depth` folders below them; what lies inside a found one is not looked at.

    Where the server of a mount point does not answer, nothing below that is looked at, and `on_silent` is told of it.

    Raises:
        NotAStorageError: where none of the roots can be opened.
        CancelledByUserError: where the progress was cancelled.
    """
    progress.begin("looking for storages")
    avoided = {point for point, kind in mounts() if kind in PSEUDO_FILE_SYSTEMS}
    silent = _Silent(on_silent)
    found: dict[str, FoundStorage] = {}
    failures: list[OSError] = []
    for root in roots:
        if server := silent.server(root):
            failures.append(OSError(errno.ETIMEDOUT, f"the server of {display_name(server)} does not answer"))
            continue
        try:
            descriptor = open_root(root)
        except OSError as error:
            failures.append(error)
            continue
        try:
            for storage in _below(os.path.realpath(root), descriptor, depth, avoided, silent, progress):
                if storage.root not in found:
                    found[storage.root] = storage
                    if on_found is not None:
                        on_found(storage)
        finally:
            os.close(descriptor)
    if failures and len(failures) == len(roots):
        raise NotAStorageError(
            f"cannot be opened ({failures[0].strerror})", path=roots[0], advice="Name a folder to look in."
        )
    return list(found.values())


class _Silent:
    """Which mount points have a server that does not answer: each is asked when the search comes to it."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self._points = {point for point, kind in mounts() if is_served(kind)}
        self._tell = tell
        self._told: set[str] = set()

    def server(self, path: str) -> str:
        """The mount point of the silent server that a path lies on; empty where there is none."""
        server = silent_server(path)
        if server and server not in self._told:
            self._told.add(server)
            if self._tell is not None:
                self._tell(server)
        return server

    def begins_at(self, path: str) -> bool:
        """Whether a mount point of a silent server is at this real path."""
        return path in self._points and bool(self.server(path))


def _below(
    root: str, descriptor: int, depth: int, avoided: set[str], silent: _Silent, progress: Progress
) -> Iterator[FoundStorage]:
    def enter(listing: Listing) -> list[str]:
        place = _join(root, listing.path)
        if _layout_of(place, listing) is not None:
            return []
        level = listing.path.count("/") + 1 if listing.path else 0
        if level >= depth:
            return []
        return [
            name
            for name in listing.folders
            if not name.startswith(".")
            and not is_noise_folder(name)
            and (inside := _join(place, name)) not in avoided
            and not silent.begins_at(inside)
        ]

    for listing in walk(descriptor, enter):
        progress.check()
        if isinstance(listing, UnlistedFolder):
            continue  # other people's folders; a discovery only offers what can be opened
        progress.current = _join(root, listing.path)
        progress.advance(files=1)
        place = _join(root, listing.path)
        name = _layout_of(place, listing)
        if name is not None:
            yield layout(name).describe(place)


def _layout_of(place: str, listing: Listing) -> str | None:
    return nested_layout(os.path.basename(place), listing.holds)


def _join(root: str, path: str) -> str:
    return os.path.join(root, path) if path else root
