"""Find duplicates without scanning: by size, then by both ends of the file, then by all of it.

Nothing is learned of the files but which are alike, so the catalog's picture of them stays as it is.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from inspector.catalog.conflicts import put_round
from inspector.catalog.database import Database
from inspector.catalog.files import FileRows, FileStatus
from inspector.conflicts.contents import CopyRow, group_duplicates
from inspector.conflicts.reconcile import in_order
from inspector.fs.walk import Listing, UnlistedFolder, stat_rows, walk
from inspector.layouts.base import Layout
from inspector.layouts.registry import nested_layout
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.filekinds import MEDIA_KINDS, file_kind, is_noise_folder
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanCounts
from inspector.scan.hashing import HashedRow, HashTask
from inspector.scan.pool import BATCH_FILES, SMALL_FILE_BYTES, HashPool
from inspector.scan.presence import prove

_MOST_TASKS_AHEAD = 32
_TABLES = (
    "DROP TABLE IF EXISTS temp.candidate",
    "DROP TABLE IF EXISTS temp.ends",
    "DROP TABLE IF EXISTS temp.whole",
    """
    CREATE TEMP TABLE candidate (
        id INTEGER PRIMARY KEY, folder INTEGER, name BLOB, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
        inode INTEGER
    )
    """,
    "CREATE TEMP TABLE ends (id INTEGER PRIMARY KEY, size INTEGER, ends BLOB)",
    "CREATE TEMP TABLE whole (id INTEGER PRIMARY KEY, digest BLOB)",
)

Candidate = tuple[int, int, bytes, int, int, int, int]
"""Id, number of the folder, name, size, mtime, ctime, inode."""


class _Folder(NamedTuple):
    storage_id: str
    root: bytes
    path: bytes
    device: int


def find_duplicates(
    database: Database, storages: Sequence[tuple[StorageInfo, Layout]], progress: Progress
) -> list[tuple[ScanCounts, InspectorError | None]]:
    """Look at these storages, in the calling thread, and replace the duplicates of those that are there.

    Returns what was met in each storage and the error that ended the look at it, in the same order.

    Raises:
        CancelledByUserError: where the progress was cancelled; the conflicts stay as they were.
    """
    search = _Search(database, progress)
    found: list[tuple[ScanCounts, InspectorError | None]] = []
    present: list[StorageInfo] = []
    for storage, layout in storages:
        counts = ScanCounts()
        try:
            search.look(storage, layout, counts)
        except CancelledByUserError:
            raise
        except InspectorError as error:
            found.append((counts, error))
        else:
            found.append((counts, None))
            present.append(storage)
    search.compare()
    ids = [storage.id for storage in in_order(present)]
    order = {storage_id: number for number, storage_id in enumerate(ids)}
    with database.transaction() as connection:
        put_round(connection, ids, group_duplicates(search.alike(order), order), only_kind="duplicate_content")
    return found


class _Search:
    """The candidates, in tables of the connection's own."""

    def __init__(self, database: Database, progress: Progress) -> None:
        self._connection = database.connection
        self._progress = progress
        self._folders: list[_Folder] = []
        for statement in _TABLES:
            self._connection.execute(statement)

    def look(self, storage: StorageInfo, layout: Layout, counts: ScanCounts) -> None:
        """Note the size of every picture, raw file and video of a storage; `counts` is filled in."""
        known, _ = FileRows(self._connection, storage.id).totals()
        self._progress.begin("looking at sizes", total_files=known or None)
        presence = prove(storage, layout, known)
        self._connection.execute("BEGIN")
        try:
            for item in walk(presence.descriptor, _enter):
                self._progress.check()
                if isinstance(item, UnlistedFolder):
                    counts.unreadable += 1
                elif not (item.path and nested_layout(os.path.basename(item.path), item.holds)):
                    self._note(storage, item, counts)
            presence.prove_again()
        finally:
            self._connection.execute("COMMIT")
            presence.close()

    def _note(self, storage: StorageInfo, listing: Listing, counts: ScanCounts) -> None:
        rows, vanished, failed = stat_rows(listing.descriptor, listing.files)
        counts.vanished += len(vanished)
        counts.unreadable += len(failed)
        media = [row for row in rows if row[1] and file_kind(row[0].decode("utf-8", "surrogateescape")) in MEDIA_KINDS]
        counts.files += len(media)
        counts.bytes += sum(row[1] for row in media)
        self._progress.advance(files=len(rows))
        number = len(self._folders)
        self._folders.append(_Folder(storage.id, os.fsencode(storage.root), os.fsencode(listing.path), listing.device))
        self._connection.executemany(
            "INSERT INTO temp.candidate (folder, name, size, mtime_ns, ctime_ns, inode) VALUES (?, ?, ?, ?, ?, ?)",
            ((number, *row) for row in media),
        )

    def compare(self) -> None:
        """Hash the heads of the files of one size, the tails of those with one head, and all of those alike in both."""
        pool = HashPool(self._progress)
        try:
            self._hash(pool, _OF_ONE_SIZE, "comparing heads", _PUT_HEAD, "head")
            self._hash(pool, _ALIKE_SO_FAR, "comparing tails", _PUT_TAIL, "tail")
            self._hash(pool, _ALIKE_SO_FAR, "hashing possible duplicates", _PUT_WHOLE, None)
        finally:
            pool.close()

    def alike(self, order: Mapping[str, int]) -> Iterator[CopyRow]:
        """The files whose bytes were read and occur more than once, by digest, of the storages in `order`."""
        rows = self._connection.execute(_ALIKE)
        for digest, folder_number, name, size, inode in rows:
            folder = self._folders[folder_number]
            if folder.storage_id in order:
                yield digest, folder.storage_id, folder.path, name, size, folder.device, inode

    def _hash(self, pool: HashPool, candidates: str, phase: str, put: str, end: str | None) -> None:
        rows: list[Candidate] = self._connection.execute(f"{candidates} ORDER BY id").fetchall()
        size = sum(row[3] for row in rows) if end is None else None
        self._progress.begin(phase, total_files=len(rows), total_bytes=size)
        self._connection.execute("BEGIN")
        try:
            for ids, task, small in self._tasks(rows, end):
                self._progress.check()
                pool.submit(ids, task, small=small)
                while (finished := pool.result(wait=pool.outstanding > _MOST_TASKS_AHEAD)) is not None:
                    self._keep(put, *finished)
            while (finished := pool.result(wait=True)) is not None:
                self._keep(put, *finished)
        finally:
            self._connection.execute("COMMIT")

    def _keep(self, put: str, ids: Sequence[int], rows: Sequence[HashedRow]) -> None:
        self._progress.advance(files=len(rows))
        self._connection.executemany(
            put,
            (
                {"id": number, "size": row[3], "digest": row[2]}
                for number, row in zip(ids, rows, strict=True)
                if row[1] == FileStatus.HASHED
            ),
        )

    def _tasks(self, rows: list[Candidate], end: str | None) -> Iterator[tuple[list[int], HashTask, bool]]:
        for number, group in groupby(rows, key=lambda row: row[1]):
            folder = self._folders[number]
            small: list[Candidate] = []
            for row in group:
                if end is not None or row[3] <= SMALL_FILE_BYTES:
                    small.append(row)
                else:
                    yield [row[0]], HashTask(folder.root, folder.path, [row[2:]]), False
            for start in range(0, len(small), BATCH_FILES):
                batch = small[start : start + BATCH_FILES]
                task = HashTask(folder.root, folder.path, [row[2:] for row in batch], end=end)
                yield [row[0] for row in batch], task, True


