"""A small storage, the changes that tests make to it, and the systems that they make them on."""

import errno
import os
from pathlib import Path

import xxhash

from inspector.fs.exchange import exchange_file, is_exchanged
from inspector.fs.moves import Moves
from inspector.fs.write import Tree, copy_no_clobber, is_temporary, move_no_clobber, replace_file, sync_folders

OLD, NEW, PICTURE = b'{"old": 1}' * 20, b'{"new": 2}' * 30, b"\xff\xd8picture" * 50
TIME_NS = 1_600_000_000_123_456_789

State = dict[str, tuple[bytes, int, int] | None]
"""Every path of a storage but temporary files: content, permissions and mtime (ns) of a file, None for a folder."""


def build_storage(root: Path) -> None:
    """Make an index and three pictures, with permissions and times that are not the usual ones."""
    for path, data in {"index.json": OLD, "a/one.jpg": PICTURE, "a/two.jpg": b"two", "a/three.jpg": b"three"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        (root / path).chmod(0o640)
        os.utime(root / path, ns=(TIME_NS, TIME_NS))


def state_of(root: Path) -> State:
    """What is in a storage."""
    state: State = {}
    for path in root.rglob("*"):
        if is_temporary(path.name) or is_exchanged(path.name):
            continue
        status = path.lstat()
        name = str(path.relative_to(root))
        state[name] = None if path.is_dir() else (path.read_bytes(), status.st_mode & 0o7777, status.st_mtime_ns)
    return state


def temporaries(root: Path) -> list[Path]:
    """The temporary files of ours that are left in a storage."""
    return [path for path in root.rglob("*") if is_temporary(path.name) or is_exchanged(path.name)]


def replace(tree: Tree) -> None:
    """Rewrite the index."""
    like = os.stat(Path(tree.root) / "index.json")
    replace_file(tree, "index.json", NEW, like=like, mtime_ns=TIME_NS + 5)


def exchange(tree: Tree) -> None:
    """Rewrite the index, with a look at what comes out."""
    like = os.stat(Path(tree.root) / "index.json")
    digest = xxhash.xxh3_128_hexdigest(OLD)
    exchange_file(tree, "index.json", NEW, like=like, digest=digest, mtime_ns=TIME_NS + 5)


def create(tree: Tree) -> None:
    """Write a document that is new, in folders that are new."""
    replace_file(tree, "new/deep/sidecar.json", NEW, like=None, mtime_ns=TIME_NS)


def move(tree: Tree) -> None:
    """Move a picture into new folders."""
    move_no_clobber(tree, "a/one.jpg", "b/c/one.jpg")


def rename(tree: Tree) -> None:
    """Give a picture another name in its folder."""
    move_no_clobber(tree, "a/one.jpg", "a/uno.jpg")


def move_many(tree: Tree) -> None:
    """Move all pictures and flush the folders in the end."""
    for name in ("one", "two", "three"):
        move_no_clobber(tree, f"a/{name}.jpg", f"b/{name}.jpg", sync=False)
    sync_folders(tree, ["b", "a"])


def move_together(tree: Tree) -> None:
    """Move files between folders in both directions and within one, all made certain in the end."""
    with Moves() as moves:
        for source, target in (
            ("a/one.jpg", "b/one.jpg"),
            ("a/two.jpg", "a/deux.jpg"),
            ("a/three.jpg", "b/three.jpg"),
            ("index.json", "a/index.json"),
        ):
            moves.move(tree, source, tree, target, lambda _: None)
        moves.flush()


def copy(tree: Tree) -> None:
    """Copy a picture into a new folder."""
    copy_no_clobber(tree, "a/one.jpg", tree, "b/one.jpg")


def other_device(name: str, arguments: tuple[object, ...]) -> int | None:
    """Every target is on another device than its source."""
    return errno.EXDEV if name == "renameat2" and not is_temporary(str(arguments[0])) else None


def no_renameat2(name: str, _: object) -> int | None:
    """A kernel without renameat2."""
    return errno.ENOSYS if name in {"renameat2", "exchange"} else None


def no_links_either(name: str, _: object) -> int | None:
    """A file system without renameat2 and links."""
    return {"renameat2": errno.EINVAL, "exchange": errno.EINVAL, "link": errno.EPERM}.get(name)
