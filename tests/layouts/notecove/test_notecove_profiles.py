"""Profiles of NoteCove: where their databases are found, and what becomes of directories that two of them have."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.conflicts.choices import obstacle_to
from inspector.engine import Engine
from inspector.model.errors import NotAStorageError, UsageError
from inspector.model.operations import EditDatabase
from inspector.model.plan import ItemState
from inspector.model.records import StorageInfo
from inspector.scenarios.notecove import ProfileBuilder, content_id
from tests.layouts.notecove.profile_shop import SD, V4, ProfileShop
from tests.workbench import Workbench


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, without the database yet."""
    return ProfileShop(bench)


# --- a profile that is away from its directories --------------------------------------------------------------------


class Away:
    """A profile in a folder that nobody looks into by himself, and an engine that may be another one later."""

    def __init__(self, shop: ProfileShop, folder: Path) -> None:
        self.shop, self.bench = shop, shop.bench
        folder.mkdir()
        self.profile = ProfileBuilder(folder)
        shop.profile = self.profile
        shop.write()

    def start_anew(self, **settings: str) -> None:
        """End the program and start it again."""
        self.bench.engine.close()
        self.bench.engine = Engine(self.bench.state, self.bench.home, settings)

    async def layers(self, *paths: Path) -> dict[str, tuple[int, str]]:
        """The claims and the states of the layers of the first of what is at these paths, after a look at all."""
        opened = [one for path in paths for one in await self.bench.engine.open_all(path)]
        self.bench.ids = [one.id for one in opened]
        outcomes = await self.bench.engine.scan(self.bench.ids)
        assert [outcome.error for outcome in outcomes] == [None] * len(outcomes)
        return {layer.name: (layer.claims, layer.state) for layer in self.main().layers}

    def main(self) -> StorageInfo:
        """The first storage directory, as the catalog has it."""
        return next(one for one in self.bench.engine.storages() if one.identity == SD)


@pytest.fixture
def away(shop: ProfileShop, tmp_path: Path) -> Away:
    """A profile that has both directories, and is not beside them."""
    return Away(shop, tmp_path / "profile")


ABSENT = (0, "absent")


async def test_directories_that_were_opened_by_their_profile_are_read_with_it_ever_after(away: Away) -> None:
    assert (await away.layers(away.profile.path.parent))["notecove.db"] == (4, "ok")
    assert len(away.bench.ids) == 2
    away.start_anew()
    added = away.shop.main.image("new.png")
    assert (await away.layers(away.shop.main.root))["notecove.db"] == (4, "ok")
    assert [one.subject for one in away.bench.conflicts("orphan_file")] == [f"media/{added}.png"]
    away.shop.sql("INSERT INTO images VALUES (?, ?, ?, 'image/png', NULL, NULL, 1, 1)", added, SD, f"{added}.png")
    assert (await away.layers(away.shop.main.root))["notecove.db"] == (5, "ok")


async def test_a_directory_that_moves_keeps_the_profile_that_it_was_opened_by(away: Away, tmp_path: Path) -> None:
    await away.layers(away.profile.path)
    away.shop.main.root.rename(tmp_path / "moved")
    assert (await away.layers(tmp_path / "moved"))["notecove.db"] == (4, "ok")


async def test_a_directory_that_is_known_already_gets_the_database_of_a_profile_that_is_opened(away: Away) -> None:
    assert (await away.layers(away.shop.main.root))["notecove.db"] == ABSENT
    assert away.bench.conflicts("orphan_file", "missing_document") == []
    away.shop.sql("UPDATE storage_dirs SET path = '/srv/elsewhere/' || name")
    assert (await away.layers(away.profile.path.parent))["notecove.db"] == (4, "ok")
    assert [one.id for one in away.bench.engine.storages()] == away.bench.ids


async def test_rows_of_a_profile_that_a_directory_was_opened_by_are_repaired(away: Away) -> None:
    added = away.shop.main.image("new.png")
    await away.layers(away.profile.path)
    away.start_anew()
    await away.shop.apply(await away.shop.conflict("orphan_file"), "add_to_index")
    assert added in away.shop.rows()


@pytest.mark.parametrize("by_its_file", [False, True])
async def test_a_person_can_say_where_the_profile_is(away: Away, *, by_its_file: bool) -> None:
    path = away.profile.path
    away.start_anew(notecove_profile=str(path if by_its_file else path.parent))
    assert (await away.layers(away.shop.main.root))["notecove.db"] == (4, "ok")


