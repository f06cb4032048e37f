"""What becomes of one file in a run: copied, compared, noted, or named as one that could not be."""

import errno
import os
import stat
from contextlib import suppress

from inspector.backup.changes import Do
from inspector.backup.copying import Copier
from inspector.backup.manifest import Folder, Row
from inspector.backup.names import PARTIAL
from inspector.backup.names_apart import apart_path
from inspector.backup.place import Place
from inspector.backup.settling import Journals
from inspector.backup.source import Source, Tally
from inspector.fs.system import system
from inspector.fs.walk import StatRow, stat_rows
from inspector.fs.write import FileChangedError, WriteFailedError, temporary_file, write_failed
from inspector.model.display import display_name
from inspector.model.relpath import join_path, split_path

_NO_MORE_CAN_BE_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
NO_SUCH_NAME = frozenset({errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG})
"""The errors by which a file system refuses a name."""
_CHANGING = "changed while it was copied; the backup has the version before, if any"
_ROT = (
    "its bytes are not those of the last scan, though nothing else about it changed: the drive may be failing."
    " What the backup had of it before is kept"
)


class Bringing:
    """Brings single files into a backup, and tells what ends one file from what ends a run."""

    def __init__(self, source: Source, place: Place, copier: Copier, journals: Journals, tally: Tally) -> None:
        """What is done, and what cannot be, is counted in `tally`."""
        self._source, self._place, self._copier, self._journals, self.tally = source, place, copier, journals, tally

    def bring(self, origin: int, folder: str, row: StatRow, noted: Row | None, do: Do, target: str) -> Row | None:
        """Do what is to be done with a file: what is to be noted of it, or None where it could not be done."""
        name = os.fsdecode(row[0])
        path = join_path(folder, name)
        at = target if target != path else ""
        try:
            made = self._try(origin, folder, row, noted, do, target)
        except FileChangedError:
            self.tally.problem(path, _CHANGING)
            return None
        except FileNotFoundError:
            self._vanished(origin, row, path)
            return None
        except OSError as error:
            if error.errno in NO_SUCH_NAME and not at:
                return self.bring(origin, folder, row, noted, Do.COPY, apart_path(path))
            self.stopped_by(error, path)
            self.tally.problem(path, f"cannot be copied ({error.strerror})")
            return None
        return made._replace(at=at, gone=0)

    def _vanished(self, origin: int, row: StatRow, path: str) -> None:
        """A file that was there a moment ago: gone like any other, unless it is the backup that lacks something."""
        self._source.prove()
        self._place.check()
        with suppress(FileNotFoundError):
            os.stat(row[0], dir_fd=origin, follow_symlinks=False)
            self.tally.problem(path, "cannot be copied: a folder of the backup went away")

    def _try(self, origin: int, folder: str, row: StatRow, noted: Row | None, do: Do, target: str) -> Row:
        name = os.fsdecode(row[0])
        path = join_path(folder, name)
        if do is Do.NOTE:
            assert noted is not None
            return noted

        def intend(made: Row, replaces: bool) -> None:
            self._intend(origin, folder, made._replace(at=target if target != path else ""), replaces=replaces)

        with self._copier.folder(split_path(target)[0]) as goal:
            if do is not Do.COPY:
                known = self._source.digests.of(folder, row)
                same = None
                if do is Do.COMPARE_SOURCE and noted is not None:
                    same = noted.digest
                elif do is Do.COMPARE_COPY:
                    with suppress(FileChangedError, OSError):  # what cannot be read is no copy
                        same = self._copier.digest(goal, split_path(target)[1], target)
                if same is not None and same == (known or self._copier.digest(origin, name, path)):
                    made = self._copier.retime(origin, name, goal, target, same, intend)
                    if (made.size, made.mtime_ns) != row[1:3]:
                        raise FileChangedError(_CHANGING, path=path)
                    if noted is None:
                        self.tally.adopted += 1
                    else:
                        self.tally.retimed += 1
                    return made
            made, replaced = self._copier.copy(origin, name, path, goal, target, intend)
        self.tally.copied += 1
        self.tally.copied_bytes += made.size
        self.tally.replaced += replaced
        seen: StatRow = (row[0], made.size, made.mtime_ns, made.ctime_ns, made.inode)
        known = self._source.digests.of(folder, seen)
        if known is not None and known != made.digest:
            self.tally.problem(path, _ROT)
        return made

    def stopped_by(self, error: OSError, path: str) -> None:
        """Return if others may still be copied after an error.

        Raises:
            StorageOfflineError, StorageLockedError: where the storage or the backup is not there any more.
            WriteFailedError: where nothing more can be written.
        """
        self._source.prove()
        self._place.check()
        if error.errno in _NO_MORE_CAN_BE_WRITTEN or not self._can_be_written():
            raise self._end_of_the_run(error, path) from error

    def _end_of_the_run(self, error: OSError, path: str) -> WriteFailedError:
        failed = write_failed(error, self._place.tree.root)
        failed.message = (
            f"{display_name(path)} could not be copied ({error.strerror}), so the backup stopped;"
            " what was copied is kept"
        )
        failed.advice = "Look at the drive and its free space, then run again: it goes on from there."
        return failed

    def _intend(self, origin: int, folder: str, row: Row, *, replaces: bool) -> None:
        """Note a copy before it gets its place; a run that cannot note it ends."""
        status = os.fstat(origin)
        intended = Folder(folder, stat.S_IMODE(status.st_mode), status.st_mtime_ns, {row.name: row})
        try:
            self._journals.intend(intended, certain=replaces)
        except OSError as error:
            self._source.prove()
            self._place.check()
            raise self._end_of_the_run(error, join_path(folder, row.name)) from error

    def _can_be_written(self) -> bool:
        """Whether the backup takes anything still, so that what failed was the storage's."""
        try:
            with self._place.tree.folder(PARTIAL) as folder, temporary_file(folder, 0o600) as (descriptor, name):
                system().write_all(descriptor, b"probe")
                system().fsync(descriptor)
                system().unlink(name, folder)
        except OSError:
            return False
        return True

    def is_whole(self, noted: Row, target: str) -> bool:
        """Whether a copy has the bytes that were copied."""
        above, name = split_path(target)
        try:
            with self._place.tree.folder(above) as folder:
                return self._copier.digest(folder, name, target) == noted.digest
        except FileChangedError:
            return False
        except OSError as error:
            self.stopped_by(error, target)
            return False

    def state_at(self, target: str) -> StatRow | None:
        """The state of a copy that lies at a path of the backup; None where there is none."""
        above, name = split_path(target)
        try:
            with self._place.tree.folder(above) as folder:
                rows, _, _ = stat_rows(folder, [os.fsencode(name)])
        except OSError:
            return None
        return rows[0] if rows else None
