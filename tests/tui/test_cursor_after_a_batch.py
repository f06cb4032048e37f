"""When many conflicts go at once, the cursor stays on its own, or goes to the nearest that followed it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.model.scanmode import ScanMode
from inspector.tui import InspectorApp

Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def empties(tmp_path: Path) -> Path:
    """A folder with sixty empty pictures."""
    root = tmp_path / "Empties"
    root.mkdir()
    for number in range(60):
        (root / f"e{number:02d}.jpg").touch()
    return root


@pytest.mark.parametrize("sorting", [(), (",", "p")])
@pytest.mark.parametrize(
    ("cursor", "gone", "lands"),
    [
        ("e40.jpg", range(5, 30), "e40.jpg"),
        ("e20.jpg", range(5, 30), "e30.jpg"),
        ("e50.jpg", range(45, 60), "e44.jpg"),
    ],
)
async def test_the_cursor_is_where_it_was(
    engine: Engine, empties: Path, until: Until, cursor: str, gone: range, lands: str, sorting: tuple[str, ...]
) -> None:
    storage = await engine.open(empties)
    app = InspectorApp(engine, [storage.id])
    async with app.run_test(size=(120, 60)) as pilot:
        pane = app.main.conflicts
        await until(lambda: app.job is None and pane.total == 60)
        await pilot.press(*sorting, "g", "g")
        while pane.conflict is None or pane.conflict.label != cursor:
            await pilot.press("j")
        for number in gone:
            (empties / f"e{number:02d}.jpg").write_bytes(b"not empty any more")
        await pilot.press("y", "i")  # what stands in sight is kept only for changes that came by themselves
        app.start_scan(ScanMode.SMART)
        await until(lambda: app.job is None and engine.count_by_kind(pane.chosen).get("empty_file") == 60 - len(gone))
        await until(lambda: pane.conflict is not None and pane.conflict.label == lands)
