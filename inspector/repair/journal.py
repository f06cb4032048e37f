"""The journal: what repairs are about to do and have done, on disk before and after it happens.

One file of JSON lines for each batch, in the state folder. It is no part of the catalog and is never discarded: a batch
can be taken back as long as its file is there. A line counts once it is whole; a torn last line is one that never
happened. A file gets its name once its first record is certain, so that one without that was damaged since.
"""

import json
import os
import re
import time
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from inspector.fs.profile import process_runs
from inspector.fs.system import let_go, system
from inspector.model.errors import ExitCode, InspectorError
from inspector.model.guarded_json import guarded_json, guarded_json_at
from inspector.model.operation_codec import decode_text

JOURNAL_FOLDER = "journal"
_VERSION = 1
_SUFFIX = ".jsonl"
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
SECOND = "%Y%m%d-%H%M%S"
"""How an id begins: with the second in which its batch began."""
_SECOND_LENGTH = len("20240131-235959")
_END = b'{"record":"end"'
_END_BYTES = 512
_HEAD_BYTES = 4096
_ROOTS = '"roots":'
_SEATS = '"seats":'
_DETAILS = tuple(
    f'{{"record":"{name}"'.encode() for name in ("intent", "files", "documents", "documents done", "rows", "settings")
)
_NEW = re.compile(r"[0-9A-Za-z_-]+\.([0-9]+)\.new")
"""The name of a file that is not a batch's yet, with the process that writes it."""
_ADVICE = "'inspector journal' lists the batches."
_KEEP = "Keep the file; its batch cannot be taken back by itself."

Record = dict[str, Any]

_encoder = json.JSONEncoder(separators=(",", ":"), check_circular=False)


class Home(NamedTuple):
    """Where a storage was when a batch began: its root, and the device and inode of that, where they are known."""

    root: str
    seat: tuple[int, int] | None


class JournalError(InspectorError):
    """A batch's file cannot be read or written."""

    exit_code = ExitCode.INCOMPLETE


class UnknownBatchError(JournalError):
    """The journal has no batch of this id."""

    exit_code = ExitCode.USAGE


class DamagedJournalError(JournalError):
    """A batch's file holds a line that is no record, or records that make no sense."""


class JournalVersionError(JournalError):
    """A batch's file is of a version that this program does not know."""

    exit_code = ExitCode.USAGE


class BatchWriter:
    """Writes one batch's file; `append` puts records down, `sync` makes them certain."""

    def __init__(self, folder: Path, batch: str) -> None:
        """Go on with the file of a batch, or begin it where there is none; that one gets its name with `sync`.

        Raises:
            OSError: where it cannot be written.
        """
        self.batch = batch
        self._folder = folder / JOURNAL_FOLDER
        self._path = _path_of(folder, batch)
        self._is_new = not self._path.exists()
        if self._is_new:
            self._folder.mkdir(parents=True, exist_ok=True)
            _drop_abandoned(self._folder)
            _sync_folder(folder)
        data = b"" if self._is_new else self._path.read_bytes()
        self._size = data.rfind(b"\n") + 1  # of the whole lines
        self._is_torn = self._size != len(data)
        path = self._new_path if self._is_new else self._path
        self._descriptor = system().open(str(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, *records: Record) -> None:
        """Write records down, in order; certain only after `sync`.

        What an append that failed left of its lines is cut off before the next one.

        Raises:
            OSError: where they cannot be written.
        """
        if self._is_torn:
            system().truncate(self._descriptor, self._size)
        data = "".join([_encoder.encode(record) + "\n" for record in records]).encode("ascii")
        self._is_torn = True
        system().write_all(self._descriptor, data)
        self._is_torn = False
        self._size += len(data)

    def sync(self) -> None:
        """Make everything that was appended certain."""
        system().fsync(self._descriptor)
        if self._is_new:
            with _opened(self._folder) as folder:
                system().rename(self._new_path.name, self._path.name, folder, folder)
                self._is_new = False
                system().fsync_folder(folder)

    def close(self) -> None:
        """Let go of the file; one without a certain record goes away, as nothing was begun."""
        let_go(self._descriptor)
        if self._is_new:
            with suppress(OSError), _opened(self._folder) as folder:
                system().unlink(self._new_path.name, folder)

    @property
    def _new_path(self) -> Path:
        return self._folder / f"{self.batch}.{os.getpid()}.new"


def results(records: Iterable[Record]) -> dict[int, Record]:
    """The last result of each item that has one, by its number."""
    return {int(number): record for record in records if record["record"] == "result" for number in record["items"]}


def begin_record(batch: str, **fields: Any) -> Record:
    """The first record of a batch."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"record": "begin", "version": _VERSION, "batch": batch, "time": now, **fields}


def finish_batch(journal: BatchWriter, state: str) -> None:
    """Write the last record of a batch: nothing more is to be done for it. A batch without one was interrupted."""
    journal.append({"record": "end", "state": state})
    journal.sync()


def batches(folder: Path) -> list[str]:
    """The ids of all batches, oldest first: ids sort by time.

    Raises:
        JournalError: where the folder cannot be read.
    """
    found = []
    try:
        with os.scandir(folder / JOURNAL_FOLDER) as entries:
            for entry in entries:
                batch = entry.name.removesuffix(_SUFFIX)
                if batch != entry.name and _ID.fullmatch(batch):
                    found.append(batch)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder / JOURNAL_FOLDER, error) from error
    return sorted(found)


def second_of(batch: str) -> str:
    """The second in which a batch began, as its id has it; a batch that takes another one back has no earlier one."""
    return batch[:_SECOND_LENGTH]


def moment_of(batch: str) -> str:
    """When a batch began, in ISO 8601, by its id; empty where the id does not say."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(second_of(batch), SECOND))
    except ValueError:
        return ""


def has_ended(folder: Path, batch: str) -> bool:
    """Whether the last record of a batch is its end; only the end of the file is read.

    Raises:
        JournalError: where the file cannot be read.
    """
    path = _path_of(folder, batch)
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _END_BYTES))
            tail = stream.read()
    except OSError as error:
        raise _unreadable(path, error) from error
    lines = tail.split(b"\n")
    return len(lines) > 1 and lines[-2].startswith(_END)


