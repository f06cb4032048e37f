"""Reads the content of one sidecar, from bytes that the caller has read, into fields that can be compared and shown."""

import base64
import json
import plistlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, NoReturn
from xml.parsers.expat import ExpatError

from inspector.media.xmp import read_xmp_fields
from inspector.model.errors import DocumentError
from inspector.model.filekinds import extension
from inspector.model.sidecar_hint import SidecarHint

MAX_SIDECAR_BYTES = 8 * 1024 * 1024
"""No sidecar is read beyond this size; callers check it before they read, so that nothing large is loaded."""

_MAX_DEPTH = 64
_MAX_VALUES = 200_000
_MAX_TEXT = 4 * MAX_SIDECAR_BYTES  # characters; a binary property list can name one text many times
_SURROGATE = re.compile("[\ud800-\udfff]")
_JPEG_START = b"\xff\xd8\xff"


class SidecarKind(StrEnum):
    """The formats of sidecars; `JSON` is one that no known program writes."""

    XMP = "xmp"
    TAKEOUT = "takeout"
    TAKEOUT_ALBUM = "takeout_album"
    EXIFTOOL = "exiftool"
    JSON = "json"
    AAE = "aae"
    PP3 = "pp3"
    THM = "thm"


@dataclass(frozen=True, slots=True)
class SidecarDocument:
    """What a sidecar says: `fields` in the document's order, JSON values only, and the picture it names, if it does."""

    kind: SidecarKind
    fields: Mapping[str, Any] = field(default_factory=dict)
    hint: SidecarHint | None = None


def read_sidecar(name: str, data: bytes) -> SidecarDocument:
    """Read the sidecar called `name`, whose extension tells how.

    Raises:
        DocumentError: where it cannot be read, is larger than `MAX_SIDECAR_BYTES` or is of no known kind.
    """
    reader = _READERS.get(extension(name))
    try:
        if reader is None:
            raise DocumentError("this is no sidecar of a known kind")
        if len(data) > MAX_SIDECAR_BYTES:
            raise DocumentError(f"it is larger than {MAX_SIDECAR_BYTES} bytes", offset=MAX_SIDECAR_BYTES)
        if not data.strip(b"\0 \t\r\n"):
            raise DocumentError("it is empty", offset=0)
        return reader(data)
    except DocumentError as error:
        raise DocumentError(error.message, path=name, offset=error.offset) from error.__cause__


def _read_xmp(data: bytes) -> SidecarDocument:
    fields = read_xmp_fields(data)
    ending = fields.get("photoshop:SidecarForExtension")
    ending = ending.strip().lstrip(".") if isinstance(ending, str) else ""
    # darktable writes DerivedFrom as a plain name, Adobe's programs as a reference with a path.
    origins = ("crs:RawFileName", "xmpMM:DerivedFrom", "xmpMM:DerivedFrom/stRef:filePath")
    return SidecarDocument(SidecarKind.XMP, fields, _hint(ending, *(fields.get(origin) for origin in origins)))


def _hint(ending: str, *paths: object) -> SidecarHint | None:
    names = [PurePosixPath(path.replace("\\", "/")).name for path in paths if isinstance(path, str)]
    names = list(dict.fromkeys(name for name in names if name))
    return SidecarHint(ending or None, tuple(names)) if ending or names else None


def _read_json(data: bytes) -> SidecarDocument:
    try:
        document = json.loads(data, parse_constant=_refuse_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise DocumentError(f"this is not whole JSON: {error.msg}", offset=error.pos) from None
    except UnicodeDecodeError as error:
        raise DocumentError("this JSON holds bytes that are no text", offset=error.start) from None
    except RecursionError:
        raise DocumentError("this JSON is nested too deeply") from None
    except ValueError as error:
        raise DocumentError(f"this JSON cannot be read: {error}") from None
    document = _Plain().value(document)
    only = document[0] if isinstance(document, list) and len(document) == 1 else None
    if isinstance(only, dict) and _is_exiftool(only):  # `exiftool -json` writes a list even for one file
        document = only
    if not isinstance(document, dict):
        return SidecarDocument(SidecarKind.JSON, {"": document})
    if _is_exiftool(document):
        return SidecarDocument(SidecarKind.EXIFTOOL, document, _hint("", document.get("SourceFile")))
    if "photoTakenTime" in document or "googlePhotosOrigin" in document:
        return SidecarDocument(SidecarKind.TAKEOUT, document, _hint("", document.get("title")))
    if "albumData" in document or (document and document.keys() <= _ALBUM_KEYS and "title" in document):
        return SidecarDocument(SidecarKind.TAKEOUT_ALBUM, document)
    return SidecarDocument(SidecarKind.JSON, document)


# What immich-go and gpth found in the `metadata.json` of an album.
_ALBUM_KEYS = frozenset({"title", "description", "access", "location", "date", "geoData", "enrichments"})


def _is_exiftool(document: dict[str, Any]) -> bool:
    return "SourceFile" in document or any(key.startswith("ExifTool:") for key in document)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _refuse_number(text[:40])
    return number


def _read_aae(data: bytes) -> SidecarDocument:
    try:
        document = plistlib.loads(data)
    except ExpatError as error:
        before = data.split(b"\n", error.lineno - 1)[-1]
        offset = len(data) - len(before) + error.offset if b"\0" not in data else None
        raise DocumentError(f"this property list is not whole XML: {error}", offset=offset) from None
    # plistlib promises no set of exceptions: a bad date is an AttributeError, a bad key a TypeError or KeyError.
    except (
        *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RecursionError),
        *(struct.error, MemoryError),
    ) as error:
        raise DocumentError(f"this is not a property list: {type(error).__name__} {error}".rstrip()) from None
    if not isinstance(document, dict):
        raise DocumentError("this property list holds no edits: it is not a dictionary")
    return SidecarDocument(SidecarKind.AAE, _Plain().value(document))


