"""What is known of a file whose bytes changed stays known when a repair of it is taken back."""

import os
from contextlib import suppress

import pytest

from inspector.fs.system import use_system
from inspector.model.plan import Decision, ItemState
from inspector.model.scanmode import ScanMode
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.workbench import OLD_NS, Workbench


def rot(bench: Workbench, path: str) -> None:
    """Change bytes of a file as a failing disk does: size, time and inode stay."""
    target = bench.root / path
    status = target.stat()
    with target.open("r+b") as stream:
        stream.write(b"X")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture
async def rotten(bench: Workbench) -> Workbench:
    """A storage with a rotten picture, beside others."""
    for path in ("in/a.jpg", "in/b.jpg", "c.jpg"):
        bench.put(path)
    await bench.scan()
    rot(bench, "in/a.jpg")
    await bench.scan(ScanMode.FULL)
    bench.only("suspected_rot")
    return bench


async def quarantine(bench: Workbench) -> str:
    """Take the rotten picture away; returns the batch."""
    repairs = bench.engine.repairs
    plan = await repairs.plan(bench.ids, [Decision(bench.only("suspected_rot").id, "quarantine")])
    return (await repairs.apply(plan)).batch.id


async def test_a_rotten_file_that_came_back_from_quarantine_is_suspected_as_before(rotten: Workbench) -> None:
    before = rotten.only("suspected_rot")
    batch = await quarantine(rotten)
    assert rotten.kinds() == {}
    undone = await rotten.engine.repairs.undo(batch)
    again = rotten.only("suspected_rot")
    assert (again.id, again.evidence) == (before.id, before.evidence)
    redone = await rotten.engine.repairs.undo(undone.batch.id)
    assert rotten.kinds() == {}
    await rotten.engine.repairs.undo(redone.batch.id)
    assert rotten.only("suspected_rot").evidence == before.evidence


async def test_it_is_so_too_where_the_undo_was_interrupted_and_recovered(rotten: Workbench) -> None:
    batch = await quarantine(rotten)
    repairs = rotten.engine.repairs
    for cut in range(10, 400, 10):
        with suppress(PowerCut), use_system(FaultSystem(cut_at=cut)):
            await repairs.undo(batch)
            break
        for info in repairs.interrupted():
            await repairs.recover(info.id)
        if (rotten.root / "in/a.jpg").exists():
            break
    await rotten.scan()
    assert rotten.only("suspected_rot").subject == "in/a.jpg"


async def test_a_file_that_was_mended_meanwhile_is_not_suspected(rotten: Workbench) -> None:
    batch = await quarantine(rotten)
    rotten.put("in/a.jpg", mtime_ns=1)
    await rotten.scan()
    undone = await rotten.engine.repairs.undo(batch)
    assert [item.state for item in undone.batch.items] != [ItemState.DONE]
    assert rotten.kinds() == {}


async def test_a_rotten_file_that_an_unrelated_repair_renames_stays_suspected_and_does_so_after_undo(
    bench: Workbench,
) -> None:
    bench.put("a/P.jpg", "one")
    bench.put("b/P.jpg", "another")
    await bench.scan()
    (twice,) = bench.conflicts("duplicate_filename")
    rot(bench, "b/P.jpg")
    await bench.scan(ScanMode.FULL)
    (before,) = bench.conflicts("suspected_rot")
    repairs = bench.engine.repairs
    applied = await repairs.apply(await repairs.plan(bench.ids, [Decision(twice.id, "rename", path="b/P.jpg")]))
    (moved,) = bench.conflicts("suspected_rot")
    assert moved.subject == "b/P-2.jpg"
    assert {**moved.evidence, "seen_ns": 0} == {**before.evidence, "seen_ns": 0}
    await repairs.undo(applied.batch.id)
    await bench.scan(ScanMode.FULL)
    (again,) = bench.conflicts("suspected_rot")
    assert (again.id, again.evidence["old_digest"]) == (before.id, before.evidence["old_digest"])


@pytest.mark.parametrize("path", ["alone/a.jpg", "root.jpg"])
async def test_an_edited_file_that_came_back_is_said_to_be_altered_as_before(bench: Workbench, path: str) -> None:
    bench.put(path, "as it was")
    bench.put("other.jpg")
    await bench.scan()
    bench.put(path, "edited meanwhile", mtime_ns=OLD_NS + 10**9)
    await bench.scan()
    before = bench.only("content_changed")
    repairs = bench.engine.repairs
    applied = await repairs.apply(await repairs.plan(bench.ids, [Decision(before.id, "quarantine")]))
    await repairs.undo(applied.batch.id)
    await bench.scan(ScanMode.FULL)
    assert bench.only("content_changed").evidence == before.evidence
