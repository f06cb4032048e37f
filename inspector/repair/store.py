"""Where what a repair takes away is kept: quarantine and earlier versions of documents, with a manifest.

The place is on the storage's own file system, so that moving there is a rename, and outside every folder that a sync
program watches: a file moved within such a folder would be uploaded, and moved out of it, deleted on every peer.
"""

import errno
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.fs.system import let_go, system
from inspector.model.errors import UsageError
from inspector.model.operation_codec import decode_text, encode_text
from inspector.model.plan import QuarantineEntry

OWN_FOLDER = ".inspector"
_OUTSIDE_FOLDER = ".inspector-quarantine"
_MANIFEST = "manifest.jsonl"
_ENTRY_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*\.[0-9a-f]{8}")
_SYNC_MARKS = (
    ".stfolder",
    ".dropbox",
    ".dropbox.cache",
    ".sync",
    ".owncloudsync.log",
    ".csync_journal.db",
    ".sync_database.db",
    ".tmp.drivedownload",
    ".849C9593-D756-4E56-8D6E-42412F2A707B",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for what is taken away. `same_device` says that moving there is a rename."""

    folder: Path
    same_device: bool


def place_for(root: str, storage_id: str, state_folder: Path) -> Place:
    """Where to keep what is taken out of the storage at `root`; nothing is made yet."""
    synced = _synced_root(Path(root))
    if synced is None:
        return Place(Path(root) / OWN_FOLDER, same_device=True)
    beside = synced.parent
    try:
        same = os.stat(beside).st_dev == os.stat(root).st_dev and os.access(beside, os.W_OK)
    except OSError:
        same = False
    if same and _synced_root(beside) is None:
        return Place(beside / _OUTSIDE_FOLDER / storage_id, same_device=True)
    folder = state_folder / "quarantine" / storage_id
    return Place(folder, same_device=_device_of(folder) == os.stat(root).st_dev)


def known_places(root: str, storage_id: str, state_folder: Path) -> list[Place]:
    """Every place that holds something of a storage, the one of `place_for` first.

    There are others where the storage came under a sync program, or left it, since something was taken away. A storage
    that is not there has none.
    """
    try:
        present = place_for(root, storage_id, state_folder)
        if present.folder.is_symlink():
            return []
        device = os.stat(root).st_dev
    except OSError:
        return []
    beside = [parent / _OUTSIDE_FOLDER / storage_id for parent in Path(root).parents]
    others = [Path(root) / OWN_FOLDER, *beside, state_folder / "quarantine" / storage_id]
    return [present] + [
        Place(folder, same_device=_device_of(folder) == device)
        for folder in others
        if folder != present.folder and folder.is_dir() and not folder.is_symlink()
    ]


def make_place(folder: Path) -> None:
    """Make a place's folder, for its owner only, so that a power cut does not take it back.

    Raises:
        OSError: ELOOP where a link is in its place, which a storage may have brought along to lead elsewhere.
    """
    if folder.is_symlink():
        raise OSError(errno.ELOOP, "is a link, which is never followed", str(folder))
    if folder.is_dir():
        return
    make_place(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        system().fsync_folder(above)
    finally:
        let_go(above)


def _synced_root(folder: Path) -> Path | None:
    """The folder of a sync program that `folder` is in, or None."""
    for candidate in (folder, *folder.parents):
        if any(os.path.lexists(candidate / mark) for mark in _SYNC_MARKS):
            return candidate
    return None


def _device_of(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return os.stat(folder).st_dev


def new_entry_id(batch: str) -> str:
    """An id for a file that is taken away: its batch and a random part, so that no two are the same."""
    return f"{batch}.{secrets.token_hex(4)}"


def now_text() -> str:
    """The present moment in ISO 8601, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Manifest:
    """The list of what lies in one place: a line for each file taken in, and one for each that left.

    A storage brings its manifest along from other machines, so nothing in it is believed: an id that is none of ours, a
    path that leads out of the storage and a line that makes no sense are passed over.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, *entries: QuarantineEntry) -> None:
        """Put entries down before their files are moved in."""
        self._append(
            {
                "entry": entry.id,
                "batch": entry.batch,
                "storage": entry.storage_id,
                "root": encode_text(entry.root),
                "path": encode_text(entry.path),
                "size": entry.size,
                "digest": entry.digest,
                "time": entry.time,
            }
            for entry in entries
        )

    def left(self, entry_id: str, why: str) -> None:
        """Say that an entry's file was restored or purged."""
        self.all_left([entry_id], why)

    def all_left(self, entry_ids: Iterable[str], why: str) -> None:
        """As `left`, for many at once."""
        now = now_text()
        self._append({"left": entry_id, "why": why, "time": now} for entry_id in entry_ids)

    def entries(self) -> Iterator[QuarantineEntry]:
        """The entries whose files are there."""
        found: dict[str, QuarantineEntry] = {}
        for values in self._lines():
            if "left" in values:
                found.pop(str(values["left"]), None)
            elif "entry" in values and (entry := self._entry(values)) is not None:
                found[entry.id] = entry
        for entry in found.values():
            if os.path.lexists(entry.stored_at):
                yield entry

    def _entry(self, values: dict[str, object]) -> QuarantineEntry | None:
        entry_id = values["entry"]
        try:
            path = decode_text(values["path"])
            if not is_entry_id(entry_id) or not stays_inside(path):
                return None
            return QuarantineEntry(
                str(entry_id),
                str(values["batch"]),
                str(values["storage"]),
                decode_text(values["root"]),
                path,
                int(str(values["size"])),
                str(values["digest"]),
                str(values["time"]),
                str(stored_path(self._folder, str(entry_id))),
            )
        except (KeyError, ValueError):
            return None

    def _lines(self) -> Iterator[dict[str, object]]:
        path = self._folder / _MANIFEST
        if self._folder.is_symlink() or not stat.S_ISREG(_mode(path)):
            return
        data = path.read_bytes()
        for line in data.split(b"\n"):
            try:
                values = json.loads(line)
            except (ValueError, RecursionError):
                continue  # the torn end of a manifest; its file was not moved yet
            if isinstance(values, dict):
                yield values

    def _append(self, lines: Iterable[dict[str, object]]) -> None:
        make_place(self._folder)
        text = "".join(json.dumps(values) + "\n" for values in lines)
        path = str(self._folder / _MANIFEST)
        descriptor = system().open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = "\n" + text  # a torn line stays one of its own
            system().write_all(descriptor, text.encode("ascii"))
            system().fsync(descriptor)
        finally:
            let_go(descriptor)


def _mode(path: Path) -> int:
    """The mode of what is at `path` itself, 0 where nothing is."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def is_entry_id(value: object) -> bool:
    """Whether this is an id that `new_entry_id` makes, and so one that leads nowhere else."""
    return isinstance(value, str) and _ENTRY_ID.fullmatch(value) is not None


def stays_inside(path: str) -> bool:
    """Whether a path of a manifest is one below a root."""
    return "\0" not in path and all(part not in {"", ".", ".."} for part in path.split("/"))


def stored_path(folder: Path, entry_id: str) -> Path:
    """Where an entry's file lies; short names only, as the original's may be as long as a file system allows."""
    batch, _, name = entry_id.rpartition(".")
    return folder / batch / name


def find_entry(folders: list[Path], entry_id: str) -> QuarantineEntry:
    """The entry of this id.

    Raises:
        UsageError: where there is none.
    """
    for folder in folders:
        for entry in Manifest(folder).entries():
            if entry.id == entry_id:
                return entry
    raise UsageError(f"nothing is in quarantine as {entry_id}", advice="'inspector quarantine list' shows what is.")
