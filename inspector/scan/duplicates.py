"""Find duplicates without scanning: by size, then by both ends of the file, then by all of it.

A file's head is read as soon as another one of its size was met, so that processes read while the walk goes on. Small
files with the same head are read whole at once: their tails would cost as much. Nothing is learned of the files but
which are alike, so the catalog's picture of them stays as it is.
"""

import json
import os
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Generic, TypeVar

from inspector.catalog.conflicts import put_round
from inspector.catalog.database import Database
from inspector.catalog.files import FileRows, FileStatus
from inspector.conflicts.choices import for_layout, has_suggestion
from inspector.conflicts.contents import CopyRow, group_duplicates
from inspector.conflicts.known import CatalogKnown
from inspector.conflicts.reconcile import in_order
from inspector.fs.own_folder import OwnFolder
from inspector.fs.walk import Listing, UnlistedFolder, stat_rows, walk
from inspector.layouts.base import Layout
from inspector.layouts.registry import nested_layout
from inspector.layouts.repairs import Bars
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.filekinds import MEDIA_KINDS, file_kind, is_noise_folder
from inspector.model.progress import Progress
from inspector.model.records import Finding, StorageInfo
from inspector.model.scanmode import ScanCounts
from inspector.scan.candidates import CandidateFolder, Candidates, Repeats
from inspector.scan.crew import Crew, Work
from inspector.scan.hashing import HashTask
from inspector.scan.pieces import (
    PIECE_BYTES,
    WHOLE_DIGEST_BYTES,
    Item,
    Piece,
    digest_pieces,
    digest_small_files,
    task_of,
)
from inspector.scan.pool import SMALL_FILE_BYTES, HashPool
from inspector.scan.presence import prove
from inspector.sync.online_only import OnlineOnly

Tag = TypeVar("Tag")

_PIECES_PER_TASK = 512
_SMALL_FILES_PER_TASK = 64
_MOST_TASKS_AHEAD = 32
_TABLES = (
    "DROP TABLE IF EXISTS temp.whole",
    "CREATE TEMP TABLE whole (digest BLOB, folder INTEGER, name BLOB, size INTEGER, inode INTEGER)",
)


def find_duplicates(
    database: Database, storages: Sequence[tuple[StorageInfo, Layout]], progress: Progress
) -> list[tuple[ScanCounts, InspectorError | None]]:
    """Look at these storages, in the calling thread, and replace the duplicates of those that are there.

    Those that they have with storages that were not looked at stay as they are, while their copies here are there.

    Returns what was met in each storage and the error that ended the look at it, in the same order.

    Raises:
        CancelledByUserError: where the progress was cancelled; the conflicts stay as they were.
    """
    search = _Search(database, progress)
    found: list[tuple[ScanCounts, InspectorError | None]] = []
    present: list[StorageInfo] = []
    try:
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
    finally:
        search.close()
    ids = [storage.id for storage in in_order(present)]
    order = {storage_id: number for number, storage_id in enumerate(ids)}
    with database.transaction() as connection:
        with_words = {
            storage.id: for_layout(layout, CatalogKnown(connection, storage.id), Bars()) for storage, layout in storages
        }
        _note_shared(connection, {storage.id: storage.root for storage in present})
        found_alike = (
            (owner, with_words[owner](finding))
            for owner, finding in chain(
                _shared(connection, order), _not_shared(connection, group_duplicates(search.alike(order), order))
            )
        )
        put_round(connection, ids, found_alike, only_kind="duplicate_content", is_suggested=has_suggestion)
    return found


def _note_shared(connection: sqlite3.Connection, roots: Mapping[str, str]) -> None:
    """Note the known duplicates that these storages have with others that the catalog knows, and that are there."""
    connection.execute("DROP TABLE IF EXISTS temp.shared")
    connection.execute("CREATE TEMP TABLE shared (digest TEXT, owner TEXT, paths TEXT, evidence TEXT)")
    known = {row[0] for row in connection.execute("SELECT id FROM storage")}
    rows = connection.execute(
        """
        SELECT storage_id, paths, evidence FROM conflict
        WHERE kind = 'duplicate_content' AND json_extract(evidence, '$.across_storages')
        """
    )
    for owner, paths, text in rows:
        evidence = json.loads(text)
        here = [copy for copy in evidence["copies"] if copy["storage"] in roots]
        elsewhere = any(copy["storage"] in known for copy in evidence["copies"] if copy["storage"] not in roots)
        if (
            here
            and elsewhere
            and all(_is_as_known(roots[one["storage"]], one["path"], evidence["size"]) for one in here)
        ):
            connection.execute("INSERT INTO temp.shared VALUES (?, ?, ?, ?)", (evidence["digest"], owner, paths, text))
    connection.execute("CREATE INDEX temp.shared_by_digest ON shared (digest)")


def _is_as_known(root: str, path: str, size: int) -> bool:
    try:
        return os.lstat(os.path.join(root, path)).st_size == size
    except OSError:
        return False


