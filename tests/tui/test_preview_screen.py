"""Pictures on the screen: going through the ways to show them, and what is made ahead."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from inspector.model.preview import PreviewMode
from inspector.tui import InspectorApp
from inspector.tui.previews.loader import IDLE_SECONDS
from inspector.tui.previews.payloads import Payload

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def shown(app: InspectorApp) -> str:
    return "\n".join(strip.text for strip in app.main.details.view.strips)


async def on_the_pair(app: InspectorApp, pilot: Any, until: Until) -> None:
    """Go to the pair of equal pictures."""
    await until(lambda: app.job is None and app.main.conflicts.conflict is not None)
    while (conflict := app.main.conflicts.conflict) is None or conflict.kind != "duplicate_content":
        await pilot.press("j")


async def test_going_through_the_ways_draws_the_picture_anew_and_says_which_way_it_is(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await on_the_pair(app, pilot, until)
        assert app.preview_mode is PreviewMode.HALFBLOCK
        await until(lambda: "PNG" in shown(app) or "JPEG" in shown(app))
        assert "#" not in shown(app)
        assert app.cycle_preview().startswith("Pictures: off")
        await until(lambda: "100%" in shown(app))
        assert "   #c" in shown(app)
        assert app.cycle_preview() == "Pictures: characters"
        await until(lambda: "100%" not in shown(app))
        assert app.cycle_preview() == "Pictures: half blocks"
        app.preview_mode = PreviewMode.KITTY
        await until(lambda: "\U0010eeee" in shown(app))
        assert "a=T,U=1" in Payload.expand(shown(app))


@pytest.mark.parametrize("over_ssh", [False, True])
async def test_the_neighbours_pictures_are_made_ahead_where_the_line_is_short(
    open_app: OpenApp, until: Until, monkeypatch: pytest.MonkeyPatch, over_ssh: bool
) -> None:
    if over_ssh:
        monkeypatch.setenv("SSH_CONNECTION", "10.0.0.2 40000 10.0.0.1 22")
    app = await open_app()
    made: list[str] = []
    fetch = app.pictures.loader._fetch

    async def noting(storage_id: str, path: str, *rest: Any) -> Any:
        made.append(path)
        return await fetch(storage_id, path, *rest)

    monkeypatch.setattr(app.pictures.loader, "_fetch", noting)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_the_pair(app, pilot, until)
        await until(lambda: "JPEG" in shown(app))
        app.pictures.loader.forget()
        made.clear()
        if over_ssh:
            assert "preview" in shown(app)
            await pilot.pause(2 * IDLE_SECONDS)
            assert made == []
        else:
            await until(lambda: any(path.startswith("desk") for path in made))
