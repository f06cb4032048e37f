"""The document of `jobs --json`, version 1, as `docs/cli.md` documents it."""

from typing import Literal

from inspector.model.jobs import JobInfo, JobProgress
from inspector.model.report import ReportModel, iso_moment, safe_text


class JobProgressReport(ReportModel):
    """How far a job was when its process last wrote it down; `rate` in bytes and `eta` in seconds."""

    phase: str
    files: int
    bytes: int
    total_files: int | None
    total_bytes: int | None
    rate: float
    eta: float | None


class JobErrorReport(ReportModel):
    """An error that ended an attempt."""

    time: str | None
    message: str


class JobReport(ReportModel):
    """One job; `stopping` says that it was asked to end, `not_before` when it is tried again."""

    id: int
    kind: str
    title: str
    storages: list[str]
    state: str
    stopping: bool
    created: str | None
    started: str | None
    ended: str | None
    attempts: int
    not_before: str | None = None
    errors: list[JobErrorReport] = []  # noqa: RUF012 - pydantic copies it
    message: str
    progress: JobProgressReport | None


class JobsReport(ReportModel):
    """The document: what runs, what waits in its order, what ended, newest first."""

    schema_version: Literal[1]
    jobs: list[JobReport]


def job_report(job: JobInfo) -> JobReport:
    """One job as other programs read it."""
    return JobReport(
        id=job.id,
        kind=job.spec.kind.value,
        title=safe_text(job.spec.title),
        storages=list(job.spec.storages),
        state=job.state.value,
        stopping=job.stopping,
        created=iso_moment(job.created_ns),
        started=iso_moment(job.started_ns),
        ended=iso_moment(job.ended_ns),
        attempts=job.attempts,
        not_before=iso_moment(job.not_before_ns),
        errors=[
            JobErrorReport(time=iso_moment(error.time_ns), message=safe_text(error.message)) for error in job.errors
        ],
        message=safe_text(job.message),
        progress=_progress(job.progress),
    )


def _progress(progress: JobProgress | None) -> JobProgressReport | None:
    if progress is None:
        return None
    return JobProgressReport(
        phase=progress.phase,
        files=progress.files,
        bytes=progress.bytes,
        total_files=progress.total_files,
        total_bytes=progress.total_bytes,
        rate=progress.rate,
        eta=progress.eta,
    )
