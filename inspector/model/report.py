"""The reports that other programs read: their shape, version 1, as `docs/cli.md` documents it.

A name that is not UTF-8 cannot be a JSON text: it is given as shown to people, and its bytes in base64 beside it.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from inspector.model.display import display_name, display_text, is_utf8
from inspector.model.lookup import Whereabouts
from inspector.model.records import Choice, Conflict, FileDetails, FoundStorage, Session, StorageInfo
from inspector.model.scanmode import ScanCounts

SCHEMA_VERSION: Literal[1] = 1


class ReportModel(BaseModel):
    """What every part of a report is made of: no other keys than the documented ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def as_json(self) -> dict[str, Any]:
        """The values to write; keys that were left out of the making, as ``path_b64`` may be, are left out."""
        return self.model_dump(mode="json", exclude_unset=True)


class LayerReport(ReportModel):
    """One layer and how many claims it makes; `state` is ``ok``, ``partial``, ``unreadable`` or ``absent``."""

    name: str
    claims: int
    state: str


class ScanReport(ReportModel):
    """What the scan of this run met in one storage, in files."""

    hashed: int
    added: int
    altered: int
    gone: int
    unreadable: int
    vanished: int
    unstable: int


class StorageReport(ReportModel):
    """One storage; `scan` is null in a report without a scan, `last_scan` where there never was one.

    `reference` says that nothing in it is ever written.
    """

    id: str
    layout: str
    identity: str
    name: str
    root: str
    root_b64: str | None = None
    state: str
    reason: str
    files: int
    bytes: int
    file_system: str
    last_scan: str | None
    reference: bool = False
    layers: list[LayerReport]
    scan: ScanReport | None


class ChoiceReport(ReportModel):
    """One thing that can be done about a conflict."""

    id: str
    title: str
    risk: str
    suggested: bool
    reason: str


class ConflictReport(ReportModel):
    """One disagreement; `storage` is the storage's id, `paths_b64` runs beside `paths` with null for UTF-8 names.

    `settled` is there, and true, where a person's word hides the conflict until its evidence changes.
    """

    id: str
    kind: str
    storage: str
    severity: str = Field(pattern="^(info|warning|error)$")
    path: str | None
    path_b64: str | None = None
    paths: list[str]
    paths_b64: list[str | None] | None = None
    evidence: dict[str, Any]
    choices: list[ChoiceReport]
    settled: bool = False


class SummaryReport(ReportModel):
    """The counts over all open conflicts of the report, and how the run ends; `ignored` counts the settled ones."""

    conflicts: int
    ignored: int = 0
    by_kind: dict[str, int]
    by_severity: dict[str, int]
    by_storage: dict[str, int]
    incomplete: bool
    exit_code: int


class Report(ReportModel):
    """The document of `check --json` and `conflicts --json`."""

    schema_version: Literal[1]
    storages: list[StorageReport]
    conflicts: list[ConflictReport]
    summary: SummaryReport


class SessionReport(ReportModel):
    """One import session, or one scan where the layout has no sessions."""

    id: str
    title: str
    started: str
    source: str
    files: int
    bytes: int
    errors: int
    document: str


class SessionsReport(ReportModel):
    """The document of `sessions --json`."""

    schema_version: Literal[1]
    storage: str
    sessions: list[SessionReport]


class StoragesReport(ReportModel):
    """The document of `storages --json`."""

    schema_version: Literal[1]
    storages: list[StorageReport]


class FileReport(ReportModel):
    """One file of a storage with what the catalog knows of it."""

    storage: str
    root: str
    root_b64: str | None = None
    path: str
    path_b64: str | None = None
    size: int
    mtime_ns: int
    digest: str | None
    key: str | None
    layers: list[str]


class LocatedReport(FileReport):
    """A file that was looked for; `state` is null where no disk was looked at, `reason` why its storage is away."""

    wanted: str
    state: Literal["there", "changed", "gone", "away"] | None = None
    reason: str = ""


class LocateReport(ReportModel):
    """The document of `locate --json`; `complete` is false where more files were found than are listed."""

    schema_version: Literal[1]
    files: list[LocatedReport]
    nowhere: list[str] = []
    complete: bool


class FoundReport(ReportModel):
    """One storage that discovery saw."""

    root: str
    root_b64: str | None = None
    layout: str
    name: str
    legacy: bool
    photos: int | None
    bytes: int | None
    last_indexed: str
    note: str


class DiscoverReport(ReportModel):
    """The document of `discover --json`; `complete` is false where it was stopped."""

    schema_version: Literal[1]
    found: list[FoundReport]
    complete: bool


def safe_text(text: str) -> str:
    """`text` as a JSON text may hold it: unchanged if it is Unicode, else as people are shown it."""
    return text if is_utf8(text) else display_name(text)


