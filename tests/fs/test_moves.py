"""Moves that are made certain together."""

import errno
import os
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from inspector.fs.moves import Moves
from inspector.fs.system import use_system
from inspector.fs.write import FileChangedError, NotDurableError, TargetExistsError, Tree
from tests.fs.fault_system import FaultSystem, Loss, PowerCut
from tests.fs.writing import PICTURE, build_storage

CHAIN = (("a/one.jpg", "b/one.jpg"), ("b/one.jpg", "c/one.jpg"), ("a/two.jpg", "a/one.jpg"), ("c/one.jpg", "a/two.jpg"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small storage."""
    build_storage(tmp_path / "root")
    return tmp_path / "root"


def go(tree: Tree, *pairs: tuple[str, str]) -> None:
    """Make these moves together."""
    with Moves() as moves:
        for source, target in pairs:
            moves.move(tree, source, tree, target, lambda _: None)
        moves.flush()


def test_a_power_cut_in_a_chain_of_moves_leaves_every_content_somewhere(tmp_path: Path) -> None:
    for number in count(1):
        for loss in _losses(tmp_path, number):
            root = tmp_path / "root"
            faults = _cut(tmp_path, number)
            faults.disk.lose_unsynced(loss)
            contents = [path.read_bytes() for path in root.rglob("*.jpg")]
            assert {PICTURE, b"two", b"three"} <= set(contents), (number, loss)
        if not faults.fired:
            break
    assert number > 10


def _losses(folder: Path, number: int) -> list[Loss]:
    return list(_cut(folder, number).disk.losses())


def _cut(folder: Path, number: int) -> FaultSystem:
    for name in ("root", "graveyard"):
        shutil.rmtree(folder / name, ignore_errors=True)
    build_storage(folder / "root")
    faults = FaultSystem(cut_at=number, graveyard=folder / "graveyard")
    with Tree(str(folder / "root")) as tree, use_system(faults), suppress(PowerCut):
        go(tree, *CHAIN)
    return faults


def test_what_somebody_else_wants_to_see_decides(root: Path) -> None:
    def refuse(_: os.stat_result) -> None:
        raise FileChangedError("is another one", path="a/one.jpg")

    with Tree(str(root)) as tree, Moves() as moves, pytest.raises(FileChangedError):
        moves.move(tree, "a/one.jpg", tree, "new/one.jpg", refuse)
    assert not (root / "new").exists()


def test_nothing_is_overwritten_and_new_folders_go_again(root: Path) -> None:
    with Tree(str(root)) as tree, Moves() as moves:
        with pytest.raises(TargetExistsError):
            moves.move(tree, "a/one.jpg", tree, "a/two.jpg", lambda _: None)
        with pytest.raises(OSError, match="not a regular file"):
            moves.move(tree, "a", tree, "new/a", lambda _: None)
        with pytest.raises(FileNotFoundError):
            moves.move(tree, "a/none.jpg", tree, "new/none.jpg", lambda _: None)
    assert not (root / "new").exists()


def test_more_folders_than_are_held_open_at_once(root: Path) -> None:
    for number in range(150):
        (root / f"from{number}").mkdir()
        (root / f"from{number}/x.jpg").write_bytes(b"x")
    before = len(os.listdir("/proc/self/fd"))
    with Tree(str(root)) as tree:
        go(tree, *((f"from{number}/x.jpg", f"to{number}/x.jpg") for number in range(150)))
    assert len(list(root.glob("to*/x.jpg"))) == 150
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_flush_that_failed_on_the_way_is_told_by_the_last_one(root: Path) -> None:
    failing = FaultSystem(refuse=lambda name, _: errno.EIO if name == "fsync" else None)
    with Tree(str(root)) as tree, Moves() as moves:
        moves.move(tree, "a/one.jpg", tree, "a/uno.jpg", lambda _: None)
        with use_system(failing):
            assert not moves.try_flush()
        with pytest.raises(NotDurableError):
            moves.flush()
        moves.flush()
