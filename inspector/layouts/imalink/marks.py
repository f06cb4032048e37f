"""The files that mark a folder as an ImaLink storage; looked for in every folder that is opened, so cheap to import."""

import os

from inspector.layouts.imalink.names import (
    ARCHIVE_MANIFEST,
    ARCHIVE_SESSION,
    ARCHIVE_TREE,
    LEGACY_INDEX,
    LEGACY_PREFIX,
    MASTER,
    SIGNATURE,
)
from inspector.layouts.json_text import storable


def holds(root: str, name: str) -> bool:
    """Whether something called `name` is in `root`.

    Raises:
        OSError: where that cannot be told.
    """
    try:
        os.lstat(os.path.join(root, name))
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def is_marked(root: str) -> bool:
    """Whether `root` holds a signature, an index or what marks a storage of an older program.

    Raises:
        OSError: where that cannot be told.
    """
    return holds(root, SIGNATURE) or holds(root, MASTER) or is_legacy_index(root) or is_archive(root)


def is_legacy_index(root: str) -> bool:
    """Whether `root` is a storage folder of the first program."""
    return folder_name(root).startswith(LEGACY_PREFIX) and holds(root, LEGACY_INDEX)


def is_archive(root: str) -> bool:
    """Whether `root` is an archive of the program's first phase."""
    return holds(root, ARCHIVE_SESSION) and (holds(root, ARCHIVE_MANIFEST) or holds(root, ARCHIVE_TREE))


def folder_name(root: str) -> str:
    """The name of the root folder, to be shown and stored."""
    return storable(os.path.basename(root.rstrip("/")) or root)
