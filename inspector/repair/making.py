"""Make small files and folders, and take away again what was made, as long as it is as it was made."""

import errno
import os

from inspector.fs.moves import Moves
from inspector.fs.removal import remove_same
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import NotDurableError, replace_file
from inspector.model.operations import FileState, MakePath, UnmakePath
from inspector.model.relpath import split_path

_STAYS = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR})
"""What is no error when a folder is dropped: something is in it, or it is not there."""


def make(tree: Tree, moves: Moves, operation: MakePath) -> FileState:
    """Make a file or a folder; what is known of the file then.

    Raises:
        TargetExistsError: where something has the name of the file.
        OSError: where it cannot be made; it is as if it had not been begun.
    """
    if operation.text is None:
        with tree.taking_back(), tree.folder(operation.path, create=True):
            return FileState()
    data = text_bytes(operation.text)
    try:
        replace_file(tree, operation.path, data, like=None, mtime_ns=operation.mtime_ns)
    except NotDurableError:
        moves.arrived(tree, operation.path)  # it is flushed once more, and refused there if need be
    with tree.reading(operation.path) as descriptor:
        status = os.fstat(descriptor)
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino)


def unmake(tree: Tree, moves: Moves, operation: UnmakePath) -> FileState:
    """Take a file away that is as it was made; what was known of it. Folders around it are dropped by the caller.

    Of a folder itself nothing is said where something is in it by now: it stays.

    Raises:
        FileChangedError: where it holds something else by now; it is there.
        OSError: where it is not there, or cannot be taken away.
    """
    if operation.text is None:
        for folder in operation.drop_folders:
            _drop(tree, folder)
        return FileState()
    status = remove_same(tree, operation.path, text_bytes(operation.text))
    moves.arrived(tree, operation.path)  # its folder is to be flushed
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino)


def _drop(tree: Tree, folder: str) -> None:
    parent, name = split_path(folder)
    try:
        with tree.folder(parent) as above:
            system().rmdir(name, above)
    except OSError as error:
        if error.errno not in _STAYS:
            raise


def text_bytes(text: str) -> bytes:
    """The bytes of a file that holds a text, which may have surrogates for such that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")
