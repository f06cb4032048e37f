"""Repairs of NoteCove's storage directories leave what the program itself would leave, and are taken back whole."""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from inspector.conflicts.choices import choices_for, obstacle_to
from inspector.model.errors import UsageError
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.plan import Decision, ItemState
from inspector.scenarios.builder import FIRST_TIME_NS
from inspector.scenarios.notecove import content_id, update_with
from tests.layouts.notecove.profile_shop import NOTE, OTHER_V4, SD, V4, ProfileShop
from tests.workbench import Workbench


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, without the database yet."""
    return ProfileShop(bench)


# --- registering ----------------------------------------------------------------------------------------------------


MIME_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "heic": "image/heic",
    "heif": "image/heif",
}


async def test_pictures_on_disk_are_registered_as_the_program_does_it(shop: ProfileShop) -> None:
    shop.write()
    added = {shop.main.image(f"a.{ending}", content=ending.encode()): ending for ending in MIME_TYPES}
    added[shop.main.image("a.png", image_id=V4, content=b"under a UUID")] = "png"
    before, now_ms = shop.state(), time.time_ns() // 1_000_000
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    conflicts = shop.bench.conflicts("orphan_file")
    assert {choice.id for one in conflicts for choice in choices_for(one) if choice.suggested} == {"add_to_index"}
    decisions = [Decision(one.id, "add_to_index") for one in conflicts]
    plan = await shop.bench.engine.repairs.plan(shop.bench.ids, decisions)
    batch = (await shop.bench.engine.repairs.apply(plan)).batch
    rows = shop.rows()
    for image_id, ending in added.items():
        row = rows[image_id]
        created = row.pop("created")
        assert isinstance(created, int)
        assert now_ms <= created <= time.time_ns() // 1_000_000
        assert row == {
            "id": image_id,
            "sd_id": SD,
            "filename": f"{image_id}.{ending}",
            "mime_type": MIME_TYPES[ending],
            "width": None,
            "height": None,
            "size": len(ending) if image_id != V4 else 12,
        }
    assert shop.bench.conflicts("orphan_file") == []
    await shop.undo(batch)
    assert shop.state() == before


async def test_names_that_the_program_passes_over_are_never_registered(shop: ProfileShop) -> None:
    shop.write()
    shop.main.file("media/holiday.png", b"x")
    conflict = await shop.conflict("orphan_file")
    assert "passes over" in obstacle_to(conflict, "add_to_index")
    assert "passes over" in await shop.refused(conflict, "add_to_index")
    batch = await shop.apply(conflict, "quarantine")
    assert not shop.main.at("media/holiday.png").exists()
    await shop.undo(batch)
    assert shop.main.at("media/holiday.png").exists()


async def test_a_picture_that_is_not_here_whole_is_not_registered(shop: ProfileShop) -> None:
    shop.write()
    shop.main.file(f"media/{content_id(b'the whole picture')}.png", b"the whole pic")
    conflict = await shop.conflict("orphan_file")
    assert "not those that its name states" in await shop.refused(conflict, "add_to_index")


async def test_a_picture_that_changed_since_the_plan_is_not_registered(shop: ProfileShop) -> None:
    shop.write()
    added = shop.main.image("new.png", image_id=V4)
    plan = await shop.plan(await shop.conflict("orphan_file"), "add_to_index")
    shop.main.file(f"media/{added}.png", b"something else")
    batch = (await shop.bench.engine.repairs.apply(plan)).batch
    assert [item.state for item in batch.items] == [ItemState.REFUSED]
    assert added not in shop.rows()


async def test_a_picture_in_use_is_registered_and_never_taken_away(shop: ProfileShop) -> None:
    shop.write()
    shop.sql("DELETE FROM images WHERE id = ?", shop.images[0])
    conflict = await shop.conflict("orphan_file")
    assert obstacle_to(conflict, "quarantine") == "a note uses it"
    assert await shop.refused(conflict, "quarantine") == "a note uses it"
    await shop.apply(conflict, "add_to_index")


async def test_the_second_profile_of_a_directory_does_not_stop_a_registration(shop: ProfileShop) -> None:
    shop.write()
    other = shop.bench.home / ".config" / "NoteCove" / "profiles" / "p"
    other.mkdir(parents=True)
    shutil.copy2(shop.database, other / "notecove.db")
    added = shop.main.image("new.png")
    await shop.apply(await shop.conflict("orphan_file"), "add_to_index")
    assert added in shop.rows()


# --- deregistering --------------------------------------------------------------------------------------------------


async def absent(shop: ProfileShop) -> str:
    """A picture that is registered, used by no note, and not there."""
    gone = shop.main.image("gone.png", image_id=V4)
    shop.write()
    shop.main.delete(f"media/{gone}.png")
    return gone


async def test_an_absent_picture_that_nothing_uses_is_deregistered(shop: ProfileShop) -> None:
    gone = await absent(shop)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("missing_file"), "drop_entry")
    assert gone not in shop.rows()
    await shop.undo(batch)
    assert shop.state() == before


async def test_a_copy_of_a_directory_edits_no_row_of_the_one_that_is_there(shop: ProfileShop, tmp_path: Path) -> None:
    await absent(shop)
    live = tmp_path / "live"
    shutil.copytree(shop.main.root, live)
    shop.sql("UPDATE storage_dirs SET path = ? WHERE id = ?", str(live), SD)
    before = shop.rows()
    assert "this is a copy of it" in await shop.refused(await shop.conflict("missing_file"), "drop_entry")
    assert shop.rows() == before


async def test_rows_of_another_directory_at_the_same_path_are_not_edited(shop: ProfileShop) -> None:
    await absent(shop)
    (shop.main.root / "SD_ID").write_text("AAAAAAAAAAAAAAAAAAAAAA")
    before = shop.rows()
    conflict = await shop.conflict("missing_file")
    assert "knows another directory at this path" in await shop.refused(conflict, "drop_entry")
    assert shop.rows() == before


async def test_columns_that_are_not_known_here_survive(shop: ProfileShop) -> None:
    gone = await absent(shop)
    shop.sql("ALTER TABLE images ADD COLUMN extra")
    shop.sql("UPDATE images SET extra = ?, width = 5 WHERE id = ?", b"\0\xff", gone)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("missing_file"), "drop_entry")
    await shop.undo(batch)
    assert shop.state() == before
    assert shop.rows()[gone]["extra"] == b"\0\xff"


async def test_a_picture_that_a_note_uses_is_never_deregistered(shop: ProfileShop) -> None:
    shop.write()
    shop.main.delete(f"media/{shop.images[1]}.png")
    conflict = await shop.conflict("missing_file")
    assert obstacle_to(conflict, "drop_entry") == "a note uses it"
    assert await shop.refused(conflict, "drop_entry") == "a note uses it"


async def test_a_picture_that_a_note_of_another_directory_uses_is_never_deregistered(shop: ProfileShop) -> None:
    gone = await absent(shop)
    shop.second.log(NOTE, [update_with([gone])])
    assert obstacle_to(await shop.conflict("missing_file"), "drop_entry") == "a note uses it"


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        ("gap", "not all changes of the notes are here yet"),
        ("damage", "not all changes of the notes are here yet"),
        ("packed", "not all notes could be read"),
        ("temporary", "a sync program is at work in media"),
    ],
)
async def test_what_may_still_come_is_not_called_absent(shop: ProfileShop, sign: str, reason: str) -> None:
    await absent(shop)
    if sign == "gap":
        shop.main.activity([(NOTE, 9)])
    elif sign == "damage":
        path = shop.main.log("another", [update_with([]), update_with([])])
        shop.main.cut(path, 0.8)
    elif sign == "packed":
        shop.main.file(f"notes/{NOTE}/updates/1.yjson.zst", b"packed")
    else:
        shop.main.file(f"media/.syncthing.{V4}.png.tmp", b"half of it")
    conflict = await shop.conflict("missing_file")
    assert reason in obstacle_to(conflict, "drop_entry")
    assert reason in await shop.refused(conflict, "drop_entry")


@pytest.mark.parametrize(
    "form",
    [".{}.png.icloud", "{}.png.cloudf", ".{}.png.abc123", "{}.PNG", "{} (conflicted copy).png", "{}.png/of a folder"],
)
async def test_a_picture_that_is_there_in_another_form_is_not_deregistered(shop: ProfileShop, form: str) -> None:
    gone = await absent(shop)
    shop.main.file(f"media/{form.format(gone)}", b"as a sync program has it")
    refused = await shop.refused(await shop.conflict("missing_file"), "drop_entry")
    assert form.format(gone).split("/")[0] in refused
    assert "look at" in refused


async def test_a_picture_whose_name_is_in_capitals_is_not_deregistered(shop: ProfileShop) -> None:
    gone = await absent(shop)
    shop.main.image("gone.png", image_id=gone.upper())
    assert "in another form" in await shop.refused(await shop.conflict("missing_file"), "drop_entry")


async def test_notes_that_came_since_the_scan_are_asked_for_first(shop: ProfileShop) -> None:
    gone = await absent(shop)
    shop.main.image("old.png", image_id=OTHER_V4)
    os.utime(shop.main.at("media"), ns=(FIRST_TIME_NS, FIRST_TIME_NS))  # a scan tells changes from then on
    conflict = await shop.conflict("missing_file")
    orphan = await shop.conflict("orphan_file")
    shop.main.log("another", [update_with([gone, OTHER_V4])])
    assert "scan again" in await shop.refused(conflict, "drop_entry")
    assert "scan again" in await shop.refused(orphan, "quarantine")


async def test_a_picture_that_came_after_the_plan_stays_registered(shop: ProfileShop) -> None:
    gone = await absent(shop)
    plan = await shop.plan(await shop.conflict("missing_file"), "drop_entry")
    shop.main.image("gone.jpg", image_id=gone)
    batch = (await shop.bench.engine.repairs.apply(plan)).batch
    assert [(item.state, "changed since the last scan" in item.reason) for item in batch.items] == [
        (ItemState.REFUSED, True)
    ]
    assert gone in shop.rows()


async def test_a_row_in_two_profiles_is_taken_out_of_both_in_an_item_each(shop: ProfileShop) -> None:
    gone = await absent(shop)
    other = shop.bench.home / ".config" / "NoteCove"
    other.mkdir(parents=True)
    shutil.copy2(shop.database, other / "notecove.db")
    batch = await shop.apply(await shop.conflict("missing_file"), "drop_entry")
    assert len(batch.items) == 2
    for path in (shop.database, other / "notecove.db"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT * FROM images WHERE id = ?", (gone,)).fetchall() == []


async def test_a_row_that_leads_outside_is_taken_out(shop: ProfileShop) -> None:
    shop.write()
    shop.sql("INSERT INTO images VALUES (?, ?, '../../etc/passwd', 'image/png', NULL, NULL, 1, 1)", OTHER_V4, SD)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("unsafe_path"), "drop_entry")
    assert OTHER_V4 not in shop.rows()
    await shop.undo(batch)
    assert shop.state() == before


# --- copying --------------------------------------------------------------------------------------------------------


async def test_a_missing_picture_is_copied_from_the_other_directory(shop: ProfileShop) -> None:
    shop.write()
    name = f"media/{shop.images[0]}.png"
    shop.second.file(name, shop.main.read(name))
    shop.main.delete(name)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("missing_file"), "restore_copy")
    assert shop.main.read(name) == shop.second.read(name)
    await shop.undo(batch)
    assert shop.state() == before


async def test_a_copy_whose_bytes_are_not_its_names_is_never_brought(shop: ProfileShop) -> None:
    shop.write()
    name = f"media/{shop.images[0]}.png"
    shop.second.file(name, shop.main.read(name)[:-3])
    shop.main.delete(name)
    assert "found nowhere else" in await shop.refused(await shop.conflict("missing_file"), "restore_copy")


async def test_a_picture_in_use_that_is_not_registered_here_is_copied_too(shop: ProfileShop) -> None:
    added = shop.second.image("second.png")
    shop.write()
    shop.main.log("another", [update_with([added])])
    before = shop.state()
    conflict = await shop.conflict("missing_reference")
    batch = await shop.apply(conflict, "restore_copy")
    assert shop.main.read(f"media/{added}.png") == shop.second.read(f"media/{added}.png")
    assert shop.bench.conflicts("missing_reference", "orphan_file") == []
    await shop.undo(batch)
    assert shop.state() == before


async def test_a_picture_that_is_nowhere_cannot_be_copied_and_says_so(shop: ProfileShop) -> None:
    shop.write()
    shop.main.log("another", [update_with(["e" * 32])])
    conflict = await shop.conflict("missing_reference")
    assert obstacle_to(conflict, "restore_copy") == "no storage that is there has it"


async def test_the_right_content_comes_back_under_its_name(shop: ProfileShop) -> None:
    shop.write()
    name = f"media/{shop.images[0]}.png"
    whole = shop.main.read(name)
    shop.second.file(name, whole)
    shop.main.cut(name, 0.5)
    before = shop.state()
    conflict = await shop.conflict("name_mismatch")
    assert obstacle_to(conflict, "quarantine") == "a note uses it"
    batch = await shop.apply(conflict, "restore_copy")
    assert shop.main.read(name) == whole
    await shop.undo(batch)
    assert shop.state() == before


# --- ids ------------------------------------------------------------------------------------------------------------


async def test_of_two_ids_the_older_files_wins_as_in_the_programs_migration(shop: ProfileShop) -> None:
    shop.main.file(".sd-id", V4)
    shop.write()
    shop.sql("UPDATE storage_dirs SET id = ?, uuid = ? WHERE id = ?", V4, SD, SD)
    shop.sql("UPDATE images SET sd_id = ? WHERE sd_id = ?", V4, SD)
    before = shop.state()
    conflict = await shop.conflict("storage_id_mismatch", "storage")
    assert "unify_id" in obstacle_to(conflict, "use_signature")
    batch = await shop.apply(conflict, "unify_id")
    assert (shop.main.read("SD_ID"), shop.main.at(".sd-id").exists()) == (V4.encode(), False)
    (row,) = shop.bench.conflicts("storage_id_mismatch")
    second = await shop.apply(row, "unify_id")
    assert shop.rows("storage_dirs")[V4]["uuid"] == V4
    assert shop.bench.conflicts("storage_id_mismatch", "legacy_storage") == []
    await shop.undo(second)
    await shop.undo(batch)
    assert shop.state() == before


async def test_an_id_that_the_database_does_not_know_is_not_made_the_directorys(shop: ProfileShop) -> None:
    shop.main.file(".sd-id", V4)
    shop.write()
    reason = await shop.refused(await shop.conflict("storage_id_mismatch"), "unify_id")
    assert "knows it by SD_ID, and the program would go by .sd-id" in reason


async def test_an_id_in_the_older_file_alone_gets_into_the_newer_one(shop: ProfileShop) -> None:
    shop.main.file(".sd-id", V4).delete("SD_ID")
    shop.write()
    shop.sql("UPDATE storage_dirs SET id = ?, uuid = NULL WHERE id = ?", V4, SD)
    shop.sql("UPDATE images SET sd_id = ? WHERE sd_id = ?", V4, SD)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("legacy_storage"), "unify_id")
    assert (shop.main.read("SD_ID"), shop.main.at(".sd-id").exists()) == (V4.encode(), False)
    await shop.undo(batch)
    assert shop.state() == before


async def test_the_older_file_with_the_same_id_goes(shop: ProfileShop) -> None:
    shop.main.file("SD_ID", V4).file(".sd-id", V4)
    shop.write()
    shop.sql("UPDATE storage_dirs SET id = ?, uuid = ? WHERE id = ?", V4, V4, SD)
    shop.sql("UPDATE images SET sd_id = ? WHERE sd_id = ?", V4, SD)
    before = shop.state()
    batch = await shop.apply(await shop.conflict("legacy_storage"), "unify_id")
    assert (shop.main.read("SD_ID"), shop.main.at(".sd-id").exists()) == (V4.encode(), False)
    await shop.undo(batch)
    assert shop.state() == before


async def test_other_layouts_are_not_offered_the_programs_rule(shop: ProfileShop) -> None:
    shop.write()
    shop.main.file("SD_VERSION", "0")
    conflict = await shop.conflict("legacy_storage")
    assert [choice.id for choice in choices_for(conflict)] == ["leave"]


# --- names ----------------------------------------------------------------------------------------------------------


async def test_a_picture_named_at_random_gets_the_id_of_its_content(shop: ProfileShop) -> None:
    shop.main.image("old.png", image_id=V4)
    shop.write()
    before = shop.state()
    new = content_id(shop.main.read(f"media/{V4}.png"))
    batch = await shop.apply(await shop.conflict("random_name"), "re_address")
    assert shop.main.at(f"media/{new}.png").exists()
    assert V4 not in shop.rows()
    assert shop.rows()[new]["filename"] == f"{new}.png"
    assert shop.bench.conflicts("random_name", "missing_file", "orphan_file") == []
    await shop.undo(batch)
    assert shop.state() == before


async def test_a_picture_named_at_random_that_a_note_uses_keeps_its_name(shop: ProfileShop) -> None:
    shop.main.image("old.png", image_id=V4)
    shop.write()
    conflict = await shop.conflict("random_name")
    shop.second.log(NOTE, [update_with([V4])])
    assert "scan again" in await shop.refused(conflict, "re_address")
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    assert shop.bench.conflicts("random_name") == []


# --- quarantine -----------------------------------------------------------------------------------------------------


async def test_a_double_that_nothing_uses_goes_with_its_row(shop: ProfileShop) -> None:
    shop.main.image("again.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.write()
    before = shop.state()
    batch = await shop.apply(await shop.conflict("duplicate_content"), "keep_one")
    assert not shop.main.at(f"media/{V4}.png").exists()
    assert (V4 in shop.rows(), shop.images[0] in shop.rows()) == (False, True)
    await shop.undo(batch)
    assert shop.state() == before


async def test_a_double_that_a_note_uses_stays_whichever_is_named(shop: ProfileShop) -> None:
    shop.main.image("again.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.write()
    conflict = await shop.conflict("duplicate_content")
    plan = await shop.plan(conflict, "keep_one", f"media/{V4}.png")
    assert "is in use, so it stays" in plan.refused[0].reason


async def test_doubles_that_notes_use_both_stay(shop: ProfileShop) -> None:
    shop.main.image("again.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.main.log("another", [update_with([V4])])
    shop.write()
    assert obstacle_to(await shop.conflict("duplicate_content"), "keep_one") == "notes use more than one of them"


async def test_a_sync_programs_copy_of_a_picture_goes_to_quarantine(shop: ProfileShop) -> None:
    name = f"media/{shop.images[0]}"
    shop.write()
    shop.main.file(f"{name}.sync-conflict-20240101-120000-ABCDEF7.png", shop.main.read(f"{name}.png"))
    before = shop.state()
    conflict = await shop.conflict("sync_conflict_copy")
    assert "passes over" in obstacle_to(conflict, "keep_both")
    batch = await shop.apply(conflict, "quarantine_copy")
    await shop.undo(batch)
    assert shop.state() == before


async def test_a_copy_beside_a_log_goes_only_where_it_holds_the_same(shop: ProfileShop) -> None:
    log = shop.main.log("another", [update_with([])])
    shop.write()
    copy = log.replace(".crdtlog", ".sync-conflict-20240101-120000-ABCDEF7.crdtlog")
    shop.main.file(copy, shop.main.read(log))
    conflict = await shop.conflict("sync_conflict_copy")
    for choice in ("merge", "keep_copy", "keep_both"):
        assert "never written" in obstacle_to(conflict, choice)
        assert "never written" in await shop.refused(conflict, choice)
    await shop.apply(conflict, "quarantine_copy")
    shop.main.file(copy, shop.main.read(log) + b"\x05more.")
    conflict = await shop.conflict("sync_conflict_copy")
    assert "nowhere else" in obstacle_to(conflict, "keep_original")
    assert "differ" in obstacle_to(conflict, "quarantine_copy")


async def test_logs_and_snapshots_are_never_written_whatever_is_decided(shop: ProfileShop) -> None:
    path = shop.main.log("another", [update_with([]), update_with([])])
    shop.write()
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    shop.main.cut(path, 0.8)
    shop.main.delete(f"media/{shop.images[0]}.png").image("new.png")
    shop.main.snapshot(NOTE, [], complete=False)
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    for conflict in shop.bench.conflicts():
        for choice in choices_for(conflict):
            plan = await shop.plan(conflict, choice.id)
            for operation in (operation for item in plan.items for operation in item.operations):
                touched = [getattr(operation, name, "") for name in ("path", "source", "target")]
                assert not any(str(one).startswith(("notes/", "folders/", "activity/", "profiles/")) for one in touched)


# --- the program and its database -----------------------------------------------------------------------------------


async def test_nothing_is_written_while_the_profile_is_locked_by_its_program(shop: ProfileShop) -> None:
    shop.write()
    added = shop.main.image("new.png")
    plan = await shop.plan(await shop.conflict("orphan_file"), "add_to_index")
    lock = shop.bench.root / "profile.lock"
    lock.write_text(json.dumps({"pid": os.getpid(), "timestamp": time.time_ns() // 1_000_000}))
    batch = (await shop.bench.engine.repairs.apply(plan)).batch
    assert [item.state for item in batch.items] == [ItemState.REFUSED]
    assert "its program runs: profile.lock names process" in batch.items[0].reason
    assert added not in shop.rows()


@pytest.mark.parametrize("newer", ["database", "directory"])
async def test_a_newer_version_is_read_and_never_written(shop: ProfileShop, newer: str) -> None:
    shop.profile.schema = 12 if newer == "database" else 11
    shop.main.file("SD_VERSION", "2" if newer == "directory" else "1")
    shop.write()
    shop.main.image("new.png")
    conflict = await shop.conflict("orphan_file")
    for choice in choices_for(conflict):
        assert choice.risk == "R0" or "newer version" in obstacle_to(conflict, choice.id)
    assert "newer version" in await shop.refused(conflict, "add_to_index")


async def test_a_directory_that_is_being_migrated_is_left(shop: ProfileShop) -> None:
    shop.write()
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    gone = shop.main.image("gone.png", image_id=V4)
    shop.sql("INSERT INTO images VALUES (?, ?, ?, 'image/png', NULL, NULL, 1, 1)", gone, SD, f"{gone}.png")
    shop.main.delete(f"media/{gone}.png").file(".migration-lock", '{"timestamp": 1}')
    conflict = await shop.conflict("missing_file")
    assert "decide about the lock first" in await shop.refused(conflict, "drop_entry")


async def test_a_plan_never_reaches_a_database_that_is_not_the_storages(shop: ProfileShop, tmp_path: Path) -> None:
    shop.write()
    shop.main.image("new.png")
    plan = await shop.plan(await shop.conflict("orphan_file"), "add_to_index")
    foreign = tmp_path / "other.db"
    shutil.copy2(shop.database, foreign)
    text = json.dumps(encode_plan(plan)).replace(str(shop.database), str(foreign))
    edited = decode_plan(json.loads(text), "plan.json")
    with pytest.raises(UsageError, match="a database that does not belong with 'sd-main'"):
        await shop.bench.engine.repairs.apply(edited)


async def test_rows_of_many_pictures_are_one_transaction(shop: ProfileShop) -> None:
    shop.write()
    before = shop.state()
    for number in range(20):
        shop.main.image(f"new {number}.png")
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    decisions = [Decision(one.id, "add_to_index") for one in shop.bench.conflicts("orphan_file")]
    plan = await shop.bench.engine.repairs.plan(shop.bench.ids, decisions)
    assert len(plan.items) == 20
    batch = (await shop.bench.engine.repairs.apply(plan)).batch
    assert len(shop.rows()) == 24
    await shop.undo(batch)
    assert shop.rows() == before["images"]


async def test_the_programs_own_tables_and_rules_are_kept(shop: ProfileShop, shared: Path) -> None:
    shutil.copy2(shared / "samples/notecove/notecove.db", shop.database)
    shop.sql("UPDATE storage_dirs SET path = ? WHERE id = ?", str(shop.main.root), SD)
    shop.sql("DELETE FROM images")
    await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    decisions = [Decision(one.id, "add_to_index") for one in shop.bench.conflicts("orphan_file")]
    plan = await shop.bench.engine.repairs.plan(shop.bench.ids, decisions)
    await shop.bench.engine.repairs.apply(plan)
    assert set(shop.rows()) == set(shop.images)
    with closing(sqlite3.connect(shop.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
