"""The list of jobs: what runs, what waits, stopping, order, and leaving while something runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from inspector.engine import Engine, ScanOutcome
from inspector.model.jobs import JobInfo, JobKind, JobProgress, JobSpec, JobState
from inspector.model.progress import Progress, ProgressSnapshot
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.job_rows import job_line, job_words
from inspector.tui.jobs_screen import JobsScreen
from inspector.tui.lines import width_of
from inspector.tui.log_screen import LogScreen
from inspector.tui.widgets.job_line import progress_line

OpenApp = Callable[..., Awaitable[InspectorApp]]


@pytest.fixture
def endless(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Scans go on until they are stopped; the modes of those that began."""
    began: list[str] = []

    async def scan(_: object, *, progress: Progress, mode: object, **__: object) -> list[ScanOutcome]:
        began.append(str(mode))
        progress.begin("reading", total_files=200)
        while True:
            progress.check()
            progress.advance(files=1)
            await asyncio.sleep(0.01)

    monkeypatch.setattr(engine, "scan", scan)
    return began


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


def listed(app: InspectorApp) -> list[str]:
    screen = app.screen
    assert isinstance(screen, JobsScreen)
    rows = [screen.table.row(number) for number in range(screen.table.row_count)]
    return [f"{row.state.value} {row.spec.title}" for row in rows if row is not None]


async def test_scans_wait_their_turn_change_places_and_are_stopped(open_app: OpenApp, endless: list[str]) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: endless == ["smart"])
        await pilot.press("F")
        await until(lambda: "It waits until a scan has ended" in app.main.status.text)
        await pilot.press("D", "J")
        await until(lambda: isinstance(app.screen, JobsScreen) and len(listed(app)) == 3)
        assert listed(app) == [
            "running smart scan of 2 storages",
            "waiting full scan of 2 storages",
            "waiting deep smart scan of 2 storages",
        ]
        await pilot.press("j", "J")
        await until(lambda: "deep" in listed(app)[1])
        await pilot.press("x")
        await until(lambda: len([line for line in listed(app) if line.startswith("waiting")]) == 1)
        assert endless == ["smart"], "nothing but the running job was begun"
        await pilot.press("home", "x")
        await until(lambda: len(endless) == 2)
        await pilot.press("escape", "x")
        await until(lambda: app.job is None)


async def test_leaving_while_something_runs_asks_first_and_esc_stays(open_app: OpenApp, endless: list[str]) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: bool(endless))
        await pilot.press("q")
        assert app.main.asking
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("enter", "q", "escape")
        assert app.main.confirmation is None
        assert app.runner.job is not None
        await pilot.press("x")
        await until(lambda: not app.runner.job)
        await pilot.press("q")
        await until(lambda: not app.is_running)


async def test_what_was_said_is_in_the_log_newest_first_and_newer_messages_wait(open_app: OpenApp) -> None:
    app = await open_app(scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.main.status.say("one thing")
        app.main.status.say("another thing")
        await pilot.press("L")
        screen = app.screen
        assert isinstance(screen, LogScreen)
        assert [row.text for row in (screen.table.row(0), screen.table.row(1)) if row] == ["another thing", "one thing"]
        app.main.status.say("a third")
        await until(lambda: "1 newer" in screen.strip.text)
        assert screen.table.row(0) is not None
        await pilot.press("c")
        newest = screen.table.row(0)
        assert newest is not None
        assert newest.text == "a third"


def job(state: JobState, progress: JobProgress | None = None) -> JobInfo:
    spec = JobSpec(JobKind.SCAN, "full scan of a\x1b]52;c;name that is long enough to be cut somewhere")
    ended = 1_717_246_380 * 10**9 if state not in {JobState.RUNNING, JobState.WAITING} else None
    return JobInfo(3, spec, state, 1_717_246_000 * 10**9, 1_717_246_100 * 10**9, ended, "why", progress)


def test_decoding_has_its_whole_name_and_a_rate_of_files() -> None:
    progress = JobProgress("decoding pictures", 300, 0, 900, None, 0.0, 60.0)
    text = "".join(piece.text for piece in job_line(job(JobState.RUNNING, progress), 120, UNICODE))
    assert "decoding pictures " in text
    assert "10 files/s" in text
    assert any("10 files/s" in words for words, _ in job_words(job(JobState.RUNNING, progress)))
    snapshot = ProgressSnapshot("decoding pictures", 300, 0, 900, None, "", 90.0, 0.0, 180.0)
    line = "".join(piece.text for piece in progress_line(snapshot, 120, UNICODE))
    assert "decoding pictures" in line
    assert "3.3 files/s" in line


@pytest.mark.parametrize("width", [30, 58, 80, 120, 200])
@pytest.mark.parametrize("state", list(JobState))
def test_a_job_fits_its_line_and_sends_no_control_character(width: int, state: JobState) -> None:
    progress = JobProgress("comparing layers", 120, 3 << 30, 200, 4 << 30, 1.2e8, 42.0)
    for glyphs in (UNICODE, ASCII):
        for known in (progress, JobProgress("walking"), None):
            line = job_line(job(state, known), width, glyphs)
            assert width_of(line) <= width
            assert "\x1b" not in "".join(piece.text for piece in line)
    assert any("why" in text for text, _ in job_words(job(state)))
