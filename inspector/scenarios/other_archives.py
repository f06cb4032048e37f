"""The other ImaLink storages of the demo: a clone, a newer one, a broken one, the old formats, and a sound one."""

import json
import shutil
from pathlib import Path

from inspector.scenarios import main_archive
from inspector.scenarios.builder import StorageBuilder
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder

NEWER_UUID = "9b2f4c7e-10d3-4e5a-8c66-f0a1b2c3d4e5"
BROKEN_UUID = "e4a7b1c0-5f2d-4836-9d1e-7c8b9a0f1e2d"
SOUND_UUID = "31f6d9a2-8e47-4c05-b3d8-5a6e7f809b1c"
LEGACY_UUID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
FIRST_PHASE_UUID = "6ae86e42-9db0-40d9-ad05-2052387669fc"


def build_clone(folder: Path) -> Path:
    """A sound copy of a part of the main archive, under the same id."""
    name = "Cloned Drive"
    clone = ImaLinkBuilder(folder / name, main_archive.UUID, name)
    clone.session(123, "Vacation 2024 - Summer", source_path="/media/camera/DCIM/123DEMO/")
    for number in (301, 302, 304):
        path = f"{main_archive.VACATION}/IMG_{number:04d}.jpg"
        original = folder / main_archive.NAME / path
        target = clone.at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(original, target)
        clone.add(path, 123)
    return clone.write().root


def build_newer(folder: Path) -> Path:
    """An archive that a newer program wrote, with fields nobody here knows."""
    name = "Newer Archive"
    archive = ImaLinkBuilder(folder / name, NEWER_UUID, name)
    for number in range(3):
        archive.picture(f"photos/NEW_{number + 1:04d}.webp", seed=2100 + number, size=(900, 600))
        archive.add(f"photos/NEW_{number + 1:04d}.webp", 7)
    archive.signature["imalink_storage_version"] = "2.0"
    archive.signature["encryption"] = {"scheme": "none"}
    archive.master["index_version"] = "2.0"
    archive.master["shards"] = []
    return archive.write().root


def build_broken(folder: Path) -> Path:
    """An archive whose master index ends in the middle, as after a full disk; the program left its lock behind."""
    name = "Old Laptop Disk"
    archive = ImaLinkBuilder(folder / name, BROKEN_UUID, name)
    for number in range(3):
        archive.picture(f"photos/OLD_{number + 1:04d}.jpg", seed=2200 + number, size=(900, 600))
        archive.add(f"photos/OLD_{number + 1:04d}.jpg", 11)
    return archive.write().cut(MASTER, 0.6).lock().root


def build_legacy(folder: Path) -> list[Path]:
    """Storages of the three formats that came before."""
    with_list = StorageBuilder(folder / "imalink_20240101_120000_abc")
    with_list.file("index.json", '{"files":[]}\n').file("metadata.txt", "Pictures of the old phone\n")
    with_list.picture("photos/PICT0001.jpg", seed=2301, size=(900, 600))

    with_sessions = StorageBuilder(folder / "imalink_20241018_143052_a1b2c3d4")
    index = {
        "storage_uuid": LEGACY_UUID,
        "created_at": "2024-10-18T14:30:52.123456",
        "version": "1.0",
        "import_sessions": [],
    }
    with_sessions.file("index.json", json.dumps(index, indent=2))
    with_sessions.picture("photos/PICT0002.jpg", seed=2302, size=(900, 600))

    return [with_list.root, with_sessions.root, _first_phase(folder)]


def build_sound(folder: Path) -> Path:
    """An archive in which everything agrees."""
    name = "Family Archive"
    archive = ImaLinkBuilder(folder / name, SOUND_UUID, name)
    archive.signature["tags"] = ["family"]
    for session, title in ((201, "Spring 2024"), (202, "Summer 2024"), (203, "Autumn 2024")):
        archive.session(session, title, source_path=f"/media/camera/DCIM/{session}DEMO/")
        for number in range(6):
            path = f"photos/2024/{title.partition(' ')[0]}/IMG_{session}{number:02d}.jpg"
            archive.picture(path, seed=session * 10 + number, size=(900, 600), orientation=8 if number == 4 else 1)
            archive.add(path, session)
    return archive.write().root


def _first_phase(folder: Path) -> Path:
    archive = StorageBuilder(folder / f"imalink_2025-10-10_{FIRST_PHASE_UUID}")
    path = "source_structure/DCIM/PICT0003.jpg"
    archive.picture(path, seed=2303, size=(900, 600))
    size = archive.at(path).stat().st_size
    session = {
        "import_session_id": 1,
        "archive_uuid": FIRST_PHASE_UUID,
        "created_at": "2025-10-10T10:00:00",
        "source_path": "/media/card",
        "source_description": "card",
        "started_at": None,
        "imalink_version": "fase1",
        "archive_philosophy": "Once and Only Once Import - Original media digitized to permanent archive",
    }
    manifest = {
        "created_at": "2025-10-10T10:00:00",
        "total_files": 1,
        "total_size_bytes": size,
        "files": [{"filename": "PICT0003.jpg", "size_bytes": size}],
    }
    archive.file("import_session.json", json.dumps(session, indent=2))
    archive.file("images_manifest.json", json.dumps(manifest, indent=2))
    return archive.root
