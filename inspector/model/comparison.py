"""One conflict as sides beside one another: files, layers' statements or versions of a document, and keyed fields.

Values are as they were found: text from storages is shown through `display_name` only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from inspector.model.filekinds import MEDIA_KINDS, file_kind
from inspector.model.relpath import split_path


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
    """One row: a value for each side. `marks` are those of each side; `note` says what is wrong with it, in words."""

    group: str
    name: str
    values: tuple[Value, ...]
    agree: bool
    unit: Unit = Unit.TEXT
    marks: tuple[Mark | None, ...] = ()
    note: str = ""


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
    and are not listed; `more_sides` the sides that were left out. `stale` says that something is not as the last scan
    saw it.
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

    @property
    def differing(self) -> int:
        """In how many fields the sides differ, those that are not listed too."""
        return sum(not one.agree for one in self.fields) + self.more_differ

    @property
    def agreeing(self) -> int:
        """How many fields, and entries as a whole, agree."""
        return sum(one.agree for one in self.fields) + self.more_agree

    def pair(self, left: int, right: int) -> "Comparison":
        """Two of the sides alone, or one where both are the same; what agrees is found anew."""
        chosen = (left,) if left == right else (left, right)
        sides = tuple(self.sides[number] for number in chosen)
        fields = []
        for one in self.fields:
            values = tuple(one.values[number] for number in chosen)
            marks: tuple[Mark | None, ...] = tuple(one.marks[number] for number in chosen) if one.marks else ()
            if all(value is Lacking.UNKNOWN for value in values):
                continue
            wrong = Mark.WRONG in marks
            agree = one.agree or (agreement_of(sides, values) and not wrong)
            if agree:
                marks = tuple(None if mark is Mark.NEWEST else mark for mark in marks)
            fields.append(replace(one, values=values, marks=marks, agree=agree))
        return replace(
            self, sides=sides, fields=tuple(fields), more_sides=self.more_sides + len(self.sides) - len(sides)
        )


def agreement(values: Sequence[Value]) -> bool:
    """Whether all values that are known are one value; ``1``, ``1.0`` and ``true`` are three."""
    known = [value for value in values if value is not Lacking.UNKNOWN]
    return all(_same(value, known[0]) for value in known[1:])


def agreement_of(sides: Sequence[Side], values: Sequence[Value]) -> bool:
    """Whether media agree with media, and documents with documents: a sidecar's size is none of its picture's."""
    media = [file_kind(split_path(side.path)[1]) in MEDIA_KINDS for side in sides]
    return all(
        agreement([value for value, one in zip(values, media, strict=True) if one is sort]) for sort in (True, False)
    )


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
