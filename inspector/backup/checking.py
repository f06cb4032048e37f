"""A backup compared with its storage: by the state of the files, or by every byte."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from inspector.backup.changes import is_copy_as_noted, is_source_as_noted
from inspector.backup.copying import digest_in
from inspector.backup.known_digests import KnownDigests
from inspector.backup.manifest import Folder, Row, order_of
from inspector.backup.names import is_left_out
from inspector.backup.place import last_run, require_marker
from inspector.backup.settling import effective, is_cut_short, last_totals
from inspector.backup.versions import version_with_bytes_of, versions_of
from inspector.fs.own_folder import OwnFolder
from inspector.fs.profile import FileSystemProfile, file_system_of, profile_of
from inspector.fs.tree import Tree
from inspector.fs.walk import Listing, StatRow, UnlistedFolder, stat_rows, walk
from inspector.fs.write import FileChangedError, is_temporary
from inspector.model.backups import BackupCheck, BackupFault, BackupFinding
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path
from inspector.sync.online_only import OnlineOnly

_MOST_FINDINGS = 1000


@dataclass(frozen=True, slots=True)
class Compared:
    """The storage that a backup is compared with, held open."""

    tree: Tree
    profile: FileSystemProfile
    lock_name: str | None
    own_folder: OwnFolder
    digests: KnownDigests
    prove: Callable[[], None]


@dataclass(slots=True)
class _Findings:
    counts: dict[BackupFault, int] = field(default_factory=dict)
    some: list[BackupFinding] = field(default_factory=list)

    def add(self, fault: BackupFault, path: str, detail: str = "") -> None:
        self.counts[fault] = self.counts.get(fault, 0) + 1
        if len(self.some) < _MOST_FINDINGS:
            self.some.append(BackupFinding(fault, path, detail))


def check_backup(destination: str, source: Compared | None, progress: Progress, *, deep: bool) -> BackupCheck:
    """Compare the backup in a folder with what it noted, and with its storage where that is there.

    Raises:
        UsageError, DocumentError: where the folder is no backup, or its manifest is damaged.
        StorageOfflineError: where the storage went away.
        CancelledByUserError: where the progress was cancelled.
    """
    require_marker(destination)
    with Tree(destination) as tree:
        profile = profile_of(file_system_of(destination))
        totals = last_totals(tree)
        progress.begin(
            "reading the backup" if deep else "comparing",
            total_files=totals[0] if totals else None,
            total_bytes=totals[1] if totals and deep else None,
        )
        check = _Check(tree, profile, source, progress, deep=deep)
        check.run()
        cut_short, found = is_cut_short(tree), check.findings
        return BackupCheck(
            destination, check.files, check.bytes, deep, found.counts, tuple(found.some), last_run(tree), cut_short
        )


class _Check:
    def __init__(
        self, tree: Tree, profile: FileSystemProfile, source: Compared | None, progress: Progress, *, deep: bool
    ) -> None:
        self.findings = _Findings()
        self.files = 0
        self.bytes = 0
        self._tree, self._profile, self._source = tree, profile, source
        self._progress, self._deep = progress, deep
        self._noted: Iterator[Folder] = effective(tree)
        self._next: Folder | None = None
        self._unlisted: list[str] = []
        self._online_only = OnlineOnly(source.tree.root) if source is not None else None

    def run(self) -> None:
        """Compare everything."""
        self._next = next(self._noted, None)
        if self._source is not None:
            with self._source.tree.folder("") as root:
                for folder in walk(root, self._enter):
                    self._progress.check()
                    if isinstance(folder, UnlistedFolder):
                        self._source.prove()
                        self._unlisted.append(folder.path)
                        reason = f"the folder cannot be listed ({folder.error.strerror})"
                        self.findings.add(BackupFault.UNREADABLE, folder.path or ".", reason)
                    elif not self._source.own_folder.holds(folder.path):
                        self._folder(folder)
            self._source.prove()
        while self._next is not None:
            self._only_in_the_backup(self._next)
            self._next = next(self._noted, None)
        self._strangers()

    def _enter(self, listing: Listing) -> list[str]:
        assert self._source is not None
        names = self._source.own_folder.without(listing.path, listing.folders)
        return [name for name in names if not is_left_out(listing.path, name)]

    def _folder(self, listing: Listing) -> None:
        assert self._source is not None
        while self._next is not None and order_of(self._next.path) < order_of(listing.path):
            self._only_in_the_backup(self._next)
            self._next = next(self._noted, None)
        noted = None
        if self._next is not None and self._next.path == listing.path:
            noted, self._next = self._next, next(self._noted, None)
        lock = self._source.lock_name
        names = [name for name in listing.files if not is_temporary(os.fsdecode(name))]
        rows, _, failed = stat_rows(listing.descriptor, names)
        present = {os.fsdecode(name) for name, _ in failed}
        for row in rows:
            name = os.fsdecode(row[0])
            path = join_path(listing.path, name)
            if path == lock:
                continue
            present.add(name)
            own = noted.rows.get(name) if noted is not None else None
            if own is None or own.gone:
                self.findings.add(BackupFault.NOT_BACKED_UP, path)
            elif not is_source_as_noted(row, own, self._source.profile):
                self._changed(listing, path, row, own)
        if noted is not None:
            self._copies(noted, present)

    def _changed(self, listing: Listing, path: str, row: StatRow, noted: Row) -> None:
        """A file whose state is another one; whether its bytes are is looked at in a deep check."""
        assert self._source is not None and self._online_only is not None
        if row[1] == noted.size and self._deep:
            known = self._source.digests.of(listing.path, row)
            if known is None and not self._online_only.among(listing.descriptor, [row[0]]):
                try:
                    known = digest_in(listing.descriptor, noted.name, path, self._progress)
                except FileChangedError:
                    known = ""
                except OSError as error:
                    reason = f"in the storage ({error.strerror})"
                    self.findings.add(BackupFault.UNREADABLE, path, reason)
                    return
            if known == noted.digest:
                self.findings.add(BackupFault.CHANGED, path, "its time or permissions only")
                return
        self.findings.add(BackupFault.CHANGED, path)

    def _only_in_the_backup(self, noted: Folder) -> None:
        self._progress.check()
        unlisted = any(not one or noted.path == one or noted.path.startswith(f"{one}/") for one in self._unlisted)
        is_known_here = self._source is not None and not unlisted
        self._copies(noted, frozenset() if is_known_here else frozenset(noted.rows))

    def _copies(self, noted: Folder, present: set[str] | frozenset[str]) -> None:
        """The copies of a folder's files; `present` are the names that the storage still has."""
        found = self._states(noted)
        for row in noted.rows.values():
            path = join_path(noted.path, row.name)
            if row.name not in present:
                self.findings.add(BackupFault.GONE, path)
            self.files += 1
            self.bytes += row.size
            copy = found.get(row.name)
            if copy is None:
                self._lost(row, path)
            elif not self._deep:
                if not is_copy_as_noted(row, copy, self._profile):
                    self.findings.add(BackupFault.ALTERED, path)
            else:
                self._read(noted, row, path)
            self._progress.advance(files=1)

    def _lost(self, row: Row, path: str) -> None:
        """A copy that is not at its place; a run that was cut short may have kept it among the former versions."""
        aside = version_with_bytes_of(self._tree, row, path, self._progress)
        if aside is not None:
            self.findings.add(BackupFault.ASIDE, path, aside)
        else:
            self.findings.add(BackupFault.LOST, path, self._former(path))

    def _former(self, path: str) -> str:
        former = next(versions_of(self._tree, path), None)
        return f"a former version of it is {former}" if former is not None else ""

    def _states(self, noted: Folder) -> dict[str, StatRow]:
        """The state of each copy that is there, by the name of its file."""
        found: dict[str, StatRow] = {}
        plain = [os.fsencode(row.name) for row in noted.rows.values() if not row.at]
        try:
            with self._tree.folder(noted.path) as folder:
                rows, _, _ = stat_rows(folder, plain)
            found.update({os.fsdecode(row[0]): row for row in rows})
        except OSError:
            pass  # none of them is there
        for row in noted.rows.values():
            if row.at:
                above, name = split_path(row.at)
                try:
                    with self._tree.folder(above) as folder:
                        rows, _, _ = stat_rows(folder, [os.fsencode(name)])
                except OSError:
                    continue
                if rows:
                    found[row.name] = rows[0]
        return found

    def _read(self, noted: Folder, row: Row, path: str) -> None:
        above, name = split_path(row.at or join_path(noted.path, row.name))
        try:
            with self._tree.folder(above) as folder:
                digest = digest_in(folder, name, path, self._progress)
        except FileChangedError:
            digest = ""
        except OSError as error:
            self.findings.add(BackupFault.UNREADABLE, path, f"in the backup ({error.strerror})")
            return
        if digest != row.digest:
            self.findings.add(BackupFault.ROTTEN, path, self._former(path))

    def _strangers(self) -> None:
        """What lies in the backup's folder and is none of its files."""
        noted = effective(self._tree)
        head = next(noted, None)
        with self._tree.folder("") as root:
            for folder in walk(root, lambda one: [name for name in one.folders if not is_left_out(one.path, name)]):
                self._progress.check()
                if isinstance(folder, UnlistedFolder):
                    self.findings.add(BackupFault.UNREADABLE, folder.path, "the folder of the backup")
                    continue
                while head is not None and order_of(head.path) < order_of(folder.path):
                    head = next(noted, None)
                rows = head.rows if head is not None and head.path == folder.path else {}
                for name in (*map(os.fsdecode, folder.files), *folder.links, *folder.special):
                    if name not in rows and not is_temporary(name):
                        self.findings.add(BackupFault.UNKNOWN, join_path(folder.path, name))
