"""The palette finds an action by the word that comes to mind: names before descriptions, words before letters."""

from collections.abc import Awaitable, Callable

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot

from inspector.tui import InspectorApp
from inspector.tui.actions import ACTIONS
from inspector.tui.actions.side import JOURNAL_ACTIONS, PLAN_ACTIONS
from inspector.tui.keys.registries import REGISTRIES
from inspector.tui.palette_ranking import found_in, score, worth_showing

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def first_found(typed: str, screen: str = "main") -> str:
    """The id of the action that the palette of a screen has on top."""
    return max(REGISTRIES[screen], key=lambda action: score(typed, action)).id


@pytest.mark.parametrize(
    ("word", "identity"),
    [
        ("quit", "quit"),
        ("journal", "journal"),
        ("undo", "decide.undo"),
        ("plan", "plan"),
        ("apply", "plan"),
        ("scan", "scan.smart"),
        ("deep", "scan.deep"),
        ("theme", "theme"),
        ("filter", "filter.text"),
        ("help", "help"),
        ("jobs", "jobs"),
        ("log", "log"),
        ("report", "report"),
        ("preview", "pane.details"),
        ("compare", "compare"),
        ("reference", "storage.reference"),
        ("copy path", "copy.path"),
        ("sort size", "sort.size"),
        ("Journal", "journal"),
        ("jour", "journal"),
        ("decide.skip", "decide.skip"),
    ],
)
def test_a_natural_word_has_its_action_on_top(word: str, identity: str) -> None:
    assert first_found(word) == identity


def test_the_same_words_find_what_the_other_screens_have() -> None:
    assert first_found("apply", "plan") == "plan.apply"
    assert first_found("undo", "journal") == "journal.undo"
    assert first_found("stop", "jobs") == "jobs.stop"


def test_every_action_is_found_by_its_title_and_by_its_id() -> None:
    for actions in REGISTRIES.values():
        for action in actions:
            for name in (action.title, action.id):
                best = max(score(name, one) for one in actions)
                assert 0.9 < score(name, action) <= best, (name, action.id)


def test_letters_in_order_come_behind_all_words_and_other_letters_are_not_found() -> None:
    scores = {action.id: score("jrnl", action) for action in ACTIONS}
    assert 0 < scores["journal"] < 0.3
    assert score("qzqz", ACTIONS[0]) == 0
    assert score("  ", ACTIONS[0]) == 0
    undo = next(action for action in JOURNAL_ACTIONS if action.id == "journal.undo")
    apply = next(action for action in PLAN_ACTIONS if action.id == "plan.apply")
    assert score("batch", undo) > score("aply", apply) > 0


def test_what_has_the_letters_only_is_found_where_nothing_has_the_word() -> None:
    scores = {action.id: score("theme", action) for action in ACTIONS}
    assert [one for one, fit in scores.items() if fit], "others have its letters in this order"
    shown = dict(zip(scores, worth_showing(list(scores.values())), strict=True))
    assert [one for one, fit in shown.items() if fit] == ["theme"]
    by_letters = [score("jrnl", action) for action in ACTIONS]
    assert worth_showing(by_letters) == by_letters
    assert worth_showing([]) == []


def test_what_is_typed_stands_out_in_what_is_found() -> None:
    assert list(found_in("Jou app", "journal: Show what was applied")) == [(0, 3), (23, 26)]


async def test_one_word_and_enter_do_what_it_names(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await type_in_palette(pilot, app, until, "journal")
        await pilot.press("enter")
        await until(lambda: app.screen.name == "journal-screen")
        await type_in_palette(pilot, app, until, "quit")
        await pilot.press("enter")
        await until(lambda: not app.is_running)


async def type_in_palette(pilot: Pilot[None], app: InspectorApp, until: Until, word: str) -> None:
    await pilot.press(":")
    await until(lambda: isinstance(app.screen, CommandPalette))
    await pilot.press(*word)
    listed = app.screen.query_one(CommandList)
    await until(lambda: bool(listed.option_count) and f"{word}: " in str(listed.get_option_at_index(0).prompt))


@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_the_palette_opens_from_the_help_for_the_screen_that_it_is_about(
    open_app: OpenApp, until: Until, key: str
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("J", "?", key)
        await until(lambda: isinstance(app.screen, CommandPalette))
        await pilot.press("escape")
        await until(lambda: app.screen.name == "jobs-screen")
