"""Folders and files in the catalog: what a scan reads to compare with and writes when something differs."""

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from inspector.model.display import is_utf8
from inspector.model.filekinds import MEDIA_KINDS
from inspector.model.filestat import FileStatus as FileStatus

MEDIA_SQL = "(" + ", ".join(str(int(kind)) for kind in MEDIA_KINDS) + ")"
"""The media kinds as an SQL list, for ``kind IN``."""


SIDECAR_LAYER = "sidecars"
UNREAD = "unread"
"""The kind of hint for links, pipes and devices; it is no conflict."""


def sidecar_key(name: str) -> str | bytes:
    """What a sidecar's claim has as its key: the name, as bytes where it is no UTF-8; `os.fsdecode` gives it back."""
    return name if is_utf8(name) else os.fsencode(name)


class KnownFile(NamedTuple):
    """One file as the catalog remembers it; `digest` is 16 bytes, times are ns since 1970."""

    name: bytes
    kind: int
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    status: int
    digest: bytes | None
    hashed_ns: int
    gone_ns: int | None
    error: str | None = None
    seen_ns: int = 0
    """When it was first seen at this path, or seen again after it had been gone."""


@dataclass(slots=True)
class KnownFolder:
    """One folder as the catalog remembers it. The seals are digests over its names and over its files' stat."""

    id: int
    names_seal: bytes | None
    stat_seal: bytes | None
    racy: int
    files: int
    bytes: int
    device: int = 0
    is_new: bool = False


FILE_COLUMNS = "name, kind, size, mtime_ns, ctime_ns, inode, status, digest, hashed_ns, gone_ns, error, seen_ns"
"""The fields of a `KnownFile`, in its order."""


FileRowValues = tuple[int, bytes, int, int, int, int, int, int, bytes | None, int, int | None, str | None, int]
"""A folder's id and the fields of a `KnownFile`."""


HashedFileValues = tuple[int, bytearray, int, int, int, int, int, bytearray, int, int]
"""A file that was just hashed: folder id, name, kind, size, mtime, ctime, inode, digest, hashed and seen (ns).

Python's `sqlite3` binds a `bytearray` much faster than `bytes`, for which it looks for an adapter each time.
"""


FolderSeal = tuple[bytes | None, bytes | None, int, int, int, int, int]
"""Names seal, stat seal, racy files, media files, media bytes, device, folder id."""


def _put_files(values: str) -> str:
    return f"""
        INSERT INTO file (folder_id, {FILE_COLUMNS}) VALUES {values}
        ON CONFLICT (folder_id, name) DO UPDATE SET kind = excluded.kind, size = excluded.size,
            mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, inode = excluded.inode,
            status = excluded.status, digest = excluded.digest, hashed_ns = excluded.hashed_ns,
            gone_ns = excluded.gone_ns, error = excluded.error, seen_ns = excluded.seen_ns,
            verified_ns = CASE WHEN file.digest = excluded.digest THEN file.verified_ns ELSE 0 END
        """


_ROWS_AT_ONCE = 50
_HASHED_VALUES = f"(?, ?, ?, ?, ?, ?, ?, {int(FileStatus.HASHED)}, ?, ?, NULL, NULL, ?)"
_PUT_ONE_HASHED = _put_files(_HASHED_VALUES)
_PUT_MANY_HASHED = _put_files(", ".join([_HASHED_VALUES] * _ROWS_AT_ONCE))


