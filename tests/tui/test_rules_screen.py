"""Rules that hide conflicts, made and removed by keyboard: the count first, then the reason, and a way back."""

from collections.abc import Awaitable, Callable

import pytest
from textual import events
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.model.ignore_rules import IgnoreRule, folder_pattern, proposed_rules
from inspector.model.kinds import Severity
from inspector.model.records import Conflict
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.lines import width_of
from inspector.tui.rule_rows import RuleRow, RulesHeading, rule_line, rule_words
from inspector.tui.rules_screen import RulesScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def conflict(kind: str, *paths: str, severity: Severity = Severity.WARNING, storage: str = "s1") -> Conflict:
    return Conflict("c1", kind, storage, severity, {}, paths[0] if paths else kind, paths, {}, False)  # type: ignore[arg-type]


# --- what is proposed -----------------------------------------------------------------------------------------------


def test_the_folder_the_ending_and_the_kind_are_proposed_the_narrowest_first() -> None:
    rules = proposed_rules(conflict("empty_file", "2024/lost/one.jpg"))
    assert [(rule.pattern, rule.kind, rule.storage_id) for rule in rules] == [
        ("/2024/lost/", "empty_file", "s1"),
        ("*.jpg", "empty_file", "s1"),
        ("", "empty_file", "s1"),
        ("/2024/lost/", "", "s1"),
        ("/2024/lost/one.jpg", "", "s1"),
        ("", "empty_file", None),
    ]


@pytest.mark.parametrize(
    "one",
    [
        conflict("empty_file", "a.jpg"),
        conflict("missing_file", "2024/a.jpg", severity=Severity.ERROR),
        conflict("unicode_twin", "x/a/b/é.jpg", "x/a/c/d.png"),
        conflict("stale_temp", "x/[a]*?\\ (1)/.hidden"),
        conflict("totals_wrong"),
        conflict("cloned_storage"),
        conflict("empty_file", "d/caf\udce9.jpg"),
    ],
)
def test_every_proposed_rule_hides_the_conflict_that_it_is_proposed_for(one: Conflict) -> None:
    rules = proposed_rules(one)
    assert rules
    assert len(set(rules)) == len(rules)
    assert all(rule.hides(one) for rule in rules)
    if one.severity is Severity.ERROR:
        assert all(rule.kind for rule in rules), "what may mean lost data is hidden by kind only"


def test_the_common_folder_of_several_paths_is_proposed() -> None:
    rules = proposed_rules(conflict("unicode_twin", "x/a/b/1.jpg", "x/a/c/1.jpg"))
    assert folder_pattern("x/a") in {rule.pattern for rule in rules}


@pytest.mark.parametrize("width", [26, 58, 78, 118, 198])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_a_rule_fits_its_line_whatever_it_is_called(width: int, glyphs: object) -> None:
    rule = IgnoreRule("/写真/\x1b]52;c;x\u202e/" + "long " * 30, "sync_conflict_copy", "s1", "why\x1b", 5, 3)
    for one in (rule, IgnoreRule("*.tmp"), IgnoreRule(kind="empty_file"), IgnoreRule(kind="of_tomorrow")):
        for count in (None, 0, 1_234_567):
            line = rule_line(RuleRow(one, count), {"s1": "Holiday\x1b"}, width, glyphs)  # type: ignore[arg-type]
            assert width_of(line) <= width
            text = "".join(piece.text for piece in line) + "".join(text for text, _ in rule_words(RuleRow(one), {}))
            assert "\x1b]" not in text


def test_what_a_rule_for_every_kind_leaves_is_told() -> None:
    words = rule_words(RuleRow(IgnoreRule("/lost/"), 2, spared=3), {})
    assert any("3 conflicts there may mean lost data" in text for text, _ in words)


# --- on the screen --------------------------------------------------------------------------------------------------


async def opened(app: InspectorApp, pilot: Pilot[None], until: Until, *keys: str) -> RulesScreen:
    await until(lambda: app.job is None and app.main.conflicts.total == 4)
    await pilot.press(*keys, "I")
    await until(lambda: isinstance(app.screen, RulesScreen))
    screen = app.screen
    assert isinstance(screen, RulesScreen)
    await until(lambda: screen.table.row_count == 0 or all(row.count is not None for row in rules_in(screen)))
    return screen


