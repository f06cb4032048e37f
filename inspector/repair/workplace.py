"""Open what operations on one storage work with, and leave no empty folder of ours behind."""

import os
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from stat import S_ISREG

from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.repair.bench import Bench
from inspector.repair.history import FormerHomes
from inspector.repair.kept_versions import GENERATIONS
from inspector.repair.manifest import MANIFEST, Manifest, is_entry_id
from inspector.repair.seats import Seat, gone_away, seat_of_tree
from inspector.repair.store import drop_empty_place, known_places, make_place, place_for


def places_of_storage(root: str, storage_id: str, state_folder: Path) -> list[Path]:
    """Every place that may hold something of a storage, wherever it lay when that was taken away; the present first.

    Raises:
        JournalError: where the journal's folder cannot be read.
    """
    return known_places(root, storage_id, state_folder, *FormerHomes(state_folder).of(storage_id, root))


def open_bench(
    stack: ExitStack,
    root: str,
    storage_id: str,
    batch: str,
    state_folder: Path,
    *,
    with_former: bool,
    seat: Seat | None = None,
) -> Bench:
    """A bench for a batch's operations on a storage, its place made where it is not there yet.

    `with_former` opens the places as well that things were taken to when they were the present ones; else nothing is
    brought back from those. `seat` is what `seat_now` said when the storage was found to be at `root`.

    Raises:
        StorageOfflineError: where something else is at `root` by now.
        OSError: where the root or a place cannot be opened.
        JournalError: as `places_of_storage` does.
    """
    tree = stack.enter_context(Tree(root))
    if seat is not None and seat_of_tree(tree) != seat:
        raise gone_away(root)
    place = place_for(root, storage_id, state_folder)
    make_place(place, tree)
    held = stack.enter_context(Tree(str(place)))
    former: list[Tree] = []
    for folder in places_of_storage(root, storage_id, state_folder) if with_former else ():
        if folder != place and folder.is_dir():
            former.append(stack.enter_context(Tree(str(folder))))
    bench = stack.enter_context(Bench(tree, held, storage_id, batch, tuple(former)))
    bench.expect_there()  # what was reached by its path just now is what is held, then
    return bench


def tidy(places: Iterable[Path], batch: str, entries: Iterable[str] = ()) -> None:
    """Remove folders that are empty by now: a batch's, those of the batches of `entries` and versions', and the places.

    The list of what lies in a place goes too where no file does, and each that it names is known to have left.

    Entries are ids of what was brought back. What cannot be removed stays: nothing is lost by that.
    """
    names = {batch, *(entry.rpartition(".")[0] for entry in entries if is_entry_id(entry))}
    for place in places:
        with suppress(OSError), Tree(str(place)) as tree, tree.folder("") as above:
            for name in (*names, GENERATIONS):
                with suppress(OSError):  # it is not there, or something is in it
                    system().rmdir(name, above)
            holds_files = set(os.listdir(above)) - {MANIFEST, GENERATIONS}
            if not holds_files and S_ISREG(system().stat(MANIFEST, above).st_mode) and Manifest(tree).is_settled():
                system().unlink(MANIFEST, above)
        drop_empty_place(place)
