"""One conflict as sides beside one another: files, layers' statements or versions of a document, and keyed fields.

Values are as they were found: text from storages is shown through `display_name` only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from inspector.model.filekinds import MEDIA_KINDS, file_kind, intended_name
from inspector.model.relpath import split_path

FILE, PICTURE, LAYERS, DOCUMENT = "file", "picture", "layers", "document"
"""The groups of the fields of files, and of what stands in documents."""


class Mark(StrEnum):
    """Why one side's value may count more, or less, than the others'."""

    NEWEST = "newest"
    FITS = "fits"
    """A checksum that was computed from the file is the recorded one."""
    WRONG = "wrong"
    """It cannot be right, or a checksum that was computed is another one."""
    COUNTS = "counts"
    """The layer that is the truth where nothing else decides."""


class Lacking(StrEnum):
    """What stands in the place of a value that a side does not have."""

    ABSENT = "absent"
    """The side could have it and has not: that is a difference."""
    UNKNOWN = "unknown"
    """Nobody knows, or it makes no sense there: it differs from nothing."""


class Unit(StrEnum):
    """What a field's values are."""

    TEXT = "text"
    BYTES = "bytes"
    TIME = "time"
    """Nanoseconds since 1970."""
    COUNT = "count"
    DIGEST = "digest"
    PATH = "path"
    JSON = "json"
    """A value of a document, as it stands there."""


Value = Any
"""A JSON value, or a `Lacking`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row: a value for each side. `marks` are those of each side; `note` says what is wrong with it, in words.

    `agree` is None where nobody can tell: not every side is known, or they are not to be compared in this.
    """

    group: str
    name: str
    values: tuple[Value, ...]
    agree: bool | None
    unit: Unit = Unit.TEXT
    marks: tuple[Mark | None, ...] = ()
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether values that are known differ."""
        return self.agree is False


@dataclass(frozen=True, slots=True)
class Reference:
    """One layer that speaks of a file, with its key for it, and the session where it names one."""

    layer: str
    key: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    session: str | None = None
    session_title: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared.

    Where it is a file (`is_file`), `present` says whether it is on disk, None where nobody can tell; where it is a
    statement, whether it says so. `details` are a picture's own words (pixels, EXIF), `decodes` None where that was
    not looked at or cannot be told. `notes` say what has to be known about the side, such as that its file changed
    since the scan.
    """

    title: str
    storage_id: str = ""
    path: str = ""
    present: bool | None = None
    is_file: bool = False
    size: int | None = None
    mtime_ns: int | None = None
    digest: str | None = None
    key: str | None = None
    decodes: bool | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    sidecars: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_picture: bool = False
    """Whether there is a picture that can be drawn."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A conflict's sides and the fields in which they agree or differ.

    `more_differ` counts fields that differ and are not listed, `more_agree` fields, or entries as a whole, that agree
    and are not listed, `more_unknown` those of which nobody can tell; `more_sides` the sides that were left out.
    `stale` says that something is not as the last scan saw it.
    """

    conflict_id: str
    kind: str
    storage_id: str
    label: str
    sides: tuple[Side, ...]
    fields: tuple[Field, ...]
    more_differ: int = 0
    more_agree: int = 0
    more_sides: int = 0
    notes: tuple[str, ...] = ()
    stale: bool = False
    more_unknown: int = 0

    @property
    def differing(self) -> int:
        """In how many fields the sides differ, those that are not listed too."""
        return sum(one.differs for one in self.fields) + self.more_differ

    @property
    def agreeing(self) -> int:
        """How many fields, and entries as a whole, agree."""
        return sum(one.agree is True for one in self.fields) + self.more_agree

    @property
    def unknown(self) -> int:
        """Of how many fields, and entries as a whole, nobody can tell whether they agree."""
        return sum(one.agree is None for one in self.fields) + self.more_unknown

    def pair(self, left: int, right: int) -> "Comparison":
        """Two of the sides alone, or one where both are the same; what agrees is found anew."""
        chosen = (left,) if left == right else (left, right)
        told = all(self._is_told(DOCUMENT, number) for number in chosen)
        more = (self.more_differ, self.more_agree, self.more_unknown)
        more_differ, more_agree, more_unknown = more if told else (0, 0, sum(more))
        sides = tuple(self.sides[number] for number in chosen)
        fields = []
        for one in self.fields:
            values = tuple(one.values[number] for number in chosen)
            marks: tuple[Mark | None, ...] = tuple(one.marks[number] for number in chosen) if one.marks else ()
            if all(value is Lacking.UNKNOWN for value in values):
                continue
            agree = True if one.agree else False if Mark.WRONG in marks else _agreement_in(one, sides, values)
            if agree:
                marks = tuple(None if mark is Mark.NEWEST else mark for mark in marks)
            fields.append(replace(one, values=values, marks=marks, agree=agree))
        return replace(
            self,
            sides=sides,
            fields=tuple(fields),
            more_differ=more_differ,
            more_agree=more_agree,
            more_unknown=more_unknown,
            more_sides=self.more_sides + len(self.sides) - len(sides),
        )

    def _is_told(self, group: str, number: int) -> bool:
        """Whether anything is known of a side in this group, or nothing at all is in it."""
        values = [one.values[number] for one in self.fields if one.group == group]
        return not values or any(value is not Lacking.UNKNOWN for value in values)


