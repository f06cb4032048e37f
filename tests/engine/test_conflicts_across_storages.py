"""Conflicts of several storages: a look at one of them closes none whose facts are what they were."""

import pytest

from inspector.engine import ConflictFilter
from inspector.model.errors import StorageOfflineError
from tests.workbench import Workbench


@pytest.fixture
async def both(bench: Workbench) -> Workbench:
    """Storages `pictures` and `second`, scanned together, with three pictures in both of them."""
    second = bench.folder / "second"
    for number in range(3):
        bench.put(f"{number}.jpg")
        bench.put(f"copy/{number}.jpg", f"{number}.jpg", root=second)
    bench.put("only here.jpg", root=second)
    await bench.scan(roots=[bench.root, second])
    assert bench.kinds() == {"duplicate_content": 3}
    return bench


def _all(bench: Workbench) -> dict[str, dict[str, object]]:
    return {one.id: dict(one.evidence) for one in bench.engine.all_conflicts(ConflictFilter())}


@pytest.mark.parametrize("name", ["pictures", "second"])
async def test_a_scan_of_one_storage_keeps_the_duplicates_that_it_has_with_another(both: Workbench, name: str) -> None:
    before = _all(both)
    both.put("new.jpg", root=both.folder / name)
    await both.scan(roots=[both.folder / name])
    assert _all(both) == before


async def test_a_duplicate_in_another_storage_is_closed_when_one_scan_says_that_its_copy_is_gone(
    both: Workbench,
) -> None:
    (both.folder / "second/copy/1.jpg").unlink()
    await both.scan(roots=[both.folder / "second"])
    assert both.kinds() == {"missing_file": 1}
    assert sorted(one.label for one in both.engine.all_conflicts(ConflictFilter(kinds=("duplicate_content",)))) == [
        "0.jpg",
        "2.jpg",
    ]


async def test_duplicates_with_a_storage_that_is_away_are_kept_and_new_ones_found(both: Workbench) -> None:
    before = _all(both)
    (both.folder / "second").rename(both.folder / "away")
    both.put("new.jpg", "only here.jpg")
    first, second = await both.engine.scan(both.ids)
    assert (first.error, type(second.error)) == (None, StorageOfflineError)
    after = _all(both)
    assert {key: after.pop(key) for key in before} == before
    (found,) = after.values()
    assert found["across_storages"]


async def test_a_storage_scanned_alone_for_the_first_time_is_compared_with_none(both: Workbench) -> None:
    third = both.folder / "third"
    both.put("0.jpg", root=third)
    before = _all(both)
    await both.scan(roots=[third])
    assert (both.kinds(), _all(both)) == ({}, before)


async def test_duplicates_with_a_storage_that_is_forgotten_are_closed_by_the_next_scan(both: Workbench) -> None:
    with both.engine._database.transaction() as connection:
        connection.execute("DELETE FROM storage WHERE id = ?", (both.ids[1],))
    await both.scan()
    assert both.kinds() == {}


async def test_a_look_for_duplicates_in_one_storage_keeps_those_that_it_has_with_another(both: Workbench) -> None:
    both.put("again/0.jpg", "0.jpg")
    both.put("first.jpg", "twice")
    both.put("then.jpg", "twice")
    before = _all(both)
    ids = both.ids[:1]
    await both.engine.find_duplicates(ids)
    after = _all(both)
    assert {key: after.pop(key) for key in before} == before
    assert [one["across_storages"] for one in after.values()] == [False]
    (both.root / "2.jpg").unlink()
    await both.engine.find_duplicates(ids)
    assert len(before.keys() - _all(both).keys()) == 1


async def test_a_look_for_duplicates_in_the_storage_that_owns_none_adds_no_second_conflict(both: Workbench) -> None:
    before = _all(both)
    both.put("again/0.jpg", "0.jpg", root=both.folder / "second")
    await both.engine.find_duplicates(both.ids[1:])
    assert _all(both) == before
