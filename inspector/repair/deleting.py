"""From pictures that a person names to the plan that deletes them; nothing is written here."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root
from inspector.fs.system import let_go
from inspector.fs.walk import Listing, stat_rows, walk
from inspector.layouts.deletions import HasTrash, MarksDeleted
from inspector.layouts.repairs import BarringLayout, CannotRepairError, FileFact, RepairingLayout
from inspector.model.deleting import DeletionWay
from inspector.model.display import counted, display_name
from inspector.model.errors import UsageError
from inspector.model.operations import FileState, MovePath, Operation, Quarantine
from inspector.model.plan import Plan, PlanItem, Refusal
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import UnsafePathError, join_path, path_below_root, split_path
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.choices.case import World
from inspector.repair.facts import StorageFacts

_RISKS = {DeletionWay.HARD: "R3", DeletionWay.SOFT: "R1", DeletionWay.TRASH: "R2"}
_MOST_NAMES_TRIED = 1000


def plan_deletion(
    connection: sqlite3.Connection,
    world: World,
    storage: StorageInfo,
    paths: Sequence[str],
    way: DeletionWay,
    progress: Progress,
) -> Plan:
    """The plan that deletes the files at these paths of a storage, and all files in those that are folders.

    Sidecars that belong to one of the pictures alone go with it, unless the files stay. What cannot be deleted is among
    the plan's refusals.

    Raises:
        UsageError: where a path is none of the storage's, or the storage knows of no such way.
        CancelledByUserError: where the progress was cancelled.
    """
    facts = world.facts(storage.id)
    planner = _Planner(world, storage, facts, way)
    named = list(dict.fromkeys(one for path in paths for one in _files(connection, facts, path)))
    progress.begin("planning", total_files=len(named))
    for path in named:
        progress.check()
        progress.advance(files=1)
        planner.add(path)
    return planner.plan()


class _Planner:
    def __init__(self, world: World, storage: StorageInfo, facts: StorageFacts, way: DeletionWay) -> None:
        repairing = facts.repairing
        if repairing is None:
            raise UsageError(f"is a storage of a kind that is only read so far ({storage.layout})", path=storage.root)
        if way is DeletionWay.SOFT and not isinstance(repairing, MarksDeleted):
            raise UsageError(
                "has no index in which a picture could be marked as deleted",
                path=storage.root,
                advice="Delete it with --hard: it goes to quarantine, from where it can be brought back.",
            )
        if way is DeletionWay.TRASH and not isinstance(repairing, HasTrash):
            raise UsageError(
                "is of a kind whose program has no trash folder",
                path=storage.root,
                advice="Delete it with --hard: it goes to quarantine, from where it can be brought back.",
            )
        self._world, self._storage, self._facts, self._way = world, storage, facts, way
        self._repairing: RepairingLayout = repairing
        self._items: list[PlanItem] = []
        self._refused: list[Refusal] = []
        self._done: set[str] = set()
        self._trashed: set[str] = set()

    def plan(self) -> Plan:
        """What was added so far."""
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        roots = {self._storage.id: self._storage.root}
        return Plan(new_batch_id(), created, roots, tuple(self._items), tuple(self._refused))

    def add(self, path: str) -> None:
        """Plan one file, or note why it stays."""
        if path in self._done:
            return
        try:
            self._items.append(self._item(path))
        except CannotRepairError as error:
            self._refused.append(Refusal("", self._way.value, display_name(path), str(error)))

    def _item(self, path: str) -> PlanItem:
        facts = self._facts
        if facts.layout.owns(path):
            raise CannotRepairError("it is one of the storage's own documents")
        file = self._file(path)
        along = [] if self._way is DeletionWay.SOFT else [one for one in facts.sidecars(path) if one not in self._done]
        files = [file, *(self._file(one) for one in along)]
        if isinstance(facts.layout, BarringLayout) and not facts.is_as_scanned():
            raise CannotRepairError("the storage changed since the last scan, and what is in use with it: scan again")
        for one in files:
            if facts.known.is_used(one.path):
                raise CannotRepairError(f"{display_name(one.path)} is in use, so it stays")
        operations = tuple(self._operations(files))
        if (protected := self._world.protected(self._storage.root, operations)) is not None:
            raise CannotRepairError(protected)
        self._done.update(one.path for one in files)
        name = display_name(path)
        return PlanItem(
            len(self._items) + 1,
            self._storage.id,
            "",
            "picture",
            f"delete_{self._way.value}",
            f"{name} and {counted(len(along), 'sidecar')}" if along else name,
            _RISKS[self._way],
            operations,
            before=name,
            after=self._after(operations),
            bytes=0 if self._way is DeletionWay.SOFT else sum(one.state.size or 0 for one in files),
        )

    def _operations(self, files: Sequence[FileFact]) -> Iterator[Operation]:
        if self._way is DeletionWay.SOFT:
            assert isinstance(self._repairing, MarksDeleted)
            yield from self._repairing.after_soft_deletion(self._facts, files[0].path)
            return
        for one in files:
            if self._way is DeletionWay.HARD:
                yield Quarantine(one.path, one.state)
            else:
                yield MovePath(one.path, self._trash_path(one.path), one.state)
        if self._facts.claims(files[0].path):
            yield from self._repairing.after_removal(self._facts, files[0].path)

    def _trash_path(self, path: str) -> str:
        """A free path in the trash; the folders of the storage are kept in it."""
        assert isinstance(self._repairing, HasTrash)
        trash = self._repairing.trash
        if path.startswith(f"{trash}/"):
            raise CannotRepairError("it is in the trash already: --hard takes it to quarantine")
        folder, name = split_path(path)
        stem, dot, ending = name.rpartition(".")
        for number in range(1, _MOST_NAMES_TRIED):
            numbered = name if number == 1 else f"{stem}-{number}.{ending}" if dot and stem else f"{name}-{number}"
            target = join_path(join_path(trash, folder) if folder else trash, numbered)
            if target not in self._trashed and not self._facts.is_taken(target):
                self._trashed.add(target)
                return target
        raise CannotRepairError("the trash has too many files of this name")

    def _after(self, operations: Sequence[Operation]) -> str:
        if self._way is DeletionWay.SOFT:
            return "marked as deleted in the index; the file stays"
        if self._way is DeletionWay.HARD:
            return "in quarantine, from where it can be brought back"
        (target, *_) = [one.target for one in operations if isinstance(one, MovePath)]
        return display_name(target)

    def _file(self, path: str) -> FileFact:
        known = self._facts.file(path)
        if known is not None:
            return known
        state = _state_on_disk(self._storage.root, path)  # a scan passes some folders over, as the trash
        if state is None:
            raise CannotRepairError("it is not there")
        return FileFact(path, state)


def _files(connection: sqlite3.Connection, facts: StorageFacts, path: str) -> Iterator[str]:
    """The files that a path of the storage means: itself, or all below it where it is a folder.

    Raises:
        UsageError: where it is none of the storage's.
    """
    try:
        path_below_root(path)
    except UnsafePathError as error:
        raise UsageError(
            f"is no path within the storage: {error}", path=path, advice="Name pictures or folders of the storage."
        ) from error
    if not _is_folder(facts.root, path):
        yield path
        return
    encoded = os.fsencode(path)
    rows = connection.execute(
        """
        SELECT d.path, f.name FROM folder d JOIN file f ON f.folder_id = d.id
        WHERE d.storage_id = ? AND (d.path = ? OR (d.path > ? AND d.path < ?)) AND f.gone_ns IS NULL
        ORDER BY d.path, f.name
        """,
        (facts.storage_id, encoded, encoded + b"/", encoded + b"0"),
    ).fetchall()
    if rows:
        yield from (join_path(os.fsdecode(folder), os.fsdecode(name)) for folder, name in rows)
        return
    root = open_root(facts.root)
    try:
        for listing in walk(root, start=path):
            if isinstance(listing, Listing):
                yield from (join_path(listing.path, os.fsdecode(name)) for name in listing.files)
    finally:
        let_go(root)


def _is_folder(root: str, path: str) -> bool:
    try:
        root_fd = open_root(root)
    except OSError:
        return False
    try:
        let_go(open_beneath(root_fd, path, FOLDER_FLAGS))
    except OSError:
        return False
    finally:
        let_go(root_fd)
    return True


def _state_on_disk(root: str, path: str) -> FileState | None:
    folder, name = split_path(path)
    try:
        root_fd = open_root(root)
    except OSError:
        return None
    try:
        descriptor = open_beneath(root_fd, folder, FOLDER_FLAGS)
    except OSError:
        return None
    finally:
        let_go(root_fd)
    try:
        rows, _, _ = stat_rows(descriptor, [os.fsencode(name)])
    finally:
        let_go(descriptor)
    return FileState(rows[0][1], rows[0][2], rows[0][4]) if rows else None
