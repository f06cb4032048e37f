"""From a folder outside all storages to the plan of its import; nothing is written here."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from inspector.conflicts.sidecar_media import media_kind
from inspector.layouts.base import Surroundings
from inspector.layouts.importing import Importing
from inspector.layouts.registry import layout
from inspector.layouts.repairs import CannotRepairError
from inspector.model.errors import UsageError
from inspector.model.importing import ImportOptions, ImportPlan
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path, split_path
from inspector.repair.facts import StorageFacts
from inspector.repair.importing.duplicates import Duplicates
from inspector.repair.importing.group_plans import GroupPlanner
from inspector.repair.importing.groups import Group, groups_of
from inspector.repair.importing.reading import ReadFile, Unread, read_source
from inspector.repair.importing.record import Done, ImportRecord
from inspector.repair.importing.templates import Template
from inspector.repair.importing.walking import SourceFolder, look_through
from inspector.repair.seats import seat_now
from inspector.repair.world import CatalogWorld
from inspector.sync.online_only import OnlineOnly

_NO_IMPORT_ADVICE = "Add pictures one by one with 'inspector add', or with its own program."


def importing_layout(storage: StorageInfo) -> Importing:
    """The layout of a storage that takes in folders of pictures.

    Raises:
        UsageError: where it takes none.
    """
    own = layout(storage.layout)
    if not isinstance(own, Importing):
        what = f"is a storage of the kind '{storage.layout}', into which no folders are imported"
        raise UsageError(what, path=storage.root, advice=_NO_IMPORT_ADVICE)
    return own


def source_folder(source: str, storage: StorageInfo) -> str:
    """The real path of a folder that can be imported into a storage.

    Raises:
        UsageError: where it is none, or lies in the storage.
    """
    real = os.path.realpath(source)
    if not os.path.isdir(real):
        is_there = os.path.lexists(source)
        what = "is no folder, and folders are imported" if is_there else "is not there"
        raise UsageError(what, path=source, advice="Name the folder that holds the pictures.")
    root = os.path.realpath(storage.root)
    if real == root or real.startswith(f"{root.rstrip('/')}/"):
        raise UsageError("lies in the storage already", path=source, advice="Scan it: inspector check.")
    return real


def plan_import(
    connection: sqlite3.Connection,
    state_folder: Path,
    storage: StorageInfo,
    surroundings: Surroundings,
    source: str,
    options: ImportOptions,
    record: ImportRecord | None,
    progress: Progress,
) -> ImportPlan:
    """The plan of an import; `record` is that of an earlier run which did not end.

    Raises:
        UsageError: where the source or the options make no sense, or the storage takes in nothing as it is.
        StorageOfflineError: where nothing of what an earlier run began with is there.
        CancelledByUserError: where the progress was cancelled.
    """
    own = importing_layout(storage)
    root = source_folder(source, storage)
    world = CatalogWorld(connection, state_folder, surroundings)
    facts = StorageFacts(connection, storage, surroundings)
    try:
        session = record.session if record is not None else own.next_session(facts)
    except CannotRepairError as error:
        advice = (
            f"See what is wrong with it: inspector check '{storage.root}'. "
            "Of a storage of an older program 'inspector migrate' makes one of today."
        )
        raise UsageError(f"takes in nothing as it is: {error}", path=storage.root, advice=advice) from error
    template = Template(options.organize, session, options.title or os.path.basename(root))
    seat = seat_now(root)
    apart = frozenset({os.path.realpath(storage.root), os.path.realpath(state_folder)})
    progress.begin("looking through the source")
    try:
        found = look_through(root, apart, progress)
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", path=source, advice="Nothing was imported.") from error
    if record is not None:
        record.expect_source(state_folder, found)
    keys_of = storage.layout if facts.layout.key_engine is not None else None
    done = record.done(state_folder) if record is not None else {}
    with Duplicates(world, storage, root) as duplicates:
        groups = GroupPlanner(storage, own, facts, template, options, duplicates, done)
        for path, reason in found.errors:
            groups.fails(path, reason)
        planner = _Planner(groups, storage.root, keys_of, done)
        planner.run(root, found.folders, progress)
    left = (*found.left, *planner.left)
    done_media = sum(media_kind(split_path(path)[1]) is not None for path in planner.done)
    counts = (len(planner.done), done_media)
    return ImportPlan(storage.id, root, options, session, tuple(groups.items), left, *counts, record is not None, seat)


class _Planner:
    """Reads the files of a source and has each group of them planned."""

    def __init__(self, groups: GroupPlanner, storage_root: str, keys_of: str | None, done: Mapping[str, Done]) -> None:
        """`keys_of` names the layout whose keys are wanted; `done` are files of the source that came in already."""
        self.left: list[str] = []
        self.done: dict[str, Done] = {}
        self._groups = groups
        self._storage_root = storage_root
        self._keys_of = keys_of
        self._known = done
        self._unreadable: dict[str, ReadFile] = {}

    def run(self, root: str, folders: Sequence[SourceFolder], progress: Progress) -> None:
        """Plan everything that is in these folders below `root`."""
        groups: list[tuple[str, Group]] = []
        for one in folders:
            found, left = groups_of(one.names)
            groups.extend((one.path, group) for group in found)
            self.left.extend(join_path(one.path, name) for name in left)
        unread = list(self._unread(root, groups))
        progress.begin("reading", total_files=len(unread), total_bytes=sum(file.size for file in unread))
        read = read_source(root, self._keys_of, unread, progress)
        for folder, group in groups:
            files: dict[str, ReadFile] = {}
            done: dict[str, Done] = {}
            for name in group.names:
                path = join_path(folder, name)
                if path in self.done:
                    done[name] = self.done[path]
                else:
                    files[name] = self._unreadable.get(path) or next(read)
            self._groups.plan(folder, group, files, done)

    def _unread(self, root: str, groups: Sequence[tuple[str, Group]]) -> Iterator[Unread]:
        """What is to be read: not what came in before, nor what a program would download for that."""
        online_only = OnlineOnly(root)
        for folder, group in groups:
            for name in group.names:
                path = join_path(folder, name)
                try:
                    status = os.lstat(os.path.join(root, path))
                except OSError:
                    yield Unread(path, 0)  # reading it says why
                    continue
                known = self._known.get(path)
                if known is not None and known.is_still(status, self._storage_root):
                    self.done[path] = known
                elif online_only.reason(name, status) is not None:
                    self._unreadable[path] = ReadFile(path, error="is online only, and this would download it")
                else:
                    yield Unread(path, status.st_size)
