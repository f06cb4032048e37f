"""Read the files of a source once: their digests, the keys that the storage's layout gives them, and what EXIF says.

Small files are read in worker processes, several at once; what crashes or hangs a decoder takes its process with it,
and the file comes in all the same, without a key.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from inspector.fs.beneath import open_file
from inspector.fs.tree import BLOCK_BYTES
from inspector.fs.worker import WorkerError, WorkerProcess
from inspector.fs.worker_pool import WorkerPool
from inspector.model.errors import CancelledByUserError, DocumentError, InspectorError
from inspector.model.filekinds import FileKind, file_kind
from inspector.model.operations import FileState
from inspector.model.progress import Progress
from inspector.repair.outside import BeingWrittenError, steady_state

LARGE_FILE_BYTES = 32 << 20
"""From this size on, files are read in threads, block by block, so that reading them can be stopped."""
_FILES_AT_ONCE = 16
_BYTES_AT_ONCE = 64 << 20
_SECONDS_A_TASK = 120.0
_SECONDS_A_PICTURE = 30.0
_DECODED = (FileKind.PICTURE, FileKind.RAW)
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Unread:
    """One file that is to be read, with its size in bytes as it was found."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What reading a file gave, or why it cannot be read (`error`).

    `key`, `keyless` and `identity` are as in `ImportItem`; `taken` is local time as the camera has it.
    """

    path: str
    state: FileState = field(default_factory=FileState)
    key: str = ""
    keyless: str = ""
    identity: str = ""
    taken: datetime | None = None
    camera: str = ""
    has_exif: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Task:
    """Files to read together; `layout` names the one whose keys are wanted. With `digest` off they are only decoded."""

    root: str
    layout: str | None
    paths: tuple[str, ...]
    digest: bool = True


def read_source(root: str, layout: str | None, files: Iterable[Unread], progress: Progress) -> Iterator[ReadFile]:
    """Read these files below `root`, in their order; `layout` is the one whose keys are wanted.

    Raises:
        CancelledByUserError: where the progress was cancelled.
    """

    def read(process: Callable[[], WorkerProcess], task: Sequence[Unread]) -> list[ReadFile]:
        progress.check()
        progress.current = task[0].path
        if task[0].size >= LARGE_FILE_BYTES:
            return [_read_large(root, layout, task[0].path, process, progress)]
        found = _read_small(root, layout, [one.path for one in task], process)
        progress.advance(files=len(task), count=sum(one.size for one in task))
        return found

    with WorkerPool() as pool:
        for some in pool.map(read, _tasks(files)):
            progress.check()
            yield from some


def _tasks(files: Iterable[Unread]) -> Iterator[list[Unread]]:
    task: list[Unread] = []
    for one in files:
        together = sum(other.size for other in task) + one.size
        if task and (len(task) >= _FILES_AT_ONCE or together > _BYTES_AT_ONCE or one.size >= LARGE_FILE_BYTES):
            yield task
            task = []
        task.append(one)
        if one.size >= LARGE_FILE_BYTES:
            yield task
            task = []
    if task:
        yield task


def _read_small(
    root: str, layout: str | None, paths: Sequence[str], process: Callable[[], WorkerProcess]
) -> list[ReadFile]:
    try:
        return process().run(_read_all, _Task(root, layout, tuple(paths)), timeout=_SECONDS_A_TASK)
    except WorkerError as error:
        if len(paths) > 1:
            return [found for path in paths for found in _read_small(root, layout, [path], process)]
        return [_without_decoding(root, layout, paths[0], f"decoding it {error.message}")]


def _read_large(
    root: str, layout: str | None, path: str, process: Callable[[], WorkerProcess], progress: Progress
) -> ReadFile:
    def each(count: int) -> None:
        progress.check()
        progress.advance(count=count)

    found = _without_decoding(root, layout, path, "", each)
    progress.advance(files=1)
    if found.error or file_kind(path) not in _DECODED:
        return found
    try:
        (seen,) = process().run(_read_all, _Task(root, layout, (path,), digest=False), timeout=_SECONDS_A_PICTURE)
    except WorkerError as error:
        return replace(found, keyless=f"decoding it {error.message}")
    return replace(seen, state=found.state, identity="" if seen.key else found.identity)


def _without_decoding(
    root: str, layout: str | None, path: str, keyless: str, each: Callable[[int], None] | None = None
) -> ReadFile:
    """What a file is by its bytes alone."""
    try:
        with open_file(root, path) as stream:
            state = steady_state(stream, each)
            identity = _identity(stream) if layout is not None else ""
    except CancelledByUserError:
        raise
    except (OSError, InspectorError) as error:
        return ReadFile(path, error=_words(error))
    return ReadFile(path, state, keyless=keyless if layout is not None else "", identity=identity)


def _read_all(task: _Task) -> list[ReadFile]:
    """What these files are; runs in a worker process."""
    return [_read_one(task, path) for path in task.paths]


def _read_one(task: _Task, path: str) -> ReadFile:
    kind = file_kind(path.rpartition("/")[2])
    try:
        with open_file(task.root, path) as stream:
            state = steady_state(stream) if task.digest else FileState()
            if kind is FileKind.SIDECAR:
                return ReadFile(path, state)
            key, keyless, identity = "", "", ""
            if task.layout is not None:
                key, keyless = _key(task.layout, stream, kind)
                identity = _identity(stream) if not key and task.digest else ""
            taken, camera, has_exif = _exif(stream) if kind in _DECODED else (None, "", False)
    except (OSError, InspectorError) as error:
        return ReadFile(path, error=_words(error))
    return ReadFile(path, state, key, keyless, identity, taken, camera, has_exif)


def _key(layout: str, stream: BinaryIO, kind: FileKind) -> tuple[str, str]:
    """The key of a picture, or why it has none, where it ought to have one."""
    from inspector.layouts.registry import layout as layout_of

    if kind not in _DECODED:
        return "", ""
    stream.seek(0)
    try:
        return layout_of(layout).picture_key(stream), ""
    except ValueError as error:
        return "", str(error) if kind is FileKind.PICTURE else ""


def _identity(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while block := stream.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _exif(stream: BinaryIO) -> tuple[datetime | None, str, bool]:
    """When and with which camera a picture was taken, as far as it says so, and whether it says anything."""
    from inspector.media.details import picture_details

    stream.seek(0)
    try:
        fields = picture_details(stream).exif
    except DocumentError:
        return None, "", False
    parts = _MOMENT.match(fields.get("Taken", ""))
    taken = None
    if parts is not None:
        with suppress(ValueError):
            taken = datetime(*map(int, parts.groups()))  # type: ignore[arg-type]
    return taken, fields.get("Camera", ""), bool(fields)


def _words(error: OSError | InspectorError) -> str:
    if isinstance(error, BeingWrittenError):
        return f"{error.message}: import it once it is whole"
    if isinstance(error, InspectorError):
        return error.message
    return f"cannot be read ({error.strerror or os.strerror(error.errno or 0)})"
