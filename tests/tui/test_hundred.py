"""A hundred conflicts of five kinds, decided and applied with fewer than sixty keys."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS

Until = Callable[[Callable[[], bool]], Awaitable[None]]
PER_KIND = 20


@pytest.fixture
def drifted(tmp_path: Path) -> Path:
    """A folder with twenty conflicts of each of five kinds."""
    root = tmp_path / "Drifted"
    root.mkdir()
    for number in range(PER_KIND):
        colour = (number * 9, 255 - number * 9, 77)
        Image.new("RGB", (20 + number, 20), colour).save(root / f"same {number:02d}.png")
        Image.new("RGB", (20 + number, 20), colour).save(root / f"same too {number:02d}.png")
        Image.new("RGB", (30 + number, 9), colour).save(root / f"phone {number:02d}.jpg")
        copy = root / f"phone {number:02d}.sync-conflict-20240621-173045-QRSTUV2.jpg"
        copy.write_bytes((root / f"phone {number:02d}.jpg").read_bytes())
        (root / f"empty {number:02d}.jpg").touch()
        (root / f"lonely {number:02d}.jpg.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
        (root / f".syncthing.half {number:02d}.jpg.tmp").write_bytes(b"half")
    return root


async def test_a_hundred_conflicts_of_five_kinds_take_fewer_than_sixty_keys(
    engine: Engine, drifted: Path, until: Until
) -> None:
    storage = await engine.open(drifted)
    app = InspectorApp(engine, [storage.id])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: bool(app.main.conflicts.total) and app.job is None)
        counts = engine.count_by_kind(app.main.conflicts.chosen)
        assert sum(counts.values()) >= 100
        assert len(counts) >= 5
        keys = Keys(app, pilot)
        decided = 0
        for _ in counts:
            conflict = app.main.conflicts.conflict
            assert conflict is not None
            if not any(choice.suggested for choice in engine.choices(conflict)):
                leave = next(n for n, choice in enumerate(engine.choices(conflict), 1) if choice.risk == "R0")
                await keys.press(str(leave))
            await keys.press("A")
            await until(lambda: app.main.asking)
            await pilot.pause(DEAF_SECONDS)
            await keys.press("A")
            await until(lambda: not app.main.staging.marked)
            assert app.main.staging.count > decided
            decided = app.main.staging.count
            await keys.press("]")
        assert decided >= 100
        await keys.press("P")
        await until(lambda: app.job is None and app.screen.name == "plan-screen")
        await keys.press("w")
        await pilot.pause(DEAF_SECONDS)
        await keys.press(*str(decided), "y")
        await until(lambda: app.screen is app.main and app.job is None)
        assert keys.count < 60
        (batch,) = engine.repairs.journal()
        assert sum(item.state.value == "done" for item in batch.items) >= 100


class Keys:
    """Counts the keys that are pressed."""

    def __init__(self, app: InspectorApp, pilot: Pilot[None]) -> None:
        self.count = 0
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press these."""
        self.count += len(keys)
        await self._pilot.press(*keys)
