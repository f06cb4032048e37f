"""The two places where thumbnails stay: the latest in memory, many more in the inspector's cache folder."""

import hashlib
import json
import os
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from inspector.media.thumbnails import Thumb

_ENDING = ".jpg"
_QUALITY = 90
_MOST_COMMENT_BYTES = 60_000
_WRITES_BETWEEN_COUNTS = 256
_FORGOTTEN_SECONDS = 3600.0
"""The age at which a file that was being written is taken for one whose writer was killed."""


class Kept(NamedTuple):
    """A thumbnail, and what the picture says of itself, in words."""

    thumb: Thumb
    fields: dict[str, str]


class ThumbnailCache:
    """Thumbnails by key and greatest size; safe to use from several threads, and the folder by several processes.

    A key names content: a digest in hex, or an id made from a file's stat. Nothing here fails: what cannot be read
    is not there, what cannot be written is not kept.
    """

    def __init__(self, folder: Path | None, *, memory_bytes: int = 8_000_000, disk_bytes: int = 256_000_000) -> None:
        """Keep about `memory_bytes` of pixels in memory and `disk_bytes` in `folder`; None keeps nothing there."""
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._memory: OrderedDict[str, Kept] = OrderedDict()
        self._held_bytes = 0
        self._used_bytes: int | None = None
        self._written = 0
        self._lock = threading.Lock()

    def get(self, key: str, max_width: int, max_height: int) -> Kept | None:
        """The thumbnail of `key` made within that size, or None."""
        name = _entry_name(key, max_width, max_height)
        with self._lock:
            kept = self._memory.get(name)
            if kept is not None:
                self._memory.move_to_end(name)
                return kept
        kept = self._read(name, max_width, max_height)
        if kept is not None:
            self._remember(name, kept)
        return kept

    def put(self, key: str, max_width: int, max_height: int, kept: Kept) -> None:
        """Keep this for `key` and that size, in place of what was there."""
        name = _entry_name(key, max_width, max_height)
        self._remember(name, kept)
        if self._folder is not None:
            with suppress(OSError):
                self._write(self._folder, name, kept)

    def _remember(self, name: str, kept: Kept) -> None:
        with self._lock:
            before = self._memory.pop(name, None)
            self._memory[name] = kept
            self._held_bytes += len(kept.thumb.rgb) - (len(before.thumb.rgb) if before is not None else 0)
            while self._memory and self._held_bytes > self._memory_bytes:
                _, oldest = self._memory.popitem(last=False)
                self._held_bytes -= len(oldest.thumb.rgb)

    def _read(self, name: str, max_width: int, max_height: int) -> Kept | None:
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            with path.open("rb") as stream:
                kept = _decoded(stream.read())
            os.utime(path)  # eviction goes by it
        except Exception:  # noqa: BLE001 - a corrupt entry fails in any way; the caller makes it anew
            return None
        return kept if kept.thumb.width <= max_width and kept.thumb.height <= max_height else None

    def _write(self, folder: Path, name: str, kept: Kept) -> None:
        data = _encoded(kept)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / name
        descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        with self._lock:
            self._written += 1
            if self._used_bytes is not None:
                self._used_bytes += len(data)
            recount = self._written % _WRITES_BETWEEN_COUNTS == 0  # other processes write there too
            if self._used_bytes is None or self._used_bytes > self._disk_bytes or recount:
                self._used_bytes = _shrink(folder, self._disk_bytes)


def _entry_name(key: str, max_width: int, max_height: int) -> str:
    hashed = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return f"{hashed}-{max_width}x{max_height}{_ENDING}"


def _encoded(kept: Kept) -> bytes:
    """A JPEG with the fields as its comment."""
    import io

    from PIL import Image

    thumb = kept.thumb
    fields = json.dumps(kept.fields).encode("ascii")
    if len(fields) > _MOST_COMMENT_BYTES:
        raise OSError("more fields than a comment holds")
    stream = io.BytesIO()
    image = Image.frombytes("RGB", (thumb.width, thumb.height), thumb.rgb)
    image.save(stream, "JPEG", quality=_QUALITY, subsampling=0, comment=fields)
    return stream.getvalue()


def _decoded(data: bytes) -> Kept:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    fields = json.loads(image.info["comment"])
    rgb = image.convert("RGB").tobytes()
    return Kept(Thumb(image.width, image.height, rgb), {str(label): str(value) for label, value in fields.items()})


def _shrink(folder: Path, most: int) -> int:
    """Delete the entries that were used longest ago until 9/10 of `most` bytes are left; returns the bytes left.

    Below `most` nothing is deleted, but for what was left half written.
    """
    entries: list[tuple[float, int, str]] = []
    with os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):  # another process was faster
                status = entry.stat(follow_symlinks=False)
                if entry.name.endswith(_ENDING) and entry.is_file(follow_symlinks=False):
                    entries.append((status.st_mtime, status.st_size, entry.path))
                elif entry.name.endswith(".tmp") and status.st_mtime < time.time() - _FORGOTTEN_SECONDS:
                    os.unlink(entry.path)
    used = sum(size for _, size, _ in entries)
    if used <= most:
        return used
    for _, size, path in sorted(entries):
        if used <= most * 9 // 10:
            break
        with suppress(FileNotFoundError):
            os.unlink(path)
        used -= size
    return used
