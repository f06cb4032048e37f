"""Whether a storage can be written at all, asked before a repair begins: one that cannot is said so at once."""

import os
from contextlib import suppress
from pathlib import Path

from inspector.repair.store import place_for


def why_not_writable(root: str, storage_id: str, state_folder: Path) -> tuple[str, str] | None:
    """Why nothing can be repaired in the storage at `root`, and what to do next; None where nothing stands against it.

    A single folder of it that cannot be written is found out by the items that are about it. Where the storage is not
    there nothing is said.
    """
    with suppress(OSError):
        if os.statvfs(root).f_flag & os.ST_RDONLY:
            return "its file system is mounted read-only", "Mount it for writing."
        place = place_for(root, storage_id, state_folder)
        if place.parent.is_dir() and not place.is_dir() and not _may_write(place.parent):
            advice = f"Get the permission to write to {place.parent}: what a repair takes away is kept there."
            return "you may not write to its folder", advice
    return None


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
