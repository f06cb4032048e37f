"""Left-over temporary files: moving one away is suggested only where what it was to become is there and whole."""

import pytest

from inspector.conflicts.choices import choices_for
from inspector.model.evidence import explain
from inspector.scenarios.drawing import picture_bytes
from tests.workbench import Workbench


def suggested(bench: Workbench) -> list[str]:
    (conflict,) = bench.conflicts("stale_temp")
    return [choice.id for choice in choices_for(conflict) if choice.suggested]


async def test_a_left_over_file_beside_what_it_was_to_become_is_suggested_for_quarantine(bench: Workbench) -> None:
    bench.put("a.jpg", picture_bytes("a.jpg", 1, (64, 48)))
    bench.put("a.jpg.tmp", b"hello")
    await bench.scan()
    assert suggested(bench) == ["quarantine"]


async def test_nothing_is_suggested_where_what_it_was_to_become_is_empty(bench: Workbench) -> None:
    bench.put("a.jpg").write_bytes(b"")
    bench.put("a.jpg.tmp", b"hello")
    await bench.scan()
    (conflict,) = bench.conflicts("stale_temp")
    assert suggested(bench) == []
    assert conflict.evidence["target_present"]
    assert "it is empty" in [fact.value for fact in explain(conflict.evidence, {}).facts]


@pytest.mark.parametrize("deep", [False, True])
async def test_nothing_is_suggested_where_what_it_was_to_become_is_known_to_be_broken(
    bench: Workbench, deep: bool
) -> None:
    bench.put("a.jpg", picture_bytes("a.jpg", 1, (64, 48))[:400])
    bench.put("a.jpg.tmp", b"hello")
    await bench.scan(deep=deep)
    assert suggested(bench) == ([] if deep else ["quarantine"])
