"""JSON on stdout, written piece by piece, so that a hundred thousand conflicts never lie in memory together."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from inspector import __version__
from inspector.cli import output
from inspector.cli.findings import Findings
from inspector.model.errors import InspectorError
from inspector.model.report import (
    SCHEMA_VERSION,
    SummaryReport,
    conflict_report,
    safe_json,
    safe_text,
    storage_report,
)


def write_json(values: Mapping[str, Any]) -> None:
    """Write one whole JSON document."""
    output.document(json.dumps(values, indent=2) + "\n")


def write_report(findings: Findings, exit_code: int, *, settled: bool = False) -> None:
    """Write the document of `check --json`: one storage and one conflict per line, with `settled` those too."""
    output.document(f'{{"schema_version": {SCHEMA_VERSION},\n"storages": [')
    _write_items(_storages(findings))
    output.document('],\n"conflicts": [')
    _write_items(_conflicts(findings, settled=settled))
    output.document(f'],\n"summary": {json.dumps(_summary(findings, exit_code))}}}\n')


def write_start(roots: Iterable[str], mode: str, *, deep: bool) -> None:
    """Write the first line of `check --jsonl`."""
    _write_message(
        "start",
        {
            "schema_version": SCHEMA_VERSION,
            "version": __version__,
            "mode": mode,
            "deep": deep,
            "roots": [safe_text(root) for root in roots],
        },
    )


def write_messages(findings: Findings, exit_code: int, *, settled: bool = False) -> None:
    """Write the lines of `check --jsonl` that follow the start: storages, conflicts, errors and the summary."""
    for values in _storages(findings):
        _write_message("storage", values)
    for values in _conflicts(findings, settled=settled):
        _write_message("conflict", values)
    for storage, error in findings.errors:
        write_error(error, storage.id)
    _write_message("summary", _summary(findings, exit_code))


def write_error(error: InspectorError, storage_id: str | None = None) -> None:
    """Write one error as a line of JSON."""
    _write_message(
        "error",
        {
            "storage": storage_id,
            "path": safe_json(error.path),
            "message": safe_text(error.message),
            "advice": safe_json(error.advice),
            "exit_code": int(error.exit_code),
        },
    )


def _write_message(message_type: str, values: Mapping[str, Any]) -> None:
    output.document(json.dumps({"message_type": message_type, **values}) + "\n")


def _write_items(items: Iterable[Mapping[str, Any]]) -> None:
    before = "\n"
    for item in items:
        output.document(before + json.dumps(item))
        before = ",\n"


def _storages(findings: Findings) -> Iterable[dict[str, Any]]:
    for seen in findings.storages:
        reason = seen.error.message if seen.error is not None else None
        yield storage_report(seen.storage, seen.counts, reason).as_json()


def _conflicts(findings: Findings, *, settled: bool) -> Iterable[dict[str, Any]]:
    for some in (findings, findings.settled_ones()) if settled else (findings,):
        for conflict in some.conflicts():
            yield conflict_report(conflict, findings.choices(conflict)).as_json()


def _summary(findings: Findings, exit_code: int) -> dict[str, Any]:
    by_kind = findings.by_kind()
    return SummaryReport(
        conflicts=sum(by_kind.values()),
        ignored=sum(findings.settled_ones().by_kind().values()),
        by_kind=by_kind,
        by_severity={severity.word: count for severity, count in findings.by_severity().items()},
        by_storage=findings.by_storage(),
        incomplete=findings.incomplete,
        exit_code=exit_code,
    ).as_json()
