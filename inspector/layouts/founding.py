"""What a layout says of new storages, of those of older programs, and of its program's list of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from inspector.layouts.base import Surroundings
from inspector.layouts.repairs import Facts
from inspector.model.operations import Operation


@dataclass(frozen=True, slots=True)
class Identity:
    """Which storage is meant: its root, the id that its documents state, and its name."""

    root: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Founding:
    """What makes a storage of a folder. `words` say what it comes to, `notes` what else people have to know."""

    identity: Identity
    operations: tuple[Operation, ...]
    words: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registering:
    """What enters a storage in its program's list; without operations `already` says why there is nothing to do.

    `before` and `after` are for reading. `notes` are what else people have to know.
    """

    operations: tuple[Operation, ...] = ()
    before: str = ""
    after: str = ""
    already: str = ""
    notes: tuple[str, ...] = ()


@runtime_checkable
class Creating(Protocol):
    """What a layout adds of which storages can be made in any folder."""

    name: str

    def founding(self, root: str, name: str) -> Founding:
        """What makes a storage of the folder at `root`, called `name`, or as the folder where that is empty.

        Raises:
            CannotRepairError: where it is one already, or cannot be one.
        """


@runtime_checkable
class Migrating(Protocol):
    """What a layout adds whose older programs left storages that can become ones of today."""

    def migration(self, facts: Facts) -> Founding:
        """What makes a storage of today of an older one; whose own documents stay as they are.

        The keys of its pictures have been computed, as far as they can be.

        Raises:
            CannotRepairError: where it is none, or cannot be read.
        """


@runtime_checkable
class KeepsSettings(Protocol):
    """What a layout adds whose program keeps a list of its storages on each machine, outside of them."""

    def settings_files(self, surroundings: Surroundings) -> Sequence[str]:
        """The absolute paths of the files that may be written for that; no other one ever is."""

    def registered(self, root: str) -> Identity:
        """The storage at `root` as the list has it.

        Raises:
            CannotRepairError: where it is no storage that can be listed, with the reason.
        """

    def registering(self, storage: Identity, surroundings: Surroundings) -> Registering:
        """What enters a storage in the list, or says where it is by now.

        Raises:
            CannotRepairError: where it cannot be entered, with the reason.
        """
