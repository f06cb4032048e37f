"""The two places where thumbnails stay: the latest in memory, many more in the inspector's cache folder."""

import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from inspector.media.thumbnails import Thumb

_ENDING = ".jpg"
_QUALITY = 90


class ThumbnailCache:
    """Thumbnails by key and greatest size; safe to use from several threads.

    A key names content: a digest in hex, or an id made from a file's stat. Nothing here fails: what cannot be read
    is not there, what cannot be written is not kept.
    """

    def __init__(self, folder: Path | None, *, memory_entries: int = 64, disk_bytes: int = 256_000_000) -> None:
        """Keep `memory_entries` thumbnails in memory and `disk_bytes` bytes in `folder`; None keeps nothing there."""
        self._folder = folder
        self._memory_entries = memory_entries
        self._disk_bytes = disk_bytes
        self._memory: OrderedDict[str, Thumb] = OrderedDict()
        self._used_bytes: int | None = None
        self._lock = threading.Lock()

    def get(self, key: str, max_width: int, max_height: int) -> Thumb | None:
        """The thumbnail of `key` made within that size, or None."""
        name = _entry_name(key, max_width, max_height)
        with self._lock:
            thumb = self._memory.get(name)
            if thumb is not None:
                self._memory.move_to_end(name)
                return thumb
        thumb = self._read(name, max_width, max_height)
        if thumb is not None:
            self._remember(name, thumb)
        return thumb

    def put(self, key: str, max_width: int, max_height: int, thumb: Thumb) -> None:
        """Keep `thumb` for `key` and that size, in place of what was there."""
        name = _entry_name(key, max_width, max_height)
        self._remember(name, thumb)
        if self._folder is not None:
            with suppress(OSError):
                self._write(self._folder, name, thumb)

    def _remember(self, name: str, thumb: Thumb) -> None:
        with self._lock:
            self._memory[name] = thumb
            self._memory.move_to_end(name)
            while len(self._memory) > self._memory_entries:
                self._memory.popitem(last=False)

    def _read(self, name: str, max_width: int, max_height: int) -> Thumb | None:
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            with path.open("rb") as stream:
                thumb = _decoded(stream.read())
            os.utime(path)  # eviction goes by it
        except Exception:  # noqa: BLE001 - a corrupt entry fails in any way; the caller makes it anew
            return None
        return thumb if thumb.width <= max_width and thumb.height <= max_height else None

    def _write(self, folder: Path, name: str, thumb: Thumb) -> None:
        data = _encoded(thumb)
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
            if self._used_bytes is not None:
                self._used_bytes += len(data)
            if self._used_bytes is None or self._used_bytes > self._disk_bytes:
                self._used_bytes = _shrink(folder, self._disk_bytes)


def _entry_name(key: str, max_width: int, max_height: int) -> str:
    hashed = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return f"{hashed}-{max_width}x{max_height}{_ENDING}"


def _encoded(thumb: Thumb) -> bytes:
    import io

    from PIL import Image

    stream = io.BytesIO()
    image = Image.frombytes("RGB", (thumb.width, thumb.height), thumb.rgb)
    image.save(stream, "JPEG", quality=_QUALITY, subsampling=0)
    return stream.getvalue()


def _decoded(data: bytes) -> Thumb:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=("JPEG",)).convert("RGB")
    return Thumb(image.width, image.height, image.tobytes())


def _shrink(folder: Path, most: int) -> int:
    """Delete the entries that were used longest ago until 9/10 of `most` bytes are left; returns the bytes left.

    Below `most` nothing is deleted.
    """
    entries: list[tuple[float, int, str]] = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.endswith((_ENDING, ".tmp")) and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                entries.append((status.st_mtime, status.st_size, entry.path))
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
