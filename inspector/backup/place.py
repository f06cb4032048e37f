"""The folder that a backup lies in: whose it is, who works on it, and what its file system can do."""

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.backup.manifest import ManifestError, parse_small
from inspector.backup.names import LOCK, MARKER, OWN_FOLDER, PARTIAL, RUNS
from inspector.backup.settling import is_cut_short
from inspector.fs.beneath import read_beneath
from inspector.fs.locks import StorageLock
from inspector.fs.profile import FileSystemProfile, file_system_of, profile_of
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import is_temporary, replace_file, write_failed
from inspector.model.backups import BackupInfo
from inspector.model.display import display_name
from inspector.model.errors import DocumentError, StorageLockedError, StorageOfflineError, UsageError
from inspector.model.filekinds import FileKind, file_kind, is_noise_folder
from inspector.model.guarded_json import guarded_json
from inspector.model.records import StorageInfo

_SMALL_BYTES = 1 << 20
_ADOPT = "Name an empty folder, or say with --adopt that what is there is to become the backup: nothing of it is lost."


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose backup a folder is, as it says itself; `id` tells it from other backups of the storage."""

    id: str
    layout: str
    identity: str
    name: str
    root: str
    created: str

    def head(self) -> dict[str, Any]:
        """What a document says of it."""
        return {
            "backup_id": self.id,
            "storage": {"layout": self.layout, "identity": self.identity, "name": self.name, "root": self.root},
            "created": self.created,
        }


@dataclass(slots=True)
class Place:
    """A backup's folder, held open and locked; `lock.check` raises where somebody else took it."""

    tree: Tree
    marker: Marker
    profile: FileSystemProfile
    ignores_case: bool
    lock: StorageLock
    inode: int
    device: int
    was_cut_short: bool
    """Whether an earlier run did not come to its end."""

    def check(self) -> None:
        """Return if the backup is still ours, and its path still leads to it.

        Raises:
            StorageLockedError: where another inspector took it.
            StorageOfflineError: where its drive went away.
        """
        self.lock.check()
        try:
            status = os.stat(self.tree.root)
        except OSError as error:
            raise gone_away(self.tree.root) from error
        if (status.st_dev, status.st_ino) != (self.device, self.inode):
            raise gone_away(self.tree.root)


def gone_away(root: str) -> StorageOfflineError:
    """The error for a destination whose drive went away."""
    return StorageOfflineError(
        "the backup's drive went away", path=root, advice="Connect it and run again: it goes on from there."
    )


