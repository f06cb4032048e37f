"""Take a file away only while it holds known bytes: what has its name at that very moment is never lost.

The file leaves its name first, for one of our own, and is looked at again there. Another version that somebody put
there in the last instant gets its name back. An interruption in between leaves the file under that name of ours, which
is never one of those that are thrown away unseen: `settle_removal` decides.
"""

import os
import re
import secrets
from contextlib import suppress

import xxhash

from inspector.fs.system import system
from inspector.fs.tree import Tree, reading, split_entry
from inspector.fs.write import changed_meanwhile

_NAME = re.compile(r"\.inspector-([0-9a-f]{16})-[0-9a-f]{8}\.gone\.tmp")


def is_removed(name: str) -> bool:
    """Whether a file of this name is what an interrupted removal left behind."""
    return _NAME.fullmatch(name) is not None


def remove_same(tree: Tree, path: str, data: bytes) -> os.stat_result:
    """Remove a file that holds these bytes; its state as it was. The caller flushes its folder.

    Raises:
        FileChangedError: where it holds others, also in the last instant; it is there.
        OSError: where it is not there, or cannot be read or removed.
    """
    parent, name = split_entry(path)
    with tree.folder(parent) as folder:
        if not _holds(folder, name, data):
            raise changed_meanwhile(path, "was changed")
        aside = f".inspector-{_hash_of(name)}-{secrets.token_hex(4)}.gone.tmp"
        system().rename_no_replace(name, aside, folder, folder)
        try:
            status = system().stat(aside, folder)
            same = _holds(folder, aside, data)
        except BaseException:
            _put_back(folder, aside, name)
            raise
        if not same:
            _put_back(folder, aside, name)
            raise changed_meanwhile(path, "was changed")
        system().unlink(aside, folder)
    return status


def settle_removal(tree: Tree, path: str, data: bytes) -> None:
    """Settle what an interrupted removal of a file with these bytes left: it goes, or another version comes back.

    Where something has the name by now, another version stays aside, under the name of ours.

    Raises:
        OSError: where it cannot be read, removed or put back; it may be done again.
    """
    parent, name = split_entry(path)
    with suppress(FileNotFoundError, NotADirectoryError), tree.folder(parent) as folder:
        for left in sorted(os.listdir(folder)):
            found = _NAME.fullmatch(left)
            if found is None or found[1] != _hash_of(name):
                continue
            if _holds(folder, left, data):
                system().unlink(left, folder)
            else:
                _put_back(folder, left, name)
            system().fsync_folder(folder)


def _holds(folder: int, name: str, data: bytes) -> bool:
    with reading(folder, name) as descriptor:
        if os.fstat(descriptor).st_size != len(data):
            return False
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(len(data) + 1) == data


def _put_back(folder: int, aside: str, name: str) -> None:
    with suppress(FileExistsError):  # yet another version came: both stay
        system().rename_no_replace(aside, name, folder, folder)


def _hash_of(name: str) -> str:
    return xxhash.xxh3_64_hexdigest(os.fsencode(name))
