"""On the screens beside the main one the words about a line have what the list leaves, and a key gives them all."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inspector.tui import InspectorApp
from inspector.tui.log_screen import LogScreen
from inspector.tui.palette import Tone
from inspector.tui.plan_screen import PlanScreen
from inspector.tui.side_screen import SideScreen
from tests.tui.conftest import picture

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
LINES = [(f"line {number} of what is written", Tone.DIM) for number in range(40)]


def words(screen: SideScreen) -> list[str]:
    """The lines of the words that are in sight."""
    view = screen.words
    return [strip.text.strip() for strip in view.strips[view.top : view.top + view.size.height]]


async def plan_of(app: InspectorApp, until: Until, pilot: object) -> PlanScreen:
    await until(lambda: app.job is None and app.main.conflicts.total > 1)
    await pilot.press("2", "P")  # type: ignore[attr-defined]
    await until(lambda: isinstance(app.screen, PlanScreen) and app.screen.plan is not None and app.job is None)
    screen = app.screen
    assert isinstance(screen, PlanScreen)
    return screen


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_what_does_not_fit_is_counted_and_the_zoom_shows_all_of_it(
    open_app: OpenApp, until: Until, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await open_app()
    async with app.run_test(size=size) as pilot:
        screen = await plan_of(app, until, pilot)
        monkeypatch.setattr(screen, "say_words", lambda: screen.show_words(LINES))
        screen.say_words()
        await pilot.pause()
        shown = words(screen)
        assert shown[0] == LINES[0][0]
        assert shown[-1] == f"z shows {40 - len(shown) + 1} more lines"
        assert len(shown) >= size[1] - 4 - 8 - 1, "the list of two lines leaves the rest"
        await pilot.press("z")
        await until(lambda: len(words(screen)) == size[1] - 5)
        assert "more lines" not in words(screen)[-1]
        await pilot.press("G")
        assert words(screen)[-1] == LINES[-1][0]
        await pilot.press("k")
        assert words(screen)[-1] == LINES[-2][0]
        await pilot.press("escape")
        await until(lambda: words(screen)[-1].endswith("more lines"))
        assert app.screen is screen
        assert screen.table.size.height >= 2


async def test_the_list_keeps_its_size_while_the_cursor_moves_over_long_and_short_lines(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan_of(app, until, pilot)
        height = screen.table.size.height
        for length in (40, 1, 7):
            screen.show_words(LINES[:length])
            await pilot.pause()
            assert screen.table.size.height == height


async def test_the_zoom_ends_where_it_began_and_the_way_back_leaves_then(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None)
        await pilot.press("L")
        await until(lambda: isinstance(app.screen, LogScreen) and app.screen.composed)
        await pilot.press("z", "z", "escape")
        await until(lambda: app.screen is app.main)


async def test_what_is_gone_on_purpose_is_said_on_the_screen_with_its_number(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    root = tmp_path / "Mass"
    for number in range(12):
        picture(root / f"{number:02}.jpg", (number * 9, 40, 60))
    app = await open_app(root)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None)
        for number in range(9):
            (root / f"{number:02}.jpg").unlink()
        await pilot.press("c")
        await until(lambda: app.job is None and any("gone on purpose" in said.text for said in app.messages.messages))
        assert app.main.conflicts.total == 0
        for typed in ("8", "nine"):
            await pilot.press("M", *typed, "enter")
            await until(lambda: app.job is None and app.main.view.storages[0].state == "guard")
        await pilot.press("M", "9", "enter")
        await until(lambda: app.job is None and app.main.view.storages[0].state == "ready")
        assert app.main.view.storages[0].files == 3
