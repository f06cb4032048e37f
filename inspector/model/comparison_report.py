"""The document of `compare --json`: a comparison as other programs read it, documented in `docs/cli.md`."""

from typing import Any, Literal

from inspector.model.comparison import Comparison, Field, Lacking, Side
from inspector.model.report import SCHEMA_VERSION, ReportModel, name_bytes, safe_json, safe_text, where_known


class ReferenceReport(ReportModel):
    """One layer that speaks of a file."""

    layer: str
    key: str | None
    size: int | None
    mtime_ns: int | None
    session: str | None
    session_title: str


class SideReport(ReportModel):
    """One of the things compared; `kind` is ``file`` or ``statement``."""

    title: str
    kind: str
    storage: str
    path: str
    path_b64: str | None = None
    present: bool | None
    size: int | None
    mtime_ns: int | None
    digest: str | None
    key: str | None
    decodes: bool | None
    details: dict[str, str]
    referred_to_by: list[ReferenceReport]
    sidecars: list[str]
    notes: list[str]


class FieldReport(ReportModel):
    """One field: a value for each side, null where it has none; `absent` says of which sides that is a difference.

    `agree` is null where nobody can tell.
    """

    group: str
    name: str
    unit: str
    agree: bool | None
    values: list[Any]
    absent: list[bool]
    marks: list[str | None]
    note: str


class ComparisonReport(ReportModel):
    """The whole document."""

    schema_version: Literal[1]
    conflict: str
    kind: str
    storage: str
    label: str
    stale: bool
    notes: list[str]
    sides: list[SideReport]
    more_sides: int
    fields: list[FieldReport]
    more_differ: int
    more_agree: int
    more_unknown: int


def comparison_report(comparison: Comparison) -> ComparisonReport:
    """A comparison as reported."""
    return ComparisonReport(
        schema_version=SCHEMA_VERSION,
        conflict=comparison.conflict_id,
        kind=comparison.kind,
        storage=comparison.storage_id,
        label=safe_text(comparison.label),
        stale=comparison.stale,
        notes=[safe_text(note) for note in comparison.notes],
        sides=[_side_report(side) for side in comparison.sides],
        more_sides=comparison.more_sides,
        fields=[_field_report(field) for field in comparison.fields],
        more_differ=comparison.more_differ,
        more_agree=comparison.more_agree,
        more_unknown=comparison.more_unknown,
    )


def _side_report(side: Side) -> SideReport:
    references = [
        ReferenceReport(
            layer=safe_text(one.layer),
            key=safe_json(one.key),
            size=one.size,
            mtime_ns=one.mtime_ns,
            session=safe_json(one.session),
            session_title=safe_text(one.session_title),
        )
        for one in side.references
    ]
    return SideReport(
        title=safe_text(side.title),
        kind="file" if side.is_file else "statement",
        storage=side.storage_id,
        path=safe_text(side.path),
        **where_known(path_b64=name_bytes(side.path)),
        present=side.present,
        size=side.size,
        mtime_ns=side.mtime_ns,
        digest=side.digest,
        key=safe_json(side.key),
        decodes=side.decodes,
        details=safe_json(side.details),
        referred_to_by=references,
        sidecars=[safe_text(one) for one in side.sidecars],
        notes=[safe_text(note) for note in side.notes],
    )


def _field_report(field: Field) -> FieldReport:
    marks = field.marks or (None,) * len(field.values)
    return FieldReport(
        group=field.group,
        name=safe_text(field.name),
        unit=field.unit.value,
        agree=field.agree,
        values=[None if isinstance(value, Lacking) else safe_json(value) for value in field.values],
        absent=[value is Lacking.ABSENT for value in field.values],
        marks=[mark.value if mark is not None else None for mark in marks],
        note=safe_text(field.note),
    )
