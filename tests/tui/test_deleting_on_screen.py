"""A file of an import is deleted on the screen, once that is confirmed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.imports_screen import ImportsScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

UUID = "31f6d9a2-8e47-4c05-b3d8-5a6e7f809b1c"


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    """An archive with a session of three pictures."""
    archive = ImaLinkBuilder(tmp_path / "archive", UUID, "Archive")
    archive.session(7, "Trip", source_path="/media/camera/")
    for number in range(3):
        path = f"photos/Trip/IMG_{number}.jpg"
        archive.picture(path, seed=70 + number, size=(60, 40))
        archive.add(path, 7)
    return archive.write()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_file_goes_in_each_of_the_three_ways(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until, size: tuple[int, int]
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.job is None and app.main.storages.table.row_count > 0)
        await pilot.press("O")
        await until(lambda: isinstance(app.screen, ImportsScreen) and app.screen.files.row_count == 3)
        screen = app.screen
        assert isinstance(screen, ImportsScreen)
        await pilot.press("d")
        assert "choose a file first" in screen.status.text
        await pilot.press("tab", "d")
        await until(lambda: screen.asking)
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("enter", "y")
        assert screen.asking and archive.at("photos/Trip/IMG_0.jpg").exists(), "what goes to quarantine is counted"
        await pilot.press("1", "y")
        await until(lambda: not archive.at("photos/Trip/IMG_0.jpg").exists() and not screen.running)
        for key, number in (("t", 1), ("m", 2)):
            await until(lambda: not screen.running and not screen.asking and screen.files.row_count == 3)
            while screen.files.current is None or screen.files.current.path != f"photos/Trip/IMG_{number}.jpg":
                await pilot.press("j")
            await pilot.press(key)
            await until(lambda: screen.asking)
            await pilot.pause(DEAF_SECONDS)
            await pilot.press("y")
            await until(lambda: not screen.asking and not screen.running)
        await until(lambda: archive.at(".imalink-trash/photos/Trip/IMG_1.jpg").exists())
        await until(lambda: "deleted_at" in archive.at("imalink-master.json").read_text())
        assert archive.at("photos/Trip/IMG_2.jpg").exists()


async def test_escape_deletes_nothing(open_app: OpenApp, archive: ImaLinkBuilder, until: Until) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.storages.table.row_count > 0)
        await pilot.press("O")
        await until(lambda: isinstance(app.screen, ImportsScreen) and app.screen.files.row_count == 3)
        screen = app.screen
        assert isinstance(screen, ImportsScreen)
        await pilot.press("tab", "m")
        await until(lambda: screen.asking)
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("escape")
        await until(lambda: not screen.asking)
        assert "deleted_at" not in archive.at("imalink-master.json").read_text()
