"""A storage's root held open, and the folders and files below it reached without following a link."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import xxhash

from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath, open_root
from inspector.fs.system import let_go, system
from inspector.model.relpath import split_path

BLOCK_BYTES = 1 << 20
"""How much is read at once."""
_PATH_MAX = 4096
"""How many bytes a path may have for the system, with the NUL at its end."""


class Tree:
    """A storage's root held open, so that it stays the same folder whatever is mounted or renamed meanwhile.

    `created` lists the folders that were made in it, parents first. For one thread.
    """

    def __init__(self, root: str) -> None:
        """`root` is opened when the context begins."""
        self.root = root
        self.created: list[str] = []
        self._descriptor = -1

    def __enter__(self) -> "Tree":
        self._descriptor = open_root(self.root)
        return self

    def __exit__(self, *_: object) -> None:
        let_go(self._descriptor)
        self._descriptor = -1

    def folder(self, path: str, *, create: bool = False) -> AbstractContextManager[int]:
        """The descriptor of a folder, reached without a link. With `create`, missing ones are made, and made durable.

        Raises:
            OSError: as `open_beneath` and mkdir do; folders made until then are taken back.
        """
        return _opened(self._folder(path, create))

    def reading(self, path: str) -> AbstractContextManager[int]:
        """The descriptor of a regular file for reading, reached without a link.

        Raises:
            OSError: as `open_beneath` does; EINVAL where it is no regular file.
        """
        return reading(self._descriptor, path)

    @contextmanager
    def taking_back(self) -> Iterator[None]:
        """Remove the folders that were made meanwhile, if they are empty, when an error ends the context."""
        since = len(self.created)
        try:
            yield
        except BaseException:
            with suppress(OSError):
                while len(self.created) > since:
                    parent, name = split_path(self.created[-1])
                    with self.folder(parent) as above:
                        system().rmdir(name, above)
                    self.created.pop()
            raise

    def _folder(self, path: str, create: bool) -> int:
        missing: list[str] = []
        while True:
            try:
                found = open_beneath(self._descriptor, path, FOLDER_FLAGS)
                break
            except FileNotFoundError:
                if not create or not path:
                    raise
            if not missing:
                self._expect_reachable(path)
            missing.append(path)
            path = split_entry(path)[0]
        if not missing:
            return found
        with self.taking_back():
            return self._made(found, reversed(missing))

    def is_reachable(self, path: str) -> bool:
        """Whether the whole path is one that the system takes: what is longer is never made, though parts of it are."""
        return len(os.fsencode(os.path.join(self.root, path))) < _PATH_MAX

    def _expect_reachable(self, path: str) -> None:
        if not self.is_reachable(path):
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)

    def _made(self, above: int, folders: Iterable[str]) -> int:
        """Make folders, each within the one before, below the open one `above`, which is closed; opens the last."""
        for path in folders:
            name = split_path(path)[1]
            try:
                with suppress(FileExistsError):
                    system().mkdir(name, above)
                    self.created.append(path)
                system().fsync_folder(above)
                following = open_beneath(above, name, FOLDER_FLAGS)
            finally:
                let_go(above)
            above = following
        return above


def reading(folder: int, path: str) -> AbstractContextManager[int]:
    """The descriptor of a regular file below the open `folder`, reached without a link.

    Raises:
        OSError: as `open_beneath` does; EINVAL where it is no regular file.
    """
    descriptor = open_beneath(folder, path, FILE_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
    except BaseException:
        let_go(descriptor)
        raise
    return _opened(descriptor)


def blocks(descriptor: int, size: int) -> Iterator[memoryview]:
    """The rest of an open file of about `size` bytes, in blocks, each valid until the next one is asked for."""
    buffer = memoryview(bytearray(min(BLOCK_BYTES, size + 1)))
    while count := system().read_into(descriptor, buffer):
        yield buffer[:count]


def digest_bytes(descriptor: int, size: int) -> str:
    """The XXH3-128 (hex) of the rest of an open file of about `size` bytes."""
    state = xxhash.xxh3_128()
    for block in blocks(descriptor, size):
        state.update(block)
    return state.hexdigest()


def split_entry(path: str) -> tuple[str, str]:
    """The folder and the name of an entry that may be written.

    Raises:
        OSError: EINVAL where the last part is no name.
    """
    folder, name = split_path(path)
    if name in {"", ".", ".."} or "\0" in name:
        raise OSError(errno.EINVAL, "not a name that a file can have", path)
    return folder, name


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        let_go(descriptor)
