"""All missing files come back by one action of the palette: decided first, done when the plan is applied."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from inspector.engine import Engine
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.tui import InspectorApp

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def _archive(root: Path) -> Path:
    builder = ImaLinkBuilder(root, "1f2e3d4c-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    builder.session(7, "Summer")
    for number in range(6):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()
    return root


async def test_every_missing_file_that_another_storage_has_is_decided(
    engine: Engine, open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    archive, copies, unplugged = _archive(tmp_path / "archive"), tmp_path / "copies", tmp_path / "unplugged"
    for folder, numbers in ((copies, (0, 1)), (unplugged, (2,))):
        folder.mkdir()
        for number in numbers:
            shutil.copy2(archive / f"photos/{number}.jpg", folder)
    await engine.scan([(await engine.open(root)).id for root in (archive, copies, unplugged)])
    for number in range(3):
        (archive / f"photos/{number}.jpg").unlink()
    shutil.move(unplugged, tmp_path / "elsewhere")
    app = await open_app(archive)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.conflict is not None)
        await pilot.press(":")
        await pilot.press(*"restore missing")
        await pilot.press("enter")
        await until(lambda: app.main.staging.count == 2)
        said = app.main.status.render_line(0).text
        assert "the storage 'unplugged' is not there" in said
        assert not (archive / "photos/0.jpg").exists()
        await pilot.press("u")
        await until(lambda: app.main.staging.count == 0)
