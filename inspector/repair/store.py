"""Where what a repair takes away is kept: quarantine and earlier versions of documents.

The place is on the storage's own file system, so that moving there is a rename, and outside every folder that a sync
program watches: a file moved within such a folder would be uploaded, and moved out of it, deleted on every peer.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from inspector.fs.system import let_go, system
from inspector.fs.tree import Tree
from inspector.sync.programs import Mark, mark_of

OWN_FOLDER = ".inspector"
_OUTSIDE_FOLDER = ".inspector-quarantine"
OWN_FOLDERS = frozenset({OWN_FOLDER, _OUTSIDE_FOLDER})
"""The names of folders of ours in a storage or beside it."""
_STATE_FOLDER = "quarantine"
IS_A_LINK = "is a link, which is never followed"
"""What is said of a folder of ours that is one."""


def place_for(root: str, storage_id: str, state_folder: Path) -> Path:
    """The folder that what is taken out of the storage at `root` goes to now; nothing is made yet.

    Raises:
        OSError: where the storage is not there.
    """
    folder = Path(root)
    device = os.stat(folder).st_dev
    marked = [(one, found[1]) for one in (folder, *folder.parents) if (found := mark_of(one)) is not None]
    if not marked:
        return folder / OWN_FOLDER
    synced, mark = marked[0]
    beside = synced.parent
    if mark is Mark.ROOT and len(marked) == 1 and beside != synced and _is_writable(beside, device):
        return beside / _OUTSIDE_FOLDER / storage_id
    return state_folder / _STATE_FOLDER / storage_id


def known_places(
    root: str,
    storage_id: str,
    state_folder: Path,
    former_ids: Iterable[str] = (),
    former_roots: Iterable[str] = (),
) -> list[Path]:
    """Every folder that holds something that was taken out of a storage, the one of `place_for` first.

    There are others where the storage came under a sync program, or left it, since something was taken away, or was
    known by one of `former_ids` or lay at one of `former_roots` then. One that is a link, or somebody else's, is left
    out. A storage that is not there has none.
    """
    try:
        present = place_for(root, storage_id, state_folder)
        owners = {os.stat(root).st_uid, _user()}
    except OSError:
        return []
    ids = dict.fromkeys((storage_id, *former_ids))
    above = dict.fromkeys(parent for one in (root, *former_roots) for parent in Path(one).parents)
    outside = [parent / _OUTSIDE_FOLDER / one for parent in above for one in ids]
    others = [Path(root) / OWN_FOLDER, *outside, *(state_folder / _STATE_FOLDER / one for one in ids)]
    found = [folder for folder in others if folder != present and _is_ours(folder, owners)]
    return found if is_linked(present) else [present, *found]


def odd_place(root: str, storage_id: str, state_folder: Path) -> tuple[Path, str] | None:
    """A folder of ours that a storage's things were taken to, and that is none any more, with what it is; or None.

    A storage that is not there has none.
    """
    try:
        places = dict.fromkeys((place_for(root, storage_id, state_folder), Path(root) / OWN_FOLDER))
    except OSError:
        return None
    for place in places:
        for folder in (place.parent, place) if place.parent.name == _OUTSIDE_FOLDER else (place,):
            with suppress(OSError):
                mode = os.lstat(folder).st_mode
                if not stat.S_ISDIR(mode):
                    return folder, IS_A_LINK if stat.S_ISLNK(mode) else "is no folder"
    return None


def make_place(folder: Path, storage: Tree) -> None:
    """Make a place's folder, for its owner only, so that a power cut does not take it back.

    `storage` is the tree of the storage, held open: beside it, or in it, nothing is made on another device, as where
    its drive has gone and left an empty mount point.

    Raises:
        OSError: ELOOP where a link is in its place, which a storage may have brought along to lead elsewhere; ENOTDIR
            where a file is; ENOENT where the storage is not there.
    """
    if os.path.islink(folder):
        raise OSError(errno.ELOOP, IS_A_LINK, str(folder))
    if folder.is_dir():
        return
    if os.path.lexists(folder):
        raise OSError(errno.ENOTDIR, "is no folder", str(folder))
    is_beside = folder.name in {OWN_FOLDER, _OUTSIDE_FOLDER}  # what it lies in is a person's, and has gone if not there
    if not is_beside:
        make_place(folder.parent, storage)
    try:
        _make_folder(folder, storage if is_beside else None)
    except FileNotFoundError:  # another storage's repair has just dropped the one above, which was empty
        if is_beside:
            raise
        make_place(folder.parent, storage)
        _make_folder(folder, None)


def _make_folder(folder: Path, storage: Tree | None) -> None:
    """Make a folder, and make it durable; with `storage` in that or on its device only."""
    above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if storage is not None and not _belongs(above, folder, storage):
            raise FileNotFoundError(errno.ENOENT, "is not the storage's any more", str(folder.parent))
        with suppress(FileExistsError):
            os.mkdir(folder.name, 0o700, dir_fd=above)
        system().fsync_folder(above)
    finally:
        let_go(above)


def _belongs(above: int, folder: Path, storage: Tree) -> bool:
    """Whether an open folder is the one that `folder` is to be made in, and no empty mount point in its place."""
    with storage.folder("") as root:
        one, other = os.fstat(above), os.fstat(root)
    return os.path.samestat(one, other) if folder.name == OWN_FOLDER else one.st_dev == other.st_dev


def drop_empty_place(folder: Path) -> None:
    """Remove a place's folder, and the one of all storages beside a synced folder, where nothing is in them."""
    above = [folder, folder.parent] if folder.parent.name == _OUTSIDE_FOLDER else [folder]
    for one in above:
        try:
            parent = os.open(one.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                system().rmdir(one.name, parent)
            finally:
                let_go(parent)
        except OSError:
            return  # something is in it, or it is a link


def _is_writable(folder: Path, device: int) -> bool:
    try:
        return os.stat(folder).st_dev == device and os.access(folder, os.W_OK)
    except OSError:
        return False


def _is_ours(folder: Path, owners: Collection[int]) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners and not is_linked(folder)


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def is_linked(folder: Path) -> bool:
    """Whether a place, or the folder of ours that it lies in, is a link, which may lead elsewhere."""
    return os.path.islink(folder) or (folder.name != OWN_FOLDER and os.path.islink(folder.parent))
