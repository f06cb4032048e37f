"""Compute the keys of files that are named after their content, once for each content, to verify their names."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from inspector.catalog.database import Database
from inspector.catalog.storages import mark_changed
from inspector.fs.beneath import open_file
from inspector.layouts.base import NamedByContent
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path

_THREADS = 2
_WINDOW = 256

_Wanted = tuple[str, bytes, int, int]
"""A file's path and its digest, and the size and mtime that it had when that was taken."""


def learn_stated(database: Database, storage: StorageInfo, layout: NamedByContent, progress: Progress) -> None:
    """Read the files whose names state a key and whose content has none yet, and store the keys.

    Raises:
        CancelledByUserError: where the progress was cancelled; what was computed until then is kept.
    """
    wanted = _unverified(database, storage, layout)
    first = list(islice(wanted, _WINDOW))
    if not first:
        return
    progress.begin("verifying names")
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="names") as executor:
        window = first
        while window:
            progress.check()
            progress.current = window[0][0]
            keys = list(executor.map(lambda one: _key(storage.root, one, layout), window))
            rows = [
                (digest, storage.layout, key)
                for (_, digest, _, _), key in zip(window, keys, strict=True)
                if key is not None
            ]
            with database.transaction() as connection:
                mark_changed(connection, storage.id)
                connection.executemany("INSERT OR REPLACE INTO content_key VALUES (?, ?, ?)", rows)
            progress.advance(files=len(window))
            window = list(islice(wanted, _WINDOW))


def _unverified(database: Database, storage: StorageInfo, layout: NamedByContent) -> Iterator[_Wanted]:
    """Files whose content has no key yet; of a content that is there twice, both may come."""
    rows = database.connection.execute(
        """
        SELECT d.path, f.name, f.digest, f.size, f.mtime_ns FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id = ? AND f.gone_ns IS NULL AND f.size > 0 AND f.digest IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM content_key k WHERE k.digest = f.digest AND k.layout = ?)
        """,
        (storage.id, storage.layout),
    ).fetchall()
    for folder, name, digest, size, mtime_ns in rows:
        path = join_path(os.fsdecode(folder), os.fsdecode(name))
        if layout.stated_key(path) is not None:
            yield path, digest, size, mtime_ns


def _key(root: str, wanted: _Wanted, layout: NamedByContent) -> str | None:
    """The key; None where the file is not what was hashed any more, or cannot be read: the next scan sees that."""
    path, _, *known = wanted
    try:
        with open_file(root, path) as stream:
            before = os.fstat(stream.fileno())
            key = layout.content_key(stream)
            after = os.fstat(stream.fileno())
    except OSError:
        return None
    is_the_same = all([status.st_size, status.st_mtime_ns] == known for status in (before, after))
    return key if is_the_same else None