def agreement(values: Sequence[Value], unit: Unit = Unit.JSON) -> bool | None:
    """Whether all values are one value; ``1``, ``1.0`` and ``true`` are three.

    None where those that are known are one value, and another one is unknown. Times agree to the second: documents
    hold no more of them.
    """
    known = [_measured(value, unit) for value in values if value is not Lacking.UNKNOWN]
    if not all(_same(value, known[0]) for value in known[1:]):
        return False
    return True if len(known) == len(values) else None


def agreement_of(sides: Sequence[Side], values: Sequence[Value], unit: Unit = Unit.JSON) -> bool | None:
    """Whether media agree with media, and documents with documents: a sidecar's size is none of its picture's.

    None where that leaves nothing to compare, too.
    """
    media = [file_kind(intended_name(split_path(side.path)[1])) in MEDIA_KINDS for side in sides]
    sorts = [[value for value, one in zip(values, media, strict=True) if one is sort] for sort in (True, False)]
    found = [agreement(sort, unit) for sort in sorts]
    return False if False in found else True if all(found) and not all(sorts) else None


def _agreement_in(field: Field, sides: Sequence[Side], values: Sequence[Value]) -> bool | None:
    """Whether these values of a field agree: of what is of files, as far as they are files of one sort."""
    if field.group in {FILE, LAYERS} and field.unit is not Unit.PATH and field.name != "storage":
        return agreement_of(sides, values, field.unit)
    return agreement(values, field.unit)


def _measured(value: Value, unit: Unit) -> Value:
    """A value as far as it counts in a comparison."""
    return value // 1_000_000_000 if unit is Unit.TIME and isinstance(value, int) else value


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)


def differing_part(texts: Sequence[str], separator: str = "") -> tuple[int, int]:
    """How many characters at the beginning and at the end are the same in all of these texts.

    With a `separator`, such as that of a path, only whole parts count, with their separators.
    """
    first, last = min(texts, default=""), max(texts, default="")
    start = 0
    while start < len(first) and first[start] == last[start]:
        start += 1
    if separator and start < max(map(len, texts), default=0):
        start = first.rfind(separator, 0, start) + 1
    backwards = [text[start:][::-1] for text in texts]
    first, last = min(backwards, default=""), max(backwards, default="")
    end = 0
    while end < len(first) and first[end] == last[end]:
        end += 1
    if separator and end < max(map(len, backwards), default=0):
        end = first.rfind(separator, 0, end) + 1
    return start, end
