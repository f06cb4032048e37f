"""picture_details: what the picture says of itself, from sound and from corrupt EXIF."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from inspector.media.details import picture_details
from inspector.model.errors import DocumentError

Rational = TiffImagePlugin.IFDRational


def _photo(main: dict[int, object], exif: dict[int, object], gps: dict[int, object], kind: str = "JPEG") -> io.BytesIO:
    block = Image.Exif()
    block.update(main)
    block.get_ifd(0x8769).update(exif)
    block.get_ifd(0x8825).update(gps)
    stream = io.BytesIO()
    Image.new("RGB", (40, 30)).save(stream, kind, exif=block)
    return stream


def test_the_fields_that_people_ask_for_are_shown_in_reading_order() -> None:
    details = picture_details(
        _photo(
            {0x010F: "Canon", 0x0110: "Canon EOS 40D", 0x0112: 6},
            {
                0x829A: Rational(1, 160),
                0x829D: Rational(71, 10),
                0x8827: 200,
                0x9003: "2008:05:30 15:56:01",
                0x9011: "+02:00",
                0x920A: Rational(135, 1),
                0xA405: 216,
                0xA434: "EF-S 55-250mm",
            },
            {1: "N", 2: (43.0, 28.0, 2.814), 3: "W", 4: (11.0, 53.0, 6.45)},
        )
    )
    assert (details.format, details.mode, details.width, details.height) == ("JPEG", "RGB", 40, 30)
    assert list(details.exif.items()) == [
        ("Camera", "Canon EOS 40D"),
        ("Lens", "EF-S 55-250mm"),
        ("Taken", "2008-05-30 15:56:01 +02:00"),
        ("Exposure", "1/160 s"),
        ("Aperture", "f/7.1"),
        ("ISO", "200"),
        ("Focal length", "135 mm (as 216 mm on 35 mm film)"),
        ("Orientation", "turned 90° right to be upright"),
        ("GPS", "43.467448, -11.885125"),
    ]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_is_read_from_other_formats_too(kind: str) -> None:
    assert picture_details(_photo({0x0110: "X100"}, {}, {}, kind)).exif == {"Camera": "X100"}


def test_a_picture_without_exif_has_no_fields() -> None:
    assert picture_details(_photo({}, {}, {}, "PNG")).exif == {}


def test_values_that_make_no_sense_are_left_out() -> None:
    details = picture_details(
        _photo(
            {0x0112: 9, 0x0132: "0000:00:00 00:00:00"},
            {0x829A: Rational(0, 0), 0x829D: Rational(1, 0), 0x9003: "    :  :     :  :  "},
            {1: "N", 2: (1000.0, 0.0, 0.0), 3: "E", 4: (Rational(0, 0), 0.0, 0.0)},
        )
    )
    assert details.exif == {}


def test_hostile_text_comes_as_it_is_but_not_at_any_length() -> None:
    details = picture_details(_photo({0x0110: "\x1b]52;c;eA==\x07" + "x" * 5000}, {}, {}))
    assert details.exif["Camera"].startswith("\x1b]52;")
    assert len(details.exif["Camera"]) == 200


def test_long_exposures_read_as_seconds() -> None:
    assert picture_details(_photo({}, {0x829A: Rational(30, 1)}, {})).exif["Exposure"] == "30 s"


def test_names_in_utf_8_are_readable() -> None:
    assert picture_details(_photo({0x0110: "Kamera Größe".encode()}, {}, {})).exif["Camera"] == "Kamera Größe"


def test_what_is_no_picture_says_so() -> None:
    with pytest.raises(DocumentError, match="not a picture"):
        picture_details(io.BytesIO(b"hello"))


@pytest.mark.filterwarnings("error")
def test_every_real_photo_has_details_and_prints_nothing(shared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pillow_heif")
    with_camera = 0
    for path in (shared / "photos").rglob("*.*"):
        if path.is_file() and path.suffix != ".md":
            with path.open("rb") as stream:
                with_camera += "Camera" in picture_details(stream).exif
    assert with_camera > 50
    assert capfd.readouterr() == ("", "")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_exif_block_of_any_bytes_raises(block: bytes) -> None:
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + block)
    assert picture_details(stream).width == 8
