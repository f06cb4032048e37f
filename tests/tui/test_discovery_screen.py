"""Storages are found, marked, opened beside the others, and registered only where that is confirmed."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from inspector.engine import ConflictFilter, Engine, SearchRoots
from inspector.model.progress import Progress
from inspector.model.records import FoundStorage
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.discovery.discovery_rows import (
    DEEP,
    FoundRow,
    SearchChoices,
    changed_choices,
    form_rows,
    result_rows,
)
from inspector.tui.discovery.discovery_screen import DiscoveryScreen
from inspector.tui.forms.fields import Field, form_line
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.lines import width_of
from tests.tui.archives import archive_in
from tests.tui.conftest import picture

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder with an archive, an old storage, and one that is deeper than usual."""
    disk = tmp_path / "disk"
    archive_in(disk, "Main Archive")
    deep = ImaLinkBuilder(disk / "a/b/c/d/e/f/Deep", "6d0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d12", "Deep Archive")
    deep.picture("photos/a.jpg", seed=50, size=(48, 32)).add("photos/a.jpg", 1)
    deep.write()
    old = disk / "old/imalink_20240115_120000_abc12345"
    (old / "photos").mkdir(parents=True)
    (old / "index.json").write_text(
        json.dumps({"storage_uuid": "1", "created_at": "", "version": "1.0", "import_sessions": []})
    )
    return disk


async def search_of(app: InspectorApp, pilot: Pilot[None], until: Until, place: Path, *keys: str) -> DiscoveryScreen:
    """The screen after a search in `place` alone; `keys` are pressed before it begins."""
    await until(lambda: app.job is None)
    await pilot.press("W")
    await until(lambda: isinstance(app.screen, DiscoveryScreen))
    screen = app.screen
    assert isinstance(screen, DiscoveryScreen)
    screen._roots = SearchRoots((), ())
    screen.show_form()
    await pilot.press("space", "j", "j", "j", "enter")
    screen.status.post_message(events.Paste(str(place)))
    await pilot.press("enter", *keys, "s")
    await until(lambda: app.job is None and screen._search is None)
    return screen


def found(screen: DiscoveryScreen) -> dict[str, FoundRow]:
    return {row.found.name: row for row in screen._rows or ()}


async def test_what_is_found_is_marked_but_for_old_ones_and_opened_beside_the_others(
    open_app: OpenApp, disk: Path, engine: Engine, until: Until, tmp_path: Path
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await search_of(app, pilot, until, disk)
        rows = found(screen)
        assert {name: row.marked for name, row in rows.items()} == {
            "Main Archive": True, "imalink_20240115_120000_abc12345": False,
        }  # fmt: skip
        assert "2 storages found, 1 marked; o opens them" in screen.strip.text
        await pilot.press("o")
        await until(lambda: screen.asking)
        assert "registers 1 storage in its program's list too" in screen.strip.text
        assert "storage_config.json" in "".join(strip.text.strip() for strip in screen.words.strips)
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main and app.job is None)
        assert [one.name for one in app.main.view.storages] == ["Holiday", "Work", "Main Archive"]
        await until(lambda: app.main.view.storages[2].last_scan_ns is not None)
        assert not (tmp_path / "home" / ".imalink").exists()
        assert set(app.storage_ids) == {one.id for one in engine.storages()}


