"""Build a storage file by file, with fixed times of the past, so that no file looks freshly written."""

import os
import shutil
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from inspector.scenarios.drawing import MEDIUM, picture_bytes

MINUTE_NS = 60 * 1_000_000_000
DAY_NS = 24 * 60 * MINUTE_NS
FIRST_TIME_NS = int(datetime(2024, 6, 1, 12, 0, tzinfo=UTC).timestamp()) * 1_000_000_000


class StorageBuilder:
    """A folder under construction. Paths are relative to `root`, with ``/``; every method returns the builder.

    The n-th file written gets `start_ns` plus n minutes as its mtime (ns since 1970).
    """

    def __init__(self, root: Path, *, start_ns: int = FIRST_TIME_NS) -> None:
        self.root = root
        self._next_time = start_ns
        root.mkdir(parents=True, exist_ok=True)

    def at(self, path: str) -> Path:
        """Where `path` is on disk."""
        return self.root / path

    def read(self, path: str) -> bytes:
        """The bytes of `path`."""
        return self.at(path).read_bytes()

    def picture(
        self,
        path: str,
        *,
        seed: int | None = None,
        size: tuple[int, int] = MEDIUM,
        scene: str | None = None,
        taken: datetime | None = None,
        orientation: int = 1,
    ) -> Self:
        """Draw a picture in the format of the extension; without a `seed` the path decides what it shows."""
        if seed is None:
            seed = zlib.crc32(os.fsencode(f"{self.root.name}/{path}"))
        name = path.rpartition("/")[2]
        return self.file(path, picture_bytes(name, seed, size, scene=scene, taken=taken, orientation=orientation))

    def file(self, path: str, content: bytes | str) -> Self:
        """Write `content` (text as UTF-8), replacing what is there."""
        target = self._place(path)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.touch(path, self._tick())

    def copy(self, source: str, target: str) -> Self:
        """Copy a file with its mtime, as file managers and sync programs do."""
        shutil.copy2(self.at(source), self._place(target))
        return self

    def link(self, source: str, target: str) -> Self:
        """Give a file a second name: a hard link, or a copy where the file system has none."""
        try:
            os.link(self.at(source), self._place(target))
        except OSError:
            self.copy(source, target)
        return self

    def move(self, source: str, target: str) -> Self:
        """Rename a file or a folder; times stay."""
        self.at(source).rename(self._place(target))
        return self

    def delete(self, path: str) -> Self:
        """Remove a file, or a folder with all that is in it."""
        doomed = self.at(path)
        if doomed.is_dir():
            shutil.rmtree(doomed)
        else:
            doomed.unlink()
        return self

    def touch(self, path: str, mtime_ns: int) -> Self:
        """Set the mtime (ns since 1970); the file must exist."""
        os.utime(self.at(path), ns=(mtime_ns, mtime_ns))
        return self

    def cut(self, path: str, share: float) -> Self:
        """Keep only the first `share` (0 to 1) of the bytes; the mtime stays, as after a copy that broke off."""
        content = self.read(path)
        return self._overwrite(path, content[: int(len(content) * share)])

    def rot(self, path: str, share: float = 0.5) -> Self:
        """Flip one bit at `share` (0 to 1) of the file; size and mtime stay, as when a disk fails."""
        content = bytearray(self.read(path))
        content[int(len(content) * share)] ^= 1
        return self._overwrite(path, bytes(content))

    def hothash(self, path: str) -> str:
        """ImaLink's key of the picture at `path`."""
        from inspector.media.hothash import hothash

        with self.at(path).open("rb") as stream:
            return hothash(stream)

    def _place(self, path: str) -> Path:
        target = self.at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _tick(self) -> int:
        now = self._next_time
        self._next_time += MINUTE_NS
        return now

    def _overwrite(self, path: str, content: bytes) -> Self:
        mtime_ns = self.at(path).stat().st_mtime_ns
        self.at(path).write_bytes(content)
        return self.touch(path, mtime_ns)
