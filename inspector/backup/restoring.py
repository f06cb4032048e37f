"""A backup brought back to a new place, each file verified against what the backup noted of it."""

import errno
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from inspector.backup.copying import digest_in
from inspector.backup.manifest import Folder, Row, order_of, parse_small
from inspector.backup.names import RESTORE_FOLDER, RESTORE_MARKER, RESTORE_PARTIAL
from inspector.backup.place import Marker, clear_partial, require_apart, require_marker
from inspector.backup.settling import effective, last_totals
from inspector.backup.versions import version_with_bytes_of, versions_of
from inspector.fs.beneath import read_beneath
from inspector.fs.system import system
from inspector.fs.tree import Tree, reading
from inspector.fs.walk import stat_rows
from inspector.fs.write import FileChangedError, copied, flush_folder, replace_file, write_failed
from inspector.model.backups import BackupProblem
from inspector.model.errors import DocumentError, UsageError
from inspector.model.filekinds import FileKind, file_kind, is_noise_folder
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path

_SMALL_BYTES = 1 << 16
_MOST_PROBLEMS = 1000
_FILES_AT_ONCE = 64
_STOPPING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_ROTTEN = "the copy in the backup is not what was backed up, and was not restored; it lies at {}"
_FORMER = "; a former version of it lies at {}, which you may copy"
_TAKEN = "something else is at its place; the copy lies at {}"


@dataclass(slots=True)
class Brought:
    """What was brought back so far."""

    files: int = 0
    bytes: int = 0
    copied: int = 0
    problems: list[BackupProblem] = field(default_factory=list)
    problem_count: int = 0

    def problem(self, path: str, reason: str) -> None:
        """Note what could not be brought back."""
        self.problem_count += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(BackupProblem(path, reason))


def bring_back(
    backup: str, destination: str, owns: Callable[[str, str], bool], progress: Progress, *, with_gone: bool = False
) -> Brought:
    """Copy what a backup holds to a new place, or go on with that; `owns` tells documents by layout and path.

    With `with_gone` those files too that the storage did not have any more.

    Raises:
        UsageError: where the place is not empty, or the folder is no backup.
        DocumentError: where the backup's manifest is damaged.
        WriteFailedError: where nothing more can be written. What was brought back until then counts for the next time.
    """
    marker = require_marker(backup)
    require_apart(backup, destination)
    _expect_place(destination, marker)
    brought = Brought()
    with Tree(backup) as source:
        totals = last_totals(source)
        progress.begin(
            "restoring",
            total_files=totals[0] if totals else None,
            total_bytes=totals[1] if totals else None,
        )
        try:
            os.makedirs(destination, exist_ok=True)
            with Tree(destination) as into:
                _begin(into, marker)
                clear_partial(into, RESTORE_PARTIAL)
                restoring = _Restoring(source, into, lambda path: owns(marker.layout, path), progress, brought)
                restoring.run(with_gone=with_gone)
                if not brought.problem_count:  # else the same again may bring back the rest
                    _end(into)
        except OSError as error:
            raise write_failed(error, destination) from error
    return brought


def _expect_place(destination: str, marker: Marker) -> None:
    try:
        names = os.listdir(destination)
    except FileNotFoundError:
        if os.path.isdir(os.path.dirname(destination)):
            return
        raise UsageError(
            "is not there, nor is the folder that it is to be in", path=destination, advice="Check the path."
        ) from None
    except OSError as error:
        raise UsageError(f"cannot be used ({error.strerror})", path=destination, advice="Name a folder.") from error
    if RESTORE_FOLDER in names:
        path = os.path.join(destination, RESTORE_MARKER)
        try:
            with Tree(destination) as tree, tree.folder("") as root:
                value = parse_small(read_beneath(root, RESTORE_MARKER, _SMALL_BYTES)[0], path)
        except (OSError, DocumentError):
            value = {}
        if value.get("backup_id") == marker.id:
            return
        raise UsageError("another backup is being restored there", path=destination, advice="Name another folder.")
    if any(not (is_noise_folder(name) or file_kind(name) is FileKind.NOISE) for name in names):
        raise UsageError(
            "is not empty, and a backup is restored to a new place only", path=destination, advice="Name a new folder."
        )


def _begin(into: Tree, marker: Marker) -> None:
    data = json.dumps({"backup_id": marker.id, "began": int(time.time())}).encode() + b"\n"
    if not os.path.lexists(os.path.join(into.root, RESTORE_MARKER)):
        replace_file(into, RESTORE_MARKER, data, like=None)


def _end(into: Tree) -> None:
    clear_partial(into, RESTORE_PARTIAL)
    with into.folder(RESTORE_FOLDER) as folder:
        system().rmdir(split_path(RESTORE_PARTIAL)[1], folder)
        system().unlink(split_path(RESTORE_MARKER)[1], folder)
    with into.folder("") as root:
        system().rmdir(RESTORE_FOLDER, root)
        system().fsync_folder(root)


