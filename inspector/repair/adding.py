"""From pictures outside a storage to the plan that puts them into it; nothing is written here."""

import codecs
import errno
import os
import sqlite3
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from inspector.fs.foreign_editing import expect_writable
from inspector.fs.tree import Tree
from inspector.fs.worker import PICTURE_MEMORY_BYTES, WorkerError, WorkerProcess
from inspector.fs.write import same_bytes
from inspector.layouts.arrivals import Arrival, Newcomer, Receiving
from inspector.layouts.base import NamedByContent, Surroundings
from inspector.layouts.registry import layout
from inspector.layouts.repairs import CannotRepairError
from inspector.media.decode import DecodeStatus, check_picture
from inspector.media.drawings import drawing_fault
from inspector.media.signatures import HEAD_BYTES, format_of
from inspector.model.display import display_name
from inspector.model.errors import InspectorError, UsageError
from inspector.model.operations import CopyPath, EditDatabase, FileState
from inspector.model.plan import Plan, PlanItem
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import UnsafePathError, join_path, path_below_root
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.outside import BeingWrittenError, steady_state

_SECONDS_A_PICTURE = 30.0
_DRAWING_HEAD_BYTES = 1 << 12
_MOST_COPIES = 100


@dataclass(frozen=True, slots=True)
class Additions:
    """A plan that puts pictures into a storage, and what is not in it."""

    plan: Plan
    held: tuple[tuple[str, str], ...] = ()
    """Pictures whose content is in the storage already, each with the path of the file that holds it."""
    twice: tuple[tuple[str, str], ...] = ()
    """Pictures that hold the bytes of another one that was named before them, each with that one."""
    unregistered: tuple[tuple[str, str], ...] = ()
    """Paths in the storage that the plan cannot register, each with the reason in words."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture outside: the folder and the name of its file, reached without a link, and what it is."""

    given: str
    folder: str
    name: str
    state: FileState
    newcomer: Newcomer


def plan_additions(
    connection: sqlite3.Connection,
    storage: StorageInfo,
    surroundings: Surroundings,
    paths: Sequence[str],
    progress: Progress,
) -> Additions:
    """The plan that puts the pictures at `paths` into a storage, each once.

    Raises:
        UsageError: where the storage takes in no pictures, or one of these cannot be taken; nothing is planned.
        CancelledByUserError: where the progress was cancelled.
    """
    own = layout(storage.layout)
    if not isinstance(own, Receiving):
        raise UsageError(
            f"is a storage of the kind '{storage.layout}', into which single pictures are not put here",
            path=storage.root,
            advice="Add them with its own program.",
        )
    progress.begin("looking at pictures", total_files=len(paths))
    planner = _Planner(connection, storage, own, surroundings)
    checker = WorkerProcess(memory_limit=PICTURE_MEMORY_BYTES)
    try:
        for path in paths:
            progress.check()
            progress.current = path
            picture = _picture(path, storage, checker)
            try:
                planner.add(picture)
            except CannotRepairError as error:
                raise UsageError(f"cannot be added: {error}", path=path, advice="Nothing was added.") from error
            progress.advance(files=1)
    finally:
        checker.close()
    return planner.additions()


