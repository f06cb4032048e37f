"""A message that the line above the keys cuts says where all of it is, and there it stands whole."""

from collections.abc import Awaitable, Callable

import pytest
from textual.widget import Widget

from inspector.tui import InspectorApp
from inspector.tui.log_screen import LogScreen
from inspector.tui.side_screen import SideScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
LONG = "Copied: /media/" + "/".join(f"folder {number:03d}" for number in range(45)) + "/the end.jpg"


def drawn(widget: Widget) -> str:
    return "".join(widget.render_line(y).text.strip() for y in range(widget.size.height))


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_what_is_cut_is_whole_in_the_log(open_app: OpenApp, until: Until, size: tuple[int, int]) -> None:
    app = await open_app()
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        app.main.status.say("short")
        assert "L all" not in app.main.status.text
        app.main.status.say(LONG)
        assert app.main.status.text.rstrip().endswith("…  L all of it")
        await pilot.press("L")
        await until(lambda: isinstance(app.screen, LogScreen))
        screen = app.screen
        assert isinstance(screen, LogScreen)
        await until(lambda: "the end.jpg" in drawn(screen.words))
        assert drawn(screen.words).replace(" ", "").endswith(LONG.replace(" ", ""))
        assert screen.table.size.height >= 1


async def test_the_log_opens_over_every_other_screen(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        for key in ("H", "J", "I", "d"):
            await pilot.press(key)
            await until(lambda: isinstance(app.screen, SideScreen))
            below = app.screen
            await pilot.press("L")
            await until(lambda: isinstance(app.screen, LogScreen))
            await pilot.press("escape")
            await until(lambda below=below: app.screen is below)  # type: ignore[misc]
            await pilot.press("escape")
            await until(lambda: app.screen is app.main)
