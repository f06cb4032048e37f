"""Look at our own folders in a storage before anything is begun: it may have brought them along to lead elsewhere."""

import os
import stat

from inspector.fs.obstacles import kind_in_words
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import WriteFailedError
from inspector.repair.failures import shown
from inspector.repair.kept_versions import GENERATIONS
from inspector.repair.manifest import MANIFEST

_ADVICE = "Look at it and move it away, then apply again."


def expect_own_place(storage: Tree, place: Tree, batch: str) -> None:
    """Return if what is in a place under our own names is what we make there, or nothing.

    Raises:
        WriteFailedError: where it is a link, of another kind, or somebody else's; it names the path.
        OSError: where the place cannot be looked at.
    """
    with storage.folder("") as root, place.folder("") as folder:
        owners = {os.fstat(root).st_uid, os.fstat(folder).st_uid, os.geteuid() if hasattr(os, "geteuid") else 0}
        for name, is_right in ((MANIFEST, stat.S_ISREG), (GENERATIONS, stat.S_ISDIR), (batch, stat.S_ISDIR)):
            try:
                status = system().stat(name, folder)
            except FileNotFoundError:
                continue
            wrong = ""
            if not is_right(status.st_mode):
                wrong = "is no file" if name == MANIFEST and not _is_link(status) else kind_in_words(status.st_mode)
            elif status.st_uid not in owners:
                wrong = f"belongs to somebody else (user {status.st_uid})"
            if wrong:
                raise WriteFailedError(wrong, path=shown(storage.root, place, name), advice=_ADVICE)


def _is_link(status: os.stat_result) -> bool:
    return stat.S_ISLNK(status.st_mode)
