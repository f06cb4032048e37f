"""Storages that come under a sync program, or leave it: what was taken away is found wherever it was put."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.fs.system import use_system
from inspector.model.plan import Decision, ItemState
from inspector.repair.history import batch_info
from inspector.repair.journal import read_batch
from inspector.repair.keeping import generations, purge, quarantined, restore_generation_plan, restore_plan
from inspector.repair.recovery import interrupted, recover
from inspector.repair.store import known_places, place_for
from inspector.repair.undo import undo_plan
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.repair.test_recovery import assert_whole, cut, every_operation
from tests.repair.workshop import DONE, Workshop
from tests.workbench import Workbench


def come_under(shop: Workshop) -> None:
    """Have a sync program watch the storage."""
    (shop.root / ".stfolder").mkdir()


def leave(shop: Workshop) -> None:
    """End that."""
    (shop.root / ".stfolder").rmdir()


def nothing(shop: Workshop) -> None:
    """Leave it as it is."""


def come_under_twice(shop: Workshop) -> None:
    """Have sync programs watch the storage and the folder that it lies in, so that no place beside it is right."""
    (shop.root / ".stfolder").mkdir()
    (shop.root.parent / ".dropbox").mkdir()


def leave_outer(shop: Workshop) -> None:
    """End one of those two."""
    (shop.root.parent / ".dropbox").rmdir()


Change = Callable[[Workshop], None]
CHANGES = pytest.mark.parametrize(
    ("before", "meanwhile"),
    [(nothing, come_under), (come_under, leave), (nothing, come_under_twice), (come_under_twice, leave_outer)],
    ids=["comes under", "leaves", "comes under two", "leaves one of two"],
)


def place_of(shop: Workshop) -> Path:
    """Where things are taken to now."""
    return place_for(str(shop.root), "s", shop.state)


def everything(shop: Workshop) -> str:
    """A batch that moves, takes away, copies and edits."""
    return shop.apply(every_operation(shop))


@CHANGES
def test_a_batch_is_taken_back_done_again_and_taken_back(tmp_path: Path, before: Change, meanwhile: Change) -> None:
    shop = Workshop(tmp_path)
    before(shop)
    was, first = shop.picture(), place_of(shop)
    batch = everything(shop)
    then = shop.picture()
    meanwhile(shop)
    assert place_of(shop) != first
    assert undo_plan(shop.state, batch).refused == ()
    undo = shop.undo(batch)
    assert shop.picture() == was
    redo = shop.undo(undo)
    assert shop.picture() == then
    shop.undo(redo)
    assert shop.picture() == was
    assert {item.state for item in batch_info(shop.state, batch).items} == {ItemState.UNDONE}


@CHANGES
def test_what_is_taken_away_afterwards_goes_to_the_present_place(
    tmp_path: Path, before: Change, meanwhile: Change
) -> None:
    shop = Workshop(tmp_path)
    before(shop)
    shop.apply(shop.plan((shop.take_away("a.jpg"),)))
    meanwhile(shop)
    batch = shop.apply(shop.plan((shop.take_away("b.jpg"),)))
    stored = {entry.path: Path(entry.stored_at) for entry in quarantined(shop.places)}
    assert set(stored) == {"a.jpg", "b.jpg"}
    assert stored["b.jpg"].is_relative_to(place_of(shop))
    assert not stored["a.jpg"].is_relative_to(place_of(shop))
    shop.undo(batch)
    assert [entry.path for entry in quarantined(shop.places)] == ["a.jpg"]


@CHANGES
def test_a_batch_that_was_cut_short_anywhere_is_settled(tmp_path: Path, before: Change, meanwhile: Change) -> None:
    survived = 0
    for number in range(1, 2000):
        shop = Workshop(tmp_path / str(number))
        before(shop)
        was = shop.picture()
        batch = cut(shop, number, "everything" if number % 2 else "nothing")
        if batch is None:
            break
        meanwhile(shop)
        if batch and read_batch(shop.state, batch):
            survived += 1
            recover(shop.state, batch)
            assert interrupted(shop.state) == []
            assert_whole(shop, batch, was, number)
            assert not list(shop.root.parent.rglob(".inspector-*.tmp")), number
        else:
            assert shop.picture() == was, number
    assert survived > 40


@CHANGES
def test_an_undo_that_was_cut_short_anywhere_is_settled(tmp_path: Path, before: Change, meanwhile: Change) -> None:
    survived = 0
    for number in range(1, 2000):
        shop = Workshop(tmp_path / str(number))
        before(shop)
        was = shop.picture()
        batch = everything(shop)
        meanwhile(shop)
        try:
            with use_system(FaultSystem(cut_at=number)):
                shop.undo(batch)
        except PowerCut:
            survived += 1
        else:
            break
        for info in interrupted(shop.state):
            recover(shop.state, info.id)
        assert interrupted(shop.state) == []
        if any(item.state is DONE for item in batch_info(shop.state, batch).items):
            shop.undo(batch)
        assert shop.picture() == was, number
    assert survived > 40


@CHANGES
def test_a_recovery_that_is_cut_short_is_finished_by_the_next_one(
    tmp_path: Path, before: Change, meanwhile: Change
) -> None:
    survived = 0
    for first in range(30, 90, 19):
        for second in range(1, 400):
            shop = Workshop(tmp_path / f"{first}-{second}")
            before(shop)
            was = shop.picture()
            batch = cut(shop, first)
            if not batch:
                break
            meanwhile(shop)
            try:
                with use_system(FaultSystem(cut_at=second)):
                    recover(shop.state, batch)
            except PowerCut:
                survived += 1
                recover(shop.state, batch)
                assert_whole(shop, batch, was, (first, second))
            else:
                break
    assert survived > 20


@CHANGES
def test_a_journal_that_names_no_seats_is_enough(tmp_path: Path, before: Change, meanwhile: Change) -> None:
    shop = Workshop(tmp_path)
    before(shop)
    was = shop.picture()
    batch = everything(shop)
    path = shop.state / "journal" / f"{batch}.jsonl"
    first, _, rest = path.read_bytes().partition(b"\n")
    begin = json.loads(first)
    del begin["seats"]
    path.write_bytes(json.dumps(begin, separators=(",", ":")).encode() + b"\n" + rest)
    meanwhile(shop)
    shop.undo(batch)
    assert shop.picture() == was


@CHANGES
def test_single_files_come_back_and_end_for_good(tmp_path: Path, before: Change, meanwhile: Change) -> None:
    shop = Workshop(tmp_path)
    before(shop)
    was = shop.picture()
    shop.apply(shop.plan((shop.take_away("a.jpg"),), (shop.take_away("b.jpg"),)))
    meanwhile(shop)
    entries = {entry.path: entry.id for entry in quarantined(shop.places)}
    shop.apply(restore_plan(shop.places, [entries["a.jpg"]]))
    assert shop.picture() == {name: what for name, what in was.items() if name != "b.jpg"}
    assert purge(shop.places, [entries["b.jpg"]]) == (1, len(b"content of b.jpg"))
    assert quarantined(shop.places) == []


@CHANGES
def test_earlier_versions_of_documents_come_back(tmp_path: Path, before: Change, meanwhile: Change) -> None:
    shop = Workshop(tmp_path)
    before(shop)
    original = (shop.root / "index.json").read_bytes()
    shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    meanwhile(shop)
    shop.apply(shop.plan((shop.edit("list", 0, was="one"),)))
    newest, oldest = generations(shop.places, "index.json")
    assert newest.batch > oldest.batch
    shop.apply(restore_generation_plan(shop.places, oldest.id))
    assert (shop.root / "index.json").read_bytes() == original


def test_a_storage_that_left_the_folder_that_its_place_lay_beside_still_has_it(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "here")
    come_under(shop)
    was = shop.picture()
    batch = everything(shop)
    elsewhere = tmp_path / "there"
    elsewhere.mkdir()
    shop.root = shop.root.rename(elsewhere / "storage")
    assert {entry.path for entry in quarantined(shop.places)} == {"b.jpg"}
    plan = undo_plan(shop.state, batch, roots={"s": str(shop.root)})
    assert plan.refused == ()
    shop.apply(plan, undo_of=batch)
    assert shop.picture() == was


async def test_the_whole_way_through_the_engine_after_a_restart(bench: Workbench) -> None:
    bench.put("whole.jpg")
    empty = bench.put("empty.jpg", "x")
    empty.write_bytes(b"")
    await bench.scan()
    repairs = bench.engine.repairs
    batch = (
        await repairs.apply(await repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")]))
    ).batch.id
    bench.engine.close()
    (bench.root / ".stfolder").mkdir()
    with Engine(bench.state, bench.home) as again:
        (entry,) = again.repairs.quarantine()
        assert entry.path == "empty.jpg"
        undone = await again.repairs.undo(batch)
        assert [item.state for item in undone.batch.items] == [ItemState.DONE]
        assert empty.exists()
        redone = await again.repairs.undo(undone.batch.id)
        assert [item.state for item in redone.batch.items] == [ItemState.DONE]
        (entry,) = again.repairs.quarantine()
        assert Path(entry.stored_at).is_relative_to(bench.folder / ".inspector-quarantine")
        (bench.root / ".stfolder").rmdir()
        (applied,) = [await again.repairs.restore([entry.id])]
        assert [item.state for item in applied.batch.items] == [ItemState.DONE]
        assert empty.read_bytes() == b""


def rename_synced(synced: Path) -> Path:
    """Give the synced folder another name; where it is now."""
    return synced.rename(synced.with_name("renamed"))


def move_synced(synced: Path) -> Path:
    """Move it to where the folder that things were taken to is not beside it."""
    target = synced.parent / "elsewhere" / "deep"
    target.mkdir(parents=True)
    return synced.rename(target / "synced")


def rename_above(synced: Path) -> Path:
    """Give the folder that it lies in another name, as where a drive is mounted elsewhere."""
    return synced.parent.rename(synced.parent.with_name("drive 2")) / synced.name


@pytest.mark.parametrize("is_imalink", [False, True], ids=["folder", "imalink"])
@pytest.mark.parametrize("move", [rename_synced, move_synced, rename_above])
@pytest.mark.parametrize("back", ["restore", "undo"])
async def test_what_was_taken_beside_a_synced_folder_comes_back_after_that_was_moved(
    bench: Workbench, is_imalink: bool, move: Callable[[Path], Path], back: str
) -> None:
    synced = bench.folder / "drive" / "synced"
    root = synced / "within" / "pictures"
    (synced / ".stfolder").mkdir(parents=True)
    for name in ("one.jpg", "two.jpg"):
        bench.put(name, root=root)
    if is_imalink:
        marker = {"storage_uuid": "7d4b4c1e-5a44-4c3e-9a53-0f3d1f0f3a10", "version": "1.0"}
        bench.put(".imalink-storage", json.dumps(marker), root=root)
    bench.put("empty.jpg", "x", root=root).write_bytes(b"")
    await bench.scan(roots=(root,))
    repairs = bench.engine.repairs
    (empty,) = bench.conflicts("empty_file")
    batch = (await repairs.apply(await repairs.plan(bench.ids, [Decision(empty.id, "quarantine")]))).batch.id
    now = move(synced) / "within" / "pictures"
    present = await bench.engine.open(now)
    assert present.layout == ("imalink" if is_imalink else "folder")
    (entry,) = repairs.quarantine([present.id])
    assert (entry.path, entry.root) == ("empty.jpg", str(now))
    if back == "undo":
        plan = await repairs.undo_plan(batch)
        assert plan.roots == {present.id: str(now)}
        applied = await repairs.undo(batch)
    else:
        applied = await repairs.restore([entry.id])
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert (now / "empty.jpg").read_bytes() == b""
    assert repairs.quarantine() == []
    assert not list(bench.folder.rglob("*quarantine*"))


async def test_an_undo_goes_to_the_folder_that_was_moved_and_not_to_a_new_one_in_its_place(bench: Workbench) -> None:
    synced = bench.folder / "synced"
    (synced / ".stfolder").mkdir(parents=True)
    root = synced / "pictures"
    bench.put("whole.jpg", root=root)
    bench.put("empty.jpg", "x", root=root).write_bytes(b"")
    await bench.scan(roots=(root,))
    repairs = bench.engine.repairs
    (empty,) = bench.conflicts("empty_file")
    batch = (await repairs.apply(await repairs.plan(bench.ids, [Decision(empty.id, "quarantine")]))).batch.id
    root.rename(synced / "moved")
    bench.put("other.jpg", root=root)
    moved, new = await bench.engine.open(synced / "moved"), await bench.engine.open(root)
    assert (await repairs.undo_plan(batch)).roots == {moved.id: moved.root}
    assert [entry.path for entry in repairs.quarantine([moved.id])] == ["empty.jpg"]
    await repairs.undo(batch)
    assert (synced / "moved" / "empty.jpg").exists()
    assert sorted(os.listdir(new.root)) == ["other.jpg"]


@pytest.mark.parametrize(
    "mark",
    [
        ".stfolder",
        ".stversions",
        ".stignore",
        ".dropbox",
        ".dropbox.cache",
        ".sync",
        ".sync_0123456789ab.db",
        "._sync_0123456789ab.db",
        ".nextcloudsync.log",
        ".owncloudsync.log",
        ".csync_journal.db",
        ".tmp.drivedownload",
        ".tmp.driveupload",
        ".shortcut-targets-by-id",
        ".849C9593-D756-4E56-8D6E-42412F2A707B",
    ],
)
def test_a_folder_with_a_mark_of_a_sync_program_keeps_nothing_that_was_taken_away(tmp_path: Path, mark: str) -> None:
    shop = Workshop(tmp_path / "synced")
    (shop.root.parent / mark).touch()
    place = place_for(str(shop.root), "s", shop.state)
    assert place == tmp_path / ".inspector-quarantine" / "s"


@pytest.mark.parametrize(
    "name", ["sync_0123.db", ".sync_.db", ".sync_1.dbx", ".stfolder2", ".a.icloud.jpg", "a.icloud"]
)
def test_other_names_are_no_marks(tmp_path: Path, name: str) -> None:
    shop = Workshop(tmp_path)
    (shop.root / name).touch()
    assert place_of(shop) == shop.root / ".inspector"


def test_a_placeholder_does_not_tell_where_its_drive_ends_so_nothing_goes_beside_it(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    (shop.root / ".IMG_1.jpg.icloud").touch()
    assert place_of(shop) == shop.state / "quarantine" / "s"


def test_links_and_folders_of_others_are_no_places(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "under")
    victim = tmp_path / "victim"
    (victim / "s").mkdir(parents=True)
    (shop.root.parent / ".inspector-quarantine").symlink_to(victim)
    if os.geteuid() == 0:
        others = tmp_path / ".inspector-quarantine" / "s"
        others.mkdir(parents=True)
        os.chown(others, 12345, 12345)
    assert known_places(str(shop.root), "s", shop.state) == [shop.root / ".inspector"]
