"""An apply that a person stops half-way, and a storage that goes away in the middle of one."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from inspector.fs.system import Arguments, Result, System, use_system
from inspector.model.errors import InspectorError, StorageOfflineError
from inspector.model.plan import BatchInfo, ItemState
from inspector.model.progress import Progress
from inspector.repair.history import interrupted
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.reliability.stage import Stage, scratch
from tests.reliability.verdict import contents_of, leftovers, picture_of, states_of, wrongs
from tests.reliability.world import ARCHIVE, make_plan

DONE, PENDING = ItemState.DONE, ItemState.PENDING


class StopsItself(Progress):
    """Somebody presses the key when so many items are done."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self._items = items

    def advance(self, *, files: int = 0, count: int = 0) -> None:
        super().advance(files=files, count=count)
        if self.files >= self._items:
            self.cancel()


class Unplugs(System):
    """Right before a call a storage's root is somewhere else, as where its drive was taken away."""

    def __init__(self, at: int, root: Path) -> None:
        self.calls = 0
        self._at, self._root = at, root

    @property
    def hidden(self) -> Path:
        """Where the storage is meanwhile."""
        return self._root.with_name("unplugged")

    def plug_in(self) -> None:
        """Bring the storage back."""
        assert not self._root.exists(), "something was written where the storage was not"
        self.hidden.rename(self._root)

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        self.calls += 1
        if self.calls == self._at:
            self._root.rename(self.hidden)
        return super().call(name, function, *arguments)


@pytest.fixture(scope="module")
def built() -> Iterator[Stage]:
    """A stage, built once."""
    with scratch() as folder:
        yield Stage(folder)


@pytest.fixture
def stage(built: Stage) -> Stage:
    """A stage with its world as before the plan."""
    built.fresh()
    return built


def apply(stage: Stage, progress: Progress) -> BatchInfo:
    """Apply the plan with every kind of operation."""
    with stage.desk() as desk:
        return desk.apply(make_plan(stage.world, stage.known.ids), progress)


@pytest.mark.parametrize("items", range(1, 15))
def test_what_was_done_before_it_was_stopped_is_journaled_and_the_rest_is_not_begun(stage: Stage, items: int) -> None:
    info = apply(stage, StopsItself(items))
    states = states_of(info)
    assert set(states.values()) == {DONE, PENDING}
    begun = [item.number for item in info.items if item.state is DONE]
    assert all("stopped before it" in item.reason for item in info.items if item.state is PENDING)
    assert len(begun) >= items
    assert interrupted(stage.world.state) == []
    assert wrongs(stage.world, stage.known, states) == []


def test_what_was_stopped_can_be_taken_back_and_the_rest_can_be_done(stage: Stage) -> None:
    info = apply(stage, StopsItself(6))
    stage.undo(info.id)
    assert picture_of(stage.world) == stage.known.picture
    stage.fresh()
    first = apply(stage, StopsItself(6))
    left = frozenset(item.number for item in first.items if item.state is PENDING)
    assert set(states_of(stage.apply(left)).values()) == {DONE}
    assert wrongs(stage.world, stage.known, dict.fromkeys(stage.known.before, DONE)) == []


def test_a_storage_that_goes_away_in_the_middle_loses_nothing_and_its_repair_can_be_settled(stage: Stage) -> None:
    met: Counter[ItemState] = Counter()
    for at in range(1, 2000, 9):
        stage.fresh()
        unplugs = Unplugs(at, stage.world.root(ARCHIVE))
        try:
            with stage.desk() as desk:
                plan = make_plan(stage.world, stage.known.ids)
                with use_system(unplugs):
                    desk.apply(plan, Progress())
        except InspectorError as error:
            assert str(error)
        if unplugs.calls < at:
            break
        assert interrupted(stage.world.state) == [], "what is held open can be written to the end"
        unplugs.plug_in()
        stage.recover()
        states = states_of(stage.batches()[0]) if stage.batches() else {}
        assert ItemState.UNFINISHED not in states.values(), at
        met.update(states.values())
        found = wrongs(stage.world, stage.known, states, may_wait=True)
        assert found == [], at
        if DONE in states.values():
            stage.undo(stage.batches()[0].id)
        now = {path: facts for path, facts in picture_of(stage.world).items() if path not in leftovers(stage.world)}
        assert now == stage.known.picture, at
        assert stage.known.contents <= contents_of(stage.world), at
    assert met[DONE] > 20
    assert met[PENDING] > 20


def test_a_batch_that_was_cut_short_waits_while_its_storage_is_away(stage: Stage) -> None:
    with suppress(PowerCut), use_system(FaultSystem(cut_at=100)):
        stage.apply()
    root = stage.world.root(ARCHIVE)
    for put_there in (False, True):
        root.rename(root.with_name("unplugged"))
        if put_there:
            (root / ".inspector").mkdir(parents=True)
        with pytest.raises(StorageOfflineError):
            stage.recover()
        assert interrupted(stage.world.state)
        if put_there:
            (root / ".inspector").rmdir()
            root.rmdir()
        root.with_name("unplugged").rename(root)
    stage.recover()
    assert wrongs(stage.world, stage.known, states_of(stage.batches()[0])) == []
