"""A report as JSON: ASCII, one storage and one conflict per line."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspector import __version__
from inspector.model.export_report import ExportSummary
from inspector.model.report import SCHEMA_VERSION, conflict_report, storage_report
from inspector.reports.source import Source


def write_json(source: Source, write: Callable[[str], None]) -> None:
    """Write the document of `inspector.model.export_report`."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(source.created))
    write(f'{{"schema_version": {SCHEMA_VERSION},\n"created": "{created}",\n"inspector": {json.dumps(__version__)},\n')
    write('"storages": [')
    _write_items((storage_report(one).as_json() for one in source.storages), write)
    write('],\n"conflicts": [')
    _write_items(
        (conflict_report(one, source.choices(one)).as_json() for one in source.all_conflicts()),
        write,
    )
    write(f'],\n"summary": {json.dumps(_summary(source))}}}\n')


def _write_items(items: Iterable[Mapping[str, Any]], write: Callable[[str], None]) -> None:
    before = "\n"
    for item in items:
        write(before + json.dumps(item))
        before = ",\n"


def _summary(source: Source) -> dict[str, Any]:
    by_kind = source.count_by_kind()
    return ExportSummary(
        conflicts=sum(by_kind.values()),
        ignored=sum(source.count_by_kind(settled=True).values()),
        by_kind=by_kind,
        by_severity={severity.word: count for severity, count in source.count_by_severity().items()},
        by_storage=source.count_by_storage(),
    ).as_json()
