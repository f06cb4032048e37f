"""Compute the keys of files that are named after their content, once for each content, to verify their names."""

import marshal
import os
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from inspector.catalog.database import Database
from inspector.catalog.storages import mark_changed
from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath, open_root
from inspector.layouts.base import NamedByContent
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path
from inspector.scan.crew import Crew

_WINDOW = 2048
_FILES_AT_ONCE = 128
_MOST_TASKS_AHEAD = 8

_Wanted = tuple[bytes, bytes, int, int]
"""A file's name and its digest, and the size and mtime that it had when that was taken."""


class _Task(NamedTuple):
    """Files of one folder whose keys are wanted; the names of root and folder as the file system has them."""

    root: bytes
    folder: bytes
    layout: str
    files: list[_Wanted]


def learn_stated(database: Database, storage: StorageInfo, layout: NamedByContent, progress: Progress) -> None:
    """Read the files whose names state a key and whose content has none yet, and store the keys.

    Raises:
        CancelledByUserError: where the progress was cancelled; what was computed until then is kept.
    """
    crew: Crew | None = None
    try:
        for task in _tasks(database, storage, layout):
            if crew is None:
                crew = Crew()
                progress.begin("verifying names")
            progress.check()
            progress.current = os.fsdecode(task.folder)
            keep = partial(_keep, database, storage, progress, len(task.files))
            crew.submit(keys_to_bytes, marshal.dumps(tuple(task)), len(task.files), keep)
            crew.settle(_MOST_TASKS_AHEAD)
        if crew is not None:
            crew.settle(0)
    finally:
        if crew is not None:
            crew.close()


def _keep(database: Database, storage: StorageInfo, progress: Progress, files: int, found: bytes) -> None:
    with database.transaction() as connection:
        mark_changed(connection, storage.id)
        rows = ((digest, storage.layout, key) for digest, key in marshal.loads(found))
        connection.executemany("INSERT OR REPLACE INTO content_key VALUES (?, ?, ?)", rows)
    progress.advance(files=files)


def _tasks(database: Database, storage: StorageInfo, layout: NamedByContent) -> Iterator[_Task]:
    """Files whose content has no key yet, a folder's together; of a content that is there twice, both may come."""
    connection, root, last = database.connection, os.fsencode(storage.root), 0
    connection.execute("DROP TABLE IF EXISTS temp.unverified")
    connection.execute(
        """
        CREATE TEMP TABLE unverified (
            id INTEGER PRIMARY KEY, folder BLOB, name BLOB, digest BLOB, size INTEGER, mtime_ns INTEGER
        )
        """
    )
    connection.execute(_FIND_UNVERIFIED, (storage.id, storage.layout))
    while rows := connection.execute(_SOME_UNVERIFIED, (last, _WINDOW)).fetchall():
        last = rows[-1][0]
        by_folder: dict[bytes, list[_Wanted]] = {}
        for _, folder, name, digest, size, mtime_ns in rows:
            if layout.stated_key(join_path(os.fsdecode(folder), os.fsdecode(name))) is not None:
                by_folder.setdefault(folder, []).append((name, digest, size, mtime_ns))
        for folder, files in by_folder.items():
            for start in range(0, len(files), _FILES_AT_ONCE):
                yield _Task(root, folder, storage.layout, files[start : start + _FILES_AT_ONCE])
    connection.execute("DROP TABLE temp.unverified")


_FIND_UNVERIFIED = """
    INSERT INTO temp.unverified (folder, name, digest, size, mtime_ns)
    SELECT d.path, f.name, f.digest, f.size, f.mtime_ns FROM folder d JOIN file f ON f.folder_id = d.id
    WHERE d.storage_id = ? AND f.gone_ns IS NULL AND f.size > 0 AND f.digest IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM content_key k WHERE k.digest = f.digest AND k.layout = ?)
"""
_SOME_UNVERIFIED = """
    SELECT id, folder, name, digest, size, mtime_ns FROM temp.unverified WHERE id > ? ORDER BY id LIMIT ?
"""


def keys_to_bytes(task: bytes) -> bytes:
    """The digests and keys of a task's files, marshalled; may run in a process of its own.

    None of those that are not what was hashed any more, or cannot be read: the next scan sees that.
    """
    from inspector.layouts.registry import layout as layout_of

    root, folder, name, files = marshal.loads(task)
    layout = layout_of(name)
    assert isinstance(layout, NamedByContent)
    found: list[tuple[bytes, str]] = []
    try:
        descriptor = _open_folder(root, folder)
    except OSError:
        return marshal.dumps(found)
    try:
        for one in files:
            key = _key(descriptor, one, layout)
            if key is not None:
                found.append((one[1], key))
    finally:
        os.close(descriptor)
    return marshal.dumps(found)


def _open_folder(root: bytes, folder: bytes) -> int:
    root_fd = open_root(root)
    try:
        return open_beneath(root_fd, folder, FOLDER_FLAGS)
    finally:
        os.close(root_fd)


def _key(folder: int, wanted: _Wanted, layout: NamedByContent) -> str | None:
    name, _, *known = wanted
    try:
        with os.fdopen(os.open(name, FILE_FLAGS, dir_fd=folder), "rb", buffering=0) as stream:
            before = os.fstat(stream.fileno())
            key = layout.content_key(stream)
            after = os.fstat(stream.fileno())
    except OSError:
        return None
    is_the_same = all([status.st_size, status.st_mtime_ns] == known for status in (before, after))
    return key if is_the_same else None
