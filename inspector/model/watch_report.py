"""The lines of `watch --jsonl` and what `watch --exec` hands to a command, version 1, as `docs/watching.md` says."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from inspector.model.display import display_text
from inspector.model.report import ConflictReport, ReportModel, conflict_report, name_bytes, safe_text, where_known
from inspector.model.watching import ConflictNews, StorageNews, WatchNews


class WatchStart(ReportModel):
    """The first line: which storages are watched."""

    message_type: Literal["start"] = "start"
    schema_version: Literal[1]
    version: str
    time: str
    storages: list[str]
    roots: list[str]


class WatchStorageReport(ReportModel):
    """A storage's state changed. `conflicts` counts the open ones that were told or known before."""

    message_type: Literal["storage"]
    time: str
    storage: str
    name: str
    root: str
    root_b64: str | None = None
    state: str
    reason: str
    degraded: str
    conflicts: int


class WatchConflictReport(ReportModel):
    """A conflict opened, changed or closed; of a closed one it is what was last known, without choices."""

    message_type: Literal["conflict"]
    time: str
    change: str
    label: str
    conflict: ConflictReport


class WatchBatch(ReportModel):
    """What a command is given on its stdin: what happened since it was run last, in its order.

    `missed` counts what is not in it, because more happened than is kept while the command ran.
    """

    schema_version: Literal[1]
    time: str
    missed: int
    news: list[WatchStorageReport | WatchConflictReport]


def news_report(news: WatchNews) -> WatchStorageReport | WatchConflictReport:
    """One piece of news as other programs read it."""
    if isinstance(news, StorageNews):
        return _storage(news)
    return _conflict(news)


def batch_report(news: Sequence[WatchStorageReport | WatchConflictReport], missed: int, time_ns: int) -> WatchBatch:
    """What happened, as one document."""
    return WatchBatch(schema_version=1, time=moment(time_ns), missed=missed, news=list(news))


def _storage(news: StorageNews) -> WatchStorageReport:
    return WatchStorageReport(
        message_type="storage",
        time=moment(news.time_ns),
        storage=news.storage.id,
        name=safe_text(news.storage.name),
        root=safe_text(news.storage.root),
        **where_known(root_b64=name_bytes(news.storage.root)),
        state=news.step.value,
        reason=display_text(news.reason),
        degraded=display_text(news.degraded),
        conflicts=news.conflicts,
    )


def _conflict(news: ConflictNews) -> WatchConflictReport:
    return WatchConflictReport(
        message_type="conflict",
        time=moment(news.time_ns),
        change=news.change.value,
        label=news.conflict.label,
        conflict=conflict_report(news.conflict, ()),
    )


def moment(time_ns: int) -> str:
    """A moment to the millisecond, as ISO 8601 in UTC."""
    milliseconds = time_ns // 1_000_000
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
