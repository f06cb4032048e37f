"""Sample pictures from a number: the same seed is the same picture, and the same bytes, every time."""

import io
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from inspector.model.filekinds import extension
from inspector.scenarios.scenes import SCENES

if TYPE_CHECKING:
    from PIL.Image import Image

CAMERA = "Demo Camera"
MEDIUM = (1200, 800)
LARGE = (1600, 1067)
SMALL = (320, 213)

_FORMATS = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "tif": "TIFF",
    "tiff": "TIFF",
    "dng": "TIFF",  # a DNG is a TIFF to whoever only looks
    "bmp": "BMP",
    "avif": "AVIF",
}
_SETTINGS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 76},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": 75, "method": 0},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "AVIF": {"quality": 60, "speed": 10, "max_threads": 1},
}
_CARRIES_EXIF = frozenset({"JPEG", "PNG", "WEBP", "TIFF", "AVIF"})
_EXIF_IFD = 0x8769
# EXIF orientation -> the `Image.Transpose` that stores an upright picture as a camera held that way would.
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}


def date_taken(seed: int) -> datetime:
    """When the picture of `seed` says it was taken: some minute of the first months of 2024."""
    return datetime(2024, 1, 1, 8, 0, tzinfo=UTC) + timedelta(minutes=seed * 977 % 200_000)


def draw(seed: int, size: tuple[int, int] = MEDIUM, scene: str | None = None) -> "Image":
    """Paint the picture of `seed`, `size` pixels wide and high, in mode RGB.

    `scene` is a key of `SCENES`; without it the seed chooses one (no screenshot: those are for names like one).
    """
    from PIL import Image

    random = Random(seed)
    photographs = [name for name in SCENES if name != "screenshot"]
    chosen = scene if scene is not None else photographs[seed % len(photographs)]
    # Painted at half the size: a quarter of the work, and the enlargement smooths the edges.
    small = (max(8, size[0] // 2), max(8, size[1] // 2))
    picture = SCENES[chosen](random, *small)
    if chosen == "screenshot":
        return picture.resize(size, Image.Resampling.NEAREST)
    return Image.blend(picture, _grain(small), 0.035).resize(size, Image.Resampling.BILINEAR)


@lru_cache(maxsize=256)
def picture_bytes(
    name: str,
    seed: int,
    size: tuple[int, int] = MEDIUM,
    *,
    scene: str | None = None,
    taken: datetime | None = None,
    orientation: int = 1,
) -> bytes:
    """The picture of `seed` as a whole file in the format of `name`'s extension (JPEG where it has none).

    Formats that carry EXIF get the camera, the date taken (`date_taken` by default) and the orientation (1 to 8);
    a turned picture is stored turned, so that it is upright once the orientation is applied.
    """
    from PIL import Image

    upright = size if orientation < 5 else (size[1], size[0])
    image = draw(seed, upright, scene)
    if orientation in _TURNS:
        image = image.transpose(Image.Transpose(_TURNS[orientation]))
    kind = _FORMATS.get(extension(name), "JPEG")
    settings = dict(_SETTINGS.get(kind, {}))
    if kind in _CARRIES_EXIF:
        settings["exif"] = _exif(taken or date_taken(seed), orientation, nested=kind != "TIFF")
    if kind == "GIF":
        image = image.quantize(48, Image.Quantize.FASTOCTREE)
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def _exif(taken: datetime, orientation: int, *, nested: bool) -> bytes:
    from PIL import Image
    from PIL.ExifTags import Base

    moment = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[Base.Make] = CAMERA
    exif[Base.Model] = CAMERA
    exif[Base.Orientation] = orientation
    exif[Base.DateTime] = moment
    if nested:  # libtiff refuses a nested directory beside its own compression
        exif[_EXIF_IFD] = {int(Base.DateTimeOriginal): moment, int(Base.DateTimeDigitized): moment}
    return exif.tobytes()


@lru_cache(maxsize=16)
def _grain(size: tuple[int, int]) -> "Image":
    from PIL import Image

    noise = Image.frombytes("L", size, Random(7).randbytes(size[0] * size[1]))
    return Image.merge("RGB", (noise, noise, noise))
