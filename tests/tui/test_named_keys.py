"""Words that name keys follow the person's keymap; the help and the palette list all there is, with reasons."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui.actions import Situation, actions_of
from inspector.tui.actions.reasons import while_running
from inspector.tui.actions.situation import IN_THE_PALETTE
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.help_screen import GROUPS, HelpScreen, help_lines
from inspector.tui.keys.checks import checked_keymap
from inspector.tui.keys.keymap import Keymap
from inspector.tui.keys.registries import REGISTRIES
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, width_of
from inspector.tui.settings.remembered import FILE_NAME
from tests.tui.conftest import Until

CHANGED = {
    "plan": ["Z"],
    "decide.accept_alike": ["!"],
    "decide.undecide": ["ctrl+y"],
    "job.cancel": [],
    "journal": ["m j"],
    "quit": ["Q"],
    "clear": ["f9"],
}
OpenApp = Callable[[], Awaitable[InspectorApp]]


def text_of(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def shown_help(app: InspectorApp) -> str:
    assert isinstance(app.screen, HelpScreen)
    return "\n".join(strip.text.rstrip() for strip in app.screen.page.strips)


@pytest.fixture
def with_keys(engine: Engine, folders: list[Path]) -> OpenApp:
    """Opens the folders with a changed keymap."""

    async def opened() -> InspectorApp:
        keymap, refusals = checked_keymap(CHANGED, REGISTRIES)
        assert not refusals
        return InspectorApp(engine, [(await engine.open(root)).id for root in folders], keymap=keymap)

    return opened


# --- words ----------------------------------------------------------------------------------------------------------


async def test_words_on_a_running_screen_name_the_keys_of_the_persons_keymap(with_keys: OpenApp, until: Until) -> None:
    app = await with_keys()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("2")
        await until(lambda: app.main.staging.count == 1)
        assert "1 decided: Z shows the plan" in app.main.status.text
        assert "decided; Ctrl+Y takes it back" in "".join(strip.text for strip in app.main.details.view.strips)
        await pilot.press("!")
        await until(lambda: app.main.asking)
        assert app.main.keys.text.strip().startswith("Esc no  ! again: 2 alike")
        confirmation = app.main.confirmation
        assert confirmation is not None
        confirmation.opened -= DEAF_SECONDS
        await pilot.press("!")
        await until(lambda: app.main.staging.count == 2)
        await pilot.press("/", *"nothing has this", "enter")
        await until(lambda: app.main.conflicts.total == 0)
        assert app.main.conflicts.table.empty == "no conflict passes the filter; F9 clears it"
        await pilot.press("ctrl+c")
        assert "Q leaves the inspector" in app.main.status.text


async def test_what_a_screen_says_of_keys_follows_the_keymap_in_its_help_too(with_keys: OpenApp, until: Until) -> None:
    app = await with_keys()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("L", "?")
        await until(lambda: isinstance(app.screen, HelpScreen))
        await until(lambda: "Help: log" in shown_help(app))
        assert "is in the journal (m j), for good" in " ".join(shown_help(app).split())
        assert "in the palette" in shown_help(app)


def test_an_action_without_a_key_is_in_the_palette() -> None:
    keys = Keymap({"job.cancel": ()}).shown(REGISTRIES["main"])
    assert while_running(Situation(running="a scan", keys=keys)) == f"a scan is running; {IN_THE_PALETTE} stops it"
    keys = Keymap().shown(REGISTRIES["main"])
    assert while_running(Situation(running="a scan", keys=keys)) == "a scan is running; x stops it"


# --- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", REGISTRIES)
@pytest.mark.parametrize("width", [26, 28, 56, 76, 96])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_help_of_every_screen_has_all_actions_and_fits(screen: str, width: int, glyphs: object) -> None:
    for pane in Pane if screen == "main" else (Pane.CONFLICTS,):
        situation = Situation(pane=pane)
        actions = actions_of(REGISTRIES[screen], situation)
        lines = help_lines(screen, "What it is for.", actions, situation, width, glyphs)  # type: ignore[arg-type]
        assert all(width_of(line) <= width for line in lines)
        words = " ".join(text_of(lines).split())
        for action in actions:
            assert " ".join(action.description.split()[:2]) in words
            reason = action.reason(situation)
            assert reason is None or reason.split()[0] in words


def test_every_prefix_of_the_ids_has_a_heading_of_its_own() -> None:
    rest = {"screen.", "theme", "help", "palette", "quit"}
    for actions in REGISTRIES.values():
        for action in actions:
            heading = next(name for name, beginnings in GROUPS if action.id.startswith(beginnings))
            assert heading != GROUPS[-1][0] or action.id.startswith(tuple(rest)), action.id


def test_finding_narrows_the_help_to_the_lines_that_have_the_words() -> None:
    actions = REGISTRIES["main"]
    found = text_of(help_lines("x", "", actions, Situation(), 80, UNICODE, "mark folder"))
    assert "Mark all listed ones in this folder" in found
    assert "Marking" in found
    assert "Deciding" not in found
    assert "nothing here has these words" in text_of(help_lines("x", "", actions, Situation(), 80, UNICODE, "qzqz"))


@pytest.mark.parametrize("size", [(30, 8), (60, 20), (80, 24)])
async def test_words_are_found_in_the_help_while_they_are_typed(
    open_app: OpenApp, until: Until, size: tuple[int, int]
) -> None:
    app = await open_app()
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("?", "/", *"quarant q j")
        await until(lambda: "nothing here has" in " ".join(shown_help(app).split()))
        await pilot.press("ctrl+u", *"folder")
        await until(lambda: "folder" in shown_help(app))
        assert "Deciding" not in shown_help(app)
        await pilot.press("enter", "escape")
        await until(lambda: "Deciding" in shown_help(app))
        await pilot.press("G")
        await until(lambda: app.screen.page.top > 0)  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)


@pytest.mark.parametrize(("key", "name"), [("J", "jobs"), ("H", "journal"), ("L", "log"), ("d", "comparison")])
async def test_every_screen_has_its_help(open_app: OpenApp, until: Until, key: str, name: str) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.conflict is not None)
        await pilot.press(key, "?")
        await until(lambda: isinstance(app.screen, HelpScreen) and f"Help: {name}" in shown_help(app))
        await pilot.press("q")
        await until(lambda: not isinstance(app.screen, HelpScreen))
        assert app.screen is not app.main


# --- palette --------------------------------------------------------------------------------------------------------


async def found_in_palette(pilot: Pilot[None], app: InspectorApp, until: Until, words: str) -> str:
    await pilot.press(":")
    await until(lambda: isinstance(app.screen, CommandPalette))
    await pilot.press(*words)
    listed = app.screen.query_one(CommandList)
    await until(lambda: listed.option_count == 1)
    return str(listed.get_option_at_index(0).prompt)


async def test_the_palette_shows_keys_and_reasons_and_a_disabled_action_says_why(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        text = await found_in_palette(pilot, app, until, "settle an interrupted")
        assert re.search(r"R +not now: no repair was interrupted", text)
        await pilot.press("enter")
        await until(lambda: app.screen is app.main)
        await until(lambda: "settle: no repair was interrupted" in app.main.status.text)
        text = await found_in_palette(pilot, app, until, "first conflict of this kind")
        assert text.splitlines()[-1].strip() == "["


async def test_the_palette_works_on_the_other_screens(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("J")
        await until(lambda: app.screen is not app.main)
        await found_in_palette(pilot, app, until, "what runs goes on")
        await pilot.press("enter")
        await until(lambda: app.screen is app.main)


# --- the first hint -------------------------------------------------------------------------------------------------


def hints_in(app: InspectorApp) -> int:
    return sum("nothing changes before P, w, y" in message.text for message in app.messages.messages)


async def test_the_first_hint_waits_behind_a_warning_and_is_shown_once(
    engine: Engine, folders: list[Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.tui.app.SECONDS_A_MESSAGE", 0.1)
    ids = [(await engine.open(root)).id for root in folders]
    (engine.state_folder / FILE_NAME).write_text("{", encoding="utf-8")
    first = InspectorApp(engine, ids, remembers=True)
    async with first.run_test(size=(140, 30)) as pilot:
        await until(lambda: "is damaged" in first.main.status.text)
        assert not hints_in(first)
        await pilot.press("q")
    second = InspectorApp(engine, ids, remembers=True)
    async with second.run_test(size=(140, 30)) as pilot:
        await until(lambda: hints_in(second) == 1)
        assert "? help, : palette; nothing changes before P, w, y" in second.main.status.text
        await pilot.press("c")
        await until(lambda: second.job is None and "Scan done" in second.main.status.text)
        assert hints_in(second) == 1
        await pilot.press("q")
    third = InspectorApp(engine, ids, remembers=True)
    async with third.run_test(size=(140, 30)):
        await until(lambda: third.job is None and "Scan done" in third.main.status.text)
        assert not hints_in(third)
