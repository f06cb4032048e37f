"""What is away stays away: no copy stands for a directory, and what a profile that is not read says is not known."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.conflicts.choices import obstacle_to
from inspector.engine import Engine
from inspector.model.errors import UsageError
from inspector.model.records import Conflict, StorageInfo, StorageState
from inspector.scenarios.notecove import update_with
from tests.layouts.notecove.profile_shop import OTHER_SD, SD, V4, ProfileShop
from tests.workbench import Workbench

UNKNOWN = "not all notes of the profile's other directories could be read"


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, the first with the same picture twice, without the database yet."""
    shop = ProfileShop(bench)
    shop.main.image("a.png", image_id=V4, content=b"same")
    shop.main.image("a.png", content=b"same")
    return shop


async def copies(shop: ProfileShop) -> Conflict:
    """Look at the first directory; the picture that is there twice."""
    await shop.bench.scan(roots=(shop.main.root,))
    (conflict,) = shop.bench.conflicts("duplicate_content")
    return conflict


def told(shop: ProfileShop) -> list[str]:
    """The reasons of what is said to be missing."""
    return [one.evidence["reason"] for one in shop.bench.conflicts("missing_document")]


async def opened_by_profile(shop: ProfileShop) -> dict[str, StorageInfo]:
    """Open and scan what the profile stands for; by the identities."""
    opened = await shop.bench.engine.open_all(shop.database)
    shop.bench.ids = [one.id for one in opened]
    await shop.bench.engine.scan(shop.bench.ids)
    return {one.identity: one for one in shop.bench.engine.storages()}


# --- directories that are away --------------------------------------------------------------------------------------


async def test_an_old_copy_does_not_stand_for_a_directory_that_is_away(shop: ProfileShop, tmp_path: Path) -> None:
    shop.write()
    copy = shop.bench.root / "backup"
    shutil.copytree(shop.second.root, copy)
    shop.second.log("newer", [update_with([V4])])
    shop.second.root.rename(tmp_path / "unplugged")
    reason = obstacle_to(await copies(shop), "keep_one")
    assert UNKNOWN in reason
    assert f"{copy} has its id and may be a copy: open that folder if it is this directory" in reason
    assert any(str(shop.second.root) in one for one in told(shop))


async def test_a_directory_that_moved_counts_once_a_person_has_opened_it(shop: ProfileShop) -> None:
    shop.write()
    moved = shop.bench.root / "moved"
    shop.second.root.rename(moved)
    assert UNKNOWN in obstacle_to(await copies(shop), "keep_one")
    await shop.bench.scan(roots=(moved,))
    assert obstacle_to(await copies(shop), "keep_one") == ""
    assert told(shop) == []


async def test_opening_a_profile_never_turns_a_storage_into_a_copy_of_it(shop: ProfileShop, tmp_path: Path) -> None:
    newest = shop.second.image("newest.png")
    shop.write()
    before = await opened_by_profile(shop)
    shutil.copytree(shop.second.root, shop.bench.root / "backup")
    (shop.bench.root / "backup" / "media" / f"{newest}.png").unlink()
    shop.second.root.rename(tmp_path / "unplugged")
    away = await opened_by_profile(shop)
    assert away.keys() == before.keys() == {SD, OTHER_SD}
    second = away[OTHER_SD]
    assert (second.id, second.root, second.state) == (before[OTHER_SD].id, str(shop.second.root), StorageState.OFFLINE)
    assert shop.bench.conflicts("missing_file") == []
    (tmp_path / "unplugged").rename(shop.second.root)
    back = (await opened_by_profile(shop))[OTHER_SD]
    assert (back.root, back.state) == (str(shop.second.root), StorageState.READY)


async def test_a_copy_is_not_opened_where_the_profile_is_in_use_on_this_machine(
    shop: ProfileShop, tmp_path: Path
) -> None:
    shop.write()
    shutil.copytree(shop.second.root, shop.bench.root / "backup")
    shop.second.root.rename(tmp_path / "unplugged")
    assert (await opened_by_profile(shop)).keys() == {SD}


# --- profiles that are not known or cannot be read ------------------------------------------------------------------


async def test_without_a_profile_no_picture_is_taken_away_and_everything_else_can_be_done(shop: ProfileShop) -> None:
    conflict = await copies(shop)
    reason = await shop.refused(conflict, "keep_one")
    assert "no profile is known that has this storage directory" in reason
    assert "--setting notecove_profile=FOLDER" in reason
    shop.main.file(".sd-id", "a1b2c3d4-e5f6-4890-abcd-ef1234567890")
    await shop.bench.scan(roots=(shop.main.root,))
    (ids,) = shop.bench.conflicts("storage_id_mismatch")
    await shop.apply(ids, "unify_id")
    assert told(shop) == []


async def test_a_named_database_that_cannot_be_read_is_said_whatever_it_holds(
    shop: ProfileShop, tmp_path: Path
) -> None:
    shop.write()
    far = tmp_path / "far"
    far.mkdir()
    shop.database.rename(far / "notecove.db")
    data = (far / "notecove.db").read_bytes()
    (far / "notecove.db").write_bytes(bytes(byte ^ 0x5A for byte in data))
    start_anew(shop, far)
    assert UNKNOWN in obstacle_to(await copies(shop), "keep_one")
    (unreadable,) = shop.bench.conflicts("index_unparsable")
    assert unreadable.evidence["document"] == str(far / "notecove.db")


