"""Files that are listed and are not there: opening one has the sync program download it; pure."""

import os
import re

from inspector.model.sync import SyncProgram

_STUB = re.compile(r"\..+\.icloud|.+\.(?:nextcloud|owncloud)")
"""iCloud's `.NAME.EXT.icloud`, and the virtual files of Nextcloud's and ownCloud's clients on Linux."""
_MOST_STUB_BYTES = 1024
_DATALESS = 0x40000000  # macOS, SF_DATALESS
_RECALL = 0x400000 | 0x40000 | 0x1000  # Windows: RECALL_ON_DATA_ACCESS, RECALL_ON_OPEN, OFFLINE
_LEAST_BYTES_OF_A_BLOCK = 4096
"""Smaller files may have no block of their own on some file systems."""


def may_be_anywhere() -> bool:
    """Whether this system has flags that mark placeholders, so that any folder may hold some."""
    return hasattr(os.stat_result, "st_flags") or hasattr(os.stat_result, "st_file_attributes")


def placeholder_reason(
    name: str, status: os.stat_result, program: SyncProgram | None, *, small_may_be_here: bool = False
) -> str | None:
    """Why a file must not be opened, in words, or None. `program` is the one that owns its folder.

    Without a flag of the system, a file of some size without one block is a placeholder only where a program that makes
    such files owns the folder: elsewhere it is a sparse file. With `small_may_be_here` the file system may keep a small
    file without a block.
    """
    if getattr(status, "st_flags", 0) & _DATALESS:
        return "online only"
    if getattr(status, "st_file_attributes", 0) & _RECALL:
        return "online only"
    if status.st_size <= _MOST_STUB_BYTES and _STUB.fullmatch(name):
        return "a stub in place of a file that is online only"
    blocks = getattr(status, "st_blocks", None)
    least = _LEAST_BYTES_OF_A_BLOCK if small_may_be_here else 1
    if program is not None and program.placeholders and blocks == 0 and status.st_size >= least:
        return f"has no bytes on this disk; {program.title} would download it"
    return None
