"""Of several copies one stays: which one, why, and that nothing which belongs to a copy is parted from it."""

from pathlib import Path

import pytest

from inspector.model.operations import MovePath, Quarantine
from inspector.model.plan import Decision, ItemState, Plan
from tests.workbench import OLD_NS, Workbench


async def plan_for(bench: Workbench, path: str = "") -> Plan:
    """The plan that keeps one of the copies of each picture called IMG."""
    return await bench.engine.repairs.plan(
        bench.ids,
        [
            Decision(one.id, "keep_one", path=path)
            for one in bench.conflicts("duplicate_content")
            if all(path.endswith((".jpg", ".heic")) for path in one.paths)
        ],
    )


def moves(plan: Plan) -> list[str]:
    """What is moved where, or taken away."""
    found = []
    for item in plan.items:
        for operation in item.operations:
            if isinstance(operation, MovePath):
                found.append(f"{operation.source} -> {operation.target}")
            elif isinstance(operation, Quarantine):
                found.append(operation.path)
    return found


async def test_a_copy_with_a_sidecar_stays_though_another_one_is_older(bench: Workbench) -> None:
    bench.put("old.jpg", "same")
    bench.put("new.jpg", "same", mtime_ns=OLD_NS + 1)
    bench.put("new.jpg.xmp", "<x/>")
    await bench.scan()
    plan = await plan_for(bench)
    assert moves(plan) == ["old.jpg"]
    assert plan.items[0].after == "new.jpg stays (it has a sidecar)"


@pytest.mark.parametrize("companion", ["new.cr2", "new.mov", "new_HEVC.MOV"])
async def test_a_copy_with_a_raw_file_or_a_clip_stays(bench: Workbench, companion: str) -> None:
    bench.put("old.heic", "same")
    bench.put("new.heic", "same", mtime_ns=OLD_NS + 1)
    bench.put(companion)
    await bench.scan()
    plan = await plan_for(bench)
    assert moves(plan) == ["old.heic"]
    assert plan.items[0].after == "new.heic stays (it has a raw file or a clip)"


async def test_the_reason_for_the_copy_that_stays_is_said(bench: Workbench) -> None:
    bench.put("a/IMG.jpg", "same")
    bench.put("b.jpg", "same")
    bench.put("c.jpg", "same", mtime_ns=OLD_NS + 1)
    await bench.scan()
    assert (await plan_for(bench)).items[0].after == "b.jpg stays (the oldest, the shortest path)"
    named = await plan_for(bench, path="c.jpg")
    assert named.items[0].after == "c.jpg stays (it was named)"


async def test_another_picture_of_the_same_stem_is_no_companion(bench: Workbench) -> None:
    bench.put("old.jpg", "same")
    bench.put("new.jpg", "same", mtime_ns=OLD_NS + 1)
    bench.put("new.png", "another picture")
    await bench.scan()
    assert moves(await plan_for(bench)) == ["new.jpg"]


async def test_a_sidecar_goes_along_to_the_copy_that_was_named_and_comes_back(bench: Workbench) -> None:
    bench.put("a/old.jpg", "same")
    bench.put("b/new.jpg", "same", mtime_ns=OLD_NS + 1)
    bench.put("b/new.xmp", "<x/>")
    await bench.scan()
    plan = await plan_for(bench, path="a/old.jpg")
    assert moves(plan) == ["b/new.jpg", "b/new.xmp -> a/old.xmp"]
    assert "b/new.xmp goes along as a/old.xmp" in plan.items[0].after
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert bench.kinds() == {}
    assert (bench.root / "a/old.xmp").read_text() == "<x/>"
    await bench.engine.repairs.undo(applied.batch.id)
    assert (bench.root / "b/new.xmp").read_text() == "<x/>"
    assert (bench.root / "b/new.jpg").exists()


async def test_a_sidecar_that_both_copies_have_goes_with_its_copy(bench: Workbench) -> None:
    for folder in ("a", "backup"):
        bench.put(f"{folder}/IMG.jpg", "same")
        bench.put(f"{folder}/IMG.jpg.xmp", "<x/>")
        bench.put(f"{folder}/IMG.cr2", "raw")
    await bench.scan()
    plan = await plan_for(bench)
    assert moves(plan) == ["backup/IMG.jpg", "backup/IMG.cr2", "backup/IMG.jpg.xmp"]
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]


async def test_two_sidecars_that_differ_are_never_parted_from_their_pictures(bench: Workbench) -> None:
    for folder in ("a", "b"):
        bench.put(f"{folder}/IMG.jpg", "same")
        bench.put(f"{folder}/IMG.jpg.xmp", f"<{folder}/>")
    await bench.scan()
    plan = await plan_for(bench)
    assert not plan.items
    assert "b/IMG.jpg.xmp and a/IMG.jpg.xmp differ" in plan.refused[0].reason


