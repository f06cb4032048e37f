"""check_picture: what is whole, what is broken and why, and that nothing else ever happens."""

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from inspector.fs.worker import WorkerProcess
from inspector.media.decode import MAX_ANIMATION_FRAMES, DecodeResult, DecodeStatus, check_picture

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF")


def _picture(kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (120, 80), **options: object) -> bytes:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    stream = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


def _check(data: bytes, name: str = "a.jpg") -> DecodeResult:
    return check_picture(io.BytesIO(data), name, len(data))


def _animation(frames: int, kind: str = "GIF") -> bytes:
    pictures = [Image.effect_noise((16, 16), 40 + number).convert("L") for number in range(frames)]
    stream = io.BytesIO()
    pictures[0].save(stream, kind, save_all=True, append_images=pictures[1:])
    return stream.getvalue()


def _png_header_only(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_whole_picture_is_ok(kind: str) -> None:
    result = _check(_picture(kind), f"a.{kind.lower()}")
    assert (result.status, result.reason, result.format) == (DecodeStatus.OK, "", kind)
    assert (result.width, result.height, result.frames) == (120, 80, 1)
    assert not result.format_mismatch
    assert not result.trailing_bytes


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_that_is_cut_off_is_undecodable(kind: str, share: float) -> None:
    data = _picture(kind)
    result = _check(data[: int(len(data) * share)], f"a.{kind.lower()}")
    assert result.status is DecodeStatus.UNDECODABLE
    assert "cut off" in result.reason


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_even_a_single_missing_byte_is_noticed_where_the_format_tells(kind: str) -> None:
    assert _check(_picture(kind)[:-1]).status is DecodeStatus.UNDECODABLE


def test_a_gif_without_its_end_mark_is_one_that_old_programs_wrote() -> None:
    assert _check(_animation(3)[:-1], "a.gif").status is DecodeStatus.OK


def test_a_later_frame_that_is_broken_is_named() -> None:
    data = _animation(3)
    result = _check(data[: len(data) * 5 // 6], "a.gif")
    assert result.status is DecodeStatus.UNDECODABLE
    assert result.frames == 2


def test_a_multi_page_tiff_is_read_to_its_last_page() -> None:
    assert _check(_animation(3, "TIFF"), "a.tif").frames == 3


def test_an_endless_animation_is_read_up_to_the_limit() -> None:
    result = _check(_animation(MAX_ANIMATION_FRAMES + 50), "a.gif")
    assert (result.status, result.frames) == (DecodeStatus.OK, MAX_ANIMATION_FRAMES)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF"])
def test_appended_bytes_are_counted(kind: str) -> None:
    result = _check(_picture(kind) + b"\0\1\2\3appended", f"a.{kind.lower()}")
    assert (result.status, result.trailing_bytes) == (DecodeStatus.OK, 12)


@pytest.mark.parametrize(
    ("kind", "name", "mismatch"),
    [
        ("JPEG", "a.png", True),
        ("JPEG", "a.HEIC", True),
        ("PNG", "a.jpg", True),
        ("JPEG", "a.JPG", False),
        ("JPEG", "a.jfif", False),
        ("TIFF", "a.tif", False),
        ("JPEG", "no extension", False),
    ],
)
def test_an_extension_of_another_format_is_noted(kind: str, name: str, mismatch: bool) -> None:
    result = _check(_picture(kind), name)
    assert (result.status, result.format_mismatch) == (DecodeStatus.OK, mismatch)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (bytes(3_000_000), "zero bytes only"),
        (bytes(5000) + b"x", "starts with zero bytes"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><title>404</title>", "a web page, not a picture"),
        (b"<html><body>Sign in</body></html>", "a web page, not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        (b"nothing that anyone knows", "no known format"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
    ],
)
def test_what_is_no_picture_says_what_it_is(data: bytes, words: str) -> None:
    result = _check(data)
    assert result.status is DecodeStatus.UNDECODABLE
    assert words in result.reason


@pytest.mark.parametrize("name", ["a.cr2", "a.NEF", "a.dng"])
def test_raw_pictures_are_not_judged(name: str) -> None:
    assert _check(_picture("TIFF"), name).status is DecodeStatus.UNSUPPORTED


@pytest.mark.parametrize("head", [b"8BPS\0\1", b"\xff\x0a\0\0", b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x18ftypcrx "])
def test_pictures_of_foreign_kinds_are_not_judged(head: bytes) -> None:
    assert _check(head + bytes(50)).status is DecodeStatus.UNSUPPORTED


def test_heic_without_the_plugin_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _picture("HEIF")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    result = _check(data, "a.heic")
    assert result.status is DecodeStatus.UNSUPPORTED
    assert "pillow-heif" in result.reason
    assert _check(data[:-500], "a.heic").status is DecodeStatus.UNDECODABLE, "its boxes tell that much"


def test_a_decompression_bomb_is_not_unpacked() -> None:
    result = _check(_png_header_only(65535, 65535), "a.png")
    assert (result.status, result.reason) == (DecodeStatus.UNDECODABLE, "too many pixels")


def test_a_compressed_text_bomb_is_not_unpacked() -> None:
    text = zlib.compress(bytes(50_000_000))
    body = b"key\0\0" + text
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = _picture("PNG")
    result = _check(data[:33] + chunk + data[33:], "a.png")
    assert result.status in {DecodeStatus.OK, DecodeStatus.UNDECODABLE}


def test_a_large_picture_of_a_phone_is_no_bomb() -> None:
    assert _check(_png_header_only(16320, 12240), "a.png").reason != "too many pixels"


def test_a_picture_too_large_for_the_memory_allowed_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (12000, 12000)).convert("RGB").save(path, compress_level=1)
    worker = WorkerProcess(memory_limit=300 << 20)
    try:
        result = worker.run(check_file, os.fspath(path), timeout=60)
    finally:
        worker.close()
    assert result.status is DecodeStatus.UNSUPPORTED
    assert "memory" in result.reason


def check_file(path: str) -> DecodeResult:
    """Runs in a worker process."""
    with Path(path).open("rb") as stream:
        return check_picture(stream, path, os.path.getsize(path))


def test_a_stream_that_cannot_be_read_is_not_the_pictures_fault() -> None:
    class FailingDisk(io.BytesIO):
        def read(self, count: int | None = -1, /) -> bytes:
            if self.tell() > 1000:
                raise OSError(5, "Input/output error")
            return super().read(count)

    data = _picture("JPEG", size=(900, 900))
    with pytest.raises(OSError, match="Input/output error"):
        check_picture(FailingDisk(data), "a.jpg", len(data))


@pytest.mark.filterwarnings("error")
def test_corrupt_exif_is_no_fault_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for exif in (
        b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x0f\0\x02\xff\xff\xff\xff\0\0\xff\xff",
        b"Exif\0\0II*\0\xff",
        b"Exif",
    ):
        assert _check(_picture("JPEG", exif=exif)).status is DecodeStatus.OK
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("error")
def test_every_real_photo_is_judged_in_silence(shared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pillow_heif")
    paths = [path for path in sorted((shared / "photos").rglob("*")) if path.is_file() and "README" not in path.name]
    assert len(paths) > 90
    for path in paths:
        with path.open("rb") as stream:
            result = check_picture(stream, path.name, path.stat().st_size)
        assert result.status is DecodeStatus.OK, (path, result)
    assert capfd.readouterr() == ("", "")


def test_pillow_is_left_strict() -> None:
    _check(_picture())
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


_WHOLE = {kind: _picture(kind, size=(40, 30)) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(_WHOLE)), st.data())
def test_damage_of_any_sort_gives_a_verdict_and_never_an_error(kind: str, data: st.DataObject) -> None:
    picture = bytearray(_WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(picture)))
    result = _check(bytes(picture[:end]))
    assert (result.status is DecodeStatus.OK) == (result.reason == "")
