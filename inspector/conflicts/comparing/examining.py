"""What a picture says of itself, whether it decodes and what its key is, found in a process that may die over it."""

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.fs.beneath import open_file
from inspector.fs.worker import PICTURE_MEMORY_BYTES, WorkerError, WorkerProcess
from inspector.layouts.registry import layout
from inspector.media.decode import DecodeStatus, check_picture
from inspector.media.details import picture_details
from inspector.model.errors import DocumentError
from inspector.model.relpath import split_path

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Examined:
    """A picture's own words, whether it decodes (None where that cannot be told) and why not, and its layout's key."""

    details: Mapping[str, str] = field(default_factory=dict)
    decodes: bool | None = None
    reason: str = ""
    key: str | None = None


class _Task(NamedTuple):
    root: str
    path: str
    decode: bool
    layout: str
    """The layout whose key is wanted; empty for none."""


def examine(task: _Task) -> Examined:
    """Read a picture's header, and decode all of it where that is asked for; runs in the worker process."""
    details: dict[str, str] = {}
    decodes, reason, key = None, "", None
    with open_file(task.root, task.path) as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            found = picture_details(stream)
        except DocumentError as error:
            reason = error.message
        else:
            details = {"format": found.format, "pixels": f"{found.width} × {found.height}", **found.exif}
        if task.decode:
            stream.seek(0)
            checked = check_picture(stream, split_path(task.path)[1], size)
            decodes = None if checked.status is DecodeStatus.UNSUPPORTED else checked.status is DecodeStatus.OK
            reason = checked.reason
        if task.layout and details:
            stream.seek(0)
            with suppress(ValueError):  # it has no key that could be computed
                key = layout(task.layout).picture_key(stream)
    return Examined(details, decodes, reason, key)


class PictureExaminer:
    """Examines pictures one at a time; `close` ends its process. Usable from several threads."""

    def __init__(self) -> None:
        self._worker = WorkerProcess(memory_limit=PICTURE_MEMORY_BYTES)
        self._one_at_a_time = threading.Lock()

    def examine(self, root: str, path: str, *, decode: bool, layout_name: str) -> Examined:
        """Examine the picture at `path` below `root`; what goes wrong is its reason.

        `layout_name` is the layout whose key is wanted, empty for none.
        """
        try:
            with self._one_at_a_time:
                return self._worker.run(examine, _Task(root, path, decode, layout_name), timeout=_SECONDS)
        except WorkerError as error:
            return Examined(reason=f"decoding it ended badly: {error.message}")
        except OSError as error:
            return Examined(reason=error.strerror or os.strerror(error.errno or 0))

    def close(self) -> None:
        """End the worker."""
        self._worker.close()
