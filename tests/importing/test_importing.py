"""Importing folders: what comes in, where it goes, and what the documents say of it."""

import json
import os
from pathlib import Path

import pytest

from inspector.media.hothash import hothash
from inspector.model.errors import UsageError
from inspector.model.importing import Arriving, ImportOptions, OnDuplicate
from inspector.repair.importing import reading
from tests.importing.sources import (
    UUID,
    archive_at,
    bring_in,
    master,
    photos,
    picture,
    plan_of,
    put,
    session,
    tree,
)
from tests.workbench import Workbench


@pytest.fixture
def card(bench: Workbench) -> Path:
    """A camera's card, beside an archive at the bench's root."""
    archive_at(bench.root)
    return bench.folder / "card"


def targets(items: object) -> dict[str, str]:
    """Where each source of a plan goes."""
    return {item.source: item.target for item in items}  # type: ignore[attr-defined]


async def test_pictures_come_in_as_one_session_that_all_documents_agree_on(bench: Workbench, card: Path) -> None:
    for number in range(3):
        picture(card / f"DCIM/IMG_{number}.JPG", number, taken="2024:03:05 10:00:00")
    before = tree(card)
    imported = await bring_in(bench, card, ImportOptions(title="Easter"))
    assert (imported.error, imported.files, imported.session_id, imported.errors) == (None, 3, "8", ())
    assert photos(bench.root) == ["photos/2023/OLD.jpg", *(f"photos/DCIM/IMG_{n}.JPG" for n in range(3))]
    assert tree(card) == before
    assert (bench.root / "photos/DCIM/IMG_1.JPG").stat().st_mtime_ns == (card / "DCIM/IMG_1.JPG").stat().st_mtime_ns

    document = session(bench.root, 8)
    assert list(document) == [
        "session_id", "session_title", "import_date", "source_path", "storage_uuid", "backend_session_id", "files",
        "stats", "errors",
    ]  # fmt: skip
    assert (document["session_id"], document["session_title"], document["storage_uuid"]) == (8, "Easter", UUID)
    assert (document["source_path"], document["backend_session_id"]) == (str(card), None)
    size = sum(path.stat().st_size for path in card.rglob("*.JPG"))
    assert document["stats"] == {
        "total_scanned": 3, "new_imports": 3, "duplicates_skipped": 0, "errors": 0, "total_size_bytes": size,
    }  # fmt: skip
    with (card / "DCIM/IMG_0.JPG").open("rb") as stream:
        key = hothash(stream)
    first = document["files"][0]
    assert first.pop("imported_at").endswith("Z")
    assert first == {
        "original_filename": "IMG_0.JPG",
        "storage_filename": "IMG_0.JPG",
        "relative_path": "photos/DCIM/IMG_0.JPG",
        "hothash": key,
        "file_size": (card / "DCIM/IMG_0.JPG").stat().st_size,
        "exif_extracted": True,
        "sent_to_backend": False,
    }
    entry = master(bench.root)["files"][key]
    assert entry["import_session_id"] == 8
    assert list(entry) == list(master(bench.root)["files"][next(iter(master(bench.root)["files"]))])
    signature = json.loads((bench.root / ".imalink-storage").read_text())
    assert signature["photo_count"] == master(bench.root)["total_files"] == 4
    assert signature["total_size_bytes"] == master(bench.root)["total_size_bytes"]
    assert signature["last_indexed"] == master(bench.root)["indexed_at"]
    await bench.scan(deep=True)
    assert bench.kinds() == {}


async def test_what_belongs_to_a_picture_travels_with_it_and_keeps_its_stem(bench: Workbench, card: Path) -> None:
    picture(card / "a/IMG_1.JPG", 1, taken="2024:03:05 10:00:00")
    put(card / "a/IMG_1.CR2", b"raw bytes")
    put(card / "a/IMG_1.JPG.xmp", b"<x/>")
    put(card / "a/IMG_1_HEVC.MOV", b"clip")
    put(card / "a/readme.txt", b"words")
    put(card / "a/lonely.xmp", b"<x/>")
    picture(card / "b/IMG_1.JPG", 2, taken="2024:03:09 10:00:00")
    plan = await plan_of(bench, card, ImportOptions("date"))
    assert targets(plan.items) == {
        "a/IMG_1.JPG": "photos/2024/03/IMG_1.JPG",
        "a/IMG_1.CR2": "photos/2024/03/IMG_1.CR2",
        "a/IMG_1.JPG.xmp": "photos/2024/03/IMG_1.JPG.xmp",
        "a/IMG_1_HEVC.MOV": "photos/2024/03/IMG_1_HEVC.MOV",
        "b/IMG_1.JPG": "photos/2024/03/IMG_1-2.JPG",
    }
    assert set(plan.left) == {"a/readme.txt", "a/lonely.xmp"}
    imported = await bench.engine.importing.run(plan)
    assert (imported.error, imported.files) == (None, 5)
    listed = [entry["relative_path"] for entry in session(bench.root, 8)["files"]]
    assert listed == [path for path in targets(plan.items).values() if not path.endswith(".xmp")]
    await bench.scan(deep=True)
    assert "orphan_file" not in bench.kinds() and "session_drift" not in bench.kinds()


