"""Files of one name get names of their own in one go, and none that another file of the storage has."""

import unicodedata

from inspector.model.plan import Decision, ItemState
from tests.workbench import OLD_NS, Workbench


async def renamed(bench: Workbench, *kinds: str) -> list[str]:
    """The files of the storage after a plan that renames all of these kinds, with why items were refused."""
    await bench.scan()
    decisions = [Decision(one.id, "rename") for kind in kinds for one in bench.conflicts(kind)]
    plan = await bench.engine.repairs.plan(bench.ids, decisions)
    await bench.engine.repairs.apply(plan)
    found = (path.relative_to(bench.root) for path in bench.root.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != ".inspector")


async def test_all_but_one_of_many_files_of_one_name_are_renamed_at_once(bench: Workbench) -> None:
    for folder in "abcd":
        bench.put(f"{folder}/P.jpg", f"of {folder}")
    assert await renamed(bench, "duplicate_filename") == ["a/P.jpg", "b/P-2.jpg", "c/P-3.jpg", "d/P-4.jpg"]
    await bench.scan()
    assert not bench.conflicts("duplicate_filename")


async def test_a_new_name_is_one_that_no_file_of_the_storage_has_in_any_spelling(bench: Workbench) -> None:
    bench.put("a/É.jpg", "one")
    bench.put("b/É.jpg", "another")
    bench.put("c/" + unicodedata.normalize("NFD", "é-2.JPG"), "a third")
    files = await renamed(bench, "duplicate_filename")
    assert "b/É-3.jpg" in files
    await bench.scan()
    assert not bench.conflicts("duplicate_filename")


async def test_two_conflicts_of_one_plan_do_not_give_one_name_twice(bench: Workbench) -> None:
    for ending in ("jpg", "JPG"):
        for folder in "ab":
            bench.put(f"{folder}{ending}/P.{ending}", f"of {folder} {ending}")
    await renamed(bench, "duplicate_filename")
    await bench.scan()
    assert not bench.conflicts("duplicate_filename")


async def test_three_twins_in_one_folder_are_told_apart_at_once(bench: Workbench) -> None:
    for name in ("P.jpg", "p.jpg", "P.JPG"):
        bench.put(f"a/{name}", f"the file {name}")
    assert await renamed(bench, "case_twin") == ["a/P-2.jpg", "a/P.JPG", "a/p-3.jpg"]
    await bench.scan()
    assert not bench.conflicts("case_twin")


async def test_a_rename_that_earlier_items_made_needless_is_done_and_not_refused(bench: Workbench) -> None:
    for path in ("a/P.jpg", "a/p.jpg", "b/P.jpg"):
        bench.put(path)
    await bench.scan()
    (twins,), (namesakes,) = bench.conflicts("case_twin"), bench.conflicts("duplicate_filename")
    decisions = [Decision(twins.id, "rename", path="a/P.jpg"), Decision(namesakes.id, "rename", path="a/P.jpg")]
    plan = await bench.engine.repairs.plan(bench.ids, decisions)
    assert not plan.refused
    assert [bool(item.operations) for item in plan.items] == [True, False]
    assert (plan.items[1].risk, plan.items[1].after) == ("R0", "earlier items of the plan see to it already")
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE] * 2
    assert not bench.conflicts("case_twin")


async def test_a_rename_is_needless_where_an_earlier_item_takes_the_other_away(bench: Workbench) -> None:
    bench.put("a/P.jpg", "the same")
    bench.put("b/P.jpg", "the same")
    bench.put("c/Q.jpg", "the same")
    await bench.scan()
    bench.put("a/P.jpg", "another", mtime_ns=OLD_NS + 1)
    await bench.scan()
    (same,), (namesakes,) = bench.conflicts("duplicate_content"), bench.conflicts("duplicate_filename")
    decisions = [Decision(same.id, "keep_one", path="c/Q.jpg"), Decision(namesakes.id, "rename")]
    plan = await bench.engine.repairs.plan(bench.ids, decisions)
    assert not plan.refused
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE] * 2
    assert not bench.conflicts("duplicate_filename")


async def test_twins_and_namesakes_in_one_plan_leave_neither(bench: Workbench) -> None:
    composed = unicodedata.normalize("NFC", "é.jpg")
    bench.put(f"a/{composed}", "one")
    bench.put(f"a/{unicodedata.normalize('NFD', composed)}", "another")
    bench.put(f"b/{composed}", "a third")
    await renamed(bench, "unicode_twin", "duplicate_filename")
    await bench.scan()
    assert not bench.conflicts("unicode_twin")
    assert not bench.conflicts("duplicate_filename")