def safe_json(value: Any) -> Any:
    """A JSON value with every text in it made safe, however deep."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, Mapping):
        return {safe_text(str(key)): safe_json(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [safe_json(item) for item in value]
    return value


def name_bytes(text: str) -> str | None:
    """The bytes of a name that is not UTF-8 in base64; None for all others, and for what no file can be called."""
    if is_utf8(text):
        return None
    try:
        return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")
    except UnicodeEncodeError:
        return None


def where_known(**values: Any) -> dict[str, Any]:
    """The members that have a value: such as the bytes of a name, which are there only where they are needed."""
    return {key: value for key, value in values.items() if value is not None}


def storage_report(storage: StorageInfo, counts: ScanCounts | None = None, reason: str | None = None) -> StorageReport:
    """A storage as reported; `reason` replaces the catalog's where this run knows better."""
    scan = (
        ScanReport(
            hashed=counts.hashed,
            added=counts.added,
            altered=counts.altered,
            gone=counts.gone,
            unreadable=counts.unreadable,
            vanished=counts.vanished,
            unstable=counts.unstable,
        )
        if counts is not None
        else None
    )
    return StorageReport(
        id=storage.id,
        layout=storage.layout,
        identity=safe_text(storage.identity),
        name=safe_text(storage.name),
        root=safe_text(storage.root),
        **where_known(root_b64=name_bytes(storage.root)),
        state=storage.state.value,
        reason=display_text(reason if reason is not None else storage.reason),
        files=storage.files,
        bytes=storage.bytes,
        file_system=storage.file_system,
        last_scan=iso_moment(storage.last_scan_ns),
        reference=storage.reference,
        layers=[
            LayerReport(name=safe_text(layer.name), claims=layer.claims, state=layer.state) for layer in storage.layers
        ],
        scan=scan,
    )


def conflict_report(conflict: Conflict, choices: Sequence[Choice]) -> ConflictReport:
    """A conflict with its choices as reported."""
    encoded = [name_bytes(path) for path in conflict.paths]
    return ConflictReport(
        id=conflict.id,
        kind=conflict.kind,
        storage=conflict.storage_id,
        severity=conflict.severity.word,
        path=safe_text(conflict.path) if conflict.path is not None else None,
        **where_known(path_b64=encoded[0] if encoded else None, paths_b64=encoded if any(encoded) else None),
        paths=[safe_text(path) for path in conflict.paths],
        evidence=safe_json(conflict.evidence),
        choices=[
            ChoiceReport(
                id=choice.id,
                title=safe_text(choice.title),
                risk=choice.risk,
                suggested=choice.suggested,
                reason=safe_text(choice.reason),
            )
            for choice in choices
        ],
        **where_known(settled=True if conflict.settled else None),
    )


def session_report(session: Session) -> SessionReport:
    """A session as reported."""
    return SessionReport(
        id=safe_text(session.id),
        title=safe_text(session.title),
        started=safe_text(session.started),
        source=safe_text(session.source),
        files=session.files,
        bytes=session.bytes,
        errors=session.errors,
        document=safe_text(session.document),
    )


def file_report(details: FileDetails, root: str) -> FileReport:
    """A file as reported; `root` is its storage's."""
    return FileReport(
        storage=details.storage_id,
        root=safe_text(root),
        **where_known(root_b64=name_bytes(root), path_b64=name_bytes(details.path)),
        path=safe_text(details.path),
        size=details.size,
        mtime_ns=details.mtime_ns,
        digest=details.digest,
        key=safe_json(details.key),
        layers=list(details.layers),
    )


def located_report(found: Whereabouts, wanted: str, *, looked: bool) -> LocatedReport:
    """A file that was looked for as reported; with `looked`, what a look at its disk said."""
    return LocatedReport(
        **file_report(found.file, found.root).as_json(),
        wanted=safe_text(wanted),
        state=found.state.value if looked else None,
        reason=display_text(found.reason) if looked else "",
    )


def found_report(found: FoundStorage) -> FoundReport:
    """A storage that was discovered, as reported."""
    return FoundReport(
        root=safe_text(found.root),
        **where_known(root_b64=name_bytes(found.root)),
        layout=found.layout,
        name=safe_text(found.name),
        legacy=found.legacy,
        photos=found.photos,
        bytes=found.bytes,
        last_indexed=safe_text(found.last_indexed),
        note=safe_text(found.note),
    )


def iso_moment(when_ns: int | None) -> str | None:
    """A moment in nanoseconds since the epoch as ISO 8601 in UTC."""
    if when_ns is None:
        return None
    return datetime.fromtimestamp(when_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
