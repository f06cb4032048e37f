"""The lists that stand in the place of the conflicts: their keys are named, and keep what was chosen."""

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot
from textual.widget import Widget

from inspector.tui import InspectorApp
from inspector.tui.help_screen import HelpScreen

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


def drawn(widget: Widget) -> str:
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


async def test_enter_keeps_the_kinds_that_space_marked(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("f")
        await until(lambda: "Space mark  Enter show  Esc close" in app.main.keys.text)
        await pilot.press("j", "space", "j", "space", "j", "enter")
        await until(lambda: not app.main.conflicts.choosing_kinds)
        assert set(app.main.kinds) == {"empty_file", "sync_conflict_copy"}
        await pilot.press("f", "G", "enter")
        assert app.main.kinds == ("duplicate_content",), "without Space, Enter takes the one under the cursor"


async def test_the_list_of_paths_names_its_own_keys(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        while app.main.conflicts.conflict is None or app.main.conflicts.conflict.kind != "duplicate_content":
            await pilot.press("]")
        await pilot.press("2")
        await until(lambda: app.main.conflicts.choosing_path)
        assert "Enter choose  Esc leave" in app.main.keys.text
        for words in ("a accept", "choose  s", "skip", "filter"):
            assert words not in app.main.keys.text
        await pilot.press("?")
        await until(lambda: isinstance(app.screen, HelpScreen))
        page = drawn(app.screen.query_one("#help"))
        assert "Help: paths" in page
        assert "Decide for the path under the cursor" in page
