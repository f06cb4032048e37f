"""Keys that decide are for what is marked and in sight; with nothing such, for the line under the cursor."""

import gc
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def settled(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Wait until nothing runs and all of it is drawn."""
    await pilot.pause()
    for _ in range(400):
        if app.job is None and app.main.conflicts.total == 4:
            break
        await pilot.pause(0.02)
    await pilot.pause(0.1)


def kinds_decided(app: InspectorApp) -> list[str]:
    """The kinds of the conflicts that are decided."""
    return sorted(conflict.kind for conflict, _ in app.engine.repairs.staged())


def title(app: InspectorApp) -> str:
    return app.main.conflicts.title_line.text


async def test_a_marked_conflict_that_the_filter_hides_is_not_decided(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("space")
        await pilot.press("/", *"kind:sync", "enter")
        await until(lambda: app.main.conflicts.total == 1)
        assert "1 marked, hidden" in title(app)
        await pilot.press("3")
        await until(lambda: app.main.staging.count == 1)
        assert kinds_decided(app) == ["sync_conflict_copy"]
        assert app.main.staging.marked == 1, "the hidden mark is still there"
        await pilot.press("s", "r", "i", *"why", "enter")
        await until(lambda: "Ignore it until it changes" in app.main.status.text)
        assert kinds_decided(app) == ["sync_conflict_copy"]
        await pilot.press("escape")
        await until(lambda: app.main.conflicts.total == 4)
        assert "1 marked" in title(app)
        assert "hidden" not in title(app)


async def test_of_the_marked_ones_those_in_the_list_are_decided_and_the_others_stay_marked(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("m", "a")
        await until(lambda: app.main.staging.marked == 4)
        await pilot.press("/", *"is:open kind:empty", "enter")
        await until(lambda: app.main.conflicts.total == 2)
        assert "4 marked, 2 hidden" in title(app)
        await pilot.press("3")
        await until(lambda: app.main.staging.count == 2)
        assert kinds_decided(app) == ["empty_file", "empty_file"]
        await until(lambda: app.main.staging.marked == 2)
        await pilot.press("escape")
        await until(lambda: app.main.conflicts.total == 4)
        assert "2 marked" in title(app)


async def test_all_alike_is_asked_with_the_number_of_those_in_the_list(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("]", "space")
        await pilot.press("/", *"kind:empty", "enter")
        await until(lambda: app.main.conflicts.total == 2)
        await pilot.press("3", "A")
        await until(lambda: app.main.asking)
        assert "2 alike: Leave it as it is" in app.main.keys.text
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("escape")
        await until(lambda: app.main.staging.marked == 1)


async def test_with_marks_a_takes_suggestions_wherever_the_cursor_is(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        assert "a accept" not in app.main.keys.text
        await pilot.press("m", "a", "g", "g")
        await until(lambda: app.main.staging.marked == 4)
        assert "a accept" in app.main.keys.text
        await pilot.press("a")
        await until(lambda: app.main.staging.marked == 0)
        assert "nothing is suggested" not in app.main.status.text
        assert "as suggested" in app.main.status.text


async def test_leaving_right_behind_a_key_that_decides_for_many_loses_no_decision(
    open_app: OpenApp, recwarn: pytest.WarningsRecorder
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("/", *"kind:empty", "enter", "m", "a", "3", "q")
    gc.collect()
    assert not [one for one in recwarn if "never awaited" in str(one.message)]
    assert kinds_decided(app) == ["empty_file", "empty_file"]