def _enter(listing: Listing) -> list[str]:
    if listing.path and nested_layout(os.path.basename(listing.path), listing.holds):
        return []
    return [name for name in listing.folders if not is_noise_folder(name)]


_PUT_HEAD = "INSERT INTO temp.ends VALUES (:id, :size, :digest)"
_PUT_TAIL = "UPDATE temp.ends SET ends = CAST(ends || :digest AS BLOB) WHERE id = :id"
_PUT_WHOLE = "INSERT INTO temp.whole VALUES (:id, :digest)"

_COLUMNS = "id, folder, name, size, mtime_ns, ctime_ns, inode"

_OF_ONE_SIZE = f"""
    SELECT {_COLUMNS} FROM temp.candidate
    WHERE size IN (SELECT size FROM temp.candidate GROUP BY size HAVING count(*) > 1)
"""

_ALIKE_SO_FAR = f"""
    SELECT {_COLUMNS} FROM temp.candidate WHERE id IN (
        SELECT id FROM temp.ends WHERE (size, ends) IN (
            SELECT size, ends FROM temp.ends GROUP BY size, ends HAVING count(*) > 1
        )
    )
"""

_ALIKE = """
    SELECT w.digest, c.folder, c.name, c.size, c.inode FROM temp.whole w JOIN temp.candidate c ON c.id = w.id
    WHERE w.digest IN (SELECT digest FROM temp.whole GROUP BY digest HAVING count(*) > 1)
    ORDER BY w.digest
"""
