"""What the system will not do, or what stands in our own places: said with the path it is, before anything is lost."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.fs.system import Arguments, Result, System, use_system
from inspector.fs.tree import Tree
from inspector.model.errors import CatalogError
from inspector.model.operations import MovePath, Operation, WriteDocument
from inspector.model.plan import ItemState, Plan
from inspector.repair.history import batch_info
from inspector.repair.journal import has_ended
from inspector.repair.recovery import recover
from tests.repair.workshop import DONE, REFUSED, Workshop

FAILED = ItemState.FAILED
NOBODY = 65534


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


@contextmanager
def as_another_user(*folders: Path) -> Iterator[None]:
    """Be a user whom permissions hold back, who owns these folders and all in them."""
    if os.geteuid() != 0:
        yield
        return
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    above = [one for one in folders[0].parents if one.stat().st_mode & 0o005 != 0o005 and one.is_relative_to("/tmp")]
    modes = {one: one.stat().st_mode for one in above}
    for one in above:
        one.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        for one, mode in modes.items():
            one.chmod(mode)


def only(shop: Workshop, plan: Plan) -> tuple[ItemState, str]:
    """What became of the single item of a plan, whose batch came to its end."""
    batch = shop.apply(plan)
    (item,) = batch_info(shop.state, batch).items
    assert has_ended(shop.state, batch)
    return item.state, item.reason


def test_a_file_moves_a_thousand_folders_deep_and_back(shop: Workshop) -> None:
    before = shop.picture()
    target = "d/" * 1200 + "IMG.jpg"
    batch = shop.apply(shop.plan((shop.move("a.jpg", target),)))
    assert [item.state for item in batch_info(shop.state, batch).items] == [DONE]
    with Tree(str(shop.root)) as tree, tree.reading(target) as descriptor:
        assert os.read(descriptor, 100) == b"content of a.jpg"
    shop.undo(batch)
    assert shop.picture() == before
    assert not (shop.root / "d").exists()


def test_a_path_longer_than_the_system_takes_is_a_failed_item_in_words(shop: Workshop) -> None:
    before = shop.picture()
    target = "/".join(["d"] * 3000)
    state, reason = only(shop, shop.plan((shop.move("a.jpg", target),)))
    assert state is FAILED
    assert f"is longer ({len(target)} bytes) than the file system takes. Choose a shorter name." in reason
    assert shop.picture() == before
    assert not (shop.root / "d").exists()


def test_a_name_that_is_too_long_is_named(shop: Workshop) -> None:
    name = "n" * 256
    state, reason = only(shop, shop.plan((shop.move("a.jpg", name),)))
    assert state is FAILED
    assert reason.startswith(f"{name}: has a name of 256 bytes")


@pytest.mark.parametrize("work", ["take away", "move into", "move out", "rewrite"])
def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(shop: Workshop, work: str) -> None:
    closed = shop.root / "sub/closed"
    closed.mkdir(parents=True)
    for name in ("b.jpg", "index.json"):
        (closed / name).write_bytes((shop.root / name).read_bytes())
    if work == "rewrite":
        edit = shop.edit("list", 1, was="two")
        operation: Operation = WriteDocument("sub/closed/index.json", edit.expect_digest, edit.edits)
    elif work == "take away":
        operation = shop.take_away("sub/closed/b.jpg")
    elif work == "move into":
        operation = shop.move("b.jpg", "sub/closed/other.jpg")
    else:
        operation = shop.move("sub/closed/b.jpg", "other.jpg")
    before = shop.picture()
    closed.chmod(0o555)
    with as_another_user(shop.root, shop.state):
        state, reason = only(shop, shop.plan((operation,)))
    closed.chmod(0o755)
    assert state is FAILED
    assert reason == "sub/closed: cannot be written (permission denied). Make the folder writable, then apply again."
    assert shop.picture() == before


def test_a_root_that_cannot_be_written_is_named(shop: Workshop) -> None:
    shop.root.chmod(0o555)
    with as_another_user(shop.root, shop.state):
        state, reason = only(shop, shop.plan((shop.take_away("b.jpg"),)))
    assert state is FAILED
    wanted = f"{shop.root}: cannot be written (permission denied). Make the folder writable, then apply again."
    assert reason == wanted


def link(path: Path) -> None:
    """Put a link to something real there."""
    aside = path.parent.parent / "elsewhere"
    aside.mkdir(exist_ok=True)
    path.symlink_to(aside)


OWN = [
    (".inspector/manifest.jsonl", link, "is a link"),
    (".inspector/manifest.jsonl", Path.mkdir, "is no file"),
    (".inspector/manifest.jsonl", os.mkfifo, "is no file"),
    (".inspector/generations", link, "is a link"),
    (".inspector/generations", Path.touch, "is no folder"),
    (".inspector", Path.touch, "is no folder"),
    (".inspector", link, "is a link"),
]


@pytest.mark.parametrize(("path", "make", "what"), OWN)
def test_what_stands_in_our_own_place_is_named_before_anything_is_begun(
    shop: Workshop, path: str, make: Callable[[Path], None], what: str
) -> None:
    (shop.root / path).parent.mkdir(exist_ok=True)
    make(shop.root / path)
    before = shop.picture()
    state, reason = only(shop, shop.plan((shop.take_away("b.jpg"), shop.edit("files", "b", was="b.jpg"))))
    assert state is FAILED
    assert reason.startswith(f"{path}: {what}"), reason
    assert "then apply again." in reason
    assert shop.picture() == before


def test_what_somebody_else_put_into_our_place_is_not_used(shop: Workshop) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of another user")
    theirs = shop.root / ".inspector/generations"
    theirs.mkdir(parents=True)
    os.chown(theirs, 12345, 12345)
    state, reason = only(shop, shop.plan((shop.edit("files", "b", was="b.jpg"),)))
    assert state is FAILED
    assert reason.startswith(".inspector/generations: belongs to somebody else (user 12345)")


def cut_journal(shop: Workshop, batch: str, before: str) -> None:
    """Have a batch's program have ended before it said this; the journal is as of then."""
    path = shop.state / "journal" / f"{batch}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    last = next(number for number, text in enumerate(lines) if json.loads(text)["record"] == before)
    path.write_text("".join(lines[:last]))