def _shared(connection: sqlite3.Connection, order: Mapping[str, int]) -> Iterator[tuple[str, Finding]]:
    """What was noted of conflicts that belong to these storages."""
    for digest, owner, paths, evidence in connection.execute("SELECT * FROM temp.shared"):
        if owner in order:
            yield owner, Finding("duplicate_content", digest, tuple(json.loads(paths)), json.loads(evidence))


def _not_shared(connection: sqlite3.Connection, found: Iterator[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
    """Of these duplicates those that are not in a conflict with other storages already."""
    for owner, finding in found:
        if connection.execute("SELECT 1 FROM temp.shared WHERE digest = ?", (finding.subject,)).fetchone() is None:
            yield owner, finding


class _Search:
    """The candidates, and what is known of their contents so far; whole digests are in a table of the connection's."""

    def __init__(self, database: Database, progress: Progress) -> None:
        self._connection = database.connection
        self._state_folder = database.folder
        self._progress = progress
        self._candidates = Candidates()
        self._sizes = Repeats()
        self._crew = Crew()
        self._early_heads = _Batch(self._crew, digest_pieces, _PIECES_PER_TASK, self._keep_keys)
        self._not_as_seen: list[int] = []  # small files to be read once more, with care
        for statement in _TABLES:
            self._connection.execute(statement)

    def close(self) -> None:
        """End what still works in the background."""
        self._crew.close()

    def look(self, storage: StorageInfo, layout: Layout, counts: ScanCounts) -> None:
        """Note the size of every picture, raw file and video of a storage; `counts` is filled in."""
        known = FileRows(self._connection, storage.id)
        self._progress.begin("looking at sizes", total_files=known.totals()[0] or None)
        presence = prove(storage, layout, known)
        online_only = OnlineOnly(storage.root)
        try:
            for item in walk(presence.descriptor, partial(_enter, OwnFolder(storage.root, self._state_folder))):
                self._progress.check()
                if isinstance(item, UnlistedFolder):
                    counts.unreadable += 1
                elif not (item.path and nested_layout(os.path.basename(item.path), item.holds)):
                    self._note(storage, item, counts, online_only)
                    self._crew.settle(_MOST_TASKS_AHEAD)
            presence.prove_again()
        finally:
            presence.close()

    def _note(self, storage: StorageInfo, listing: Listing, counts: ScanCounts, online_only: OnlineOnly) -> None:
        names = [name for name in listing.files if file_kind(name.decode("utf-8", "surrogateescape")) in MEDIA_KINDS]
        rows, vanished, failed = stat_rows(listing.descriptor, names)
        counts.vanished += len(vanished)
        counts.unreadable += len(failed)
        self._progress.advance(files=len(rows))
        rows = [row for row in rows if row[1]]
        sizes = [row[1] for row in rows]
        counts.files += len(rows)
        counts.bytes += sum(sizes)
        if absent := online_only.among(listing.descriptor, names):
            rows = [row for row in rows if row[0] not in absent]
            sizes = [row[1] for row in rows]
        folder = CandidateFolder(storage.id, os.fsencode(storage.root), os.fsencode(listing.path), listing.device)
        first = self._candidates.add(folder, rows)
        again = self._sizes.again(first, sizes)
        self._early_heads.add(folder, again, [_head(rows[n - first][0], sizes[n - first]) for n in again])

    def compare(self) -> None:
        """Read the other heads, the tails of large files alike in size and head, and all of those still alike."""
        self._early_heads.flush()
        sizes, keys = self._candidates.sizes, self._candidates.keys
        firsts = array("Q", self._sizes.firsts(sizes))
        self._read_pieces("comparing heads", firsts, lambda number, name: _head(name, sizes[number]))
        alike = self._candidates.alike()
        if large := [number for number in alike if sizes[number] > SMALL_FILE_BYTES]:
            self._read_pieces("comparing tails", large, lambda n, name: (name, sizes[n] - PIECE_BYTES, keys[n]))
            alike = self._candidates.alike()
        self._hash(alike)

    def alike(self, order: Mapping[str, int]) -> Iterator[CopyRow]:
        """The files whose bytes were read and occur more than once, by digest, of the storages in `order`."""
        rows = self._connection.execute(_ALIKE)
        for digest, place, name, size, inode in rows:
            folder = self._candidates.folders[place]
            if folder.storage_id in order:
                yield digest, folder.storage_id, folder.path, name, size, folder.device, inode

    def _read_pieces(self, phase: str, numbers: Sequence[int], piece: Callable[[int, bytes], Piece]) -> None:
        self._progress.begin(phase, total_files=len(numbers))

        def keep(read: Sequence[int], digests: bytes) -> None:
            self._keep_keys(read, digests)
            self._progress.advance(files=len(read))

        batch = _Batch(self._crew, digest_pieces, _PIECES_PER_TASK, keep)
        for place, files in self._candidates.by_folder(numbers):
            self._progress.check()
            batch.add(self._candidates.folders[place], [file[0] for file in files], [piece(*file) for file in files])
            self._crew.settle(_MOST_TASKS_AHEAD)
        batch.flush()
        self._settle_all()

    def _settle_all(self) -> None:
        while self._crew.outstanding:
            self._progress.check()
            self._crew.settle(self._crew.outstanding - 1)

    def _keep_keys(self, numbers: Sequence[int], digests: bytes) -> None:
        keys = self._candidates.keys
        for number, key in zip(numbers, array("Q", digests), strict=True):
            keys[number] = key

    def _hash(self, numbers: Sequence[int]) -> None:
        sizes = self._candidates.sizes
        total = sum(sizes[number] for number in numbers)
        self._progress.begin("hashing possible duplicates", total_files=len(numbers), total_bytes=total)
        self._connection.execute("BEGIN")
        try:
            self._hash_small_files(number for number in numbers if sizes[number] <= SMALL_FILE_BYTES)
            large = [number for number in numbers if sizes[number] > SMALL_FILE_BYTES]
            self._hash_with_care(sorted(large + self._not_as_seen))
        finally:
            self._connection.execute("COMMIT")

    def _hash_small_files(self, numbers: Iterable[int]) -> None:
        sizes, inodes = self._candidates.sizes, self._candidates.inodes
        batch = _Batch(self._crew, digest_small_files, _SMALL_FILES_PER_TASK, self._keep_small_files)
        for place, files in self._candidates.by_folder(numbers):
            self._progress.check()
            items = [(name, sizes[number], inodes[number]) for number, name in files]
            tags = [(number, place, *item) for (number, _), item in zip(files, items, strict=True)]
            batch.add(self._candidates.folders[place], tags, items)
            self._crew.settle(_MOST_TASKS_AHEAD)
        batch.flush()
        self._settle_all()

    def _keep_small_files(self, files: Sequence[tuple[int, int, bytes, int, int]], digests: bytes) -> None:
        rows: list[_WholeRow] = []
        for start, (number, place, name, size, inode) in zip(
            range(0, len(digests), WHOLE_DIGEST_BYTES), files, strict=True
        ):
            digest = digests[start : start + WHOLE_DIGEST_BYTES]
            if any(digest):
                rows.append((digest, place, name, size, inode))
            else:
                self._not_as_seen.append(number)
        self._connection.executemany(_PUT_WHOLE, rows)
        self._progress.advance(files=len(rows), count=sum(row[3] for row in rows))

    def _hash_with_care(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        pool = HashPool(self._progress)
        try:
            for place, files in self._candidates.by_folder(numbers):
                folder = self._candidates.folders[place]
                for number, name in files:
                    self._progress.check()
                    row = (name, self._candidates.sizes[number], 0, 0, self._candidates.inodes[number])
                    pool.submit(place, HashTask(folder.root, folder.path, [row]), small=False)
                    self._keep_finished(pool, _MOST_TASKS_AHEAD)
            self._keep_finished(pool, 0)
        finally:
            pool.close()

    def _keep_finished(self, pool: HashPool, most_left: int) -> None:
        while (finished := pool.result(wait=pool.outstanding > most_left)) is not None:
            place, rows = finished
            self._progress.advance(files=len(rows))
            whole = [row for row in rows if row[1] == FileStatus.HASHED and row[3]]
            self._connection.executemany(_PUT_WHOLE, [(row[2], place, row[0], row[3], row[6]) for row in whole])


class _Batch(Generic[Tag]):
    """Gathers files of several folders of one root until there are enough of them for a task of the crew's."""

    def __init__(self, crew: Crew, work: Work, most_files: int, keep: Callable[[list[Tag], bytes], None]) -> None:
        """`keep` gets the tags of a task's files and what `work` made of the task."""
        self._crew = crew
        self._work = work
        self._most_files = most_files
        self._keep = keep
        self._root = b""
        self._tags: list[Tag] = []
        self._folders: list[tuple[bytes, list[Item]]] = []

    def add(self, folder: CandidateFolder, tags: list[Tag], items: list[Item]) -> None:
        """Gather files of one folder; each has a tag and an item that tells the work what to do."""
        if folder.root != self._root:
            self.flush()
            self._root = folder.root
        for start in range(0, len(items), self._most_files):
            end = start + self._most_files
            self._tags.extend(tags[start:end])
            self._folders.append((folder.path, items[start:end]))
            if len(self._tags) >= self._most_files:
                self.flush()

    def flush(self) -> None:
        """Make a task of what was gathered."""
        if self._tags:
            task = task_of(self._root, self._folders)
            self._crew.submit(self._work, task, len(self._tags), partial(self._keep, self._tags))
            self._tags, self._folders = [], []


_WholeRow = tuple[bytes, int, bytes, int, int]
"""Digest, place of the folder, name, size, inode."""


def _head(name: bytes, size: int) -> Piece:
    return name, 0, size


def _enter(own: OwnFolder, listing: Listing) -> list[str]:
    if listing.path and nested_layout(os.path.basename(listing.path), listing.holds):
        return []
    return [name for name in own.without(listing.path, listing.folders) if not is_noise_folder(name)]


_PUT_WHOLE = "INSERT INTO temp.whole VALUES (?, ?, ?, ?, ?)"

_ALIKE = """
    SELECT digest, folder, name, size, inode FROM temp.whole
    WHERE digest IN (SELECT digest FROM temp.whole GROUP BY digest HAVING count(*) > 1)
    ORDER BY digest
"""
