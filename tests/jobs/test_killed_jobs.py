"""A process that is killed while a job runs: the job is found as interrupted, and goes on at the next start."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.model.jobs import JobInfo, JobSpec, JobState
from inspector.model.progress import Progress
from inspector.model.records import StorageState
from tests.watch.watch_program import ENVIRONMENT, WatchProgram
from tests.workbench import Workbench

_BYTES_THAT_TAKE_LONG = 200 << 30


def _inspector(bench: Workbench, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "inspector", "--state", str(bench.state), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)


def _listed(bench: Workbench) -> list[dict[str, object]]:
    out, _ = _inspector(bench, "jobs", "--json").communicate(timeout=30)
    jobs: list[dict[str, object]] = json.loads(out)["jobs"]
    return jobs


def _until_it_reads(bench: Workbench, large: Path, process: "subprocess.Popen[str]") -> JobInfo:
    """The job of a process, once it reads a large file."""
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline and process.poll() is None
        jobs = bench.engine.jobs.listing()
        if jobs and jobs[0].state is JobState.RUNNING and _is_open(process.pid, large):
            return jobs[0]
        time.sleep(0.02)


def _is_open(pid: int, file: Path) -> bool:
    try:
        return any(os.readlink(one.path) == str(file) for one in os.scandir(f"/proc/{pid}/fd"))
    except OSError:
        return False


@pytest.fixture
def large(bench: Workbench) -> Path:
    """A file that takes minutes to read, beside small ones, and no room."""
    for number in range(20):
        bench.put(f"a/{number}.jpg")
    file = bench.put("b/large.mp4", b"x")
    try:
        os.truncate(file, _BYTES_THAT_TAKE_LONG)
    except OSError:
        pytest.skip("no sparse file of this size can be made here")
    return file


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to see what a process reads")
def test_a_scan_whose_process_was_killed_is_found_and_resumed_at_the_next_start(bench: Workbench, large: Path) -> None:
    process = _inspector(bench, "check", str(bench.root))
    running = _until_it_reads(bench, large, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (listed,) = _listed(bench)
    assert (listed["id"], listed["state"]) == (running.id, "interrupted")
    (storage,) = bench.engine.storages()
    assert storage.state is StorageState.SCANNING
    assert bench.engine.sync_status(storage.id).reason == "the last scan was interrupted"

    os.truncate(large, 1)
    with Engine(bench.state, bench.home) as next_start:
        (resumed,) = next_start.jobs.resume_interrupted([storage.id])
        assert (resumed.id, resumed.state) == (running.id, JobState.WAITING)
        job = next_start.jobs.take_next([storage.id])
        assert job is not None
        finished = asyncio.run(next_start.jobs.run(job, Progress()))
        assert (finished.job.state, finished.job.attempts) == (JobState.DONE, 2)
        assert (next_start.storage(storage.id).state, next_start.storage(storage.id).files) == (StorageState.READY, 21)
        assert next_start.jobs.resume_interrupted([storage.id]) == []


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to see what a process reads")
def test_a_scan_of_another_process_is_cancelled_by_its_id_and_keeps_what_it_read(bench: Workbench, large: Path) -> None:
    process = _inspector(bench, "check", str(bench.root))
    running = _until_it_reads(bench, large, process)
    cancelling = _inspector(bench, "jobs", "cancel", str(running.id))
    assert "Stopping" in cancelling.communicate(timeout=30)[1]
    _, words = process.communicate(timeout=30)
    assert process.returncode == 130, words
    (listed,) = _listed(bench)
    assert listed["state"] == "stopped"
    (storage,) = bench.engine.storages()
    known = bench.engine.file(storage.id, "a/1.jpg")
    assert known is not None and known.digest is not None


async def test_others_write_to_the_catalog_while_a_scan_stores_many_small_files(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.scan.scanner._COMMIT_SECONDS", 0.05)
    for number in range(4_000):
        bench.put(f"{number // 100}/{number}.jpg")
    storage = await bench.engine.open(bench.root)
    scanning = asyncio.create_task(bench.engine.scan([storage.id]))
    written = 0
    with Engine(bench.state, bench.home) as other:
        while not scanning.done():
            await asyncio.to_thread(other.note_sync, storage.id)
            written += other.storage(storage.id).state is StorageState.SCANNING
    (outcome,) = await scanning
    assert outcome.error is None and outcome.counts.files == 4_000
    assert written > 0


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to see what a process reads")
def test_a_watch_goes_on_with_what_a_killed_process_was_at_and_leaves_it_to_the_next_one(
    bench: Workbench, large: Path
) -> None:
    checking = _inspector(bench, "check", str(bench.root), "--full")
    running = _until_it_reads(bench, large, checking)
    checking.send_signal(signal.SIGKILL)
    checking.communicate()
    first = WatchProgram(bench.state, bench.root)
    _until_it_reads(bench, large, first.process)
    assert first.end(signal.SIGTERM) == (143, "")
    assert [(job.id, job.state) for job in bench.engine.jobs.listing() if not job.ended] != []

    os.truncate(large, 1)
    second = WatchProgram(bench.state, bench.root)
    _until_nothing_is_left(bench, running.spec)
    assert second.end(signal.SIGTERM) == (143, "")
    (storage,) = bench.engine.storages()
    assert (storage.state, storage.files) == (StorageState.READY, 21)


def _until_nothing_is_left(bench: Workbench, spec: JobSpec) -> None:
    """Wait until the work is done and nothing waits."""
    deadline = time.monotonic() + 30
    while True:
        jobs = bench.engine.jobs.listing()
        done = [job for job in jobs if job.state is JobState.DONE]
        if len(done) == 1 and done[0].spec == spec and all(job.ended for job in jobs):
            return
        assert time.monotonic() < deadline, jobs
        time.sleep(0.05)


def _until_it_reads_again(watch: WatchProgram, large: Path) -> None:
    """The watch goes on with its own scan; to whoever reads its lines it has been scanning all the while."""
    deadline = time.monotonic() + 30
    while not _is_open(watch.process.pid, large):
        assert time.monotonic() < deadline and watch.process.poll() is None
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to see what a process reads")
def test_a_watch_that_scans_gives_way_to_what_somebody_waits_for(bench: Workbench, large: Path) -> None:
    watch = WatchProgram(bench.state, bench.root)
    watch.until_state("scanning")
    while not _is_open(watch.process.pid, large):
        time.sleep(0.02)
    quick = _inspector(bench, "check", str(bench.root), "--quick")
    _, words = quick.communicate(timeout=40)
    assert quick.returncode == 0, words
    _until_it_reads_again(watch, large)
    assert watch.end() == (130, "")
    assert [job.state for job in bench.engine.jobs.listing()] == [JobState.DONE]


def test_a_repair_of_the_command_line_is_in_the_list_of_jobs(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    choice = ("--choose", "duplicate_content=keep_one", "--yes")
    fixing = _inspector(bench, "fix", str(bench.root), *choice)
    assert "1 done" in fixing.communicate(timeout=30)[0]
    repair, scan = _listed(bench)
    assert (repair["kind"], repair["state"], repair["title"]) == ("apply", "done", "repair of 1 item")
    assert scan["kind"] == "scan"