def test_earlier_versions_behind_a_link_do_not_keep_a_batch_from_being_settled(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.edit("files", "b", was="b.jpg"),)))
    cut_journal(shop, batch, "documents done")
    written = (shop.root / "index.json").read_bytes()
    versions = shop.root / ".inspector/generations"
    versions.rename(shop.root.parent / "taken")
    versions.symlink_to(shop.root.parent / "taken")
    info = recover(shop.state, batch)
    assert has_ended(shop.state, batch)
    (item,) = info.items
    assert item.state is ItemState.UNFINISHED
    assert "index.json cannot come back, as .inspector/generations is a link" in item.reason
    assert (shop.root / "index.json").read_bytes() == written


def test_a_quarantine_folder_that_became_a_link_does_not_keep_a_batch_from_being_settled(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.take_away("b.jpg"),)))
    cut_journal(shop, batch, "result")
    taken = shop.root / ".inspector" / batch
    taken.rename(shop.root.parent / "taken")
    taken.symlink_to(shop.root.parent / "taken")
    (item,) = recover(shop.state, batch).items
    assert has_ended(shop.state, batch)
    assert item.state is ItemState.UNFINISHED
    assert f".inspector/{batch}: is a link" in item.reason


@pytest.mark.parametrize(("make", "what"), [(link, "is a link"), (Path.touch, "is no folder")])
def test_a_target_folder_that_is_none_is_named_and_not_the_file(
    shop: Workshop, make: Callable[[Path], None], what: str
) -> None:
    (shop.root / "sub").mkdir()
    make(shop.root / "sub/new")
    state, reason = only(shop, shop.plan((shop.move("a.jpg", "sub/new/a.jpg"),)))
    assert state is REFUSED
    assert reason.startswith(f"sub/new: {what}"), reason


def test_a_source_behind_a_link_is_named(shop: Workshop) -> None:
    move = MovePath("sub/a.jpg", "x.jpg", shop.seen("a.jpg"))
    (shop.root / "sub").symlink_to(shop.root)
    state, reason = only(shop, shop.plan((move,)))
    assert state is REFUSED
    assert reason.startswith("sub: is a link"), reason


def test_a_target_folder_that_is_taken_away_meanwhile_is_named(shop: Workshop) -> None:
    (shop.root / "sub").mkdir()
    gone = shop.root / "sub"

    class Rival(System):
        def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
            if name == "renameat2" and "y.jpg" in tuple[object, ...](arguments):
                (gone / "x.jpg").rename(shop.root / "kept.jpg")
                gone.rmdir()
            return function(*arguments)

    plan = shop.plan((shop.move("a.jpg", "sub/x.jpg"),), (shop.move("b.jpg", "sub/y.jpg"),))
    with use_system(Rival()):
        batch = shop.apply(plan)
    item = batch_info(shop.state, batch).items[1]
    assert item.state is REFUSED
    assert item.reason == "sub: was taken away meanwhile. Scan again."


def test_an_error_of_the_catalog_ends_in_words_whichever_work_met_it(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as raised, Engine(tmp_path / "state", tmp_path):
        raise sqlite3.OperationalError("database or disk is full")
    assert str(raised.value).endswith(
        "cannot be used: database or disk is full. Free some space, or name another folder with --state DIR."
    )
