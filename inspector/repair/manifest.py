"""The list of what lies in a place: a manifest of lines, for what a repair took away and for what left again."""

import errno
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from inspector.fs.system import let_go, system
from inspector.fs.tree import Tree, blocks
from inspector.model.guarded_json import count_or_none, guarded_json
from inspector.model.operation_codec import decode_text, encode_text
from inspector.model.plan import QuarantineEntry
from inspector.model.relpath import split_path
from inspector.repair.store import IS_A_LINK, is_linked

_NO_SIZE = -1
MANIFEST = "manifest.jsonl"
"""The list of what lies in a place."""
_APPENDING = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR})
_LINKED = frozenset({errno.ELOOP, errno.EXDEV})
_NO_FILE = _LINKED | {errno.EINVAL, errno.ENXIO, errno.EISDIR}
"""The errors by which a list is refused that is a link, a folder, a pipe or a device."""
_ENTRY_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*\.[0-9a-f]{8}")


def new_entry_id(batch: str) -> str:
    """An id for a file that is taken away: its batch and a random part, so that no two are the same."""
    return f"{batch}.{secrets.token_hex(4)}"


def now_text() -> str:
    """The present moment in ISO 8601, UTC."""
    return _time_text(time.time())


def _time_text(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Manifest:
    """The list of what lies in one place: a line for each file taken in, and one for each that left.

    A storage brings its manifest along from other machines, so nothing in it is believed: an id that is none of ours, a
    path that leads out of the storage and a line that makes no sense are passed over. `unlisted` tells what is not in
    the list by that.
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
                "mtime_ns": entry.mtime_ns,
                "inode": entry.inode,
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
            try:
                tree = self._opened(stack)
            except FileNotFoundError:
                return
            found: dict[str, QuarantineEntry] = {}
            for values in _lines(tree):
                if "left" in values:
                    found.pop(str(values["left"]), None)
                elif "entry" in values and (entry := self._entry(values)) is not None:
                    found[entry.id] = entry
            for entry in found.values():
                if (status := _status(tree, str(stored_path(Path(), entry.id)))) is not None:
                    yield _as_far_as_known(entry, status)

    def unlisted(self) -> Iterator[str]:
        """The paths of files that lie in the place, and that the list does not tell of.

        Raises:
            OSError: where the place or the list cannot be read; it names the path.
        """
        with ExitStack() as stack:
            try:
                tree = self._opened(stack)
            except FileNotFoundError:
                return
            lying = list(_lying_in(tree))  # first: what comes in meanwhile is in the list before it is in the place
            known: set[str] = set()
            for values in _lines(tree) if lying else ():
                if self._entry(values) is not None or "left" in values:
                    known.add(str(values.get("entry") or values.get("left")))
            for entry_id in lying:
                if entry_id not in known:
                    yield os.path.join(tree.root, stored_path(Path(), entry_id))

    def _opened(self, stack: ExitStack) -> Tree:
        if self._held is None and is_linked(self._folder):
            raise OSError(errno.ELOOP, IS_A_LINK, str(self._folder))
        return self._held or stack.enter_context(Tree(str(self._folder)))

    def _entry(self, values: dict[str, object]) -> QuarantineEntry | None:
        try:
            entry_id = values["entry"]
            path = decode_text(values["path"])
            if not is_entry_id(entry_id) or not stays_inside(path):
                return None
            return QuarantineEntry(
                str(entry_id),
                str(values["batch"]),
                str(values["storage"]),
                decode_text(values["root"]),
                path,
                _NO_SIZE if (size := count_or_none(values["size"])) is None else size,
                str(values["digest"]),
                str(values["time"]),
                str(stored_path(self._folder, str(entry_id))),
                _whole_or_none(values.get("mtime_ns")),
                _whole_or_none(values.get("inode")),
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


def _whole_or_none(value: object) -> int | None:
    return value if type(value) is int else None


def _lines(tree: Tree) -> Iterator[dict[str, object]]:
    try:
        with tree.reading(MANIFEST) as descriptor:
            data = b"".join(bytes(block) for block in blocks(descriptor, os.fstat(descriptor).st_size))
    except FileNotFoundError:
        return
    except OSError as error:
        what = "not a regular file" if error.errno in _NO_FILE else error.strerror
        raise OSError(error.errno, what, os.path.join(tree.root, MANIFEST)) from error
    for line in data.split(b"\n"):
        try:
            values = guarded_json(line)
        except ValueError:
            continue  # the torn end of a manifest; its file was not moved yet
        if isinstance(values, dict):
            yield values


def _lying_in(tree: Tree) -> Iterator[str]:
    """The ids of the files in a place; what has a name that is none of ours is passed over."""
    with tree.folder("") as above:
        batches = os.listdir(above)
    for batch in batches:
        try:
            with tree.folder(batch) as folder:
                yield from [one for name in os.listdir(folder) if is_entry_id(one := f"{batch}.{name}")]
        except OSError as error:
            if error.errno not in _NOT_THERE | _LINKED:  # it went away meanwhile, or is none of our folders
                error.filename = os.path.join(tree.root, batch)
                raise


def _as_far_as_known(entry: QuarantineEntry, status: os.stat_result) -> QuarantineEntry:
    """The entry with the size of its file and the time when that came, where the list says no such thing."""
    size = entry.size if entry.size != _NO_SIZE else status.st_size
    try:
        is_moment = datetime.fromisoformat(entry.time).tzinfo is not None
    except ValueError:
        is_moment = False
    return replace(entry, size=size, time=entry.time if is_moment else _time_text(status.st_ctime))


def _status(tree: Tree, path: str) -> os.stat_result | None:
    """The state of what lies in a place; None where nothing does."""
    folder, name = split_path(path)
    try:
        with tree.folder(folder) as above:
            return system().stat(name, above)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        what = f"{folder} {IS_A_LINK}" if error.errno in _LINKED else error.strerror
        raise OSError(error.errno, what, os.path.join(tree.root, path)) from error


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
