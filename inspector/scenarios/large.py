"""Storages of any size, written fast: every file is a whole JPEG of its own, and none of them is drawn."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random

from inspector.scenarios.builder import FIRST_TIME_NS
from inspector.scenarios.drawing import picture_bytes
from inspector.scenarios.imalink import IMPORTED_AT, INDEXED_AT, MASTER, SESSIONS, ImaLinkBuilder

UUID = "b6a5c4d3-e2f1-4a09-9b8c-7d6e5f4a3b2c"
SMALLEST_BYTES = 20_000
LARGEST_BYTES = 60_000
FILES_PER_SESSION = 5_000
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LargeFile:
    """One file of a large storage: path, size (bytes), mtime (ns since 1970) and its number."""

    number: int
    folder: int
    path: str
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def modified(self) -> str:
        """The mtime as ImaLink writes it."""
        return datetime.fromtimestamp(self.mtime_ns // _SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def large_files(files: int, folders: int) -> Iterator[LargeFile]:
    """Every file of a large storage in the order of writing; nothing is written."""
    per_folder = max(1, -(-files // folders))
    for number in range(files):
        folder = number // per_folder
        path = f"photos/{2000 + folder % 25}/{folder:05d}/IMG_{number:07d}.jpg"
        spread = number * 2_654_435_761 % 2**32 % (LARGEST_BYTES - SMALLEST_BYTES)
        yield LargeFile(number, folder, path, SMALLEST_BYTES + spread, FIRST_TIME_NS + number * _SECOND_NS // 100)


def build_large(folder: Path, *, files: int = 100_000, folders: int = 1_000) -> Path:
    """Write `files` distinct, decodable JPEG files of 20 to 60 KB in `folders` folders; return the storage's root.

    All show the same picture; a comment segment with the file's number and padding makes them differ.
    """
    root = folder / "Large Storage"
    root.mkdir(parents=True, exist_ok=True)
    base = picture_bytes("base.jpg", 5000, (320, 213), scene="portrait")
    start, rest = base[:2], base[2:]  # a comment may stand right behind the start-of-image marker
    padding = Random(5000).randbytes(LARGEST_BYTES)
    current = -1
    for file in large_files(files, folders):
        path = root / file.path
        if file.folder != current:
            path.parent.mkdir(parents=True, exist_ok=True)
            current = file.folder
        room = file.size - len(base) - 4
        comment = b"number %d " % file.number
        segment = b"\xff\xfe" + (room + 2).to_bytes(2, "big") + comment + padding[: room - len(comment)]
        with open(path, "wb", buffering=0) as stream:  # noqa: PTH123 - pathlib costs a third of the time here
            stream.write(b"".join((start, segment, rest)))
        os.utime(path, ns=(file.mtime_ns, file.mtime_ns))
    return root


def write_large_index(root: Path, *, files: int = 100_000, folders: int = 1_000) -> None:
    """Make the storage of `build_large` with the same numbers an ImaLink storage, with one session per 5,000 files.

    Streams: memory does not grow with `files`. The keys are invented, as the pictures all look the same.
    """
    builder = ImaLinkBuilder(root, UUID, "Large Storage")
    builder.master["total_files"] = builder.signature["photo_count"] = files
    total = sum(file.size for file in large_files(files, folders))
    builder.master["total_size_bytes"] = builder.signature["total_size_bytes"] = total
    builder.write()
    opening, _, ending = json.dumps(builder.master, indent=2).partition('"files": {}')
    with (root / MASTER).open("w", encoding="utf-8") as master:
        master.write(f'{opening}"files": {{')
        for file in large_files(files, folders):
            master.write(("," if file.number else "") + _master_entry(file))
        master.write(("\n  }" if files else "}") + ending)
    _write_sessions(builder, files, folders)


def large_key(number: int) -> str:
    """The invented key of file `number`: 64 hexadecimal digits, as a hothash has."""
    return hashlib.sha256(b"%d" % number).hexdigest()


def session_of(file: LargeFile) -> int:
    """The import session of a file of a large storage."""
    return 1 + file.number // FILES_PER_SESSION


def _master_entry(file: LargeFile) -> str:
    key = large_key(file.number)
    return f"""
    "{key}": {{
      "hothash": "{key}",
      "filename": "{file.name}",
      "relative_path": "{file.path}",
      "file_size": {file.size},
      "import_session_id": {session_of(file)},
      "indexed_at": "{INDEXED_AT}",
      "file_modified": "{file.modified}"
    }}"""


def _session_entry(file: LargeFile) -> str:
    return f"""
    {{
      "original_filename": "{file.name}",
      "storage_filename": "{file.name}",
      "relative_path": "{file.path}",
      "hothash": "{large_key(file.number)}",
      "file_size": {file.size},
      "imported_at": "{IMPORTED_AT}",
      "exif_extracted": true,
      "sent_to_backend": true
    }}"""


def _write_sessions(builder: ImaLinkBuilder, files: int, folders: int) -> None:
    every = large_files(files, folders)
    while batch := list(islice(every, FILES_PER_SESSION)):
        number = session_of(batch[0])
        builder.session(number, f"Import {number}")
        session = builder.sessions.pop(number)
        session["stats"]["total_scanned"] = session["stats"]["new_imports"] = len(batch)
        session["stats"]["total_size_bytes"] = sum(file.size for file in batch)
        opening, _, ending = json.dumps(session, indent=2).partition('"files": []')
        entries = ",".join(map(_session_entry, batch))
        builder.text(f"{SESSIONS}/session_{number}.json", f'{opening}"files": [{entries}\n  ]{ending}')
