"""What the tests of imports share: an archive to import into, and a card with pictures to import."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from PIL import Image

from inspector.model.importing import Imported, ImportOptions, ImportPlan
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import Workbench

UUID = "0f1e2d3c-4b5a-4968-8776-655443322110"
TAKEN_NS = 1_600_000_000_000_000_000


def archive_at(root: Path) -> ImaLinkBuilder:
    """An archive of one picture in session 7, as its program left it."""
    builder = ImaLinkBuilder(root, UUID, "Archive")
    builder.session(7, "Summer")
    builder.picture("photos/2023/OLD.jpg", seed=900, size=(64, 48))
    builder.add("photos/2023/OLD.jpg", session=7)
    builder.write()
    return builder


def picture(path: Path, seed: int, *, taken: str = "", camera: str = "", behind: bytes = b"") -> Path:
    """Write a small JPEG; pictures with different seeds are different pictures, whatever is written `behind` them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shades = hashlib.sha512(str(seed).encode()).digest()
    image = Image.frombytes("L", (8, 8), shades).resize((64, 48)).convert("RGB")
    exif = Image.Exif()
    if camera:
        exif[0x0110] = camera
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    image.save(path, "JPEG", quality=90, exif=exif)
    if behind:
        path.write_bytes(path.read_bytes() + behind)
    os.utime(path, ns=(TAKEN_NS + seed, TAKEN_NS + seed))
    return path


def put(path: Path, data: bytes) -> Path:
    """Write any other file of a source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(TAKEN_NS, TAKEN_NS))
    return path


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder but those of ours, with its bytes."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".inspector/" not in f"{path.relative_to(root)}/"
    }


def photos(root: Path) -> list[str]:
    """The paths of all files in the archive's folder of pictures."""
    return [path for path in tree(root) if path.startswith("photos/")]


def master(root: Path) -> dict[str, Any]:
    """The index."""
    values: dict[str, Any] = json.loads((root / "imalink-master.json").read_text())
    return values


def session(root: Path, number: int) -> dict[str, Any]:
    """The document of a session."""
    values: dict[str, Any] = json.loads((root / f"imalink-sessions/session_{number:03}.json").read_text())
    return values


async def plan_of(bench: Workbench, source: Path, options: ImportOptions | None = None) -> ImportPlan:
    """The plan of an import into the bench's storage."""
    storage = await bench.engine.open(bench.root)
    bench.ids = [storage.id]
    return await bench.engine.importing.plan(str(source), storage.id, options)


async def bring_in(bench: Workbench, source: Path, options: ImportOptions | None = None) -> Imported:
    """Import a folder into the bench's storage."""
    return await bench.engine.importing.run(await plan_of(bench, source, options))
