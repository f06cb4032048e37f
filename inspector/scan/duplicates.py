"""Find duplicates without hashing everything: by size, then by both ends of the file, then by all of it."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from inspector.catalog.database import Database
from inspector.catalog.files import MEDIA_SQL, FileStatus
from inspector.catalog.storages import mark_changed
from inspector.fs.walk import StatRow
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.scan.hashing import HashedRow, HashTask
from inspector.scan.pool import BATCH_FILES, SMALL_FILE_BYTES, HashPool

_MOST_TASKS_AHEAD = 32

Candidate = tuple[str, int, bytes, bytes, int, int, int, int]
"""Storage id, folder id, folder, name, size, mtime, ctime, inode."""


def hash_possible_duplicates(database: Database, storages: Sequence[StorageInfo], progress: Progress) -> None:
    """Hash the files of these storages that share their size and both ends with another one; hard links count once.

    Raises:
        CancelledByUserError: where the progress was cancelled; what was hashed stays known.
    """
    connection = database.connection
    roots = {storage.id: os.fsencode(storage.root) for storage in storages}
    connection.execute("DROP TABLE IF EXISTS temp.ends")
    connection.execute(
        "CREATE TEMP TABLE ends (size INTEGER, ends BLOB, folder_id INTEGER, name BLOB, device INTEGER, inode INTEGER)"
    )
    marks = ", ".join("?" * len(roots))
    of_one_size = connection.execute(
        f"""
        SELECT d.storage_id, d.id, d.path, f.name, f.size, f.mtime_ns, f.ctime_ns, f.inode
        FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id IN ({marks}) AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL} AND f.size > 0 AND f.size IN (
            SELECT f.size FROM folder d JOIN file f ON f.folder_id = d.id
            WHERE d.storage_id IN ({marks}) AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL}
            GROUP BY f.size HAVING count(DISTINCT d.device || '/' || f.inode) > 1
        )
        """,
        (*roots, *roots),
    ).fetchall()

    def keep_ends(folder_id: int, rows: Iterable[HashedRow]) -> None:
        connection.executemany(
            "INSERT INTO temp.ends SELECT ?, ?, id, ?, device, ? FROM folder WHERE id = ?",
            ((row[3], row[2], row[0], row[6], folder_id) for row in rows if row[1] == FileStatus.HASHED),
        )

    def keep_digests(folder_id: int, rows: Iterable[HashedRow]) -> None:
        _store(database, folder_id, rows)

    progress.begin("comparing ends", total_files=len(of_one_size))
    connection.execute("BEGIN")
    try:
        _work_through(of_one_size, roots, progress, keep_ends, ends_only=True)
    finally:
        connection.execute("COMMIT")
    alike = connection.execute(
        f"""
        SELECT d.storage_id, d.id, d.path, f.name, f.size, f.mtime_ns, f.ctime_ns, f.inode
        FROM temp.ends e JOIN file f ON f.folder_id = e.folder_id AND f.name = e.name
        JOIN folder d ON d.id = f.folder_id
        WHERE (f.status <> {int(FileStatus.HASHED)} OR f.digest IS NULL) AND (e.size, e.ends) IN (
            SELECT size, ends FROM temp.ends GROUP BY size, ends
            HAVING count(DISTINCT device || '/' || inode) > 1
        )
        ORDER BY d.id, f.name
        """
    ).fetchall()
    progress.begin("hashing possible duplicates", total_files=len(alike), total_bytes=sum(row[4] for row in alike))
    _work_through(alike, roots, progress, keep_digests, ends_only=False)
    if alike:
        with database.transaction():
            for storage in storages:
                mark_changed(connection, storage.id)


def _work_through(
    candidates: Iterable[Candidate],
    roots: dict[str, bytes],
    progress: Progress,
    keep: Callable[[int, Iterable[HashedRow]], None],
    *,
    ends_only: bool,
) -> None:
    pool = HashPool(progress)
    try:
        for folder_id, task, small in _tasks(candidates, roots, ends_only):
            progress.check()
            pool.submit(folder_id, task, small=small)
            while (finished := pool.result(wait=pool.outstanding > _MOST_TASKS_AHEAD)) is not None:
                keep(*finished)
                progress.advance(files=len(finished[1]))
        while (finished := pool.result(wait=True)) is not None:
            keep(*finished)
            progress.advance(files=len(finished[1]))
    finally:
        pool.close()


def _tasks(
    candidates: Iterable[Candidate], roots: dict[str, bytes], ends_only: bool
) -> Iterator[tuple[int, HashTask, bool]]:
    for (storage_id, folder_id, folder), group in groupby(candidates, key=lambda row: row[:3]):
        small: list[StatRow] = []
        for row in group:
            if ends_only or row[4] <= SMALL_FILE_BYTES:
                small.append(row[3:])
            else:
                yield folder_id, HashTask(roots[storage_id], folder, [row[3:]]), False
        for start in range(0, len(small), BATCH_FILES):
            batch = small[start : start + BATCH_FILES]
            yield folder_id, HashTask(roots[storage_id], folder, batch, ends_only=ends_only), True


def _store(database: Database, folder_id: int, rows: Iterable[HashedRow]) -> None:
    with database.transaction() as connection:
        connection.executemany(
            """
            UPDATE file SET status = ?, digest = ?, size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, hashed_ns = ?
            WHERE folder_id = ? AND name = ?
            """,
            ((row[1], row[2], *row[3:8], folder_id, row[0]) for row in rows if row[1] == FileStatus.HASHED),
        )
