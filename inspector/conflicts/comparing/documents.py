"""Documents beside one another, field by field: small ones read whole, large ones as streams, always within bounds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from inspector.conflicts.comparing.rows import Rows
from inspector.conflicts.comparing.streams import compare_streams
from inspector.conflicts.comparing.values import compare_values
from inspector.fs.beneath import read_document
from inspector.layouts.documents import load_json
from inspector.media.sidecar_documents import MAX_SIDECAR_BYTES, read_sidecar
from inspector.model.comparison import DOCUMENT, Field, Lacking
from inspector.model.errors import DocumentError
from inspector.model.filekinds import extension
from inspector.model.progress import Progress
from inspector.model.relpath import split_path

WHOLE_BYTES = 4 << 20
"""A larger JSON document is not read whole."""

_LEFT_OVER_ENDINGS = (".tmp", ".backup", ".part", ".bak")
_SIDECARS = frozenset({"xmp", "aae", "pp3"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document is: below `root`, at `path`, and its size in bytes where that is known."""

    root: str
    path: str
    size: int | None = None


@dataclass(slots=True)
class DocumentFields:
    """The fields of some documents; `notes` are what has to be known about each of them, by its number."""

    fields: list[Field] = field(default_factory=list)
    more_differ: int = 0
    more_agree: int = 0
    more_unknown: int = 0
    notes: list[list[str]] = field(default_factory=list)


def document_format(path: str, *, owned: bool) -> str:
    """How the document at `path` is read: ``json``, ``xmp`` and so on; empty where it is none that is known.

    `owned` says that it is a layout's own, which are JSON whatever they are called.
    """
    name = split_path(path)[1]
    for ending in _LEFT_OVER_ENDINGS:
        name = name.removesuffix(ending)
    ending = extension(name)
    if ending == "json" or ending in _SIDECARS:
        return ending
    return "json" if owned and ending not in {"txt", "lock"} else ""


def compare_documents(places: Sequence[Place | None], formats: Sequence[str], progress: Progress) -> DocumentFields:
    """The fields of these documents, one column for each; None stands for a side without one."""
    result = DocumentFields(notes=[[] for _ in places])
    rows = Rows(DOCUMENT)
    there = [number for number, place in enumerate(places) if place is not None]
    large = [number for number in there if formats[number] == "json" and _is_large(places[number])]
    if large and len(there) == 2:
        pair = [place for place in places if place is not None]
        columns = [there.index(number) if number in there else None for number in range(len(places))]
        for number, note in compare_streams([(one.root, one.path) for one in pair], columns, rows, progress):
            result.notes[there[number]].append(note)
    elif large:
        for number in large:
            result.notes[number].append("is too large to be compared field by field")
    else:
        values = [
            Lacking.UNKNOWN if place is None else _read(place, formats[number], result.notes[number])
            for number, place in enumerate(places)
        ]
        if sum(value is not Lacking.UNKNOWN for value in values):
            compare_values("", [_as_members(value) for value in values], rows)
    result.fields = rows.fields
    result.more_differ, result.more_agree, result.more_unknown = rows.more_differ, rows.more_agree, rows.more_unknown
    return result


def _is_large(place: Place | None) -> bool:
    return place is not None and place.size is not None and place.size > WHOLE_BYTES


def _as_members(value: Any) -> Any:
    return value if isinstance(value, dict | Lacking) else {"": value}


def _read(place: Place, form: str, notes: list[str]) -> Any:
    """The value of a document; unknown where it cannot be read, with the reason among the notes."""
    try:
        data, _ = read_document(place.root, place.path, WHOLE_BYTES if form == "json" else MAX_SIDECAR_BYTES)
        if form != "json":
            return dict(read_sidecar(f"sidecar.{form}", data).fields)
        loaded = load_json(data, place.path)
    except FileNotFoundError:
        return Lacking.UNKNOWN
    except DocumentError as error:
        notes.append(f"cannot be read field by field: {error.message}")
        return Lacking.UNKNOWN
    except OSError as error:
        notes.append(f"cannot be read: {error.strerror or os.strerror(error.errno or 0)}")
        return Lacking.UNKNOWN
    if loaded.duplicate_count:
        names = ", ".join(f"{one.where}.{one.key}".lstrip(".")[:60] for one in loaded.duplicates[:3])
        more = f" and {loaded.duplicate_count - 3:,} more" if loaded.duplicate_count > 3 else ""
        notes.append(f"holds members twice, of which the last counts: {names}{more}")
    return loaded.value
