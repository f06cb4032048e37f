"""The files to work on: made once, each set in a folder that gets its name only when it is whole."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from inspector.layouts.imalink.names import SESSIONS
from inspector.scenarios.builder import FIRST_TIME_NS
from inspector.scenarios.large import build_large, large_files, write_large_index
from tests.benchmarks.notecove_data import build_notecove

COPIES_PERCENT = 3
LARGE_BYTES = 4_000_000
STORAGE_NAME = "Large Storage"
"""What `build_large` calls its root, so that every set has the same name."""

_FILES_PER_FOLDER = 100
_FILES_PER_SIZE = 4
_JPEG_START = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
_HEADER_BYTES = 64
_MILLION = 1_000_000
_TINY_BYTES = 100
_SECOND_NS = 1_000_000_000


def say(text: str) -> None:
    """Tell on stderr what is going on."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A storage to scan; `copies` of its files have the content of another one."""

    root: Path
    files: int
    copies: int = 0


class Data:
    """The sets below `folder`, each made when it is first asked for and reused when it is there."""

    def __init__(self, folder: Path, files: int) -> None:
        """`files` is the number of files in the small sets; the large set has a fiftieth of it."""
        self._folder = folder
        self._files = files

    @property
    def folder(self) -> Path:
        """Where the sets are."""
        return self._folder

    @property
    def files(self) -> int:
        """The number of files in the small sets, without the copies."""
        return self._files

    @cached_property
    def small(self) -> DataSet:
        """Pictures of 20 to 60 KB in a plain folder, and copies of some."""
        root = self._made(f"small-{self._files}", self._build_small)
        return DataSet(root, self._files + self._copies(self._files), self._copies(self._files))

    @cached_property
    def large(self) -> DataSet:
        """Pictures of 4 MB in a plain folder, and copies of some."""
        files = max(1, self._files // 50)
        root = self._made(f"large-{files}", lambda folder: _build_large_files(folder, files, self._copies(files)))
        return DataSet(root, files + self._copies(files), self._copies(files))

    @cached_property
    def indexed(self) -> DataSet:
        """The pictures of the small set, without the copies, as an ImaLink storage with index and sessions."""
        pictures = self.small.root / "photos"  # hard links to them: the set takes no room
        return DataSet(self._made(f"indexed-{self._files}", lambda folder: self._index(folder, pictures)), self._files)

    @cached_property
    def notecove(self) -> DataSet:
        """The pictures of the small set, without the copies, in a storage directory of NoteCove: ten in each note."""
        pictures = self.small.root / "photos"
        root = self._made(f"notecove-{self._files}", lambda folder: build_notecove(folder / STORAGE_NAME, pictures))
        return DataSet(root, self._files)

    @cached_property
    def documents(self) -> DataSet:
        """The documents of the indexed set without the pictures."""
        return DataSet(self._made(f"documents-{self._files}", lambda folder: self._index(folder, None)), self._files)

    @cached_property
    def master_only(self) -> DataSet:
        """The documents without the sessions."""

        def build(folder: Path) -> None:
            self._index(folder, None)
            shutil.rmtree(folder / STORAGE_NAME / SESSIONS)

        return DataSet(self._made(f"master-{self._files}", build), self._files)

    @cached_property
    def million(self) -> DataSet:
        """A million files of 100 bytes."""
        return DataSet(self._made("million", _build_tiny), _MILLION)

    @property
    def _folders(self) -> int:
        return max(1, self._files // _FILES_PER_FOLDER)

    @staticmethod
    def _copies(files: int) -> int:
        return files * COPIES_PERCENT // 100

    def _made(self, name: str, build: Callable[[Path], object]) -> Path:
        whole = self._folder / name
        if not whole.is_dir():
            say(f"making {whole} ...")
            partial = self._folder / f"{name}.partial"
            if partial.exists():
                shutil.rmtree(partial)
            partial.mkdir(parents=True)
            build(partial)
            os.sync()  # or the disk would still write while something is measured
            partial.rename(whole)
        return whole / STORAGE_NAME

    def _build_small(self, folder: Path) -> None:
        root = build_large(folder, files=self._files, folders=self._folders)
        wanted = self._copies(self._files)
        step = self._files // max(1, wanted)
        for file in large_files(self._files, self._folders):
            if file.number % step == 0 and file.number // step < wanted:
                _copy(root / file.path, root, file.number // step)

    def _index(self, folder: Path, pictures: Path | None) -> None:
        root = folder / STORAGE_NAME
        root.mkdir()
        if pictures is not None:
            shutil.copytree(pictures, root / "photos", copy_function=os.link)
        write_large_index(root, files=self._files, folders=self._folders)


def _copy(source: Path, root: Path, number: int) -> None:
    target = root / "copies" / f"{number // _FILES_PER_FOLDER:04d}" / f"COPY_{number:07d}.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    time_ns = FIRST_TIME_NS + number * _SECOND_NS
    os.utime(target, ns=(time_ns, time_ns))


def _build_large_files(folder: Path, files: int, copies: int) -> None:
    """Random bytes behind a JPEG header that tells the files apart; four files share each size."""
    root = folder / STORAGE_NAME
    noise = Random(4_000_000).randbytes(LARGE_BYTES * 2)
    for number in range(files):
        path = root / "photos" / f"{number // _FILES_PER_FOLDER:04d}" / f"IMG_{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        header = (_JPEG_START + b"number %d" % number).ljust(_HEADER_BYTES, b"\0")
        start = number * 1009 % LARGE_BYTES
        size = LARGE_BYTES + number // _FILES_PER_SIZE - _HEADER_BYTES
        path.write_bytes(header + noise[start : start + size])
        time_ns = FIRST_TIME_NS + number * _SECOND_NS
        os.utime(path, ns=(time_ns, time_ns))
        if number < copies:
            _copy(path, root, number)


def _build_tiny(folder: Path) -> None:
    per_folder = 1000
    for first in range(0, _MILLION, per_folder):
        inside = folder / STORAGE_NAME / "photos" / f"{first // per_folder:04d}"
        inside.mkdir(parents=True)
        for number in range(first, first + per_folder):
            with open(inside / f"IMG_{number:07d}.jpg", "wb", buffering=0) as stream:  # noqa: PTH123 - much faster
                stream.write((b"number %d" % number).ljust(_TINY_BYTES, b"\0"))


def read_all(root: Path) -> None:
    """Read every file, so that all of them are in the kernel's cache."""
    buffer = bytearray(1 << 20)
    for folder, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(folder, name), "rb", buffering=0) as stream:  # noqa: PTH123 - much faster
                while stream.readinto(buffer):
                    pass
