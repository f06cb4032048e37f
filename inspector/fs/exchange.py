"""Replace a document beside programs that heed no lock: what had its name comes out whole and is looked at.

The two files exchange their names in one step, so that a version which somebody put there in the last instant is not
overwritten: it comes out, is seen to be another one, and goes back. An interruption in between leaves what came out, or
the new bytes, under a name of our own that tells whose it was. Such a file may be a person's only copy, so that it is
never one of those that are thrown away by their name (`is_temporary`): `settle_exchange` decides.
"""

import os
import re
import secrets
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, suppress

import xxhash

from inspector.fs.system import NO_SUCH_CALL, let_go, system
from inspector.fs.tree import Tree, digest_bytes, reading, split_entry
from inspector.fs.write import (
    changed_meanwhile,
    digest_of,
    expect_same,
    fill_like,
    flush_folder,
    temporary_file,
)

_NAME = re.compile(r"\.inspector-([0-9a-f]{16})-[0-9a-f]{8}\.out\.tmp")
_ATTEMPTS = 20
_ONLY_HOLD = getattr(os, "O_PATH", os.O_NONBLOCK)


def is_exchanged(name: str) -> bool:
    """Whether a file of this name is what an interrupted exchange left behind."""
    return _NAME.fullmatch(name) is not None


def exchange_file(
    tree: Tree, path: str, data: bytes, *, like: os.stat_result, digest: str, mtime_ns: int | None = None
) -> None:
    """As `replace_file` for a file that is there, but what has the name at the very moment is not lost.

    `digest` is the XXH3-128 (hex) of the file that `like` is the state of.

    On a file system that cannot exchange names it is what `replace_file` does: a write by another program between the
    last look at the file and the rename over it is lost then.

    Raises:
        FileChangedError: as `replace_file` does, also where the file was changed in the last instant; it is there.
        NotDurableError: where it was replaced but the folder could not be flushed.
        OSError: for any other failure; the old file is there, or it has the name of an interrupted exchange.
    """
    parent, name = split_entry(path)
    with tree.folder(parent) as folder:
        with temporary_file(folder, 0o600) as (descriptor, temporary):
            fill_like(descriptor, data, folder, name, like, mtime_ns)
            ours = system().fstat(descriptor)
            expect_same(folder, name, like, path)
            aside = f".inspector-{_hash_of(name)}-{secrets.token_hex(4)}.out.tmp"
            system().rename_no_replace(temporary, aside, folder, folder)
            try:
                _exchange(folder, aside, name, (like, digest), ours, path)
            except BaseException:
                with suppress(OSError):
                    if os.path.samestat(system().stat(aside, folder), ours):
                        system().unlink(aside, folder)
                raise
        flush_folder(folder, path)


def _exchange(
    folder: int, aside: str, name: str, known: tuple[os.stat_result, str], ours: os.stat_result, path: str
) -> None:
    """Exchange the names and let go of what came out, or put it back where it is not the `known` file."""
    try:
        system().exchange(aside, name, folder, folder)
    except FileNotFoundError:
        raise changed_meanwhile(path, "was taken away") from None
    except OSError as error:
        if error.errno not in NO_SUCH_CALL:
            raise
        system().rename(aside, name, folder, folder)
        return
    try:
        if _is_same(folder, aside, *known):
            system().unlink(aside, folder)
            return
    except BaseException:
        with suppress(OSError):
            _put_back(folder, aside, name, ours)
        raise
    _put_back(folder, aside, name, ours)
    raise changed_meanwhile(path, "was changed")


def _put_back(folder: int, aside: str, name: str, placed: os.stat_result) -> None:
    """Give the name to what came out of it last; `placed` is what we gave it to.

    Where yet another version comes meanwhile, that has the name in the end, and the one before stays aside.
    """
    with ExitStack() as held:  # what is open keeps its inode, so that no later version can be taken for it
        for _ in range(_ATTEMPTS):
            descriptor = system().open(aside, _ONLY_HOLD, dir_fd=folder)
            held.callback(let_go, descriptor)
            system().exchange(aside, name, folder, folder)
            if os.path.samestat(system().stat(aside, folder), placed):
                return
            placed = system().fstat(descriptor)


def _is_same(folder: int, name: str, known: os.stat_result, digest: str) -> bool:
    """Whether a file is the known one, to the byte: versions of one size may be written in one instant."""
    status = system().stat(name, folder)
    if not stat.S_ISREG(status.st_mode):
        return False
    if (status.st_size, status.st_mtime_ns) != (known.st_size, known.st_mtime_ns):
        return False
    with reading(folder, name) as descriptor:
        return digest_bytes(descriptor, status.st_size) == digest


def settle_exchange(
    tree: Tree, path: str, *, safe: Collection[str], replaceable: Collection[str], keep: Callable[[str], None]
) -> None:
    """Settle what interrupted exchanges of one document left: nothing goes that is not somewhere else.

    Args:
        safe: the digests of what may go: it is kept elsewhere, or was made by us.
        replaceable: the digests of what is not a person's word on the document, where it has the name: what was left
            beside it goes in its place.
        keep: keeps the file at a path of the storage somewhere else, certain on return; it is removed then.

    Raises:
        OSError: where something cannot be read, put back or removed; it may be done again.
    """
    parent, name = split_entry(path)
    for left in list(_left_of(tree, parent, name)):
        aside = f"{parent}/{left}" if parent else left
        for _ in range(_ATTEMPTS):
            digest = _digest(tree, aside)
            if digest in safe:
                _remove(tree, parent, left)
                break
            if _digest(tree, path) in replaceable and _put_in_place(tree, parent, left, name):
                continue
            if digest is not None:
                keep(aside)
                _remove(tree, parent, left)
            break


def _left_of(tree: Tree, parent: str, name: str) -> Iterator[str]:
    own = _hash_of(name)
    with suppress(FileNotFoundError, NotADirectoryError), tree.folder(parent) as folder:
        for left in sorted(os.listdir(folder)):
            found = _NAME.fullmatch(left)
            if found is not None and found[1] == own:
                yield left


def _put_in_place(tree: Tree, parent: str, left: str, name: str) -> bool:
    """Exchange the two names; False where the file system cannot do that."""
    with tree.folder(parent) as folder:
        try:
            system().exchange(left, name, folder, folder)
        except OSError as error:
            if error.errno not in NO_SUCH_CALL:
                raise
            return False
        system().fsync_folder(folder)
    return True


def _remove(tree: Tree, parent: str, left: str) -> None:
    with tree.folder(parent) as folder:
        system().unlink(left, folder)
        system().fsync_folder(folder)


def _digest(tree: Tree, path: str) -> str | None:
    """The digest of a file; None where there is none, or something else."""
    parent, name = split_entry(path)
    with tree.folder(parent) as folder:
        try:
            if not stat.S_ISREG(system().stat(name, folder).st_mode):
                return None
        except FileNotFoundError:
            return None
    return digest_of(tree, path)[0]


def _hash_of(name: str) -> str:
    return xxhash.xxh3_64_hexdigest(os.fsencode(name))