def test_a_setting_that_makes_no_sense_is_refused(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no setting 'notecove'") as told:
        Engine(bench.state, bench.home, {"notecove": "/"})
    assert told.value.advice is not None
    assert "notecove_profile is the folder of a profile of NoteCove" in told.value.advice
    with pytest.raises(UsageError, match="is no profile of NoteCove"):
        Engine(bench.state, bench.home, {"notecove_profile": str(tmp_path)})
    with pytest.raises(UsageError, match="is not there"):
        Engine(bench.state, bench.home, {"notecove_profile": str(tmp_path / "nowhere")})


@pytest.mark.parametrize("content", [b"", "no tables", "other tables"])
async def test_a_database_without_the_programs_tables_is_said_and_opens_no_plain_folder(
    bench: Workbench, content: bytes | str
) -> None:
    bench.put("a.jpg", b"picture")
    path = bench.root / "notecove.db"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 3" if content == "no tables" else "CREATE TABLE x (y)")
            connection.commit()
    with pytest.raises(NotAStorageError, match="called like the database of a profile of NoteCove") as told:
        await bench.engine.open_all(bench.root)
    assert told.value.path == str(path)
    assert ("is empty" in told.value.message) is (content == b"")


async def test_a_database_that_is_reached_by_a_link_is_read_as_it_is(away: Away, tmp_path: Path) -> None:
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "notecove.db").symlink_to(away.profile.path)
    before = sorted(path.name for path in away.profile.path.parent.iterdir())
    assert (await away.layers(folder))["notecove.db"] == (4, "ok")
    assert sorted(path.name for path in folder.iterdir()) == ["notecove.db"]
    assert sorted(path.name for path in away.profile.path.parent.iterdir()) == before


# --- a directory that two profiles have -----------------------------------------------------------------------------


def second_profile(shop: ProfileShop) -> Path:
    """The database of another profile that has the same directories, with the same rows."""
    folder = shop.bench.home / ".config" / "NoteCove"
    folder.mkdir(parents=True)
    shutil.copy2(shop.database, folder / "notecove.db")
    return folder / "notecove.db"


def image_rows(database: Path) -> dict[str, tuple[str, int]]:
    """The file names and sizes of the pictures that a database registers, by their ids."""
    with closing(sqlite3.connect(database)) as connection:
        return {row[0]: row[1:] for row in connection.execute("SELECT id, filename, size FROM images")}


async def test_a_picture_that_two_profiles_register_gets_its_new_id_in_both(shop: ProfileShop) -> None:
    shop.main.image("old.png", image_id=V4)
    shop.write()
    other = second_profile(shop)
    before = shop.state(), image_rows(other)
    new = content_id(shop.main.read(f"media/{V4}.png"))
    batch = await shop.apply(await shop.conflict("random_name"), "re_address")
    assert len(batch.items) == 2
    assert shop.main.at(f"media/{new}.png").exists()
    for rows in (image_rows(shop.database), image_rows(other)):
        assert V4 not in rows
        assert rows[new][0] == f"{new}.png"
    assert shop.bench.conflicts("missing_file", "orphan_file", "random_name") == []
    await shop.undo(batch)
    assert (shop.state(), image_rows(other)) == before


async def test_a_picture_that_two_profiles_register_leaves_both_with_its_file(shop: ProfileShop) -> None:
    shop.main.image("again.png", image_id=V4, content=shop.main.read(f"media/{shop.images[0]}.png"))
    shop.write()
    other = second_profile(shop)
    before = shop.state(), image_rows(other)
    batch = await shop.apply(await shop.conflict("duplicate_content"), "keep_one")
    assert not shop.main.at(f"media/{V4}.png").exists()
    assert V4 not in image_rows(shop.database)
    assert V4 not in image_rows(other)
    await shop.undo(batch)
    assert (shop.state(), image_rows(other)) == before


async def test_the_size_that_two_profiles_register_is_put_right_in_both(shop: ProfileShop) -> None:
    shop.write()
    shop.sql("UPDATE images SET size = 7 WHERE id = ?", shop.images[0])
    other = second_profile(shop)
    batch = await shop.apply(await shop.conflict("size_mismatch"), "accept_content")
    assert len(batch.items) == 2
    size = len(shop.main.read(f"media/{shop.images[0]}.png"))
    assert image_rows(shop.database)[shop.images[0]][1] == image_rows(other)[shop.images[0]][1] == size


@pytest.mark.parametrize("first_is_open", [True, False])
async def test_while_the_program_of_one_profile_runs_only_its_own_database_is_left(
    shop: ProfileShop, *, first_is_open: bool
) -> None:
    shop.main.image("old.png", image_id=V4)
    shop.write()
    other = second_profile(shop)
    conflict = await shop.conflict("random_name")
    plan = await shop.plan(conflict, "re_address")
    assert [item.after.rpartition(", in ")[2] for item in plan.items] == [str(shop.database), str(other)]
    edits = (one for item in plan.items for one in item.operations if isinstance(one, EditDatabase))
    first, second = (Path(edit.path) for edit in edits)
    assert {first, second} == {shop.database, other}
    locked = first if first_is_open else second
    (locked.parent / "profile.lock").write_text(f'{{"pid": {os.getpid()}}}')
    batch = (await shop.bench.engine.repairs.apply(plan)).batch
    states = [item.state for item in batch.items]
    if first_is_open:  # the file goes with its row, and the other row would not follow to nowhere
        assert states == [ItemState.REFUSED, ItemState.REFUSED]
        assert shop.main.at(f"media/{V4}.png").exists()
        assert V4 in image_rows(first)
    else:
        assert states == [ItemState.DONE, ItemState.REFUSED]
        assert V4 not in image_rows(first)
        (left,) = [one for one in shop.bench.conflicts("missing_file") if V4 in one.subject]
        assert not obstacle_to(left, "drop_entry")
    assert V4 in image_rows(second)
