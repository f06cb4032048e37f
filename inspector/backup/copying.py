"""One file brought into a backup: copied and verified, with whatever was in its place kept as a former version."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import xxhash

from inspector.backup.manifest import Row
from inspector.backup.names import PARTIAL, VERSIONS
from inspector.fs.obstacles import obstacle_on_the_way
from inspector.fs.system import system
from inspector.fs.tree import Tree, blocks, reading
from inspector.fs.write import changed_meanwhile, copied, flush_folder
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path

_NO_LINKS = frozenset({errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV})
_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EEXIST})


class Copier:
    """Brings files from a storage into a backup; for one run, in one thread."""

    def __init__(self, into: Tree, run: str, progress: Progress) -> None:
        """`run` names the folder of the former versions that this run keeps."""
        self.into = into
        self.run = run
        self._progress = progress
        self.moved_aside: dict[str, str] = {}
        """What was in the way of a folder or a file of the same name: its path, and where it is kept now."""

    @contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """The descriptor of a folder of the backup, made where it is missing; what is no folder is moved aside.

        Raises:
            OSError: where it can neither be opened nor made.
        """
        while True:
            try:
                opened = self.into.folder(path, create=True)
                break
            except OSError as error:
                obstacle = obstacle_on_the_way(self.into, f"{path}/-") if error.errno in _IN_THE_WAY else None
                if obstacle is None:
                    raise
                self._move_aside(obstacle[0])
        with opened as descriptor:
            yield descriptor

    def copy(
        self, origin: int, name: str, source: str, goal: int, target: str, intend: Callable[[Row, bool], None]
    ) -> tuple[Row, bool]:
        """Copy the file `name` of the open folder `origin` to the open folder `goal`, which is not flushed.

        `source` and `target` are the whole paths in the storage and in the backup. `intend` hears what is to be noted,
        and whether something is in its place, once the copy is certain and before it gets its name. Returns what is to
        be noted, and whether a former version is kept now.

        Raises:
            FileChangedError: where the file changed meanwhile.
            OSError: for any other failure. In all cases the backup is as it was.
        """
        with (
            reading(origin, name) as original,
            self.into.folder(PARTIAL) as partial,
            copied(original, partial, source, target, self.count) as copy,
        ):
            made = system().fstat(copy.descriptor)
            row = _row(name, copy.status, copy.digest, made.st_mtime_ns)
            intend(row, _is_there(goal, split_path(target)[1]))
            replaced = self._put(partial, copy.name, goal, target)
        return row, replaced

    def retime(
        self, origin: int, name: str, goal: int, target: str, digest: str, intend: Callable[[Row, bool], None]
    ) -> Row:
        """Give a copy with the right bytes the time and the permissions of its file, and say what is to be noted.

        Raises:
            OSError: where that cannot be done.
        """
        status = os.stat(name, dir_fd=origin, follow_symlinks=False)
        row = _row(name, status, digest, status.st_mtime_ns)
        intend(row, False)
        with reading(goal, split_path(target)[1]) as copy:
            own = system().fstat(copy)
            if stat.S_IMODE(own.st_mode) != stat.S_IMODE(status.st_mode):
                with suppress(OSError):  # some file systems have no permissions
                    system().chmod(copy, stat.S_IMODE(status.st_mode))
            if own.st_mtime_ns != status.st_mtime_ns:
                system().utime(copy, status.st_atime_ns, status.st_mtime_ns)
            own = system().fstat(copy)
        return row._replace(copy_mtime_ns=own.st_mtime_ns)

    def digest(self, folder: int, name: str, path: str) -> str:
        """The XXH3-128 (hex) of a file.

        Raises:
            FileChangedError: where it changed while it was read.
            OSError: where it cannot be read.
        """
        return digest_in(folder, name, path, self._progress)

    def count(self, size: int) -> None:
        """Count bytes that were read, and stop where somebody asked for it."""
        self._progress.advance(count=size)
        self._progress.check()

    def _put(self, partial: int, temporary: str, goal: int, target: str) -> bool:
        """Give a whole copy its name; what has it already is kept."""
        name = split_path(target)[1]
        try:
            system().rename_no_replace(temporary, name, partial, goal)
            return False
        except FileExistsError:
            pass
        if self._keep(goal, name, target):
            system().rename(temporary, name, partial, goal)
        else:
            system().rename_no_replace(temporary, name, partial, goal)
        return True

    def _keep(self, folder: int, name: str, path: str) -> bool:
        """Keep what is at a path among the former versions; whether it still has its name too, as a hard link."""
        former = system().stat(name, folder)
        above, own = split_path(self._version_path(path))
        with self.into.folder(above, create=True) as kept:
            if stat.S_ISREG(former.st_mode):
                try:
                    system().link(name, own, folder, kept)
                    flush_folder(kept, path)
                    return True
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
            system().rename_no_replace(name, own, folder, kept)
            flush_folder(kept, path)
            if not stat.S_ISREG(former.st_mode):
                self.moved_aside[path] = join_path(above, own)
        return False

    def _move_aside(self, path: str) -> None:
        """Take what is in the way of a folder away, whatever it is; it is kept."""
        above, name = split_path(path)
        kept_above, own = split_path(self._version_path(path))
        with self.into.folder(above) as folder, self.into.folder(kept_above, create=True) as kept:
            system().rename_no_replace(name, own, folder, kept)
            flush_folder(kept, path)
            flush_folder(folder, path)
        self.moved_aside[path] = join_path(kept_above, own)

    def _version_path(self, path: str) -> str:
        """A free path for a former version of what is at `path`."""
        wanted = f"{VERSIONS}/{self.run}/{path}"
        number = 0
        while os.path.lexists(os.path.join(self.into.root, wanted)):
            number += 1
            wanted = f"{VERSIONS}/{self.run}/{path}.{number}"
        return wanted


def _row(name: str, status: os.stat_result, digest: str, copy_mtime_ns: int) -> Row:
    return Row(
        name,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        stat.S_IMODE(status.st_mode),
        digest,
        copy_mtime_ns,
        int(time.time()),
    )


def _is_there(folder: int, name: str) -> bool:
    try:
        system().stat(name, folder)
    except FileNotFoundError:
        return False
    return True


def digest_in(folder: int, name: str, path: str, progress: Progress) -> str:
    """The XXH3-128 (hex) of a file in an open folder; `path` is for errors.

    Raises:
        FileChangedError: where it changed while it was read.
        CancelledByUserError: where the progress was cancelled.
        OSError: where it cannot be read.
    """
    state = xxhash.xxh3_128()
    with reading(folder, name) as descriptor:
        before = system().fstat(descriptor)
        left = before.st_size
        for block in blocks(descriptor, before.st_size):
            left -= len(block)
            if left < 0:  # it may grow for ever
                raise changed_meanwhile(path, "was changed")
            state.update(block)
            progress.advance(count=len(block))
            progress.check()
        after = system().fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise changed_meanwhile(path, "was changed")
    return state.hexdigest()
