"""hothash: ImaLink's key for a picture, computed as ImaLink does."""

import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from inspector.media.hothash import engine_version, hothash
from inspector.model.errors import DocumentError


def _drawn(size: tuple[int, int], kind: str = "PNG", **options: object) -> io.BytesIO:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(stream, kind, **options)
    stream.seek(0)
    return stream


def test_the_keys_of_a_real_index_are_found_again(shared: Path) -> None:
    archive = shared / "samples" / "imalink" / "archive"
    entries = json.loads((archive / "imalink-master.json").read_text())["files"]
    assert entries
    for key, entry in entries.items():
        with (archive / entry["relative_path"]).open("rb") as stream:
            assert hothash(stream) == key, entry["relative_path"]


def test_it_is_the_digest_of_the_small_preview() -> None:
    preview = io.BytesIO()
    picture = Image.open(_drawn((600, 300)))
    picture.thumbnail((150, 150), Image.Resampling.LANCZOS)
    picture.save(preview, "JPEG", quality=85)
    assert hothash(_drawn((600, 300))) == hashlib.sha256(preview.getvalue()).hexdigest()


def test_a_turned_picture_has_the_hothash_of_the_upright_one() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upright, stored = io.BytesIO(), io.BytesIO()
    gradient = Image.linear_gradient("L").convert("RGB")
    gradient.transpose(Image.Transpose.ROTATE_270).save(upright, "PNG")
    gradient.save(stored, "PNG", exif=exif)
    assert hothash(stored) == hothash(upright)


def test_a_corrupt_exif_block_does_not_matter() -> None:
    plain, corrupt = _drawn((40, 30), "JPEG"), _drawn((40, 30), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert hothash(corrupt) == hothash(plain)


@pytest.mark.parametrize("size", [(3, 100), (100, 3)])
def test_a_picture_smaller_than_four_pixels_has_none(size: tuple[int, int]) -> None:
    with pytest.raises(DocumentError, match="too small"):
        hothash(_drawn(size))


def test_what_is_no_picture_says_so() -> None:
    with pytest.raises(DocumentError, match="not a picture"):
        hothash(io.BytesIO(b"hello"))


def test_the_engine_names_the_versions_that_matter() -> None:
    assert re.fullmatch(r"pillow \d+\.\d+\.\d+\S*, jpeg \d+\.\d+\S*", engine_version())