def rules_in(screen: RulesScreen) -> list[RuleRow]:
    rows = [screen.table.row(number) for number in range(screen.table.row_count)]
    return [row for row in rows if isinstance(row, RuleRow)]


def known(screen: RulesScreen) -> list[RuleRow]:
    return [row for row in rules_in(screen) if row.rule.id]


async def test_a_rule_is_made_with_its_count_and_a_reason_and_taken_back(
    open_app: OpenApp, engine: Engine, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, until)
        first = screen.chosen
        assert first is not None
        assert (first.rule.pattern, first.count) == ("/lost/", 2)
        assert "would hide 2 conflicts of now" in " ".join(strip.text for strip in screen.words.strips)
        await pilot.press("i", "enter")
        assert "Hide 2, because: " in screen.status.text
        assert not engine.repairs.ignore_rules(), "Enter without a reason makes nothing"
        await pilot.press(*"made by a tool", "enter")
        await until(lambda: len(known(screen)) == 1)
        (made,) = known(screen)
        assert (made.rule.reason, made.count) == ("made by a tool", 2)
        assert screen.chosen == made
        assert app.main.conflicts.total == 2
        assert "1 rule, hiding 2 conflicts" in screen.strip.text
        await pilot.press("u")
        await until(lambda: not known(screen))
        assert not engine.repairs.ignore_rules()
        assert app.main.conflicts.total == 4
        await pilot.press("u")
        assert "no rule was made or removed in this run" in screen.status.text


async def test_a_removed_rule_opens_what_it_hid_and_can_be_made_again_later(
    open_app: OpenApp, engine: Engine, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, until)
        await pilot.press("enter", *"tool", "enter")
        await until(lambda: len(known(screen)) == 1)
        await pilot.press("x", "x", "y")
        assert screen.asking, "the key that asks answers nothing, and neither does one too early"
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("y")
        await until(lambda: not known(screen) and app.main.conflicts.total == 4)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        screen = await opened(app, pilot, until)
        await pilot.press("u")
        await until(lambda: len(known(screen)) == 1 and app.main.conflicts.total == 2)
        assert engine.repairs.ignore_rules()[0].reason == "tool"


async def test_without_a_conflict_the_rules_are_listed_and_none_is_proposed(
    open_app: OpenApp, engine: Engine, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(60, 20)) as pilot:
        screen = await opened(app, pilot, until, "g", "s")
        assert "there are no rules; on a conflict, I proposes some" in screen.table.render_line(0).text
        await pilot.press("i")
        assert "hide: only what is proposed can be made a rule" in screen.status.text
        await pilot.press("x")
        assert "remove: only a rule that was made can be removed" in screen.status.text
        engine.repairs.add_ignore_rule(IgnoreRule("*.jpg", "duplicate_content", reason="on purpose"))
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        app.main.refresh_catalog()
        await pilot.press("I")
        await until(lambda: isinstance(app.screen, RulesScreen) and len(known(app.screen)) == 1)
        assert "because: on purpose" in "".join(strip.text for strip in app.screen.words.strips)  # type: ignore[attr-defined]


async def test_keys_typed_in_one_go_make_the_rule_that_they_mean(
    open_app: OpenApp, engine: Engine, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        for key in ("I", "j", "i", *"tool", "enter", "escape"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await until(lambda: app.screen is app.main and app.main.conflicts.total < 4)
        assert [(rule.pattern, rule.reason) for rule in engine.repairs.ignore_rules()] == [("*.jpg", "tool")]


async def test_leaving_the_reason_makes_no_rule_and_keys_go_to_the_list_again(
    open_app: OpenApp, engine: Engine, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(60, 20)) as pilot:
        screen = await opened(app, pilot, until)
        await pilot.press("i", *"xx", "escape", "j")
        await until(lambda: screen.table.cursor == 2)
        assert not engine.repairs.ignore_rules()
        assert isinstance(screen.table.row(0), RulesHeading)
