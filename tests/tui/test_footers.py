"""The bottom line of every screen has the keys of that screen, whole, at every size, and always help and quit."""

import re
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from inspector.tui import InspectorApp
from inspector.tui.help_screen import HelpScreen
from inspector.tui.keyed_screen import KeyedScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

SCREENS: dict[str, tuple[tuple[str, ...], str]] = {
    "the conflicts": (("g", "c"), "1-9 choose"),
    "the storages": (("g", "s"), "P plan"),
    "the sessions": (("g", "i"), "P plan"),
    "the details": (("g", "d"), "1-9 choose"),
    "the kinds": (("g", "c", "f"), "Space mark"),
    "the plan": (("P",), "w apply"),
    "the journal": (("H",), "Tab items"),
    "the rules": (("g", "c", "I"), "i hide"),
    "the jobs": (("J",), "Esc back"),
    "the log": (("L",), "c newer"),
    "a comparison": (("g", "c", "d"), "n next"),
    "the re-index": (("X",), "s start"),
    "the moved files": (("g", "m"), "Esc back"),
    "the search for storages": (("W",), "s search"),
    "the import": (("T",), "Space choose"),
    "the files": (("g", "s", "b"), "Enter open"),
    "a file": (("g", "s", "b", "j", "enter", "G", "enter"), "s save"),
}
_KEYS_AND_WORDS = re.compile(r"(\S+ [a-z][a-z ]*[a-z])(  \S+ [a-z][a-z ]*[a-z])*")


async def footer_of(app: InspectorApp, pilot: Pilot[None], until: Until, keys: tuple[str, ...], first: str) -> str:
    await pilot.press(*keys)
    screen = app.screen
    assert isinstance(screen, KeyedScreen)
    await until(lambda: app.job is None and first in screen.keys.text)
    return screen.keys.text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_each_screen_names_its_own_keys_and_how_to_get_help(
    open_app: OpenApp, until: Until, size: tuple[int, int]
) -> None:
    app = await open_app()
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        await pilot.press("2")
        for name, (keys, first) in SCREENS.items():
            text = await footer_of(app, pilot, until, keys, first)
            assert len(text.rstrip()) <= size[0], name
            assert _KEYS_AND_WORDS.fullmatch(text.strip()), name
            assert text.rstrip().endswith("? help  q quit"), name
            assert size[0] < 120 or app.screen is app.main or ": palette" in text, name
            await pilot.press("f" if name == "the kinds" else "g" if app.screen is app.main else "escape", "escape")
            await until(lambda: app.screen is app.main)
        await pilot.press("?")
        help_screen = app.screen
        assert isinstance(help_screen, HelpScreen)
        await until(lambda: "Esc close" in help_screen.find_line.text)
        assert len(help_screen.find_line.text.rstrip()) <= size[0]
