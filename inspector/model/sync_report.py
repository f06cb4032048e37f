"""The document of `status --json`, version 1, as `docs/cli.md` documents it."""

from typing import Literal

from inspector.model.account import Account
from inspector.model.account_report import AccountReport, account_report
from inspector.model.display import display_text
from inspector.model.records import StorageInfo
from inspector.model.report import ReportModel, iso_moment, name_bytes, safe_json, safe_text, where_known
from inspector.model.sync import PeerStatus, SyncStatus


class LayerStepReport(ReportModel):
    """One layer; `apart` is how many more or fewer than the files it lists, null where that cannot be compared."""

    name: str
    claims: int
    state: str
    apart: int | None


class InFlightReport(ReportModel):
    """What is being written now."""

    files: int
    what: str
    since: str | None


class WriterReport(ReportModel):
    """Who wrote something, and what says so."""

    who: str
    how: str
    path: str
    when: str


class BucketReport(ReportModel):
    """A quarter of an hour; `state` is null where nothing is known."""

    start: str | None
    state: str | None
    changes: int
    conflicts: int


class PeerReport(ReportModel):
    """What a sync program says of the folder itself."""

    program: str
    folder: str
    state: str
    need_files: int
    need_bytes: int
    errors: int
    peers: list[str]
    away: list[str]
    error: str
    rate: float | None


class StorageStatusReport(ReportModel):
    """How far one storage is in step."""

    id: str
    name: str
    root: str
    root_b64: str | None = None
    state: str
    reason: str
    since: str | None
    last_scan: str | None
    layers: list[LayerStepReport]
    conflicts: int
    in_flight: InFlightReport | None
    newest_path: str | None
    newest_path_b64: str | None = None
    newest: str | None
    writers: list[WriterReport]
    program: str
    program_root: str
    peer: PeerReport | None
    history: list[BucketReport]
    account: AccountReport | None = None


class StatusReport(ReportModel):
    """The document."""

    schema_version: Literal[1]
    storages: list[StorageStatusReport]


def status_report(
    storage: StorageInfo, status: SyncStatus, peer: PeerStatus | None, account: Account | None = None
) -> StorageStatusReport:
    """A storage as other programs read it; the account only where there is one."""
    flight, newest = status.in_flight, status.newest_path
    return StorageStatusReport(
        id=storage.id,
        name=safe_text(storage.name),
        root=safe_text(storage.root),
        **where_known(
            root_b64=name_bytes(storage.root), newest_path_b64=name_bytes(newest) if newest is not None else None
        ),
        state=status.state.value,
        reason=display_text(status.reason),
        since=iso_moment(status.since_ns),
        last_scan=iso_moment(storage.last_scan_ns),
        layers=[
            LayerStepReport(name=safe_text(one.name), claims=one.claims, state=one.state.value, apart=one.apart)
            for one in status.layers
        ],
        conflicts=status.conflicts,
        in_flight=InFlightReport(files=flight.files, what=safe_text(flight.what), since=iso_moment(flight.since_ns))
        if flight is not None
        else None,
        newest_path=safe_json(newest),
        newest=iso_moment(status.newest_ns),
        writers=[
            WriterReport(who=safe_text(one.who), how=one.how, path=safe_text(one.path), when=safe_text(one.when))
            for one in status.writers
        ],
        program=status.program,
        program_root=safe_text(status.program_root),
        peer=_peer(peer),
        history=[
            BucketReport(
                start=iso_moment(one.start_ns),
                state=one.state.value if one.state is not None else None,
                changes=one.changes,
                conflicts=one.conflicts,
            )
            for one in status.history
        ],
        **where_known(account=account_report(account) if account is not None else None),
    )


def _peer(peer: PeerStatus | None) -> PeerReport | None:
    if peer is None:
        return None
    return PeerReport(
        program=peer.program,
        folder=safe_text(peer.folder),
        state=safe_text(peer.state),
        need_files=peer.need_files,
        need_bytes=peer.need_bytes,
        errors=peer.errors,
        peers=[safe_text(one) for one in peer.peers],
        away=[safe_text(one) for one in peer.away],
        error=safe_text(peer.error),
        rate=peer.rate,
    )
