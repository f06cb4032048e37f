"""The comparison as a person uses it: real conflicts, real keys; and its lines and its room as pure functions."""

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from inspector.model.comparison import Comparison, Field, Lacking, Mark, Side, Unit
from inspector.tui import InspectorApp
from inspector.tui.compare_layout import View, compare_layout
from inspector.tui.compare_rows import (
    GroupHeading,
    MoreFields,
    field_line,
    in_lines,
    marked_difference,
    rows_of,
    summary_line,
)
from inspector.tui.compare_screen import CompareScreen, first_pair
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.lines import width_of
from inspector.tui.palette import Tone
from inspector.tui.previews.drawing import Drawing
from tests.tui.conftest import picture

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


def drawn(widget: Widget) -> str:
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def bytes_of(*roots: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


async def compare(app: InspectorApp, pilot: Pilot[None], until: Until, kind: str) -> CompareScreen:
    """Put the main screen's cursor on the first conflict of a kind and compare it."""
    await until(lambda: app.job is None and app.main.conflicts.total > 0)
    table = app.main.conflicts.table
    place = next(
        line
        for line in range(table.row_count)
        if getattr(table.row(line), "kind", None) == kind and not hasattr(table.row(line), "count")
    )
    table.go_to(place)
    await pilot.pause()
    screen = CompareScreen()
    app.push_screen(screen)
    await until(lambda: screen.whole is not None)
    return screen


# --- the screen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_two_sides_stand_beside_one_another_in_every_size(
    open_app: OpenApp, until: Until, size: tuple[int, int], ascii_only: bool
) -> None:
    app = await open_app(ascii=ascii_only)
    async with app.run_test(size=size) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        sides, fields = drawn(screen.sides), drawn(screen.table)
        assert "original" in sides
        assert "copy of QRSTUV2" in sides
        assert "size" in fields
        differs = [line for line in fields.splitlines() if line.strip(" ▌>").startswith("!" if ascii_only else "≠")]
        assert any("path" in line for line in differs)
        assert any("content" in line for line in differs)
        assert not any("pixels" in line for line in differs)
        if ascii_only:
            whole = sides + fields + drawn(screen.words) + drawn(screen.strip)
            assert whole.replace("48 × 32", "").isascii(), "nothing but what the picture says of itself"


