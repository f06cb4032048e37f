"""Writing to storages: what is kept, what is refused, and what real file systems make of it."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xxhash

from inspector.fs.system import use_system
from inspector.fs.write import (
    FileChangedError,
    NotDurableError,
    TargetExistsError,
    Tree,
    copy_no_clobber,
    digest_of,
    free_bytes,
    move_no_clobber,
    replace_file,
    same_bytes,
    write_failed,
)
from tests.fs.fault_system import FaultSystem, Refusal
from tests.fs.writing import (
    NEW,
    OLD,
    PICTURE,
    TIME_NS,
    build_storage,
    copy,
    create,
    move,
    move_many,
    no_links_either,
    no_renameat2,
    other_device,
    rename,
    replace,
    state_of,
    temporaries,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A storage with an index and three pictures."""
    root = tmp_path / "root"
    build_storage(root)
    return root


@pytest.fixture
def tree(root: Path) -> Iterator[Tree]:
    """The storage, open."""
    with Tree(str(root)) as tree:
        yield tree


# Replacing


def test_a_replaced_file_keeps_permissions_and_attributes(root: Path, tree: Tree) -> None:
    (root / "index.json").chmod(0o400)
    try:
        os.setxattr(root / "index.json", "user.origin", b"phone")
    except OSError:
        pytest.skip("the file system of the temporary folder has no attributes")
    replace_file(tree, "index.json", NEW, like=os.stat(root / "index.json"))
    assert (root / "index.json").read_bytes() == NEW
    assert (root / "index.json").stat().st_mode & 0o7777 == 0o400
    assert os.getxattr(root / "index.json", "user.origin") == b"phone"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_replaced_file_keeps_its_owner(root: Path, tree: Tree) -> None:
    os.chown(root / "index.json", 1234, 2345)
    replace_file(tree, "index.json", NEW, like=os.stat(root / "index.json"))
    status = os.stat(root / "index.json")
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 2345, 0o640)


def test_a_file_that_changed_meanwhile_is_not_replaced(root: Path, tree: Tree) -> None:
    like = os.stat(root / "index.json")
    (root / "index.json").write_bytes(b"somebody else's")
    with pytest.raises(FileChangedError, match=r"index\.json: was changed meanwhile"):
        replace_file(tree, "index.json", NEW, like=like)
    assert (root / "index.json").read_bytes() == b"somebody else's"
    assert temporaries(root) == []


def test_a_link_in_the_place_of_a_file_is_neither_followed_nor_replaced(root: Path, tree: Tree) -> None:
    like = os.stat(root / "index.json")
    (root / "index.json").rename(root / "elsewhere.json")
    (root / "index.json").symlink_to("elsewhere.json")
    with pytest.raises(FileChangedError, match="something else than a file"):
        replace_file(tree, "index.json", NEW, like=like)
    assert (root / "index.json").read_bytes() == OLD


def test_a_new_file_does_not_replace_one_that_is_there(root: Path, tree: Tree) -> None:
    with pytest.raises(TargetExistsError):
        replace_file(tree, "index.json", NEW, like=None)
    assert (root / "index.json").read_bytes() == OLD


def test_names_of_full_length_can_be_written_and_moved(root: Path, tree: Tree) -> None:
    name = "é" * 125 + ".json"
    replace_file(tree, name, NEW, like=None)
    move_no_clobber(tree, name, f"a/{name}")
    assert copy_no_clobber(tree, f"a/{name}", tree, name) == xxhash.xxh3_128_hexdigest(NEW)


# Moving and copying


@pytest.mark.parametrize("refuse", [None, no_renameat2, no_links_either, other_device])
def test_nothing_is_moved_or_copied_over_a_file(root: Path, tree: Tree, refuse: Refusal | None) -> None:
    old = state_of(root)
    with use_system(FaultSystem(refuse=refuse)):
        with pytest.raises(TargetExistsError, match=r"a/two\.jpg: is there already"):
            move_no_clobber(tree, "a/one.jpg", "a/two.jpg")
        with pytest.raises(TargetExistsError):
            copy_no_clobber(tree, "a/one.jpg", tree, "a/two.jpg")
    assert state_of(root) == old


def test_nothing_is_written_through_a_linked_folder(root: Path, tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "out").symlink_to(tmp_path / "outside")
    for target in ("out/one.jpg", "out/new/one.jpg", "../outside/one.jpg", "a/..", "", "a/nul\0.jpg"):
        with pytest.raises(OSError):
            move_no_clobber(tree, "a/one.jpg", target)
        with pytest.raises(OSError):
            replace_file(tree, target, NEW, like=None)
    assert os.listdir(tmp_path / "outside") == []
    assert (root / "a/one.jpg").exists()


def test_folders_that_were_made_are_told_and_taken_back_when_the_move_fails(root: Path, tree: Tree) -> None:
    move_no_clobber(tree, "a/one.jpg", "b/c/one.jpg")
    assert tree.created == ["b", "b/c"]
    with pytest.raises(FileNotFoundError):
        move_no_clobber(tree, "a/none.jpg", "d/e/none.jpg")
    assert tree.created == ["b", "b/c"]
    assert not (root / "d").exists()


