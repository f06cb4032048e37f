"""The queue of jobs: one at a time per storage, in an order that can be changed, shared by a catalog's processes."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from inspector.engine import Engine
from inspector.model.errors import UsageError
from inspector.model.jobs import JobInfo, JobKind, JobSpec, JobState
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def engine(state: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine(state, home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def storage_ids(engine: Engine, tmp_path: Path) -> tuple[str, str]:
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name / "one.png")
    first, second = (asyncio.run(engine.open(tmp_path / name)) for name in ("A", "B"))
    return first.id, second.id


def scan_of(*storage_ids: str, title: str = "scan", mode: ScanMode = ScanMode.SMART) -> JobSpec:
    args = {"mode": mode.value, "deep": False, "expected_missing": None}
    return JobSpec(JobKind.SCAN, title, storage_ids, args)


def states(engine: Engine) -> list[tuple[str, JobState]]:
    return [(job.spec.title, job.state) for job in engine.jobs.listing()]


def taken(engine: Engine) -> JobInfo:
    job = engine.jobs.take_next()
    assert job is not None
    return job


def test_a_submitted_scan_is_taken_run_and_kept_as_done(engine: Engine, storage_ids: tuple[str, str]) -> None:
    engine.jobs.submit(scan_of(storage_ids[0], title="first"))
    finished = asyncio.run(engine.jobs.run(taken(engine), Progress()))
    assert finished.error is None
    assert engine.storage(storage_ids[0]).files == 1
    assert states(engine) == [("first", JobState.DONE)]
    assert engine.jobs.take_next() is None


def test_the_same_work_waits_only_once(engine: Engine, storage_ids: tuple[str, str]) -> None:
    one = engine.jobs.submit(scan_of(storage_ids[0]))
    assert engine.jobs.submit(scan_of(storage_ids[0])).id == one.id
    assert engine.jobs.submit(scan_of(storage_ids[0], mode=ScanMode.FULL)).id != one.id


def test_two_jobs_on_one_storage_do_not_run_at_once(engine: Engine, storage_ids: tuple[str, str]) -> None:
    a, b = storage_ids
    for spec in (scan_of(a, title="a1"), scan_of(a, b, title="both"), scan_of(b, title="b"), scan_of(a, title="a2")):
        engine.jobs.submit(spec)
    first = taken(engine)
    assert first.spec.title == "a1"
    assert engine.jobs.take_next() is None, "b must not overtake what waits for it"
    asyncio.run(engine.jobs.run(first, Progress()))
    assert taken(engine).spec.title == "both"


def test_what_somebody_confirmed_comes_first_and_runs_in_its_own_process_only(
    engine: Engine, storage_ids: tuple[str, str], state: Path, tmp_path: Path
) -> None:
    engine.jobs.submit(scan_of(storage_ids[0], title="scan"))
    confirmed = JobSpec(JobKind.UNDO, "undo", (), {"batch": "none", "items": None}, priority=10, here=True)
    engine.jobs.submit(confirmed)
    with Engine(state, home=tmp_path / "home") as other:
        job = other.jobs.take_next()
        assert job is not None
        assert job.spec.title == "scan"
    assert taken(engine).spec.title == "undo"


def test_jobs_that_wait_change_places(engine: Engine, storage_ids: tuple[str, str]) -> None:
    jobs = [
        engine.jobs.submit(scan_of(storage_ids[0], title=name, mode=mode))
        for name, mode in zip("abc", ScanMode, strict=True)
    ]
    assert engine.jobs.move(jobs[2].id, -1)
    assert [title for title, _ in states(engine)] == ["a", "c", "b"]
    assert not engine.jobs.move(jobs[0].id, -1), "it is the first one already"
    assert engine.jobs.move(jobs[0].id, 1)
    assert [title for title, _ in states(engine)] == ["c", "a", "b"]


def test_a_waiting_job_is_taken_out_and_an_ended_one_cannot_be_stopped(
    engine: Engine, storage_ids: tuple[str, str]
) -> None:
    job = engine.jobs.submit(scan_of(storage_ids[0]))
    assert engine.jobs.stop(job.id).state is JobState.STOPPED
    assert engine.jobs.take_next() is None
    with pytest.raises(UsageError, match="has ended"):
        engine.jobs.stop(job.id)
    with pytest.raises(UsageError, match="no job is known"):
        engine.jobs.stop(99)


async def test_a_job_is_stopped_from_another_process_by_its_id(
    engine: Engine, storage_ids: tuple[str, str], state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.engine.jobs.SECONDS_BETWEEN_BEATS", 0.01)

    async def endless(*_: object, progress: Progress, **__: object) -> list[object]:
        while True:
            progress.check()
            await asyncio.sleep(0.01)

    monkeypatch.setattr(engine, "scan", endless)
    engine.jobs.submit(scan_of(storage_ids[0]))
    job = taken(engine)
    running = asyncio.create_task(engine.jobs.run(job, Progress()))
    with Engine(state, home=tmp_path / "home") as other:
        other.jobs.stop(job.id)
    finished = await asyncio.wait_for(running, 10)
    assert finished.job.state is JobState.STOPPED


def test_a_scan_that_failed_says_why(engine: Engine, storage_ids: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "A").rename(tmp_path / "away")
    engine.jobs.submit(scan_of(storage_ids[0]))
    asyncio.run(engine.jobs.run(taken(engine), Progress()))
    (job,) = engine.jobs.listing()
    assert job.state is JobState.FAILED
    assert "not there" in job.message or "offline" in job.message.lower()


_DIES = """
import os, sys
from pathlib import Path
from inspector.engine import Engine
engine = Engine(Path(sys.argv[1]), home=Path(sys.argv[1]))
assert engine.jobs.take_next() is not None
os._exit(9)
"""


def test_a_job_whose_process_died_counts_as_interrupted_and_goes_on_when_asked(
    engine: Engine, storage_ids: tuple[str, str], state: Path
) -> None:
    engine.jobs.submit(scan_of(storage_ids[0], title="long"))
    assert subprocess.run([sys.executable, "-c", _DIES, str(state)], check=False).returncode == 9
    assert states(engine) == [("long", JobState.INTERRUPTED)]
    assert not engine.jobs.resume_interrupted(["another storage"])
    (job,) = engine.jobs.resume_interrupted(storage_ids)
    asyncio.run(engine.jobs.run(taken(engine), Progress()))
    assert states(engine) == [("long", JobState.DONE)]
    with pytest.raises(UsageError, match="no interrupted scan"):
        engine.jobs.again(job.id)


def test_a_scan_that_stops_as_its_process_is_told_to_end_goes_on_at_the_next_start(
    engine: Engine, storage_ids: tuple[str, str]
) -> None:
    engine.jobs.submit(scan_of(storage_ids[0], title="long"))
    progress = Progress()
    progress.cancel()
    engine.jobs.leaving = True
    asyncio.run(engine.jobs.run(taken(engine), progress))
    assert states(engine) == [("long", JobState.INTERRUPTED)]
    (job,) = engine.jobs.resume_interrupted(storage_ids)
    assert job.spec.title == "long" and job.state is JobState.WAITING


def test_a_running_job_of_a_living_process_is_left_to_it(
    engine: Engine, storage_ids: tuple[str, str], state: Path, tmp_path: Path
) -> None:
    engine.jobs.submit(scan_of(storage_ids[0], title="mine"))
    taken(engine)
    with Engine(state, home=tmp_path / "home") as other:
        assert states(other) == [("mine", JobState.RUNNING)]
        assert other.jobs.take_next() is None