async def test_pictures_of_both_sides_are_drawn_in_their_columns(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        compared = screen._compared
        assert compared is not None
        await until(lambda: len(compared.pictures) == 2)
        assert all(isinstance(one, Drawing) for one in compared.pictures.values())
        blocks = [line for line in drawn(screen.sides).splitlines() if "▀" in line or "▄" in line or "█" in line]
        assert blocks or any(strip.cell_length for strip in screen.sides.strips)


async def test_low_terminals_show_pictures_and_fields_in_turn(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        assert screen.table.size.height > 6
        assert screen.sides.size.height <= 3
        await pilot.press("p")
        await until(lambda: screen.sides.size.height > 6)
        assert not screen.table.display
        await pilot.press("p", "p")
        await until(lambda: bool(screen.table.display))


async def test_only_what_differs_can_be_shown_and_the_cursor_stays_on_its_field(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        everything = screen.table.row_count
        while not (isinstance(row := screen.table.current, Field) and row.name == "content"):
            await pilot.press("j")
        await pilot.press("=")
        assert screen.table.row_count < everything
        row = screen.table.current
        assert isinstance(row, Field)
        assert row.name == "content"
        rows = [screen.table.row(line) for line in range(screen.table.row_count)]
        fields = [row for row in rows if isinstance(row, Field)]
        assert fields
        assert not [row for row in fields if row.agree]
        assert "(hidden)" in screen.strip.text
        await pilot.press("=")
        assert screen.table.row_count == everything


async def test_of_many_sides_any_two_can_be_put_beside_one_another(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    folder = tmp_path / "Copies"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        os.utime(picture(folder / name), (1717246380, 1717246380))
    app = await open_app(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await compare(app, pilot, until, "duplicate_content")
        assert screen.numbers == (0, 1)
        await pilot.press("tab")
        assert screen.numbers == (0, 2)
        await pilot.press("right")
        assert screen.numbers == (0, 1)
        await pilot.press("left")
        assert screen.numbers == (2, 1)
        assert "3 and 2 of 3 sides" in screen.strip.text
        assert "c.jpg" in drawn(screen.sides)


async def test_two_sides_have_no_others_and_the_key_says_so(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        await pilot.press("tab")
        assert "there are no other sides" in screen.status.text


async def test_deciding_here_stages_as_in_the_list_and_touches_no_file(
    open_app: OpenApp, until: Until, folders: list[Path]
) -> None:
    before = bytes_of(*folders)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        conflict = screen.conflict
        assert conflict is not None

        def choice() -> str:
            staged = app.engine.repairs.staged_of([conflict.id])
            return staged[conflict.id].choice if staged else ""

        await pilot.press("5")
        assert choice() == "keep_both"
        assert "Keep both" in screen.status.text
        assert "✓5" in drawn(screen.words)
        await pilot.press("3")
        assert choice() == "keep_original"
        await pilot.press("enter", "enter", "r")
        assert choice() == ""
        await pilot.press("9")
        assert "this conflict has 5 choices" in screen.status.text
        await pilot.press("a")
        assert "nothing is suggested" in screen.status.text
        await pilot.press("i", *"seen", "enter")
        await until(lambda: choice() == "ignore")
        assert app.engine.repairs.staged_of([conflict.id])[conflict.id].reason == "seen"
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        assert "Ignore it until it changes" in drawn(app.main.conflicts.table)
    after = {path: what for path, what in bytes_of(*folders).items() if ".inspector" not in path}
    assert after == before


async def test_a_decision_that_cannot_be_done_is_taken_back_in_sight(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await compare(app, pilot, until, "empty_file")
        await pilot.press("1")
        await until(lambda: not app.engine.repairs.staged())
        await until(lambda: "Bring the content back" in screen.status.text and ": " in screen.status.text)


async def test_a_choice_that_needs_a_path_goes_back_to_the_list_that_asks_for_it(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await compare(app, pilot, until, "duplicate_content")
        await pilot.press("2")
        await until(lambda: app.screen is app.main)
        assert app.main.conflicts.choosing_path
        await pilot.press("enter")
        assert [decision.choice for _, decision in app.engine.repairs.staged()] == ["keep_one"]


async def test_next_and_previous_stay_in_the_comparison(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compare(app, pilot, until, "empty_file")
        first = screen.conflict
        assert first is not None
        await pilot.press("n")
        await until(lambda: screen.whole is not None and screen.whole.conflict_id != first.id)
        assert app.screen is screen
        assert app.main.conflicts.conflict == screen.conflict
        await pilot.press("N")
        await until(lambda: screen.whole is not None and screen.whole.conflict_id == first.id)
        await pilot.press("N")
        assert "No open conflict above" in screen.status.text
        assert app.screen is screen


async def test_what_changed_since_the_scan_is_said_and_can_be_looked_at_again(
    open_app: OpenApp, until: Until, folders: list[Path]
) -> None:
    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        assert "changed since the scan" not in screen.strip.text
        picture(folders[1] / "desk.jpg", (9, 9, 9))
        await pilot.press("c")
        await until(lambda: screen.whole is not None and screen.whole.stale)
        assert "changed since the scan" in screen.strip.text
        assert "changed since the scan" in drawn(screen.sides)


async def test_hostile_documents_are_shown_escaped(open_app: OpenApp, until: Until, tmp_path: Path) -> None:
    folder = tmp_path / "Notes"
    folder.mkdir()
    hostile = "\x1b]52;c;aGk=\x07\u202e[red]\n"
    (folder / "n.json").write_text(json.dumps({"a": "x", hostile: 1}))
    (folder / "n.sync-conflict-20240621-173045-QRSTUV2.json").write_text(json.dumps({"a": hostile, hostile: 2}))
    for path in folder.iterdir():
        os.utime(path, (1717246380, 1717246380))
    app = await open_app(folder)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        for _ in range(12):
            await pilot.press("j")
            whole = drawn(screen.table) + drawn(screen.words) + drawn(screen.sides) + drawn(screen.strip)
            assert not {"\x1b", "\x07", "\u202e"} & set(whole)
        assert r"\x1b]52;c;aGk=\x07\u202e[red]\n" in drawn(screen.table)


async def test_help_lists_the_keys_of_the_comparison(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        await pilot.press("?")
        await until(lambda: app.screen is not screen)
        text = drawn(app.screen.query_one("#help"))
        assert "Leave out the fields that agree" in text


# --- lines ----------------------------------------------------------------------------------------------------------


def comparison(*fields: Field, sides: int = 2, more: int = 0) -> Comparison:
    titles = tuple(Side(f"side {number}") for number in range(sides))
    return Comparison("c", "kind", "s", "label", titles, fields, more_differ=more)


def test_every_line_has_the_width_of_its_table() -> None:
    row = Field("file", "päth/日本", ("a/日本語/x.jpg", Lacking.ABSENT), False, Unit.PATH, (Mark.NEWEST, None))
    for width in (40, 58, 78, 118, 198):
        layout = compare_layout(width, 20, sides=2, longest_name=12, head_rows=2, pictures=False, view=View.BOTH)
        assert width_of(field_line(row, layout, UNICODE)) <= width - 2


def test_what_differs_is_marked_by_a_sign_and_not_by_colour_alone() -> None:
    layout = compare_layout(80, 20, sides=2, longest_name=10, head_rows=2, pictures=False, view=View.BOTH)
    same = field_line(Field("f", "n", (1, 1), True), layout, UNICODE)
    other = field_line(Field("f", "n", (1, 2), False), layout, UNICODE)
    assert (same[0].text, other[0].text) == (" ", "≠")
    assert field_line(Field("f", "n", (1, 2), False), layout, ASCII)[0].text == "!"
    assert {piece.tone for piece in same if piece.text.strip()} == {Tone.DIM}


@pytest.mark.parametrize(
    ("texts", "room", "middle"),
    [
        (("photos/2023/a/IMG.jpg", "photos/2024/a/IMG.jpg"), 40, "2023"),
        (("photos/2023/a/IMG.jpg", "photos/2024/a/IMG.jpg"), 12, "2023"),
        (("a/" * 60 + "left.jpg", "a/" * 60 + "right.jpg"), 20, "left.jpg"),
        (("same/only.jpg", "same/only.jpg"), 30, ""),
    ],
)
def test_the_part_that_differs_is_the_last_to_be_cut(texts: tuple[str, str], room: int, middle: str) -> None:
    pieces = marked_difference(texts[0], texts, room, UNICODE, "/")
    assert width_of(pieces) <= room
    strong = "".join(piece.text for piece in pieces if piece.tone is Tone.STRONG)
    assert strong == middle


def test_groups_have_headings_with_their_numbers_and_the_rest_is_counted() -> None:
    rows = rows_of(
        comparison(
            Field("file", "size", (1, 2), False), Field("file", "path", ("a", "a"), True),
            Field("document", "x", (1, 1), True), more=1204,
        ),
        only_differing=True,
    )  # fmt: skip
    assert rows[0] == GroupHeading("File", 1, 2)
    assert [row.name for row in rows if isinstance(row, Field)] == ["size"]
    assert rows[-1] == MoreFields(1204)


def test_what_nobody_knows_of_one_side_is_counted_apart_and_never_hidden() -> None:
    unknown = Field("picture", "pixels", ("64 x 48", Lacking.UNKNOWN), None)
    whole = comparison(unknown, Field("picture", "camera", ("X", "X"), True), Field("file", "size", (1, 2), False))
    heading = next(row for row in rows_of(whole, only_differing=False) if isinstance(row, GroupHeading))
    assert heading.facts == "1 agree, 1 unknown"
    assert unknown in rows_of(whole, only_differing=True)
    summary = "".join(piece.text for piece in summary_line(whole, whole, (1, 2), only=False))
    assert summary.strip() == "1 field differs, 1 unknown, 1 agree"
    layout = compare_layout(78, 20, sides=2, longest_name=12, head_rows=2, pictures=False, view=View.BOTH)
    text = "".join(piece.text for piece in field_line(unknown, layout, ASCII))
    assert text.split() == ["?", "pixels", "64", "x", "48", "?"]


def test_where_a_whole_group_is_unknown_nothing_is_said_to_agree() -> None:
    rows = rows_of(replace(comparison(Field("document", "x", (1, Lacking.UNKNOWN), None)), more_unknown=9),
                   only_differing=True)  # fmt: skip
    assert rows[0] == GroupHeading("In the document", 0, 10, 10)
    assert rows[0].facts == "all unknown"
    assert rows[-1] == MoreFields(9, differ=False)


def test_the_first_two_sides_shown_are_the_first_that_differ() -> None:
    assert first_pair(comparison(Field("f", "n", (1, 1, 2), False), sides=3)) == (0, 2)
    assert first_pair(comparison(Field("f", "n", (1, 1), True))) == (0, 1)
    assert first_pair(comparison(Field("f", "n", (1,), True), sides=1)) == (0,)


@pytest.mark.parametrize(("width", "height"), [(58, 8), (58, 12), (78, 14), (118, 30), (198, 50), (30, 5)])
@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("sides", [1, 2])
def test_the_room_is_divided_without_remainder(width: int, height: int, view: View, sides: int) -> None:
    layout = compare_layout(width, height, sides=sides, longest_name=20, head_rows=3, pictures=True, view=view)
    assert layout.sides_rows + layout.table_rows == height
    assert layout.label + sum(layout.columns) + sides + 4 == width
    assert min(layout.columns) > 0


def test_texts_are_put_in_as_few_lines_as_hold_them() -> None:
    assert in_lines(["aaa", "bbb", "ccc"], 9) == ["aaa   bbb", "ccc"]


async def test_every_choice_is_in_sight_or_said_to_be_elsewhere(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(60, 20)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        for _ in range(6):
            await pilot.press("j")
            words = drawn(screen.words)
            assert "5 Keep both" in words or "more choices: Esc" in words, words
        assert screen.table.size.height >= 4


async def test_other_sides_are_named_in_the_bottom_line(open_app: OpenApp, until: Until, tmp_path: Path) -> None:
    folder = tmp_path / "Copies"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        os.utime(picture(folder / name), (1717246380, 1717246380))
    app = await open_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(app, pilot, until, "duplicate_content")
        await until(lambda: "Tab other right" in screen.keys.text)


async def test_one_side_alone_differs_from_nothing_and_says_so(open_app: OpenApp, until: Until, tmp_path: Path) -> None:
    folder = tmp_path / "Lost"
    folder.mkdir()
    (folder / "one.jpg").touch()
    app = await open_app(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(app, pilot, until, "empty_file")
        assert screen.numbers == (0,)
        assert "one side only, with" in screen.strip.text
        assert "differ" not in screen.strip.text + drawn(screen.table)


def test_the_headings_add_up_to_the_sum_below() -> None:
    whole = comparison(
        Field("file", "size", (1, 2), False), Field("file", "path", ("a", "a"), True),
        Field("document", "x", (1, 2), False), more=3,
    )  # fmt: skip
    whole = replace(whole, more_agree=34)
    headings = [row for row in rows_of(whole, only_differing=False) if isinstance(row, GroupHeading)]
    assert sum(heading.differing for heading in headings) == whole.differing
    assert sum(heading.count for heading in headings) == whole.differing + whole.agreeing


async def test_a_comparison_that_is_left_before_it_is_drawn_is_not_laid_out(
    open_app: OpenApp, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await compare(app, pilot, until, "sync_conflict_copy")
        laid_out: list[bool] = []
        monkeypatch.setattr(screen, "lay_out", lambda: laid_out.append(screen in app.screen_stack))
        screen.on_resize(events.Resize(app.size, app.size))
        left = app.pop_screen()
        screen.on_resize(events.Resize(app.size, app.size))
        await left
        await pilot.pause()
        assert laid_out == []


async def test_sides_that_were_looked_at_after_the_comparison_was_left_are_shown_nowhere(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("d")
        await until(lambda: isinstance(app.screen, CompareScreen) and app.screen.whole is not None)
        screen = app.screen
        assert isinstance(screen, CompareScreen)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        screen.lay_out()
        assert app.screen is app.main
