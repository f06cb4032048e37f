"""What stands on the way to a path of a storage where a folder was to be, so that an error can name it."""

import os
import stat
from collections.abc import Iterator

from inspector.fs.tree import Tree
from inspector.model.relpath import split_path


def obstacle_on_the_way(tree: Tree, path: str) -> tuple[str, str] | None:
    """The first folder on the way to a path that is none, and what it is; None where there is none such.

    Raises:
        OSError: where that cannot be found out.
    """
    for folder in folders_above(path):
        parent, name = split_path(folder)
        with tree.folder(parent) as above:
            try:
                mode = os.stat(name, dir_fd=above, follow_symlinks=False).st_mode
            except FileNotFoundError:
                return None
        if not stat.S_ISDIR(mode):
            return folder, kind_in_words(mode)
    return None


def kind_in_words(mode: int) -> str:
    """What has a name that something else was to have."""
    if stat.S_ISLNK(mode):
        return "is a link, and links are never followed"
    return "is a folder" if stat.S_ISDIR(mode) else "is no folder"


def folders_above(path: str) -> Iterator[str]:
    """The folders on the way to a path, the root left out, the uppermost first."""
    position = path.find("/")
    while position > 0:
        yield path[:position]
        position = path.find("/", position + 1)
