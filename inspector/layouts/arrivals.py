"""What a layout says of a picture from outside that is to be put into one of its storages; it writes nothing."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from inspector.layouts.base import Surroundings
from inspector.model.operations import EditDatabase


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A picture from outside: the name of its file, its format by its bytes, and its size in bytes.

    `format` is Pillow's name for it, ``SVG`` for a drawing, and empty for a picture that nothing here decodes. `key` is
    the key that its bytes give, where the layout names files by their content; `now_ms` is when it comes.
    """

    name: str
    format: str
    size: int
    key: str | None
    now_ms: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a picture goes in a storage, and what has to be written about it."""

    path: str
    """Where it is to lie, relative to the storage's root."""
    also_as: tuple[str, ...] = ()
    """Other paths at which the same picture would lie, should it be there already."""
    edits: tuple[EditDatabase, ...] = ()
    """What registers it."""
    unregistered: tuple[str, ...] = ()
    """Why it is not registered, or not everywhere, in words."""


@runtime_checkable
class Receiving(Protocol):
    """What a layout adds whose storages take in single pictures from outside."""

    def arrival(self, root: str, surroundings: Surroundings, picture: Newcomer) -> Arrival:
        """Where a picture goes in the storage at `root`.

        Raises:
            CannotRepairError: where the storage takes in no such picture; the message is the reason, in words.
        """

    def held(self, root: str, surroundings: Surroundings, picture: Newcomer, path: str) -> Arrival | None:
        """What registers a picture whose bytes a file of the storage at `root` has already, where that is not done.

        None where the program would not find them at that `path`, so that they have to be put where it does.
        """