class _Planner:
    def __init__(
        self, connection: sqlite3.Connection, storage: StorageInfo, own: Receiving, surroundings: Surroundings
    ) -> None:
        self._connection = connection
        self._storage = storage
        self._own = own
        self._surroundings = surroundings
        self._items: list[PlanItem] = []
        self._sources: dict[str, None] = {}
        self._held: list[tuple[str, str]] = []
        self._unregistered: list[tuple[str, str]] = []
        self._planned: dict[str, _Picture] = {}
        self._twice: list[tuple[str, str]] = []

    def additions(self) -> Additions:
        """What was added so far."""
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        roots = {self._storage.id: self._storage.root}
        plan = Plan(new_batch_id(), created, roots, tuple(self._items), sources=tuple(self._sources))
        return Additions(plan, tuple(self._held), tuple(self._twice), tuple(self._unregistered))

    def add(self, picture: _Picture) -> None:
        """Plan one picture.

        Raises:
            CannotRepairError: where the storage takes in no such picture, or something else is in its place.
        """
        arrival = self._own.arrival(self._storage.root, self._surroundings, picture.newcomer)
        target = _checked(arrival.path)
        former = self._planned.get(target)
        if former is not None:
            if former.state.digest != picture.state.digest:
                raise CannotRepairError(f"{display_name(former.given)} would get the same name, and holds other bytes")
            self._twice.append((picture.given, former.given))
            return
        self._planned[target] = picture
        held = self._held_at(picture, (target, *arrival.also_as))
        if held is not None:
            self._held.append((picture.given, held.path))
        meant = held or arrival
        edits, reasons = _writable(meant.edits)
        self._unregistered.extend((meant.path, reason) for reason in (*meant.unregistered, *reasons))
        if held is None or edits:
            self._items.append(self._item(picture, meant.path, edits, copies=held is None))

    def _item(self, picture: _Picture, target: str, edits: tuple[EditDatabase, ...], *, copies: bool) -> PlanItem:
        name = display_name(target)
        copy = CopyPath(picture.name, target, picture.state, picture.folder)
        if copies:
            self._sources[picture.folder] = None
        return PlanItem(
            len(self._items) + 1,
            self._storage.id,
            "",
            "picture",
            "add" if copies else "register",
            f"add {name}" if copies else f"register {name}",
            "R2" if copies else "R1",
            (*((copy,) if copies else ()), *edits),
            before=display_name(picture.given) if copies else "not registered",
            after=f"{name}, registered" if edits else name,
            bytes=picture.newcomer.size if copies else 0,
        )

    def _held_at(self, picture: _Picture, places: Sequence[str]) -> Arrival | None:
        """Where the storage holds the very bytes already: at one of these paths, or where the catalog knows them.

        Of several places one where nothing is left to be registered. None where its program finds them at none of them.

        Raises:
            CannotRepairError: where the first path, at which the picture is to lie, is taken by something else.
        """
        held: list[Arrival] = []
        with Tree(self._storage.root) as tree, Tree(picture.folder) as outside:
            for path in dict.fromkeys((*places, *self._known(picture))):
                try:
                    if same_bytes(tree, path, outside, picture.name):
                        found = self._own.held(self._storage.root, self._surroundings, picture.newcomer, path)
                        held += [found] if found is not None else []
                        continue
                except FileNotFoundError:
                    continue
                except OSError as error:
                    if path != places[0]:
                        continue
                    raise CannotRepairError(_obstacle(path, error)) from error
                if path == places[0]:
                    raise CannotRepairError(f"{display_name(path)} is there already, and holds other bytes")
        return min(held, key=lambda one: bool(one.edits or one.unregistered), default=None)

    def _known(self, picture: _Picture) -> list[str]:
        rows = self._connection.execute(
            """
            SELECT d.path, f.name FROM file f JOIN folder d ON d.id = f.folder_id
            WHERE f.digest = ? AND d.storage_id = ? AND f.gone_ns IS NULL ORDER BY d.path, f.name LIMIT ?
            """,
            (bytes.fromhex(picture.state.digest or ""), self._storage.id, _MOST_COPIES),
        )
        return [join_path(os.fsdecode(folder), os.fsdecode(name)) for folder, name in rows]


def _obstacle(path: str, error: OSError) -> str:
    if error.errno in {errno.ELOOP, errno.ENOTDIR} and "/" in path:
        return f"{display_name(path.rpartition('/')[0])} is a link or no folder, and nothing is put there"
    return f"{display_name(path)} is in the way and cannot be read ({error.strerror})"


def _checked(path: str) -> str:
    try:
        return path_below_root(path)
    except UnsafePathError as error:
        raise CannotRepairError(f"its name {error}") from error


