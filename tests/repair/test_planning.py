"""Plans: what decisions come to, which of them clash, and which storages are never written."""

import os
from pathlib import Path

import pytest

from inspector.model.errors import ProtectedError
from inspector.model.operations import Quarantine
from inspector.model.plan import Decision, ItemState, Plan
from tests.workbench import OLD_NS, Workbench


@pytest.fixture
def other(bench: Workbench) -> Path:
    """The root of a second storage."""
    root = bench.folder / "other"
    root.mkdir()
    return root


async def plan_for(bench: Workbench, kind: str, choice: str, path: str = "") -> Plan:
    return await bench.engine.repairs.plan(
        bench.ids, [Decision(conflict.id, choice, path=path) for conflict in bench.conflicts(kind)]
    )


def taken_away(plan: Plan) -> dict[str, list[str]]:
    """The paths that go into quarantine, by the root of their storage."""
    found: dict[str, list[str]] = {}
    for item in plan.items:
        for operation in item.operations:
            if isinstance(operation, Quarantine):
                found.setdefault(Path(plan.roots[item.storage_id]).name, []).append(operation.path)
    return found


async def test_of_copies_the_oldest_stays(bench: Workbench) -> None:
    bench.put("new.jpg", "same", mtime_ns=OLD_NS + 1)
    bench.put("a/old.jpg", "same")
    await bench.scan()
    assert taken_away(await plan_for(bench, "duplicate_content", "keep_one")) == {"pictures": ["new.jpg"]}


async def test_the_copy_that_the_decision_names_stays(bench: Workbench) -> None:
    bench.put("new.jpg", "same", mtime_ns=OLD_NS + 1)
    bench.put("old.jpg", "same")
    await bench.scan()
    plan = await plan_for(bench, "duplicate_content", "keep_one", path="new.jpg")
    assert taken_away(plan) == {"pictures": ["old.jpg"]}


async def test_copies_on_two_drives_are_not_thinned_out_unless_one_is_named(bench: Workbench, other: Path) -> None:
    bench.put("a.jpg", "same")
    bench.put("a.jpg", "same", root=other)
    await bench.scan(roots=[bench.root, other])
    (conflict,) = bench.conflicts("duplicate_content")
    plan = await plan_for(bench, "duplicate_content", "keep_one")
    assert not plan.items
    assert "several drives" in plan.refused[0].reason
    plan = await plan_for(bench, "duplicate_content", "keep_one", path="a.jpg")
    owner = Path(bench.engine.storage(conflict.storage_id).root)
    (gone,) = taken_away(plan)
    assert gone != owner.name
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert (owner / "a.jpg").exists()
    assert not (owner.parent / gone / "a.jpg").exists()