@pytest.mark.parametrize(
    ("organize", "target"),
    [
        ("keep", "photos/DCIM/100/IMG_1.JPG"),
        ("date", "photos/2024/03/IMG_1.JPG"),
        ("session", "photos/Import-8/IMG_1.JPG"),
        ("flat", "photos/IMG_1.JPG"),
        ("{year}/{month:02}-{day:02}/{camera}/{name}", "photos/2024/03-05/Canon EOS_5D/IMG_1.JPG"),
        ("{title}/{year}{month:02}{day:02}_{stem}.{ext}", "photos/card/20240305_IMG_1.JPG"),
    ],
)
async def test_pictures_go_where_the_way_to_organise_them_says(
    bench: Workbench, card: Path, organize: str, target: str
) -> None:
    picture(card / "DCIM/100/IMG_1.JPG", 1, taken="2024:03:05 10:00:00", camera="Canon EOS/5D")
    (item,) = (await plan_of(bench, card, ImportOptions(organize))).items
    assert (item.what, item.target) == (Arriving.NEW, target)


@pytest.mark.parametrize(
    "organize",
    ["{year}/{month}", "{colour}/{name}", "../{name}", "/{name}", "{name", "{year!r}/{name}", "{name:>9}", ""],
)
async def test_a_template_that_makes_no_sense_is_refused_with_what_it_can_be(
    bench: Workbench, card: Path, organize: str
) -> None:
    picture(card / "IMG_1.JPG", 1)
    with pytest.raises(UsageError, match="no way to organise pictures") as refused:
        await plan_of(bench, card, ImportOptions(organize))
    assert "keep, date, session, flat" in (refused.value.advice or "")


async def test_a_picture_without_a_date_goes_by_the_time_of_its_file(bench: Workbench, card: Path) -> None:
    path = picture(card / "IMG_1.JPG", 1, taken="0000:00:00 00:00:00")
    moment = 1_719_835_200  # a noon in July 2024, the same month everywhere
    os.utime(path, (moment, moment))
    (item,) = (await plan_of(bench, card, ImportOptions("date"))).items
    assert item.target == "photos/2024/07/IMG_1.JPG"


async def test_a_picture_of_which_no_hothash_can_be_computed_is_copied_listed_and_named(
    bench: Workbench, card: Path
) -> None:
    put(card / "BROKEN.JPG", b"\xff\xd8\xff no picture")
    picture(card / "GOOD.JPG", 1)
    imported = await bring_in(bench, card)
    assert (imported.files, imported.error) == (2, None)
    assert imported.errors == ()
    ((path, reason),) = imported.notes
    assert path == "BROKEN.JPG" and "came in" in reason
    assert (bench.root / "photos/BROKEN.JPG").read_bytes() == b"\xff\xd8\xff no picture"
    document = session(bench.root, 8)
    assert document["errors"] == [{"file": "BROKEN.JPG", "error": reason}]
    assert (document["stats"]["errors"], document["stats"]["total_scanned"]) == (0, 2)
    await bench.scan()
    assert bench.kinds() == {}


async def test_what_cannot_be_read_is_an_error_of_the_session_and_ends_nothing(bench: Workbench, card: Path) -> None:
    picture(card / "GOOD.JPG", 1)
    put(card / "EMPTY.JPG", b"")
    (card / "sub").mkdir()
    (card / "LINK.JPG").symlink_to(card / "GOOD.JPG")
    plan = await plan_of(bench, card)
    (card / "GONE.JPG").unlink(missing_ok=True)
    assert [(item.source, item.what) for item in plan.items] == [
        ("EMPTY.JPG", Arriving.ERROR),
        ("GOOD.JPG", Arriving.NEW),
    ]
    assert plan.left == ("LINK.JPG",)
    imported = await bench.engine.importing.run(plan)
    assert imported.errors == (("EMPTY.JPG", "holds no bytes"),)
    assert session(bench.root, 8)["errors"] == [{"file": "EMPTY.JPG", "error": "holds no bytes"}]


