"""Filtering and sorting the list of conflicts by keyboard."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from inspector.engine import ConflictFilter, ConflictList, Engine
from inspector.model.records import Conflict
from inspector.model.sorting import Order, SortBy
from inspector.tui import InspectorApp
from inspector.tui.conflict_rows import ConflictRows, KindHeading

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def shown(app: InspectorApp) -> list[str]:
    """What the list of conflicts shows: labels, and kinds for headings."""
    table = app.main.conflicts.table
    rows = [table.row(index) for index in range(table.row_count)]
    return [
        row.kind if isinstance(row, KindHeading) else row.label
        for row in rows
        if isinstance(row, KindHeading | Conflict)
    ]


async def scanned(app: InspectorApp, until: Until) -> None:
    await until(lambda: app.job is None and app.main.conflicts.total == 4)


async def type_text(pilot: Pilot[None], text: str) -> None:
    await pilot.press("/", *text)


async def test_terms_narrow_the_list_by_what_they_say(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        await type_text(pilot, "kind:empty -two")
        await pilot.press("enter")
        await until(lambda: shown(app) == ["empty_file", "lost/one.jpg"])
        assert "1 of 4  /kind:empty -two" in app.main.conflicts.title_line.text
        await pilot.press("escape")
        await until(lambda: app.main.conflicts.total == 4)


async def test_a_term_that_is_not_typed_to_its_end_counts_for_nothing_and_says_what_is_missing(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        await type_text(pilot, "one")
        await until(lambda: shown(app) == ["empty_file", "lost/one.jpg"])
        await pilot.press(*" size:>")
        assert "size: wants a size, such as size:>5M" in app.main.status.text
        await pilot.press("enter")
        await until(lambda: shown(app) == ["empty_file", "lost/one.jpg"])
        assert app.main.status.typing
        await pilot.press("5", "enter")
        await until(lambda: not app.main.status.typing)
        await until(lambda: app.main.conflicts.total == 0)


@pytest.mark.parametrize("sorting", [(), (",", "p")])
async def test_clearing_a_filter_leaves_the_cursor_on_its_conflict(
    open_app: OpenApp, until: Until, sorting: tuple[str, ...]
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await scanned(app, until)
        await pilot.press(*sorting)
        conflicts = app.main.conflicts
        for typed in ("two", "beach", "kind:sync"):
            await type_text(pilot, typed)
            await pilot.press("enter")
            await until(lambda: conflicts.total == 1)
            found = conflicts.conflict
            assert found is not None
            await pilot.press("escape")
            await until(lambda: conflicts.total == 4)
            assert conflicts.conflict == found, typed
        before = conflicts.conflict
        await pilot.press("f", "j", "enter")
        await until(lambda: conflicts.total < 4)
        await pilot.press("f", "g", "g", "enter")
        await until(lambda: conflicts.total == 4)
        assert conflicts.conflict is not None
        assert conflicts.conflict.kind == "empty_file"
        assert conflicts.conflict != before


async def test_the_place_of_a_conflict_is_found_in_every_order(engine: Engine, open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)):
        await scanned(app, until)
        for order in (Order(), Order(SortBy.PATH), Order(SortBy.SIZE, reverse=True)):
            rows = ConflictRows(engine.select(ConflictFilter(order=order)))
            lines = list(enumerate(rows.window(0, 100)))
            assert all(rows.line_of(row) == line for line, row in lines if isinstance(row, Conflict))
        only = ConflictRows(engine.select(ConflictFilter(kinds=("empty_file",))))
        (elsewhere,) = engine.all_conflicts(ConflictFilter(kinds=("sync_conflict_copy",)))
        assert only.line_of(elsewhere) is None


async def test_a_wrong_term_is_answered_with_the_nearest(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        await type_text(pilot, "knd:empty")
        assert "there is no 'knd:'. Did you mean 'kind'?" in app.main.status.text
        await until(lambda: app.main.conflicts.total == 4)
        await pilot.press("enter")
        assert app.main.status.typing
        await pilot.press("escape")
        await until(lambda: not app.main.status.typing)


async def test_tab_completes_keys_and_their_values_and_names_what_there_is(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        await type_text(pilot, "ki")
        await pilot.press("tab")
        assert "/kind:_" in app.main.status.text
        await pilot.press("m", "i", "tab")
        assert "/kind:missing__   missing_file  missing_document" in app.main.status.text
        await pilot.press("ctrl+u", *"kind:empt", "tab", "enter")
        await until(lambda: shown(app) == ["empty_file", "lost/one.jpg", "lost/two.jpg"])


async def test_skipped_and_decided_ones_are_found_by_their_state(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        await pilot.press("s")
        await type_text(pilot, "is:skipped")
        await pilot.press("enter")
        await until(lambda: shown(app) == ["empty_file", "lost/one.jpg"])
        await pilot.press("/", "ctrl+u", *"is:open", "enter")
        await until(lambda: app.main.conflicts.total == 3)
        assert "lost/one.jpg" not in shown(app)


async def test_sorting_leaves_the_headings_out_and_turns_round(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        await pilot.press(",", "p")
        await until(lambda: "by path" in app.main.conflicts.title_line.text)
        by_path = shown(app)
        assert by_path == sorted(by_path)
        assert len(by_path) == 4
        await pilot.press(",", ",")
        await until(lambda: shown(app) == by_path[::-1])
        await pilot.press(",", "p")
        await until(lambda: shown(app) == by_path)
        for key, expected in (("s", SortBy.SIZE), ("d", SortBy.DATE), ("k", SortBy.KIND)):
            await pilot.press(",", key)
            assert app.main.order.by is expected
        await until(lambda: "empty_file" in shown(app))
        await pilot.press(",", "k")
        assert app.main.order == Order(SortBy.KIND, reverse=True), "what says that it turns round does"
        await pilot.press(",", "k")
        assert app.main.order == Order()
        await pilot.press("n")


async def test_of_filters_typed_while_one_is_looked_through_the_last_counts(
    open_app: OpenApp, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await scanned(app, until)
        release, looked = threading.Event(), list[str]()
        select = engine.select

        def slow(chosen: ConflictFilter) -> ConflictList:
            looked.append(chosen.query.text)
            if len(looked) == 1:
                release.wait(10)
            return select(chosen)

        monkeypatch.setattr(engine, "select", slow)
        await type_text(pilot, "o")
        await until(lambda: looked == ["o"])
        for text in ("on", "one"):
            await pilot.press(text[-1])
            await until(lambda text=text: app.main._wanted.query.text == text)  # type: ignore[misc]
        release.set()
        await until(lambda: shown(app) == ["empty_file", "lost/one.jpg"])
        assert looked == ["o", "one"]


async def test_rows_without_groups_have_no_headings(engine: Engine, open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)):
        await scanned(app, until)
        found = await asyncio.to_thread(engine.select, ConflictFilter(query=engine.query("lost")))
        rows = ConflictRows(found)
        assert (rows.count(), rows.conflicts) == (3, 2)
        assert [type(row) for row in rows.window(0, 9)] == [KindHeading, Conflict, Conflict]
        assert (rows.number(1), rows.number(2)) == (1, 2)
