"""The list that reads only what it shows."""

import time
from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult

from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import THEME
from inspector.tui.widgets.virtual_table import PAGE_ROWS, Column, VirtualTable, column_widths


class Numbers:
    """Rows that are numbers, and how many of them were asked for."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.asked = 0

    def count(self) -> int:
        return self._count

    def window(self, offset: int, limit: int) -> Sequence[int]:
        self.asked += limit
        return range(offset, min(self._count, offset + limit))


def number(row: int, width: int) -> Line:
    return [Piece(fit(f"row {row:,}", width, "…"))]


class TableApp(App[None]):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.numbers = Numbers(count)
        self.table: VirtualTable[int] = EverySeventhIsAHeading((Column(number),), id="table")
        self.register_theme(THEME)
        self.theme = THEME.name

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.show(self.numbers)
        self.table.focus()

    @property
    def screen_text(self) -> list[str]:
        return [self.table.render_line(y).text for y in range(self.table.size.height)]


class EverySeventhIsAHeading(VirtualTable[int]):
    def selectable(self, row: int) -> bool:
        return row % 7 != 0


async def test_a_million_rows_open_at_once_and_only_the_pages_in_sight_are_asked_for() -> None:
    app = TableApp(1_000_000)
    async with app.run_test(size=(60, 20)) as pilot:
        started = time.perf_counter()
        app.table.go_to(999_999)
        await pilot.pause()
        assert time.perf_counter() - started < 1
        assert "row 999,998" in app.screen_text[-1]  # the very last one is a heading
        assert app.numbers.asked <= 4 * PAGE_ROWS


async def test_scrolling_through_a_hundred_thousand_rows_asks_for_each_page_once() -> None:
    app = TableApp(100_000)
    async with app.run_test(size=(60, 20)):
        started = time.perf_counter()
        while app.table.cursor < 99_998:
            app.table.page(1)
            app.screen_text  # noqa: B018 - draws every line
        assert time.perf_counter() - started < 20
        assert app.numbers.asked <= 100_000 + 4 * PAGE_ROWS


async def test_a_cursor_key_draws_two_lines_and_no_more() -> None:
    app = TableApp(1_000)
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.go_to(3)
        await pilot.pause()
        drawn: list[int] = []
        render_line = app.table.render_line
        app.table.render_line = lambda y: drawn.append(y) or render_line(y)  # type: ignore[method-assign,func-returns-value]
        app.table.move(1)
        await pilot.pause()
        assert sorted(drawn) == [3, 4]


async def test_the_cursor_steps_over_headings_and_stops_at_the_ends() -> None:
    app = TableApp(15)
    async with app.run_test(size=(60, 20)):
        assert app.table.cursor == 1
        app.table.go_to(6)
        app.table.move(1)
        assert app.table.cursor == 8
        app.table.move(-1)
        assert app.table.cursor == 6
        app.table.move(-1000)
        assert app.table.cursor == 1
        app.table.move(1000)
        assert app.table.cursor == 13


async def test_over_ssh_a_list_scrolls_in_jumps_that_leave_no_row_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    app = TableApp(200)
    async with app.run_test(size=(60, 10)):
        table, tops = app.table, [0]
        for _ in range(60):
            table.move(1)
            tops += [table.top] if table.top != tops[-1] else []
            assert table.top <= table.cursor < table.top + 10
        assert len(tops) <= 11, "once in seven rows or more, headings among them"
        for step in (1, -1):
            before = table.top
            table.page(step)
            assert abs(table.top - before) <= 10
        table.move(-1000)
        assert table.top == 0


async def test_a_heading_comes_into_sight_with_the_first_row_under_it() -> None:
    app = TableApp(1_000)
    async with app.run_test(size=(60, 10)):
        app.table.go_to(500)
        app.table.go_to(71)
        assert app.table.top == 70


async def test_the_row_under_the_cursor_is_marked_by_more_than_colour() -> None:
    app = TableApp(100)
    async with app.run_test(size=(60, 10)):
        assert app.screen_text[1].startswith("▌")
        assert not any(text.startswith("▌") for text in app.screen_text[2:])


async def test_an_empty_list_has_no_row_and_no_cursor() -> None:
    app = TableApp(0)
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("down", "up")
        app.table.move(5)
        assert app.table.current is None


def test_fixed_columns_keep_their_width_and_the_others_share_the_rest() -> None:
    columns = [
        Column(number, width=10),
        Column(number, weight=1),
        Column(number, weight=3),
        Column(number, width=5, needs=80),
    ]
    assert column_widths(columns, 52) == [10, 10, 30, 0]
    assert sum(column_widths(columns, 100)) + 3 == 100
