"""A job that a passing error ended is tried again later, longer each time; others fail at once. The clock is ours."""

import asyncio
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.catalog.database import words_for
from inspector.engine import Engine, scan_spec
from inspector.engine.jobs import Jobs
from inspector.jobs.transient import (
    FIRST_DELAY_SECONDS,
    LONGEST_DELAY_SECONDS,
    MOST_FAILURES,
    delay_seconds,
    is_due,
    is_transient,
)
from inspector.model.errors import (
    CancelledByUserError,
    GuardTrippedError,
    StorageLockedError,
    StorageOfflineError,
    UsageError,
)
from inspector.model.job_report import job_report
from inspector.model.jobs import JobInfo, JobKind, JobSpec, JobState
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode

SECOND = 1_000_000_000


def caused_by(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def busy() -> sqlite3.Error:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


@pytest.mark.parametrize(
    ("error", "local", "network"),
    [
        (OSError(errno.ETIMEDOUT, "timed out"), True, True),
        (OSError(errno.ESTALE, "stale"), True, True),
        (OSError(errno.EIO, "i/o error"), False, True),
        (OSError(errno.EACCES, "denied"), False, False),
        (OSError(errno.ENOSPC, "full"), False, False),
        (StorageLockedError("another inspector"), True, True),
        (caused_by(StorageOfflineError("away"), OSError(errno.ESTALE, "stale")), True, True),
        (caused_by(StorageOfflineError("away"), OSError(errno.ENOENT, "not there")), False, False),
        (StorageOfflineError("another storage is there"), False, False),
        (busy(), True, True),
        (words_for(busy(), Path("catalog")), True, True),
        (words_for(sqlite3.OperationalError("disk I/O error"), Path("catalog")), False, False),
        (GuardTrippedError("gone", gone=1, known=1, path="p", advice="a"), False, False),
        (CancelledByUserError("stopped"), False, False),
        (UsageError("wrong"), False, False),
        (ValueError("a bug"), False, False),
    ],
    ids=lambda value: repr(value) if isinstance(value, Exception) else None,
)
def test_which_errors_pass_by_themselves(error: Exception, local: bool, network: bool) -> None:
    assert (is_transient(error, network=False), is_transient(error, network=True)) == (local, network)


@given(st.integers(1, 20), st.floats(0, 1))
def test_the_wait_grows_up_to_a_bound_and_then_the_job_has_failed(failures: int, jitter: float) -> None:
    seconds = delay_seconds(failures, jitter)
    if failures >= MOST_FAILURES:
        assert seconds is None
        return
    assert seconds is not None
    assert FIRST_DELAY_SECONDS * 3 / 4 <= seconds <= LONGEST_DELAY_SECONDS
    following = delay_seconds(failures + 1, jitter)
    assert following is None or following >= seconds


def test_a_moment_further_off_than_any_wait_is_from_a_clock_that_jumped_back() -> None:
    assert is_due(None, 0)
    assert is_due(10 * SECOND, 10 * SECOND)
    assert not is_due(11 * SECOND, 10 * SECOND)
    assert is_due(400 * 86_400 * SECOND, 10 * SECOND)


class Clock:
    """A clock that goes on only when it is told to."""

    now_ns = 1_800_000_000 * SECOND

    def __call__(self) -> int:
        return self.now_ns


class Shop:
    """An engine whose scans fail with `errors` before they succeed."""

    def __init__(self, engine: Engine, storage_id: str) -> None:
        self.engine = engine
        self.clock = Clock()
        self.jobs = engine.jobs = Jobs(engine._database, engine._owner, engine, self.clock)
        self.storage = engine.storage(storage_id)
        self.errors: list[Exception] = []
        engine.scan = self._scan  # type: ignore[method-assign, assignment]

    async def _scan(self, *_: object, **__: object) -> list[object]:
        if self.errors:
            raise self.errors.pop(0)
        return []

    def attempt(self) -> JobInfo:
        job = self.jobs.take_next()
        assert job is not None
        return asyncio.run(self.jobs.run(job, Progress())).job


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "A").mkdir()
    with Engine(tmp_path / "state", home=tmp_path) as engine:
        yield Shop(engine, asyncio.run(engine.open(tmp_path / "A")).id)


