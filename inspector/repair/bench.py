"""What operations on one storage's files work with, and where what is taken away lies."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.fs.moves import Moves
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.model.operations import FileState
from inspector.model.plan import QuarantineEntry
from inspector.model.relpath import split_path
from inspector.repair.manifest import Manifest, stored_path
from inspector.repair.seats import Seat, gone_away, seat_now, seat_of_tree


@dataclass(slots=True)
class Bench:
    """What operations on one storage's files work with: its tree, and the place for what is taken away.

    A context, as it holds folders open; leaving it flushes nothing.
    """

    tree: Tree
    place: Tree
    storage_id: str
    batch: str
    former: Sequence[Tree] = ()
    """Other places with things that were taken away when the storage's place was another one."""
    moves: Moves = field(default_factory=Moves)
    noted: set[str] = field(default_factory=set)
    """The entries that are in the manifest already."""
    back: dict[str, Tree] = field(default_factory=dict)
    """The entries that were brought back since the last flush, each with the place that it was in."""
    listed: dict[Tree, dict[str, QuarantineEntry]] = field(default_factory=dict)
    crosses: bool | None = None
    """What `crosses_devices` found out."""
    seat: Seat | None = None
    """The seat of the storage that is held open, once it was asked for."""
    each: Callable[[int], None] | None = None
    """Hears the size of every block that is copied, and may raise to end that."""

    def expect_there(self) -> None:
        """Return if the storage that is held open is still what its path leads to.

        Raises:
            StorageOfflineError: where its drive was taken away; what is held open may be written to still.
        """
        if self.seat is None:
            self.seat = seat_of_tree(self.tree)
        if seat_now(self.tree.root) != self.seat:
            raise gone_away(self.tree.root)

    def __enter__(self) -> "Bench":
        self.moves.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.moves.__exit__(*error)

    @property
    def manifest(self) -> Manifest:
        """The list of what lies in the place."""
        return Manifest(self.place)

    @property
    def places(self) -> tuple[Tree, ...]:
        """All places, the one that things are taken to first."""
        return (self.place, *self.former)

    @property
    def crosses_devices(self) -> bool:
        """Whether the place is on another device than the storage, so that what comes back has another inode."""
        if self.crosses is None:
            with self.tree.folder("") as root, self.place.folder("") as place:
                self.crosses = os.fstat(root).st_dev != os.fstat(place).st_dev
        return self.crosses

    def lasting(self, state: FileState, digest: str | None) -> FileState:
        """A file's state as it is to be known by later, also where it was taken away and brought back meanwhile."""
        return replace(state, digest=digest) if digest and self.crosses_devices else state

    def holder(self, stored: str) -> Tree:
        """The place in which there is something at this path, the present one where none has it."""
        for place in self.former:
            if not _is_in(self.place, stored) and _is_in(place, stored):
                return place
        return self.place

    def is_in_quarantine(self, entry: str) -> bool:
        """Whether the file of an entry lies in the present place."""
        return _is_in(self.place, place_path(entry))

    def taken(self, place: Tree) -> dict[str, QuarantineEntry]:
        """What lay in a place when that was first asked for, by entry."""
        if place not in self.listed:
            self.listed[place] = {entry.id: entry for entry in Manifest(place).entries()}
        return self.listed[place]

    def flush(self) -> None:
        """Make all that was done certain.

        Raises:
            NotDurableError: where that failed.
            OSError: where a folder cannot be opened any more, or the manifest cannot be written.
        """
        self.moves.flush()
        if self.back:
            back, self.back = self.back, {}
            for place in dict.fromkeys(back.values()):
                entries = [entry for entry, held in back.items() if held is place]
                Manifest(place).all_left(entries, f"restored by {self.batch}")


def _is_in(place: Tree, stored: str) -> bool:
    folder, name = split_path(stored)
    try:
        with place.folder(folder) as above:
            system().stat(name, above)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def place_path(entry: str) -> str:
    """Where an entry lies in the place, relative to it."""
    return str(stored_path(Path(), entry))