async def test_a_sidecar_finds_no_place_where_something_else_is(bench: Workbench) -> None:
    bench.put("a/old.jpg", "same")
    bench.put("b/new.jpg", "same")
    bench.put("b/new.jpg.xmp", "<x/>")
    (bench.root / "a/old.jpg.xmp").mkdir()
    await bench.scan()
    plan = await plan_for(bench, path="a/old.jpg")
    assert "something is at a/old.jpg.xmp already" in plan.refused[0].reason


async def test_of_two_copies_with_a_raw_file_each_the_one_to_keep_has_to_be_named(bench: Workbench) -> None:
    bench.put("a/IMG.jpg", "same")
    bench.put("a/IMG.cr2", "one raw file")
    bench.put("b/PIC.jpg", "same")
    bench.put("b/PIC.dng", "another raw file")
    await bench.scan()
    plan = await plan_for(bench)
    assert "belongs together with b/PIC.dng: name the copy to keep" in plan.refused[0].reason
    named = await plan_for(bench, path="a/IMG.jpg")
    assert moves(named) == ["b/PIC.jpg"]
    assert "b/PIC.dng stays where it is" in named.items[0].after


async def test_a_copy_in_another_storage_is_not_parted_from_its_sidecar(bench: Workbench, tmp_path: Path) -> None:
    other = bench.folder / "zzz"
    other.mkdir()
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same", root=other)
    bench.put("b.jpg.xmp", "<x/>", root=other)
    await bench.scan(roots=[bench.root, other])
    plan = await plan_for(bench, path="a.jpg")
    assert not plan.items
    assert "b.jpg.xmp belongs to b.jpg" in plan.refused[0].reason


def put_pairs(bench: Workbench, *sidecars: tuple[str, str]) -> None:
    """A picture with its raw file in two folders, and sidecars."""
    for folder in ("a", "b"):
        bench.put(f"{folder}/p.jpg", "same")
        bench.put(f"{folder}/p.cr2", "raw")
    for path, content in sidecars:
        bench.put(path, content)


def every_choice(bench: Workbench) -> list[Decision]:
    return [Decision(one.id, "keep_one") for one in bench.conflicts("duplicate_content")]


@pytest.mark.parametrize("ending", ["jpg", "cr2"])
async def test_a_pair_of_which_one_part_has_to_stay_stays_whole(bench: Workbench, ending: str) -> None:
    put_pairs(bench, (f"a/p.{ending}.xmp", "<a/>"), (f"b/p.{ending}.xmp", "<b/>"))
    await bench.scan()
    decisions = every_choice(bench)
    assert len(decisions) == 2
    plan = await bench.engine.repairs.plan(bench.ids, decisions)
    assert moves(plan) == []
    assert len(plan.refused) == 2
    assert all("differ, and one picture can have one of them only" in one.reason for one in plan.refused)


async def test_a_pair_goes_as_one_item_with_its_sidecars_and_comes_back(bench: Workbench) -> None:
    put_pairs(bench, ("b/p.xmp", "<of both/>"), ("b/p.cr2.pp3", "[raw]"), ("a/p.jpg.xmp", "<a/>"))
    await bench.scan()
    before = sorted(path for path in bench.root.rglob("*") if path.is_file())
    plan = await bench.engine.repairs.plan(bench.ids, every_choice(bench))
    assert plan.refused == ()
    assert [item.after for item in plan.items if not item.operations] == ["earlier items of the plan see to it already"]
    applied = await bench.engine.repairs.apply(plan)
    assert {item.state for item in applied.batch.items} == {ItemState.DONE}
    folder = "b" if (bench.root / "b/p.jpg").exists() else "a"
    left = sorted(path.name for path in (bench.root / folder).iterdir())
    assert {"p.jpg", "p.cr2"} <= set(left)
    other = bench.root / ("a" if folder == "b" else "b")
    assert not [path.name for path in other.iterdir() if path.suffix in {".jpg", ".cr2"}]
    assert bench.conflicts("duplicate_content") == []
    await bench.engine.repairs.undo(applied.batch.id)
    assert before == sorted(path for path in bench.root.rglob("*") if path.is_file() and ".inspector" not in path.parts)


async def test_one_choice_about_a_part_of_a_pair_takes_the_whole_pair(bench: Workbench) -> None:
    put_pairs(bench)
    await bench.scan()
    (raw,) = [one.id for one in bench.conflicts("duplicate_content") if (one.path or "").endswith("cr2")]
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(raw, "keep_one")])
    assert moves(plan) == ["b/p.cr2", "b/p.jpg"]
    assert "b/p.jpg goes with it, a/p.jpg stays" in plan.items[0].after
