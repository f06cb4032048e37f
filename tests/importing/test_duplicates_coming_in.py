"""Pictures that a storage has already: skipped, kept both, or replaced."""

from pathlib import Path

import pytest

from inspector.model.deleting import DeletionWay
from inspector.model.importing import Arriving, ImportOptions, OnDuplicate
from tests.importing.sources import (
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

SKIP, BOTH, REPLACE = (ImportOptions(on_duplicate=one) for one in OnDuplicate)


@pytest.fixture
async def card(bench: Workbench) -> Path:
    """A card whose two pictures came in before: one is the same still, one has other bytes behind it now."""
    archive_at(bench.root)
    folder = bench.folder / "card"
    picture(folder / "IMG_1.JPG", 1)
    picture(folder / "IMG_2.JPG", 2)
    put(folder / "IMG_2.xmp", b"<x/>")
    assert (await bring_in(bench, folder)).files == 3
    picture(folder / "IMG_2.JPG", 2, behind=b"edited")
    put(folder / "IMG_2.xmp", b"<x>edited</x>")
    return folder


async def test_what_is_there_already_is_skipped_with_where_it_is_and_makes_no_session(
    bench: Workbench, card: Path
) -> None:
    before = tree(bench.root)
    plan = await plan_of(bench, card, SKIP)
    assert [(item.source, item.what, item.target) for item in plan.items] == [
        ("IMG_1.JPG", Arriving.DUPLICATE, "photos/IMG_1.JPG"),
        ("IMG_2.JPG", Arriving.DUPLICATE, "photos/IMG_2.JPG"),
        ("IMG_2.xmp", Arriving.DUPLICATE, "photos/IMG_2.xmp"),
    ]
    assert "with other bytes" in plan.items[1].reason
    imported = await bench.engine.importing.run(plan)
    assert (imported.files, imported.duplicates, imported.batches) == (0, 3, ())
    assert tree(bench.root) == before


async def test_what_belongs_to_a_picture_that_is_there_comes_beside_it_under_its_stem(
    bench: Workbench, card: Path
) -> None:
    put(card / "sub/IMG_9.CR2", b"raw of the first picture")
    picture(card / "sub/IMG_9.JPG", 1)
    plan = await plan_of(bench, card / "sub", SKIP)
    assert {item.source: (item.what, item.target) for item in plan.items} == {
        "IMG_9.JPG": (Arriving.DUPLICATE, "photos/IMG_1.JPG"),
        "IMG_9.CR2": (Arriving.COMPANION, "photos/IMG_1.CR2"),
    }
    imported = await bench.engine.importing.run(plan)
    assert imported.files == 1
    document = session(bench.root, 9)
    assert [(one["original_filename"], one["storage_filename"]) for one in document["files"]] == [
        ("IMG_9.CR2", "IMG_1.CR2")
    ]
    assert document["stats"]["duplicates_skipped"] == 1


async def test_both_are_kept_and_the_index_lists_both(bench: Workbench, card: Path) -> None:
    imported = await bring_in(bench, card, BOTH)
    assert (imported.error, imported.files, imported.errors) == (None, 3, ())
    assert photos(bench.root) == [
        "photos/2023/OLD.jpg",
        "photos/IMG_1-2.JPG",
        "photos/IMG_1.JPG",
        "photos/IMG_2-2.JPG",
        "photos/IMG_2-2.xmp",
        "photos/IMG_2.JPG",
        "photos/IMG_2.xmp",
    ]
    listed = sorted(entry["relative_path"] for entry in master(bench.root)["files"].values())
    assert listed == [path for path in photos(bench.root) if not path.endswith(".xmp")]
    await bench.scan(deep=True)
    assert set(bench.kinds()) == {"duplicate_content"}
    assert (await bring_in(bench, card, BOTH)).files == 3
    await bench.scan(deep=True)
    assert set(bench.kinds()) == {"duplicate_content"}


async def test_what_is_replaced_goes_to_quarantine_and_the_new_one_takes_its_place(
    bench: Workbench, card: Path
) -> None:
    before = tree(bench.root)
    plan = await plan_of(bench, card, REPLACE)
    assert [item.what for item in plan.items] == [Arriving.DUPLICATE, Arriving.REPLACES, Arriving.REPLACES]
    imported = await bench.engine.importing.run(plan)
    assert (imported.error, imported.files, imported.errors) == (None, 2, ())
    assert photos(bench.root) == [path for path in before if path.startswith("photos/")]
    assert (bench.root / "photos/IMG_2.JPG").read_bytes() == (card / "IMG_2.JPG").read_bytes()
    assert len(bench.engine.repairs.quarantine(bench.ids)) == 2
    (entry,) = [one for one in master(bench.root)["files"].values() if one["relative_path"] == "photos/IMG_2.JPG"]
    assert (entry["import_session_id"], entry["file_size"]) == (9, (card / "IMG_2.JPG").stat().st_size)
    await bench.scan(deep=True)
    assert bench.kinds() == {}
    for batch in reversed(imported.batches):
        await bench.engine.repairs.undo(batch)
    assert tree(bench.root) == before


async def test_a_picture_twice_in_the_source_comes_in_once_unless_both_are_kept(bench: Workbench) -> None:
    archive_at(bench.root)
    card = bench.folder / "card"
    picture(card / "a/IMG_1.JPG", 1)
    picture(card / "b/IMG_1.JPG", 1)
    picture(card / "b/IMG_5.JPG", 1, behind=b"edited")
    plan = await plan_of(bench, card, SKIP)
    assert [item.what for item in plan.items] == [Arriving.NEW, Arriving.DUPLICATE, Arriving.DUPLICATE]
    assert (await bench.engine.importing.run(await plan_of(bench, card, BOTH))).files == 3
    await bench.scan(deep=True)
    assert "orphan_file" not in bench.kinds() and "session_drift" not in bench.kinds()


async def test_replacing_once_more_changes_nothing_where_the_source_has_a_picture_in_two_versions(
    bench: Workbench,
) -> None:
    archive_at(bench.root)
    card = bench.folder / "card"
    picture(card / "IMG_1.JPG", 1)
    picture(card / "IMG_2.JPG", 1, behind=b"edited")
    assert (await bring_in(bench, card, REPLACE)).files == 1
    before = tree(bench.root)
    assert (await bring_in(bench, card, REPLACE)).files == 0
    assert tree(bench.root) == before


async def test_what_another_storage_has_is_a_duplicate_while_that_is_there(bench: Workbench) -> None:
    other = bench.folder / "other"
    picture(other / "IMG_1.JPG", 1)
    await bench.scan(roots=[other])
    archive_at(bench.root)
    card = bench.folder / "card"
    picture(card / "IMG_1.JPG", 1)
    (item,) = (await plan_of(bench, card, SKIP)).items
    assert (item.what, item.held_in) == (Arriving.DUPLICATE, (await bench.engine.open(other)).id)
    (item,) = (await plan_of(bench, card, REPLACE)).items
    assert (item.what, item.target) == (Arriving.NEW, "photos/IMG_1.JPG")
    (other / "IMG_1.JPG").unlink()
    (item,) = (await plan_of(bench, card, SKIP)).items
    assert item.what is Arriving.NEW


async def test_a_source_that_is_a_known_storage_itself_is_no_duplicate_of_itself(bench: Workbench) -> None:
    card = bench.folder / "card"
    picture(card / "IMG_1.JPG", 1)
    await bench.scan(roots=[card])
    archive_at(bench.root)
    (item,) = (await plan_of(bench, card, SKIP)).items
    assert item.what is Arriving.NEW


async def test_a_file_of_the_storage_that_no_scan_has_seen_is_not_written_over(bench: Workbench) -> None:
    archive_at(bench.root)
    card = bench.folder / "card"
    picture(card / "IMG_1.JPG", 1)
    plan = await plan_of(bench, card, SKIP)
    put(bench.root / "photos/IMG_1.JPG", b"somebody else's")
    imported = await bench.engine.importing.run(plan)
    assert (imported.files, imported.errors) == (1, ())
    assert (bench.root / "photos/IMG_1.JPG").read_bytes() == b"somebody else's"
    assert (bench.root / "photos/IMG_1-2.JPG").read_bytes() == (card / "IMG_1.JPG").read_bytes()


async def test_a_picture_that_the_index_lists_and_the_disk_lacks_comes_in_under_its_own_entry(
    bench: Workbench, card: Path
) -> None:
    (bench.root / "photos/IMG_1.JPG").unlink()
    await bench.scan()
    assert set(bench.kinds()) == {"missing_file"}
    imported = await bench.engine.importing.run(await plan_of(bench, card, ImportOptions("date")))
    assert (imported.error, imported.errors, imported.files) == (None, (), 1)
    (path,) = [path for path in photos(bench.root) if path.endswith("IMG_1.JPG")]
    assert path != "photos/IMG_1.JPG"
    entries = [one for one in master(bench.root)["files"].values() if one["relative_path"] == path]
    assert [(one["hothash"], one["import_session_id"]) for one in entries] == [
        (session(bench.root, 9)["files"][0]["hothash"], 9)
    ]
    assert len(master(bench.root)["files"]) == 3
    await bench.scan(deep=True)
    assert bench.kinds() == {}


@pytest.mark.parametrize("way", list(DeletionWay))
async def test_a_picture_that_was_deleted_comes_in_again_and_is_deleted_no_more(
    bench: Workbench, card: Path, way: DeletionWay
) -> None:
    deletion = await bench.engine.deleting.plan(bench.ids[0], ["photos/IMG_1.JPG"], way)
    await bench.engine.repairs.apply(deletion)
    if way is DeletionWay.SOFT:
        (bench.root / "photos/IMG_1.JPG").unlink()
    assert "photos/IMG_1.JPG" not in photos(bench.root)
    imported = await bring_in(bench, card, SKIP)
    assert (imported.error, imported.errors, imported.files) == (None, (), 1)
    assert "photos/IMG_1.JPG" in photos(bench.root)
    (entry,) = [one for one in master(bench.root)["files"].values() if one["relative_path"] == "photos/IMG_1.JPG"]
    assert "deleted_at" not in entry
    await bench.scan(deep=True)
    assert bench.kinds() == {}


async def test_a_place_is_kept_free_for_a_picture_that_is_missing_from_it(bench: Workbench, card: Path) -> None:
    (bench.root / "photos/IMG_1.JPG").unlink()
    await bench.scan()
    other = bench.folder / "other"
    picture(other / "IMG_1.JPG", 77)
    (item,) = (await plan_of(bench, other, SKIP)).items
    assert item.target == "photos/IMG_1-2.JPG"
    (own, *_) = (await plan_of(bench, card, SKIP)).items
    assert (own.what, own.target) == (Arriving.NEW, "photos/IMG_1.JPG")
    assert (await bring_in(bench, other)).errors == ()
    assert (await bring_in(bench, card)).errors == ()
    await bench.scan(deep=True)
    assert set(bench.kinds()) <= {"duplicate_filename"}
