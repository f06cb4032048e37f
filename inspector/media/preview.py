"""What the preview pane shows of a picture, made in worker processes so that a decoder's crash stays there."""

import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inspector.fs.beneath import open_file
from inspector.fs.worker import PICTURE_MEMORY_BYTES, WorkerError, WorkerProcess
from inspector.media.details import picture_details
from inspector.media.thumbnail_cache import Kept, ThumbnailCache
from inspector.media.thumbnails import thumbnail
from inspector.model.errors import DocumentError
from inspector.model.preview import Preview

_SECONDS = 10.0
_WORKERS = 2
"""So that a picture that takes long does not hold up the next one."""
_LOOK_SECONDS = 0.1


class _Place(NamedTuple):
    root: str
    path: str


class _Task(NamedTuple):
    root: str
    path: str
    max_width: int
    max_height: int


class _Identity(NamedTuple):
    """What says whether a file is the one that it was."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


def identify(place: _Place) -> _Identity:
    """The present state of a file; runs in the worker process."""
    with open_file(*place) as stream:
        status = os.fstat(stream.fileno())
    return _Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def make_preview(task: _Task) -> Kept:
    """Decode a picture's thumbnail and read its details; runs in the worker process."""
    with open_file(task.root, task.path) as stream:
        details = picture_details(stream)
        fields = {"format": details.format, "pixels": f"{details.width} × {details.height}", **details.exif}
        stream.seek(0)
        return Kept(thumbnail(stream, task.max_width, task.max_height), fields)


class PreviewMaker:
    """Makes previews, two at a time; `close` ends its processes. Usable from several threads."""

    def __init__(self, cache_folder: Path) -> None:
        self._cache = ThumbnailCache(cache_folder)
        self._workers = [WorkerProcess(memory_limit=PICTURE_MEMORY_BYTES) for _ in range(_WORKERS)]
        self._idle: queue.LifoQueue[WorkerProcess] = queue.LifoQueue()  # the one that was started is taken first
        for worker in reversed(self._workers):
            self._idle.put(worker)
        self._closed = threading.Event()

    def make(
        self,
        root: str,
        path: str,
        key: str | None,
        max_width: int,
        max_height: int,
        *,
        known_as: tuple[int, int] | None = None,
        given_up: Callable[[], bool] = lambda: False,
    ) -> Preview:
        """The preview of the picture at `path` below `root`.

        `key` names the content that the file had when its size and mtime in ns were `known_as`; a file that is another
        now, or has no key, goes by its present state. `given_up` is asked before each step whether to go on.

        Raises:
            DocumentError: where it cannot be shown; the message says why.
        """
        worker = self._take(given_up, path)
        try:
            identity = worker.run(identify, _Place(root, path), timeout=_SECONDS)
            if key is None or (known_as is not None and known_as != (identity.size, identity.mtime_ns)):
                key = "file " + " ".join(map(str, identity))
            kept = self._cache.get(key, max_width, max_height)
            if kept is None:
                _go_on(given_up, path)
                task = _Task(root, path, max_width, max_height)
                kept = worker.run(make_preview, task, timeout=_SECONDS)
                self._cache.put(key, max_width, max_height, kept)
        except WorkerError as error:
            raise DocumentError(f"decoding it ended badly: {error.message}", path=path) from error
        except OSError as error:
            raise DocumentError(error.strerror or os.strerror(error.errno or 0), path=path) from error
        finally:
            self._idle.put(worker)
        return Preview(kept.thumb.width, kept.thumb.height, kept.thumb.rgb, kept.fields)

    def _take(self, given_up: Callable[[], bool], path: str) -> WorkerProcess:
        while not self._closed.is_set():
            _go_on(given_up, path)
            try:
                return self._idle.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
        raise DocumentError("the inspector is being closed", path=path)

    def close(self) -> None:
        """End the workers."""
        self._closed.set()
        for worker in self._workers:
            worker.close()


def _go_on(given_up: Callable[[], bool], path: str) -> None:
    if given_up():
        raise DocumentError("not wanted any more", path=path)
