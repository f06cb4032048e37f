"""The journal: what repairs are about to do and have done, on disk before and after it happens.

One file of JSON lines for each batch, in the state folder. It is no part of the catalog and is never discarded: a batch
can be taken back as long as its file is there. A line counts once it is whole; a torn last line is one that never
happened.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inspector.fs.system import system
from inspector.model.errors import InspectorError

JOURNAL_FOLDER = "journal"
_VERSION = 1

Record = dict[str, Any]


class JournalError(InspectorError):
    """A batch's file cannot be read or written."""


class BatchWriter:
    """Writes one batch's file; `append` puts records down, `sync` makes them certain."""

    def __init__(self, folder: Path, batch: str) -> None:
        """Begin the file of a new batch, or go on with the one that is there.

        Raises:
            OSError: where it cannot be written.
        """
        self.batch = batch
        self._folder = folder / JOURNAL_FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / f"{batch}.jsonl"
        new = not self._path.exists()
        if not new:
            _cut_torn_line(self._path)
        self._descriptor = system().open(str(self._path), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if new:
            _sync_folder(str(self._folder))
            _sync_folder(str(folder))

    def append(self, *records: Record) -> None:
        """Write records down, in order; certain only after `sync`."""
        text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        system().write_all(self._descriptor, text.encode("ascii"))

    def sync(self) -> None:
        """Make everything that was appended certain."""
        system().fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def begin_record(batch: str, **fields: Any) -> Record:
    """The first record of a batch."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"record": "begin", "version": _VERSION, "batch": batch, "time": now, **fields}


def batches(folder: Path) -> list[str]:
    """The ids of all batches, oldest first; ids begin with their time."""
    place = folder / JOURNAL_FOLDER
    return sorted(path.stem for path in place.glob("*.jsonl")) if place.is_dir() else []


def read_batch(folder: Path, batch: str) -> list[Record]:
    """All whole records of a batch, in order.

    Raises:
        JournalError: where there is no such batch, or a line before the last is damaged.
    """
    path = folder / JOURNAL_FOLDER / f"{batch}.jsonl"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(
            f"cannot be read ({error.strerror})", path=str(path), advice="'inspector journal' lists the batches."
        ) from error
    return list(_records(data, path))


def _records(data: bytes, path: Path) -> Iterator[Record]:
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1], 1):  # what follows the last line end was never finished
        try:
            record = json.loads(line)
        except ValueError as error:
            if number == len(lines) - 1:
                return
            raise JournalError(
                f"line {number} is damaged",
                path=str(path),
                advice="Keep the file; its batch cannot be taken back by itself.",
            ) from error
        yield record


def _cut_torn_line(path: Path) -> None:
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        os.truncate(path, whole)


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        system().fsync(descriptor)
    finally:
        os.close(descriptor)
