"""Import sessions over time and what came in with one, as JSON documents."""

from collections.abc import Sequence
from typing import Literal

from inspector.model.records import Session
from inspector.model.report import (
    SCHEMA_VERSION,
    ReportModel,
    SessionReport,
    name_bytes,
    safe_text,
    session_report,
    where_known,
)
from inspector.model.sessions import Month, SessionFile


class MonthReport(ReportModel):
    """What came in within a month; ``month`` is empty for the sessions without a date."""

    month: str
    sessions: int
    files: int
    bytes: int
    errors: int


class MonthsReport(ReportModel):
    """The document of `sessions --per-month --json`."""

    schema_version: Literal[1]
    storage: str
    months: list[MonthReport]


class SessionFileReport(ReportModel):
    """A file that a session's document lists; ``state`` is ``there``, ``changed`` or ``gone``."""

    path: str
    path_b64: str | None = None
    size: int | None
    state: str


class SessionFilesReport(ReportModel):
    """The document of `sessions --session --json`."""

    schema_version: Literal[1]
    storage: str
    session: SessionReport
    files: list[SessionFileReport]


def months_report(storage_id: str, months: Sequence[Month]) -> MonthsReport:
    """What came in month by month, as reported."""
    rows = [
        MonthReport(month=one.name, sessions=one.sessions, files=one.files, bytes=one.bytes, errors=one.errors)
        for one in months
    ]
    return MonthsReport(schema_version=SCHEMA_VERSION, storage=storage_id, months=rows)


def session_files_report(session: Session, files: Sequence[SessionFile]) -> SessionFilesReport:
    """What came in with a session, as reported."""
    rows = [
        SessionFileReport(
            path=safe_text(one.path),
            **where_known(path_b64=name_bytes(one.path)),
            size=one.size,
            state=one.standing.value,
        )
        for one in files
    ]
    return SessionFilesReport(
        schema_version=SCHEMA_VERSION, storage=session.storage_id, session=session_report(session), files=rows
    )
