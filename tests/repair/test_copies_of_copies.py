"""A conflict copy of a conflict copy, kept under a name of its own, is a conflict copy no more."""

import pytest

from inspector.conflicts.sync_names import parse_conflict_name
from inspector.model.plan import Decision, ItemState
from tests.workbench import Workbench

COPY = "p.sync-conflict-20240101-120000-ABCDEF7.jpg"
COPY_OF_COPY = "p.sync-conflict-20240101-120000-ABCDEF7.sync-conflict-20240202-120000-GHIJKL2.jpg"


@pytest.mark.parametrize("others", [("p.jpg", COPY), (COPY,), ("p.jpg",)])
async def test_a_kept_copy_of_a_copy_is_taken_for_none_any_more(bench: Workbench, others: tuple[str, ...]) -> None:
    for name in (*others, COPY_OF_COPY):
        bench.put(name)
    await bench.scan()
    (conflict,) = [one for one in bench.conflicts("sync_conflict_copy") if one.path == COPY_OF_COPY]
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "keep_both")])
    (item,) = (await bench.engine.repairs.apply(plan)).batch.items
    assert item.state is ItemState.DONE
    names = {path.name for path in bench.root.iterdir()} - {*others, ".inspector"}
    (kept,) = names
    assert (bench.root / kept).read_text() == COPY_OF_COPY
    assert not parse_conflict_name(kept)
    assert not [one for one in bench.conflicts("sync_conflict_copy") if one.path == kept]
