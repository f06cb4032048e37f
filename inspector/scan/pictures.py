"""Look into pictures: whether they decode, and what key their layout gives them, in processes that may die."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from inspector.catalog.database import Database
from inspector.catalog.files import MEDIA_SQL
from inspector.catalog.storages import mark_changed
from inspector.fs.beneath import open_file
from inspector.fs.worker import WorkerError, WorkerProcess
from inspector.fs.worker_pool import WorkerPool
from inspector.layouts.base import Layout
from inspector.model.errors import DocumentError
from inspector.model.filekinds import FileKind
from inspector.model.filestat import FileStatus
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path

_SECONDS_A_PICTURE = 10.0
_WINDOW = 64


class PictureTask(NamedTuple):
    """One picture to look into; `layout` names the one whose key is wanted, or is None."""

    root: str
    path: str
    digest: bytes
    decode: bool
    layout: str | None


class PictureVerdict(NamedTuple):
    """What a look into a picture gave: `state` is ok, undecodable, unsupported or failed, or None where not asked.

    The last two are looked into again by the next deep scan: what is installed, or the machine's load, may differ.
    """

    digest: bytes
    state: str | None
    reason: str | None
    key: str | None


def look_into(task: PictureTask) -> PictureVerdict:
    """Decode a picture, compute its key; runs in a worker process."""
    from inspector.layouts.registry import layout
    from inspector.media.decode import check_picture

    state: str | None = None
    reason: str | None = None
    key: str | None = None
    if task.decode:
        with open_file(task.root, task.path) as stream:
            result = check_picture(stream, os.path.basename(task.path), os.fstat(stream.fileno()).st_size)
            state, reason = result.status.value, result.reason
    if task.layout is not None:
        with open_file(task.root, task.path) as stream:
            try:
                key = layout(task.layout).picture_key(stream)
            except ValueError:
                key = ""  # no picture of which a key can be computed; not asked again
    return PictureVerdict(task.digest, state, reason, key)


def count_undecided(database: Database, storage: StorageInfo) -> int:
    """How many contents of pictures have no verdict yet."""
    row = database.connection.execute(
        f"SELECT count(DISTINCT f.digest) {_UNDECIDED}", {"storage": storage.id, "after": b""}
    ).fetchone()
    return int(row[0])


def undecided(database: Database, storage: StorageInfo) -> Iterator[tuple[str, bytes]]:
    """Pictures (path, digest) without a verdict, one for each content, read in windows."""
    after = b""
    while True:
        rows = database.connection.execute(
            f"SELECT f.digest, d.path, f.name {_UNDECIDED} ORDER BY f.digest LIMIT {_WINDOW * 8}",
            {"storage": storage.id, "after": after},
        ).fetchall()
        if not rows:
            return
        for digest, folder, name in rows:
            if digest != after:
                after = digest
                yield join_path(os.fsdecode(folder), os.fsdecode(name)), digest


_UNDECIDED = f"""
    FROM folder d JOIN file f ON f.folder_id = d.id LEFT JOIN content c ON c.digest = f.digest
    WHERE d.storage_id = :storage AND f.gone_ns IS NULL AND f.kind = {int(FileKind.PICTURE)} AND f.size > 0
        AND f.status = {int(FileStatus.HASHED)} AND f.digest > :after
        AND (c.state IS NULL OR c.state IN ('unsupported', 'failed'))
"""


def keyless(database: Database, storage: StorageInfo) -> Iterator[tuple[str, bytes]]:
    """Media files (path, digest) of which no key was computed yet, one for each content."""
    rows = database.connection.execute(
        f"""
        SELECT d.path, f.name, f.digest FROM folder d JOIN file f ON f.folder_id = d.id
        LEFT JOIN content c ON c.digest = f.digest
        WHERE d.storage_id = ? AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL} AND f.size > 0
            AND f.digest IS NOT NULL AND f.status = {int(FileStatus.HASHED)} AND c.key IS NULL ORDER BY f.digest
        """,
        (storage.id,),
    ).fetchall()
    last = b""
    for folder, name, digest in rows:
        if digest != last:
            last = digest
            yield join_path(os.fsdecode(folder), os.fsdecode(name)), digest


class PictureLook:
    """Looks into pictures with a few worker processes and stores what they say."""

    def __init__(self, database: Database, storage: StorageInfo, layout: Layout, progress: Progress) -> None:
        self._database = database
        self._storage = storage
        self._layout = layout
        self._progress = progress

    def run(self, pictures: Iterable[tuple[str, bytes]], total: int, *, decode: bool, key: bool) -> None:
        """Look into `pictures` (path, digest); what was looked into stays known if this is cancelled."""
        self._progress.begin("decoding pictures" if decode else "computing keys", total_files=total)
        layout = self._layout.name if key else None
        tasks = (PictureTask(self._storage.root, path, digest, decode, layout) for path, digest in pictures)
        waiting: list[PictureVerdict] = []
        with WorkerPool() as pool:
            try:
                for verdict in pool.map(self._one, tasks):
                    if verdict is not None:
                        waiting.append(verdict)
                    if len(waiting) == _WINDOW:
                        self._store(waiting)
                        waiting.clear()
                    self._progress.check()
            finally:
                if waiting:
                    self._store(waiting)

    def _one(self, process: Callable[[], WorkerProcess], task: PictureTask) -> PictureVerdict | None:
        if self._progress.cancelled:
            return None
        self._progress.current = task.path
        try:
            verdict: PictureVerdict | None = process().run(look_into, task, timeout=_SECONDS_A_PICTURE)
        except WorkerError as error:
            verdict = PictureVerdict(task.digest, "failed", f"decoding it ended badly: {error.message}", None)
        except (OSError, DocumentError):
            verdict = None  # it went away or cannot be read since it was hashed; the next scan sees that
        self._progress.advance(files=1)
        return verdict

    def _store(self, verdicts: list[PictureVerdict]) -> None:
        engine = self._layout.key_engine
        with self._database.transaction() as connection:
            mark_changed(connection, self._storage.id)
            connection.executemany(
                """
                INSERT INTO content (digest, state, reason, key, engine) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (digest) DO UPDATE SET state = coalesce(excluded.state, content.state),
                    reason = coalesce(excluded.reason, content.reason), key = coalesce(excluded.key, content.key),
                    engine = coalesce(excluded.engine, content.engine)
                """,
                ((v.digest, v.state, v.reason, v.key, engine if v.key is not None else None) for v in verdicts),
            )
