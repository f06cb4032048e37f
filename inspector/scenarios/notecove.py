"""Build NoteCove storage directories and the database of a profile: the documents as the program writes them."""

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from inspector.layouts.notecove.crdt_log import write_log
from inspector.layouts.notecove.snapshot import ClockEntry, write_snapshot
from inspector.scenarios.builder import FIRST_TIME_NS, StorageBuilder
from inspector.scenarios.drawing import picture_bytes

PROFILE = "AAAAAAAAAAAAAAAAAAAAAQ"
INSTANCE = "CybnlXNnQLWstlhpE53hxw"
FIRST_MS = FIRST_TIME_NS // 1_000_000
_MIME_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "svg": "image/svg+xml"}
_FIRST_WITH_IMAGES = 8

_TABLES = """
    CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER, description TEXT);
    CREATE TABLE storage_dirs (
        id TEXT PRIMARY KEY, name TEXT UNIQUE, path TEXT UNIQUE, uuid TEXT, created INTEGER, is_active INTEGER
    );
    CREATE TABLE note_moves (
        id TEXT PRIMARY KEY, note_id TEXT, source_sd_uuid TEXT, target_sd_uuid TEXT, target_folder_id TEXT, state TEXT,
        initiated_by TEXT, initiated_at INTEGER, last_modified INTEGER, source_sd_path TEXT, target_sd_path TEXT,
        error TEXT
    );
"""
_IMAGES = """
    CREATE TABLE images (
        id TEXT PRIMARY KEY, sd_id TEXT, filename TEXT, mime_type TEXT, width INTEGER, height INTEGER, size INTEGER,
        created INTEGER
    );
"""

Directory = tuple[str, str, str, str | None]
"""Id, name, path and uuid, as a row of `storage_dirs` has them."""


def content_id(data: bytes) -> str:
    """The id that the program gives to a picture of these bytes."""
    return hashlib.sha256(data).hexdigest()[:32]


def update_with(image_ids: Iterable[str]) -> bytes:
    """An update that sets pictures into a document, as far as it matters here: their attribute as Yjs writes it."""
    parts = [b"\x01\x01\xd0\xfb\xa5\xaa\x03\x00\x07\x01\x07content\x03\x09paragraph"]
    for image_id in image_ids:
        encoded = image_id.encode()
        parts.append(b"\x87\x03\x0dnotecoveImage\x28\x00\x07\x07imageId\x01w" + bytes([len(encoded)]) + encoded)
    return b"".join([*parts, b"\0"])


class NoteCoveBuilder(StorageBuilder):
    """A storage directory under construction: pictures by their content, notes that use them, the small id files."""

    def __init__(self, root: Path, sd_id: str, *, start_ns: int = FIRST_TIME_NS) -> None:
        super().__init__(root, start_ns=start_ns)
        self.sd_id = sd_id
        self.images: dict[str, str] = {}
        """The name of the file of each picture."""
        self.file("SD_ID", sd_id).file("SD_VERSION", "1\n").file("SD-TYPE", "prod")
        (root / "notes").mkdir(exist_ok=True)
        (root / "media").mkdir(exist_ok=True)

    def image(self, name: str, *, image_id: str | None = None, content: bytes | None = None) -> str:
        """Store a picture drawn by its `name`, or these bytes, under its content's id or the given one; the id."""
        ending = name.rpartition(".")[2]
        data = content if content is not None else picture_bytes(name, zlib.crc32(name.encode()), (32, 24))
        identity = image_id or content_id(data)
        self.images[identity] = f"{identity}.{ending}"
        self.file(f"media/{identity}.{ending}", data)
        return identity

    def log(
        self,
        note: str,
        updates: Sequence[bytes],
        *,
        instance: str = INSTANCE,
        name: str | None = None,
        first: int = 1,
        finalised: bool = False,
    ) -> str:
        """Write a log of these updates, one record each; its path."""
        records = [(FIRST_MS + 1000 * number, first + number, update) for number, update in enumerate(updates)]
        path = f"notes/{note}/logs/{name or f'{PROFILE}.{instance}.{FIRST_MS}.crdtlog'}"
        self.file(path, write_log(records, finalised=finalised))
        return path

    def snapshot(
        self, note: str, image_ids: Iterable[str], *, clock: Sequence[ClockEntry] = (), complete: bool = True
    ) -> str:
        """Write a snapshot of a note that uses these pictures; its path."""
        path = f"notes/{note}/snapshots/{INSTANCE}_{FIRST_MS}.snapshot"
        self.file(path, write_snapshot(list(clock), update_with(image_ids), complete=complete))
        return path

    def activity(self, lines: Sequence[tuple[str, int]], *, instance: str = INSTANCE) -> str:
        """Write the activity log of an instance, of notes and sequences; its path."""
        path = f"activity/{PROFILE}.{instance}.log"
        self.file(path, "".join(f"{note}|{PROFILE}|{sequence}\n" for note, sequence in lines))
        return path

    def directory(self) -> Directory:
        """The row of this storage directory."""
        return self.sd_id, self.root.name, os.fspath(self.root), self.sd_id

    def registered(self, *, created_ms: int = FIRST_MS) -> list[tuple[object, ...]]:
        """The rows of its pictures."""
        return [
            image_row(identity, self.sd_id, name, self.at(f"media/{name}").stat().st_size, created_ms)
            for identity, name in self.images.items()
        ]


def image_row(identity: str, sd_id: str, filename: str, size: int, created_ms: int = FIRST_MS) -> tuple[object, ...]:
    """A row of `images`."""
    ending = filename.rpartition(".")[2]
    mime_type = _MIME_TYPES.get(ending, f"image/{ending}")
    return identity, sd_id, filename, mime_type, None, None, size, created_ms


class ProfileBuilder:
    """A profile folder with its database. `directories`, `images` and `moves` are its rows, until `write`."""

    def __init__(self, folder: Path, *, schema: int = 11) -> None:
        self.path = folder / "notecove.db"
        self.schema = schema
        self.directories: list[Directory] = []
        self.images: list[tuple[object, ...]] = []
        self.moves: list[tuple[str, str, str, str, str]] = []
        """Id, note, source, target and state."""

    def add(self, builder: NoteCoveBuilder, *, created_ms: int = FIRST_MS) -> Self:
        """Enter a storage directory with all its pictures; the last one to enter a picture has its row."""
        self.directories.append(builder.directory())
        rows = builder.registered(created_ms=created_ms)
        entered = {row[0] for row in rows}
        self.images = [row for row in self.images if row[0] not in entered] + rows
        return self

    def write(self) -> Path:
        """Write the database anew, in one piece; its path."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(_TABLES)
            connection.execute("INSERT INTO schema_version VALUES (?, ?, 'built')", (self.schema, FIRST_MS))
            rows = [(*row, FIRST_MS, 1) for row in self.directories]
            connection.executemany("INSERT INTO storage_dirs VALUES (?, ?, ?, ?, ?, ?)", rows)
            for identity, note, source, target, state in self.moves:
                connection.execute(
                    "INSERT INTO note_moves (id, note_id, source_sd_uuid, target_sd_uuid, state)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (identity, note, source, target, state),
                )
            if self.schema >= _FIRST_WITH_IMAGES:
                connection.executescript(_IMAGES)
                connection.executemany("INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self.images)
            connection.commit()
        os.utime(self.path, ns=(FIRST_TIME_NS, FIRST_TIME_NS))
        return self.path
