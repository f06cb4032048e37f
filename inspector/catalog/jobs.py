"""The queue of jobs in the catalog. Several processes share it: a running job belongs to its `owner`."""

import json
import sqlite3
import time
from dataclasses import asdict
from typing import Any

from inspector.model.jobs import ENDED, GOES_ON, JobError, JobInfo, JobKind, JobProgress, JobSpec, JobState

KEPT_JOBS = 500
"""So many ended jobs are kept for the history."""
KEPT_ERRORS = 10
"""Of one job."""

_GOES_ON = ", ".join(f"'{kind.value}'" for kind in sorted(GOES_ON))

_COLUMNS = (
    "id, kind, title, storages, args, priority, here, state, created_ns, started_ns, ended_ns, message, progress,"
    " owner, stopping, attempts, not_before_ns, errors"
)


def add(connection: sqlite3.Connection, spec: JobSpec, owner: str) -> int:
    """Put a job at the end of the queue; returns its id."""
    cursor = connection.execute(
        "INSERT INTO job (kind, title, storages, args, priority, here, place, state, created_ns, owner)"
        " VALUES (?, ?, ?, ?, ?, ?, coalesce((SELECT max(place) FROM job), 0) + 1, ?, ?, ?)",
        (
            spec.kind.value,
            spec.title,
            json.dumps(spec.storages),
            json.dumps(spec.args),
            spec.priority,
            int(spec.here),
            JobState.WAITING.value,
            time.time_ns(),
            owner,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def get(connection: sqlite3.Connection, job_id: int) -> JobInfo | None:
    """One job."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id,)).fetchone()
    return _info(row) if row is not None else None


def listing(connection: sqlite3.Connection, limit: int) -> list[JobInfo]:
    """What runs, what waits in the order in which it will run, then what ended, newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM job ORDER BY state != 'running', state != 'waiting',"
        " CASE WHEN state IN ('running', 'waiting') THEN -priority END,"
        " CASE WHEN state IN ('running', 'waiting') THEN place ELSE -coalesce(ended_ns, id) END LIMIT ?",
        (limit,),
    )
    return [_info(row) for row in rows]


def in_state(connection: sqlite3.Connection, state: JobState) -> list[JobInfo]:
    """The jobs of one state, in the order in which they run."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM job WHERE state = ? ORDER BY priority DESC, place", (state.value,)
    )
    return [_info(row) for row in rows]


def begin(connection: sqlite3.Connection, job_id: int, owner: str) -> None:
    """Give a job to a process."""
    connection.execute(
        "UPDATE job SET state = 'running', owner = ?, started_ns = ?, attempts = attempts + 1, stopping = 0,"
        " not_before_ns = NULL WHERE id = ?",
        (owner, time.time_ns(), job_id),
    )


def beat(connection: sqlite3.Connection, job_id: int, progress: JobProgress) -> bool:
    """Write down how far a job is; returns whether somebody asked it to stop."""
    row = connection.execute(
        "UPDATE job SET progress = ? WHERE id = ? RETURNING stopping", (json.dumps(asdict(progress)), job_id)
    ).fetchone()
    return row is not None and bool(row[0])


def end(connection: sqlite3.Connection, job_id: int, state: JobState, message: str) -> None:
    """Write down how a job ended, and forget the oldest of many."""
    connection.execute(
        f"UPDATE job SET state = ?, message = ?, ended_ns = ?, not_before_ns = NULL,"
        f" args = CASE WHEN kind IN ({_GOES_ON}) THEN args ELSE '{{}}' END WHERE id = ?",
        (state.value, message, time.time_ns(), job_id),
    )
    ended = ", ".join(f"'{one.value}'" for one in sorted(ENDED))
    connection.execute(
        f"DELETE FROM job WHERE state IN ({ended}) AND id NOT IN"
        f" (SELECT id FROM job WHERE state IN ({ended}) ORDER BY ended_ns DESC LIMIT {KEPT_JOBS})"
    )


def note_error(connection: sqlite3.Connection, job_id: int, error: JobError) -> None:
    """Add an error to the last ones of a job."""
    row = connection.execute("SELECT errors FROM job WHERE id = ?", (job_id,)).fetchone()
    errors = [*json.loads(row[0]), [error.time_ns, error.message]] if row is not None else []
    connection.execute("UPDATE job SET errors = ? WHERE id = ?", (json.dumps(errors[-KEPT_ERRORS:]), job_id))


def wait_until(connection: sqlite3.Connection, job_id: int, not_before_ns: int, message: str) -> None:
    """Put a job that an error ended back into the queue, for another attempt from then on."""
    connection.execute(
        "UPDATE job SET state = 'waiting', owner = '', not_before_ns = ?, message = ?, progress = NULL WHERE id = ?",
        (not_before_ns, message, job_id),
    )


def ask_to_stop(connection: sqlite3.Connection, job_id: int) -> None:
    """Have a running job stopped by the process that runs it."""
    connection.execute("UPDATE job SET stopping = 1 WHERE id = ? AND state = 'running'", (job_id,))


def wait_again(connection: sqlite3.Connection, job_id: int) -> None:
    """Put an interrupted job back into the queue."""
    connection.execute(
        "UPDATE job SET state = 'waiting', owner = '', ended_ns = NULL, not_before_ns = NULL, message = ''"
        " WHERE id = ?",
        (job_id,),
    )


def was_begun_again(connection: sqlite3.Connection, job: JobInfo) -> bool:
    """Whether work of the same kind on the same storages was asked for after a job."""
    row = connection.execute(
        "SELECT 1 FROM job WHERE id > ? AND kind = ? AND storages = ? LIMIT 1",
        (job.id, job.spec.kind.value, json.dumps(job.spec.storages)),
    ).fetchone()
    return row is not None


def swap(connection: sqlite3.Connection, one: JobInfo, other: JobInfo) -> None:
    """Let two waiting jobs change places."""
    places = dict(connection.execute("SELECT id, place FROM job WHERE id IN (?, ?)", (one.id, other.id)))
    connection.executemany(
        "UPDATE job SET place = ?, priority = ? WHERE id = ?",
        [
            (places[other.id], other.spec.priority, one.id),
            (places[one.id], one.spec.priority, other.id),
        ],
    )


def _info(row: tuple[Any, ...]) -> JobInfo:
    (
        job_id, kind, title, storages, args, priority, here, state, created, started, ended, message, progress, owner,
        stopping, attempts, not_before, errors,
    ) = row  # fmt: skip
    spec = JobSpec(JobKind(kind), title, tuple(json.loads(storages)), json.loads(args), priority, bool(here))
    known = JobProgress(**json.loads(progress)) if progress else None
    failures = tuple(JobError(*error) for error in json.loads(errors))
    return JobInfo(
        job_id, spec, JobState(state), created, started, ended, message, known, owner, bool(stopping), attempts,
        not_before, failures,
    )  # fmt: skip