def test_a_file_moves_to_another_storage(root: Path, tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Tree(str(tmp_path / "other")) as other:
        move_no_clobber(tree, "a/one.jpg", "one.jpg", target_tree=other)
    assert (tmp_path / "other/one.jpg").read_bytes() == PICTURE
    assert not (root / "a/one.jpg").exists()


def test_a_file_that_holds_other_bytes_than_it_should_is_not_copied(root: Path, tree: Tree) -> None:
    digest = xxhash.xxh3_128_hexdigest(PICTURE)
    assert copy_no_clobber(tree, "a/one.jpg", tree, "good.jpg", digest=digest) == digest
    (root / "a/one.jpg").write_bytes(PICTURE[::-1])
    with pytest.raises(FileChangedError, match="does not hold the bytes any more"):
        copy_no_clobber(tree, "a/one.jpg", tree, "new/bad.jpg", digest=digest)
    assert not (root / "new").exists()


def test_a_copy_that_does_not_read_back_right_is_no_copy(root: Path, tree: Tree) -> None:
    class Rotten(FaultSystem):
        def write_all(self, descriptor: int, data: bytes | memoryview) -> None:
            super().write_all(descriptor, bytes(len(data)))

    old = state_of(root)
    with use_system(Rotten(refuse=other_device)), pytest.raises(OSError, match="does not read back"):
        move_no_clobber(tree, "a/one.jpg", "b/one.jpg")
    assert state_of(root) == old


def test_a_file_that_is_written_to_meanwhile_stays_where_it_is(root: Path, tree: Tree) -> None:
    class Busy(FaultSystem):
        def fsync(self, descriptor: int) -> None:
            (root / "a/one.jpg").write_bytes(b"edited")

    with use_system(Busy(refuse=other_device)), pytest.raises(FileChangedError):
        move_no_clobber(tree, "a/one.jpg", "b/one.jpg")
    assert (root / "a/one.jpg").read_bytes() == b"edited"
    assert not (root / "b/one.jpg").exists()


def test_many_moves_flush_each_folder_once(tree: Tree) -> None:
    flushed = []

    class Watched(FaultSystem):
        def fsync(self, descriptor: int) -> None:
            flushed.append(os.readlink(f"/proc/self/fd/{descriptor}").removeprefix(tree.root))

    with use_system(Watched()):
        move_many(tree)
    assert flushed == ["", "/b", "/a"]


# Reading


def test_a_digest_comes_with_the_state_it_was_read_in(root: Path, tree: Tree) -> None:
    digest, status = digest_of(tree, "a/one.jpg")
    assert digest == xxhash.xxh3_128_hexdigest(PICTURE)
    assert (status.st_size, status.st_mtime_ns) == (len(PICTURE), TIME_NS)


def test_files_of_the_same_bytes_are_told_from_others(root: Path, tree: Tree) -> None:
    (root / "same.jpg").write_bytes(PICTURE)
    (root / "other.jpg").write_bytes(PICTURE[:-1] + b"?")
    assert same_bytes(tree, "a/one.jpg", tree, "same.jpg")
    assert not same_bytes(tree, "a/one.jpg", tree, "other.jpg")
    assert not same_bytes(tree, "a/one.jpg", tree, "a/two.jpg")


def test_a_failed_write_is_explained_with_its_number_path_and_advice() -> None:
    text = str(write_failed(OSError(errno.ENOSPC, "No space left on device"), "a/one.jpg"))
    assert text.startswith("a/one.jpg: was left as it is (ENOSPC: No space left on device). Free some space")
    assert "may not survive" in str(write_failed(NotDurableError(errno.EIO, "Input/output error"), "a/one.jpg"))


# Real file systems


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "inspector-test", str(folder)]
    mount = subprocess.run(command, capture_output=True, text=True, check=False)
    if mount.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_drive_keeps_what_it_has(tmp_path: Path) -> None:
    with _mounted(tmp_path / "drive", "size=256k") as root:
        build_storage(root)
        (root / "big.jpg").write_bytes(bytes(150_000))
        old = state_of(root)
        with Tree(str(root)) as tree:
            assert free_bytes(tree) < 256 * 1024 - 150_000
            with pytest.raises(OSError, match="No space left"):
                replace_file(tree, "index.json", bytes(300_000), like=os.stat(root / "index.json"))
            with pytest.raises(OSError, match="No space left"):
                copy_no_clobber(tree, "big.jpg", tree, "new/big.jpg")
            assert state_of(root) == old
            assert temporaries(root) == []
            replace_file(tree, "index.json", NEW, like=os.stat(root / "index.json"))
            move_no_clobber(tree, "big.jpg", "new/big.jpg")
        assert (root / "index.json").read_bytes() == NEW


def test_a_read_only_drive_refuses_every_change(tmp_path: Path) -> None:
    with _mounted(tmp_path / "drive", "size=256k") as root:
        build_storage(root)
        old = state_of(root)
        subprocess.run(["mount", "-o", "remount,ro", str(root)], check=True)
        for change in (replace, create, move, rename, copy):
            with Tree(str(root)) as tree, pytest.raises(OSError) as refused:
                change(tree)
            assert refused.value.errno == errno.EROFS
        assert state_of(root) == old


def test_a_file_moves_onto_a_drive_that_is_mounted_in_the_storage(root: Path, tree: Tree) -> None:
    with _mounted(root / "drive", "size=256k") as drive:
        move_no_clobber(tree, "a/one.jpg", "drive/new/one.jpg")
        assert state_of(drive) == {"new": None, "new/one.jpg": (PICTURE, 0o640, TIME_NS)}
        assert not (root / "a/one.jpg").exists()
        assert temporaries(root) == []
