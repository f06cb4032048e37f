"""Two storages in which nothing at all disagrees: no shared names, no shared bytes, no doubtful sidecar."""

from pathlib import Path

from inspector.scenarios.builder import StorageBuilder
from inspector.scenarios.other_archives import build_sound
from inspector.scenarios.phone_backup import xmp


def build_clean(folder: Path) -> list[Path]:
    """A sound ImaLink archive and a sound folder."""
    travel = StorageBuilder(folder / "Travel")
    extensions = ("jpg", "jpg", "jpg", "png", "webp", "jpg", "gif", "jpg", "tif", "jpg", "avif", "bmp")
    for number, extension in enumerate(extensions, 1):
        place = "Coast" if number <= 6 else "Mountains"
        travel.picture(f"{place}/TRIP_{number:03d}.{extension}", seed=6000 + number, size=(640, 427))
    travel.file("Coast/TRIP_001.jpg.xmp", xmp(5, "Green"))
    return [build_sound(folder), travel.root]
