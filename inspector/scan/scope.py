"""Walk a part of a storage: the folders that are said to have changed, and what follows from what is seen there."""

import errno
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from inspector.catalog.files import FileRows
from inspector.fs.beneath import FOLDER_FLAGS, open_beneath
from inspector.fs.walk import Listing, UnlistedFolder, walk
from inspector.model.filekinds import is_noise_folder
from inspector.model.places import Places, ancestors, parent
from inspector.model.relpath import join_path
from inspector.scan.gone import Gone

Enter = Callable[[Listing], list[str]]
_NO_FOLDER = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV, errno.ENAMETOOLONG, errno.EINVAL})


class Scope:
    """The part of one storage that a scan looks at.

    It rests on one thing: a folder is sealed in the catalog as long as it is known to be there with all its files. So
    a folder whose name is in a listing and that is not sealed is new, and walked whole; one that is known below a
    listed folder and not in its listing is gone, with all below it.

    What is held back is not looked into and nothing in it counts as gone. It is looked at when its turn comes: until
    then it is not sealed, where it is new, or sealed as it was.
    """

    def __init__(self, rows: FileRows, gone: Gone, root_fd: int, places: Places, nested: Sequence[str]) -> None:
        """`nested` is where the scan notes the storages within this one while it goes on."""
        self._rows = rows
        self._gone = gone
        self._root_fd = root_fd
        self._places = places
        self._nested = nested
        self._nested_before = rows.nested()
        self._seen: set[str] = set()

    def walk(self, enter: Enter) -> Iterator[Listing | UnlistedFolder]:
        """As `fs.walk.walk` does, parents first, for this part; `enter` returns the folders worth going into."""
        self._gone.doubt(())
        held = self._places.held
        unsettled = [(os.fsdecode(path), failed) for path, failed in self._rows.unsettled()]
        trees = {*self._places.trees, *(path for path, failed in unsettled if failed)}
        folders = {*self._places.folders, *(path for path, failed in unsettled if not failed), *map(parent, trees)}
        for tree in sorted(trees - held):
            if tree not in self._seen and not _is_noise(tree) and self._opens(tree) and not self._is_within(tree):
                self._gone.doubt(one for one, _, _ in self._rows.at_and_below(os.fsencode(tree)))
                looks = enter if tree not in self._places.trees else self._sparing(enter)
                yield from self._noted(walk(self._root_fd, looks, start=tree))
        for folder in sorted(self._reachable(folders)):
            if folder not in held and folder not in self._seen and not self._is_within(folder):
                yield from self._noted(walk(self._root_fd, self._entering(folder, enter), start=folder))

    def nested(self) -> list[str]:
        """The storages within this one: those that were found, and the known ones that were not looked at."""
        kept = [path for path in self._nested_before if path not in self._seen and self._opens(path)]
        known = dict.fromkeys([*self._nested, *kept])
        return [path for path in known if known.keys().isdisjoint(ancestors(path))]

    def _noted(self, listings: Iterator[Listing | UnlistedFolder]) -> Iterator[Listing | UnlistedFolder]:
        try:
            for folder in listings:
                if folder.path not in self._seen:
                    self._seen.add(folder.path)
                    yield folder
        except FileNotFoundError:
            return  # it went away just now, and whoever notices that looks at the folder that it was in

    def _sparing(self, enter: Enter) -> Enter:
        return lambda listing: self._without_held(listing.path, enter(listing))

    def _without_held(self, folder: str, names: list[str]) -> list[str]:
        """What to go into of a folder without what is held back.

        What is known of that is not doubted, but for what was looked at below it.
        """
        held = [name for name in names if join_path(folder, name) in self._places.held]
        for top in (join_path(folder, name) for name in held):
            self._gone.trust(
                one for one, path, _ in self._rows.at_and_below(os.fsencode(top)) if not self._saw_above(path, top)
            )
        return [name for name in names if name not in held] if held else names

    def _saw_above(self, path: bytes, top: str) -> bool:
        """Whether a folder that this path lies in, at or below `top`, was looked at."""
        return any(
            above in self._seen for above in ancestors(os.fsdecode(path)) if above == top or above.startswith(f"{top}/")
        )

    def _entering(self, top: str, enter: Enter) -> Enter:
        """What to go into below `top`, whose listing shows which of its folders are new and which are gone."""

        def chosen(listing: Listing) -> list[str]:
            names = enter(listing)
            if listing.path != top:
                return self._without_held(listing.path, names)
            known = self._rows.at_and_below(os.fsencode(top))
            start = len(os.fsencode(top)) + 1 if top else 0
            sealed = {path[start:] for _, path, is_sealed in known if is_sealed and b"/" not in path[start:]}
            stay = sealed.intersection(os.fsencode(name) for name in names)
            self._gone.doubt(one for one, path, _ in known if path[start:].partition(b"/")[0] not in stay)
            return self._without_held(top, [name for name in names if os.fsencode(name) not in stay])

        return chosen

    def _reachable(self, paths: Iterable[str]) -> Collection[str]:
        """These folders, each with those that it lies in up to one that is sealed; what is no folder is left out."""
        found: set[str] = set()
        for path in paths:
            if _is_noise(path):
                continue
            while path not in found:
                if self._opens(path):
                    found.add(path)
                    if self._rows.is_sealed(os.fsencode(path)):
                        break
                if not path:
                    break
                path = parent(path)
        return found

    def _opens(self, path: str) -> bool:
        """Whether there is a folder of this path; one that must not be read counts, as it has to be said of it."""
        try:
            os.close(open_beneath(self._root_fd, path, FOLDER_FLAGS))
        except OSError as error:
            return error.errno not in _NO_FOLDER
        return True

    def _is_within(self, folder: str) -> bool:
        """Whether a folder lies in a storage of its own, as far as is known; that one may be one no more itself."""
        return any(above in self._nested or above in self._nested_before for above in ancestors(folder))


def _is_noise(path: str) -> bool:
    """Whether nothing of a storage is there: a folder of another program's on the way, or no folder's path."""
    parts = path.split("/") if path else []
    return not {"", ".", ".."}.isdisjoint(parts) or any(map(is_noise_folder, parts))
