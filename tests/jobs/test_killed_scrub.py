"""A scrub whose process was killed goes on by itself at the next start, as a scan does."""

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from inspector.engine import scrub_spec
from inspector.model.jobs import BACKGROUND, JobInfo, JobState
from inspector.model.progress import Progress
from inspector.model.scrub import ScrubLimits
from inspector.tui import InspectorApp
from tests.watch.watch_program import ENVIRONMENT, WatchProgram
from tests.workbench import Workbench

_SCRUBBING = """
import asyncio, sys, time
from pathlib import Path
from inspector.engine import Engine, scrub_spec
from inspector.model.progress import Progress
from inspector.model.scrub import ScrubLimits

state, storage_id = sys.argv[1:]

async def endless(*_):
    print("scrubbing", flush=True)
    time.sleep(600)

with Engine(Path(state)) as engine:
    spec = scrub_spec([engine.storage(storage_id)], ScrubLimits(max_bytes=1_000))
    asyncio.run(engine.jobs.run_now(spec, Progress(), endless))
"""


async def _killed_scrub(bench: Workbench) -> JobInfo:
    """A scrub of the bench whose process was killed."""
    for name in "abc":
        bench.put(f"{name}.jpg")
    await bench.scan()
    await asyncio.to_thread(_kill_one, bench)
    (job,) = bench.engine.jobs.listing()
    return job


def _kill_one(bench: Workbench) -> None:
    command = [sys.executable, "-c", _SCRUBBING, str(bench.state), *bench.ids]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None and process.stdout.readline() == b"scrubbing\n"
        process.send_signal(signal.SIGKILL)


def _until_done(bench: Workbench, job: JobInfo) -> None:
    deadline = time.monotonic() + 30
    while bench.engine.jobs.job(job.id).state is not JobState.DONE:
        assert time.monotonic() < deadline, bench.engine.jobs.listing()
        time.sleep(0.05)


def _left(bench: Workbench) -> int:
    row = bench.engine._database.connection.execute("SELECT count(*) FROM file WHERE verified_ns = 0").fetchone()
    return int(row[0])


def test_a_watch_goes_on_with_it(bench: Workbench) -> None:
    job = asyncio.run(_killed_scrub(bench))
    program = WatchProgram(bench.state, bench.root)
    _until_done(bench, job)
    assert program.end() == (130, "")
    ended = bench.engine.jobs.job(job.id)
    assert (ended.attempts, ended.spec.args["max_bytes"], _left(bench)) == (2, 1_000, 0)


async def test_a_watch_that_was_open_already_goes_on_with_it(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.engine.watching._SECONDS_BETWEEN_RESUMPTIONS", 0.3)
    bench.put("z.jpg")
    await bench.scan()
    progress, is_heard = Progress(), asyncio.Event()
    watch = bench.engine.watching(bench.ids, None)
    running = asyncio.create_task(watch.run(lambda news: is_heard.set(), progress, jobs=BACKGROUND))
    try:
        async with asyncio.timeout(60):
            await is_heard.wait()
            await asyncio.sleep(0.6)  # what is resumed at the start is so by now
            job = await _killed_scrub(bench)
            await asyncio.to_thread(_until_done, bench, job)
    finally:
        progress.cancel()
        await running


async def test_a_screen_that_watches_goes_on_with_it_beside_the_person_s_own_work(bench: Workbench) -> None:
    job = await _killed_scrub(bench)
    app = InspectorApp(bench.engine, bench.ids, scan=False, watch=True)
    async with app.run_test(size=(100, 30)) as pilot:
        deadline = time.monotonic() + 30
        while bench.engine.jobs.job(job.id).state is not JobState.DONE:
            assert time.monotonic() < deadline, bench.engine.jobs.listing()
            assert app.job is None, "the person can begin what they want"
            await pilot.pause(0.05)
    assert _left(bench) == 0


async def test_one_after_which_another_was_begun_is_left_to_that(bench: Workbench) -> None:
    job = await _killed_scrub(bench)
    later = bench.engine.jobs.submit(scrub_spec([bench.engine.storage(bench.ids[0])], ScrubLimits()))
    assert later.id != job.id
    assert bench.engine.jobs.resume_interrupted(bench.ids) == []
    assert bench.engine.jobs.job(job.id).state is JobState.INTERRUPTED


async def test_it_can_be_put_back_by_its_id(bench: Workbench) -> None:
    job = await _killed_scrub(bench)
    assert bench.engine.jobs.again(job.id).state is JobState.WAITING
    assert bench.engine.jobs.take_next() is None, "only who asks for such work gets it"
    taken = bench.engine.jobs.take_next(kinds=BACKGROUND)
    assert taken is not None and taken.id == job.id
