"""One run of a backup: through the storage once, folder by folder, beside the manifest and the copies.

Whatever is copied is certain before it is noted. The storage's own documents come last, and only where they are still
those that the walk saw, so that they never tell of files that the backup does not have.
"""

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from inspector.backup.bringing import NO_SUCH_NAME, Bringing
from inspector.backup.changes import Do, is_copy_as_noted, is_source_as_noted, what_to_do
from inspector.backup.copying import Copier
from inspector.backup.documents import Documents
from inspector.backup.manifest import Folder, Row, order_of
from inspector.backup.names import OF_BACKUPS, is_left_out
from inspector.backup.names_apart import apart_path, collided
from inspector.backup.place import Place
from inspector.backup.settling import Journals, effective
from inspector.backup.source import Source, Tally
from inspector.backup.versions import version_with_bytes_of
from inspector.fs.walk import Listing, StatRow, UnlistedFolder, stat_rows, walk
from inspector.fs.write import flush_folder, is_temporary, write_failed
from inspector.model.backups import BackupOptions
from inspector.model.errors import GuardTrippedError
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path
from inspector.sync.online_only import OnlineOnly

_FILES_AT_ONCE = 64
_BYTES_AT_ONCE = 64 << 20
_GUARD_FRACTION = 0.5
_MANY = 10
"""Of fewer files more than a half may be gone without a word."""
_ONLINE_ONLY = "is online only, and to copy it would download it"


