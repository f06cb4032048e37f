"""What is said of the line under the cursor stands until the cursor leaves it."""

from collections.abc import Awaitable, Callable

from inspector.tui import InspectorApp

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def test_a_message_about_a_line_goes_when_the_cursor_moves_on(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        for key, words in (("A", "Nothing is suggested"), ("9", "has 3 choices"), ("a", "nothing is suggested")):
            await pilot.press("g", "g", "j", "k", key)
            await pilot.pause()
            assert words in app.main.status.text, "keys before it do not take it away"
            await pilot.press("j")
            await until(lambda: app.main.status.message == "")
        await pilot.press("y", "p", "j")
        await pilot.pause()
        assert "Copied" in app.main.status.text, "what is not about the line stays"