async def test_they_are_registered_in_the_programs_list_once_that_is_confirmed(
    open_app: OpenApp, disk: Path, until: Until, tmp_path: Path
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await search_of(app, pilot, until, disk)
        await pilot.press("o")
        await until(lambda: screen.asking)
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("y")
        config = tmp_path / "home" / ".imalink" / "storage_config.json"
        await until(lambda: app.screen is app.main and app.job is None and config.exists())
        (entry,) = json.loads(config.read_text())["storages"].values()
        assert entry["base_path"] == str((disk / "Main Archive").resolve())


async def test_an_old_storage_becomes_one_of_today_once_that_is_confirmed(
    open_app: OpenApp, disk: Path, engine: Engine, until: Until
) -> None:
    old = disk / "old/imalink_20240115_120000_abc12345"
    picture(old / "photos" / "a.jpg")
    before = {path.name for path in old.iterdir()}
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await search_of(app, pilot, until, disk)
        rows = list(found(screen))
        await pilot.press("home", *["j"] * rows.index(old.name), "m")
        await until(lambda: screen.asking and app.job is None)
        assert "makes a storage of today of" in screen.strip.text
        assert {path.name for path in old.iterdir()} == before
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("escape", "m")
        await until(lambda: screen.asking and app.job is None)
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("y")
        await until(lambda: app.screen is app.main and app.job is None and len(app.storage_ids) == 3)
        assert (old / ".imalink-storage").is_file()
        assert (old / "index.json").is_file()
        opened = engine.storage(app.storage_ids[2])
        assert (opened.root, opened.files) == (str(old.resolve()), 1)
        assert not engine.count_by_kind(ConflictFilter((opened.id,)))


async def test_a_deep_search_finds_more_and_marks_are_made_and_taken_away(
    open_app: OpenApp, disk: Path, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await search_of(app, pilot, until, disk, "j", "j", "j", "space")
        assert set(found(screen)) == {"Main Archive", "Deep Archive", "imalink_20240115_120000_abc12345"}
        assert any("disk/Main Archive" in screen.form.render_line(y).text for y in range(5)), (
            "there is room for the path"
        )
        await pilot.press("A")
        assert all(row.marked for row in found(screen).values())
        await pilot.press("U")
        assert not any(row.marked for row in found(screen).values())
        await pilot.press("o")
        assert "none is marked" in screen.status.text
        await pilot.press("home", "space")
        assert sum(row.marked for row in found(screen).values()) == 1


async def test_what_is_open_already_is_not_marked_and_old_ones_can_be_left_out(
    open_app: OpenApp, disk: Path, until: Until
) -> None:
    app = await open_app(disk / "Main Archive")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await search_of(app, pilot, until, disk, "j", "j", "space")
        (row,) = found(screen).values()
        assert row.barrier
        await pilot.press("home", "space", "A")
        assert not any(row.marked for row in found(screen).values())
        assert "It is open already." in "".join(strip.text for strip in screen.words.strips)


async def test_a_search_shows_how_far_it_is_is_stopped_and_keeps_what_it_found(
    open_app: OpenApp, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(
        _: object,
        *,
        depth: int,
        progress: Progress,
        on_found: Callable[[FoundStorage], None],
        on_silent: Callable[[str], None],
    ) -> list[FoundStorage]:
        progress.begin("looking for storages")
        on_found(FoundStorage("/mnt/one", "imalink", "One", photos=15_432, bytes=43_200_000_000))
        on_silent("/nas")
        progress.current = "/mnt/two"
        while True:
            progress.check()
            progress.advance(files=1)
            await asyncio.sleep(0.01)

    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None)
        monkeypatch.setattr(engine, "discover", endless)
        await pilot.press("W")
        await until(lambda: isinstance(app.screen, DiscoveryScreen))
        screen = app.screen
        assert isinstance(screen, DiscoveryScreen)
        await pilot.press("s")
        await until(lambda: "Found so far: 1 storage" in "".join(strip.text for strip in screen.words.strips))
        words = "".join(strip.text for strip in screen.words.strips)
        assert "looking for storages: /mnt/two" in words
        assert "/nas is left out: it does not answer" in words
        assert "15,432 photos" in screen.form.render_line(1).text
        await pilot.press("x")
        await until(lambda: app.job is None and screen._search is None)
        assert set(found(screen)) == {"One"}
        assert "/nas was left out" in screen.status.text


async def test_a_place_that_is_not_there_is_said_and_nothing_to_look_in_begins_nothing(
    open_app: OpenApp, tmp_path: Path, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await search_of(app, pilot, until, tmp_path / "nowhere")
        assert any("cannot be opened" in said.text for said in app.messages.messages)
        assert not screen._rows
        await pilot.press("G", "enter")
        assert screen._rows is None
        await pilot.press("home", "j", "j", "j", "enter", "ctrl+u", "enter", "s")
        assert "choose a place to look in" in screen.status.text


# --- lines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [30, 44, 58, 78, 98, 118, 198])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_line_fits_and_sends_no_control_character(width: int, glyphs: object) -> None:
    name, root = "写真\x1b]52;c;x\x07" + "z" * 90, "/x/\x1b[31m" + "y" * 300
    hostile = FoundStorage(root, "imalink", name, False, 123_456_789, 10**15, "\x1b[2J", "\x9b31m")
    found_rows = [FoundRow(hostile, marked=True), FoundRow(FoundStorage("/a", "folder", "a", legacy=True))]
    rows = [
        *form_rows(SearchChoices(), "/home/\x1b", SearchRoots(("/mnt",) * 30, ())),
        *result_rows(found_rows, searching=False),
    ]
    for row in rows:
        line = form_line(row, width, glyphs)  # type: ignore[arg-type]
        assert width_of(line) <= width
        said = "".join(text for text, _ in row.words()) if isinstance(row, FoundRow) else ""
        assert "\x1b" not in "".join(piece.text for piece in line) + said


def test_the_choices_say_what_is_looked_for_and_how_deep() -> None:
    choices = changed_choices(changed_choices(SearchChoices(), "deep", ""), "legacy", "")
    assert choices.depth == DEEP
    assert not choices.wants(FoundStorage("/a", "imalink", "a", legacy=True))
    assert choices.wants(FoundStorage("/a", "imalink", "a"))
    assert changed_choices(choices, "path", "/x").path == "/x"
    disabled = [row for row in form_rows(choices, "/h", SearchRoots((), ())) if isinstance(row, Field) and row.why_not]
    assert {row.id for row in disabled} == {"drives", "networks"}


async def test_a_place_of_ones_own_that_is_not_there_is_said_where_others_are_looked_at(
    open_app: OpenApp, disk: Path, until: Until, tmp_path: Path
) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        app.home = str(disk)
        await until(lambda: app.job is None)
        await pilot.press("W")
        await until(lambda: isinstance(app.screen, DiscoveryScreen))
        screen = app.screen
        assert isinstance(screen, DiscoveryScreen)
        screen._roots = SearchRoots((), ())
        await pilot.press("j", "j", "j", "enter")
        screen.status.post_message(events.Paste(str(tmp_path / "nowhere")))
        await pilot.press("enter", "s")
        await until(lambda: app.job is None and bool(screen._rows) and screen._search is None)
        said = [one.text for one in app.messages.messages]
        assert any("nowhere is no folder that is there. Search done: 2" in text for text in said), said


async def test_what_cannot_be_registered_is_named_with_the_reason(
    open_app: OpenApp, disk: Path, until: Until, tmp_path: Path
) -> None:
    odd = Path(os.fsdecode(os.fsencode(disk) + b"/\xff"))
    ImaLinkBuilder(odd / "Odd Archive", "5c0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d12", "Odd Archive").write()
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await search_of(app, pilot, until, disk)
        await pilot.press("A", "o")
        await until(lambda: screen.asking)
        said = "".join(strip.text for strip in screen.words.strips)
        assert "Not registered: " in said and "Odd Archive" in said