class BackupPass:
    """One way through the storage. `run` works in the calling thread."""

    def __init__(
        self,
        source: Source,
        place: Place,
        copier: Copier,
        journals: Journals,
        progress: Progress,
        tally: Tally,
        options: BackupOptions,
    ) -> None:
        """What it comes to is added to `tally`, its counts of files and bytes from zero."""
        self._source, self._place, self._copier = source, place, copier
        self._journals, self._progress, self._tally = journals, progress, tally
        self._bringing = Bringing(source, place, copier, journals, tally)
        self._online_only = OnlineOnly(source.tree.root)
        self._noted: Iterator[Folder] = effective(place.tree)
        self._next: Folder | None = None
        self._options = options
        self._known = 0
        self._newly_gone = 0
        self._unlisted: list[str] = []
        self._apart: set[str] = set()
        self._collided: frozenset[str] = frozenset()
        self._documents = Documents(source, place, self._bringing, journals, progress)
        self._stamp = ""
        self._now = int(time.time())

    def run(self, *, is_last: bool) -> bool:
        """Go through the storage; whether its documents are in step with what was copied of its files.

        With `is_last` they are copied however they are.

        Raises:
            StorageOfflineError: where the storage or the backup went away.
            GuardTrippedError: where so much is gone from the storage at once that a person has to say it is meant.
            WriteFailedError: where nothing more can be written.
            CancelledByUserError: where the progress was cancelled. What was copied is noted in all cases.
        """
        tally = self._tally
        tally.files = tally.bytes = tally.gone = tally.links = tally.special = 0
        self._stamp = self._source.stamp()
        self._take_next()
        with self._source.tree.folder("") as root:
            for folder in walk(root, self._enter):
                self._progress.check()
                if isinstance(folder, UnlistedFolder):
                    self._unlisted_folder(folder)
                elif not self._source.own_folder.holds(folder.path):
                    self._folder(folder)
            self._pass_over(None)
            self._source.prove()
            self._place.check()
            self._guard()
            quiet = self._documents.are_quiet(self._stamp)
            if quiet or is_last:
                self._collided = frozenset()
                self._documents.copy(self._target, self._count)
                quiet = quiet and self._documents.are_quiet(self._stamp)
        self._source.prove()
        self._place.check()
        return quiet

    # --- the walk -----------------------------------------------------------------------------------------------

    def _enter(self, listing: Listing) -> list[str]:
        if self._source.own_folder.holds(listing.path):
            return []
        names = self._source.own_folder.without(listing.path, listing.folders)
        if not listing.path:
            self._tally.of_backups = [name for name in names if name in OF_BACKUPS]
        return [name for name in names if not is_left_out(listing.path, name)]

    def _unlisted_folder(self, folder: UnlistedFolder) -> None:
        self._source.prove()
        self._unlisted.append(folder.path)
        self._tally.problem(folder.path or ".", f"cannot be listed ({folder.error.strerror})")

    def _folder(self, listing: Listing) -> None:
        self._progress.current = listing.path
        noted = self._noted_of(listing.path)
        self._tally.links += len(listing.links)
        self._tally.special += len(listing.special)
        rows = self._rows(listing)
        status = os.fstat(listing.descriptor)
        here = Folder(listing.path, stat.S_IMODE(status.st_mode), status.st_mtime_ns)
        copies = self._copies(listing.path, [row[0] for row in rows])
        plain = not (self._place.ignores_case or self._apart or self._options.deep)
        if plain and noted is not None and self._is_as_noted(rows, copies, noted):
            self._count(len(rows), sum(row[1] for row in rows))
            if (noted.mode, noted.mtime_ns, noted.there) != (here.mode, here.mtime_ns, True):
                self._journals.note(here)
            if not self._stamp:
                self._documents.see(listing.path, rows)
            return
        self._compare(listing, here, rows, copies, noted)

    def _rows(self, listing: Listing) -> list[StatRow]:
        names = listing.files
        if any(name.startswith(b".inspector-") for name in names):
            names = [name for name in names if not is_temporary(os.fsdecode(name))]
        lock = self._source.lock_name
        if lock is not None and split_path(lock)[0] == listing.path:
            names = [name for name in names if name != os.fsencode(split_path(lock)[1])]
        rows, _, failed = stat_rows(listing.descriptor, names)
        for name, error in failed:
            path = join_path(listing.path, os.fsdecode(name))
            self._tally.problem(path, f"cannot be looked at ({error.strerror})")
            self._unlisted.append(path)
        return rows

    def _copies(self, path: str, names: list[bytes]) -> dict[bytes, StatRow] | list[StatRow]:
        """The state of what has these names in the backup: a list where all of them are there, in their order."""
        try:
            with self._place.tree.folder(path) as folder:
                rows, missing, failed = stat_rows(folder, names)
        except FileNotFoundError:
            return {}
        except OSError as error:
            if error.errno in {errno.ENOTDIR, errno.ELOOP}:
                return {}
            self._bringing.stopped_by(error, path)
            return {}
        return rows if not missing and not failed else {row[0]: row for row in rows}

    def _is_as_noted(self, rows: list[StatRow], copies: dict[bytes, StatRow] | list[StatRow], noted: Folder) -> bool:
        """Whether all of a folder is as it was, which is found out for all its files together."""
        if not isinstance(copies, list) or len(noted.rows) != len(rows):
            return False
        known = noted.rows
        to, from_ = self._place.profile, self._source.profile
        for source, copy in zip(rows, copies, strict=True):
            row = known.get(os.fsdecode(source[0]))
            if row is None or row[9] or row[10]:
                return False
            if source[1:] != row[1:5] and not is_source_as_noted(source, row, from_):
                return False
            if (copy[1] != row[1] or copy[2] != row[7]) and not is_copy_as_noted(row, copy, to):
                return False
        return True

    def _compare(
        self,
        listing: Listing,
        here: Folder,
        rows: list[StatRow],
        copies: dict[bytes, StatRow] | list[StatRow],
        noted: Folder | None,
    ) -> None:
        """Look at each file of a folder, copy what is to be copied, and note it."""
        by_name = {row[0]: row for row in copies} if isinstance(copies, list) else copies
        known: Mapping[str, Row] = noted.rows if noted is not None else {}
        self._collided = frozenset()
        if self._place.ignores_case:
            self._collided = collided(noted, listing.folders, (os.fsdecode(row[0]) for row in rows))
            self._apart.update(join_path(listing.path, name) for name in self._collided if name in listing.folders)
        work = _FolderWork(here)
        online_only = self._online_only.among(listing.descriptor, [row[0] for row in rows])
        self._make_folder(listing.path)
        for row in rows:
            self._progress.check()
            self._file(listing, work, row, known.get(os.fsdecode(row[0])), by_name.get(row[0]), row[0] in online_only)
            if work.is_full:
                self._flush(work)
        self._flush(work)
        if noted is None or (noted.mode, noted.mtime_ns, noted.there) != (here.mode, here.mtime_ns, True):
            self._journals.note(replace(here, rows={}))
        for name in listing.folders:
            if name in known:
                self._make_folder(join_path(listing.path, name))  # what was a file before is moved aside now
        self._note_gone(noted, {os.fsdecode(row[0]) for row in rows})

    def _file(
        self,
        listing: Listing,
        work: "_FolderWork",
        row: StatRow,
        noted: Row | None,
        copy: StatRow | None,
        is_online_only: bool,
    ) -> None:
        name = os.fsdecode(row[0])
        path = join_path(listing.path, name)
        target = self._target(listing.path, name, noted)
        if target != path:
            copy = self._bringing.state_at(target)
        do = what_to_do(row, noted, copy, self._source.profile, self._place.profile)
        if self._options.deep and do is Do.NOTHING and noted is not None and not self._bringing.is_whole(noted, target):
            self._tally.rotten += 1
            do = Do.COPY
        if not self._stamp and self._source.owns(path):
            self._documents.see(listing.path, [row])
        if do is Do.NOTHING:
            self._count(1, row[1])
            return
        if do is not Do.NOTE and is_online_only:
            self._tally.problem(path, _ONLINE_ONLY)
            return
        if do is not Do.NOTE and self._source.owns(path):
            self._documents.wait(listing.path, row, do, noted)
            return
        made = self._bringing.bring(listing.descriptor, listing.path, row, noted, do, target)
        if made is not None:
            work.add(made, target)
            self._count(1, made.size)

    def _target(self, folder: str, name: str, noted: Row | None) -> str:
        path = join_path(folder, name)
        if noted is not None and noted.at and not noted.gone:
            return noted.at
        if name in self._collided or any(folder == one or folder.startswith(f"{one}/") for one in self._apart):
            return apart_path(path)
        return path

    def _make_folder(self, path: str) -> None:
        """Have a folder in the backup, an empty one too."""
        if any(path == one or path.startswith(f"{one}/") for one in self._apart):
            return
        try:
            with self._copier.folder(path):
                pass
        except OSError as error:
            if error.errno in NO_SUCH_NAME:
                self._apart.add(path)
                return
            self._bringing.stopped_by(error, path)
            self._tally.problem(path or ".", f"cannot be made in the backup ({error.strerror})")

    # --- noting -------------------------------------------------------------------------------------------------

    def _flush(self, work: "_FolderWork") -> None:
        """Make the copies of a folder certain, then note them."""
        if not work.rows:
            return
        for folder in work.targets:
            try:
                with self._place.tree.folder(folder) as descriptor:
                    flush_folder(descriptor, folder)
            except OSError as error:
                self._place.check()
                raise write_failed(error, os.path.join(self._place.tree.root, folder)) from error
        self._journals.note(replace(work.folder, rows=work.rows))
        self._journals.sync()
        self._place.check()
        work.clear()

    def _count(self, files: int, size: int) -> None:
        self._tally.files += files
        self._tally.bytes += size
        self._progress.advance(files=files)

    def _noted_of(self, path: str) -> Folder | None:
        """What is noted of a folder; those before it that the walk did not come to are gone."""
        self._pass_over(path)
        if self._next is not None and self._next.path == path:
            found = self._next
            self._take_next()
            return found
        return None

    def _take_next(self) -> None:
        self._next = next(self._noted, None)
        if self._next is not None:
            self._known += sum(not row.gone for row in self._next.rows.values())

    def _guard(self) -> None:
        """Return unless so many files are gone at once that a drive within the storage is more likely to be away."""
        gone, known = self._newly_gone, self._known
        is_empty = not self._tally.files and not self._documents.waiting
        if gone <= self._options.expected_gone or not (is_empty or (gone >= _MANY and gone > known * _GUARD_FRACTION)):
            return
        raise GuardTrippedError(
            f"{gone:,} of the {known:,} files that were backed up are gone from the storage; what is new in it was"
            " copied, and none of them counts as gone yet",
            gone=gone,
            known=known,
            path=self._source.tree.root,
            advice=f"Is everything mounted? If they are meant to be gone, say so: --expect-gone {gone}",
        )

    def _pass_over(self, path: str | None) -> None:
        wanted = order_of(path) if path is not None else None
        while self._next is not None and (wanted is None or order_of(self._next.path) < wanted):
            self._note_gone(self._next, frozenset(), folder_too=True)
            self._take_next()

    def _note_gone(self, noted: Folder | None, present: Iterable[str], *, folder_too: bool = False) -> None:
        """Note which files of a folder the storage has no more; their copies stay where they are."""
        if noted is None or self._is_unlisted(noted.path):
            return
        gone: dict[str, Row] = {}
        moved: dict[str, Row] = {}
        there = set(present)
        for row in noted.rows.values():
            path = join_path(noted.path, row.name)
            if row.name in there or path in self._unlisted:
                continue
            self._tally.gone += 1
            at = row.at or self._moved_to(path) or self._kept_aside(row, path)
            if at != row.at:
                moved[row.name] = row._replace(at=at)
            if not row.gone:
                self._newly_gone += 1
                gone[row.name] = row._replace(gone=self._now, at=at)
        if moved:
            self._journals.note_documents(replace(noted, rows=moved))
        if gone or (folder_too and noted.there):
            self._journals.note_gone(replace(noted, rows=gone, there=noted.there and not folder_too))

    def _moved_to(self, path: str) -> str:
        for aside, kept in self._copier.moved_aside.items():
            if path == aside or path.startswith(f"{aside}/"):
                return kept + path[len(aside) :]
        return ""

    def _kept_aside(self, row: Row, path: str) -> str:
        """Where a run that was cut short moved the copy of a file that is gone since; empty where it did not."""
        if row.gone or self._bringing.state_at(path) is not None:
            return ""
        return version_with_bytes_of(self._place.tree, row, path, self._progress) or ""

    def _is_unlisted(self, path: str) -> bool:
        return any(not one or path == one or path.startswith(f"{one}/") for one in self._unlisted)


@dataclass(slots=True)
class _FolderWork:
    """What was copied of a folder and is not noted yet."""

    folder: Folder
    rows: dict[str, Row] = field(default_factory=dict)
    targets: dict[str, None] = field(default_factory=dict)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= _FILES_AT_ONCE or self.size >= _BYTES_AT_ONCE

    def add(self, row: Row, target: str) -> None:
        self.rows[row.name] = row
        self.targets[split_path(row.at or target)[0]] = None
        self.size += row.size

    def clear(self) -> None:
        self.rows, self.targets, self.size = {}, {}, 0
