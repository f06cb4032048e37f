"""What is in use is asked again when a plan is applied and when a batch is taken back, whenever that is."""

import shutil
from pathlib import Path

import pytest

from inspector.conflicts.choices import obstacle_to
from inspector.model.plan import BatchInfo, Decision, ItemState, Plan
from inspector.scenarios.drawing import picture_bytes
from inspector.scenarios.notecove import content_id, update_with
from tests.layouts.notecove.profile_shop import OTHER_V4, V4, ProfileShop
from tests.workbench import Workbench

SCAN_AGAIN = "the storage changed since the last scan, and what is in use with it: scan again"


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, without the database yet."""
    return ProfileShop(bench)


async def applied(shop: ProfileShop, plan: Plan) -> BatchInfo:
    """What became of a plan of one item or more."""
    assert plan.refused == ()
    return (await shop.bench.engine.repairs.apply(plan)).batch


def words(batch: BatchInfo) -> list[tuple[ItemState, str]]:
    """The state and the reason of each item."""
    return [(item.state, item.reason) for item in batch.items]


async def doubles(shop: ProfileShop) -> Plan:
    """A plan by which one of two copies goes that nothing uses: the one with the random name."""
    shop.main.image("a.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.write()
    return await shop.plan(await shop.conflict("duplicate_content"), "keep_one")


async def unlisted(shop: ProfileShop) -> Plan:
    """A plan by which a picture goes to quarantine that is not registered."""
    shop.write()
    shop.main.image("a.png", image_id=V4, content=b"a")
    return await shop.plan(await shop.conflict("orphan_file"), "quarantine")


async def renamed(shop: ProfileShop) -> Plan:
    """A plan by which a picture gets the name that its content gives."""
    shop.main.image("a.png", image_id=V4, content=b"a")
    shop.write()
    return await shop.plan(await shop.conflict("random_name"), "re_address")


async def taken_out(shop: ProfileShop) -> Plan:
    """A plan by which the row of a picture goes that is not there."""
    shop.main.image("a.png", image_id=V4, content=b"a")
    shop.write()
    shop.main.delete(f"media/{V4}.png")
    return await shop.plan(await shop.conflict("missing_file"), "drop_entry")


async def row_taken_out(shop: ProfileShop) -> Plan:
    """A plan by which a row goes that leads outside."""
    shop.write()
    shop.sql("UPDATE images SET filename = '../outside.png', id = ? WHERE id = ?", V4, shop.images[3])
    shop.main.delete(f"media/{shop.images[3]}.png")
    return await shop.plan(await shop.conflict("unsafe_path"), "drop_entry")


PLANS = {one.__name__: one for one in (doubles, unlisted, renamed, taken_out, row_taken_out)}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize(("where", "is_scanned"), [("main", False), ("second", True)])
async def test_what_came_into_use_after_the_plan_stays(
    shop: ProfileShop, name: str, where: str, is_scanned: bool
) -> None:
    plan = await PLANS[name](shop)
    user = shop.main if where == "main" else shop.second
    user.log("another", [update_with([V4])])
    if is_scanned:
        await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    before = shop.state()
    batch = await applied(shop, plan)
    assert {item.state for item in batch.items} == {ItemState.REFUSED}
    expected = "use" if is_scanned else SCAN_AGAIN
    assert all(expected in item.reason for item in batch.items), words(batch)
    assert shop.state() == before


@pytest.mark.parametrize("name", PLANS)
async def test_what_is_not_in_use_goes_as_planned_and_comes_back(shop: ProfileShop, name: str) -> None:
    plan = await PLANS[name](shop)
    before = shop.state()
    batch = await applied(shop, plan)
    assert {item.state for item in batch.items} == {ItemState.DONE}, words(batch)
    await shop.undo(batch)
    assert shop.state() == before


async def test_items_that_only_add_are_not_held_up(shop: ProfileShop) -> None:
    shop.write()
    added = shop.main.image("new.png")
    plan = await shop.plan(await shop.conflict("orphan_file"), "add_to_index")
    shop.main.log("another", [update_with([added])])
    assert words(await applied(shop, plan)) == [(ItemState.DONE, "")]
    assert added in shop.rows()


async def test_one_item_of_a_plan_is_refused_and_the_others_are_done(shop: ProfileShop) -> None:
    shop.main.image("a.png", image_id=V4, content=b"a")
    shop.main.image("b.png", image_id=OTHER_V4, content=b"b")
    shop.write()
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    decisions = [Decision(one.id, "re_address") for one in shop.bench.conflicts("random_name")]
    plan = await shop.bench.engine.repairs.plan(shop.bench.ids, decisions)
    shop.second.log("another", [update_with([V4])])
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    batch = await applied(shop, plan)
    assert sorted(item.state for item in batch.items) == [ItemState.DONE, ItemState.REFUSED]
    assert shop.main.at(f"media/{V4}.png").exists()
    assert shop.main.at(f"media/{content_id(b'b')}.png").exists()


async def test_rows_that_a_repair_edited_make_no_other_directory_a_changed_one(shop: ProfileShop) -> None:
    shop.main.image("a.png", image_id=V4, content=b"a")
    shop.main.image("b.png", image_id=OTHER_V4, content=b"b")
    shop.write()
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    first, second = shop.bench.conflicts("random_name")
    for one in (first, second):  # the database speaks of both directories
        assert [item.state for item in (await shop.apply(one, "re_address")).items] == [ItemState.DONE]


@pytest.mark.parametrize("is_used", [False, True])
async def test_a_sync_programs_copy_never_replaces_a_picture_that_a_note_uses(shop: ProfileShop, is_used: bool) -> None:
    shop.main.image("a.png", image_id=V4, content=b"a")
    shop.main.file(f"media/{V4}.sync-conflict-20240703-101500-ABCDEF7.png", b"b")
    shop.write()
    if is_used:
        shop.second.log("another", [update_with([V4])])
    conflict = await shop.conflict("sync_conflict_copy")
    assert obstacle_to(conflict, "keep_copy") == ("a note uses it" if is_used else "")
    if is_used:
        assert await shop.refused(conflict, "keep_copy") == "a note uses it"
    else:
        await shop.apply(conflict, "keep_copy")


async def test_a_sync_programs_copy_replaces_a_picture_whose_bytes_are_not_its_names(shop: ProfileShop) -> None:
    shop.write()
    right = shop.main.read(f"media/{shop.images[0]}.png")
    shop.main.file(f"media/{shop.images[0]}.sync-conflict-20240703-101500-ABCDEF7.png", right)
    shop.main.file(f"media/{shop.images[0]}.png", right[:-20])
    await shop.apply(await shop.conflict("sync_conflict_copy"), "keep_copy")
    assert shop.main.read(f"media/{shop.images[0]}.png") == right


async def test_each_item_says_which_file_it_is_about_and_how_much_it_does(shop: ProfileShop) -> None:
    shop.main.image("a.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.write()
    other = shop.bench.home / ".config" / "NoteCove"
    other.mkdir(parents=True)
    shutil.copy2(shop.database, other / "notecove.db")
    plan = await shop.plan(await shop.conflict("duplicate_content"), "keep_one")
    assert [(item.label, item.risk) for item in plan.items] == [
        (f"media/{V4}.png", "R3"),
        (f"media/{V4}.png", "R1"),
    ]


async def test_an_id_that_is_only_written_takes_nothing_to_quarantine(shop: ProfileShop) -> None:
    shop.main.delete("SD_ID").file(".sd-id", "9f1b6c1e-6a57-1d0e-9d55-1c2f3e4d5a6b")
    plan = await shop.plan(await shop.conflict("index_bad_entry", "SD_ID"), "unify_id")
    assert [item.risk for item in plan.items] == ["R1"]


# --- taking back ----------------------------------------------------------------------------------------------------


async def added_picture(shop: ProfileShop, tmp_path: Path) -> tuple[BatchInfo, str]:
    """A picture was added to the first directory; its id."""
    data = picture_bytes("new.png", 3, (32, 24))
    (tmp_path / "new.png").write_bytes(data)
    shop.write()
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    storage_id = next(one for one in shop.bench.ids if shop.bench.engine.storage(one).root == str(shop.main.root))
    repairs = shop.bench.engine.repairs
    additions = await repairs.plan_additions(storage_id, [str(tmp_path / "new.png")])
    return await applied(shop, additions.plan), content_id(data)


@pytest.mark.parametrize(("where", "is_scanned"), [("main", True), ("second", False)])
async def test_an_added_picture_that_came_into_use_is_not_taken_back(
    shop: ProfileShop, tmp_path: Path, where: str, is_scanned: bool
) -> None:
    batch, added = await added_picture(shop, tmp_path)
    user = shop.main if where == "main" else shop.second
    user.log("another", [update_with([added])])
    if is_scanned:
        await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    undone = (await shop.bench.engine.repairs.undo(batch.id)).batch
    reason = f"media/{added}.png stays: a note uses it" if is_scanned else SCAN_AGAIN
    assert words(undone) == [(ItemState.REFUSED, reason)]
    assert shop.main.at(f"media/{added}.png").exists()
    assert added in shop.rows()


async def test_an_added_picture_that_nothing_uses_is_taken_back(shop: ProfileShop, tmp_path: Path) -> None:
    batch, added = await added_picture(shop, tmp_path)
    await shop.undo(batch)
    assert not shop.main.at(f"media/{added}.png").exists()
    assert added not in shop.rows()


async def test_a_name_by_content_that_came_into_use_is_not_taken_back(shop: ProfileShop) -> None:
    batch = await applied(shop, await renamed(shop))
    shop.main.log("another", [update_with([content_id(b"a")])])
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    undone = (await shop.bench.engine.repairs.undo(batch.id)).batch
    assert [item.state for item in undone.items] == [ItemState.REFUSED]
    assert shop.main.at(f"media/{content_id(b'a')}.png").exists()


async def test_a_copy_that_was_brought_for_a_note_is_taken_back_as_it_came(shop: ProfileShop) -> None:
    shop.write()
    name = f"media/{shop.images[0]}.png"
    shop.second.file(name, shop.main.read(name))
    shop.main.delete(name)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("missing_file"), "restore_copy")
    await shop.undo(batch)
    assert shop.state() == before


# --- other directories ----------------------------------------------------------------------------------------------


async def test_a_known_directory_that_changed_and_went_away_bars_as_before(shop: ProfileShop, tmp_path: Path) -> None:
    shop.main.image("a.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.profile.add(shop.main).write()  # no database names the second one
    conflict = await shop.conflict("duplicate_content")
    shop.second.log("another", [update_with([V4])])
    assert "'sd-second' changed since its last scan" in await shop.refused(conflict, "keep_one")
    shop.second.root.rename(tmp_path / "unplugged")
    assert "'sd-second' is away" in await shop.refused(conflict, "keep_one")
    (tmp_path / "unplugged").rename(shop.second.root)
    assert "'sd-second' changed since its last scan" in await shop.refused(conflict, "keep_one")
