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
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from inspector.fs.system import let_go, system
from inspector.fs.tree import Tree, blocks
from inspector.model.operation_codec import decode_text, encode_text
from inspector.model.plan import QuarantineEntry
from inspector.model.relpath import split_path
from inspector.sync.programs import Mark, mark_of

OWN_FOLDER = ".inspector"
_OUTSIDE_FOLDER = ".inspector-quarantine"
_STATE_FOLDER = "quarantine"
MANIFEST = "manifest.jsonl"
"""The list of what lies in a place."""
_APPENDING = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_NOTHING_OF_OURS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV, errno.EINVAL, errno.ENXIO})
_ENTRY_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*\.[0-9a-f]{8}")


def place_for(root: str, storage_id: str, state_folder: Path) -> Path:
    """The folder that what is taken out of the storage at `root` goes to now; nothing is made yet.

    Raises:
        OSError: where the storage is not there.
    """
    folder = Path(root)
    device = os.stat(folder).st_dev
    marked = [(one, found[1]) for one in (folder, *folder.parents) if (found := mark_of(one)) is not None]
    if not marked:
        return folder / OWN_FOLDER
    synced, mark = marked[0]
    beside = synced.parent
    if mark is Mark.ROOT and len(marked) == 1 and beside != synced and _is_writable(beside, device):
        return beside / _OUTSIDE_FOLDER / storage_id
    return state_folder / _STATE_FOLDER / storage_id


def known_places(
    root: str,
    storage_id: str,
    state_folder: Path,
    former_ids: Iterable[str] = (),
    former_roots: Iterable[str] = (),
) -> list[Path]:
    """Every folder that holds something that was taken out of a storage, the one of `place_for` first.

    There are others where the storage came under a sync program, or left it, since something was taken away, or was
    known by one of `former_ids` or lay at one of `former_roots` then. One that is a link, or somebody else's, is left
    out. A storage that is not there has none.
    """
    try:
        present = place_for(root, storage_id, state_folder)
        owners = {os.stat(root).st_uid, _user()}
    except OSError:
        return []
    ids = dict.fromkeys((storage_id, *former_ids))
    above = dict.fromkeys(parent for one in (root, *former_roots) for parent in Path(one).parents)
    outside = [parent / _OUTSIDE_FOLDER / one for parent in above for one in ids]
    others = [Path(root) / OWN_FOLDER, *outside, *(state_folder / _STATE_FOLDER / one for one in ids)]
    found = [folder for folder in others if folder != present and _is_ours(folder, owners)]
    return found if _is_linked(present) else [present, *found]


def make_place(folder: Path, storage: Tree) -> None:
    """Make a place's folder, for its owner only, so that a power cut does not take it back.

    `storage` is the tree of the storage, held open: beside it, or in it, nothing is made on another device, as where
    its drive has gone and left an empty mount point.

    Raises:
        OSError: ELOOP where a link is in its place, which a storage may have brought along to lead elsewhere; ENOTDIR
            where a file is; ENOENT where the storage is not there.
    """
    if os.path.islink(folder):
        raise OSError(errno.ELOOP, "is a link, which is never followed", str(folder))
    if folder.is_dir():
        return
    if os.path.lexists(folder):
        raise OSError(errno.ENOTDIR, "is no folder", str(folder))
    is_beside = folder.name in {OWN_FOLDER, _OUTSIDE_FOLDER}  # what it lies in is a person's, and has gone if not there
    if not is_beside:
        make_place(folder.parent, storage)
    try:
        _make_folder(folder, storage if is_beside else None)
    except FileNotFoundError:  # another storage's repair has just dropped the one above, which was empty
        if is_beside:
            raise
        make_place(folder.parent, storage)
        _make_folder(folder, None)


def _make_folder(folder: Path, storage: Tree | None) -> None:
    """Make a folder, and make it durable; with `storage` in that or on its device only."""
    above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if storage is not None and not _belongs(above, folder, storage):
            raise FileNotFoundError(errno.ENOENT, "is not the storage's any more", str(folder.parent))
        with suppress(FileExistsError):
            os.mkdir(folder.name, 0o700, dir_fd=above)
        system().fsync_folder(above)
    finally:
        let_go(above)


