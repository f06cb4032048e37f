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


@pytest.mark.parametrize(
    ("sorting", "cursor", "gone", "lands"),
    [
        ((), 40, range(5, 30), 40),
        ((), 20, range(5, 30), 30),
        ((",", "p"), 50, range(45, 60), 44),
    ],
)
async def test_the_cursor_is_where_it_was(
    engine: Engine, empties: Path, until: Until, sorting: tuple[str, ...], cursor: int, gone: range, lands: int
) -> None:
    storage = await engine.open(empties)
    app = InspectorApp(engine, [storage.id])
    async with app.run_test(size=(120, 60)) as pilot:
        pane = app.main.conflicts
        await until(lambda: app.job is None and pane.total == 60)
        await pilot.press(*sorting)
        await pilot.pause(0.1)
        pane.table.go_to(cursor + (0 if sorting else 1))
        assert pane.conflict is not None
        assert pane.conflict.label == f"e{cursor:02d}.jpg"
        for number in gone:
            (empties / f"e{number:02d}.jpg").write_bytes(b"not empty any more")
        app.start_scan(ScanMode.SMART)
        await until(lambda: app.job is None and engine.count_by_kind(pane.chosen).get("empty_file") == 60 - len(gone))
        await until(lambda: pane.conflict is not None and pane.conflict.label == f"e{lands:02d}.jpg")
