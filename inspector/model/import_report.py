"""The document of `import --json`, version 1, as `docs/cli.md` documents it."""

from collections.abc import Iterable
from typing import Literal

from inspector.model.importing import Arriving, Imported, ImportItem, ImportPlan
from inspector.model.report import ReportModel, name_bytes, safe_text, where_known


class ImportItemReport(ReportModel):
    """One file: what becomes of it, where it goes or is, and why. `source` is relative to the folder imported."""

    source: str
    source_b64: str | None = None
    what: str
    target: str
    storage: str
    size: int
    reason: str


class ImportErrorReport(ReportModel):
    """A file that did not come in and why, or what is to be said of one that did."""

    source: str
    reason: str


class ImportedReport(ReportModel):
    """What came in with this run. Where `finished` is false, `reason` says what ended it."""

    files: int
    bytes: int
    errors: list[ImportErrorReport]
    notes: list[ImportErrorReport]
    batches: list[str]
    finished: bool
    reason: str


class ImportReport(ReportModel):
    """An import: what it is to do, and what became of it, null for a dry run.

    `counts` are the files by what becomes of them, `bytes` those that are copied. `left` are files that are no pictures
    and belong to none, `done` how many came in with an earlier run that did not end.
    """

    schema_version: Literal[1]
    source: str
    storage: str
    session: str
    organize: str
    on_duplicate: str
    counts: dict[str, int]
    bytes: int
    done: int
    items: list[ImportItemReport]
    left: list[str]
    imported: ImportedReport | None


def import_report(plan: ImportPlan, imported: Imported | None) -> ImportReport:
    """The document of an import; `imported` is None for a dry run."""
    totals = plan.totals
    return ImportReport(
        schema_version=1,
        source=safe_text(plan.source),
        storage=plan.storage_id,
        session=imported.session_id if imported is not None else plan.session_id,
        organize=safe_text(plan.options.organize),
        on_duplicate=plan.options.on_duplicate.value,
        counts={what.value: totals.files[what] for what in Arriving},
        bytes=totals.bytes,
        done=plan.done,
        items=[_item(item, plan.storage_id) for item in plan.items],
        left=[safe_text(path) for path in plan.left],
        imported=_imported(imported) if imported is not None else None,
    )


def _item(item: ImportItem, storage_id: str) -> ImportItemReport:
    return ImportItemReport(
        source=safe_text(item.source),
        **where_known(source_b64=name_bytes(item.source)),
        what=item.what.value,
        target=safe_text(item.target),
        storage=item.held_in or (storage_id if item.target else ""),
        size=item.size,
        reason=safe_text(item.reason or item.keyless),
    )


def _reasons(pairs: Iterable[tuple[str, str]]) -> list[ImportErrorReport]:
    return [ImportErrorReport(source=safe_text(path), reason=safe_text(why)) for path, why in pairs]


def _imported(imported: Imported) -> ImportedReport:
    return ImportedReport(
        files=imported.files,
        bytes=imported.bytes,
        errors=_reasons(imported.errors),
        notes=_reasons(imported.notes),
        batches=list(imported.batches),
        finished=imported.error is None,
        reason=safe_text(str(imported.error)) if imported.error is not None else "",
    )