class _Restoring:
    def __init__(
        self, source: Tree, into: Tree, owns: Callable[[str], bool], progress: Progress, brought: Brought
    ) -> None:
        self._source, self._into, self._owns = source, into, owns
        self._progress, self._brought = progress, brought
        self._documents: list[tuple[str, Row]] = []

    def run(self, *, with_gone: bool) -> None:
        """Bring back the files, then the documents, then permissions and times of the folders."""
        for gone in (False, True) if with_gone else (False,):
            for folder in self._folders(gone=gone):
                self._progress.check()
                self._progress.current = folder.path
                try:
                    self._folder(folder)
                except (NotADirectoryError, FileExistsError):
                    for row in folder.rows.values():
                        self._taken(join_path(folder.path, row.name), row)
        for path, row in sorted(self._documents, key=_late):
            with self._goal(path) as goal:
                self._file(path, row, goal)
                flush_folder(goal, path)
        for folder in self._folders(gone=False):
            with suppress(OSError), self._into.folder(folder.path) as descriptor:
                system().chmod(descriptor, folder.mode)
                system().utime(descriptor, folder.mtime_ns, folder.mtime_ns)

    def _folders(self, *, gone: bool) -> Iterator[Folder]:
        """The folders with the files that the storage had, or with those that were gone from it."""
        for folder in effective(self._source):
            folder.rows = {name: row for name, row in folder.rows.items() if bool(row.gone) is gone}
            if folder.rows or (folder.there and not gone):
                yield folder

    def _folder(self, folder: Folder) -> None:
        with self._goal(folder.path) as goal:
            known, _, _ = stat_rows(goal, [os.fsencode(name) for name in folder.rows])
            there = {os.fsdecode(row[0]) for row in known}
            for number, row in enumerate(folder.rows.values(), 1):
                self._progress.check()
                if self._owns(join_path(folder.path, row.name)):
                    self._documents.append((folder.path, row))
                    continue
                self._file(folder.path, row, goal, is_there=row.name in there)
                if number % _FILES_AT_ONCE == 0:
                    flush_folder(goal, folder.path)
            flush_folder(goal, folder.path)

    @contextmanager
    def _goal(self, path: str) -> Iterator[int]:
        with self._into.folder(path, create=True) as descriptor:
            yield descriptor

    def _file(self, folder: str, row: Row, goal: int, *, is_there: bool = True) -> None:
        path = join_path(folder, row.name)
        try:
            if is_there and self._is_there_already(row, goal, path):
                self._count(row)
                return
            self._copy(folder, row, goal)
        except FileExistsError:
            self._taken(path, row)
        except FileNotFoundError:
            self._from_versions(path, row, goal, "its copy is not in the backup any more")
        except FileChangedError:
            self._brought.problem(path, "its copy changed while it was read")
        except _RottenError:
            where = os.path.join(self._source.root, row.at or path)
            self._from_versions(path, row, goal, _ROTTEN.format(where))
        except OSError as error:
            if error.errno in _STOPPING:
                raise
            self._from_versions(path, row, goal, f"cannot be restored ({error.strerror})")
        else:
            self._brought.copied += 1
            self._count(row)

    def _taken(self, path: str, row: Row) -> None:
        where = row.at or path
        if not os.path.lexists(os.path.join(self._source.root, where)):
            where = next(versions_of(self._source, path), where)
        self._brought.problem(path, _TAKEN.format(os.path.join(self._source.root, where)))

    def _from_versions(self, path: str, row: Row, goal: int, reason: str) -> None:
        """A file whose copy is damaged: the same bytes may lie among the former versions, and others are named."""
        same = version_with_bytes_of(self._source, row, path, self._progress)
        if same is not None:
            with suppress(OSError, FileChangedError, _RottenError):
                self._copy(split_path(path)[0], row._replace(at=same), goal)
                self._brought.copied += 1
                self._count(row)
                return
        former = next(versions_of(self._source, path), None)
        if former is not None:
            reason += _FORMER.format(os.path.join(self._source.root, former))
        self._brought.problem(path, reason)

    def _is_there_already(self, row: Row, goal: int, path: str) -> bool:
        """Whether an earlier attempt brought a file back, whole."""
        rows, _, _ = stat_rows(goal, [os.fsencode(row.name)])
        return bool(rows) and rows[0][1] == row.size and digest_in(goal, row.name, path, self._progress) == row.digest

    def _copy(self, folder: str, row: Row, goal: int) -> None:
        path = join_path(folder, row.name)
        above, name = split_path(row.at or path)
        with (
            self._source.folder(above) as origin,
            reading(origin, name) as original,
            self._into.folder(RESTORE_PARTIAL) as partial,
            copied(original, partial, path, path, self._counted) as copy,
        ):
            if copy.digest != row.digest:
                raise _RottenError
            if stat.S_IMODE(system().fstat(copy.descriptor).st_mode) != row.mode:
                with suppress(OSError):  # some file systems have no permissions
                    system().chmod(copy.descriptor, row.mode)
            system().utime(copy.descriptor, row.mtime_ns, row.mtime_ns)
            system().rename_no_replace(copy.name, row.name, partial, goal)

    def _counted(self, size: int) -> None:
        self._progress.advance(count=size)
        self._progress.check()

    def _count(self, row: Row) -> None:
        self._brought.files += 1
        self._brought.bytes += row.size
        self._progress.advance(files=1)


class _RottenError(Exception):
    """A copy's bytes are not those that were backed up."""


def _late(document: tuple[str, Row]) -> tuple[int, bool, str]:
    folder, row = document
    return -len(order_of(folder)), row.name.startswith("."), row.name
