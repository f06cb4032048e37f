"""A plain folder that phones, sync programs and exports have filled: sidecars, twins, left-overs, a storage within."""

import json
from pathlib import Path

from inspector.scenarios.builder import DAY_NS, FIRST_TIME_NS, StorageBuilder
from inspector.scenarios.drawing import LARGE
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.scenarios.names import add_hostile_names

NAME = "Phone Backup"
NESTED_UUID = "7c1d2e3f-4a5b-4c6d-8e9f-0a1b2c3d4e5f"

CAMERA = "DCIM/Camera"
TAKEOUT = "Takeout/Google Photos/Photos from 2024"
MIXED = "Mixed"
TWINS = "Twins"


def build_phone_backup(folder: Path) -> Path:
    """Build the folder with one or more of every conflict that plain files can have."""
    backup = StorageBuilder(folder / NAME)
    for number in range(10):
        size = LARGE if number in (0, 7) else (1200, 800)
        backup.picture(
            f"{CAMERA}/PXL_{4001 + number}.jpg", seed=4001 + number, size=size, orientation=6 if number == 5 else 1
        )
    _formats(backup)
    _sidecars(backup)
    _takeout(backup)
    _twins(backup)
    _copies(backup)
    _damage(backup)
    add_hostile_names(backup, "Strange names")
    _nested_storage(backup)
    return backup.root


def change_phone_backup(folder: Path) -> None:
    """What happens to the folder between two scans: an edit, rot, a deletion, one move, and two that are alike."""
    backup = StorageBuilder(folder / NAME, start_ns=FIRST_TIME_NS + 200 * DAY_NS)
    backup.picture(f"{CAMERA}/PXL_4001.jpg", seed=4901)
    backup.rot(f"{CAMERA}/PXL_4002.jpg")
    backup.delete(f"{CAMERA}/PXL_4003.jpg")
    backup.move(f"{CAMERA}/PXL_4004.jpg", "Sorted/PXL_4004.jpg")
    # Two equal files moved to two places: nobody can tell which went where.
    backup.move("Copies/beach 1.jpg", "Sorted/beach A.jpg").move("Copies/beach 2.jpg", "Sorted/beach B.jpg")
    backup.picture(f"{CAMERA}/PXL_4020.jpg", seed=4020)


