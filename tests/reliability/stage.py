"""A place where the world is made anew for every run, and the two things it can become."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inspector.fs.system import System, use_system
from inspector.model.plan import BatchInfo, ItemState
from inspector.model.progress import Progress
from inspector.repair.desk import Desk
from inspector.repair.history import batch_info, batch_infos, interrupted
from tests.reliability.verdict import Known, contents_of, folders_of, picture_of, states_of
from tests.reliability.world import OTHER_DEVICE, PLAIN, World, build_world, make_plan, probes

_MEMORY = Path("/dev/shm")


class Stage:
    """A world that is built once and copied for every run."""

    def __init__(self, folder: Path, kind: str = PLAIN, elsewhere: Path | None = None) -> None:
        """Builds the world and applies the plan once, so that what comes of it is known and everything is imported.

        `elsewhere` is a folder on another device, for the state folder.
        """
        self.world = World(folder / "world", kind, elsewhere / "world" if elsewhere is not None else None)
        self._templates = {self.world.folder: folder / "template"}
        if elsewhere is not None and self.world.elsewhere is not None:
            self._templates[self.world.elsewhere] = elsewhere / "template"
        self.log = folder / "strace.log"
        ids = build_world(self.world)
        for place, template in self._templates.items():
            place.rename(template)
        self.fresh()
        before, picture = probes(self.world, ids), picture_of(self.world)
        contents, folders = contents_of(self.world), folders_of(self.world)
        self.known = Known(ids, before, {}, picture, {}, frozenset(contents), frozenset(folders))
        info = self.apply()
        assert set(states_of(info).values()) == {ItemState.DONE}, info.items
        self.known = Known(
            ids,
            before,
            probes(self.world, ids),
            picture,
            picture_of(self.world),
            self.known.contents,
            frozenset(folders),
        )
        assert all(self.known.after[number] != values for number, values in before.items()), "an item does nothing"
        self.undo(info.id)
        assert picture_of(self.world) == picture

    def fresh(self) -> World:
        """The world as it is before the plan."""
        for place, template in self._templates.items():
            with suppress(FileNotFoundError):
                shutil.rmtree(place)
            shutil.copytree(template, place, symlinks=True)
        return self.world

    def apply(self, numbers: frozenset[int] | None = None) -> BatchInfo:
        """Apply the plan, or some of its items, in this process."""
        with use_system(System()):  # what is tried out is the applying
            plan = make_plan(self.world, self.known.ids, numbers)
        with self.desk() as desk:
            return desk.apply(plan, Progress())

    def undo(self, batch: str) -> BatchInfo:
        """Take a batch back in this process; the batch as it is afterwards."""
        with self.desk() as desk:
            desk.undo(batch, None, Progress())
        return batch_info(self.world.state, batch)

    def recover(self) -> list[BatchInfo]:
        """Settle what was interrupted in this process."""
        with self.desk() as desk:
            return [desk.recover(info.id) for info in interrupted(self.world.state)]

    def batches(self) -> list[BatchInfo]:
        """The batches of the journal but the one that the world was built with, newest first."""
        return batch_infos(self.world.state)[:-1]

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """A desk on the world's catalog."""
        database = self.world.database()
        try:
            yield Desk(database)
        finally:
            database.close()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for runs, in memory where there is such a place."""
    place = _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="inspector-reliability-", dir=place) as folder:
        yield Path(folder)


@contextmanager
def elsewhere_for(kind: str, folder: Path) -> Iterator[Path | None]:
    """A folder on another device than `folder`, where a kind of world needs one.

    Raises:
        LookupError: where there is no other device that can be written to.
    """
    if kind != OTHER_DEVICE:
        yield None
        return
    for place in (Path(tempfile.gettempdir()), Path("/var/tmp"), _MEMORY):
        if place.is_dir() and os.access(place, os.W_OK) and place.stat().st_dev != folder.stat().st_dev:
            with tempfile.TemporaryDirectory(prefix="inspector-reliability-", dir=place) as found:
                yield Path(found)
            return
    raise LookupError("there is no other device here")
