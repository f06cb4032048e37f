"""Enter on an import session narrows the conflicts to it, in the filter that can be read and changed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from inspector.engine import Engine
from inspector.scenarios.registry import build
from inspector.tui import InspectorApp
from inspector.tui.filtering import narrowed_to_session

Until = Callable[[Callable[[], bool]], Awaitable[None]]


def test_a_session_takes_the_place_of_the_one_that_the_filter_named() -> None:
    assert narrowed_to_session("", "12") == "session:12"
    assert narrowed_to_session("kind:missing session:3 beach", "12") == "kind:missing beach session:12"
    assert narrowed_to_session("-session:3 storage:Home", "12", "My disk") == '-session:3 session:12 storage:"My disk"'


async def test_enter_on_a_session_lists_its_conflicts_only(engine: Engine, tmp_path: Path, until: Until) -> None:
    (root, *_) = build("imalink", tmp_path / "archive")
    storage = await engine.open(root)
    app = InspectorApp(engine, [storage.id])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        everything = app.main.conflicts.total
        await pilot.press("g", "i", "enter")
        session = app.main.sessions.table.current
        assert session is not None
        await until(lambda: app.main.conflicts.chosen.query.text == f"session:{session.id}")
        assert app.main.conflicts.total < everything
        assert f"/session:{session.id}" in app.main.conflicts.title_line.text
        assert app.main.conflicts.table.has_focus
        await pilot.press("escape")
        await until(lambda: app.main.conflicts.total == everything)
