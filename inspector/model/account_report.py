"""What `status --details --json` has of an account, version 1, as `docs/cli.md` documents it."""

from inspector.model.account import Account, Behind, Device, Difference, DocumentFault, Holding
from inspector.model.report import ReportModel, iso_moment, safe_text


class HoldingReport(ReportModel):
    """How many things one layer has; `state` as that of a layer."""

    layer: str
    title: str
    count: int
    state: str


class DifferenceReport(ReportModel):
    """What is in some layers and not in others: all keys."""

    there: list[str]
    lacking: list[str]
    count: int
    keys: list[str]


class BehindReport(ReportModel):
    """A document of which more was written than `whose` side has."""

    document: str
    have: int
    written: int
    whose: str


class DeviceReport(ReportModel):
    """One device; `reached` has the number of its last change of each document."""

    id: str
    name: str
    program: str
    last: str | None
    seen: str | None
    documents: int
    highest: int
    reached: dict[str, int]
    behind: list[BehindReport]


class DocumentFaultReport(ReportModel):
    """A document that breaks off, has a gap, or was not finished."""

    kind: str
    path: str
    reason: str
    offset: int | None
    size: int | None


class AccountReport(ReportModel):
    """The account of one storage; `things` says what is counted."""

    things: str
    layers: list[HoldingReport]
    differences: list[DifferenceReport]
    devices: list[DeviceReport]
    faults: list[DocumentFaultReport]
    notes: list[str]


def account_report(account: Account) -> AccountReport:
    """An account as reported."""
    return AccountReport(
        things=account.things,
        layers=[_holding(one) for one in account.holdings],
        differences=[_difference(one) for one in account.differences],
        devices=[_device(one) for one in account.devices],
        faults=[_fault(one) for one in account.faults],
        notes=[safe_text(note) for note in account.notes],
    )


def _holding(one: Holding) -> HoldingReport:
    return HoldingReport(layer=safe_text(one.layer), title=one.title, count=len(one.keys), state=one.state)


def _difference(one: Difference) -> DifferenceReport:
    keys = [safe_text(key) for key in one.keys]
    return DifferenceReport(there=list(one.there), lacking=list(one.lacking), count=len(keys), keys=keys)


def _device(one: Device) -> DeviceReport:
    return DeviceReport(
        id=safe_text(one.id),
        name=safe_text(one.name),
        program=safe_text(one.program),
        last=moment_of(one.last_ms),
        seen=moment_of(one.seen_ms),
        documents=one.documents,
        highest=one.highest,
        reached={safe_text(document): number for document, number in one.reached.items()},
        behind=[_behind(some) for some in one.behind],
    )


def _behind(one: Behind) -> BehindReport:
    return BehindReport(document=safe_text(one.document), have=one.have, written=one.written, whose=one.whose)


def _fault(one: DocumentFault) -> DocumentFaultReport:
    return DocumentFaultReport(
        kind=one.kind, path=safe_text(one.path), reason=safe_text(one.reason), offset=one.offset, size=one.size
    )


_LAST_MS = 253_402_300_799_000  # the end of the year 9999


def moment_of(milliseconds: int | None) -> str | None:
    """Milliseconds since 1970 as ISO 8601; None for those that are no time."""
    return iso_moment(milliseconds * 1_000_000) if milliseconds is not None and 0 < milliseconds <= _LAST_MS else None
