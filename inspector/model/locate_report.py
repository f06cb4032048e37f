"""The document of `locate --json`: what the catalog knows, and what was found on the disk."""

from typing import Literal

from inspector.model.discovery import Discovery, Proof
from inspector.model.display import display_text
from inspector.model.lookup import Whereabouts
from inspector.model.report import FileReport, ReportModel, file_report, name_bytes, safe_text, where_known


class DiscoveredFileReport(ReportModel):
    """A file that has a picture's id in its name, as it is on the disk."""

    storage: str
    root: str
    root_b64: str | None = None
    path: str
    path_b64: str | None = None
    size: int
    proof: Proof
    passed_over: str


class RegistrationReport(ReportModel):
    """A row of a database that registers a picture."""

    database: str
    storage: str
    place: str
    is_there: bool


class DiscoveredUseReport(ReportModel):
    """The documents of one storage that use a picture; some are named."""

    storage: str
    root: str
    count: int
    documents: list[str]
    is_current: bool


class NotLookedIntoReport(ReportModel):
    """A storage or a database that was not looked into, or not wholly."""

    name: str
    place: str
    reason: str


class DiscoveryReport(ReportModel):
    """Where one picture is that goes by an id, by what is on the disk."""

    key: str
    layout: str
    looked_into: list[str]
    files: list[DiscoveredFileReport]
    registrations: list[RegistrationReport]
    uses: list[DiscoveredUseReport]
    not_looked_into: list[NotLookedIntoReport]


class LocatedReport(FileReport):
    """A file that was looked for; `state` is null where no disk was looked at, `reason` why its storage is away."""

    wanted: str
    state: Literal["there", "changed", "gone", "away"] | None = None
    reason: str = ""


class LocateReport(ReportModel):
    """The document of `locate --json`; `complete` is false where more files were found than are listed.

    `nowhere` is what was wanted and of which nothing is known.
    """

    schema_version: Literal[1]
    files: list[LocatedReport]
    nowhere: list[str]
    complete: bool
    discovered: list[DiscoveryReport]


def located_report(found: Whereabouts, wanted: str, *, looked: bool) -> LocatedReport:
    """A file that was looked for as reported; with `looked`, what a look at its disk said."""
    return LocatedReport(
        **file_report(found.file, found.root).as_json(),
        wanted=safe_text(wanted),
        state=found.state.value if looked else None,
        reason=display_text(found.reason) if looked else "",
    )


def discovery_report(found: Discovery) -> DiscoveryReport:
    """A picture that was looked for on the disk, as reported."""
    return DiscoveryReport(
        key=safe_text(found.key),
        layout=found.layout,
        looked_into=[safe_text(root) for root in found.looked_into],
        files=[
            DiscoveredFileReport(
                storage=safe_text(one.storage),
                root=safe_text(one.root),
                **where_known(root_b64=name_bytes(one.root), path_b64=name_bytes(one.path)),
                path=safe_text(one.path),
                size=one.size,
                proof=one.proof,
                passed_over=one.passed_over,
            )
            for one in found.files
        ],
        registrations=[
            RegistrationReport(
                database=safe_text(one.database),
                storage=safe_text(one.storage),
                place=safe_text(one.place),
                is_there=one.is_there,
            )
            for one in found.registrations
        ],
        uses=[
            DiscoveredUseReport(
                storage=safe_text(one.storage),
                root=safe_text(one.root),
                count=one.count,
                documents=[safe_text(document) for document in one.documents],
                is_current=one.is_current,
            )
            for one in found.uses
        ],
        not_looked_into=[
            NotLookedIntoReport(name=safe_text(one.name), place=safe_text(one.place), reason=safe_text(one.reason))
            for one in found.not_looked_into
        ],
    )
