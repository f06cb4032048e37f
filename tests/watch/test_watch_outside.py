"""Files outside a storage that its layers are read from: looked at with each check, as no event tells of them."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.model.watching import Change
from inspector.scenarios.builder import FIRST_TIME_NS
from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, image_row
from inspector.watch.events import Hold, Touch
from inspector.watch.outside import Outside
from tests.watching_bench import watching
from tests.workbench import Workbench

SD = "qCzxqo6dQEi7hSkc5dO5dw"


def changed(path: Path, hold: Hold = Hold.SETTLE) -> Touch:
    """What a look says of a file that changed."""
    return Touch("", hold, name=str(path), document=True)


def test_each_change_of_a_file_outside_is_noted_once(tmp_path: Path) -> None:
    path = tmp_path / "database"
    outside = Outside(lambda: [(str(path), f"{path}-wal")])
    assert outside.look() == []
    path.write_bytes(b"one")
    assert outside.look() == [changed(path)]
    assert outside.look() == []
    path.write_bytes(b"another")
    assert outside.look() == [changed(path)]
    os.utime(path, ns=(FIRST_TIME_NS, FIRST_TIME_NS))
    assert outside.look() == [changed(path)]
    path.unlink()
    assert outside.look() == [changed(path)]
    assert outside.look() == []


def test_a_file_whose_program_writes_keeps_the_storage_back_until_it_is_done(tmp_path: Path) -> None:
    path, log = tmp_path / "database", tmp_path / "database-wal"
    path.write_bytes(b"one")
    outside = Outside(lambda: [(str(path), str(log))])
    outside.look()
    log.write_bytes(b"changes")
    assert outside.look() == [changed(path, Hold.WRITING)]
    log.unlink()
    assert outside.look() == [changed(path)]


def test_a_file_in_a_folder_that_comes_and_goes_is_noted(tmp_path: Path) -> None:
    paths: list[Path] = []
    outside = Outside(lambda: [(str(path),) for path in paths])
    outside.look()
    (tmp_path / "new").write_bytes(b"one")
    paths.append(tmp_path / "new")
    paths.append(tmp_path / "not there")
    assert outside.look() == [changed(tmp_path / "new")]
    paths.clear()
    assert outside.look() == [changed(tmp_path / "new")]


class Desk:
    """A storage directory whose profile lies elsewhere, by default in the home folder, in order."""

    def __init__(self, bench: Workbench, profile: Path | None = None) -> None:
        self.bench = bench
        self.directory = NoteCoveBuilder(bench.root / "sd", SD)
        self.directory.image("first.png")
        self.profile = ProfileBuilder(profile or bench.home / ".config/NoteCove/profiles/p1").add(self.directory)
        self.profile.write()

    def register(self, image_id: str) -> None:
        """Enter a picture as the program does while it runs, and close the database."""
        name = self.directory.images[image_id]
        row = image_row(image_id, SD, name, self.directory.at(f"media/{name}").stat().st_size)
        with closing(sqlite3.connect(self.profile.path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.commit()


@pytest.fixture
def desk(bench: Workbench) -> Desk:
    """A storage directory and the database of its profile elsewhere."""
    return Desk(bench)


async def test_a_new_picture_is_told_to_be_unregistered_until_the_program_registers_it(desk: Desk) -> None:
    async with watching(desk.bench.engine, desk.directory.root) as watch:
        image_id = desk.directory.image("new.png")
        opened = await watch.until_conflict(Change.OPENED, "orphan_file")
        assert opened.conflict.path == f"media/{image_id}.png"
        desk.register(image_id)
        closed = await watch.until_conflict(Change.CLOSED, "orphan_file")
        assert closed.conflict.id == opened.conflict.id


async def test_the_database_of_a_profile_that_a_directory_was_opened_by_is_watched(bench: Workbench) -> None:
    desk = Desk(bench, bench.folder / "far away")
    (opened,) = await bench.engine.open_all(desk.profile.path.parent)
    assert opened.root == str(desk.directory.root)
    async with watching(bench.engine, desk.directory.root) as watch:
        image_id = desk.directory.image("new.png")
        await watch.until_conflict(Change.OPENED, "orphan_file")
        desk.register(image_id)
        await watch.until_conflict(Change.CLOSED, "orphan_file")


async def test_a_picture_that_is_registered_before_it_comes_is_missing_until_it_is_here(desk: Desk) -> None:
    image_id = desk.directory.image("late.png")
    name = desk.directory.images[image_id]
    there, away = desk.directory.at(f"media/{name}"), desk.bench.root / name
    there.rename(away)
    async with watching(desk.bench.engine, desk.directory.root) as watch:
        row = image_row(image_id, SD, name, away.stat().st_size)
        with closing(sqlite3.connect(desk.profile.path)) as connection:
            connection.execute("INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.commit()
        opened = await watch.until_conflict(Change.OPENED, "missing_file")
        assert opened.conflict.path == f"media/{name}"
        away.rename(there)
        await watch.until_conflict(Change.CLOSED, "missing_file")
