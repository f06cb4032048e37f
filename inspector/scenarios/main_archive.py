"""The ImaLink archive of a family that has moved, edited, synchronised and lost pictures for years."""

import copy
import json
from pathlib import Path

from inspector.scenarios.builder import DAY_NS, FIRST_TIME_NS, MINUTE_NS, StorageBuilder
from inspector.scenarios.drawing import LARGE
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder

NAME = "Main Photo Archive"
UUID = "5d0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d11"
OTHER_UUID = "0c9d7e41-33aa-4b0e-8f25-6a7be1d0c9f2"

JANUARY = "photos/2024/01-January"
FEBRUARY = "photos/2024/02-February"
VACATION = "photos/Vacation"
PARTY = "photos/2023/Summer party"


def build_main_archive(folder: Path) -> Path:
    """Build the archive in `folder` with one or more of nearly every conflict that an ImaLink storage can have."""
    archive = ImaLinkBuilder(folder / NAME, UUID, NAME)
    _import_everything(archive)
    _change_files(archive)
    _sync_conflicts(archive)
    _break_documents(archive)
    archive.write()
    archive.repeat_key(f"{JANUARY}/IMG_0007.jpg")
    archive.text(f"{MASTER}.tmp", archive.read(MASTER).decode()[:1800])
    _conflicting_master(archive)
    return archive.root


def change_main_archive(folder: Path) -> None:
    """What happens to the archive between two scans: one picture rots, one is edited, one is deleted."""
    archive = StorageBuilder(folder / NAME, start_ns=FIRST_TIME_NS + 200 * DAY_NS)
    archive.rot(f"{JANUARY}/IMG_0005.jpg")
    archive.picture(f"{VACATION}/IMG_0305.jpg", seed=1931)
    archive.delete(f"{JANUARY}/IMG_0006.jpg")


def _import_everything(archive: ImaLinkBuilder) -> None:
    archive.signature["notes"] = "Vacation photos and family archives"
    archive.signature["tags"] = ["vacation", "family", "2020-2024"]
    imports = (
        (121, "New Year 2024", JANUARY, 1, 8, 1000),
        (122, "Winter weekend", FEBRUARY, 1201, 9, 1100),
        (123, "Vacation 2024 - Summer", VACATION, 301, 9, 1200),
        (124, "Summer party 2023", PARTY, 2301, 4, 1300),
    )
    for session, title, place, first, count, seed in imports:
        archive.session(session, title, source_path=f"/media/camera/DCIM/{session}DEMO/")
        for number in range(count):
            path = f"{place}/IMG_{first + number:04d}.jpg"
            size = LARGE if number == 2 else (1200, 800)
            archive.picture(path, seed=seed + number, size=size, orientation=6 if number == 3 else 1)
            archive.add(path, session, original=f"DSC_{seed + number}.JPG")
    archive.picture(f"{VACATION}/IMG_0001.jpg", seed=1250).add(f"{VACATION}/IMG_0001.jpg", 123)


def _change_files(archive: ImaLinkBuilder) -> None:
    archive.delete(f"{FEBRUARY}/IMG_1201.jpg")
    archive.move(f"{FEBRUARY}/IMG_1202.jpg", f"{VACATION}/Mountains/IMG_1202.jpg")
    archive.move(PARTY, "photos/2023/Midsummer")
    # One recorded file, found again at two places: which of them is it?
    archive.copy(f"{FEBRUARY}/IMG_1203.jpg", "photos/Best of/IMG_1203.jpg")
    archive.move(f"{FEBRUARY}/IMG_1203.jpg", "photos/Print/IMG_1203.jpg")
    archive.picture("photos/Unsorted/IMG_5001.jpg", seed=1401).picture("photos/Unsorted/IMG_5002.jpg", seed=1402)
    archive.copy(f"{VACATION}/IMG_0303.jpg", "photos/Wallpapers/sunset.jpg")
    archive.link(f"{JANUARY}/IMG_0002.jpg", "photos/Favourites/IMG_0002.jpg")
    archive.cut(f"{FEBRUARY}/IMG_1204.jpg", 0.4)
    archive.entry(f"{FEBRUARY}/IMG_1204.jpg")["file_size"] = len(archive.read(f"{FEBRUARY}/IMG_1204.jpg"))
    archive.cut(f"{FEBRUARY}/IMG_1205.jpg", 0)
    archive.entry(f"{FEBRUARY}/IMG_1206.jpg")["file_size"] -= 1234
    archive.picture(f"{FEBRUARY}/IMG_1207.jpg", seed=1930)
    archive.touch(f"{FEBRUARY}/IMG_1207.jpg", FIRST_TIME_NS + 60 * DAY_NS)


def _sync_conflicts(archive: ImaLinkBuilder) -> None:
    copies = (
        ("IMG_0304.sync-conflict-20240619-101500-ABCDEF7.jpg", 1501),
        ("IMG_0306 (laptop's conflicted copy 2024-06-18).jpg", 1502),
        ("IMG_0307 (conflicted copy 2024-06-20 081422).jpg", 1503),
    )
    for name, seed in copies:
        archive.picture(f"{VACATION}/{name}", seed=seed)


def _break_documents(archive: ImaLinkBuilder) -> None:
    archive.forge("../../outside.jpg")
    archive.forge("/media/camera/DCIM/IMG_9999.jpg")
    archive.forge("photos/2024/IMG_7001.jpg", file_size=-4567890)
    archive.forge("photos/2024/IMG_7002.jpg", relative_path=None)
    # Two keys for one file, as after an edit that was indexed as new.
    archive.forge(f"{JANUARY}/IMG_0008.jpg", file_size=archive.entry(f"{JANUARY}/IMG_0008.jpg")["file_size"])
    archive.master["total_files"] += 3
    archive.signature["photo_count"] = 15432
    archive.sessions[124]["storage_uuid"] = OTHER_UUID
    # The index forgot one file of the session, the session forgot another, and they disagree on a third.
    forgotten = archive.session_entry(123, f"{VACATION}/IMG_0309.jpg")
    del archive.master["files"][forgotten["hothash"]]
    archive.sessions[123]["files"].remove(archive.session_entry(123, f"{VACATION}/IMG_0308.jpg"))
    archive.session_entry(122, f"{FEBRUARY}/IMG_1208.jpg")["relative_path"] = f"{FEBRUARY}/IMG_1208 (old).jpg"


def _conflicting_master(archive: ImaLinkBuilder) -> None:
    other = copy.deepcopy(archive.master)
    other["indexed_at"] = "2024-10-18T07:12:00Z"
    gone = archive.entry(f"{FEBRUARY}/IMG_1209.jpg")["hothash"]
    del other["files"][gone]
    name = "imalink-master.sync-conflict-20241018-071200-ABCDEF7.json"
    archive.text(name, json.dumps(other, indent=2, ensure_ascii=False))
    archive.touch(name, archive.at(MASTER).stat().st_mtime_ns - 30 * MINUTE_NS)
