"""Compare a storage's files with the catalog and store what differs; hash what the mode asks for.

Everything streams: a folder's rows are dropped once they are written. What seems gone is only noted, and becomes
known as gone at the end, after the storage's presence was proved once more.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

from inspector.catalog.database import Database
from inspector.catalog.files import FileRows, KnownFile, KnownFolder
from inspector.catalog.storages import mark_changed
from inspector.fs.beneath import FOLDER_FLAGS, open_beneath
from inspector.fs.own_folder import OwnFolder
from inspector.fs.profile import FileSystemProfile
from inspector.fs.walk import Listing, StatRow, UnlistedFolder, stat_rows, walk
from inspector.layouts.base import NamedByContent
from inspector.layouts.registry import nested_layout
from inspector.model.errors import StorageOfflineError
from inspector.model.filekinds import MEDIA_KINDS, FileKind, file_kind, is_noise_folder, kinds_of
from inspector.model.places import Places
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanCounts, ScanMode
from inspector.scan.changes import must_hash
from inspector.scan.folder_rules import read_names
from inspector.scan.folder_work import (
    Batch,
    FolderWork,
    Slice,
    StatSeal,
    UnseenBatch,
    batches,
    seal_of_names,
    slices,
    unseen_batches,
)
from inspector.scan.found_files import FoundFiles
from inspector.scan.gone import Gone
from inspector.scan.hashing import HashedRow, HashTask, stats_of
from inspector.scan.inner_mounts import NOT_THERE, InnerMounts
from inspector.scan.pool import HashPool
from inspector.scan.presence import Presence, proof_of_contents
from inspector.scan.scope import Scope
from inspector.sync.online_only import OnlineOnly

_MOST_FILES_AHEAD = 20_000
_COMMIT_SECONDS = 1.0
_SECONDS_FOR_OTHERS = 0.005
"""So long others may write to the catalog after each commit."""
_MOST_SECONDS_WAITED = 0.1
"""Who waits longer for what is read lets others write meanwhile: a large file may take minutes."""
_FLUSH_FILES = 2000
_SIZE = itemgetter(1)


class FileScan:
    """One scan of one storage's files. `run` works in the calling thread until it is done."""

    def __init__(
        self,
        database: Database,
        presence: Presence,
        profile: FileSystemProfile,
        mode: ScanMode,
        progress: Progress,
        counts: ScanCounts,
        *,
        verified_since_ns: int,
        places: Places | None = None,
    ) -> None:
        """`counts` is filled in as the scan goes on. With `places` only these are looked at."""
        self.counts = counts
        self._database = database
        self._connection: sqlite3.Connection = database.connection
        self._presence = presence
        self._profile = profile
        self._mode = mode
        self._progress = progress
        self._verified_since_ns = verified_since_ns
        self._nested: list[str] = []
        self._asked_of: Listing | None = None
        self._was_nested = False
        self._rows = FileRows(self._connection, presence.storage.id)
        self._gone = Gone(self._connection, presence.storage.id)
        self._places = places
        self._scope: Scope | None = None
        self._root = os.fsencode(presence.storage.root)
        self._online_only = OnlineOnly(presence.storage.root)
        self._mounts = InnerMounts(self._rows, presence.device)
        self._own = OwnFolder(presence.storage.root, database.folder)
        self._pool: HashPool | None = None
        self._files_ahead = 0
        self._files_of_unknown_size = 0
        self._bytes_submitted = 0
        self._found = FoundFiles(
            self._connection,
            presence.storage.id,
            self._gone,
            profile,
            counts,
            began_ns=time.time_ns(),
            layout=presence.layout.name,
            root_fd=presence.descriptor,
        )
        self._layout_of_keys = presence.layout.name if isinstance(presence.layout, NamedByContent) else ""
        self._committed_at = time.monotonic()

    def run(self, *, expected_missing: int | None) -> None:
        """Scan. `expected_missing` is the number of missing files that a person confirmed, see `GuardTrippedError`.

        Raises:
            StorageOfflineError: where the storage went away; nothing is recorded as missing then.
            GuardTrippedError: where over half of the known files are gone and nobody confirmed that.
            CancelledByUserError: where the progress was cancelled.
        """
        known_files, known_bytes = self._rows.totals()
        self._mounts.expected_missing = expected_missing or 0
        self._progress.begin(
            "scanning",
            total_files=(known_files or None) if self._places is None else None,
            total_bytes=known_bytes if self._mode is ScanMode.FULL and known_files else None,
        )
        self._pool = HashPool(self._progress, threads=4 if self._profile.network else 2)
        self._gone.begin()
        self._database.begin()
        try:
            self._walk()
            self._progress.total_files = self._progress.files + self._files_ahead
            self._tell_total_bytes()
            while self._collect(wait=True):
                self._tell_total_bytes()
                self._progress.check()
                self._commit_now_and_then()
            self._found.flush()
            self._rows.replace_nested(self._nested if self._scope is None else self._scope.nested())
            self._presence.prove_again()
            for path in self._mounts.lost(self._gone.unvisited()):
                self._not_there(path, NOT_THERE)
            self.counts.gone = self._gone.settle(
                self._presence.storage,
                expected_missing,
                quick=self._mode is ScanMode.QUICK,
                proof=proof_of_contents(self._presence.storage, self._presence.layout),
            )
            self._found.release_seals()
            if self._places is not None:
                self._count_all()
            if self.counts.gone or self.counts.unreadable:
                mark_changed(self._connection, self._presence.storage.id)
        except sqlite3.Error:
            self._pool.close()
            raise  # what SQLite took back must not be followed by rows that build on it
        except BaseException:
            self._end()
            raise
        self._end()

    def _count_all(self) -> None:
        """Have the counts say what the storage holds, though only a part of it was looked at."""
        self._found.flush()
        self.counts.files, self.counts.bytes = self._rows.totals_there()
        self.counts.unread_before = self._rows.any_unread()

    def _tell_total_bytes(self) -> None:
        self._progress.total_bytes = None if self._files_of_unknown_size else self._bytes_submitted

    def _end(self) -> None:
        assert self._pool is not None
        self._pool.close()
        self._collect_finished()
        self._keep()

    def _walk(self) -> None:
        for folder in self._listings():
            self._progress.check()
            if self._is_left_out(folder.path):
                continue
            if isinstance(folder, UnlistedFolder):
                self._unlisted(folder)
            elif self._is_nested(folder):
                self._gone.exclude(folder.path)
                self._nested.append(folder.path)
            else:
                self._folder(folder)
            self._keep_up()

    def _keep_up(self) -> None:
        """Take what the workers finished, and let them come near before more is listed."""
        self._collect(wait=False)
        while self._files_ahead > _MOST_FILES_AHEAD:
            self._collect(wait=True)
        self._commit_now_and_then()

    def _listings(self) -> Iterator[Listing | UnlistedFolder]:
        if self._places is None:
            return walk(self._presence.descriptor, self._enter)
        self._scope = Scope(self._rows, self._gone, self._presence.descriptor, self._places, self._nested)
        return self._scope.walk(self._enter)

    def _enter(self, listing: Listing) -> list[str]:
        if self._is_left_out(listing.path) or self._is_nested(listing):
            return []
        return [name for name in self._own.without(listing.path, listing.folders) if not is_noise_folder(name)]

    def _is_left_out(self, path: str) -> bool:
        """Whether a folder is none of the storage's, or lies on a drive that is away."""
        return self._own.holds(path) or self._mounts.is_away(path)

    def _is_nested(self, listing: Listing) -> bool:
        """Whether a folder is a storage of its own; asked twice of each."""
        if self._asked_of is not listing:
            self._asked_of = listing
            self._was_nested = bool(listing.path) and (
                nested_layout(os.path.basename(listing.path), listing.holds) is not None
            )
        return self._was_nested

    def _unlisted(self, folder: UnlistedFolder) -> None:
        if not folder.path:
            raise StorageOfflineError(
                f"cannot be listed ({folder.error.strerror})", path=self._presence.storage.root, advice="Scan again."
            )
        self._not_there(os.fsencode(folder.path), folder.error.strerror or "cannot be listed")

    def _not_there(self, path: bytes, why: str) -> None:
        """A folder cannot be looked into: what is known below it stays as it is."""
        self.counts.unreadable += 1
        self._rows.folder_failed(path, why)
        self._gone.spare(os.fsdecode(path))

    def _folder(self, listing: Listing) -> None:
        path = os.fsencode(listing.path)
        known = self._rows.folder(path)
        if why := self._mounts.why_away(known, listing):
            self._not_there(path, why)
            return
        self._gone.visited(known.id)
        self._progress.current = listing.path
        names_seal = seal_of_names(listing)
        if self._mode is ScanMode.QUICK and known.names_seal == names_seal:
            self._count_unchanged(known, len(listing.files))
            return
        work = FolderWork(known, path, names_seal, None, listing.device)
        if self._mode is ScanMode.QUICK:
            for part in slices(listing.files):
                self._compare_names(work, listing.descriptor, part)
        elif not self._left_to_workers(work, listing) and self._compare_stats(work, listing):
            self._count_unchanged(known, len(listing.files))
            return
        if known.names_seal != names_seal:
            read_names(self._rows, known, listing, work.noise, self._presence.layout)
        work.listed_whole = True
        self._seal_if_done(work)

    def _count_unchanged(self, known: KnownFolder, files: int) -> None:
        self.counts.files += known.files
        self.counts.bytes += known.bytes
        self._progress.advance(files=files)

    def _left_to_workers(self, work: FolderWork, listing: Listing) -> bool:
        """Have the files of a new folder looked at by the workers that read them; False where that does not do."""
        assert self._pool is not None
        if self._online_only.is_possible:
            return False  # nothing is opened there without a look before
        found = unseen_batches(work, listing, self._profile)
        for batch in found:
            work.outstanding += 1
            self._files_ahead += len(batch.names)
            self._files_of_unknown_size += len(batch.names)
            task = HashTask(self._root, work.path, (), names=batch.names, layout=self._layout_of_keys)
            self._pool.submit(batch, task, small=True)
        return bool(found)

    def _compare_stats(self, work: FolderWork, listing: Listing) -> bool:
        """Stat the folder and look at what changed; True where its seal says that nothing did."""
        seal = StatSeal(work.names_seal, self._profile)
        parts = slices(listing.files)
        rows: list[StatRow] = []
        if work.row.stat_seal is None:  # there is nothing to find unchanged, so one look is enough
            for part in parts:
                rows = self._stat(work, listing.descriptor, part.names)
                seal.add(rows)
                self._compare_part(work, listing.descriptor, rows, part)
            work.stat_seal = seal.digest()
            return False
        for part in parts:
            rows = self._stat(work, listing.descriptor, part.names)
            seal.add(rows)
        work.stat_seal = seal.digest()
        if self._mode is ScanMode.SMART and work.stat_seal == work.row.stat_seal and not work.row.racy:
            return True
        for part in parts:
            if len(parts) > 1:
                rows, _, _ = stat_rows(listing.descriptor, part.names)
            self._compare_part(work, listing.descriptor, rows, part)
        return False

    def _compare_part(self, work: FolderWork, descriptor: int, rows: list[StatRow], part: Slice) -> None:
        """Compare a slice, and let the workers come near: a folder may have more files than fit into memory."""
        self._compare_slice(work, descriptor, rows, part)
        self._progress.check()
        self._keep_up()

    def _stat(self, work: FolderWork, descriptor: int, names: list[bytes]) -> list[StatRow]:
        rows, vanished, failed = stat_rows(descriptor, names)
        self.counts.vanished += len(vanished)
        for name, error in failed:
            self._found.stat_failed(work, name, error)
        return rows

    def _compare_slice(self, work: FolderWork, descriptor: int, rows: list[StatRow], part: Slice) -> None:
        known = self._rows.files_between(work.row, part.after, part.last)
        kinds = kinds_of([row[0] for row in rows])
        if FileKind.NOISE in kinds:
            rows, kinds = self._without_noise(work, rows, kinds)
        work.count_media(rows, kinds)
        olds = [known.get(row[0]) for row in rows] if known else None
        if olds is not None:
            self._found.note_gone(work, _not_listed(known, part))
            rows, kinds, olds = self._only_to_hash(rows, kinds, olds)
        if self._online_only.is_possible:
            rows, kinds, olds = self._without_online_only(work, descriptor, rows, kinds, olds)
        for batch, small in batches(work, rows, kinds, olds):
            self._submit(batch, small=small)

    def _without_noise(
        self, work: FolderWork, rows: list[StatRow], kinds: list[int]
    ) -> tuple[list[StatRow], list[int]]:
        """Note which files are noise, and return the others with their kinds."""
        work.noise.update(row[0] for row, kind in zip(rows, kinds, strict=True) if kind == FileKind.NOISE)
        kept = [(row, kind) for row, kind in zip(rows, kinds, strict=True) if kind != FileKind.NOISE]
        self._progress.advance(files=len(rows) - len(kept))
        return [row for row, _ in kept], [kind for _, kind in kept]

    def _only_to_hash(
        self, rows: list[StatRow], kinds: list[int], olds: list[KnownFile | None]
    ) -> tuple[list[StatRow], list[int], list[KnownFile | None]]:
        """Those of the files that have to be read, with their kinds and what is known of them."""
        wanted = [
            (row, kind, old)
            for row, kind, old in zip(rows, kinds, olds, strict=True)
            if must_hash(old, row, self._mode, self._profile, self._verified_since_ns)
        ]
        self._progress.advance(files=len(rows) - len(wanted))
        return [row for row, _, _ in wanted], [kind for _, kind, _ in wanted], [old for _, _, old in wanted]

    def _without_online_only(
        self,
        work: FolderWork,
        descriptor: int,
        rows: list[StatRow],
        kinds: list[int],
        olds: list[KnownFile | None] | None,
    ) -> tuple[list[StatRow], list[int], list[KnownFile | None] | None]:
        """Store those of the files whose bytes are not here by their stat alone, and return the others."""
        altered = {
            row[0]
            for row, old in zip(rows, olds or (), strict=False)
            if old is not None
            and old.digest is not None
            and (old.size, old.mtime_ns) == row[1:3]
            and old[2:6] != row[1:]
        }
        absent = self._online_only.among(descriptor, [row[0] for row in rows], altered)
        kept = [place for place, row in enumerate(rows) if row[0] not in absent]
        for place, row in enumerate(rows):
            if row[0] in absent:
                self._found.unhashed(work, olds[place] if olds is not None else None, row, kinds[place])
        self._progress.advance(files=len(absent))
        olds = [olds[place] for place in kept] if olds is not None else None
        return [rows[place] for place in kept], [kinds[place] for place in kept], olds

    def _compare_names(self, work: FolderWork, descriptor: int, part: Slice) -> None:
        """The quick way: look only at names that came or went; what is new is stat-ed, nothing is read."""
        known = self._rows.files_between(work.row, part.after, part.last)
        new = [name for name in part.names if name not in known or known[name].gone_ns is not None]
        for row in self._stat(work, descriptor, new):
            old = known.get(row[0])
            kind = old.kind if old is not None else file_kind(row[0].decode("utf-8", "surrogateescape"))
            if kind == FileKind.NOISE:
                work.noise.add(row[0])
                continue
            known[row[0]] = self._found.unhashed(work, old, row, kind)
        self._found.note_gone(work, _not_listed(known, part))
        listed = set(part.names)
        media = [old for name, old in known.items() if name in listed and old.kind in MEDIA_KINDS]
        work.media_files += len(media)
        work.media_bytes += sum(old.size for old in media)
        self._progress.advance(files=len(part.names))

    def _submit(self, batch: Batch, *, small: bool) -> None:
        assert self._pool is not None
        batch.work.outstanding += 1
        self._files_ahead += len(batch.rows)
        if not batch.suspects:
            self._bytes_submitted += sum(map(_SIZE, batch.rows))
        suspects, layout = bool(batch.suspects), self._layout_of_keys
        task = HashTask(self._root, batch.work.path, batch.rows, drop_cache=suspects, layout=layout)
        self._pool.submit(batch, task, small=small)

    def _collect(self, *, wait: bool) -> bool:
        """Take what the workers finished; with `wait`, at least one task. False where none was left."""
        assert self._pool is not None
        took = False
        while (finished := self._next_result() if wait and not took else self._pool.result(wait=False)) is not None:
            self._take(*finished)
            took = True
        return took

    def _next_result(self) -> tuple[Batch | UnseenBatch, Sequence[HashedRow]] | None:
        assert self._pool is not None
        finished = self._pool.result(wait=True, seconds=_MOST_SECONDS_WAITED)
        if finished is None and self._pool.outstanding:
            self._found.flush()
            self._connection.execute("COMMIT")
            finished = self._pool.result(wait=True)
            self._write_again()
        return finished

    def _collect_finished(self) -> None:
        """After the pool was closed: keep what was read, whatever made the scan end."""
        assert self._pool is not None
        for batch, rows in self._pool.finished():
            self._take(batch, rows)

    def _take(self, batch: Batch | UnseenBatch, hashed: Sequence[HashedRow]) -> None:
        if isinstance(batch, UnseenBatch):
            self._take_unseen(batch, hashed)
        else:
            self._take_seen(batch, hashed)
        batch.work.outstanding -= 1
        self._seal_if_done(batch.work)

    def _take_seen(self, batch: Batch, hashed: Sequence[HashedRow]) -> None:
        suspects = self._found.read(batch, hashed)
        self._files_ahead -= len(batch.rows)
        if suspects and not self._progress.cancelled:
            places = [place for place, row in enumerate(batch.rows) if row[0] in suspects]
            self._submit(batch.part(places, suspects), small=False)
        self._progress.advance(files=len(hashed) - len(suspects))

    def _take_unseen(self, batch: UnseenBatch, hashed: Sequence[HashedRow]) -> None:
        """Store what a worker read of a new folder; the rest is looked at here, and read as what is known to be so."""
        work, kinds = batch.work, batch.kinds[: len(hashed)]
        self._files_ahead -= len(batch.names)
        self._files_of_unknown_size -= len(batch.names)
        rows = stats_of(hashed)
        work.seen.extend(rows)
        work.count_media(rows, kinds)
        self._bytes_submitted += sum(map(_SIZE, rows))
        self._found.read_new(work, kinds, hashed)
        self._progress.advance(files=len(hashed))
        left = batch.names[len(hashed) :]
        if left:
            self._look_at_left(work, left)

    def _look_at_left(self, work: FolderWork, names: list[bytes]) -> None:
        try:
            folder = open_beneath(self._presence.descriptor, work.path, FOLDER_FLAGS)
        except OSError as error:
            work.listed_whole = False  # never sealed, so that the next scan sees what became of it
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                self.counts.vanished += len(names)
            else:
                self.counts.unreadable += 1
                self._rows.folder_failed(work.path, error.strerror or "cannot be opened")
            return
        try:
            rows = self._stat(work, folder, names)
            work.seen.extend(rows)
            self._compare_slice(work, folder, rows, Slice(names, None, None))
        finally:
            os.close(folder)

    def _seal_if_done(self, work: FolderWork) -> None:
        if work.outstanding or not work.listed_whole:
            return
        work.listed_whole = False
        if work.seen:
            work.stat_seal = StatSeal(work.names_seal, self._profile).add(sorted(work.seen)).digest()
        self._found.seal(work)

    def _commit_now_and_then(self) -> None:
        if self._found.count_waiting() >= _FLUSH_FILES:
            self._found.flush()
        if time.monotonic() - self._committed_at < _COMMIT_SECONDS:
            return
        self._found.flush()
        self._connection.execute("COMMIT")
        time.sleep(_SECONDS_FOR_OTHERS)
        self._write_again()

    def _write_again(self) -> None:
        """Begin the next transaction, after a look whether the storage is still there."""
        self._presence.prove_again()
        self._database.begin()
        self._committed_at = time.monotonic()

    def _keep(self) -> None:
        """Store what was done so far, however the scan ended."""
        if not self._connection.in_transaction:
            self._database.begin()
        self._found.flush()
        self._connection.execute("COMMIT")


def _not_listed(known: Mapping[bytes, KnownFile], part: Slice) -> list[bytes]:
    """The files that the catalog has in this part of a folder and the disk has not."""
    listed = set(part.names)
    return [name for name, old in known.items() if name not in listed and old.gone_ns is None]