def test_a_job_that_met_a_busy_storage_waits_and_then_succeeds(shop: Shop) -> None:
    shop.errors = [StorageLockedError("another inspector is scanning")]
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.SMART))
    waiting = shop.attempt()
    assert waiting.state is JobState.WAITING
    assert waiting.not_before_ns is not None and waiting.not_before_ns > shop.clock.now_ns
    assert shop.jobs.take_next() is None, "its time has not come"
    wait = shop.jobs.seconds_to_next()
    assert wait is not None and 0 < wait <= FIRST_DELAY_SECONDS
    shop.clock.now_ns = waiting.not_before_ns
    assert shop.jobs.seconds_to_next() == 0
    done = shop.attempt()
    assert (done.state, done.attempts, done.not_before_ns) == (JobState.DONE, 2, None)
    assert [error.message for error in done.errors] == ["another inspector is scanning."], "its history keeps them"


def test_an_error_that_does_not_pass_fails_the_job_at_once(shop: Shop) -> None:
    shop.errors = [OSError(errno.EACCES, "Permission denied")]
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.SMART))
    failed = shop.attempt()
    assert (failed.state, failed.attempts, len(failed.errors)) == (JobState.FAILED, 1, 1)
    assert shop.jobs.take_next() is None


def test_a_job_that_goes_on_failing_has_failed_for_good(shop: Shop) -> None:
    shop.errors = [OSError(errno.ETIMEDOUT, f"timed out {number}") for number in range(100)]
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.SMART))
    waits = []
    while (job := shop.attempt()).state is JobState.WAITING:
        assert job.not_before_ns is not None
        waits.append(job.not_before_ns - shop.clock.now_ns)
        shop.clock.now_ns = job.not_before_ns
    assert job.state is JobState.FAILED
    assert job.attempts == MOST_FAILURES == len(waits) + 1
    assert waits == sorted(waits)
    assert "timed out 5" in job.message


def test_newer_work_on_the_same_storage_does_not_wait_for_an_attempt_to_come(shop: Shop) -> None:
    shop.errors = [StorageLockedError("another inspector")]
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.SMART))
    shop.attempt()
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.FULL))
    assert shop.attempt().spec.args["mode"] == "full"


def test_a_job_that_waits_for_another_attempt_can_be_taken_out(shop: Shop) -> None:
    shop.errors = [StorageLockedError("another inspector")]
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.SMART))
    assert shop.jobs.stop(shop.attempt().id).state is JobState.STOPPED
    assert shop.jobs.seconds_to_next() is None


def test_what_somebody_waits_for_is_not_tried_again(shop: Shop) -> None:
    shop.errors = [StorageLockedError("another inspector")]
    args = {"mode": "smart", "deep": False, "expected_missing": None}
    shop.jobs.submit(JobSpec(JobKind.SCAN, "here", (shop.storage.id,), args, here=True))
    assert shop.attempt().state is JobState.FAILED
    shop.errors = [StorageLockedError("another inspector")]
    with pytest.raises(StorageLockedError):
        asyncio.run(shop.jobs.run_now(scan_spec([shop.storage], ScanMode.SMART), Progress()))
    assert all(job.state is JobState.FAILED for job in shop.jobs.listing())


def test_the_report_says_when_it_is_tried_again_and_what_went_wrong(shop: Shop) -> None:
    shop.errors = [StorageLockedError("held by \x1b[31m another")]
    shop.jobs.submit(scan_spec([shop.storage], ScanMode.SMART))
    report = job_report(shop.attempt()).as_json()
    assert report["state"] == "waiting"
    assert report["not_before"].startswith("2027-01-15T08:00:0")
    assert [error["message"] for error in report["errors"]] == ["held by \\x1b[31m another."]
