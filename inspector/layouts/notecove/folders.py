"""List the folders of a storage directory, and read its documents, without following a link."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath, open_root, read_beneath
from inspector.layouts.notecove.windows import Windows
from inspector.model.errors import DocumentError


class Entry(NamedTuple):
    """A name in a folder, and what it is itself, never what a link leads to."""

    name: str
    is_file: bool
    is_folder: bool


class Tree:
    """A folder held open, so that what is in it is reached whatever happens to its path: the directory, or one in it.

    `path` is the folder's own, relative to the storage directory.
    """

    def __init__(self, descriptor: int, path: str = "") -> None:
        self.path = path
        self._descriptor = descriptor
        self.unlisted = 0
        """How many folders are there and could not be listed."""

    def stream(self, folder: str = "") -> Iterator[Entry]:
        """What a folder holds, in whatever order, one after the other; without a name, this one.

        Raises:
            OSError: where it is not there, is no folder, is reached over a link, or cannot be listed.
        """
        with self._listing(folder) as listing:
            for entry in listing:
                is_file = entry.is_file(follow_symlinks=False)
                yield Entry(entry.name, is_file, not is_file and entry.is_dir(follow_symlinks=False))

    def file_names(self, folder: str) -> Iterator[str]:
        """As `stream`: the names of the regular files alone."""
        with self._listing(folder) as listing:
            for entry in listing:
                if entry.is_file(follow_symlinks=False):
                    yield entry.name

    def stream_if_any(self, folder: str = "") -> Iterator[Entry]:
        """As `stream`; none where there is nothing to list, which is counted where something is there."""
        try:
            yield from self.stream(folder)
        except OSError as error:
            self.unlisted += error.errno != errno.ENOENT

    def entries_if_any(self, folder: str = "") -> list[Entry]:
        """As `stream_if_any`, by name."""
        return sorted(self.stream_if_any(folder))

    def stats_if_any(self, folder: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """The names in a folder with the stat of each, in whatever order; none where there is nothing to list."""
        try:
            with self._listing(folder) as listing:
                for entry in listing:
                    try:
                        yield entry.name, entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # it went away just now
        except OSError as error:
            self.unlisted += error.errno != errno.ENOENT

    def files(self, folder: str, *endings: str) -> Iterator[tuple[str, str]]:
        """The regular files of a folder by name, each with its path, and with `endings` only those that end so."""
        place = self._path_of(folder)
        try:
            names = sorted(self.file_names(folder))
        except OSError as error:
            self.unlisted += error.errno != errno.ENOENT
            return
        for name in names:
            if not endings or name.endswith(endings):
                yield f"{place}/{name}", name

    @contextmanager
    def below(self, folder: str) -> Iterator["Tree | None"]:
        """A folder of this one held open; None where there is none, which is counted where something is there."""
        try:
            descriptor = open_beneath(self._descriptor, folder, FOLDER_FLAGS)
        except OSError as error:
            self.unlisted += error.errno != errno.ENOENT
            yield None
            return
        tree = self.at(descriptor, self._path_of(folder))
        try:
            yield tree
        finally:
            os.close(descriptor)
            self.unlisted += tree.unlisted

    def at(self, descriptor: int, path: str) -> "Tree":
        """Another folder of the same storage directory; for those that do more than list."""
        return Tree(descriptor, path)

    def read(self, name: str, limit: int) -> bytes:
        """A whole document in this folder or below it, of at most `limit` bytes.

        Raises:
            FileNotFoundError: where it is not there.
            DocumentError: where it is larger, no regular file, or cannot be read.
        """
        data, _ = read_beneath(self._descriptor, name, limit)
        return data

    @contextmanager
    def opened(self, name: str) -> Iterator[Windows]:
        """A document in this folder or below it, of any size, read in windows.

        Raises:
            FileNotFoundError: where it is not there.
            DocumentError: where it is no regular file, or cannot be read.
        """
        try:
            descriptor = open_beneath(self._descriptor, name, FILE_FLAGS)
            try:
                yield Windows(descriptor, name)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DocumentError(f"cannot be read: {error.strerror}", path=name) from error

    def size_of(self, name: str) -> int | None:
        """The size of what is called so, in bytes; None where it is not there."""
        status = self.status_of(name)
        return status.st_size if status is not None else None

    def status_of(self, name: str) -> os.stat_result | None:
        """The stat of what is called so, of a link its own; None where it is not there, or cannot be looked at."""
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except OSError:
            return None

    def why_not_read(self, name: str) -> str:
        """Why what is called so is not looked at though it is there: a link, or no regular file; else empty."""
        status = self.status_of(name)
        if status is None or stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            return ""
        if stat.S_ISLNK(status.st_mode):
            return "it is a link, which is not followed here"
        return "it is neither a file nor a folder"

    def mode_of(self, name: str, *, behind_links: bool = False) -> int | None:
        """The mode of what is called so, mostly a link's own; None where it is not there, or cannot be looked at."""
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=behind_links).st_mode
        except OSError:
            return None

    def _path_of(self, folder: str) -> str:
        return f"{self.path}/{folder}" if self.path and folder else self.path or folder

    @contextmanager
    def _listing(self, folder: str) -> Iterator[Iterator["os.DirEntry[str]"]]:
        descriptor = open_beneath(self._descriptor, folder, FOLDER_FLAGS)
        try:
            with os.scandir(descriptor) as listing:
                yield listing
        finally:
            os.close(descriptor)


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
