"""Looks at one file as a side of a comparison: what the catalog knows, what is on disk now, and what is inside."""

import json
import os
import sqlite3
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from inspector.catalog.files import SIDECAR_LAYER, FileStatus
from inspector.conflicts.comparing.examining import Examined, PictureExaminer
from inspector.conflicts.comparing.statements import references_of
from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root
from inspector.layouts.registry import layout
from inspector.model.comparison import Side
from inspector.model.filekinds import FileKind, file_kind
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo, StorageState
from inspector.model.relpath import join_path, split_path
from inspector.sync.online_only import OnlineOnly

CHANGED = "changed since the scan"
_WHOLE, _BROKEN = "ok", "undecodable"


class _Row(NamedTuple):
    """One file as the catalog has it."""

    size: int
    mtime_ns: int
    digest: bytes | None
    gone_ns: int | None
    status: int
    error: str | None
    device: int
    inode: int
    state: str | None
    reason: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is at a path on disk: its stat where it is a regular file, else in words what is in the way."""

    present: bool | None
    size: int | None = None
    mtime_ns: int | None = None
    inode: tuple[int, int] | None = None
    words: str = ""
    online_only: str = ""
    """Why it must not be opened, empty where it may be."""


class Looker:
    """Makes sides of files. Equal contents are looked into once."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        storages: Mapping[str, StorageInfo],
        examiner: PictureExaminer,
        progress: Progress,
    ) -> None:
        self.connection = connection
        self.storages = storages
        self.progress = progress
        self.stale = False
        """Whether something was not as the last scan saw it."""
        self._examiner = examiner
        self._online_only = cache(OnlineOnly)
        self._examined: dict[str, Examined] = {}

    def file(self, storage_id: str, path: str, title: str, *, expected_gone: bool = False) -> Side:
        """The file at `path` of a storage; with `expected_gone` its absence is no news."""
        self.progress.check()
        side = Side(title, storage_id, path, is_file=True)
        storage = self.storages.get(storage_id)
        if storage is None:
            return replace(side, notes=("its storage is not known any more",))
        row = self._row(storage, path)
        side = replace(
            side,
            references=references_of(self.connection, storage_id, path),
            sidecars=self._sidecars(storage_id, path),
        )
        seen = self.on_disk(storage, path)
        if seen.present is None:
            return self._from_memory(side, row, seen.words)
        if not seen.present:
            return self._absent(side, row, seen.words, expected_gone=expected_gone)
        return self._present(side, storage, row, seen)

    def on_disk(self, storage: StorageInfo, path: str) -> Seen:
        """What is at `path` now; no link is followed, and nothing is opened but folders."""
        if storage.state is StorageState.OFFLINE:
            return Seen(None, words="the storage is offline: this is what the last scan saw")
        folder, name = split_path(path)
        try:
            root = open_root(storage.root)
        except OSError:
            return Seen(None, words="the storage is not there: this is what the last scan saw")
        try:
            descriptor = open_beneath(root, folder, FOLDER_FLAGS)
        except OSError:
            return Seen(False)
        finally:
            os.close(root)
        try:
            found = os.lstat(os.fsencode(name), dir_fd=descriptor)
        except (OSError, ValueError):
            return Seen(False)
        finally:
            os.close(descriptor)
        if stat.S_ISDIR(found.st_mode) and self._is_a_known_folder(storage, path):
            return Seen(True, None, found.st_mtime_ns)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a link" if stat.S_ISLNK(found.st_mode) else "no file"
            return Seen(False, words=f"{kind} is there instead")
        reason = self._online_only(storage.root).reason(name, found) or ""
        return Seen(True, found.st_size, found.st_mtime_ns, (found.st_dev, found.st_ino), online_only=reason)

    def may_read(self, side: Side) -> bool:
        """Whether a side's file may be opened: one that is online only would be downloaded."""
        storage = self.storages.get(side.storage_id)
        return storage is not None and self._online_only(storage.root).reason_at(side.path) is None

    def _is_a_known_folder(self, storage: StorageInfo, path: str) -> bool:
        """Whether the last scan met a folder there, or a storage in this one, and no file."""
        found = self.connection.execute(
            """
            SELECT 1 FROM folder WHERE storage_id = :storage AND path = :path AND error IS NOT NULL
            UNION ALL
            SELECT 1 FROM finding WHERE storage_id = :storage AND kind = 'nested_storage' AND subject = :subject
            """,
            {"storage": storage.id, "path": os.fsencode(path), "subject": json.dumps(path)},
        ).fetchone()
        return found is not None

    def _from_memory(self, side: Side, row: _Row | None, words: str) -> Side:
        if row is None:
            return replace(side, notes=(words,))
        return replace(
            side,
            size=row.size,
            mtime_ns=row.mtime_ns,
            digest=row.digest.hex() if row.digest else None,
            key=row.key,
            decodes=_decodes(row.state),
            notes=(words,),
        )

    def _absent(self, side: Side, row: _Row | None, words: str, *, expected_gone: bool) -> Side:
        notes = [words] if words else []
        if row is not None and row.gone_ns is None and not expected_gone:
            self.stale = True
            notes.append("it was there at the last scan")
        return replace(side, present=False, notes=tuple(notes))

    def _present(self, side: Side, storage: StorageInfo, row: _Row | None, seen: Seen) -> Side:
        if seen.size is None:
            return replace(side, present=True, mtime_ns=seen.mtime_ns, notes=("a folder",))
        known = row is not None and row.gone_ns is None
        same = known and row is not None and (row.size, row.mtime_ns) == (seen.size, seen.mtime_ns)
        notes = []
        if not known:
            notes.append("the last scan did not see it")
            self.stale = self.stale or storage.last_scan_ns is not None
        elif not same:
            notes.append(CHANGED)
            self.stale = True
        side = replace(side, present=True, size=seen.size, mtime_ns=seen.mtime_ns)
        if same and row is not None:
            side = replace(side, digest=row.digest.hex() if row.digest else None, key=row.key)
            if row.status != FileStatus.HASHED and row.error:
                notes.append(row.error)
        if seen.online_only:
            decodes = _decodes(row.state) if same and row is not None else None
            return replace(side, decodes=decodes, notes=(*notes, f"its content is online only: {seen.online_only}"))
        return self._inside(replace(side, notes=tuple(notes)), storage, row if same else None)

    def _inside(self, side: Side, storage: StorageInfo, row: _Row | None) -> Side:
        """The side with what its picture says of itself."""
        kind = file_kind(split_path(side.path)[1])
        if kind not in {FileKind.PICTURE, FileKind.RAW}:
            return side
        if not side.size:
            return replace(side, decodes=False, notes=(*side.notes, "the file is empty"))
        decodes = _decodes(row.state) if row is not None else None
        found = self._examined.get(side.digest or "")
        if found is None:
            wanted = storage.layout if side.key is None and layout(storage.layout).key_engine is not None else ""
            found = self._examiner.examine(storage.root, side.path, decode=decodes is None, layout_name=wanted)
            if side.digest:
                self._examined[side.digest] = found
        decodes = found.decodes if decodes is None else decodes
        reason = row.reason if row is not None and row.state == _BROKEN else found.reason
        notes = (*side.notes, reason) if reason else side.notes
        drawable = kind is FileKind.PICTURE and bool(found.details)
        return replace(
            side,
            key=side.key or found.key,
            details=found.details,
            decodes=decodes,
            notes=notes,
            is_picture=drawable,
        )

    def inode(self, side: Side) -> tuple[int, int] | None:
        """The device and inode of a side's file: equal for names of one file on disk."""
        storage = self.storages.get(side.storage_id)
        return self.on_disk(storage, side.path).inode if storage is not None and side.present else None

    def _row(self, storage: StorageInfo, path: str) -> _Row | None:
        folder, name = split_path(path)
        found = self.connection.execute(
            """
            SELECT f.size, f.mtime_ns, f.digest, f.gone_ns, f.status, f.error, d.device, f.inode, c.state, c.reason,
                CASE WHEN c.engine = :engine THEN c.key END
            FROM folder d JOIN file f ON f.folder_id = d.id LEFT JOIN content c ON c.digest = f.digest
            WHERE d.storage_id = :storage AND d.path = :folder AND f.name = :name
            """,
            {
                "engine": layout(storage.layout).key_engine,
                "storage": storage.id,
                "folder": os.fsencode(folder),
                "name": os.fsencode(name),
            },
        ).fetchone()
        return _Row._make(found) if found is not None else None

    def _sidecars(self, storage_id: str, path: str) -> tuple[str, ...]:
        folder, name = split_path(path)
        rows = self.connection.execute(
            """
            SELECT DISTINCT key FROM claim WHERE storage_id = ? AND folder = ? AND layer = ? AND name = ? ORDER BY key
            """,
            (storage_id, os.fsencode(folder), SIDECAR_LAYER, os.fsencode(name)),
        )
        return tuple(join_path(folder, os.fsdecode(key)) for (key,) in rows)


def _decodes(state: str | None) -> bool | None:
    return {_WHOLE: True, _BROKEN: False}.get(state or "")
