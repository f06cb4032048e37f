"""The engine's half for looking into storages: trees, files in parts, what is exported of them, and accounts."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from inspector.engine.file_parts import FileParts, FileSource
from inspector.engine.threads import in_thread
from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_file, open_root
from inspector.fs.servers import expect_answer
from inspector.layouts import registry
from inspector.layouts.base import Accounting, Inspectable, Layout, Surroundings
from inspector.layouts.text_lines import TextLines, looks_like_text
from inspector.model.account import Account
from inspector.model.discovery import Discovery
from inspector.model.errors import DocumentError, NotAStorageError, StorageOfflineError, UsageError
from inspector.model.filekinds import FileKind, file_kind
from inspector.model.inspecting import FileFormat, InspectedFile, Place, TreeEntry, TreeFolder, View
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import UnsafePathError, path_below_root

_CHUNK = 1 << 20
_WORDS = {
    FileKind.PICTURE: "picture",
    FileKind.RAW: "raw",
    FileKind.VIDEO: "video",
    FileKind.SIDECAR: "sidecar",
}
_SHOWN_AS_PICTURES = (FileKind.PICTURE, FileKind.RAW)


def place_of(path: str, known: list[StorageInfo]) -> Place:
    """The storage that a path on this machine leads into, and the path within it.

    A known storage counts before what the marks on the way up say; without either, the folder itself is looked into.
    Links to folders are followed on the way, and a link to a file is no file of the storage.

    Raises:
        UsageError: nothing is there.
        StorageOfflineError: it lies on a server that does not answer.
    """
    expect_answer(path)
    if not path or not os.path.lexists(path):
        raise UsageError("is not there", path=path, advice="Name a storage, or a file or a folder of one.")
    given = os.path.abspath(path)
    real = os.path.join(os.path.realpath(os.path.dirname(given)), os.path.basename(given))
    real = os.path.realpath(path) if os.path.isdir(real) else real
    above = [real, *map(str, Path(real).parents)]
    roots = {storage.root: storage.layout for storage in known}
    for root in above:
        if root in roots:
            return Place(root, roots[root], _within(root, real))
    for root in above:
        layout = _marked(root)
        if layout is not None:
            return Place(root, layout, _within(root, real))
    root = real if os.path.isdir(real) else os.path.dirname(real)
    return Place(root, registry.LAYOUT_OF_LAST_RESORT, _within(root, real))


def _marked(root: str) -> str | None:
    try:
        layout, _ = registry.recognise(root)
    except (OSError, NotAStorageError):
        return None
    return layout.name if layout.name != registry.LAYOUT_OF_LAST_RESORT else None


def _within(root: str, path: str) -> str:
    return "" if path == root else path[len(root.rstrip("/")) + 1 :]


def list_folder(place: Place) -> TreeFolder:
    """What a folder holds, folders first, without following a link."""
    kind = _kinds(registry.layout(place.layout))
    prefix = f"{place.path}/" if place.path else ""
    try:
        root_fd = open_root(place.root)
        try:
            folder_fd = open_beneath(root_fd, place.path, FOLDER_FLAGS)
        finally:
            os.close(root_fd)
        try:
            with os.scandir(folder_fd) as listing:
                entries = [_entry(prefix, one, kind) for one in listing]
        finally:
            os.close(folder_fd)
    except OSError as error:
        return TreeFolder(place.path, error=error.strerror or os.strerror(error.errno or 0))
    entries.sort(key=lambda one: (not one.is_folder, one.path))
    return TreeFolder(place.path, tuple(entries))


def _entry(prefix: str, found: "os.DirEntry[str]", kind: Callable[[str], str]) -> TreeEntry:
    path = prefix + found.name
    try:
        status = found.stat(follow_symlinks=False)
    except OSError as error:
        return TreeEntry(path, "gone" if error.errno == errno.ENOENT else "unreadable")
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        return TreeEntry(path, "folder", is_folder=True, mtime_ns=status.st_mtime_ns)
    if not stat.S_ISREG(mode):
        return TreeEntry(path, "link" if stat.S_ISLNK(mode) else "special", mtime_ns=status.st_mtime_ns)
    return TreeEntry(path, kind(path), is_file=True, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _kinds(layout: Layout) -> Callable[[str], str]:
    """What says of each file what it is: its layout in words of its own, else its name."""
    own = layout.kind_of if isinstance(layout, Inspectable) else None

    def kind(path: str) -> str:
        word = own(path) if own is not None else ""
        return word or _WORDS.get(file_kind(path.rpartition("/")[2])) or ("document" if layout.owns(path) else "file")

    return kind


def open_inspected(place: Place) -> InspectedFile:
    """Look at a file so far that it is known how to show it.

    Raises:
        DocumentError: it is not there, is no file, or cannot be read.
    """
    from inspector.sync.online_only import refuse_online_only

    try:
        path_below_root(place.path)
        refuse_online_only(place.root, place.path)
        with open_file(place.root, place.path) as stream:
            status = os.fstat(stream.fileno())
    except UnsafePathError as error:
        raise DocumentError(str(error), path=place.path) from error
    except OSError as error:
        words = "is a link, which is not followed" if error.errno in {errno.ELOOP, errno.EXDEV} else error.strerror
        raise DocumentError(str(words), path=place.path) from error
    layout = registry.layout(place.layout)
    file = InspectedFile(place, _kinds(layout)(place.path), status.st_size, status.st_mtime_ns, View.BYTES)
    own = _own_format(file)
    if own is not None:
        return _shown(file, own.view)
    if file_kind(place.path.rpartition("/")[2]) in _SHOWN_AS_PICTURES:
        return _shown(file, View.PICTURE)
    return _shown(file, View.TEXT if looks_like_text(FileSource(file)) else View.BYTES)


def _shown(file: InspectedFile, view: View) -> InspectedFile:
    return InspectedFile(file.place, file.kind, file.size, file.mtime_ns, view)


def _own_format(file: InspectedFile) -> FileFormat | None:
    layout = registry.layout(file.place.layout)
    return layout.format_of(file.place.path) if isinstance(layout, Inspectable) else None


def parts_of(file: InspectedFile) -> FileParts | None:
    """The parts of a file; None where it has none but its bytes."""
    own = _own_format(file)
    if own is not None:
        return FileParts(file, own)
    return FileParts(file, TextLines()) if file.view is View.TEXT else None


def raw_pieces(file: InspectedFile, progress: Progress) -> Iterator[bytes]:
    """The bytes of a file, piece by piece.

    Raises:
        DocumentError: it cannot be read, or became another one.
        CancelledByUserError: somebody asked the work to stop.
    """
    source = FileSource(file)
    progress.begin("writing", total_bytes=file.size)
    for offset in range(0, file.size, _CHUNK):
        progress.check()
        piece = source.read(offset, _CHUNK)
        progress.advance(count=len(piece))
        yield piece


class Inspecting:
    """Looks into the storages of one catalog."""

    def __init__(self, surroundings: Surroundings, storages: Callable[[], list[StorageInfo]]) -> None:
        self._surroundings = surroundings
        self._storages = storages

    def place_of(self, path: str | Path) -> Place:
        """The storage that a path leads into, and the path within it.

        Raises:
            UsageError: nothing is there.
        """
        return place_of(os.fspath(path), self._storages())

    def folder(self, place: Place) -> TreeFolder:
        """What a folder holds; looks at the disk."""
        return list_folder(place)

    def file(self, place: Place) -> InspectedFile:
        """A file, and how it is shown; looks at the disk.

        Raises:
            DocumentError: it is not there, is no file, or cannot be read.
        """
        return open_inspected(place)

    def source(self, file: InspectedFile) -> FileSource:
        """The bytes of a file."""
        return FileSource(file)

    def parts(self, file: InspectedFile) -> FileParts | None:
        """The parts of a file; None where it has none but its bytes."""
        return parts_of(file)

    def raw(self, file: InspectedFile, progress: Progress | None = None) -> Iterator[bytes]:
        """The bytes of a file, piece by piece."""
        return raw_pieces(file, progress or Progress())

    def as_json(self, file: InspectedFile, progress: Progress | None = None) -> Iterator[bytes]:
        """A file in its parts as a JSON document, piece by piece."""
        from inspector.engine.parts_json import parts_json

        return parts_json(file, parts_of(file), progress or Progress())

    async def write(
        self, file: InspectedFile, target: Path, progress: Progress, *, as_json: bool = False, force: bool = False
    ) -> None:
        """Write a file's bytes, or what its parts are as JSON, to a new file outside of all storages.

        Raises:
            UsageError: the new file lies in a storage, is there already and `force` is not set, or cannot be written.
            DocumentError: the file cannot be read.
        """
        from inspector.fs.new_file import new_file, refuse_inside

        def work() -> None:
            refuse_inside(target, self._storages())
            pieces = self.as_json(file, progress) if as_json else self.raw(file, progress)
            with new_file(target, force=force) as write:
                for piece in pieces:
                    write(piece)

        await in_thread(progress, work)

    async def discover(self, wanted: str, progress: Progress | None = None) -> list[Discovery]:
        """Where a picture is that goes by this id, on the disk and not by the last scans; nothing where it is no id.

        Raises:
            CancelledByUserError: somebody asked the work to stop.
        """
        from inspector.engine.locating import discover

        return await discover(wanted, self._storages(), self._surroundings, progress or Progress())

    def can_account(self, storage: StorageInfo) -> bool:
        """Whether the storage's layout can say what each of its layers has that others lack."""
        return isinstance(registry.layout(storage.layout), Accounting)

    async def account(self, storage: StorageInfo, progress: Progress | None = None) -> Account:
        """What each layer of a storage has that others lack, and how far each device is, read from its documents now.

        Raises:
            InspectorError: its layout cannot say, or it is not there.
        """
        layout = registry.layout(storage.layout)
        if not isinstance(layout, Accounting):
            raise UsageError(f"storages of the kind '{storage.layout}' have no account", path=storage.root)
        progress = progress or Progress()
        found: list[Account] = []
        accounting: Accounting = layout

        def work() -> None:
            try:
                open_folder = open_root(storage.root)
            except OSError as error:
                raise StorageOfflineError(f"is not there ({error.strerror})", path=storage.root) from error
            os.close(open_folder)
            found.append(accounting.account(storage.root, self._surroundings, progress))

        await in_thread(progress, work)
        return found[0]