def _belongs(above: int, folder: Path, storage: Tree) -> bool:
    """Whether an open folder is the one that `folder` is to be made in, and no empty mount point in its place."""
    with storage.folder("") as root:
        one, other = os.fstat(above), os.fstat(root)
    return os.path.samestat(one, other) if folder.name == OWN_FOLDER else one.st_dev == other.st_dev


def drop_empty_place(folder: Path) -> None:
    """Remove a place's folder, and the one of all storages beside a synced folder, where nothing is in them."""
    above = [folder, folder.parent] if folder.parent.name == _OUTSIDE_FOLDER else [folder]
    for one in above:
        try:
            parent = os.open(one.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                system().rmdir(one.name, parent)
            finally:
                let_go(parent)
        except OSError:
            return  # something is in it, or it is a link


def _is_writable(folder: Path, device: int) -> bool:
    try:
        return os.stat(folder).st_dev == device and os.access(folder, os.W_OK)
    except OSError:
        return False


def _is_ours(folder: Path, owners: Collection[int]) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners and not _is_linked(folder)


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _is_linked(folder: Path) -> bool:
    """Whether a place, or the folder of ours that it lies in, is a link, which may lead elsewhere."""
    return os.path.islink(folder) or (folder.name != OWN_FOLDER and os.path.islink(folder.parent))


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

    def __init__(self, place: Path | Tree) -> None:
        """`place` is the folder, or its tree held open: then it stays that one, whatever its path leads to by now."""
        self._folder = Path(place.root) if isinstance(place, Tree) else place
        self._held = place if isinstance(place, Tree) else None

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

    def is_settled(self) -> bool:
        """Whether every file that ever came in is known to have left again, so that the list tells nothing any more.

        Raises:
            OSError: where it cannot be read.
        """
        inside: set[str] = set()
        with ExitStack() as stack:
            for values in _lines(self._opened(stack)):
                if "left" in values:
                    inside.discard(str(values["left"]))
                elif "entry" in values:
                    inside.add(str(values["entry"]))
        return not inside

    def entries(self) -> Iterator[QuarantineEntry]:
        """The entries whose files are there.

        Raises:
            OSError: where the list, or whether a file is there, cannot be read; it names the path.
        """
        with ExitStack() as stack:
            if self._held is None and self._folder.is_symlink():
                return
            try:
                tree = self._opened(stack)
            except (FileNotFoundError, NotADirectoryError):
                return
            found: dict[str, QuarantineEntry] = {}
            for values in _lines(tree):
                if "left" in values:
                    found.pop(str(values["left"]), None)
                elif "entry" in values and (entry := self._entry(values)) is not None:
                    found[entry.id] = entry
            yield from [entry for entry in found.values() if _is_there(tree, str(stored_path(Path(), entry.id)))]

    def _opened(self, stack: ExitStack) -> Tree:
        return self._held or stack.enter_context(Tree(str(self._folder)))

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

    def _append(self, lines: Iterable[dict[str, object]]) -> None:
        text = "".join(json.dumps(values) + "\n" for values in lines)
        with ExitStack() as stack:
            folder = stack.enter_context(self._opened(stack).folder(""))
            descriptor = system().open(MANIFEST, _APPENDING, 0o600, dir_fd=folder)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):  # a pipe would take the lines and keep none
                    raise OSError(errno.EINVAL, "not a regular file", MANIFEST)
                size = status.st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    text = "\n" + text  # a torn line stays one of its own
                system().write_all(descriptor, text.encode("ascii"))
                system().fsync(descriptor)
            finally:
                let_go(descriptor)


def _lines(tree: Tree) -> Iterator[dict[str, object]]:
    try:
        with tree.reading(MANIFEST) as descriptor:
            data = b"".join(bytes(block) for block in blocks(descriptor, os.fstat(descriptor).st_size))
    except OSError as error:
        if error.errno not in _NOTHING_OF_OURS:
            error.filename = os.path.join(tree.root, MANIFEST)
            raise
        return
    for line in data.split(b"\n"):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the torn end of a manifest; its file was not moved yet
        if isinstance(values, dict):
            yield values


def _is_there(tree: Tree, path: str) -> bool:
    folder, name = split_path(path)
    try:
        with tree.folder(folder) as above:
            system().stat(name, above)
    except OSError as error:
        if error.errno not in _NOTHING_OF_OURS:
            error.filename = os.path.join(tree.root, path)
            raise
        return False
    return True


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
