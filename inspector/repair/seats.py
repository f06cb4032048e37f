"""Whether a storage is where it was: an unmounted drive leaves an empty folder behind, which is none."""

import os
from stat import S_ISDIR

from inspector.fs.servers import silent_server
from inspector.fs.tree import Tree
from inspector.model.errors import StorageOfflineError
from inspector.repair.store import OWN_FOLDER

Seat = tuple[int, int]
"""The device and the inode of a storage's root."""


def seat_now(root: str) -> Seat | None:
    """The seat of what is at `root` now; None where nothing is, or it cannot be asked."""
    if silent_server(root):
        return None
    try:
        status = os.stat(root)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def seat_of_tree(tree: Tree) -> Seat:
    """The seat of a root that is held open, wherever its path leads by now.

    Raises:
        OSError: where it cannot be asked.
    """
    with tree.folder("") as root:
        status = os.fstat(root)
    return status.st_dev, status.st_ino


def is_seated(root: str, seat: Seat | None) -> bool:
    """Whether the storage is at `root`: something of it is there, or it is the very folder that a batch has emptied.

    A folder of ours in it counts where files were taken into it. One with a list only may have been left in the mount
    point of a drive that had gone.
    """
    if silent_server(root):
        return False
    try:
        names = os.listdir(root)
        if any(name != OWN_FOLDER for name in names) or (names and _holds_folders(os.path.join(root, OWN_FOLDER))):
            return True
    except OSError:
        return False
    return seat is not None and seat_now(root) == seat


def _holds_folders(folder: str) -> bool:
    if not S_ISDIR(os.lstat(folder).st_mode):
        return False
    with os.scandir(folder) as entries:
        return any(entry.is_dir(follow_symlinks=False) for entry in entries)


def gone_away(root: str) -> StorageOfflineError:
    """The error for a storage that went away while it was worked on."""
    return StorageOfflineError("its storage is not there any more", path=root, advice="Connect its drive.")
