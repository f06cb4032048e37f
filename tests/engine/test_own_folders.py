"""Folders of our own are no part of any storage: quarantine beside a synced folder, and the state folder in one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.fs.own_folder import OwnFolder
from inspector.model.errors import UsageError
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.places import Places
from inspector.model.plan import Decision
from inspector.model.watching import Change
from tests.watching_bench import watching
from tests.workbench import Workbench


async def test_quarantine_beside_a_synced_folder_is_none_of_the_storage_around_it(bench: Workbench) -> None:
    inner = bench.root / "sync"
    (inner / ".stfolder").mkdir(parents=True)
    bench.put("other.jpg")
    bench.put("sync/a.jpg", "same")
    bench.put("sync/b.jpg", "same")
    await bench.scan()
    await bench.scan(roots=[inner])
    (inner_id,) = bench.ids
    plan = await bench.engine.repairs.plan([inner_id], [Decision(bench.only("duplicate_content").id, "keep_one")])
    await bench.engine.repairs.apply(plan)
    assert list((bench.root / ".inspector-quarantine").iterdir())
    await bench.scan()
    assert all("inspector" not in path for one in bench.conflicts() for path in one.paths)
    assert "path_mismatch" not in bench.kinds()
    assert len(bench.engine.repairs.quarantine([inner_id])) == 1


@pytest.fixture
def inside(bench: Workbench) -> Iterator[Workbench]:
    """The workbench with its state folder within the storage, and a picture of the storage in that."""
    bench.engine.close()
    bench.state = bench.root / "deep" / "state"
    bench.engine = Engine(bench.state, bench.home)
    for name in ("a.jpg", "deep/b.jpg", "deep/state/kept.jpg", "deep/state/cache/kept.jpg", "deep/state.jpg"):
        bench.put(name, "same")
    yield bench
    bench.engine.close()


def paths_of(bench: Workbench) -> list[str]:
    """What the one conflict of the storage is about."""
    return sorted(bench.only("duplicate_content").paths)


async def test_a_state_folder_within_a_storage_is_no_part_of_it(inside: Workbench) -> None:
    expected = ["a.jpg", "deep/b.jpg", "deep/state.jpg"]
    await inside.scan()
    assert paths_of(inside) == expected
    await inside.engine.find_duplicates(inside.ids)
    assert paths_of(inside) == expected
    inside.put("deep/state/more.jpg", "same")
    everywhere = Places(frozenset({"deep", "deep/state"}), frozenset({"deep/state/cache"}))
    await inside.engine.rescan({inside.ids[0]: everywhere})
    assert paths_of(inside) == expected


async def test_what_happens_in_a_state_folder_is_nothing_that_a_watch_looks_at(inside: Workbench) -> None:
    async with watching(inside.engine, inside.root) as watch:
        inside.put("deep/state/more.jpg", "same")
        inside.put("deep/c.jpg", "same")
        changed = await watch.until_conflict(Change.CHANGED, "duplicate_content")
        assert sorted(changed.conflict.paths) == ["a.jpg", "deep/b.jpg", "deep/c.jpg", "deep/state.jpg"]


async def test_no_plan_may_touch_the_state_folder(inside: Workbench) -> None:
    await inside.scan()
    plan = await inside.engine.repairs.plan(inside.ids, [Decision(inside.only("duplicate_content").id, "keep_one")])
    document = encode_plan(plan)
    document["items"][0]["operations"][0]["path"] = "deep/state/kept.jpg"
    with pytest.raises(UsageError, match="about the state folder, which no plan may touch"):
        await inside.engine.repairs.apply(decode_plan(document, "plan.json"))


def test_a_folder_is_told_by_where_it_really_is(tmp_path: Path) -> None:
    root = tmp_path / "storage"
    (root / "a/state").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root / "a")
    own = OwnFolder(str(root), tmp_path / "link/state")
    assert [own.holds(path) for path in ("", "a", "a/state", "a/state/x", "a/states")] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert own.without("a", ["state", "states"]) == ["states"]
    assert own.without("", ["state"]) == ["state"]
    for elsewhere in (root, tmp_path, tmp_path / "state", tmp_path / "storage.state"):
        assert not OwnFolder(str(root), elsewhere).holds("a")