def xmp(rating: int, label: str = "") -> str:
    """An XMP sidecar as photo programs write it, with a rating (0 to 5) and a label."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        f'   xmp:Rating="{rating}" xmp:Label="{label}"/>\n'
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
    )


def takeout(title: str, taken: int) -> str:
    """The JSON that Google Takeout puts beside the picture called `title`, taken at `taken` (s since 1970)."""
    document = {
        "title": title,
        "description": "",
        "imageViews": "3",
        "creationTime": {"timestamp": str(taken + 3600), "formatted": ""},
        "photoTakenTime": {"timestamp": str(taken), "formatted": ""},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0},
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
    }
    return json.dumps(document, indent=2)


def _formats(backup: StorageBuilder) -> None:
    names = (
        ("Screenshots/Screenshot 2024-06-02 at 9.41.00\u202fAM.png", "screenshot"),
        ("Screenshots/Screenshot_20240603-120102.png", "screenshot"),
        ("Screenshots/Screenshot_20240604-181500.jpg", "screenshot"),
        (f"{MIXED}/flower.webp", "flowers"),
        (f"{MIXED}/night.gif", "city"),
        (f"{MIXED}/scan.tif", "portrait"),
        (f"{MIXED}/harbour.avif", "sea"),
        (f"{MIXED}/paint.bmp", "landscape"),
    )
    for seed, (path, scene) in enumerate(names, 4101):
        backup.picture(path, seed=seed, size=(640, 427), scene=scene)


def _sidecars(backup: StorageBuilder) -> None:
    place = "Edited"
    backup.picture(f"{place}/EDIT_0320.jpg", seed=4201).file(f"{place}/EDIT_0320.jpg.xmp", xmp(4, "Green"))
    backup.picture(f"{place}/EDIT_0321.dng", seed=4202, size=(640, 427)).picture(f"{place}/EDIT_0321.jpg", seed=4202)
    backup.file(f"{place}/EDIT_0321.xmp", xmp(5))
    backup.picture(f"{place}/EDIT_0322.jpg", seed=4203)
    backup.file(f"{place}/EDIT_0322.xmp", xmp(2, "Red")).file(f"{place}/EDIT_0322.jpg.xmp", xmp(5, "Blue"))
    backup.picture(f"{place}/EDIT_0323.jpg", seed=4204).picture(f"{place}/EDIT_0323.png", seed=4205, size=(480, 320))
    backup.file(f"{place}/EDIT_0323.xmp", xmp(3))
    backup.file(f"{place}/EDIT_0324.xmp", xmp(1)).file(f"{place}/EDIT_0325.jpg.xmp", xmp(4))


def _takeout(backup: StorageBuilder) -> None:
    newer, older, counted = "IMG_20240105_101112.jpg", "IMG_20240106_090000.jpg", "IMG_20240107_120000"
    backup.picture(f"{TAKEOUT}/{newer}", seed=4301, size=(900, 600))
    backup.file(f"{TAKEOUT}/{newer}.supplemental-metadata.json", takeout(newer, 1704449472))
    backup.picture(f"{TAKEOUT}/{older}", seed=4302, size=(900, 600))
    backup.file(f"{TAKEOUT}/{older}.json", takeout(older, 1704531600))
    backup.picture(f"{TAKEOUT}/{older.replace('.jpg', '-edited.jpg')}", seed=4303, size=(900, 600))
    backup.picture(f"{TAKEOUT}/{counted}.jpg", seed=4304, size=(900, 600))
    backup.file(f"{TAKEOUT}/{counted}.jpg.json", takeout(f"{counted}.jpg", 1704628800))
    backup.picture(f"{TAKEOUT}/{counted}(1).jpg", seed=4305, size=(900, 600))
    backup.file(f"{TAKEOUT}/{counted}.jpg(1).json", takeout(f"{counted}.jpg", 1704628801))
    gone = "IMG_20240108_070707.jpg"
    backup.file(f"{TAKEOUT}/{gone}.supplemental-metadata.json", takeout(gone, 1704697627))
    backup.file(f"{TAKEOUT}/metadata.json", json.dumps({"title": "Photos from 2024"}, indent=2))


def _twins(backup: StorageBuilder) -> None:
    for seed, name in enumerate(("\u00e9t\u00e9.jpg", "e\u0301te\u0301.jpg", "Lighthouse.jpg", "lighthouse.JPG"), 4401):
        backup.picture(f"{TWINS}/{name}", seed=seed, size=(900, 600))


def _copies(backup: StorageBuilder) -> None:
    backup.picture("Copies/beach 1.jpg", seed=4501, scene="sea").copy("Copies/beach 1.jpg", "Copies/beach 2.jpg")
    backup.link(f"{CAMERA}/PXL_4008.jpg", "Copies/linked PXL_4008.jpg")
    backup.picture("Copies/PXL_4010.jpg", seed=4502, size=(900, 600))
    # The same bytes as in the main archive: a duplicate across storages.
    backup.picture("Copies/from the archive.jpg", seed=1006)
    copies = (
        "PXL_4005.sync-conflict-20240621-173045-QRSTUV2.jpg",
        "PXL_4006 (phone's conflicted copy 2024-06-22).jpg",
        "PXL_4007 (conflicted copy 2024-06-23 090807).jpg",
    )
    for seed, name in enumerate(copies, 4601):
        backup.picture(f"{CAMERA}/{name}", seed=seed, size=(900, 600))


def _damage(backup: StorageBuilder) -> None:
    place = "Recovered"
    backup.picture(f"{place}/f0001.jpg", seed=4701).cut(f"{place}/f0001.jpg", 0.3)
    backup.file(f"{place}/f0002.jpg", b"")
    backup.file(
        f"{place}/f0003.jpg", "<!DOCTYPE html>\n<title>404 Not Found</title>\n<p>There is no picture here.</p>\n"
    )
    backup.picture(f"{place}/f0004.png", seed=4702, size=(480, 320)).rot(f"{place}/f0004.png")
    backup.picture(f"{place}/f0005.jpg", seed=4703, size=(900, 600))
    backup.at(f"{place}/f0005.jpg").chmod(0)  # no obstacle to the super-user
    backup.picture(f"{CAMERA}/.syncthing.PXL_4009.jpg.tmp", seed=4704, size=(480, 320))
    backup.cut(f"{CAMERA}/.syncthing.PXL_4009.jpg.tmp", 0.7)
    backup.picture(f"{place}/f0006.jpg.part", seed=4705, size=(480, 320)).cut(f"{place}/f0006.jpg.part", 0.5)
    backup.file(".DS_Store", b"\0\0\0\1Bud1").file(f"{CAMERA}/Thumbs.db", b"\xd0\xcf\x11\xe0")


def _nested_storage(backup: StorageBuilder) -> None:
    card = ImaLinkBuilder(backup.at("SD Card"), NESTED_UUID, "SD Card")
    for number in range(3):
        card.picture(f"photos/CARD_{number + 1:04d}.jpg", seed=4801 + number, size=(900, 600))
        card.add(f"photos/CARD_{number + 1:04d}.jpg", 31)
    card.write()
