"""The JSON document of `inspector report`, version 1, as `docs/report.md` documents it."""

from typing import Literal

from inspector.model.report import ConflictReport, ReportModel, StorageReport


class ExportSummary(ReportModel):
    """The counts over all open conflicts of the document; `ignored` counts the settled ones, which it may lack."""

    conflicts: int
    ignored: int
    by_kind: dict[str, int]
    by_severity: dict[str, int]
    by_storage: dict[str, int]


class ExportReport(ReportModel):
    """The whole document. `created` is ISO 8601 in UTC, `inspector` the version of the program that wrote it."""

    schema_version: Literal[1]
    created: str
    inspector: str
    storages: list[StorageReport]
    conflicts: list[ConflictReport]
    summary: ExportSummary
