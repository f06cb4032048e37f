"""Which folders of a storage a partial scan has to look at."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one storage, by their paths relative to its root; the empty path is the root itself.

    Of `folders` the files and the names of the folders in them are looked at, and what is new or gone below them; of
    `trees` everything below. `leave_layers` says that a document of the storage is being written, so that the layers
    are to be left as they are; `only_not_known` that nothing was heard, and nobody knows what was before. Nobody
    looks into the folders that are `held`: files are being written in them, and they wait for their turn.
    """

    folders: frozenset[str] = frozenset()
    trees: frozenset[str] = frozenset()
    leave_layers: bool = False
    only_not_known: bool = False
    held: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.folders or self.trees)

    @property
    def is_whole(self) -> bool:
        """Whether it comes to the whole storage."""
        return "" in self.trees


WHOLE = Places(trees=frozenset({""}))
"""All of a storage."""


def parent(path: str) -> str:
    """The path of the folder that a file or folder lies in; the root's is the root."""
    return path.rpartition("/")[0]


def ancestors(path: str) -> Iterable[str]:
    """The folders that a path lies in, the nearest first, the root last; none for the root itself."""
    while path:
        path = parent(path)
        yield path
