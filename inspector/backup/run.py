"""A backup from its lock to its last line: as many ways through the storage as its documents take to hold still."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from inspector.backup.backing import BackupPass
from inspector.backup.copying import Copier
from inspector.backup.known_digests import KnownDigests
from inspector.backup.names import VERSIONS
from inspector.backup.place import Place, now_iso, opened_place, require_apart
from inspector.backup.run_ids import new_run_id
from inspector.backup.settling import Journals, last_totals, note_run, set_damaged_aside, settle
from inspector.backup.source import Source, Tally
from inspector.fs.lock_verdicts import find_lock
from inspector.fs.own_folder import OwnFolder
from inspector.fs.profile import file_system_of, host_name, profile_of
from inspector.fs.tree import Tree
from inspector.fs.walk import UnlistedFolder, walk
from inspector.fs.write import write_failed
from inspector.layouts.base import Layout, Surroundings
from inspector.layouts.repairs import RepairingLayout
from inspector.model.backups import BackupOptions, BackupRun
from inspector.model.display import counted, display_name
from inspector.model.errors import StorageLockedError
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo

_MOST_PASSES = 3
_NOT_QUIET = "its documents changed while they were copied: run again, when nothing works on the storage"


def back_up(
    connection: Connection,
    storage: StorageInfo,
    layout: Layout,
    surroundings: Surroundings,
    destination: str,
    state_folder: Path,
    prove: Callable[[], None],
    progress: Progress,
    options: BackupOptions,
    *,
    expected_id: str | None = None,
    on_begin: Callable[[str], None] = lambda backup_id: None,
) -> BackupRun:
    """Bring the backup of a storage in `destination` up to date.

    `prove` raises where the storage is not there any more; `on_begin` hears the backup's id once it is there.

    Raises:
        As `opened_place` and `BackupPass.run` do. What was copied until then counts for the next run.
    """
    require_apart(storage.root, destination)
    lock_name = layout.lock_name if isinstance(layout, RepairingLayout) else None
    with Tree(storage.root) as tree:
        refuse_live(tree, lock_name, storage.name)
        profile = profile_of(file_system_of(storage.root))
        source = Source(
            tree,
            profile,
            layout.owns,
            lock_name,
            OwnFolder(storage.root, state_folder),
            KnownDigests(connection, storage.id, profile),
            lambda: layout.stamp(storage.root, surroundings),
            prove,
        )
        with opened_place(storage, destination, state_folder, adopt=options.adopt, expected_id=expected_id) as place:
            on_begin(place.marker.id)
            return _run(storage, source, place, progress, options)


def refuse_live(tree: Tree, lock_name: str | None, name: str) -> None:
    """Refuse a storage that its own program, or another inspector, is just writing.

    Raises:
        StorageLockedError: where one is.
    """
    found = None
    if lock_name is not None:
        try:
            found = find_lock(tree, lock_name)
        except OSError:
            return  # nobody can tell, and nothing is written there
    if found is not None and found.verdict.verdict == "live":
        raise StorageLockedError(
            f"a program is just writing to '{display_name(name)}', so nothing was begun",
            path=tree.root,
            advice="Wait until it is done, or end that program.",
        )


def _run(
    storage: StorageInfo,
    source: Source,
    place: Place,
    progress: Progress,
    options: BackupOptions,
) -> BackupRun:
    run, began = new_run_id(), now_iso()
    head = {**place.marker.head(), "run": run, "time": began}
    totals = last_totals(place.tree)
    progress.begin("backing up", total_files=totals[0] if totals is not None else storage.files or None)
    tally = Tally()
    copier = Copier(place.tree, run, progress)
    try:
        if options.adopt:
            set_damaged_aside(place.tree, run)
        settle(place.tree, head)
        for number in range(1, _MOST_PASSES + 1):
            is_last = number == _MOST_PASSES
            if number > 1:
                progress.begin("once more, as its documents changed", total_files=tally.files)
            quiet = _pass(source, place, copier, progress, tally, head, options, is_last=is_last)
            options = replace(options, deep=False)
            if quiet:
                break
        else:
            tally.problem(".", _NOT_QUIET)
        note_run(place.tree, _record(run, began, storage, tally))
    except OSError as error:
        place.check()
        raise write_failed(error, place.tree.root) from error
    return BackupRun(
        storage.id,
        place.tree.root,
        tally.files,
        tally.bytes,
        tally.copied,
        tally.copied_bytes,
        tally.replaced,
        tally.adopted,
        tally.retimed,
        tally.gone,
        tally.rotten,
        tuple(tally.problems),
        tally.problem_count,
        (*_notes(tally), *(_left_out(source.tree, name) for name in tally.of_backups)),
        place.was_cut_short,
    )


def _pass(
    source: Source,
    place: Place,
    copier: Copier,
    progress: Progress,
    tally: Tally,
    head: dict[str, object],
    options: BackupOptions,
    *,
    is_last: bool,
) -> bool:
    journals = Journals(place.tree)
    try:
        quiet = BackupPass(source, place, copier, journals, progress, tally, options).run(is_last=is_last)
        ended = journals.end()
    finally:
        journals.close()
    if ended:
        settle(place.tree, head)
    return quiet


def _record(run: str, began: str, storage: StorageInfo, tally: Tally) -> dict[str, object]:
    return {
        "run": run,
        "began": began,
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "host": host_name(),
        "root": storage.root,
        "files": tally.files,
        "bytes": tally.bytes,
        "copied": tally.copied,
        "replaced": tally.replaced,
        "gone": tally.gone,
        "problems": tally.problem_count,
    }


def _left_out(tree: Tree, name: str) -> str:
    """Words on a folder that backups keep for themselves, with what a person may miss of it."""
    files = versions = 0
    with suppress(OSError), tree.folder("") as root:
        for one in walk(root, start=name):
            if not isinstance(one, UnlistedFolder):
                files += len(one.files)
                versions += len(one.files) if one.path.startswith(f"{VERSIONS}/") else 0
    former = f", {counted(versions, 'former version')} among them," if versions else ""
    return f"{name} with {counted(files, 'file')} in it{former} left out: a folder of this name belongs to a backup"


def _notes(tally: Tally) -> tuple[str, ...]:
    notes = []
    if tally.links:
        notes.append(f"{counted(tally.links, 'link')} left out: links are never followed")
    if tally.special:
        notes.append(f"{counted(tally.special, 'pipe or device')} left out")
    return tuple(notes)
