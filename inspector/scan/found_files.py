"""What a scan found out about files, on its way into the catalog: as rows, and in the scan's counts."""

import sqlite3
from collections.abc import Sequence

from inspector.catalog.files import FileRows, FileStatus, FolderSeal, KnownFile
from inspector.catalog.storages import mark_changed
from inspector.fs.profile import FileSystemProfile
from inspector.fs.walk import StatRow
from inspector.model.filekinds import MEDIA_KINDS, file_kind
from inspector.model.scanmode import ScanCounts
from inspector.scan.changes import alteration_kind, count_racy, is_racy
from inspector.scan.folder_work import Batch, FolderWork
from inspector.scan.gone import Gone
from inspector.scan.growth import was_unfinished
from inspector.scan.hashing import HashedFile, HashedRow
from inspector.scan.pending import PendingRows


class FoundFiles:
    """Takes what was found in one scan of one storage; `flush` writes it within the transaction that is open."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        storage_id: str,
        gone: Gone,
        profile: FileSystemProfile,
        counts: ScanCounts,
        *,
        began_ns: int,
        layout: str = "",
        root_fd: int | None = None,
    ) -> None:
        """`counts` is filled in. `began_ns` is when new files were first seen. `layout` is whose keys they have.

        With `root_fd`, the storage's open root, files that were read half written are told from those that were edited.
        """
        self._connection = connection
        self._storage_id = storage_id
        self._rows = FileRows(connection, storage_id)
        self._gone = gone
        self._profile = profile
        self._counts = counts
        self._began_ns = began_ns
        self._layout = layout
        self._root_fd = root_fd
        self._pending = PendingRows()
        self._seals_after_settling: list[FolderSeal] = []

    def count_waiting(self) -> int:
        """How many files `flush` would write."""
        return self._pending.count_files()

    def flush(self) -> None:
        """Write everything that waits."""
        if self._pending.count_files() or self._pending.seals or self._gone.any_noted:
            mark_changed(self._connection, self._storage_id)
        self._pending.flush(self._rows)
        self._gone.flush()

    def note_gone(self, work: FolderWork, names: list[bytes]) -> None:
        """These files of a folder that is there were not in it."""
        if names:
            work.lost_files = True
            self._gone.note(work.row.id, names)

    def seal(self, work: FolderWork) -> None:
        """All of the folder's files are stored as they are on disk."""
        self._counts.files += work.media_files
        self._counts.bytes += work.media_bytes
        seals = self._seals_after_settling if work.lost_files else self._pending.seals
        seals.append(
            (work.names_seal, work.stat_seal, work.racy, work.media_files, work.media_bytes, work.device, work.row.id)
        )

    def release_seals(self) -> None:
        """What seemed gone is known as gone now: the seals of the folders that it was in may be written."""
        self._pending.seals.extend(self._seals_after_settling)

    def stat_failed(self, work: FolderWork, name: bytes, error: OSError) -> None:
        """Store a file whose stat the system refused."""
        self._counts.unreadable += 1
        work.racy += 1
        kind = int(file_kind(name.decode("utf-8", "surrogateescape")))
        status = int(FileStatus.UNREADABLE)
        row = KnownFile(name, kind, 0, 0, 0, 0, status, None, 0, None, error.strerror or "stat failed")
        self._pending.files.append((work.row.id, *row))

    def unhashed(self, work: FolderWork, old: KnownFile | None, row: StatRow, kind: int) -> KnownFile:
        """Store a file by its stat alone; the next scan that hashes will read it."""
        if old is None or old.gone_ns is not None:
            self._counts.added += 1
        unchanged = old is not None and old[2:6] == row[1:]
        status = old.status if unchanged and old is not None else int(FileStatus.UNHASHED)
        hashed_ns = old.hashed_ns if unchanged and old is not None else 0
        digest = old.digest if old is not None else None
        fresh = KnownFile(*(row[0], kind, *row[1:]), status, digest, hashed_ns, None, None, self._first_seen(old))
        self._pending.files.append((work.row.id, *fresh))
        return fresh

    def read(self, batch: Batch, hashed: Sequence[HashedRow]) -> dict[bytes, HashedFile]:
        """Store what reading a batch gave, but for those files that look rotten, which are returned."""
        if batch.known is None and all(row[2] is not None for row in hashed):
            self.read_new(batch.work, batch.kinds, hashed)
            return {}
        return self._store_each(batch, hashed)

    def read_new(self, work: FolderWork, kinds: Sequence[int], hashed: Sequence[HashedRow]) -> None:
        """Store files of which nothing was known and that all have a digest."""
        folder_id, seen_ns = work.row.id, self._began_ns
        new = [
            (folder_id, bytearray(name), kind, size, mtime_ns, ctime_ns, inode, bytearray(digest), hashed_ns, seen_ns)
            for kind, (name, _, digest, size, mtime_ns, ctime_ns, inode, hashed_ns, _, _) in zip(
                kinds, hashed, strict=True
            )
            if digest is not None
        ]
        self._pending.hashed.extend(new)
        self._pending.keys.extend((row[2], self._layout, row[9]) for row in hashed if row[9] is not None)
        self._counts.hashed += len(hashed)
        self._counts.added += len(hashed)
        work.racy += count_racy([row[4] for row in hashed], [row[7] for row in hashed], self._profile)

    def _store_each(self, batch: Batch, hashed: Sequence[HashedRow]) -> dict[bytes, HashedFile]:
        suspects: dict[bytes, HashedFile] = {}
        olds = batch.known if batch.known is not None else [None] * len(hashed)
        for row, kind, old, plain in zip(batch.rows, batch.kinds, olds, hashed, strict=True):
            result = HashedFile._make(plain)
            if not batch.suspects and self._looks_rotten(old, result):
                suspects[result.name] = result
            else:
                self._store(batch.work, row, old, kind, result)
        return suspects

    def _store(self, work: FolderWork, row: StatRow, old: KnownFile | None, kind: int, result: HashedFile) -> None:
        folder_id = work.row.id
        if result.status is None:
            self._counts.vanished += 1
            work.racy += 1
            if old is not None and old.gone_ns is None:
                self.note_gone(work, [result.name])
            return
        old_digest = old.digest if old is not None else None
        if result.status != FileStatus.HASHED:
            if result.status == FileStatus.UNREADABLE:
                self._counts.unreadable += 1
            else:
                self._counts.unstable += 1
            work.racy += 1
            seen_ns = self._first_seen(old)
            failed = KnownFile(*(row[0], kind, *row[1:]), result.status, old_digest, 0, None, result.error, seen_ns)
            self._pending.files.append((folder_id, *failed))
            return
        self._store_hashed(work, old, kind, result)

    def _store_hashed(self, work: FolderWork, old: KnownFile | None, kind: int, result: HashedFile) -> None:
        name, _, digest, size, mtime_ns, ctime_ns, inode, hashed_ns, _, key = result
        assert digest is not None
        self._counts.hashed += 1
        if is_racy(mtime_ns, hashed_ns, self._profile):
            work.racy += 1
        stat = (kind, size, mtime_ns, ctime_ns, inode)
        times = (hashed_ns, self._first_seen(old))
        self._pending.hashed.append((work.row.id, bytearray(name), *stat, bytearray(digest), *times))
        if key is not None:
            self._pending.keys.append((digest, self._layout, key))
        if old is None or old.gone_ns is not None:
            self._counts.added += 1
        if old is not None and old.digest is not None and old.digest != digest:
            self._altered(work, old, kind, result)

    def _looks_rotten(self, old: KnownFile | None, result: HashedFile) -> bool:
        if old is None or result.digest is None:
            return False
        kind = alteration_kind(old, result.size, result.mtime_ns, result.inode, result.digest, self._profile)
        return kind == "suspected_rot"

    def _first_seen(self, old: KnownFile | None) -> int:
        return old.seen_ns if old is not None and old.gone_ns is None else self._began_ns

    def _altered(self, work: FolderWork, old: KnownFile, kind: int, result: HashedFile) -> None:
        assert old.digest is not None and result.digest is not None
        what = alteration_kind(old, result.size, result.mtime_ns, result.inode, result.digest, self._profile)
        self._pending.reverts.append((work.row.id, result.name, result.digest))
        if self._root_fd is not None and was_unfinished(self._root_fd, work.path, old, result, self._profile):
            return
        self._counts.altered += 1
        if what == "suspected_rot" or kind in MEDIA_KINDS:
            assert what is not None
            self._pending.alterations.append(
                (work.row.id, result.name, what, old.digest, old.size, old.mtime_ns, result.hashed_ns)
            )
