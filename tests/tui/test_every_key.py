"""No single key changes a file, however often it is pressed, wherever one is.

Each place gets the keys that confirm, and a quarter of the others, another one in each place; with
``INSPECTOR_EVERY_KEY=1`` each gets all of them, which takes a quarter of an hour.
"""

import asyncio
import os
import string
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from inspector.engine import SearchRoots
from inspector.tui import InspectorApp
from inspector.tui.discovery import discovery_screen
from inspector.tui.keyed_screen import KeyedScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]

TIMES = 20
QUESTION_IS_DEAF = 0.35
_NAMED = (
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "shift+tab", "enter", "escape"),
    *("backspace", "delete", "insert", "shift+up", "shift+down", "alt+enter", "shift+delete"),
    *(f"ctrl+{letter}" for letter in string.ascii_lowercase),
    *(f"f{number}" for number in range(1, 13)),
)
KEYS: tuple[tuple[str, str | None], ...] = (
    *((events.Key(character, character).key, character) for character in string.printable if character.isprintable()),
    *((name, None) for name in _NAMED),
)
"""Every key, by Textual's name and by the character that it types."""

CONFIRMING = frozenset({"enter", "space", "y", "w", "u", "x", "A", "R", "ctrl+m", "ctrl+j"})

PLACES: dict[str, tuple[str, ...]] = {
    "the conflicts": ("g", "c"),
    "the storages": ("g", "s"),
    "the sessions": ("g", "i"),
    "the details": ("g", "d"),
    "the kinds": ("g", "c", "f"),
    "a chord": ("g", "c", "m"),
    "the filter's prompt": ("/",),
    "the plan": ("P",),
    "the question of the plan": ("P", "w"),
    "the journal": ("H",),
    "the question of the journal": ("H", "u"),
    "the rules": ("g", "c", "I"),
    "the reason of a rule": ("g", "c", "I", "i"),
    "the jobs": ("J",),
    "the log": ("L",),
    "a comparison": ("g", "c", "d"),
    "the re-index": ("X",),
    "the moved files": ("g", "m"),
    "the search for storages": ("W",),
    "the import": ("T",),
    "the folder of a new storage": ("E",),
    "the files": ("g", "s", "b"),
    "a file": ("g", "s", "b", "j", "enter", "G", "enter"),
    "the help": ("?",),
    "the palette": (":",),
}
"""Where keys are pressed, and how one comes there from the main screen."""


def keys_for(place: str) -> list[tuple[str, str | None]]:
    """The keys that are pressed in a place."""
    if os.environ.get("INSPECTOR_EVERY_KEY"):
        return list(KEYS)
    first = list(PLACES).index(place)
    return [one for number, one in enumerate(KEYS) if one[0] in CONFIRMING or (number + first) % 4 == 0]


def marks_of(*roots: Path) -> dict[str, tuple[int, int, int]]:
    """Of every file and folder its inode, size and time: any change shows in one of them."""
    paths = [path for root in roots for path in [root, *sorted(root.rglob("*"))] if ".inspector" not in path.parts]
    return {str(path): (seen.st_ino, seen.st_size, seen.st_mtime_ns) for path in paths for seen in [path.lstat()]}


async def done(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Wait until the typed keys were taken, the screen that they opened stands, and nothing runs."""
    await pilot.pause()
    while app.job is not None or not app.screen.is_mounted:
        await pilot.pause()


def place_of(app: InspectorApp) -> tuple[object, ...]:
    """Where one is, as far as it decides what the next key means."""
    screen = app.screen
    if not isinstance(screen, KeyedScreen):
        return (screen,)
    return (screen, app.main.focused_pane, screen.asking, screen.status.typing, screen._reader.pending)


async def press(app: InspectorApp, pilot: Pilot[None], key: str) -> None:
    """Press one key, and wait until that is done; without the pause that `Pilot.press` makes for animations."""
    character = key if len(key) == 1 else None
    app.post_message(events.Key(events.Key(key, key).key if character else key, character))
    await done(app, pilot)


async def go(app: InspectorApp, pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    """Go to a place from wherever one is."""
    for _ in range(12):
        if app.screen is app.main and not app.main.asking and not app.main.status.typing:
            break
        if isinstance(app.screen, KeyedScreen) and app.screen.asking:
            await asyncio.sleep(QUESTION_IS_DEAF)
        await press(app, pilot, "escape")
    for key in ("escape", "escape", *keys):
        await press(app, pilot, key)
    if isinstance(app.screen, KeyedScreen) and app.screen.asking:
        await asyncio.sleep(QUESTION_IS_DEAF)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("place", PLACES)
async def test_no_key_pressed_twenty_times_changes_a_file(
    open_app: OpenApp, folders: list[Path], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    for name in ("VISUAL", "PAGER"):
        monkeypatch.setenv(name, "true")
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(InspectorApp, "leave", lambda app: None)
    monkeypatch.setattr(discovery_screen, "search_roots", lambda: SearchRoots((), ()))
    monkeypatch.setenv("HOME", str(folders[0].parent))
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await done(app, pilot)
        await _one_repair(app, pilot)
        before = marks_of(*folders)
        await go(app, pilot, PLACES[place])
        start = place_of(app)
        if "question" in place:
            assert start[2], "the question is open"
        for key, character in keys_for(place):
            if (place, key) == ("the question of the journal", "y"):
                continue  # it confirms there what another key has asked for
            for _ in range(TIMES):
                app.post_message(events.Key(key, character))
            await done(app, pilot)
            assert marks_of(*folders) == before, key
            if place_of(app) != start or "question" in place:
                await _decide(app, pilot)
                await go(app, pilot, PLACES[place])
                start = place_of(app)
        assert app.is_running


async def _decide(app: InspectorApp, pilot: Pilot[None]) -> None:
    """See to it that something waits for the plan."""
    await go(app, pilot, ("g", "c", "g", "g"))
    if not app.main.staging.count and app.main.conflicts.conflict is not None:
        await press(app, pilot, "2")


async def _one_repair(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Apply one decision, so that there is one to take back, and stage another."""
    await press(app, pilot, "2")
    await go(app, pilot, ("P", "w"))
    await press(app, pilot, "1")
    await press(app, pilot, "y")
    await asyncio.sleep(0.1)
    await done(app, pilot)
    assert len(app.engine.repairs.journal()) == 1
    await _decide(app, pilot)
    assert app.main.staging.count == 1
    assert os.environ["VISUAL"] == "true"
