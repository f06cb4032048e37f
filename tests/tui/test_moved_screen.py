"""Moved files by keyboard: move by move, all at once, taken back; and written only once a plan is confirmed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.model.moved import MovedFile, MovedGroup, Remap
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.lines import width_of
from inspector.tui.moved.moved_rows import FileRow, GroupRow, MovedRows, moved_line, moved_words
from inspector.tui.moved.moved_screen import MovedScreen
from inspector.tui.plan_screen import PlanScreen
from tests.tui.archives import SKI, WINTER, archive_in, rearrange

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    builder = archive_in(tmp_path)
    rearrange(builder)
    return builder


async def moved_of(app: InspectorApp, pilot: Pilot[None], until: Until) -> MovedScreen:
    await until(lambda: app.job is None and app.main.conflicts.total > 0)
    await pilot.press("g", "m")
    await until(lambda: isinstance(app.screen, MovedScreen) and app.screen.table.row_count > 0)
    screen = app.screen
    assert isinstance(screen, MovedScreen)
    return screen


def lines_of(screen: MovedScreen) -> list[str]:
    return [screen.table.render_line(y).text.strip() for y in range(min(screen.table.row_count, 12))]


def words_of(screen: MovedScreen) -> str:
    return "\n".join(strip.text.strip() for strip in screen.words.strips)


async def test_a_scan_that_found_moved_files_says_so_and_names_the_key(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await moved_of(app, pilot, until)
        assert any("5 files in other places (g m)" in said.text for said in app.messages.messages)
        assert "Found 5 files in different locations, 2 moves" in screen.strip.text
        assert f"{WINTER} → {SKI}" in lines_of(screen)[0]
        assert lines_of(screen)[0].endswith("4 files")
        assert "Renamed in photos/2023" in lines_of(screen)[1]


async def test_one_key_decides_for_a_moved_folder_and_another_takes_it_back(
    open_app: OpenApp, archive: ImaLinkBuilder, engine: Engine, until: Until
) -> None:
    app = await open_app(archive.root)
    before = (archive.root / MASTER).read_bytes()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await moved_of(app, pilot, until)
        await pilot.press("a")
        await until(lambda: engine.repairs.count_staged() == 4 and "✓" in lines_of(screen)[0])
        assert "4 decided, P shows the plan" in screen.strip.text
        assert "4 of 4 are decided" in words_of(screen)
        await pilot.press("r")
        await until(lambda: engine.repairs.count_staged() == 0 and "✓" not in lines_of(screen)[0])
        await pilot.press("w")
        await until(lambda: isinstance(app.screen, PlanScreen) and app.job is None)
        assert engine.repairs.count_staged() == 5
        await pilot.press("escape", "escape", "u")
        await until(lambda: app.screen is app.main and engine.repairs.count_staged() == 0)
    assert (archive.root / MASTER).read_bytes() == before


async def test_the_files_of_a_move_are_shown_with_both_their_paths(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await moved_of(app, pilot, until)
        await pilot.press("enter")
        await until(lambda: screen.table.row_count == 6)
        await pilot.press("j", "j")
        assert f"Old: {WINTER}/IMG_1.jpg" in words_of(screen)
        assert f"New: {SKI}/IMG_1.jpg" in words_of(screen)
        await pilot.press("A")
        await until(lambda: screen.table.row_count == 7)
        await pilot.press("A")
        await until(lambda: screen.table.row_count == 2)


async def test_in_a_reference_nothing_is_decided(
    open_app: OpenApp, archive: ImaLinkBuilder, engine: Engine, until: Until
) -> None:
    app = await open_app(archive.root)
    engine.repairs.set_reference(engine.storages()[0].id, on=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await moved_of(app, pilot, until)
        for key in ("a", "w"):
            await pilot.press(key)
            assert "reference" in screen.status.text
        assert not engine.repairs.staged()


async def test_keys_typed_in_one_go_change_nothing_on_disk(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    app = await open_app(archive.root)
    before = (archive.root / MASTER).read_bytes()
    async with app.run_test(size=(80, 24)) as pilot:
        await moved_of(app, pilot, until)
        for key in ("w",) * 20 + ("enter",) * 20 + ("y",):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await until(lambda: app.job is None)
    assert (archive.root / MASTER).read_bytes() == before


# --- lines ----------------------------------------------------------------------------------------------------------


def rows() -> MovedRows:
    groups = [
        MovedGroup(Remap("s", "a/\x1b[31m", "写真/" + "long " * 40), 1000, 997, 3),
        MovedGroup(Remap("s", "", "b", renamed=True), 2, 2, 2),
        MovedGroup(Remap("s", "c", "c", renamed=True), 1),
        MovedGroup(None, 3),
    ]
    files = [MovedFile(f"c{number}", f"a/{number}", f"b/{number}", "stat") for number in range(1000)]
    unclear = [MovedFile("u", "one of several", "", "")]
    return MovedRows(groups, {groups[0].remap: files, None: unclear}, {"s": "Archive"})


@pytest.mark.parametrize("width", [26, 58, 78, 118])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_line_fits_and_sends_no_control_character(width: int, glyphs: object) -> None:
    for row in rows().window(0, 2000):
        line = moved_line(row, width, glyphs)  # type: ignore[arg-type]
        assert width_of(line) <= width
        words = moved_words(row, {}, glyphs)  # type: ignore[arg-type]
        assert "\x1b" not in "".join(piece.text for piece in line) + "".join(text for text, _ in words)


def test_a_window_of_many_files_has_what_all_of_them_have_there() -> None:
    provider = rows()
    everything = provider.window(0, 5000)
    assert provider.count() == len(everything) == 4 + 1000 + 1
    for offset, limit in ((0, 1), (0, 10), (1, 3), (990, 20), (999, 5), (1000, 1), (1003, 9), (1005, 3)):
        assert provider.window(offset, limit) == everything[offset : offset + limit]
    assert isinstance(everything[0], GroupRow)
    assert isinstance(everything[1], FileRow)
