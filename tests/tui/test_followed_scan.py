"""Two screens that begin together on the same storages: one scans, and the other one shows how far that is."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from inspector.engine import Engine, scan_spec
from inspector.model.jobs import JobInfo, JobState
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode
from inspector.tui import InspectorApp

OpenApp = Callable[..., Awaitable[InspectorApp]]


@pytest.fixture
def other(engine: Engine, tmp_path: Path) -> Iterator[Engine]:
    """Another inspector on the same catalog."""
    with Engine(tmp_path / "state", home=tmp_path / "home") as other:
        yield other


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def _begin(other: Engine, app: InspectorApp) -> JobInfo:
    """Have the other inspector take the scan that the app is about to ask for."""
    other.jobs.submit(scan_spec([other.storage(one) for one in app.storage_ids], ScanMode.SMART))
    job = other.jobs.take_next(app.storage_ids)
    assert job is not None
    return job


async def test_the_scan_of_another_screen_is_waited_for_and_its_result_shown(open_app: OpenApp, other: Engine) -> None:
    app = await open_app()
    job = _begin(other, app)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is not None)
        assert app.job is not None and app.job.what == "the scan of another inspector"
        await other.jobs.run(job, Progress())
        await until(lambda: app.job is None)
        await pilot.pause()
        assert "Scan done by another inspector: 6 media files." in app.main.status.text
        assert app.main.conflicts.total > 0
        assert [(one.id, one.state) for one in app.engine.jobs.listing()] == [(job.id, JobState.DONE)]


async def test_a_scan_whose_inspector_ends_goes_on_here(open_app: OpenApp, other: Engine) -> None:
    app = await open_app()
    job = _begin(other, app)
    async with app.run_test(size=(120, 40)):
        await until(lambda: app.job is not None)
        other._owner.leave()  # as the kernel does for a process that was killed
        await until(lambda: app.engine.jobs.job(job.id).state is JobState.DONE)
        await until(lambda: app.job is None)
        assert app.engine.jobs.job(job.id).attempts == 2


async def test_stopping_leaves_the_scan_to_the_other_inspector(open_app: OpenApp, other: Engine) -> None:
    app = await open_app()
    job = _begin(other, app)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is not None)
        await pilot.press("x")
        await until(lambda: app.job is None)
        await pilot.pause()
        assert "goes on in the other inspector" in app.main.status.text
        assert app.engine.jobs.job(job.id).state is JobState.RUNNING


async def test_a_scan_that_is_asked_for_by_a_key_is_made(open_app: OpenApp, other: Engine) -> None:
    app = await open_app(scan=False)
    job = _begin(other, app)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await until(lambda: len(app.engine.jobs.listing()) == 2)
        assert [one.state for one in app.engine.jobs.listing()] == [JobState.RUNNING, JobState.WAITING]
        await other.jobs.run(job, Progress())
