"""What a repair is followed by: a look at what it touched, also after a stop and in emptied folders."""

from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.model.errors import StorageOfflineError
from inspector.model.plan import Decision, ItemState, Plan
from inspector.model.progress import Progress
from inspector.model.records import StorageState
from inspector.repair import desk
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import Workbench


class _StopAfterOne(Progress):
    """Is stopped when the first item is done."""

    def advance(self, *, files: int = 0, count: int = 0) -> None:
        super().advance(files=files, count=count)
        if self.phase == "applying":
            self.cancel()


async def quarantine_the_empty(bench: Workbench) -> Plan:
    """The plan to take every empty file away."""
    await bench.scan()
    return await bench.engine.repairs.plan(
        bench.ids, [Decision(conflict.id, "quarantine") for conflict in bench.conflicts("empty_file")]
    )


def make_empty(bench: Workbench, *names: str) -> None:
    """Put files of no bytes into the storage."""
    for name in names:
        bench.put(name, "x").write_bytes(b"")


async def test_what_a_stopped_repair_touched_is_looked_at(bench: Workbench) -> None:
    make_empty(bench, "a.jpg", "b.jpg", "c.jpg")
    bench.put("whole.jpg")
    plan = await quarantine_the_empty(bench)
    applied = await bench.engine.repairs.apply(plan, _StopAfterOne())
    assert [item.state for item in applied.batch.items] == [ItemState.DONE, ItemState.PENDING, ItemState.PENDING]
    (outcome,) = applied.scans
    assert outcome.error is None
    assert outcome.storage.state is StorageState.READY
    assert bench.kinds() == {"empty_file": 2}


@pytest.fixture(params=["in the storage", "beside it"])
def emptied(request: pytest.FixtureRequest, bench: Workbench) -> Workbench:
    """A folder with one empty file, whose quarantine is in it, or leaves it quite empty."""
    if request.param == "beside it":
        (bench.root.parent / ".dropbox").touch()
    make_empty(bench, "a.jpg")
    return bench


async def test_a_folder_that_a_repair_emptied_is_there_and_can_be_filled_again(emptied: Workbench) -> None:
    repairs = emptied.engine.repairs
    applied = await repairs.apply(await quarantine_the_empty(emptied))
    (outcome,) = applied.scans
    assert (outcome.error, outcome.storage.state, outcome.storage.files) == (None, StorageState.READY, 0)
    assert emptied.kinds() == {}
    (outcome,) = await emptied.scan()
    assert (outcome.error, outcome.storage.state) == (None, StorageState.READY)
    emptied.engine.close()
    with Engine(emptied.state, emptied.home) as again:
        undone = await again.repairs.undo(applied.batch.id)
        assert [item.state for item in undone.batch.items] == [ItemState.DONE]
        assert undone.scans[0].storage.files == 1
    assert (emptied.root / "a.jpg").read_bytes() == b""


async def test_a_repair_that_was_cut_short_when_the_folder_was_empty_is_settled(
    emptied: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await quarantine_the_empty(emptied)

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(desk, "finish_batch", end)
        with pytest.raises(KeyboardInterrupt):
            desk.Desk(emptied.engine._database).apply(plan, Progress())
    (info,) = emptied.engine.repairs.interrupted()
    settled = await emptied.engine.repairs.recover(info.id)
    assert settled.batch.state != "interrupted"
    assert settled.scans[0].error is None
    undone = await emptied.engine.repairs.undo(info.id)
    assert [item.state for item in undone.batch.items] == [ItemState.DONE]


async def test_an_emptied_folder_on_another_device_is_a_drive_that_is_away(emptied: Workbench) -> None:
    plan = await quarantine_the_empty(emptied)
    desk.Desk(emptied.engine._database).apply(plan, Progress())
    with emptied.engine._database.transaction() as connection:
        connection.execute("UPDATE folder SET device = device + 1")
    (outcome,) = await emptied.engine.scan(emptied.ids)
    assert isinstance(outcome.error, StorageOfflineError)
    assert outcome.storage.state is StorageState.OFFLINE


async def test_a_folder_that_somebody_else_emptied_after_a_repair_is_a_drive_that_is_away(bench: Workbench) -> None:
    make_empty(bench, "a.jpg")
    other = bench.put("whole.jpg")
    plan = await quarantine_the_empty(bench)
    desk.Desk(bench.engine._database).apply(plan, Progress())
    other.unlink()
    (outcome,) = await bench.engine.scan(bench.ids)
    assert isinstance(outcome.error, StorageOfflineError)
    assert "1 files were in it" in outcome.error.message
    other.write_bytes(b"back")
    (outcome,) = await bench.engine.scan(bench.ids)
    assert (outcome.error, outcome.storage.files) == (None, 1)


def keys_computed(bench: Workbench) -> int:
    """Of how many contents the key was computed."""
    return int(
        bench.engine._database.connection.execute("SELECT count(*) FROM content WHERE key IS NOT NULL").fetchone()[0]
    )


def archive(root: Path, names: list[str]) -> None:
    """An ImaLink storage with pictures in one folder."""
    builder = ImaLinkBuilder(root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    for number, name in enumerate(names):
        builder.picture(f"photos/{name}", seed=number, size=(64, 48))
        builder.add(f"photos/{name}", session=7)
    builder.write()


async def test_moves_that_are_taken_back_are_known_by_their_content(bench: Workbench) -> None:
    names = [f"{number}.jpg" for number in range(6)]
    archive(bench.root, names)
    await bench.scan()
    (bench.root / "moved").mkdir()
    for name in names[:4]:
        (bench.root / "photos" / name).rename(bench.root / "moved" / name)
    await bench.scan()
    before = {conflict.id: conflict.evidence for conflict in bench.conflicts()}
    assert bench.kinds() == {"path_mismatch": 4}
    repairs = bench.engine.repairs
    plan = await repairs.plan(bench.ids, [Decision(one.id, "move_back") for one in bench.conflicts()])
    applied = await repairs.apply(plan)
    assert bench.kinds() == {}
    known = keys_computed(bench)
    await repairs.undo(applied.batch.id)
    assert {conflict.id: conflict.evidence for conflict in bench.conflicts()} == before
    assert keys_computed(bench) == known
