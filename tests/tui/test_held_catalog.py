"""Another process that holds the catalog: the screen says so, stays alive, and loses nothing that was decided."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.tui import InspectorApp
from tests.catalog.holding import held_by_another

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("inspector.catalog.database._BRIEF_SECONDS", 0.2)
    yield


async def test_a_decision_that_cannot_be_saved_is_said_and_can_be_made_again(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        with held_by_another(tmp_path / "state") as holder:
            await pilot.press("3")
            said = f"Not saved: process {holder.pid} holds the catalog; let it end, or end it"
            assert app.main.status.message == said
            assert app.main.staging.count == 0
            before = app.main.conflicts.table.cursor
            await pilot.press("j")
            assert app.main.conflicts.table.cursor != before, "the other keys go on"
            await pilot.press("k", "m", "a")
            await until(lambda: app.main.status.message == said and app.main.staging.marked == 0)
            await pilot.press("c")
            await until(lambda: app.main.status.message.startswith("Not done: process"))
            assert app.is_running
        await pilot.press("3")
        assert app.main.staging.count == 1


async def test_what_is_asked_and_typed_before_it_is_saved_does_not_end_the_screen(
    open_app: OpenApp, until: Until, tmp_path: Path, folders: list[Path]
) -> None:
    app = await open_app(folders[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        with held_by_another(tmp_path / "state"):
            await pilot.press("i", "w", "h", "y", "enter")
            await until(lambda: app.main.status.message.startswith("Not saved: process"))
            app.main.perform(app.main.action("storage.reference"))
            await pilot.pause(0.35)
            await pilot.press("y")
            assert app.main.status.message.startswith("Not saved: process")
            assert not app.main.asking
        assert app.is_running
        assert not app.engine.storage(app.storage_ids[0]).reference


async def test_leaving_does_not_wait_for_who_holds_the_catalog(
    open_app: OpenApp, until: Until, tmp_path: Path, engine: Engine
) -> None:
    app = await open_app()
    with held_by_another(tmp_path / "state"):
        async with app.run_test(size=(80, 24)) as pilot:
            await until(lambda: app.job is None)
            await pilot.press("q")
            await until(lambda: not app.is_running)
        engine.close()
