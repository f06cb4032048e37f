"""Previews of real files through the worker processes: hostile ones, files that change, and wishes that pass."""

import io
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from inspector.media.preview import PreviewMaker
from inspector.model.errors import DocumentError


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[PreviewMaker]:
    made = PreviewMaker(tmp_path / "cache")
    yield made
    made.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def _png_head(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _animation() -> bytes:
    frames = [Image.new("P", (40, 20), index) for index in range(5)]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def _palette_with_alpha() -> bytes:
    image = Image.new("RGBA", (40, 20), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (20, 0, 40, 20))
    return _saved(image.quantize(8), "PNG")


WHOLE = {
    "one pixel.png": (_saved(Image.new("RGB", (1, 1)), "PNG"), (1, 1)),
    "a line.png": (_saved(Image.new("RGB", (1, 5000)), "PNG"), (1, 44)),
    "print.jpg": (_saved(Image.new("CMYK", (400, 200)), "JPEG"), (60, 30)),
    "deep.png": (_saved(Image.new("I;16", (400, 200), 40000), "PNG"), (60, 30)),
    "film.gif": (_animation(), (40, 20)),
    "palette.png": (_palette_with_alpha(), (40, 20)),
    "odd exif.jpg": (
        _saved(Image.new("RGB", (60, 30)), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(range(200))),
        (60, 30),
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_an_unusual_picture_has_a_preview(maker: PreviewMaker, root: Path, name: str) -> None:
    data, size = WHOLE[name]
    (root / name).write_bytes(data)
    preview = maker.make(str(root), name, None, 60, 44)
    assert (preview.width, preview.height) == size
    assert len(preview.rgb) == 3 * size[0] * size[1]


BROKEN = {
    "bomb.png": (_png_head(60_000, 60_000), "too many pixels"),
    "cut.jpg": (_saved(Image.effect_noise((400, 400), 80), "JPEG")[:3000], "cut off"),
    "empty.jpg": (b"", "empty"),
    "text.jpg": (b"just words", "not a picture"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_says_why_and_the_next_one_is_shown(maker: PreviewMaker, root: Path, name: str) -> None:
    data, words = BROKEN[name]
    (root / name).write_bytes(data)
    with pytest.raises(DocumentError, match=words):
        maker.make(str(root), name, None, 60, 44)
    (root / "whole.png").write_bytes(WHOLE["one pixel.png"][0])
    assert maker.make(str(root), "whole.png", None, 60, 44).width == 1


def test_a_file_that_was_changed_since_its_digest_was_taken_shows_what_it_is(maker: PreviewMaker, root: Path) -> None:
    path = root / "a.png"
    path.write_bytes(_saved(Image.new("RGB", (4, 4), "red"), "PNG"))
    before = path.stat()
    known_as = (before.st_size, before.st_mtime_ns)
    assert maker.make(str(root), "a.png", "digest", 60, 44, known_as=known_as).rgb[:3] == b"\xff\0\0"
    path.write_bytes(_saved(Image.new("RGB", (4, 4), "blue"), "PNG"))
    os.utime(path, ns=(before.st_mtime_ns + 10**9, before.st_mtime_ns + 10**9))
    assert maker.make(str(root), "a.png", "digest", 60, 44, known_as=known_as).rgb[:3] == b"\0\0\xff"


def test_what_was_made_once_is_not_decoded_again_and_keeps_what_it_says_of_itself(
    maker: PreviewMaker, root: Path, tmp_path: Path
) -> None:
    path = root / "a.png"
    data = _saved(Image.new("RGB", (40, 20), "red"), "PNG")
    path.write_bytes(data)
    status = path.stat()
    first = maker.make(str(root), "a.png", None, 60, 44)
    with path.open("r+b") as stream:  # no longer a picture, though every date and size says that it is the same
        stream.write(bytes(len(data)))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    known_as = (status.st_size, status.st_mtime_ns)
    again = PreviewMaker(tmp_path / "cache")
    try:
        with pytest.raises(DocumentError):
            again.make(str(root), "a.png", None, 60, 44)
    finally:
        again.close()
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    maker.make(str(root), "a.png", "digest", 60, 44, known_as=known_as)
    path.write_bytes(bytes(len(data)))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    kept = maker.make(str(root), "a.png", "digest", 60, 44, known_as=known_as)
    assert kept.fields == first.fields
    assert kept.fields["pixels"] == "40 × 20"


def test_a_wish_that_has_passed_is_not_decoded(maker: PreviewMaker, root: Path) -> None:
    (root / "a.png").write_bytes(WHOLE["one pixel.png"][0])
    with pytest.raises(DocumentError, match="not wanted"):
        maker.make(str(root), "a.png", None, 60, 44, given_up=lambda: True)


def test_closing_ends_those_that_wait(maker: PreviewMaker, root: Path) -> None:
    (root / "a.png").write_bytes(WHOLE["one pixel.png"][0])
    maker.close()
    outcomes: list[str] = []

    def make() -> None:
        try:
            maker.make(str(root), "a.png", None, 60, 44)
        except DocumentError as error:
            outcomes.append(error.message)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(outcomes) == 4