def now_iso() -> str:
    """This moment, ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def read_marker(root: str) -> Marker | None:
    """What the folder at `root` says whose backup it is; None where it is no backup.

    Raises:
        DocumentError: where it is one, and what it says cannot be read.
    """
    path = os.path.join(root, MARKER)
    try:
        with Tree(root) as tree, tree.folder("") as folder:
            data, _ = read_beneath(folder, MARKER, _SMALL_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", path=path) from error
    value = parse_small(data, path)
    storage = value.get("storage")
    texts = [value.get("backup_id"), value.get("created")]
    texts += [storage.get(key) for key in ("layout", "identity", "name", "root")] if isinstance(storage, dict) else []
    if len(texts) != 6 or any(not isinstance(text, str) for text in texts):
        raise ManifestError("does not say whose backup it is", path=path)
    if value.get("version") != 1:
        raise ManifestError("was written by a newer inspector, and is not touched by this one", path=path)
    backup_id, created, layout, identity, name, own_root = map(str, texts)
    return Marker(backup_id, layout, identity, name, own_root, created)


def last_run(tree: Tree) -> str:
    """When the last run came to its end, ISO 8601; empty where none did."""
    last = ""
    with suppress(OSError, ValueError), tree.folder("") as folder:
        data, _ = read_beneath(folder, RUNS, _SMALL_BYTES << 4)
        for line in data.splitlines():
            with suppress(ValueError):
                value = guarded_json(line)
                if isinstance(value, dict) and isinstance(value.get("ended"), str):
                    last = value["ended"]
    return last


def info_of(root: str) -> BackupInfo:
    """Whose backup a folder is.

    Raises:
        UsageError: where it is none.
        DocumentError: where what it says cannot be read.
    """
    marker = require_marker(root)
    with Tree(root) as tree:
        cut_short = is_cut_short(tree)
        return BackupInfo(root, marker.name, marker.layout, marker.identity, marker.root, last_run(tree), cut_short)


def require_marker(root: str) -> Marker:
    """As `read_marker`, for a folder that has to be a backup.

    Raises:
        UsageError: where it is none.
        DocumentError: where what it says cannot be read.
    """
    marker = read_marker(root)
    if marker is None:
        raise UsageError("is no backup that this program made", path=root, advice="Name the folder of a backup.")
    return marker


class _Lock(StorageLock):
    """A lock of which people are told how to get rid of it: no scan looks at it."""

    def __enter__(self) -> "_Lock":
        try:
            super().__enter__()
        except StorageLockedError as error:
            error.advice = f"Wait until it is done. If nothing works on the backup any more, remove {LOCK} in it."
            raise
        return self


@contextmanager
def opened_place(
    storage: StorageInfo, destination: str, state_folder: Path, *, adopt: bool, expected_id: str | None
) -> Iterator[Place]:
    """Open the folder for a backup of `storage`, make it one where it is none, and lock it.

    `expected_id` is that of a backup that was made there before, as far as anybody remembers.

    Raises:
        UsageError: where it cannot be one.
        StorageOfflineError: where the backup that was there is away.
        StorageLockedError: where another inspector works on it.
        WriteFailedError: where it cannot be written.
    """
    marker = _marker_for(storage, destination, adopt=adopt, expected_id=expected_id)
    try:
        os.makedirs(os.path.join(destination, OWN_FOLDER), exist_ok=True)
    except OSError as error:
        raise write_failed(error, destination) from error
    lock = _Lock(destination, f"backup of {display_name(storage.name)}", f"backup-{marker.id}", state_folder, LOCK)
    with lock, Tree(destination) as tree:
        try:
            _write_marker(tree, marker)
            cut_short = is_cut_short(tree)
            clear_partial(tree, PARTIAL)
            status = os.stat(destination)
            profile = profile_of(file_system_of(destination))
            place = Place(tree, marker, profile, ignores_case(tree), lock, status.st_ino, status.st_dev, cut_short)
        except OSError as error:
            raise write_failed(error, destination) from error
        yield place


def require_apart(storage_root: str, destination: str) -> None:
    """Return if neither of two folders lies in the other.

    Raises:
        UsageError: where one does.
    """
    one, other = os.path.realpath(storage_root), os.path.realpath(destination)
    if os.path.commonpath([one, other]) in {one, other} or _is_same_or_above(one, other):
        raise UsageError(
            "lies in the storage, or the storage in it",
            path=destination,
            advice="Name a folder elsewhere, on another drive if there is one.",
        )


def _is_same_or_above(folder: str, path: str) -> bool:
    """Whether a folder is one of those above a path by device and inode, whatever mounts lead there."""
    try:
        wanted = os.stat(folder)
    except OSError:
        return False
    for above in (path, *map(str, Path(path).parents)):
        with suppress(OSError):
            status = os.stat(above)
            if (status.st_dev, status.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    return False


def _marker_for(storage: StorageInfo, destination: str, *, adopt: bool, expected_id: str | None) -> Marker:
    marker = read_marker(destination)
    if marker is not None:
        if (marker.layout, marker.identity) == (storage.layout, storage.identity):
            return marker
        if not adopt:
            raise UsageError(
                f"is the backup of another storage, '{display_name(marker.name)}', which was at"
                f" {display_name(marker.root)}",
                path=destination,
                advice="Name another folder; or say with --adopt that this is the same storage at another place.",
            )
        return Marker(marker.id, storage.layout, storage.identity, storage.name, storage.root, marker.created)
    if expected_id is not None and not adopt:
        raise StorageOfflineError(
            "the backup that was made here is not here",
            path=destination,
            advice="Connect its drive; or say with --adopt that a new one is to begin here.",
        )
    _expect_empty(destination, adopt=adopt)
    return Marker(secrets.token_hex(8), storage.layout, storage.identity, storage.name, storage.root, now_iso())


def _expect_empty(destination: str, *, adopt: bool) -> None:
    try:
        names = os.listdir(destination)
    except FileNotFoundError:
        parent = os.path.dirname(destination)
        if not os.path.isdir(parent):
            raise UsageError(
                "is not there, nor is the folder that it is to be in",
                path=destination,
                advice="Check the path, and that its drive is mounted.",
            ) from None
        return
    except OSError as error:
        raise UsageError(f"cannot be used ({error.strerror})", path=destination, advice="Name a folder.") from error
    kept = [name for name in names if not (is_noise_folder(name) or file_kind(name) is FileKind.NOISE)]
    if kept and not adopt:
        raise UsageError("is not empty, and no backup of this storage", path=destination, advice=_ADOPT)


def _write_marker(tree: Tree, marker: Marker) -> None:
    data = json.dumps({"format": "inspector-backup", "version": 1, **marker.head()}, indent=2).encode() + b"\n"
    with tree.folder("") as root:
        try:
            found, status = read_beneath(root, MARKER, _SMALL_BYTES)
        except FileNotFoundError:
            replace_file(tree, MARKER, data, like=None)
            return
    if found != data:
        replace_file(tree, MARKER, data, like=status)


def clear_partial(tree: Tree, path: str) -> None:
    """Remove the copies that earlier runs did not finish.

    Raises:
        OSError: where that cannot be done.
    """
    with tree.folder(path, create=True) as folder:
        for name in os.listdir(folder):
            if is_temporary(name):
                system().unlink(name, folder)


def ignores_case(tree: Tree) -> bool:
    """Whether names that differ in upper and lower case only are one name here; asked of a file of our own."""
    with tree.folder(OWN_FOLDER) as folder:
        try:
            own = os.stat(os.path.basename(MARKER), dir_fd=folder, follow_symlinks=False)
            other = os.stat(os.path.basename(MARKER).upper(), dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
    return (own.st_size, own.st_mtime_ns) == (other.st_size, other.st_mtime_ns)
