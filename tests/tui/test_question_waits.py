"""While a question waits, a key that means nothing to it is told so, and does nothing."""

from collections.abc import Awaitable, Callable

import pytest

from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS, Answer, Confirmation
from inspector.tui.lines import width_of

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def text_of(question: Confirmation) -> str:
    return "".join(piece.text for piece in question.line())


@pytest.mark.parametrize("key", ["j", "P", "tab", "ctrl+p", "5"])
def test_another_key_is_named_beside_what_has_to_come_first(key: str) -> None:
    question = Confirmation("applies 3 items", 0.0)
    assert question.press(key, DEAF_SECONDS / 2) is Answer.WAIT
    assert text_of(question) == " Esc no  y applies 3 items"
    assert question.press(key, 1.0) is Answer.WAIT
    assert text_of(question).startswith(" Esc first, then ")
    assert question.press("enter", 1.0) is Answer.WAIT
    assert text_of(question) == " Esc no  y applies 3 items  Enter does nothing here"
    assert question.press(key, 1.0) is Answer.WAIT
    assert question.press("y", 1.0) is Answer.YES


def test_digits_are_for_the_number_and_other_keys_leave_it() -> None:
    question = Confirmation("applies 42 items", 0.0, count=42)
    for key in ("4", "k", "2"):
        assert question.press(key, 1.0) is Answer.WAIT
    assert "42_" in text_of(question)
    assert " Esc no " in text_of(question)
    assert question.press("y", 1.0) is Answer.YES


def test_what_has_to_come_first_is_in_sight_in_a_narrow_terminal() -> None:
    question = Confirmation("settles 2 interrupted repairs: each item as before it or as after it", 0.0)
    question.press("ctrl+p", 1.0)
    assert width_of(question.line()[:2]) < 30


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_keys_behind_a_question_act_when_it_is_left(
    open_app: OpenApp, until: Until, size: tuple[int, int]
) -> None:
    app = await open_app()
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("2", "A")
        await until(lambda: app.main.asking)
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("?")
        assert app.main.keys.text.startswith(" Esc first, then ?")
        await pilot.press("escape", "?")
        await until(lambda: app.screen is not app.main)