def start_anew(shop: ProfileShop, profile: Path) -> None:
    """Start the program again, with the profile that a person names."""
    shop.bench.engine.close()
    shop.bench.engine = Engine(shop.bench.state, shop.bench.home, {"notecove_profile": str(profile)})


async def test_a_named_profile_that_does_not_have_the_directory_is_said(shop: ProfileShop, tmp_path: Path) -> None:
    far = tmp_path / "far"
    far.mkdir()
    shop.profile.path = far / "notecove.db"
    shop.profile.add(shop.second).write()
    start_anew(shop, far)
    await copies(shop)
    assert told(shop) == [
        f"notecove_profile names {far}/notecove.db, which does not have this storage directory: name another one, or "
        "none"
    ]
    with closing(sqlite3.connect(far / "notecove.db")) as connection:
        connection.execute("DROP TABLE storage_dirs")
    await copies(shop)
    (reason,) = told(shop)
    assert "which is none of NoteCove's" in reason
    (far / "notecove.db").write_bytes(b"")
    with pytest.raises(UsageError, match=r"its notecove\.db is empty"):
        start_anew(shop, far)


async def test_a_directory_of_an_old_install_is_known_by_its_path_through_a_link(
    shop: ProfileShop, tmp_path: Path
) -> None:
    shop.write()
    shop.second.log("another", [update_with([V4])])
    (tmp_path / "link").symlink_to(shop.bench.root)
    shop.sql("UPDATE images SET sd_id = 'default' WHERE sd_id = ?", SD)
    shop.sql(
        "UPDATE storage_dirs SET id = 'default', uuid = NULL, path = ? WHERE id = ?", f"{tmp_path}/link/sd-main", SD
    )
    conflict = await copies(shop)
    layers = {layer.name: layer.state for layer in shop.bench.engine.storage(conflict.storage_id).layers}
    assert (layers["notecove.db"], layers["notes elsewhere"]) == ("ok", "ok")
    plan = await shop.plan(conflict, "keep_one")
    assert "it is in use" in plan.items[0].after


async def test_a_directory_whose_id_is_no_text_may_use_any_picture(shop: ProfileShop) -> None:
    shop.write()
    shop.second.log("another", [update_with([V4])])
    shop.sql("UPDATE storage_dirs SET id = x'fffe' WHERE id = ?", OTHER_SD)
    assert UNKNOWN in obstacle_to(await copies(shop), "keep_one")
    odd = [one for one in shop.bench.conflicts("index_bad_entry") if one.subject == "notecove.db:storage_dirs"]
    assert [one.evidence["count"] for one in odd] == [1]


# --- profiles that are remembered -----------------------------------------------------------------------------------


async def test_a_profile_that_is_gone_is_named_and_can_be_forgotten(shop: ProfileShop, tmp_path: Path) -> None:
    shop.write()
    backup = tmp_path / "backup"
    backup.mkdir()
    shutil.copy2(shop.database, backup / "notecove.db")
    await shop.bench.engine.open_all(backup)
    shutil.rmtree(backup)
    reason = obstacle_to(await copies(shop), "keep_one")
    assert f"the profile {backup}, by which this storage directory was opened, is not there" in reason
    assert f"inspector storages --forget-place '{backup}'" in reason
    assert len(told(shop)) == 1
    forgotten = await shop.bench.engine.forget_gathering(backup)
    assert {one.identity for one in forgotten} == {SD, OTHER_SD}
    await shop.bench.scan(roots=(shop.second.root,))
    assert obstacle_to(await copies(shop), "keep_one") == ""
    assert told(shop) == []
    assert await shop.bench.engine.forget_gathering(backup) == []


# --- pictures that are in a directory that was not opened -----------------------------------------------------------


async def test_a_missing_picture_that_another_directory_has_is_copied_once_that_one_is_opened(
    shop: ProfileShop,
) -> None:
    registered = shop.main.image("registered.png")
    shop.write()
    used = shop.main.image("used.png")
    shop.main.log("another", [update_with([used])])
    for image_id in (registered, used):
        shop.second.file(f"media/{image_id}.png", shop.main.read(f"media/{image_id}.png"))
        shop.main.delete(f"media/{image_id}.png")
    await shop.bench.scan(roots=(shop.main.root,))
    (reason,) = told(shop)
    assert (
        f"2 pictures that are missing here are in 'sd-second', which was not opened: open {shop.second.root}" in reason
    )
    for kind in ("missing_file", "missing_reference"):
        (conflict,) = shop.bench.conflicts(kind)
        assert f"it is in {shop.second.root}, which was not opened: open that first" in (
            await shop.refused(conflict, "restore_copy")
        )
    await shop.bench.scan(roots=(shop.second.root,))
    await shop.bench.scan(roots=(shop.main.root,))
    assert told(shop) == []
    for kind in ("missing_file", "missing_reference"):
        (conflict,) = shop.bench.conflicts(kind)
        await shop.apply(conflict, "restore_copy")
