"""The document of `scrub --json`, version 1, as `docs/cli.md` documents it."""

from typing import Literal

from inspector.model.display import display_text
from inspector.model.report import ReportModel, iso_moment, name_bytes, safe_text, where_known
from inspector.model.scrub import ScrubOutcome


class ScrubFindingReport(ReportModel):
    """A file that is not well; `conflict` is the id of its conflict."""

    storage: str
    kind: str
    conflict: str
    path: str
    path_b64: str | None = None


class ScrubStorageReport(ReportModel):
    """What a scrub met in one storage, in files; `oldest` is null where a file never was verified, or none can be."""

    id: str
    name: str
    root: str
    root_b64: str | None = None
    verified: int
    bytes: int
    rotten: int
    unreadable: int
    misread: int
    changed: int
    vanished: int
    online_only: int
    from_memory: int
    left: int
    left_bytes: int
    oldest: str | None
    reason: str


class ScrubSummaryReport(ReportModel):
    """The sums, the limit that was reached (``time`` or ``bytes``) or null, and how the run ends."""

    verified: int
    bytes: int
    left: int
    limit: str | None
    exit_code: int


class ScrubReport(ReportModel):
    """The document."""

    schema_version: Literal[1]
    storages: list[ScrubStorageReport]
    findings: list[ScrubFindingReport]
    summary: ScrubSummaryReport


def scrub_storage_report(outcome: ScrubOutcome) -> ScrubStorageReport:
    """A storage as other programs read it."""
    storage, counts = outcome.storage, outcome.counts
    return ScrubStorageReport(
        id=storage.id,
        name=safe_text(storage.name),
        root=safe_text(storage.root),
        **where_known(root_b64=name_bytes(storage.root)),
        verified=counts.verified,
        bytes=counts.bytes,
        rotten=counts.rotten,
        unreadable=counts.unreadable,
        misread=counts.misread,
        changed=counts.changed,
        vanished=counts.vanished,
        online_only=counts.online_only,
        from_memory=counts.from_memory,
        left=outcome.left,
        left_bytes=outcome.left_bytes,
        oldest=iso_moment(outcome.oldest_ns or None),
        reason=display_text(outcome.error.message) if outcome.error is not None else "",
    )


def scrub_finding_reports(outcome: ScrubOutcome) -> list[ScrubFindingReport]:
    """The files of a storage that are not well."""
    return [
        ScrubFindingReport(
            storage=outcome.storage.id,
            kind=one.kind,
            conflict=one.conflict_id,
            path=safe_text(one.path),
            **where_known(path_b64=name_bytes(one.path)),
        )
        for one in outcome.findings
    ]
