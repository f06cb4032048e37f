"""The documents of `inspect --json`, version 1, as `docs/cli.md` documents them: a tree, or a file in its parts."""

from collections.abc import Mapping, Sequence
from typing import Literal

from inspector.model.inspecting import ByteField, InspectedFile, Part, Place, TreeEntry
from inspector.model.report import ReportModel, iso_moment, name_bytes, safe_text, where_known


class EntryReport(ReportModel):
    """One name of the tree; `size` is null of what is no file. `error` says why a folder could not be listed."""

    path: str
    path_b64: str | None = None
    kind: str
    size: int | None
    modified: str | None
    error: str | None = None


class FileReport(ReportModel):
    """One file; `view` says how it is shown: ``parts``, ``text``, ``picture`` or ``bytes``."""

    root: str
    layout: str
    path: str
    path_b64: str | None = None
    kind: str
    view: str
    size: int
    modified: str | None


class FieldReport(ReportModel):
    """What some bytes of a part are."""

    offset: int
    size: int
    role: str
    label: str
    value: str


class PartReport(ReportModel):
    """One part of a file; `time` is milliseconds since 1970, `fault` is null where nothing is wrong."""

    number: int
    kind: str
    offset: int
    size: int
    payload: int | None
    time: int | None
    sequence: int | None
    title: str
    fault: str | None
    fields: list[FieldReport]


class PictureReport(ReportModel):
    """A picture with what it says of itself; `error` says why it cannot be shown."""

    schema_version: Literal[1]
    file: FileReport
    picture: dict[str, str] | None
    error: str | None


class TreeHead(ReportModel):
    """What the document of a tree begins with."""

    root: str
    layout: str
    path: str


def entry_report(entry: TreeEntry, error: str = "") -> EntryReport:
    """One name of the tree as reported."""
    return EntryReport(
        path=safe_text(entry.path),
        **where_known(path_b64=name_bytes(entry.path)),
        kind=entry.kind,
        size=entry.size,
        modified=iso_moment(entry.mtime_ns),
        **where_known(error=safe_text(error) if error else None),
    )


def tree_head(place: Place) -> TreeHead:
    """Where a tree begins."""
    return TreeHead(root=safe_text(place.root), layout=place.layout, path=safe_text(place.path))


def file_report(file: InspectedFile) -> FileReport:
    """A file as reported."""
    return FileReport(
        root=safe_text(file.place.root),
        layout=file.place.layout,
        path=safe_text(file.place.path),
        **where_known(path_b64=name_bytes(file.place.path)),
        kind=file.kind,
        view=file.view.value,
        size=file.size,
        modified=iso_moment(file.mtime_ns),
    )


def part_report(number: int, part: Part, fields: Sequence[ByteField]) -> PartReport:
    """A part as reported."""
    return PartReport(
        number=number,
        kind=part.kind,
        offset=part.start,
        size=part.end - part.start,
        payload=part.size if part.data >= 0 else None,
        time=part.time_ms,
        sequence=part.sequence,
        title=safe_text(part.title),
        fault=safe_text(part.fault) if part.fault else None,
        fields=[
            FieldReport(
                offset=one.start,
                size=one.end - one.start,
                role=one.role.value,
                label=one.label,
                value=safe_text(one.value),
            )
            for one in fields
        ],
    )


def picture_report(file: InspectedFile, fields: Mapping[str, str] | None, error: str = "") -> PictureReport:
    """A picture as reported."""
    return PictureReport(
        schema_version=1,
        file=file_report(file),
        picture={safe_text(key): safe_text(value) for key, value in fields.items()} if fields is not None else None,
        error=safe_text(error) if error else None,
    )
