"""Our own state folder, where it lies within a storage: what is in it is no part of that."""

import os
from collections.abc import Iterable
from pathlib import Path

from inspector.fs.servers import real_path
from inspector.model.relpath import split_path


class OwnFolder:
    """Tells which paths of one storage are in the state folder; none where that lies elsewhere."""

    def __init__(self, root: str, state_folder: Path) -> None:
        """`root` is the storage's; both are compared as they really are, whatever links lead there."""
        within = os.path.relpath(os.path.realpath(state_folder), real_path(root))
        self._path = None if within == "." or within.split("/")[0] == ".." else within

    def holds(self, path: str) -> bool:
        """Whether a path relative to the root is the state folder, or in it."""
        return self._path is not None and (path == self._path or path.startswith(f"{self._path}/"))

    def without(self, folder: str, names: Iterable[str]) -> list[str]:
        """Those of the names of folders within `folder` that are not the state folder's."""
        if self._path is not None and split_path(self._path)[0] == folder:
            return [name for name in names if name != split_path(self._path)[1]]
        return list(names)
