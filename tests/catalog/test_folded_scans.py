"""Scans in the list of a storage without sessions: those that found nothing changed do not fill it."""

from inspector.model.scanmode import ScanMode
from tests.workbench import Workbench


async def test_scans_that_found_nothing_changed_are_one_line(bench: Workbench) -> None:
    bench.put("a.jpg")
    for _ in range(4):
        await bench.scan()
    bench.put("b.jpg")
    await bench.scan()
    await bench.scan()
    await bench.scan(ScanMode.FULL)
    (identity,) = bench.ids
    whole, folded = bench.engine.sessions(identity), bench.engine.sessions(identity, folded=True)
    assert len(whole) == 7
    assert [session.title for session in folded] == [
        "full scan done: 0 new, 0 changed, 0 gone",
        "smart scan done: 0 new, 0 changed, 0 gone",
        "smart scan done: 1 new, 0 changed, 0 gone",
        "unchanged in 3 smart scans",
        "smart scan done: 1 new, 0 changed, 0 gone",
    ]
    assert folded[3].id == whole[3].id
