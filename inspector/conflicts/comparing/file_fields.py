"""The fields of sides that are files or statements about files. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence

from inspector.model.comparison import (
    FILE,
    LAYERS,
    PICTURE,
    Field,
    Lacking,
    Mark,
    Side,
    Unit,
    Value,
    agreement,
    agreement_of,
)
from inspector.model.filekinds import MEDIA_KINDS, file_kind
from inspector.model.records import StorageInfo
from inspector.model.relpath import split_path

_SECOND_NS = 1_000_000_000


def file_fields(
    sides: Sequence[Side], storages: Mapping[str, StorageInfo], only: Collection[str] | None = None
) -> list[Field]:
    """The fields of these sides about which at least one of them has something to say; of `only` these names."""
    rows: list[Field | None] = [
        _field(FILE, "storage", sides, lambda side: _storage_name(side, storages), always=False),
        _field(FILE, "path", sides, lambda side: side.path or None, unit=Unit.PATH, always=False),
        _presence(sides),
        _field(FILE, "size", sides, lambda side: side.size, unit=Unit.BYTES),
        _modified(sides),
        _field(FILE, "content", sides, lambda side: side.digest, unit=Unit.DIGEST),
        _key(sides),
        _field(FILE, "decodes", sides, lambda side: side.decodes),
        *_details(sides),
        _field(
            LAYERS,
            "listed in",
            sides,
            lambda side: _listed(side, sides),
            lacking=lambda side: _could_be_listed(side, sides),
        ),
        _field(
            LAYERS,
            "session",
            sides,
            lambda side: _sessions(side, sides),
            lacking=lambda side: _could_be_listed(side, sides),
        ),
        _field(
            LAYERS,
            "sidecars",
            sides,
            lambda side: list(side.sidecars) or None,
            lacking=lambda side: _could_be_listed(side, sides),
        ),
    ]
    return [row for row in rows if row is not None and (only is None or row.name in only)]


def _field(
    group: str,
    name: str,
    sides: Sequence[Side],
    value_of: Callable[[Side], Value],
    *,
    unit: Unit = Unit.TEXT,
    always: bool = True,
    lacking: Callable[[Side], bool] = lambda side: False,
) -> Field | None:
    """A row; None where no side has a value, or where none differ and it is not `always` worth a row.

    A side without a value lacks it if it is `lacking`, else it is not known.
    """
    values = []
    for side in sides:
        value = value_of(side)
        if value is None:
            value = Lacking.ABSENT if lacking(side) else Lacking.UNKNOWN
        values.append(value)
    if all(isinstance(value, Lacking) for value in values):
        return None
    agree = agreement_of(sides, values, unit)
    if always:
        return Field(group, name, tuple(values), agree, unit)
    return Field(group, name, tuple(values), agreement(values, unit), unit) if agree is False else None


def _is_media(side: Side) -> bool:
    return file_kind(split_path(side.path)[1]) in MEDIA_KINDS


def _could_be_listed(side: Side, sides: Sequence[Side]) -> bool:
    """Whether it says something that no layer speaks of a file: not where the layers' statements are sides."""
    return side.is_file and side.present is True and _is_media(side) and all(one.is_file for one in sides)


def _is_told(side: Side, sides: Sequence[Side]) -> bool:
    """Whether what the layers state of a file is among the sides already."""
    return side.is_file and any(
        not one.is_file and (one.storage_id, one.path) == (side.storage_id, side.path) for one in sides
    )


def _storage_name(side: Side, storages: Mapping[str, StorageInfo]) -> str | None:
    storage = storages.get(side.storage_id)
    return storage.name if storage is not None else None


def _presence(sides: Sequence[Side]) -> Field | None:
    if all(side.present is not False for side in sides):
        return None
    values = tuple(side.present if side.present is not None else Lacking.UNKNOWN for side in sides)
    return Field(FILE, "there", values, agreement(values))


def _modified(sides: Sequence[Side]) -> Field | None:
    times = [side.mtime_ns for side in sides if side.mtime_ns is not None]
    if not times:
        return None
    newest = max(times)
    older = any(time // _SECOND_NS < newest // _SECOND_NS for time in times)
    values = tuple(side.mtime_ns if side.mtime_ns is not None else Lacking.UNKNOWN for side in sides)
    marks = tuple(
        Mark.NEWEST if older and side.mtime_ns is not None and side.mtime_ns // _SECOND_NS == newest // _SECOND_NS
        else None
        for side in sides
    )  # fmt: skip
    return Field(FILE, "modified", values, agreement_of(sides, values, Unit.TIME), Unit.TIME, marks if older else ())


def _key(sides: Sequence[Side]) -> Field | None:
    """The layer's own key: as computed for files, as stated for statements; a stated one is held against the files."""
    computed = {side.key for side in sides if side.is_file and side.key}
    values: list[Value] = []
    marks: list[Mark | None] = []
    for side in sides:
        claimed = {one.key for one in side.references if one.key}
        if side.is_file:
            values.append(side.key or Lacking.UNKNOWN)
            held = claimed if side.key and not _is_told(side, sides) else None
            marks.append((Mark.FITS if side.key in held else Mark.WRONG) if held else None)
        else:
            values.append(side.key or next(iter(claimed), Lacking.UNKNOWN))
            marks.append(Mark.FITS if computed and values[-1] in computed else None)
    if all(isinstance(value, Lacking) for value in values):
        return None
    return Field(
        FILE,
        "key",
        tuple(values),
        agreement_of(sides, values, Unit.DIGEST),
        Unit.DIGEST,
        tuple(marks) if any(marks) else (),
    )


def _details(sides: Sequence[Side]) -> list[Field]:
    labels = dict.fromkeys(label for side in sides for label in side.details)
    fields = []
    for label in labels:
        values = tuple(side.details.get(label, Lacking.ABSENT) if side.details else Lacking.UNKNOWN for side in sides)
        fields.append(Field(PICTURE, label.lower() if label != "GPS" else label, values, agreement(values)))
    return fields


def _listed(side: Side, sides: Sequence[Side]) -> Value:
    if not side.is_file or _is_told(side, sides):
        return Lacking.UNKNOWN
    return list(dict.fromkeys(one.layer for one in side.references)) or None


def _sessions(side: Side, sides: Sequence[Side]) -> Value:
    if _is_told(side, sides):
        return Lacking.UNKNOWN
    named = (f"{one.session} {one.session_title}".strip() for one in side.references if one.session)
    return list(dict.fromkeys(named)) or None


def same_file_fields(sides: Sequence[Side], inodes: Sequence[tuple[int, int] | None]) -> list[Field]:
    """A row that says which sides are names of one file on disk; none where each is a file of its own."""
    values: list[Value] = []
    for number, inode in enumerate(inodes):
        first = inodes.index(inode) if inode is not None else number
        others = [other for other, one in enumerate(inodes) if inode is not None and one == inode]
        lacking = Lacking.UNKNOWN if inode is None else Lacking.ABSENT
        values.append(lacking if len(others) < 2 else f"of {sides[first].title}")
    if all(isinstance(value, Lacking) for value in values):
        return []
    return [Field(FILE, "hard link", tuple(values), agreement(values), note="one file under several names")]