class FileRows:
    """The folders and files of one storage, on one connection."""

    def __init__(self, connection: sqlite3.Connection, storage_id: str) -> None:
        self._connection = connection
        self._storage_id = storage_id

    def folder(self, path: bytes) -> KnownFolder:
        """The folder's row, made if it is new."""
        row = self._connection.execute(
            """
            SELECT id, names_seal, stat_seal, racy, files, bytes, device FROM folder
            WHERE storage_id = ? AND path = ?
            """,
            (self._storage_id, path),
        ).fetchone()
        if row is not None:
            return KnownFolder(*row)
        cursor = self._connection.execute(
            "INSERT INTO folder (storage_id, path) VALUES (?, ?)", (self._storage_id, path)
        )
        assert cursor.lastrowid is not None
        return KnownFolder(cursor.lastrowid, None, None, 0, 0, 0, is_new=True)

    def files_between(self, folder: KnownFolder, first: bytes | None, last: bytes | None) -> dict[bytes, KnownFile]:
        """The files of a folder with names after `first`, up to and with `last`; None means no bound."""
        if folder.is_new:
            return {}
        rows = self._connection.execute(
            f"SELECT {FILE_COLUMNS} FROM file WHERE folder_id = ? AND name > ? AND (? IS NULL OR name <= ?)",
            (folder.id, first if first is not None else b"", last, last),
        )
        return {row[0]: KnownFile._make(row) for row in rows}

    def put_files(self, rows: Iterable[FileRowValues]) -> None:
        """Insert or replace files."""
        self._connection.executemany(_put_files("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"), rows)

    def put_hashed_files(self, rows: Sequence[HashedFileValues]) -> None:
        """Insert or replace files that were just hashed."""
        whole = len(rows) - len(rows) % _ROWS_AT_ONCE
        for start in range(0, whole, _ROWS_AT_ONCE):
            values = list(chain.from_iterable(rows[start : start + _ROWS_AT_ONCE]))
            self._connection.execute(_PUT_MANY_HASHED, values)
        self._connection.executemany(_PUT_ONE_HASHED, rows[whole:])

    def seal_folders(self, rows: Iterable[FolderSeal]) -> None:
        """Say that all of a folder's files are stored as they are on disk."""
        self._connection.executemany(
            """UPDATE folder SET names_seal = ?, stat_seal = ?, racy = ?, files = ?, bytes = ?, device = ?, error = NULL
            WHERE id = ?""",
            rows,
        )

    def put_keys(self, rows: Iterable[tuple[bytes | None, str, str | None]]) -> None:
        """Say which key a content gives by its layout: digest, the layout's name, key."""
        self._connection.executemany("INSERT OR REPLACE INTO content_key VALUES (?, ?, ?)", rows)

    def folder_failed(self, path: bytes, error: str) -> None:
        """Record that a folder could not be listed."""
        folder = self.folder(path)
        self._connection.execute(
            "UPDATE folder SET error = ?, names_seal = NULL, stat_seal = NULL WHERE id = ?", (error, folder.id)
        )

    def put_alterations(self, rows: Iterable[tuple[int, bytes, str, bytes, int, int, int]]) -> None:
        """Remember altered files: folder id, name, kind, old digest, size, mtime, when. The first old state stays."""
        self._connection.executemany(
            """
            INSERT INTO alteration (folder_id, name, kind, old_digest, old_size, old_mtime_ns, seen_ns)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (folder_id, name) DO UPDATE SET kind = excluded.kind, seen_ns = excluded.seen_ns
            """,
            rows,
        )

    def forget_alteration_if(self, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Forget that a file (folder id, name) was altered where it has its old digest again."""
        self._connection.executemany("DELETE FROM alteration WHERE folder_id = ? AND name = ? AND old_digest = ?", rows)

    def replace_hints(self, folder_id: int, hints: Iterable[tuple[str, str, list[str], dict[str, Any]]]) -> None:
        """Replace what a folder's names gave away: (kind, subject, names, evidence)."""
        self._connection.execute("DELETE FROM hint WHERE folder_id = ?", (folder_id,))
        self._connection.executemany(
            "INSERT INTO hint (folder_id, kind, subject, names, evidence) VALUES (?, ?, ?, ?, ?)",
            (
                (folder_id, kind, json.dumps(subject), json.dumps(names), json.dumps(evidence))
                for kind, subject, names, evidence in hints
            ),
        )

    def replace_sidecars(self, folder: bytes, pairs: Iterable[tuple[bytes, str]]) -> None:
        """Replace the claims of a folder's sidecars: (name of the media file, name of its sidecar).

        A sidecar's name is stored as `sidecar_key` has it.
        """
        self._connection.execute(
            "DELETE FROM claim WHERE storage_id = ? AND folder = ? AND layer = ?",
            (self._storage_id, folder, SIDECAR_LAYER),
        )
        self._connection.executemany(
            "INSERT INTO claim (storage_id, layer, folder, name, key) VALUES (?, ?, ?, ?, ?)",
            ((self._storage_id, SIDECAR_LAYER, folder, media, sidecar_key(sidecar)) for media, sidecar in pairs),
        )

    def replace_nested(self, folders: Iterable[str]) -> None:
        """Remember which storages lie within this one, in place of what an earlier scan saw."""
        self._connection.execute("DELETE FROM finding WHERE storage_id = ? AND layer = 'files'", (self._storage_id,))
        self._connection.executemany(
            "INSERT INTO finding VALUES (?, 'files', 'nested_storage', NULL, ?, ?, '{}')",
            ((self._storage_id, json.dumps(folder), json.dumps([folder])) for folder in folders),
        )

    def nested(self) -> list[str]:
        """The storages that an earlier scan saw within this one."""
        rows = self._connection.execute(
            "SELECT subject FROM finding WHERE storage_id = ? AND layer = 'files' AND kind = 'nested_storage'",
            (self._storage_id,),
        )
        return [json.loads(row[0]) for row in rows]

    def any_there(self) -> bool:
        """Whether any file, of whatever kind, is known to be there."""
        row = self._connection.execute(
            """
            SELECT EXISTS (
                SELECT 1 FROM folder d JOIN file f ON f.folder_id = d.id WHERE d.storage_id = ? AND f.gone_ns IS NULL
            )
            """,
            (self._storage_id,),
        ).fetchone()
        return bool(row[0])

    def some_there(self, most: int) -> list[tuple[bytes, int, int]]:
        """Some of the files that are known to be there, at most this many: path, size in bytes, mtime in ns."""
        rows = self._connection.execute(
            """
            SELECT d.path, f.name, f.size, f.mtime_ns FROM folder d JOIN file f ON f.folder_id = d.id
            WHERE d.storage_id = ? AND f.gone_ns IS NULL LIMIT ?
            """,
            (self._storage_id, most),
        )
        return [(folder + b"/" + name if folder else name, size, mtime_ns) for folder, name, size, mtime_ns in rows]

    def device(self) -> int:
        """The device of the root when it was last read whole; 0 where it never was."""
        row = self._connection.execute(
            "SELECT device FROM folder WHERE storage_id = ? AND path = x''", (self._storage_id,)
        ).fetchone()
        return int(row[0]) if row is not None else 0

    def is_sealed(self, path: bytes) -> bool:
        """Whether a folder is known to be there, with all that was in it when it was last looked at."""
        row = self._connection.execute(
            "SELECT names_seal IS NOT NULL FROM folder WHERE storage_id = ? AND path = ?", (self._storage_id, path)
        ).fetchone()
        return row is not None and bool(row[0])

    def at_and_below(self, path: bytes) -> list[tuple[int, bytes, bool]]:
        """The known folders at and below a path, each with its id and whether it is sealed; the empty path is all."""
        condition, bounds = ("1", ()) if not path else ("(path = ? OR (path > ? AND path < ?))", _around(path))
        return self._connection.execute(
            f"SELECT id, path, names_seal IS NOT NULL FROM folder WHERE storage_id = ? AND {condition}",
            (self._storage_id, *bounds),
        ).fetchall()

    def unsettled(self) -> list[tuple[bytes, bool]]:
        """The folders that a scan has to look at again whatever their seals say; True where it could not be listed."""
        rows = self._connection.execute(
            "SELECT path, error IS NOT NULL FROM folder WHERE storage_id = ? AND (racy > 0 OR error IS NOT NULL)",
            (self._storage_id,),
        )
        return [(path, bool(failed)) for path, failed in rows]

    def any_unread(self) -> bool:
        """Whether a folder could not be listed, or a file not be read or was changing while it was."""
        row = self._connection.execute(
            """
            SELECT EXISTS (SELECT 1 FROM folder WHERE storage_id = :storage AND error IS NOT NULL) OR EXISTS (
                SELECT 1 FROM folder d JOIN file f ON f.folder_id = d.id
                WHERE d.storage_id = :storage AND d.racy > 0 AND f.gone_ns IS NULL AND f.status IN (:unread, :unstable)
            )
            """,
            {
                "storage": self._storage_id,
                "unread": int(FileStatus.UNREADABLE),
                "unstable": int(FileStatus.UNSTABLE),
            },
        ).fetchone()
        return bool(row[0])

    def totals_there(self) -> tuple[int, int]:
        """As `totals`, without the folders that could not be listed and what lies below them."""
        files, size = self.totals()
        failed = self._connection.execute(
            "SELECT path FROM folder WHERE storage_id = ? AND error IS NOT NULL", (self._storage_id,)
        ).fetchall()
        for (path,) in failed:
            row = self._connection.execute(
                """
                SELECT coalesce(sum(files), 0), coalesce(sum(bytes), 0) FROM folder
                WHERE storage_id = ? AND (path = ? OR (path > ? AND path < ?))
                """,
                (self._storage_id, *_around(path)),
            ).fetchone()
            files, size = files - row[0], size - row[1]
        return files, size

    def media_below(self, path: bytes) -> int:
        """How many media files are known to be there in a folder and below it, whether it could be listed or not."""
        row = self._connection.execute(
            f"""
            SELECT count(*) FROM folder d JOIN file f ON f.folder_id = d.id
            WHERE d.storage_id = ? AND (d.path = ? OR (d.path > ? AND d.path < ?))
                AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL}
            """,
            (self._storage_id, *_around(path)),
        ).fetchone()
        return int(row[0])

    def totals(self) -> tuple[int, int]:
        """How many media files the sealed folders hold, and their bytes."""
        row = self._connection.execute(
            "SELECT coalesce(sum(files), 0), coalesce(sum(bytes), 0) FROM folder WHERE storage_id = ?",
            (self._storage_id,),
        ).fetchone()
        return int(row[0]), int(row[1])


def _around(path: bytes) -> tuple[bytes, bytes, bytes]:
    """A path, and the bounds between which everything below it is."""
    return path, path + b"/", path + b"0"
