"""A place where the world is made anew for every run, and the two things it can become."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inspector.model.plan import BatchInfo, ItemState
from inspector.model.progress import Progress
from inspector.repair.desk import Desk
from inspector.repair.history import batch_info, batch_infos, interrupted
from tests.reliability.verdict import Known, contents_of, folders_of, picture_of, states_of
from tests.reliability.world import World, build_world, make_plan, probes

_MEMORY = Path("/dev/shm")


class Stage:
    """A world that is built once and copied for every run."""

    def __init__(self, folder: Path) -> None:
        """Builds the world and applies the plan once, so that what comes of it is known and everything is imported."""
        self.world = World(folder / "world")
        self._template = folder / "template"
        self.log = folder / "strace.log"
        ids = build_world(self.world.folder)
        self.world.folder.rename(self._template)
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
        with suppress(FileNotFoundError):
            shutil.rmtree(self.world.folder)
        shutil.copytree(self._template, self.world.folder, symlinks=True)
        return self.world

    def apply(self, numbers: frozenset[int] | None = None) -> BatchInfo:
        """Apply the plan, or some of its items, in this process."""
        with self.desk() as desk:
            return desk.apply(make_plan(self.world, self.known.ids, numbers), Progress())

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
