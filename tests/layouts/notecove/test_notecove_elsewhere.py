"""A picture that a note of any storage directory uses is never taken for unused, whether that one was opened or not."""

import os
import shutil
import time
from pathlib import Path

import pytest

from inspector.conflicts.choices import obstacle_to
from inspector.layouts.base import Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.model.kinds import Severity
from inspector.model.operations import Quarantine
from inspector.model.plan import Decision, Plan
from inspector.model.records import Conflict, Finding
from inspector.scenarios.notecove import FIRST_MS, NoteCoveBuilder, ProfileBuilder, image_row, update_with
from tests.layer_events import one_by_one
from tests.layouts.notecove.profile_shop import NOTE, OTHER_SD, OTHER_V4, SD, V4, ProfileShop
from tests.workbench import Workbench

DAY_MS = 86_400_000
UNKNOWN = "not all notes of the profile's other directories could be read"


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, without the database yet."""
    return ProfileShop(bench)


async def look(shop: ProfileShop, kind: str, *roots: Path) -> Conflict:
    """Look at the first directory, and at these roots; the one conflict of a kind."""
    await shop.bench.scan(roots=(shop.main.root, *roots))
    (conflict,) = shop.bench.conflicts(kind)
    return conflict


def use_in_second(shop: ProfileShop, *image_ids: str) -> None:
    """A note of the second directory uses these."""
    shop.second.log("another", [update_with([one]) for one in image_ids])


def findings(shop: ProfileShop, root: Path, kind: str) -> list[Finding]:
    """What the layers of a directory find."""
    events = one_by_one(NoteCoveLayout().read_layers(str(root), Surroundings(shop.bench.home)))
    return [event for event in events if isinstance(event, Finding) and event.kind == kind]


# --- directories that were not opened -------------------------------------------------------------------------------


async def test_a_use_in_a_directory_that_was_not_opened_counts(shop: ProfileShop) -> None:
    shop.write()
    used = shop.main.image("used elsewhere.png")
    use_in_second(shop, used)
    conflict = await look(shop, "orphan_file")
    assert obstacle_to(conflict, "quarantine") == "a note uses it"
    assert await shop.refused(conflict, "quarantine") == "a note uses it"
    assert shop.main.at(f"media/{used}.png").exists()


async def test_of_copies_the_one_that_another_directory_uses_stays(shop: ProfileShop) -> None:
    content = b"the same bytes"
    shop.main.image("a.png", image_id=V4, content=content)
    unused = shop.main.image("a.png", content=content)
    shop.write()
    use_in_second(shop, V4)
    conflict = await look(shop, "duplicate_content")
    await shop.apply(conflict, "keep_one")
    assert shop.main.at(f"media/{V4}.png").exists()
    assert not shop.main.at(f"media/{unused}.png").exists()


async def test_copies_that_are_both_used_stay_both(shop: ProfileShop) -> None:
    content = b"the same bytes"
    shop.main.image("a.png", image_id=V4, content=content)
    other = shop.main.image("a.png", content=content)
    shop.write()
    shop.main.log("mine", [update_with([other])])
    use_in_second(shop, V4)
    assert obstacle_to(await look(shop, "duplicate_content"), "keep_one") == "notes use more than one of them"


async def test_an_absent_picture_that_a_directory_that_was_not_opened_uses_stays_registered(shop: ProfileShop) -> None:
    shop.main.image("gone.png", image_id=V4)
    shop.write()
    shop.main.delete(f"media/{V4}.png")
    use_in_second(shop, V4)
    conflict = await look(shop, "missing_file")
    assert obstacle_to(conflict, "drop_entry") == "a note uses it"
    assert conflict.evidence["used_by"] == ["notes elsewhere"]


async def test_a_row_that_leads_nowhere_stays_while_another_directory_uses_its_id(shop: ProfileShop) -> None:
    shop.write()
    shop.sql("INSERT INTO images VALUES (?, ?, '../../etc/passwd', 'image/png', NULL, NULL, 1, 1)", OTHER_V4, SD)
    use_in_second(shop, OTHER_V4)
    assert obstacle_to(await look(shop, "unsafe_path"), "drop_entry") == "a note uses it"


@pytest.mark.parametrize("is_used_here", [True, False])
async def test_ids_in_mixed_case_are_the_same_one(shop: ProfileShop, is_used_here: bool) -> None:
    mixed = V4.replace("a1", "A1")
    content = b"the same bytes"
    shop.main.image("a.png", image_id=mixed, content=content)
    unused = shop.main.image("a.png", content=content)
    shop.write()
    holder = shop.main if is_used_here else shop.second
    holder.log("another", [update_with([V4])])
    conflict = await look(shop, "duplicate_content")
    assert [one.path for one in shop.bench.conflicts("random_name")] == []
    assert shop.bench.conflicts("missing_reference") == []
    await shop.apply(conflict, "keep_one")
    assert shop.main.at(f"media/{mixed}.png").exists()
    assert not shop.main.at(f"media/{unused}.png").exists()


async def test_an_absent_picture_whose_row_is_in_mixed_case_stays_registered_while_it_is_used(
    shop: ProfileShop,
) -> None:
    mixed = V4.replace("a1", "A1")
    shop.main.image("gone.png", image_id=mixed)
    shop.write()
    shop.main.delete(f"media/{mixed}.png")
    use_in_second(shop, V4.upper())
    assert obstacle_to(await look(shop, "missing_file"), "drop_entry") == "a note uses it"


async def test_an_id_in_capitals_is_the_same_one(shop: ProfileShop) -> None:
    shop.main.image("old.png", image_id=V4)
    shop.write()
    use_in_second(shop, V4.upper())
    await shop.bench.scan(roots=(shop.main.root,))
    assert shop.bench.conflicts("random_name") == []
    shop.sql("DELETE FROM images WHERE id = ?", V4)
    assert obstacle_to(await look(shop, "orphan_file"), "quarantine") == "a note uses it"


# --- directories that cannot be read --------------------------------------------------------------------------------


async def unused(shop: ProfileShop) -> None:
    """A picture that nothing uses, as far as can be known, and that no row names."""
    shop.write()
    shop.main.image("unused.png")


async def test_where_another_directory_is_not_there_nothing_is_unused(shop: ProfileShop, tmp_path: Path) -> None:
    shop.main.image("old.png", image_id=V4)
    await unused(shop)
    shop.second.root.rename(tmp_path / "drive that was unplugged")
    conflict = await look(shop, "orphan_file")
    assert UNKNOWN in obstacle_to(conflict, "quarantine")
    assert UNKNOWN in await shop.refused(conflict, "quarantine")
    assert shop.bench.conflicts("random_name") == []
    (told,) = shop.bench.conflicts("missing_document")
    assert told.severity is Severity.INFO
    assert (told.evidence["document"], told.evidence["name"]) == (str(shop.second.root), "sd-second")
    assert "is not there" in told.evidence["reason"]
    assert "connect it" in obstacle_to(told, "rebuild")
    (tmp_path / "drive that was unplugged").rename(shop.second.root)
    batch = await shop.apply(await look(shop, "orphan_file"), "quarantine")
    await shop.undo(batch)


async def test_another_directory_at_the_path_is_not_the_one_that_is_meant(shop: ProfileShop, tmp_path: Path) -> None:
    await unused(shop)
    shop.second.root.rename(tmp_path / "away")
    NoteCoveBuilder(shop.second.root, "AAAAAAAAAAAAAAAAAAAAAA")
    assert UNKNOWN in obstacle_to(await look(shop, "orphan_file"), "quarantine")
    (told,) = shop.bench.conflicts("missing_document")
    assert "another storage directory is at its path" in told.evidence["reason"]


async def test_a_directory_without_an_id_is_read_where_the_database_has_it(shop: ProfileShop) -> None:
    await unused(shop)
    shop.second.file("SD_ID", "")
    assert obstacle_to(await look(shop, "orphan_file"), "quarantine") == ""


@pytest.mark.parametrize("sign", ["gap", "damage", "packed", "newer"])
async def test_where_notes_of_another_directory_are_not_whole_nothing_is_unused(shop: ProfileShop, sign: str) -> None:
    await unused(shop)
    if sign == "gap":
        shop.second.activity([(NOTE, 9)])
    elif sign == "damage":
        shop.second.cut(shop.second.log(NOTE, [update_with([]), update_with([])]), 0.8)
    elif sign == "packed":
        shop.second.file(f"notes/{NOTE}/updates/1.yjson.zst", b"packed")
    else:
        shop.second.file("SD_VERSION", "2")
    conflict = await look(shop, "orphan_file")
    assert UNKNOWN in obstacle_to(conflict, "quarantine")
    assert UNKNOWN in await shop.refused(conflict, "quarantine")


async def test_a_name_at_random_stays_while_changes_of_notes_are_still_to_come(shop: ProfileShop) -> None:
    shop.main.image("old.png", image_id=V4)
    shop.write()
    assert obstacle_to(await look(shop, "random_name"), "re_address") == ""
    shop.second.activity([(NOTE, 9)])
    conflict = await look(shop, "random_name")
    assert UNKNOWN in obstacle_to(conflict, "re_address")
    assert UNKNOWN in await shop.refused(conflict, "re_address")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
async def test_where_another_directory_may_not_be_read_nothing_is_unused(shop: ProfileShop) -> None:
    await unused(shop)
    shop.second.at("notes").chmod(0)
    try:
        assert UNKNOWN in obstacle_to(await look(shop, "orphan_file"), "quarantine")
    finally:
        shop.second.at("notes").chmod(0o755)


async def test_where_a_database_cannot_be_read_the_copies_of_a_picture_stay(shop: ProfileShop) -> None:
    shop.main.image("a.png", image_id=V4, content=b"same")
    shop.main.image("a.png", content=b"same")
    shop.write()
    shop.database.write_bytes(shop.database.read_bytes()[:-4096])
    assert UNKNOWN in obstacle_to(await look(shop, "duplicate_content"), "keep_one")


# --- what changed since ---------------------------------------------------------------------------------------------


async def test_a_note_that_another_directory_got_since_the_scan_is_asked_for_first(shop: ProfileShop) -> None:
    await unused(shop)
    conflict = await look(shop, "orphan_file")
    (name,) = [path.stem for path in shop.main.at("media").iterdir() if path.stem not in shop.images]
    use_in_second(shop, name)
    assert "scan again" in await shop.refused(conflict, "quarantine")
    assert obstacle_to(await look(shop, "orphan_file"), "quarantine") == "a note uses it"


async def test_directories_that_no_database_names_together_are_known_by_their_scans(shop: ProfileShop) -> None:
    shop.main.image("a.png", image_id=V4, content=b"same")
    shop.main.image("a.png", content=b"same")
    ProfileBuilder(shop.bench.root).add(shop.main).write()
    conflict = await look(shop, "duplicate_content")
    assert obstacle_to(conflict, "keep_one") == ""
    await shop.bench.engine.open(shop.second.root)
    assert "not all notes of 'sd-second' were read" in (await planned(shop, conflict)).refused[0].reason
    conflict = await look(shop, "duplicate_content", shop.second.root)
    assert (await planned(shop, conflict)).refused == ()
    use_in_second(shop, V4)
    assert "'sd-second' changed since its last scan" in (await planned(shop, conflict)).refused[0].reason
    shop.bench.ids = [(await shop.bench.engine.open(shop.second.root)).id]
    await shop.bench.engine.scan(shop.bench.ids)  # which looks at the conflicts of the first one no more
    plan = await planned(shop, conflict)
    away = [one.path for item in plan.items for one in item.operations if isinstance(one, Quarantine)]
    assert away == [path for path in conflict.paths if V4 not in path]


async def planned(shop: ProfileShop, conflict: Conflict) -> Plan:
    """What keeping one comes to."""
    return await shop.bench.engine.repairs.plan([conflict.storage_id], [Decision(conflict.id, "keep_one")])


async def test_a_copy_in_another_kind_of_storage_does_not_make_a_picture_unused(
    shop: ProfileShop, tmp_path: Path
) -> None:
    folder = tmp_path / "A plain folder"
    shop.main.image("a.png", image_id=V4, content=b"same")
    shop.main.image("b.png", image_id=OTHER_V4, content=b"same")
    shop.write()
    shop.bench.put("copy.png", b"same", root=folder)
    shop.second.root.rename(tmp_path / "away")
    conflict = await look(shop, "duplicate_content", folder)
    plan = await planned(shop, conflict)
    assert plan.items == ()
    assert UNKNOWN in plan.refused[0].reason


# --- the program's own clean-up -------------------------------------------------------------------------------------


def test_a_use_in_another_directory_is_none_for_the_clean_up(shop: ProfileShop) -> None:
    added = shop.second.image("in the second.png")
    shop.main.log("another", [update_with([added])])
    shop.profile.add(shop.main).add(shop.second, created_ms=time.time_ns() // 1_000_000 - 13 * DAY_MS).write()
    (finding,) = findings(shop, shop.second.root, "cleanup_risk")
    assert finding.subject == f"media/{added}.png"
    assert (finding.evidence["days_left"], finding.severity) == (1, None)
    assert (finding.evidence["used_in"], finding.evidence["notes"]) == (["sd-main"], ["another"])


def test_what_another_directorys_older_files_refer_to_is_not_counted_here(shop: ProfileShop) -> None:
    added = shop.second.image("in the second.png")
    shop.main.file(f"notes/{NOTE}/snapshot.yjs", update_with([added]))
    shop.write()
    assert [one.subject for one in findings(shop, shop.second.root, "cleanup_risk")] == [f"media/{added}.png"]


def test_notes_that_the_database_does_not_have_are_not_counted(shop: ProfileShop) -> None:
    for note, image in (("known", shop.images[0]), ("unknown", shop.images[1])):
        shop.main.file(f"notes/{note}/snapshot.yjs", update_with([image]))
    shop.write()
    shop.sql("CREATE TABLE notes (id TEXT PRIMARY KEY, sd_id TEXT)")
    shop.sql("INSERT INTO notes VALUES ('known', ?), ('unknown', ?)", SD, OTHER_SD)
    found = {one.subject for one in findings(shop, shop.main.root, "cleanup_risk")}
    assert found == {f"media/{image}.png" for image in shop.images[1:]}


def test_a_row_of_another_directory_is_none_of_this_ones_clean_up(shop: ProfileShop) -> None:
    shop.write()
    shop.sql("UPDATE images SET sd_id = ?", OTHER_SD)  # the last one to register a picture has its row
    assert findings(shop, shop.main.root, "cleanup_risk") == []
    assert findings(shop, shop.second.root, "cleanup_risk") == []  # where the clean-up finds no file to remove


def test_a_row_with_the_name_of_another_picture_puts_that_one_at_risk(shop: ProfileShop) -> None:
    shop.write()
    shop.sql("DELETE FROM images")
    shop.sql("INSERT INTO images VALUES (?, ?, ?, 'image/png', NULL, NULL, 1, 1)", V4, SD, f"{shop.images[2]}.png")
    assert [one.subject for one in findings(shop, shop.main.root, "cleanup_risk")] == [f"media/{shop.images[2]}.png"]


def test_of_several_profiles_the_first_to_remove_a_picture_counts(shop: ProfileShop) -> None:
    shop.write()
    other = shop.bench.home / ".config" / "NoteCove" / "profiles" / "p"
    other.mkdir(parents=True)
    shutil.copy2(shop.database, other / "notecove.db")
    shop.profile.path = other / "notecove.db"
    shop.sql("UPDATE images SET created = created - ?", 10 * DAY_MS)
    assert {one.evidence["days_left"] for one in findings(shop, shop.main.root, "cleanup_risk")} == {4}


@pytest.mark.parametrize(
    ("created", "days_left"),
    [
        ("(SELECT max(created) FROM images) - 13 * 86400000.0 + 0.5", 1),
        ("-5", 0),
        ("-1e300", 0),
        ("NULL", 0),
        ("-9223372036854775808", 0),
        ("9e999", None),
        ("'some day'", None),
        ("x'ff'", None),
    ],
)
def test_a_time_of_any_type_is_what_it_is_for_the_program(
    shop: ProfileShop, created: str, days_left: int | None
) -> None:
    shop.write()
    shop.sql(f"UPDATE images SET created = {created} WHERE id = ?", shop.images[0])
    found = {one.subject: one for one in findings(shop, shop.main.root, "cleanup_risk")}
    risk = found.pop(f"media/{shop.images[0]}.png", None)
    assert (risk.evidence["days_left"] if risk is not None else None) == days_left
    assert len(found) == len(shop.images) - 1


# --- copies that the program does not read --------------------------------------------------------------------------


async def test_of_copies_the_one_that_the_program_reads_stays(shop: ProfileShop) -> None:
    shop.write()
    read = shop.main.image("a.png", content=b"same")
    shop.main.file("media/a.png", b"same")  # a shorter path, and older
    os.utime(shop.main.at("media/a.png"), ns=(1, 1))
    conflict = await look(shop, "duplicate_content")
    await shop.apply(conflict, "keep_one")
    assert shop.main.at(f"media/{read}.png").exists()
    assert not shop.main.at("media/a.png").exists()


async def test_a_copy_that_the_program_passes_over_is_not_kept_in_the_place_of_one(shop: ProfileShop) -> None:
    shop.write()
    shop.main.image("a.png", content=b"same")
    shop.main.file("media/a.png", b"same")
    conflict = await look(shop, "duplicate_content")
    plan = await shop.plan(conflict, "keep_one", "media/a.png")
    assert plan.items == ()
    assert "passes over the name media/a.png" in plan.refused[0].reason


def test_the_row_of_a_picture_that_is_used_elsewhere_and_absent_makes_no_claim_on_a_file(shop: ProfileShop) -> None:
    shop.profile.images.append(image_row(V4, SD, "odd name.png", 1, FIRST_MS))
    shop.write()
    use_in_second(shop, V4)
    assert [one.evidence["problems"] for one in findings(shop, shop.main.root, "index_bad_entry")] == [
        {"filename": "is not made of the id"}
    ]
