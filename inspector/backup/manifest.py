"""What a backup holds, file by file: lines of JSON in the order of a walk, read and written as a stream.

The first line says whose backup it is, then come folders with their files, and the last line has a digest over all
before it. A journal has the same lines for what one run did, so that a run that was cut short is merged like any other.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import xxhash

from inspector.fs.beneath import FILE_FLAGS, open_beneath
from inspector.fs.system import let_go, system
from inspector.fs.tree import Tree
from inspector.fs.write import flush_folder
from inspector.model.errors import DocumentError
from inspector.model.guarded_json import guarded_json
from inspector.model.relpath import UnsafePathError, path_below_root

FORMAT = "inspector-backup"
VERSION = 1
_FILES_IN_A_LINE = 500
_USUAL_LENGTH = 9
_DIGEST = 6
_NO_NAMES = frozenset({"", ".", ".."})
_WRITE_BYTES = 1 << 18


class Row(NamedTuple):
    """One file: its state in the storage when it was copied, and its copy. Times are ns since 1970, `when` seconds.

    `digest` is the XXH3-128 (hex) of both, `copy_mtime_ns` the time that the destination could give the copy. `at` is
    where the copy lies where that is not at the file's own path; `gone` is since when (s) the storage has it no more,
    0 where it has it.
    """

    name: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    mode: int
    digest: str
    copy_mtime_ns: int
    when: int
    gone: int = 0
    at: str = ""


@dataclass(slots=True)
class Folder:
    """A folder with the rows of its files; its permissions and time are those that it had in the storage."""

    path: str
    mode: int = 0o755
    mtime_ns: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    there: bool = True
    """Whether the storage still had the folder in the last run."""


def order_of(path: str) -> list[str]:
    """What a walk sorts folders by: parents first, then by name."""
    return path.split("/") if path else []


class ManifestError(DocumentError):
    """A manifest cannot be read to its end."""


def read_manifest(tree: Tree, path: str) -> Iterator[Folder]:
    """The folders of a manifest, in their order; none where there is no manifest.

    Raises:
        ManifestError: where it is damaged; at the end of the stream at the latest.
    """
    state, ended = xxhash.xxh3_128(), False
    folder: Folder | None = None
    for number, line in enumerate(_lines(tree, path)):
        value = _value(line, path, number)
        if ended:
            raise _damaged(path, number, "something follows its end")
        if number == 0:
            _expect_ours(value, path)
        elif "end" in value:
            ended = True
            if value["end"] != state.hexdigest():
                raise _damaged(path, number, "its digest is another one")
            continue
        else:
            read = _folder(value, path, number)
            if folder is not None and folder.path == read.path:
                folder.rows.update(read.rows)
            else:
                if folder is not None:
                    yield folder
                folder = read
        state.update(line)
    if not ended and (folder is not None or _is_there(tree, path)):
        raise _damaged(path, -1, "its end is missing")
    if folder is not None:
        yield folder


def head_of(tree: Tree, path: str) -> dict[str, Any] | None:
    """The first line of a manifest, or None where there is none.

    Raises:
        ManifestError: where it cannot be read.
    """
    for number, line in enumerate(_lines(tree, path)):
        value = _value(line, path, number)
        _expect_ours(value, path)
        return value
    return None


class LineWriter:
    """Writes lines to a file of a backup; `digest` is that of all lines so far. Close it, or use it as a context."""

    def __init__(self, tree: Tree, path: str, *, append: bool = False) -> None:
        """A new file, or the end of one that is there or not."""
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
        folder, name = os.path.split(path)
        with tree.folder(folder, create=True) as above:
            self._descriptor = system().open(name, flags, 0o666, dir_fd=above)
            if append:
                system().fsync_folder(above)
        self._waiting: list[bytes] = []
        self._bytes = 0
        self.digest = xxhash.xxh3_128()

    def __enter__(self) -> "LineWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def line(self, value: dict[str, Any]) -> None:
        """Add one line."""
        data = json.dumps(value, separators=(",", ":")).encode() + b"\n"
        self.digest.update(data)
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= _WRITE_BYTES:
            self.write()

    def folder(self, folder: Folder) -> None:
        """Add a folder with its rows, in as many lines as it takes."""
        rows = sorted(folder.rows.values())
        for start in range(0, len(rows) or 1, _FILES_IN_A_LINE):
            files = [_short(row) for row in rows[start : start + _FILES_IN_A_LINE]]
            self.line(
                {
                    "folder": folder.path,
                    "mode": folder.mode,
                    "mtime_ns": folder.mtime_ns,
                    **({} if folder.there else {"there": False}),
                    "files": files,
                }
            )

    def sync(self) -> None:
        """Make all lines certain."""
        self.write()
        system().fsync(self._descriptor)

    def empty(self) -> None:
        """Take all lines out again."""
        self._waiting, self._bytes = [], 0
        system().truncate(self._descriptor, 0)

    def close(self) -> None:
        """Let go of the file; what was not written is lost."""
        let_go(self._descriptor)

    def write(self) -> None:
        """Hand all lines over to the system, so that they outlast this process."""
        if self._waiting:
            system().write_all(self._descriptor, b"".join(self._waiting))
            self._waiting, self._bytes = [], 0


def write_manifest(tree: Tree, paths: tuple[str, str, str], head: dict[str, Any], folders: Iterable[Folder]) -> None:
    """Put a new manifest in place of the one that is there, whole or not at all; the former one stays beside it.

    `paths` are those of the manifest, of the new one while it is written, and of the former one; all in one folder.
    """
    path, new, former = paths
    with LineWriter(tree, new) as writer:
        writer.line({"format": FORMAT, "version": VERSION, **head})
        for folder in folders:
            writer.folder(folder)
        writer.line({"end": writer.digest.hexdigest()})
        writer.sync()
    above, name = os.path.split(path)
    with tree.folder(above) as place:
        with suppress(FileNotFoundError):
            system().unlink(os.path.basename(former), place)
        try:
            system().link(name, os.path.basename(former), place, place)
        except FileNotFoundError:
            pass  # it is the first one
        except OSError:  # a file system without links: there is no manifest for a moment, and its new one is whole
            system().rename(name, os.path.basename(former), place, place)
        system().rename(os.path.basename(new), name, place, place)
        flush_folder(place, path)


def read_journal(tree: Tree, path: str) -> Iterator[Folder]:
    """What a run noted, as far as it was written; the last line may be torn."""
    for number, line in enumerate(_lines(tree, path)):
        try:
            value = _value(line, path, number)
            if "folder" in value:
                yield _folder(value, path, number)
        except ManifestError:
            return


def is_ended(tree: Tree, path: str) -> bool:
    """Whether a run got to the end of its journal."""
    last = b""
    for line in _lines(tree, path):
        last = line
    return last.startswith(b'{"end":') and last.endswith(b"\n")


def merged(base: Iterable[Folder], *changes: Iterable[Folder]) -> Iterator[Folder]:
    """Folders in their order, with the rows of later streams in place of those of earlier ones; all are in order."""
    streams = [iter(one) for one in (base, *changes)]
    heads: list[Folder | None] = [next(stream, None) for stream in streams]
    while any(head is not None for head in heads):
        path = min((head.path for head in heads if head is not None), key=order_of)
        found: Folder | None = None
        for number, stream in enumerate(streams):
            while (head := heads[number]) is not None and head.path == path:
                found = head if found is None else replace(head, rows={**found.rows, **head.rows})
                heads[number] = next(stream, None)
        assert found is not None
        yield found


def in_order(folders: Iterable[Folder]) -> list[Folder]:
    """Folders that came in any order, such as those of documents, in the order of a walk; later ones count."""
    by_path: dict[str, Folder] = {}
    for folder in folders:
        earlier = by_path.get(folder.path)
        by_path[folder.path] = replace(folder, rows={**earlier.rows, **folder.rows}) if earlier else folder
    return sorted(by_path.values(), key=lambda one: order_of(one.path))


def _short(row: Row) -> list[Any]:
    values: list[Any] = list(row)
    while values and not values[-1]:
        values.pop()
    return values


def _lines(tree: Tree, path: str) -> Iterator[bytes]:
    try:
        with tree.folder(os.path.dirname(path)) as above:
            descriptor = open_beneath(above, os.path.basename(path), FILE_FLAGS)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ManifestError(f"cannot be read: {error.strerror}", path=os.path.join(tree.root, path)) from error
    with os.fdopen(descriptor, "rb") as stream:
        try:
            yield from stream
        except OSError as error:
            raise ManifestError(f"cannot be read: {error.strerror}", path=os.path.join(tree.root, path)) from error


def _is_there(tree: Tree, path: str) -> bool:
    return os.path.lexists(os.path.join(tree.root, path))


def _value(line: bytes, path: str, number: int) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise _damaged(path, number, "the line is torn")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, number, "the line cannot be read") from error
    if not isinstance(value, dict):
        raise _damaged(path, number, "the line is no object")
    return value


def _expect_ours(value: dict[str, Any], path: str) -> None:
    if value.get("format") != FORMAT:
        raise _damaged(path, 0, "it is no manifest of a backup")
    if value.get("version") != VERSION:
        raise ManifestError("was written by a newer inspector, and is not read by this one", path=path)


def _folder(value: dict[str, Any], path: str, number: int) -> Folder:
    try:
        where = value["folder"]
        if where:
            path_below_root(where)
        rows = _usual(value["files"])
        if rows is None:
            rows = {}
            for one in value["files"]:
                row = Row(*one)
                _expect_sound(row)
                rows[row.name] = row
        return Folder(where, int(value["mode"]), int(value["mtime_ns"]), rows, bool(value.get("there", True)))
    except (KeyError, TypeError, ValueError, UnsafePathError) as error:
        raise _damaged(path, number, "the line is none of a manifest") from error


def _usual(files: list[list[Any]]) -> dict[str, Row] | None:
    """The rows of files that lie at their own paths and are there, looked at together; None where some are others."""
    if not files or set(map(len, files)) != {_USUAL_LENGTH}:
        return None
    names, *numbers = zip(*files, strict=True)
    digests = numbers.pop(_DIGEST - 1)
    if set(map(type, (*names, *digests))) != {str} or any(set(map(type, column)) != {int} for column in numbers):
        return None
    together = "\0".join(names)
    if "/" in together or together.count("\0") != len(names) - 1 or not _NO_NAMES.isdisjoint(names):
        return None
    return {one[0]: Row._make((*one, 0, "")) for one in files}


def _expect_sound(row: Row) -> None:
    """Return if a row says nothing that would lead outside of the backup.

    Raises:
        ValueError: it does.
    """
    numbers = row[1:6] + row[7:10]
    if type(row.name) is not str or "/" in row.name or row.name in _NO_NAMES or "\0" in row.name:
        raise ValueError(row.name)
    if type(row.digest) is not str or set(map(type, numbers)) != {int} or type(row.at) is not str:
        raise ValueError(row.name)
    if row.at:
        path_below_root(row.at)


def _damaged(path: str, number: int, why: str) -> ManifestError:
    where = f" in line {number + 1}" if number >= 0 else ""
    return ManifestError(f"is damaged{where}: {why}", path=path)


def parse_small(data: bytes, path: str) -> dict[str, Any]:
    """A small document of ours.

    Raises:
        ManifestError: where it is no object.
    """
    try:
        value = guarded_json(data)
    except ValueError as error:
        raise ManifestError("cannot be read", path=path) from error
    if not isinstance(value, dict):
        raise ManifestError("is no object", path=path)
    return value
