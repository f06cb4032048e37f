"""The files of one storage that are listed and never opened by ourselves, since that would download them."""

import os
from collections.abc import Sequence
from contextlib import suppress

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root
from inspector.model.errors import DocumentError
from inspector.model.relpath import split_path
from inspector.sync.placeholders import may_be_anywhere, placeholder_reason
from inspector.sync.programs import owner_of


class OnlineOnly:
    """Finds placeholders in the folders of a storage; asks nothing of the files where there can be none."""

    def __init__(self, root: str) -> None:
        owner = owner_of(root)
        self._program = owner[0] if owner is not None else None
        self.is_possible = may_be_anywhere() or (self._program is not None and self._program.placeholders)

    def among(self, folder: int, names: Sequence[bytes]) -> frozenset[bytes]:
        """Those of some names in an open folder that are placeholders."""
        if not self.is_possible:
            return frozenset()
        return frozenset(name for name in names if self._is_one(folder, name))

    def _is_one(self, folder: int, name: bytes) -> bool:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            return False  # whoever reads it finds out
        return placeholder_reason(os.fsdecode(name), status, self._program) is not None


def refuse_online_only(root: str, path: str) -> None:
    """Refuse to open a file of a storage that a program would download for that.

    Raises:
        DocumentError: the file is online only.
    """
    online_only = OnlineOnly(root)
    if not online_only.is_possible:
        return
    above, name = split_path(path)
    with suppress(OSError):  # whoever opens it finds out
        root_fd = open_root(root)
        try:
            folder = open_beneath(root_fd, above, FOLDER_FLAGS)
        finally:
            os.close(root_fd)
        try:
            absent = online_only.among(folder, [os.fsencode(name)])
        finally:
            os.close(folder)
        if absent:
            raise DocumentError("is online only; to show it would download it", path=path)
