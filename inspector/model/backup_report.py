"""The documents of `backup --json` and `restore --json`, version 1, as `docs/cli.md` documents them."""

from collections.abc import Iterable
from typing import Any, Literal

from inspector.model.backups import BackupCheck, BackupProblem, BackupRun, Prunable, Restored
from inspector.model.report import ReportModel, name_bytes, safe_text, where_known


class BackupProblemReport(ReportModel):
    """What could not be done for one path, and why."""

    path: str
    path_b64: str | None = None
    reason: str


class BackupRunReport(ReportModel):
    """What a run did; `files` and `bytes` are what the backup has of the storage as it is now."""

    schema_version: Literal[1]
    storage: str
    destination: str
    files: int
    bytes: int
    copied: int
    copied_bytes: int
    replaced: int
    adopted: int
    retimed: int
    gone: int
    rotten: int
    resumed: bool
    problem_count: int
    problems: list[BackupProblemReport]
    notes: list[str]
    exit_code: int


class BackupFindingReport(ReportModel):
    """One thing that a check found."""

    fault: str
    path: str
    path_b64: str | None = None
    detail: str


class BackupCheckReport(ReportModel):
    """What a check found; `counts` has every kind of finding, `findings` the first of them."""

    schema_version: Literal[1]
    destination: str
    files: int
    bytes: int
    deep: bool
    last: str
    unfinished: bool
    counts: dict[str, int]
    findings: list[BackupFindingReport]
    exit_code: int


class PrunedReport(ReportModel):
    """What was deleted from a backup."""

    schema_version: Literal[1]
    gone: int
    gone_bytes: int
    versions: int
    versions_bytes: int
    problems: list[BackupProblemReport]


class RestoredReport(ReportModel):
    """What came back; `conflicts` is what the quick check of the new place found."""

    schema_version: Literal[1]
    storage: str | None
    destination: str
    files: int
    bytes: int
    copied: int
    conflicts: int
    registered: str
    problem_count: int
    problems: list[BackupProblemReport]
    exit_code: int


def run_report(run: BackupRun, exit_code: int) -> dict[str, Any]:
    """A run as other programs read it."""
    return BackupRunReport(
        schema_version=1,
        storage=run.storage_id,
        destination=safe_text(run.destination),
        files=run.files,
        bytes=run.bytes,
        copied=run.copied,
        copied_bytes=run.copied_bytes,
        replaced=run.replaced,
        adopted=run.adopted,
        retimed=run.retimed,
        gone=run.gone,
        rotten=run.rotten,
        resumed=run.resumed,
        problem_count=run.problem_count,
        problems=_problems(run.problems),
        notes=list(run.notes),
        exit_code=exit_code,
    ).as_json()


def check_report(check: BackupCheck, exit_code: int) -> dict[str, Any]:
    """A check as other programs read it."""
    return BackupCheckReport(
        schema_version=1,
        destination=safe_text(check.destination),
        files=check.files,
        bytes=check.bytes,
        deep=check.deep,
        last=check.last,
        unfinished=check.unfinished,
        counts={fault.value: count for fault, count in check.counts.items()},
        findings=[
            BackupFindingReport(
                fault=one.fault.value,
                path=safe_text(one.path),
                **where_known(path_b64=name_bytes(one.path)),
                detail=safe_text(one.detail),
            )
            for one in check.findings
        ],
        exit_code=exit_code,
    ).as_json()


def pruned_report(done: Prunable) -> dict[str, Any]:
    """What was pruned as other programs read it."""
    return PrunedReport(
        schema_version=1,
        gone=done.gone,
        gone_bytes=done.gone_bytes,
        versions=done.versions,
        versions_bytes=done.versions_bytes,
        problems=_problems(done.problems),
    ).as_json()


def restored_report(restored: Restored, exit_code: int) -> dict[str, Any]:
    """What came back as other programs read it."""
    return RestoredReport(
        schema_version=1,
        storage=restored.storage.id if restored.storage is not None else None,
        destination=safe_text(restored.destination),
        files=restored.files,
        bytes=restored.bytes,
        copied=restored.copied,
        conflicts=restored.conflicts,
        registered=safe_text(restored.registered),
        problem_count=restored.problem_count,
        problems=_problems(restored.problems),
        exit_code=exit_code,
    ).as_json()


def _problems(problems: Iterable[BackupProblem]) -> list[BackupProblemReport]:
    return [
        BackupProblemReport(
            path=safe_text(one.path), **where_known(path_b64=name_bytes(one.path)), reason=safe_text(one.reason)
        )
        for one in problems
    ]
