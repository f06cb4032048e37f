"""A short text that changes whenever something of which the layers speak may have changed."""

import hashlib
import marshal
import os
import stat
import time

from xxhash import xxh3_128_intdigest

from inspector.fs.foreign_database import database_files
from inspector.layouts.base import Surroundings
from inspector.layouts.notecove.folders import Tree, tree_at
from inspector.layouts.notecove.names import (
    ACTIVITY,
    DELETED,
    FOLDERS,
    LEGACY_PACKS,
    LEGACY_SD_ID,
    LEGACY_UPDATES,
    LOGS,
    MEDIA,
    MIGRATION_LOCK,
    NOTES,
    PROFILES,
    SD_ID,
    SNAPSHOTS,
    TYPE,
    VERSION,
)
from inspector.layouts.notecove.profiles import databases, profiles_document, thumbnail_folders

_RACY_NS = 2_000_000_000  # the coarsest clock of a file system: FAT's
_DAY_SECONDS = 86_400
_MARSHAL_VERSION = 2  # the last one whose bytes do not depend on who else refers to a value
_PARTS = (LOGS, SNAPSHOTS, LEGACY_UPDATES, LEGACY_PACKS)


class _Digest:
    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.newest = 0
        self._sum = 0

    def add(self, path: str, status: os.stat_result) -> None:
        """Take in what tells one state of a file from another."""
        self._add(os.fsencode(path), status)

    def _add(self, path: bytes, status: os.stat_result) -> None:
        mtime_ns = status.st_mtime_ns
        if mtime_ns > self.newest:
            self.newest = mtime_ns
        facts = (path, status.st_size, mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)
        self._sum += xxh3_128_intdigest(marshal.dumps(facts, _MARSHAL_VERSION))  # in whatever order they come

    def add_path(self, path: str) -> None:
        """The same for a path, whether something is there or not."""
        try:
            self.add(path, os.lstat(path))
        except OSError as error:
            self.note(f"{os.fsencode(path)!r} {error.errno}")

    def note(self, text: str) -> None:
        """Take in anything else."""
        self._digest.update(f"{text}\n".encode())

    def add_files(self, tree: Tree, folder: str = "") -> set[str]:
        """The same for the files of a folder; the names of the folders in it."""
        folders = set()
        prefix = os.fsencode(f"{tree.path}/{folder}/")
        for name, status in tree.stats_if_any(folder):
            if stat.S_ISDIR(status.st_mode):
                folders.add(name)
            else:
                self._add(prefix + os.fsencode(name), status)
        return folders

    def text(self) -> str:
        """The digest so far; empty where something was written just now."""
        if self.newest > time.time_ns() - _RACY_NS:
            return ""
        return f"{self._digest.hexdigest()} {self._sum % (1 << 128):032x}"


def stamp(root: str, surroundings: Surroundings) -> str:
    """Equal for equal states of every document, the names in `media`, the databases and the day.

    The day, as pictures come nearer to the program's clean-up with it. Empty where the root cannot be opened.
    """
    try:
        return _stamp(root, surroundings)
    except OSError:
        return ""


def _stamp(root: str, surroundings: Surroundings) -> str:
    digest = _Digest()
    for name in (SD_ID, LEGACY_SD_ID, VERSION, TYPE, MIGRATION_LOCK, MEDIA):
        digest.add_path(os.path.join(root, name))
    found = databases(root, surroundings)
    for path in found:
        for one in database_files(path):
            digest.add_path(one)
        profiles = profiles_document(path)
        if profiles is not None:
            digest.add_path(profiles)
        for folder in thumbnail_folders(path):
            _add_thumbnails(digest, folder)
    if found:
        digest.note(f"day {int(time.time()) // _DAY_SECONDS}")
    with tree_at(root) as tree:
        for folder in (MEDIA, ACTIVITY, DELETED, PROFILES):
            digest.add_files(tree, folder)
        _add_document(digest, tree, FOLDERS)
        with tree.below(NOTES) as notes:
            if notes is not None:
                for entry in notes.stream_if_any():
                    if entry.is_folder:
                        _add_document(digest, notes, entry.name)
    return digest.text()


def _add_document(digest: _Digest, tree: Tree, folder: str) -> None:
    with tree.below(folder) as document:
        if document is not None:
            there = digest.add_files(document)
            for part in _PARTS:
                if part in there:
                    digest.add_files(document, part)


def _add_thumbnails(digest: _Digest, folder: str) -> None:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        digest.add_path(os.path.join(folder, name))
