"""A short text that changes whenever something of which the layers speak may have changed."""

import hashlib
import marshal
import os
import stat
import time
from collections.abc import Sequence
from contextlib import suppress

from xxhash import xxh3_128_intdigest

from inspector.fs.foreign_database import database_files
from inspector.layouts.base import UNSETTLED, KnownStorage, Surroundings
from inspector.layouts.notecove.database import read_directories
from inspector.layouts.notecove.elsewhere import other_directories
from inspector.layouts.notecove.folders import Tree, tree_at
from inspector.layouts.notecove.identity import read_identity
from inspector.layouts.notecove.names import (
    ACTIVITY,
    DELETED,
    FOLDERS,
    LEGACY_SD_ID,
    MEDIA,
    MIGRATION_LOCK,
    NOTES,
    PROFILES,
    SD_ID,
    TYPE,
    VERSION,
)
from inspector.layouts.notecove.profiles import databases, profiles_away, profiles_document, thumbnail_folders
from inspector.model.errors import DocumentError

_RACY_NS = 2_000_000_000  # the coarsest clock of a file system: FAT's
_DAY_SECONDS = 86_400
_MARSHAL_VERSION = 2  # the last one whose bytes do not depend on who else refers to a value


class _Digest:
    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.newest = 0
        self._sum = 0
        self._place = b""

    def add(self, path: str, status: os.stat_result) -> None:
        """Take in what tells one state of a file from another."""
        self._add(os.fsencode(path), status)

    def within(self, place: str) -> None:
        """What is added from now on lies in another directory, at this place."""
        self._place = os.fsencode(place) + b"/"

    def _add(self, path: bytes, status: os.stat_result) -> None:
        mtime_ns = status.st_mtime_ns
        if mtime_ns > self.newest:
            self.newest = mtime_ns
        facts = (self._place + path, status.st_size, mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)
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

    def add_names(self, tree: Tree, folder: str) -> None:
        """Take in which files are in a folder, and nothing else of them."""
        with suppress(OSError):
            for name in tree.file_names(folder):
                self._sum += xxh3_128_intdigest(os.fsencode(name))

    def text(self) -> str:
        """The digest so far, with a mark where something was written just now."""
        found = f"{self._digest.hexdigest()} {self._sum % (1 << 128):032x}"
        return found + (UNSETTLED if self.newest > time.time_ns() - _RACY_NS else "")


def stamp(root: str, surroundings: Surroundings) -> str:
    """Equal for equal states of every document, the names in `media`, the databases and the day.

    So it is for the documents of the other storage directories of a profile, whose notes may use the pictures. The day
    counts, as pictures come nearer to the program's clean-up with it. Empty where the root cannot be opened.
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
        digest.add_names(tree, MEDIA)  # of a picture no layer says more than that it is there
        _add_notes(digest, tree)
    for place in profiles_away(root, surroundings):
        digest.note(f"away {os.fsencode(place)!r}")
    known = surroundings.known()
    opened = {os.path.realpath(one.root) for one in known}
    for place, reason in _other_places(found, root, known).items():
        digest.note(f"{os.fsencode(place)!r} {reason.encode('utf-8', 'surrogateescape')!r} {place in opened}")
        digest.within(place)
        digest.add_path(os.path.join(place, VERSION))
        with suppress(OSError), tree_at(place) as tree:
            _add_notes(digest, tree)
    return digest.text()


def _other_places(found: Sequence[str], root: str, known: Sequence[KnownStorage]) -> dict[str, str]:
    """Where the other storage directories are that these databases name, each with why it cannot be read there."""
    identity = read_identity(root)
    places: dict[str, str] = {}
    for path in found:
        with suppress(FileNotFoundError, DocumentError):
            database = read_directories(path)
            own = database.directories_of(identity.sd_id, os.path.realpath(root), identity.legacy_id)
            others = other_directories(database, own, root, known) if own else ()
            places.update((other.root or other.row.path, other.reason) for other in others)
    return places


def _add_notes(digest: _Digest, tree: Tree) -> None:
    """The documents that tell of uses, and of what of them has not come yet."""
    for folder in (ACTIVITY, DELETED, PROFILES):
        digest.add_files(tree, folder)
    _add_document(digest, tree, FOLDERS)
    with tree.below(NOTES) as notes:
        if notes is not None:
            for entry in notes.stream_if_any():
                if entry.is_folder:
                    _add_document(digest, notes, entry.name)
                elif (status := notes.status_of(entry.name)) is not None:
                    digest.add(f"{NOTES}/{entry.name}", status)


def _add_document(digest: _Digest, tree: Tree, folder: str) -> None:
    with tree.below(folder) as document:
        parts = list(digest.add_files(document)) if document is not None else []
        while parts:  # those that the program does not know may hold copies
            part = parts.pop()
            assert document is not None
            parts += [f"{part}/{name}" for name in digest.add_files(document, part)]


def _add_thumbnails(digest: _Digest, folder: str) -> None:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        digest.add_path(os.path.join(folder, name))
