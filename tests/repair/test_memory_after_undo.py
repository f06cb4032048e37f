"""After a repair is taken back, what is known of the files is what was known before it, and the next scan says so."""

import json
import shutil

import pytest

from inspector.model.plan import Decision, ItemState
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import OLD_NS, Workbench

MASTER = "imalink-master.json"


async def do(bench: Workbench, kind: str, choice: str, *, path: str = "") -> str:
    """Make a choice about every conflict of a kind; returns the batch, all of whose items are done."""
    decisions = [Decision(one.id, choice, path=path) for one in bench.conflicts(kind)]
    applied = await bench.engine.repairs.apply(await bench.engine.repairs.plan(bench.ids, decisions))
    assert {item.reason: item.state for item in applied.batch.items} == {"": ItemState.DONE}
    return applied.batch.id


@pytest.mark.parametrize(
    ("kind", "choice"),
    [("missing_file", "restore_copy"), ("missing_file", "restore_quarantine"), ("path_mismatch", "move_back")],
)
@pytest.mark.parametrize("turns", [1, 2])
async def test_a_file_that_was_brought_back_is_missed_again_when_that_is_undone(
    bench: Workbench, kind: str, choice: str, turns: int
) -> None:
    picture = bench.put("d/a.jpg", "the picture")
    for path in ("b.jpg", "z.jpg"):
        bench.put(path, "the picture" if path == "b.jpg" else "another", mtime_ns=OLD_NS + 1)
    await bench.scan()
    if choice != "restore_copy":
        await do(bench, "duplicate_content", "keep_one", path="d/a.jpg")
    if choice == "move_back":
        (bench.root / "n").mkdir()
        picture.rename(bench.root / "n/a.jpg")
    else:
        picture.unlink()
    await bench.scan()
    before = [(one.kind, one.subject, one.evidence) for one in bench.conflicts(kind)]
    assert [one.path for one in bench.conflicts(kind)] == ["d/a.jpg"]
    batch = await do(bench, kind, choice)
    assert picture.exists()
    for _ in range(2 * turns - 1):
        batch = (await bench.engine.repairs.undo(batch)).batch.id
    assert not picture.exists()
    for _ in range(2):
        assert [(one.kind, one.subject, one.evidence) for one in bench.conflicts(kind)] == before
        await bench.scan()


async def test_a_guard_does_not_doubt_the_disk_for_entries_that_an_undo_brought_back(bench: Workbench) -> None:
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    for number in range(5):
        path = f"photos/{'kept' if number < 2 else 'lost'}/IMG_{number}.jpg"
        builder.picture(path, seed=number + 1, size=(32, 24))
        builder.add(path, session=7)
    builder.write()
    shutil.rmtree(bench.root / "photos/lost")
    await bench.scan(expected_missing=3)
    batch = await do(bench, "missing_file", "drop_entry")
    undone = await bench.engine.repairs.undo(batch)
    assert [scan.error for scan in undone.scans] == [None]
    assert bench.kinds()["missing_file"] == 3


async def test_totals_that_the_batch_counted_are_no_obstacle_where_another_program_wrote_the_index(
    bench: Workbench,
) -> None:
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    builder.picture("photos/IMG_0.jpg", seed=1, size=(32, 24))
    builder.add("photos/IMG_0.jpg", session=7)
    builder.write()
    builder.picture("photos/new.jpg", seed=2, size=(32, 24))
    index = bench.root / MASTER
    bench.put(MASTER, index.read_text().replace('"total_files": 1', '"total_files": 9'))
    await bench.scan()
    decisions = [
        Decision(one.id, "correct_totals" if one.kind == "totals_wrong" else "add_to_index")
        for one in bench.conflicts("totals_wrong", "orphan_file")
        if one.kind == "orphan_file" or one.path == MASTER
    ]
    applied = await bench.engine.repairs.apply(await bench.engine.repairs.plan(bench.ids, decisions))
    assert {item.state for item in applied.batch.items} == {ItemState.DONE}
    assert json.loads(index.read_text())["total_files"] == 2
    bench.put(MASTER, json.dumps({**json.loads(index.read_text()), "note": "another program's"}, indent=2))
    undone = await bench.engine.repairs.undo(applied.batch.id)
    assert {item.reason: item.state for item in undone.batch.items} == {"": ItemState.DONE}
    value = json.loads(index.read_text())
    assert (len(value["files"]), value["total_files"], value["note"]) == (1, 1, "another program's")
    redone = await bench.engine.repairs.undo(undone.batch.id)
    assert {item.reason: item.state for item in redone.batch.items} == {"": ItemState.DONE}
    value = json.loads(index.read_text())
    assert (len(value["files"]), value["total_files"], value["note"]) == (2, 2, "another program's")
