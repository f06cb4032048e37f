"""The documents about repairs that other programs read, version 1, as `docs/cli.md` documents them.

A plan has a document of its own, in `operation_codec`: it is read again.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from inspector.model.ignore_rules import IgnoreRule
from inspector.model.plan import BatchInfo, Decision, Generation, ItemResult, QuarantineEntry, Refusal
from inspector.model.records import Conflict
from inspector.model.report import ReportModel, name_bytes, safe_text, where_known


class BatchReport(ReportModel):
    """One applied plan; `items` counts its items by what became of them, `undo_of` is the batch it takes back."""

    id: str
    time: str
    host: str
    storages: list[str]
    state: str
    reason: str
    undo_of: str | None
    items: dict[str, int]


class ItemReport(ReportModel):
    """What became of one item, and why."""

    number: int
    label: str
    state: str
    reason: str


class RefusalReport(ReportModel):
    """A decision that no plan can do, and why; `number` is the item that is refused, null where there is none."""

    number: int | None
    conflict: str
    choice: str
    label: str
    reason: str


class AppliedReport(ReportModel):
    """The document of `apply`, `fix`, `undo`, `ignore` and of what brings something back; `batch` is null without one.

    `documents` are those that were written, also those that only went along with others. `conflicts_left` counts the
    open conflicts of the storages after they were looked at again.
    """

    schema_version: Literal[1]
    batch: BatchReport | None
    items: list[ItemReport]
    refused: list[RefusalReport]
    documents: list[str]
    conflicts_left: int


class JournalReport(ReportModel):
    """The document of `journal --json`, newest first."""

    schema_version: Literal[1]
    batches: list[BatchReport]


class BatchDocument(ReportModel):
    """The document of `journal BATCH --json`."""

    schema_version: Literal[1]
    batch: BatchReport
    items: list[ItemReport]


class SettledReport(ReportModel):
    """An interrupted batch that was settled, and what became of its items."""

    batch: BatchReport
    items: list[ItemReport]


class RecoverReport(ReportModel):
    """The document of `recover --json`; `waiting` are the batches that could not be settled."""

    schema_version: Literal[1]
    settled: list[SettledReport]
    waiting: list[BatchReport]


class DecisionReport(ReportModel):
    """One staged decision; `path` is which of the conflict's paths it means, empty for the usual one."""

    conflict: str
    kind: str
    storage: str
    label: str
    choice: str
    path: str
    path_b64: str | None = None
    reason: str


class DecisionsReport(ReportModel):
    """The document of `decisions --json`."""

    schema_version: Literal[1]
    decisions: list[DecisionReport]


class IgnoreRuleReport(ReportModel):
    """One rule that hides conflicts; `kind` and `storage` are null where it is for all, `hides` counts the hidden."""

    id: int
    pattern: str
    pattern_b64: str | None = None
    kind: str | None
    storage: str | None
    reason: str
    time: str
    hides: int


class IgnoreRulesReport(ReportModel):
    """The document of `ignore --list --json`, and of what makes or removes rules, oldest first."""

    schema_version: Literal[1]
    rules: list[IgnoreRuleReport]


class QuarantinedReport(ReportModel):
    """One file in quarantine; `stored_at` is where it lies."""

    id: str
    batch: str
    storage: str
    root: str
    root_b64: str | None = None
    path: str
    path_b64: str | None = None
    size: int
    digest: str
    time: str
    stored_at: str
    stored_at_b64: str | None = None


class QuarantineReport(ReportModel):
    """The document of `quarantine list --json`, newest first."""

    schema_version: Literal[1]
    entries: list[QuarantinedReport]
    bytes: int


class PurgedReport(ReportModel):
    """The document of `quarantine purge --json`."""

    schema_version: Literal[1]
    purged: int
    bytes: int


class GenerationReport(ReportModel):
    """One earlier version of a document; `batch` is the one that replaced it."""

    id: str
    storage: str
    path: str
    path_b64: str | None = None
    time: str
    batch: str
    size: int
    digest: str


class GenerationsReport(ReportModel):
    """The document of `generations --json`, newest first."""

    schema_version: Literal[1]
    generations: list[GenerationReport]


def batch_report(batch: BatchInfo) -> BatchReport:
    """A batch as reported."""
    return BatchReport(
        id=batch.id,
        time=batch.time,
        host=safe_text(batch.host),
        storages=list(batch.storages),
        state=batch.state,
        reason=safe_text(batch.reason),
        undo_of=batch.undo_of,
        items=dict(Counter(item.state.value for item in batch.items)),
    )


def item_reports(items: Iterable[ItemResult]) -> list[ItemReport]:
    """Items of a batch as reported."""
    return [
        ItemReport(
            number=item.number, label=safe_text(item.label), state=item.state.value, reason=safe_text(item.reason)
        )
        for item in items
    ]


def refusal_reports(refused: Iterable[Refusal]) -> list[RefusalReport]:
    """Refused decisions as reported."""
    return [
        RefusalReport(
            number=one.number or None,
            conflict=one.conflict_id,
            choice=one.choice,
            label=safe_text(one.label),
            reason=safe_text(one.reason),
        )
        for one in refused
    ]


def decision_report(conflict: Conflict, decision: Decision) -> DecisionReport:
    """A staged decision as reported."""
    return DecisionReport(
        conflict=conflict.id,
        kind=conflict.kind,
        storage=conflict.storage_id,
        label=conflict.label,
        choice=decision.choice,
        path=safe_text(decision.path),
        **where_known(path_b64=name_bytes(decision.path)),
        reason=safe_text(decision.reason),
    )


def ignore_rule_report(rule: IgnoreRule, hides: int) -> IgnoreRuleReport:
    """A rule as reported."""
    return IgnoreRuleReport(
        id=rule.id,
        pattern=safe_text(rule.pattern),
        **where_known(pattern_b64=name_bytes(rule.pattern)),
        kind=rule.kind or None,
        storage=rule.storage_id,
        reason=safe_text(rule.reason),
        time=datetime.fromtimestamp(rule.time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        hides=hides,
    )


def quarantined_report(entry: QuarantineEntry) -> QuarantinedReport:
    """A file in quarantine as reported."""
    return QuarantinedReport(
        id=entry.id,
        batch=entry.batch,
        storage=entry.storage_id,
        root=safe_text(entry.root),
        path=safe_text(entry.path),
        size=entry.size,
        digest=entry.digest,
        time=entry.time,
        stored_at=safe_text(entry.stored_at),
        **where_known(
            root_b64=name_bytes(entry.root),
            path_b64=name_bytes(entry.path),
            stored_at_b64=name_bytes(entry.stored_at),
        ),
    )


def generation_report(generation: Generation) -> GenerationReport:
    """An earlier version of a document as reported."""
    return GenerationReport(
        id=generation.id,
        storage=generation.storage_id,
        path=safe_text(generation.path),
        **where_known(path_b64=name_bytes(generation.path)),
        time=generation.time,
        batch=generation.batch,
        size=generation.size,
        digest=generation.digest,
    )
