"""List the folders of a storage directory, and read its documents, without following a link."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root


class Entry(NamedTuple):
    """A name in a folder; `status` is of the thing itself, never of what a link leads to."""

    name: str
    status: os.stat_result

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.status.st_mode)


class Tree:
    """A storage directory held open, so that its folders are reached whatever happens to its path."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.unlisted = 0
        """How many folders are there and could not be listed."""

    def stream(self, folder: str) -> Iterator[Entry]:
        """What a folder holds, in whatever order, one after the other.

        Raises:
            OSError: where it is not there, is no folder, is reached over a link, or cannot be listed.
        """
        descriptor = open_beneath(self._descriptor, folder, FOLDER_FLAGS)
        try:
            with os.scandir(descriptor) as listing:
                for entry in listing:
                    try:
                        yield Entry(entry.name, entry.stat(follow_symlinks=False))
                    except FileNotFoundError:
                        continue  # it went away just now
        finally:
            os.close(descriptor)

    def stream_if_any(self, folder: str) -> Iterator[Entry]:
        """As `stream`; none where there is nothing to list, which is counted where something is there."""
        try:
            yield from self.stream(folder)
        except OSError as error:
            self.unlisted += error.errno != errno.ENOENT

    def entries_if_any(self, folder: str) -> list[Entry]:
        """As `stream_if_any`, by name."""
        return sorted(self.stream_if_any(folder))

    def files(self, folder: str, *endings: str) -> Iterator[tuple[str, Entry]]:
        """The regular files of a folder, with their paths, and with `endings` only those whose names end so."""
        for entry in self.entries_if_any(folder):
            if entry.is_file and (not endings or entry.name.endswith(endings)):
                yield f"{folder}/{entry.name}", entry


@contextmanager
def tree_at(root: str) -> Iterator[Tree]:
    """The storage directory at `root`.

    Raises:
        OSError: where it cannot be opened.
    """
    descriptor = open_root(root)
    try:
        yield Tree(descriptor)
    finally:
        os.close(descriptor)
