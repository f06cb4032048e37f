"""The files of one storage that are listed and never opened by ourselves, since that would download them."""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root
from inspector.fs.profile import file_system_of, may_keep_small_files_without_blocks
from inspector.model.errors import DocumentError
from inspector.model.relpath import split_path
from inspector.sync.placeholders import may_be_anywhere, placeholder_reason
from inspector.sync.programs import owner_of


class OnlineOnly:
    """Finds placeholders in the folders of a storage; asks nothing of the files where there can be none."""

    def __init__(self, root: str) -> None:
        owner = owner_of(root)
        self._root = root
        self._program = owner[0] if owner is not None else None
        self._small_may_be_here = may_keep_small_files_without_blocks(file_system_of(root))
        self.is_possible = may_be_anywhere() or (self._program is not None and self._program.placeholders)

    def among(self, folder: int, names: Sequence[bytes], altered: Collection[bytes] = ()) -> frozenset[bytes]:
        """Those of some names in an open folder that are placeholders.

        Of the `altered`, whose bytes were here, one without a block is taken for one however small it is.
        """
        if not self.is_possible:
            return frozenset()
        return frozenset(name for name in names if self._is_one(folder, name, was_here=name in altered))

    def reason(self, name: str, status: os.stat_result, *, was_here: bool = False) -> str | None:
        """Why a file of this name and stat must not be opened, in words, or None."""
        if not self.is_possible:
            return None
        may_be_here = self._small_may_be_here and not was_here
        return placeholder_reason(name, status, self._program, small_may_be_here=may_be_here)

    def reason_at(self, path: str) -> str | None:
        """Why the file at a path of the storage must not be opened; None too where it cannot be looked at."""
        if not self.is_possible:
            return None
        above, name = split_path(path)
        with suppress(OSError, ValueError):  # whoever opens it finds out
            root_fd = open_root(self._root)
            try:
                folder = open_beneath(root_fd, above, FOLDER_FLAGS)
            finally:
                os.close(root_fd)
            try:
                return self.reason(name, os.stat(os.fsencode(name), dir_fd=folder, follow_symlinks=False))
            finally:
                os.close(folder)
        return None

    def _is_one(self, folder: int, name: bytes, *, was_here: bool) -> bool:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            return False  # whoever reads it finds out
        return self.reason(os.fsdecode(name), status, was_here=was_here) is not None


def refuse_online_only(root: str, path: str) -> None:
    """Refuse to open a file of a storage that a program would download for that.

    Raises:
        DocumentError: the file is online only.
    """
    if OnlineOnly(root).reason_at(path) is not None:
        raise DocumentError("is online only; to show it would download it", path=path)
