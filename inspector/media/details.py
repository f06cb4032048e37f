"""What a picture says of itself: format, size in pixels, and the EXIF fields that people ask for."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

_MAX_TEXT = 200
_MAKE, _MODEL, _ORIENTATION, _CHANGED = 0x010F, 0x0110, 0x0112, 0x0132
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_EXPOSURE, _APERTURE, _ISO, _FOCAL_LENGTH, _FOCAL_LENGTH_35MM = 0x829A, 0x829D, 0x8827, 0x920A, 0xA405
_TAKEN, _DIGITIZED, _TAKEN_OFFSET = 0x9003, 0x9004, 0x9011
_LENS_MAKE, _LENS_MODEL = 0xA433, 0xA434
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4

_EXIF_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d(?::\d\d)?.*)", re.DOTALL)
_BLANK_TIME = re.compile(r"[0: ]*")
_ORIENTATIONS = {
    1: "upright",
    2: "mirrored",
    3: "turned 180°",
    4: "mirrored, turned 180°",
    5: "mirrored, turned 90° left",
    6: "turned 90° right to be upright",
    7: "mirrored, turned 90° right",
    8: "turned 90° left to be upright",
}


@dataclass(frozen=True, slots=True)
class PictureDetails:
    """One picture's own words. `width` and `height` are pixels as stored, before EXIF orientation.

    `exif` maps labels to values in reading order. The values are as found in the file, control characters and all:
    show them through `display_name` only.
    """

    format: str
    mode: str
    width: int
    height: int
    exif: Mapping[str, str] = field(default_factory=dict)


def picture_details(stream: BinaryIO) -> PictureDetails:
    """The details of the picture in `stream`, from its header; corrupt EXIF fields are left out.

    Field numbers and meanings are those of Exif 2.32 (CIPA DC-008).

    Raises:
        DocumentError: where the stream holds no picture that can be opened.
        OSError: where reading the stream itself fails.
    """
    from inspector.media.opening import open_picture

    image = open_picture(stream)
    return PictureDetails(image.format or "", image.mode, image.width, image.height, dict(_exif_fields(image)))


def _exif_fields(image: Any) -> Iterator[tuple[str, str]]:
    main: Mapping[int, Any] = {}
    exif: Mapping[int, Any] = {}
    gps: Mapping[int, Any] = {}
    with suppress(Exception):  # a corrupt block fails in any way, and the picture's other words still count
        main = image.getexif()
        exif = {**image.getexif().get_ifd(_EXIF_DIRECTORY)}
        gps = {**image.getexif().get_ifd(_GPS_DIRECTORY)}
    for label, value in (
        ("Camera", _maker_and_model(main, _MAKE, _MODEL)),
        ("Lens", _maker_and_model(exif, _LENS_MAKE, _LENS_MODEL)),
        ("Taken", _taken(main, exif)),
        ("Exposure", _exposure(_number(exif, _EXPOSURE))),
        ("Aperture", _with_unit("f/{}", _number(exif, _APERTURE))),
        ("ISO", _with_unit("{}", _number(exif, _ISO))),
        ("Focal length", _focal_length(exif)),
        ("Orientation", _ORIENTATIONS.get(int(_number(main, _ORIENTATION) or 0), "")),
        ("GPS", _position(gps)),
    ):
        if value:
            yield label, value


def _value(fields: Mapping[int, Any], tag: int) -> Any:
    with suppress(Exception):  # Pillow parses a value when it is asked for, and some do not parse
        return fields.get(tag)
    return None


def _text(fields: Mapping[int, Any], tag: int) -> str:
    value = _value(fields, tag)
    if isinstance(value, str):
        with suppress(UnicodeError):  # Pillow reads Latin-1, and most programs write UTF-8
            value = value.encode("latin-1").decode("utf-8")
    elif isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    else:
        return ""
    return str(value).split("\0", 1)[0].strip()[:_MAX_TEXT]


def _numbers(fields: Mapping[int, Any], tag: int) -> list[float]:
    value = _value(fields, tag)
    try:
        numbers = [float(part) for part in (value if isinstance(value, tuple | list) else (value,))]
    except (TypeError, ValueError, ArithmeticError):
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _number(fields: Mapping[int, Any], tag: int) -> float | None:
    numbers = _numbers(fields, tag)
    return numbers[0] if numbers else None


def _with_unit(template: str, number: float | None) -> str:
    return template.format(f"{number:.4g}" if number < 1000 else f"{number:.0f}") if number and number > 0 else ""


def _maker_and_model(fields: Mapping[int, Any], maker_tag: int, model_tag: int) -> str:
    maker, model = _text(fields, maker_tag), _text(fields, model_tag)
    brand = maker.split(" ", 1)[0].lower()
    return model if model.lower().startswith(brand) and model else f"{maker} {model}".strip()


def _taken(main: Mapping[int, Any], exif: Mapping[int, Any]) -> str:
    for fields, tag in ((exif, _TAKEN), (exif, _DIGITIZED), (main, _CHANGED)):
        text = _text(fields, tag)
        if _BLANK_TIME.fullmatch(text):
            continue
        parts = _EXIF_TIME.fullmatch(text)
        time = "{}-{}-{} {}".format(*parts.groups()) if parts else text
        offset = _text(exif, _TAKEN_OFFSET) if tag == _TAKEN else ""
        return f"{time} {offset}".strip()
    return ""


def _exposure(seconds: float | None) -> str:
    if seconds is None or seconds <= 0:
        return ""
    return f"1/{1 / seconds:.0f} s" if seconds < 0.4 else f"{seconds:.4g} s"


def _focal_length(exif: Mapping[int, Any]) -> str:
    actual = _with_unit("{} mm", _number(exif, _FOCAL_LENGTH))
    equivalent = _with_unit("{} mm", _number(exif, _FOCAL_LENGTH_35MM))
    if actual and equivalent and actual != equivalent:
        return f"{actual} (as {equivalent} on 35 mm film)"
    return actual or equivalent


def _position(gps: Mapping[int, Any]) -> str:
    latitude = _degrees(gps, _LATITUDE, _LATITUDE_REF, "S", 90)
    longitude = _degrees(gps, _LONGITUDE, _LONGITUDE_REF, "W", 180)
    return f"{latitude:.6f}, {longitude:.6f}" if latitude is not None and longitude is not None else ""


def _degrees(gps: Mapping[int, Any], tag: int, reference_tag: int, negative: str, most: int) -> float | None:
    parts = _numbers(gps, tag)
    if not 1 <= len(parts) <= 3:
        return None
    degrees = sum(part / float(60**power) for power, part in enumerate(parts))
    if not 0 <= degrees <= most:
        return None
    return -degrees if _text(gps, reference_tag).upper() == negative else degrees