async def test_two_decisions_on_one_file_clash_and_the_later_one_is_refused(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    bench.put("x/b.jpg", "other")
    await bench.scan()
    first, second = bench.conflicts("duplicate_content")[0], bench.conflicts("duplicate_filename")[0]
    plan = await bench.engine.repairs.plan(
        bench.ids, [Decision(first.id, "keep_one"), Decision(second.id, "rename", path="b.jpg")]
    )
    assert [item.kind for item in plan.items] == ["duplicate_content"]
    assert "item 1 moves b.jpg already" in plan.refused[0].reason


async def test_a_copy_that_another_item_compares_with_stays_where_it_is(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    bench.put("x/a.jpg", "other")
    await bench.scan()
    first, second = bench.conflicts("duplicate_content")[0], bench.conflicts("duplicate_filename")[0]
    plan = await bench.engine.repairs.plan(
        bench.ids, [Decision(first.id, "keep_one", path="a.jpg"), Decision(second.id, "quarantine", path="a.jpg")]
    )
    assert "needs a.jpg where it is" in plan.refused[0].reason


async def test_an_unknown_choice_is_refused_with_those_that_there_are(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    await bench.scan()
    plan = await plan_for(bench, "duplicate_content", "burn")
    assert "keep_all, keep_one" in plan.refused[0].reason


async def test_a_renamed_picture_takes_its_sidecars_along(bench: Workbench) -> None:
    bench.put("a/IMG.jpg", "one")
    bench.put("a/IMG.jpg.xmp", "<x/>")
    bench.put("b/IMG.jpg", "two")
    await bench.scan()
    plan = await plan_for(bench, "duplicate_filename", "rename", path="a/IMG.jpg")
    await bench.engine.repairs.apply(plan)
    assert sorted(path.name for path in (bench.root / "a").iterdir()) == ["IMG-2.jpg", "IMG-2.jpg.xmp"]
    assert bench.kinds() == {}


async def test_a_reference_storage_is_never_written(bench: Workbench) -> None:
    bench.put("a.jpg", "one")
    bench.put("b/a.jpg", "two")
    await bench.scan()
    before = await plan_for(bench, "duplicate_filename", "rename")
    bench.engine.repairs.set_reference(bench.ids[0], on=True)
    plan = await plan_for(bench, "duplicate_filename", "rename")
    assert "reference storage" in plan.refused[0].reason
    with pytest.raises(ProtectedError):
        await bench.engine.repairs.apply(before)
    assert (bench.root / "b/a.jpg").exists()


async def test_a_word_may_be_recorded_about_a_reference_storage(bench: Workbench) -> None:
    bench.put("a.jpg", "one")
    bench.put("b/a.jpg", "two")
    await bench.scan()
    bench.engine.repairs.set_reference(bench.ids[0], on=True)
    await bench.engine.repairs.apply(await plan_for(bench, "duplicate_filename", "keep_both"))
    assert bench.kinds() == {}
    assert sorted(path.name for path in bench.root.iterdir()) == ["a.jpg", "b"]


async def test_copies_in_a_reference_storage_all_stay(bench: Workbench, other: Path) -> None:
    for root in (bench.root, other):
        bench.put("a.jpg", "same", root=root)
        bench.put("b.jpg", "same", root=root)
    await bench.scan(roots=[bench.root, other])
    reference = next(one for one in bench.engine.storages() if one.root == str(other))
    bench.engine.repairs.set_reference(reference.id, on=True)
    plan = await plan_for(bench, "duplicate_content", "keep_one")
    assert taken_away(plan) == {"pictures": ["b.jpg"]}


async def test_a_word_counts_until_its_evidence_changes(bench: Workbench) -> None:
    bench.put("a.jpg", "one")
    bench.put("b/a.jpg", "two")
    await bench.scan()
    applied = await bench.engine.repairs.apply(await plan_for(bench, "duplicate_filename", "ignore"))
    await bench.scan()
    assert bench.kinds() == {}
    bench.put("c/a.jpg", "three")
    await bench.scan()
    assert bench.kinds() == {"duplicate_filename": 1}
    (bench.root / "c/a.jpg").unlink()
    (bench.root / "c").rmdir()
    await bench.engine.repairs.undo(applied.batch.id)
    assert "duplicate_filename" in bench.kinds()
    (undo,) = (batch for batch in bench.engine.repairs.journal() if batch.undo_of == applied.batch.id)
    await bench.engine.repairs.undo(undo.id)
    assert "duplicate_filename" not in bench.kinds(), "what is done again counts again"


async def test_what_is_to_be_read_again_is_read_although_nothing_was_touched(bench: Workbench) -> None:
    file = bench.put("a.jpg", "good")
    await bench.scan()
    inode = file.stat().st_ino
    with file.open("r+b") as stream:
        stream.write(b"evil")
    os.utime(file, ns=(OLD_NS, OLD_NS))
    assert file.stat().st_ino == inode
    await bench.scan()
    conflict = bench.only("suspected_rot")
    with file.open("r+b") as stream:
        stream.write(b"good")
    os.utime(file, ns=(OLD_NS, OLD_NS))
    await bench.engine.repairs.apply(await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "hash_again")]))
    assert bench.kinds() == {}


async def test_as_many_old_as_new_paths_of_one_content_are_settled_by_one_decision(bench: Workbench) -> None:
    for name in ("a", "b"):
        bench.put(f"x/{name}.jpg", "same")
    await bench.scan()
    (bench.root / "x").rename(bench.root / "y")
    await bench.scan()
    (conflict,) = bench.conflicts("path_mismatch")
    plan = await plan_for(bench, "path_mismatch", "move_back")
    assert [(item.before, item.after) for item in plan.items] == [
        ("y/a.jpg", "x/a.jpg"),
        ("y/b.jpg", "x/b.jpg"),
    ]
    one = await plan_for(bench, "path_mismatch", "move_back", path="y/b.jpg")
    assert [(item.before, item.after) for item in one.items] == [("y/b.jpg", "x/b.jpg")]
    crossed = await plan_for(bench, "path_mismatch", "move_back", path="x/a.jpg -> y/b.jpg")
    assert [(item.before, item.after) for item in crossed.items] == [("y/b.jpg", "x/a.jpg")]
    await bench.engine.repairs.apply(plan)
    assert sorted(path.name for path in (bench.root / "x").iterdir()) == ["a.jpg", "b.jpg"]
    assert bench.conflicts("path_mismatch") == []
    assert conflict.id not in {one.id for one in bench.conflicts()}


async def test_staged_decisions_are_counted_without_those_whose_conflict_is_gone(bench: Workbench) -> None:
    bench.put("a.jpg", "one")
    bench.put("b/a.jpg", "two")
    await bench.scan()
    repairs = bench.engine.repairs
    assert repairs.count_staged(bench.ids) == 0
    repairs.decide([Decision(bench.only("duplicate_filename").id, "rename")])
    assert (repairs.count_staged(), repairs.count_staged(bench.ids), repairs.count_staged([])) == (1, 1, 0)
    repairs.withdraw([bench.only("duplicate_filename").id])
    assert repairs.count_staged(bench.ids) == 0
