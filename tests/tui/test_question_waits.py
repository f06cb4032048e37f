"""While a question waits, a key that means nothing to it is told so, and does nothing."""

from collections.abc import Awaitable, Callable

import pytest

from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS, Answer, Confirmation
from inspector.tui.lines import width_of
from inspector.tui.plan_screen import PlanScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def text_of(question: Confirmation, width: int = 80) -> str:
    return "".join(piece.text for piece in question.line(width, "…"))


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
    assert width_of(question.line(40, "…")[:2]) < 30


@pytest.mark.parametrize("count", [64, 9_999_999])
@pytest.mark.parametrize("width", [60, 80])
def test_what_was_typed_and_why_it_is_not_taken_stay_in_sight_in_a_narrow_terminal(width: int, count: int) -> None:
    question = Confirmation("undoes 64 items (705 cannot be) of 2024-11-18 14:05:12 and some more", 0.0, count=count)
    for key in "123456789":
        question.press(key, 1.0)
        text = text_of(question, width)
        assert f"Type {count}, then y" in text
        assert text.endswith(f"{question.typed}_")
        assert width_of(question.line(width, "…")) <= width
    question.press("y", 1.0)
    assert text_of(question, width).endswith(f"_  123456789 is not {count}")
    assert width_of(question.line(width, "…")) <= width
    question.press("k", 1.0)
    assert text_of(question, width).startswith(" Esc first, then k")
    assert width_of(question.line(width, "…")) <= width


async def test_a_question_is_cut_anew_when_the_terminal_becomes_narrower(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        screen = PlanScreen(app.main.staging)
        app.push_screen(screen)
        await until(lambda: screen.plan is not None)
        screen.ask(Confirmation("does " + "what takes many words " * 5, 0.0, count=64), lambda: None)
        await pilot.press("6")
        assert screen.strip.text.endswith("  6_")
        await pilot.resize_terminal(60, 20)
        await until(lambda: width_of(screen.strip.line(60)) <= 60)
        assert screen.strip.text.endswith("…  6_")


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