async def test_a_file_that_changes_between_the_plan_and_the_copy_does_not_come_in(bench: Workbench, card: Path) -> None:
    for number in range(3):
        picture(card / f"IMG_{number}.JPG", number)
    plan = await plan_of(bench, card)
    (card / "IMG_0.JPG").unlink()
    status = (card / "IMG_1.JPG").stat()
    data = bytearray((card / "IMG_1.JPG").read_bytes())
    data[-20] ^= 0xFF
    (card / "IMG_1.JPG").write_bytes(data)
    os.utime(card / "IMG_1.JPG", ns=(status.st_atime_ns, status.st_mtime_ns))
    imported = await bench.engine.importing.run(plan)
    assert (imported.error, imported.files) == (None, 1)
    assert [path for path, _ in imported.errors] == ["IMG_0.JPG", "IMG_1.JPG"]
    assert photos(bench.root) == ["photos/2023/OLD.jpg", "photos/IMG_2.JPG"]
    document = session(bench.root, 8)
    assert [entry["relative_path"] for entry in document["files"]] == ["photos/IMG_2.JPG"]
    assert document["stats"]["errors"] == 2
    await bench.scan()
    assert bench.kinds() == {}


async def test_names_that_differ_in_case_only_get_names_that_do_not(bench: Workbench, card: Path) -> None:
    picture(card / "a/IMG_1.JPG", 1)
    picture(card / "b/img_1.jpg", 2)
    picture(card / "c/old.JPG", 3)
    options = ImportOptions("{name}")
    (bench.root / "photos/Old.jpg").write_bytes((bench.root / "photos/2023/OLD.jpg").read_bytes())
    assert list(targets((await plan_of(bench, card, options)).items).values()) == [
        "photos/IMG_1.JPG",
        "photos/img_1-2.jpg",
        "photos/old-2.JPG",
    ]


async def test_a_plain_folder_takes_pictures_in_without_a_document(bench: Workbench) -> None:
    card = bench.folder / "card"
    picture(card / "DCIM/IMG_1.JPG", 1)
    put(card / "DCIM/IMG_1.xmp", b"<x/>")
    put(card / os.fsdecode(b"DCIM/caf\xe9.jpg"), b"not even a picture")
    imported = await bring_in(bench, card)
    assert (imported.error, imported.session_id, imported.errors) == (None, "", ())
    assert tree(bench.root) == tree(card)


async def test_names_that_no_document_can_hold_are_made_ones_that_it_can(bench: Workbench, card: Path) -> None:
    picture(card / os.fsdecode(b"caf\xe9.jpg"), 1)
    picture(card / "a:b\\c?.jpg", 2)
    imported = await bring_in(bench, card)
    assert imported.errors == ()
    assert photos(bench.root) == ["photos/2023/OLD.jpg", "photos/a_b_c_.jpg", "photos/caf_.jpg"]
    await bench.scan()
    assert bench.kinds() == {}


async def test_a_source_that_cannot_be_imported_is_refused_before_anything(bench: Workbench, card: Path) -> None:
    picture(card / "IMG_1.JPG", 1)
    for source, words in (
        (bench.root / "photos", "lies in the storage already"),
        (card / "IMG_1.JPG", "is no folder"),
        (bench.folder / "nowhere", "is not there"),
    ):
        with pytest.raises(UsageError, match=words):
            await plan_of(bench, source)
    (bench.root / "imalink-master.json").unlink()
    with pytest.raises(UsageError, match="has no index"):
        await plan_of(bench, card)


async def test_an_archive_within_the_source_is_not_imported_into_itself(bench: Workbench, card: Path) -> None:
    picture(bench.folder / "IMG_1.JPG", 1)
    picture(card / "IMG_2.JPG", 2)
    (plan) = await plan_of(bench, bench.folder)
    assert sorted(targets(plan.items)) == ["IMG_1.JPG", "card/IMG_2.JPG"]


async def test_undo_of_the_last_batch_and_rollback_take_an_import_back(bench: Workbench, card: Path) -> None:
    picture(card / "IMG_1.JPG", 1)
    put(card / "IMG_1.xmp", b"<x/>")
    before = tree(bench.root)
    imported = await bring_in(bench, card)
    for batch in reversed(imported.batches):
        await bench.engine.repairs.undo(batch)
    assert tree(bench.root) == before

    again = await bring_in(bench, card, ImportOptions(on_duplicate=OnDuplicate.SKIP))
    assert again.files == 2
    rollback = await bench.engine.repairs.plan_rollback(bench.ids[0], again.session_id)
    assert rollback.kept == ()
    await bench.engine.repairs.apply(rollback.plan)
    assert photos(bench.root) == ["photos/2023/OLD.jpg"]


async def test_what_a_sync_program_would_download_stays_where_it_is_and_is_named(bench: Workbench, card: Path) -> None:
    picture(card / "HERE.JPG", 1)
    put(card / ".dropbox", b"")
    away = put(card / "AWAY.JPG", b"")
    os.truncate(away, 100_000)
    if away.stat().st_blocks:
        pytest.skip("this file system gives such a file blocks")
    plan = await plan_of(bench, card)
    assert {item.source: item.what for item in plan.items} == {
        "HERE.JPG": Arriving.NEW,
        "AWAY.JPG": Arriving.ERROR,
    }
    assert "online only" in next(item.reason for item in plan.items if item.source == "AWAY.JPG")