def _read_pp3(data: bytes) -> SidecarDocument:
    try:
        text = data.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        raise DocumentError("this profile holds bytes that are no UTF-8", offset=error.start) from None
    fields = _key_file(text)
    if len(fields) > _MAX_VALUES:
        raise DocumentError(f"it holds more than {_MAX_VALUES} values")
    return SidecarDocument(SidecarKind.PP3, fields)


def _key_file(text: str) -> dict[str, str]:
    """The values of a GLib key file, which RawTherapee's profiles are: case matters, later keys win, `=` alone parts.

    `configparser` would take quadratic time over bad lines, and knows continued lines, which GLib does not.
    """
    fields: dict[str, str] = {}
    section = None
    offset = 0
    for number, raw_line in enumerate(text.split("\n"), start=1):
        line = raw_line.strip()
        key, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            if section is None:
                raise DocumentError(f"line {number} of this profile stands before any section", offset=offset)
            if not equals:
                raise DocumentError(f"line {number} of this profile is neither a section nor a value", offset=offset)
            fields[f"{section}/{key.rstrip()}"] = value.lstrip()
        offset += len(raw_line) + 1
    if section is None:
        raise DocumentError("this profile has no section")
    return fields


def _read_thm(data: bytes) -> SidecarDocument:
    if not data.startswith(_JPEG_START):
        raise DocumentError("this thumbnail is no JPEG", offset=0)
    return SidecarDocument(SidecarKind.THM, {"bytes": len(data)})


_READERS = {"xmp": _read_xmp, "json": _read_json, "aae": _read_aae, "pp3": _read_pp3, "thm": _read_thm}


class _Plain:
    """Turns what a parser built into JSON values; refuses what refers to itself, is too deep or grows too large."""

    def __init__(self) -> None:
        self._values_left = _MAX_VALUES
        self._text_left = _MAX_TEXT
        self._open: set[int] = set()

    def value(self, value: Any) -> Any:
        self._values_left -= 1
        if self._values_left < 0:
            raise DocumentError(f"it holds more than {_MAX_VALUES} values")
        if isinstance(value, dict | list | tuple):
            return self._container(value)
        if value is None or isinstance(value, bool | int):
            return self._number(value)
        if isinstance(value, float):
            return value if value - value == 0 else str(value)
        if isinstance(value, bytes | bytearray):
            self._spend(len(value) * 4 // 3)
            return base64.b64encode(value).decode("ascii")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, plistlib.UID):
            return value.data
        return self._text(str(value))

    def _container(self, value: Any) -> Any:
        if id(value) in self._open:
            raise DocumentError("it refers to itself")
        if len(self._open) >= _MAX_DEPTH:
            raise DocumentError(f"values are nested deeper than {_MAX_DEPTH}")
        self._open.add(id(value))
        if isinstance(value, dict):
            plain: Any = {self._text(str(key)): self.value(inner) for key, inner in value.items()}
        else:
            plain = [self.value(inner) for inner in value]
        self._open.remove(id(value))
        return plain

    def _number(self, value: int | None) -> Any:
        if value is None or value.bit_length() <= 1024:
            return value
        # Python refuses to write integers of more than 4300 digits, and property lists can hold them.
        self._spend(value.bit_length() // 4)
        return hex(value)

    def _text(self, text: str) -> str:
        self._spend(len(text))
        return text if text.isascii() else _SURROGATE.sub("\ufffd", text)

    def _spend(self, characters: int) -> None:
        self._text_left -= characters
        if self._text_left < 0:
            raise DocumentError(f"its texts come to more than {_MAX_TEXT} characters")
