"""Names made to harm a terminal are shown, never sent."""

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.strip import Strip
from textual.widget import Widget

from inspector.scenarios.names import HOSTILE_NAMES
from inspector.tui import InspectorApp

OpenApp = Callable[..., Awaitable[InspectorApp]]
OSC_52 = b"copy \x1b]52;c;ZWNobyBvd25lZA==\x07.jpg"


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A folder in which every hostile name is the name of an empty picture, and so of a conflict."""
    root = tmp_path / "Strange \x1b[31m[bold]names"
    for name in (OSC_52, *HOSTILE_NAMES):
        path = os.path.join(os.fsencode(root), name if b"." in name else name + b".jpg")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(os.fsdecode(path)).touch()
    return root


def segments(app: InspectorApp) -> Iterator[str]:
    """The text of every segment that the screen would send."""
    lines: list[Strip] = []
    for widget in app.screen.walk_children():
        if isinstance(widget, Widget) and widget.is_on_screen and not widget.children:
            lines += [widget.render_line(y) for y in range(widget.size.height)]
    for strip in lines:
        for segment in strip:
            yield segment.text


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_nothing_that_could_act_on_a_terminal_reaches_a_segment(
    open_app: OpenApp, strange: Path, size: tuple[int, int]
) -> None:
    app = await open_app(strange)
    async with app.run_test(size=size) as pilot:
        seen = ""
        for _ in range(60):
            await pilot.pause(0.05)
            if app.job is None and app.main.conflicts.total:
                break
        assert app.main.conflicts.total >= len(HOSTILE_NAMES) - 3
        for _ in range(app.main.conflicts.total):
            for text in segments(app):
                assert all(character.isprintable() or character in "\u202f\u3000" for character in text), repr(text)
                seen += text
            app.main.conflicts.table.move(1)
            await pilot.pause()
        await pilot.press("tab")
        await pilot.press("tab")
        await pilot.pause()
        for text in segments(app):
            assert "\x1b" not in text
            seen += text
    for shown in ("\\x1b]52;c;", "\\nline two", "\\u202e", "caf\\xe9", "\\u200b", "[bold red]heading", "[link="):
        assert shown in seen, shown


async def test_markup_in_a_name_is_text_and_not_a_link_or_a_colour(open_app: OpenApp, strange: Path) -> None:
    app = await open_app(strange)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(60):
            await pilot.pause(0.05)
            if app.job is None and app.main.conflicts.total:
                break
        await pilot.press(*"/heading", "enter")
        await pilot.pause(0.3)
        table = app.main.conflicts.table
        assert app.main.conflicts.total == 1
        assert "[bold red]heading[blink].jpg" in table.render_line(1).text
        assert not any(segment.style and segment.style.meta for segment in table.render_line(1))