def undoes_another(folder: Path, batch: str) -> bool:
    """Whether a batch takes another one back; only the beginning of the file is read.

    Raises:
        JournalError: where the file cannot be read.
    """
    path = _path_of(folder, batch)
    try:
        with path.open("rb") as stream:
            return b'"undo_of":null' not in stream.read(_HEAD_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error


def homes_of(folder: Path, batch: str) -> dict[str, Home]:
    """Where a batch's storages were then, by id; only the beginning of the file is read.

    Raises:
        JournalError: where the file cannot be read.
    """
    path = _path_of(folder, batch)
    try:
        with path.open("rb") as stream:
            head = stream.readline(_HEAD_BYTES)
            if not head.endswith(b"\n") and (_values_at(_SEATS, head) is None or _values_at(_ROOTS, head) is None):
                head += stream.readline()  # very many storages
    except OSError as error:
        raise _unreadable(path, error) from error
    seats = _values_at(_SEATS, head) or {}
    try:
        return {
            str(storage_id): Home(decode_text(root), _seat(seats.get(storage_id)))
            for storage_id, root in (_values_at(_ROOTS, head) or {}).items()
        }
    except ValueError:
        return {}


def _values_at(key: str, head: bytes) -> Record | None:
    """The object that follows a key in a first line that may go on; None where it is not in it whole."""
    text = head.decode("ascii", "replace")
    try:
        values = guarded_json_at(text, text.index(key) + len(key))
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _seat(value: object) -> tuple[int, int] | None:
    match value:
        case [int(device), int(inode)]:
            return device, inode
    return None


def is_marked_ended(folder: Path, batch: str) -> bool:
    """Whether any line of a batch's file, which may be damaged, says that the batch has ended; all of it is read."""
    try:
        return b"\n" + _END in _path_of(folder, batch).read_bytes()
    except OSError:
        return False


def damaged_journal(folder: Path, batch: str, why: object) -> DamagedJournalError:
    """The error for a batch whose records, each of which can be read, make no sense."""
    return DamagedJournalError(f"is damaged ({why})", path=str(_path_of(folder, batch)), advice=_KEEP)


def read_outline(folder: Path, batch: str) -> list[Record]:
    """The records of a batch that tell what became of it: its beginning, the results and the end.

    Raises:
        JournalError: as `read_batch` does.
    """
    return _read(folder, batch, outline=True)


def read_batch(folder: Path, batch: str) -> list[Record]:
    """All whole records of a batch, in order, to act on them.

    Raises:
        JournalError: where there is no such batch, a line before the last is damaged, or it is of an unknown version.
    """
    records = _read(folder, batch, outline=False)
    version = records[0].get("version", _VERSION) if records else _VERSION
    if isinstance(version, bool) or version != _VERSION:
        raise JournalVersionError(
            f"was written by another inspector (version {version}), so it is read and never acted on",
            path=str(_path_of(folder, batch)),
            advice="Use the inspector that wrote it.",
        )
    return records


def stamp_of(folder: Path, batch: str) -> Hashable:
    """What changes whenever a batch's file does; nothing where it cannot be looked at."""
    try:
        status = _path_of(folder, batch).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _read(folder: Path, batch: str, *, outline: bool) -> list[Record]:
    path = _path_of(folder, batch)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    return list(_records(data, path, _DETAILS if outline else ()))


def _path_of(folder: Path, batch: str) -> Path:
    if not _ID.fullmatch(batch):
        raise UnknownBatchError("no batch has such an id", path=batch, advice=_ADVICE)
    return folder / JOURNAL_FOLDER / f"{batch}{_SUFFIX}"


def _unreadable(path: Path, error: OSError) -> JournalError:
    if isinstance(error, FileNotFoundError):
        return UnknownBatchError("there is no such batch", path=path.stem, advice=_ADVICE)
    return JournalError(f"cannot be read ({error.strerror})", path=str(path), advice=_ADVICE)


def _records(data: bytes, path: Path, left_out: tuple[bytes, ...]) -> Iterator[Record]:
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1], 1):  # what follows the last line end was never finished
        if left_out and line.startswith(left_out) and line.endswith(b"}"):
            continue
        try:
            record = guarded_json(line)
            if not isinstance(record, dict) or not isinstance(record.get("record"), str):
                raise ValueError("is no record")
        except ValueError as error:
            if number == len(lines) - 1:
                return
            raise DamagedJournalError(f"line {number} is damaged", path=str(path), advice=_KEEP) from error
        yield record


def _sync_folder(path: Path) -> None:
    with _opened(path) as folder:
        system().fsync_folder(folder)


def _drop_abandoned(folder: Path) -> None:
    """Remove the files of batches that never began, as their programs ended before that."""
    for name in os.listdir(folder):
        if (found := _NEW.fullmatch(name)) and not process_runs(int(found[1])):
            with suppress(OSError), _opened(folder) as opened:  # else it is tried again before the next batch
                system().unlink(name, opened)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        let_go(descriptor)
