"""What the preview pane shows of a picture, made in a worker process so that a decoder's crash stays there."""

import os
import threading
from pathlib import Path
from typing import NamedTuple

from inspector.fs.beneath import open_file
from inspector.fs.worker import PICTURE_MEMORY_BYTES, WorkerError, WorkerProcess
from inspector.media.details import picture_details
from inspector.media.thumbnail_cache import ThumbnailCache
from inspector.media.thumbnails import Thumb, thumbnail
from inspector.model.errors import DocumentError
from inspector.model.preview import Preview

_SECONDS = 10.0


class _Task(NamedTuple):
    root: str
    path: str
    max_width: int
    max_height: int
    thumb_wanted: bool


def make_preview(task: _Task) -> tuple[Thumb | None, dict[str, str]]:
    """Decode a picture's thumbnail and read its details; runs in the worker process."""
    with open_file(task.root, task.path) as stream:
        fields: dict[str, str] = {}
        details = picture_details(stream)
        fields["format"] = details.format
        fields["pixels"] = f"{details.width} × {details.height}"
        fields.update(details.exif)
        stream.seek(0)
        thumb = thumbnail(stream, task.max_width, task.max_height) if task.thumb_wanted else None
    return thumb, fields


class PreviewMaker:
    """Makes previews one at a time; `close` ends its process. Usable from several threads."""

    def __init__(self, cache_folder: Path) -> None:
        self._cache = ThumbnailCache(cache_folder)
        self._worker = WorkerProcess(memory_limit=PICTURE_MEMORY_BYTES)
        self._one_at_a_time = threading.Lock()

    def make(self, root: str, path: str, key: str | None, max_width: int, max_height: int) -> Preview:
        """The preview of the picture at `path` below `root`; `key` names its content where that is known.

        Raises:
            DocumentError: where it cannot be shown; the message says why.
        """
        cached = self._cache.get(key, max_width, max_height) if key is not None else None
        task = _Task(root, path, max_width, max_height, cached is None)
        try:
            with self._one_at_a_time:
                made, fields = self._worker.run(make_preview, task, timeout=_SECONDS)
        except WorkerError as error:
            raise DocumentError(f"decoding it ended badly: {error.message}", path=path) from error
        except OSError as error:
            raise DocumentError(error.strerror or os.strerror(error.errno or 0), path=path) from error
        thumb = cached if cached is not None else made
        assert thumb is not None
        if cached is None and key is not None:
            self._cache.put(key, max_width, max_height, thumb)
        return Preview(thumb.width, thumb.height, thumb.rgb, fields)

    def close(self) -> None:
        """End the worker."""
        self._worker.close()