async def test_undoing_single_items_of_a_batch_in_which_others_failed_takes_out_their_own_entries(
    bench: Workbench, card: Path
) -> None:
    for number in range(4):
        picture(card / f"IMG_{number}.JPG", number)
    plan = await plan_of(bench, card)
    (card / "IMG_1.JPG").unlink()
    imported = await bench.engine.importing.run(plan)
    assert [entry["original_filename"] for entry in session(bench.root, 8)["files"]] == [
        "IMG_0.JPG",
        "IMG_2.JPG",
        "IMG_3.JPG",
    ]
    await bench.engine.repairs.undo(imported.batches[1], [4])
    assert photos(bench.root) == ["photos/2023/OLD.jpg", "photos/IMG_0.JPG", "photos/IMG_2.JPG"]
    assert [entry["original_filename"] for entry in session(bench.root, 8)["files"]] == ["IMG_0.JPG", "IMG_2.JPG"]
    await bench.scan()
    assert bench.kinds() == {}


async def test_a_large_file_is_read_in_blocks_and_can_be_stopped_within(
    bench: Workbench, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.repair.importing.reading.LARGE_FILE_BYTES", 1000)
    picture(card / "IMG_1.JPG", 1, taken="2024:03:05 10:00:00")
    put(card / "clip.mp4", b"clip" * 1000)
    imported = await bring_in(bench, card, ImportOptions("{year}/{name}"))
    assert (imported.error, imported.errors, imported.notes, imported.files) == (None, (), (), 2)
    assert "photos/2024/IMG_1.JPG" in photos(bench.root)
    await bench.scan(deep=True)
    assert bench.kinds() == {}


async def test_a_session_gets_the_next_number_whatever_the_others_are_called(bench: Workbench, card: Path) -> None:
    sessions = bench.root / "imalink-sessions"
    (sessions / "import_20240101_000000.json").write_text('{"session_id": 41, "files": []}')
    (sessions / "session_0040.json").write_text("torn {")
    picture(card / "IMG_1.JPG", 1)
    assert (await plan_of(bench, card)).session_id == "42"
    (sessions / "session_100.json").write_text("torn {")
    imported = await bring_in(bench, card)
    assert (imported.error, imported.session_id) == (None, "101")
    assert (sessions / "session_101.json").exists()


async def test_hostile_names_and_fields_lead_nowhere_else_and_break_nothing(bench: Workbench, card: Path) -> None:
    picture(card / "\x1b]0;x\x07.JPG", 1, camera="../../etc", taken="2024:03:05 10:00:00")
    picture(card / "line\nbreak.JPG", 2, camera="..", taken="2024:03:05 10:00:00")
    picture(card / f"{'n' * 251}.JPG", 3, camera="é" * 190, taken="2024:03:05 10:00:00")
    picture(card / f"sub/{'n' * 251}.JPG", 4, camera="é" * 190, taken="2024:03:05 10:00:00")
    put(card / "page.jpg", b"<html>")
    put(card / ".hidden.jpg", b"\xff\xd8")
    os.mkfifo(card / "pipe.JPG")
    (card / "loop").symlink_to(card)
    imported = await bring_in(bench, card, ImportOptions("{year}/{camera}/{name}"))
    assert (imported.error, imported.errors) == (None, ())
    assert {path for path, _ in imported.notes} == {"page.jpg", ".hidden.jpg"}
    found = photos(bench.root)
    assert "photos/2024/.._etc/_]0;x_.JPG".replace(".._etc", "_.._etc") in found
    assert "photos/2024/unknown camera/line_break.JPG" in found
    assert any(path.endswith(f"/{'n' * 249}-2.JPG") for path in found)
    assert imported.files == len(found) - 1 == 6
    await bench.scan()
    assert bench.kinds() == {}


async def test_a_picture_over_which_its_decoder_dies_comes_in_all_the_same(
    bench: Workbench, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.repair.importing.reading._read_all", dies_over_bad_ones)
    picture(card / "BAD.JPG", 1)
    picture(card / "GOOD.JPG", 2)
    imported = await bring_in(bench, card)
    assert (imported.error, imported.errors, imported.files) == (None, (), 2)
    ((path, reason),) = imported.notes
    assert path == "BAD.JPG" and "its process died" in reason
    assert master(bench.root)["total_files"] == 3


def dies_over_bad_ones(task: reading._Task) -> list[reading.ReadFile]:
    """Reads files in a worker, which dies over those that are called bad."""
    if any("BAD" in path for path in task.paths):
        os._exit(1)
    return [reading._read_one(task, path) for path in task.paths]