def _writable(edits: Sequence[EditDatabase]) -> tuple[tuple[EditDatabase, ...], list[str]]:
    """Those edits whose databases can be written now, and why the others cannot, in words."""
    able, reasons = [], []
    for edit in edits:
        try:
            expect_writable(edit.path, edit.lock)
        except InspectorError as error:
            reasons.append(f"{display_name(edit.path)} {error.message}")
        else:
            able.append(edit)
    return tuple(able), reasons


def _picture(path: str, storage: StorageInfo, checker: WorkerProcess) -> _Picture:
    """Read a picture outside once, and say what it is.

    Raises:
        UsageError: where it is none, cannot be read, or lies in the storage.
    """
    folder, name = os.path.split(os.path.realpath(path))
    if os.path.commonpath([storage.root, folder]) == storage.root:
        raise UsageError("lies in the storage already", path=path, advice="Scan it: inspector check.")
    own = layout(storage.layout)
    try:
        with _opened(path) as stream:
            head = stream.read(_DRAWING_HEAD_BYTES)
            state = steady_state(stream)
            key = own.content_key(stream) if isinstance(own, NamedByContent) else None
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", path=path, advice="Nothing was added.") from error
    except BeingWrittenError as error:
        raise UsageError(error.message, path=path, advice="Add it once it is whole. Nothing was added.") from error
    newcomer = Newcomer(name, _format(path, head, checker), state.size or 0, key, time.time_ns() // 1_000_000)
    return _Picture(path, folder, name, state, newcomer)


def _opened(path: str) -> BinaryIO:
    """A regular file, opened for reading; links on the way are followed, as the person named it.

    Raises:
        OSError: as `open` does.
        UsageError: where it is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        what = "is a folder" if stat.S_ISDIR(mode) else "is no regular file"
        raise UsageError(f"{what}, and not a picture", path=path, advice="Name picture files. Nothing was added.")
    return os.fdopen(descriptor, "rb")


def _format(path: str, head: bytes, checker: WorkerProcess) -> str:
    """The format of a whole picture, by its bytes; empty where nothing here decodes its kind.

    Raises:
        UsageError: where it is no whole picture.
    """
    verdict = _verdict_on_drawing if _is_drawing(head) else _verdict
    try:
        status, reason, name = checker.run(verdict, os.path.abspath(path), timeout=_SECONDS_A_PICTURE)
    except WorkerError as error:
        status, reason, name = DecodeStatus.UNDECODABLE, f"decoding it {error.message}", ""
    if status is DecodeStatus.UNDECODABLE:
        raise UsageError(f"is not a whole picture ({reason})", path=path, advice="Nothing was added.")
    return name or format_of(head[:HEAD_BYTES])


def _is_drawing(head: bytes) -> bool:
    """Whether a file begins as a drawing may; whether it is one is found out by reading it whole."""
    text = head.decode(_encoding(head), "replace").lstrip("\ufeff \t\r\n").lower()
    return text.startswith(("<svg", "<?xml", "<!--", "<!doctype svg"))


def _encoding(head: bytes) -> str:
    """How XML is written, as its first bytes give away."""
    if head.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        return "utf-16-le"
    return "utf-16-be" if head.startswith((codecs.BOM_UTF16_BE, b"\0<")) else "utf-8"


def _verdict_on_drawing(path: str) -> tuple[DecodeStatus, str, str]:
    """Whether a drawing is whole; runs in a process of its own."""
    with open(path, "rb") as stream:  # noqa: PTH123 - a plain path of the person's
        reason = drawing_fault(stream)
    return (DecodeStatus.UNDECODABLE if reason else DecodeStatus.OK), reason, "SVG"


def _verdict(path: str) -> tuple[DecodeStatus, str, str]:
    """What decoding a picture tells; runs in a process of its own."""
    with open(path, "rb") as stream:  # noqa: PTH123 - a plain path of the person's
        result = check_picture(stream, os.path.basename(path), os.fstat(stream.fileno()).st_size)
    return result.status, result.reason, result.format
