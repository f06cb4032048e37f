"""Thumbnails: of every mode, upright, within their size; and the cache that keeps them."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from inspector.media.thumbnail_cache import Kept, ThumbnailCache
from inspector.media.thumbnails import Thumb, thumbnail
from inspector.model.errors import DocumentError


def _saved(image: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream


def _pixel(thumb: Thumb, x: int, y: int) -> tuple[int, ...]:
    start = 3 * (y * thumb.width + x)
    return tuple(thumb.rgb[start : start + 3])


def test_it_fits_into_its_size_and_keeps_its_shape() -> None:
    thumb = thumbnail(_saved(Image.new("RGB", (4000, 2000)), "JPEG"), 100, 100)
    assert (thumb.width, thumb.height, len(thumb.rgb)) == (100, 50, 100 * 50 * 3)


def test_a_small_picture_is_not_made_larger() -> None:
    thumb = thumbnail(_saved(Image.new("RGB", (10, 8))), 100, 100)
    assert (thumb.width, thumb.height) == (10, 8)


def test_a_line_of_pixels_keeps_one_pixel_of_height() -> None:
    thumb = thumbnail(_saved(Image.new("RGB", (5000, 1))), 100, 100)
    assert (thumb.width, thumb.height) == (100, 1)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"),
        ("L", "PNG"),
        ("LA", "PNG"),
        ("P", "GIF"),
        ("RGB", "WEBP"),
        ("RGBA", "PNG"),
        ("CMYK", "JPEG"),
        ("YCbCr", "TIFF"),
        ("LAB", "TIFF"),
        ("I;16", "PNG"),
        ("I;16", "TIFF"),
        ("I", "TIFF"),
        ("F", "TIFF"),
    ],
)
def test_every_mode_gives_its_light_and_dark(mode: str, kind: str) -> None:
    white = {"I;16": 65535, "I": 65535, "F": 1.0}
    image = Image.new(mode if mode in white else "RGB", (80, 40))
    image.paste(white.get(mode, "white"), (40, 0, 80, 40))
    if mode == "LAB":
        image = Image.merge("LAB", (image.getchannel("R"), *[Image.new("L", image.size, 128)] * 2))
    elif mode not in white:
        image = image.convert(mode)
    thumb = thumbnail(_saved(image, kind), 40, 40)
    assert (thumb.width, thumb.height) == (40, 20)
    assert max(_pixel(thumb, 5, 10)) < 30
    assert min(_pixel(thumb, 35, 10)) > 225


def test_what_is_transparent_shows_grey() -> None:
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (10, 0, 20, 20))
    thumb = thumbnail(_saved(image), 20, 20)
    assert _pixel(thumb, 2, 2) == (128, 128, 128)
    assert _pixel(thumb, 15, 2) == (0, 0, 255)


def test_a_transparent_colour_of_a_palette_shows_grey() -> None:
    image = Image.new("P", (20, 20), 3)
    assert _pixel(thumbnail(_saved(image, "GIF", transparency=3), 20, 20), 5, 5) == (128, 128, 128)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright_whatever_the_orientation(kind: str, orientation: int) -> None:
    stored_from_upright = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = Image.new("RGB", (600, 300), "black")
    upright.paste("white", (0, 0, 150, 150))
    turn = stored_from_upright[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = _saved(upright if turn is None else upright.transpose(turn), kind, exif=exif)
    thumb = thumbnail(stream, 60, 60)
    assert (thumb.width, thumb.height) == (60, 30)
    assert min(_pixel(thumb, 5, 5)) > 225
    assert max(*_pixel(thumb, 55, 5), *_pixel(thumb, 5, 25)) < 30


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    thumb = thumbnail(_saved(Image.new("RGB", (60, 30)), "JPEG", exif=exif), 60, 60)
    assert (thumb.width, thumb.height) == (60, 30)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"hello", "not a picture"), (b"<html>", "web page"), (b"8BPS", "Photoshop")],
)
def test_what_has_no_thumbnail_says_why(data: bytes, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        thumbnail(io.BytesIO(data), 10, 10)


def test_a_picture_that_is_cut_off_says_so() -> None:
    data = _saved(Image.effect_noise((200, 200), 50), "JPEG").getvalue()
    with pytest.raises(DocumentError, match="cut off"):
        thumbnail(io.BytesIO(data[: len(data) // 2]), 100, 100)


def test_every_real_photo_has_a_thumbnail(shared: Path) -> None:
    pytest.importorskip("pillow_heif")
    for path in (shared / "photos").rglob("*.*"):
        if path.is_file() and path.suffix != ".md":
            with path.open("rb") as stream:
                thumb = thumbnail(stream, 64, 48)
            assert 0 < thumb.width <= 64
            assert 0 < thumb.height <= 48
            assert len(thumb.rgb) == 3 * thumb.width * thumb.height


RED = Kept(Thumb(4, 2, bytes((254, 0, 0)) * 8), {"camera": "Å 1000"})


def test_the_cache_gives_back_what_was_put_for_that_key_and_size() -> None:
    cache = ThumbnailCache(None)
    cache.put("a", 40, 20, RED)
    assert cache.get("a", 40, 20) == RED
    assert cache.get("a", 80, 40) is None
    assert cache.get("b", 40, 20) is None


def test_memory_holds_the_entries_used_last() -> None:
    cache = ThumbnailCache(None, memory_bytes=2 * len(RED.thumb.rgb))
    cache.put("a", 9, 9, RED)
    cache.put("b", 9, 9, RED)
    assert cache.get("a", 9, 9)
    cache.put("c", 9, 9, RED)
    assert [bool(cache.get(key, 9, 9)) for key in "abc"] == [True, False, True]


def test_a_later_run_finds_thumbnails_in_the_folder(tmp_path: Path) -> None:
    ThumbnailCache(tmp_path / "thumbs").put("../../etc/passwd\0", 9, 9, RED)
    again = ThumbnailCache(tmp_path / "thumbs").get("../../etc/passwd\0", 9, 9)
    assert again is not None
    assert (again.thumb.width, again.thumb.height) == (4, 2)
    assert _pixel(again.thumb, 1, 1)[0] > 240
    assert again.fields == {"camera": "Å 1000"}
    assert [path.suffix for path in (tmp_path / "thumbs").iterdir()] == [".jpg"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xd8\xff\xe0cut"])
def test_a_corrupt_entry_is_ignored_and_written_anew(tmp_path: Path, content: bytes) -> None:
    ThumbnailCache(tmp_path).put("a", 9, 9, RED)
    entry = next(tmp_path.iterdir())
    entry.write_bytes(content)
    cache = ThumbnailCache(tmp_path)
    assert cache.get("a", 9, 9) is None
    cache.put("a", 9, 9, RED)
    assert ThumbnailCache(tmp_path).get("a", 9, 9) is not None


def test_an_entry_larger_than_its_key_says_is_ignored(tmp_path: Path) -> None:
    ThumbnailCache(tmp_path).put("a", 3, 3, RED)
    assert ThumbnailCache(tmp_path).get("a", 3, 3) is None


def test_the_folder_stays_below_its_bound_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    ThumbnailCache(tmp_path).put("probe", 9, 9, RED)
    entry_bytes = next(tmp_path.iterdir()).stat().st_size
    cache = ThumbnailCache(tmp_path, memory_bytes=0, disk_bytes=10 * entry_bytes)
    for number in range(30):
        cache.put(f"key {number}", 9, 9, RED)
        for path in tmp_path.iterdir():
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 10))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 10 * entry_bytes
    assert cache.get("key 29", 9, 9)
    assert cache.get("key 0", 9, 9) is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_disk_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = ThumbnailCache(tmp_path / "file" / "thumbs")
    cache.put("a", 9, 9, RED)
    assert cache.get("a", 9, 9) == RED


def test_two_processes_worth_of_caches_share_a_folder_and_its_bound(tmp_path: Path) -> None:
    ThumbnailCache(tmp_path).put("probe", 9, 9, RED)
    entry_bytes = next(tmp_path.iterdir()).stat().st_size
    caches = [ThumbnailCache(tmp_path, memory_bytes=0, disk_bytes=20 * entry_bytes) for _ in range(2)]

    def fill(number: int) -> None:
        for key in range(100):
            caches[number].put(f"{number} {key}", 9, 9, RED)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(fill, range(2)))
    caches[0].put("last", 9, 9, RED)
    assert caches[1].get("last", 9, 9) is not None
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 40 * entry_bytes
    assert not list(tmp_path.glob("*.tmp"))


def test_what_a_killed_process_left_half_written_goes_in_time(tmp_path: Path) -> None:
    old, young = tmp_path / "old.tmp", tmp_path / "young.tmp"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (0, 0))
    ThumbnailCache(tmp_path).put("a", 9, 9, RED)
    assert not old.exists()
    assert young.exists()
