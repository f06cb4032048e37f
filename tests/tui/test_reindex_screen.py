"""The re-index by keyboard: chosen, begun, looked at while it goes on, stopped, and what follows from it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from inspector.engine import Engine, ScanOutcome
from inspector.model.progress import Progress, ProgressSnapshot
from inspector.model.reindexing import ReindexAbilities, ReindexOptions, Strategy
from inspector.model.scanmode import ScanCounts
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.forms.fields import Field, FormHeading, FormRow, form_line
from inspector.tui.forms.working import met_words, time_words, work_words
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.lines import width_of
from inspector.tui.plan_screen import PlanScreen
from inspector.tui.reindexing.reindex_rows import changed_options, form_rows, result_rows
from inspector.tui.reindexing.reindex_screen import ReindexScreen
from tests.tui.archives import SKI, archive_in, rearrange

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    return archive_in(tmp_path)


async def form_of(app: InspectorApp, pilot: Pilot[None], until: Until) -> ReindexScreen:
    await until(lambda: app.job is None and app.main.view.storages[0].last_scan_ns is not None)
    await pilot.press("X")
    await until(lambda: isinstance(app.screen, ReindexScreen))
    screen = app.screen
    assert isinstance(screen, ReindexScreen)
    return screen


def lines_of(screen: ReindexScreen) -> list[str]:
    return [row.title for row in screen.fields() if isinstance(row, Field)]


def words_of(screen: ReindexScreen) -> str:
    return "\n".join(strip.text.rstrip() for strip in screen.words.strips)


async def test_a_smart_re_index_shows_the_plan_of_what_moved_and_writes_once_it_is_confirmed(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form_of(app, pilot, until)
        rearrange(archive)
        before = (archive.root / MASTER).read_bytes()
        await pilot.press("s")
        await until(lambda: isinstance(app.screen, PlanScreen) and app.job is None)
        assert (archive.root / MASTER).read_bytes() == before
        said = [one.text for one in app.messages.messages]
        assert any(text.startswith("Decided, and not written yet: 5 moved.") for text in said)
        await pilot.press("escape")
        await until(lambda: app.screen is screen)
        assert lines_of(screen)[:3] == ["Files in different locations: 5, before 0", "Missing files: 1, before 0",
                                        "Orphans: 0"]  # fmt: skip
        assert "5 files in different locations: g m shows them" in screen.strip.text
        await pilot.press("P")
        await until(lambda: isinstance(app.screen, PlanScreen) and app.job is None)
        await pilot.press("w")
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("y")
        await until(lambda: app.screen is screen and app.job is None)
        files = json.loads((archive.root / MASTER).read_text())["files"].values()
        assert f"{SKI}/IMG_0.jpg" in {one["relative_path"] for one in files}
        await until(lambda: lines_of(screen)[0] == "Files in different locations: 0")


async def test_the_choices_are_kept_and_what_makes_no_sense_with_them_is_said(
    open_app: OpenApp, archive: ImaLinkBuilder, engine: Engine, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form_of(app, pilot, until)
        assert screen.field is not None
        assert screen.field.title == "Smart re-index"
        await pilot.press("j", "j", "j", "space")
        assert "Detect duplicates: they are found on the way" in screen.status.text
        await pilot.press("k", "k", "k", "k", "k", "enter", "j", "j", "j", "j", "space")
        assert screen.status.text.strip().startswith("Calculate hothash for orphan files: a quick check reads no files")
        await pilot.press("j", "space", "j", "space", "j", "space")
        await pilot.press("s")
        await until(lambda: "Choose and start again" in lines_of(screen) and app.job is None)
        (job,) = [one for one in engine.jobs.listing() if "re-index" in one.spec.title]
        assert job.spec.title == "quick re-index of Archive"
        assert ReindexOptions.of_args(job.spec.args["reindex"]) == ReindexOptions(
            Strategy.QUICK, duplicates=False, follow_moved=False, drop_missing=True
        )
        await pilot.press("G", "enter")
        assert "Start re-index" in lines_of(screen)


async def test_it_shows_how_far_it_is_and_is_stopped(
    open_app: OpenApp, archive: ImaLinkBuilder, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form_of(app, pilot, until)

        async def endless(_: object, *, progress: Progress, **__: object) -> list[ScanOutcome]:
            progress.met = ScanCounts(added=12)
            progress.begin("reading", total_files=10_000)
            progress.current = "photos/2024/vacation"
            progress.advance(files=7500)
            while True:
                progress.check()
                await asyncio.sleep(0.01)

        monkeypatch.setattr(engine, "scan", endless)
        await pilot.press("s")
        await until(lambda: "Files processed: 7,500 of 10,000" in words_of(screen))
        words = words_of(screen)
        assert "75%" in words
        assert "reading: photos/2024/vacation" in words
        assert "Met so far: 12 new" in words
        assert "Time elapsed: " in words
        await pilot.press("s")
        assert "start: it has begun already" in screen.status.text
        await pilot.press("j", "space")
        assert "it has begun" in screen.status.text
        await pilot.press("x")
        await until(lambda: app.job is None)
        await until(lambda: any("Stopped" in said.text or "stopped" in said.text for said in app.messages.messages))
        assert not engine.repairs.staged()
        await until(lambda: screen._spec is None)
        heading = screen.fields()[0]
        assert isinstance(heading, FormHeading)
        assert heading.text == "Stopped; known of Archive from before"
        assert "Stopped before its end" in screen.strip.text


async def test_a_storage_that_is_away_is_said_and_the_form_stays(
    open_app: OpenApp, archive: ImaLinkBuilder, engine: Engine, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form_of(app, pilot, until)
        archive.root.rename(archive.root.with_name("away"))
        await pilot.press("s")
        await until(lambda: app.job is None and screen._spec is None)
        assert "is not there" in words_of(screen)
        assert "Start re-index" in lines_of(screen)
        assert not engine.repairs.staged()


async def test_it_waits_behind_what_runs_and_what_was_found_leads_to_the_conflicts(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await form_of(app, pilot, until)
        archive.delete("photos/2023/IMG_5.jpg")
        await pilot.press("escape", "F", "X")
        await until(lambda: isinstance(app.screen, ReindexScreen) and app.screen is not screen)
        screen = app.screen  # type: ignore[assignment]
        await pilot.press("s")
        await until(lambda: "Choose and start again" in lines_of(screen) and app.job is None)
        assert lines_of(screen)[1].startswith("Missing files: 1")
        await pilot.press("j", "enter")
        await until(lambda: app.screen is app.main)
        assert app.main.kinds == ("missing_file",)
        assert app.main.conflicts.conflict is not None
        assert app.main.conflicts.conflict.path == "photos/2023/IMG_5.jpg"


@pytest.mark.parametrize("width", [30, 58, 78, 118])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_line_of_the_form_fits(width: int, glyphs: object, engine: Engine, tmp_path: Path) -> None:
    storage = asyncio.run(engine.open(archive_in(tmp_path, "写真 \x1b]52;c;x" + "long " * 30).root))
    rows: list[FormRow] = []
    for strategy in Strategy:
        options = changed_options(ReindexOptions(), f"strategy:{strategy.value}")
        rows += form_rows([storage, storage], storage, options, ReindexAbilities(no_keys="none", session="é"), "")
    rows += result_rows(storage.name, {"missing_file": 3}, {"missing_file": 1_234_567, "of_tomorrow": 2}, 12)
    for row in rows:
        line = form_line(row, width, glyphs)  # type: ignore[arg-type]
        assert width_of(line) <= width
        assert "\x1b" not in "".join(piece.text for piece in line)


def test_progress_is_told_with_what_is_known_of_it() -> None:
    known = ProgressSnapshot("reading", 75, 750, 100, 1000, "a/\x1bb", 30.0, 25.0, 10.0)
    text = "\n".join(words for words, _ in work_words(known, "file", 60, ASCII))
    assert "75%" in text
    assert "Files processed: 75 of 100, 750 B of 1.0 KB, 25 B/s" in text
    assert "\x1b" not in text
    unknown = ProgressSnapshot("walking", 75, 0, None, None, "", 30.0, 0.0, None)
    assert [words for words, _ in work_words(unknown, "folder", 60, UNICODE)] == ["walking", "Folders processed: 75"]
    assert met_words(None) == []
    assert time_words(135.0, None)[0][0] == "Time elapsed: 2m 15s"
