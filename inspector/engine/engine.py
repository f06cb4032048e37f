"""The one door for both front ends: open, discover, scan, conflicts, sessions, reports, previews.

All methods that touch a disk are coroutines that work in threads; the others read the catalog only.
"""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import lookups
from inspector.catalog import storages as storage_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database, words_for
from inspector.engine.syncing import Syncing
from inspector.engine.threads import in_thread
from inspector.fs.profile import file_system_of
from inspector.jobs.owners import Owner
from inspector.layouts import registry
from inspector.layouts.base import Recognition, Surroundings
from inspector.model.display import display_name
from inspector.model.errors import CancelledByUserError, InspectorError, NotAStorageError
from inspector.model.foundfile import FoundFile
from inspector.model.inspecting import Place as InspectedPlace
from inspector.model.kinds import Severity
from inspector.model.places import Places
from inspector.model.preview import Preview
from inspector.model.progress import Progress
from inspector.model.query import Query, parse
from inspector.model.query_term import Known
from inspector.model.records import (
    Choice,
    Conflict,
    FileDetails,
    FoundStorage,
    Session,
    StorageInfo,
    StorageState,
)
from inspector.model.scanmode import ScanCounts, ScanMode
from inspector.model.scrub import ScrubLimits, ScrubResult
from inspector.model.sync import PeerStatus, SyncStatus
from inspector.model.watching import WatchSettings

if TYPE_CHECKING:
    from inspector.engine.comparing import Comparing
    from inspector.engine.conflict_list import ConflictList
    from inspector.engine.deciding import Deciding
    from inspector.engine.inspecting import Inspecting
    from inspector.engine.jobs import Jobs
    from inspector.engine.repairs import Repairs
    from inspector.engine.watching import Watching
    from inspector.media.preview import PreviewMaker
    from inspector.model.comparison import Comparison
    from inspector.model.export import ReportRequest, ReportWritten
    from inspector.scan.run import ScanRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """How one storage's scan ended: its counts, and the error that ended it early, if any."""

    storage: StorageInfo
    counts: ScanCounts
    error: InspectorError | None = None


def default_state_folder() -> Path | None:
    """Where the catalog lives: ``$INSPECTOR_STATE``, or the user's state folder of this system, if there is a user."""
    named = os.environ.get("INSPECTOR_STATE")
    if named:
        return Path(named)
    from platformdirs import user_state_path  # 30 ms, and not needed where the folder is named

    try:
        return user_state_path("inspector", appauthor=False)
    except RuntimeError:  # neither HOME nor an entry in the user database
        return None


class Engine:
    """A catalog and what can be done with it. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        state: Path | None = None,
        home: Path | None = None,
        settings: dict[str, str] | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        """Open the catalog in `state`; `home` is where the programs' own settings are looked for.

        With `read_only` no repair is begun, whatever is asked for.

        Raises:
            CatalogError: where no catalog can be opened or made.
        """
        self._database = Database(state if state is not None else default_state_folder())
        self._previews: PreviewMaker | None = None
        self._comparing: Comparing | None = None
        self._read_only = read_only
        self._owner = Owner(self._database.folder)
        self._syncing = Syncing(self._database)
        self._surroundings = Surroundings(home if home is not None else _home(), settings or {})

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):  # a full drive most likely: said in words, whichever verb it was
            raise words_for(error, self._database.path) from error

    def be_brief(self) -> None:
        """Have what this thread writes to the catalog fail soon where another process does not let go of it."""
        self._database.be_brief()

    def briefly(self, work: Callable[[], T]) -> T:
        """Do work in a thread of its own that a person waits for; as with `be_brief`, it does not wait for long."""
        self._database.be_brief()
        try:
            return work()
        finally:
            self._database.be_brief(on=False)

    def hurry(self) -> None:
        """Have nothing wait long for another process any more, as the program is about to end."""
        self._database.hurry()

    def close(self) -> None:
        """Close the catalog and end the workers."""
        if self._previews is not None:
            self._previews.close()
        if self._comparing is not None:
            self._comparing.close()
        if "deciding" in vars(self):
            with suppress(sqlite3.Error):
                self.deciding.close()
        self._owner.leave()
        self._database.close()

    @cached_property
    def repairs(self) -> "Repairs":
        """What changes a storage."""
        from inspector.engine.repairs import Repairs  # these three cost more than the rest of a start

        return Repairs(self._database, self._verify, self._surroundings, read_only=self._read_only)

    @cached_property
    def jobs(self) -> "Jobs":
        """The queue of the catalog."""
        from inspector.engine.jobs import Jobs

        return Jobs(self._database, self._owner, self)

    @cached_property
    def deciding(self) -> "Deciding":
        """What was staged and marked."""
        from inspector.engine.deciding import Deciding

        return Deciding(self._database, self._owner)

    @cached_property
    def inspecting(self) -> "Inspecting":
        """What looks into storages, and never writes to one."""
        from inspector.engine.inspecting import Inspecting

        return Inspecting(self._surroundings, self.storages)

    @property
    def notices(self) -> tuple[str, ...]:
        """What had to be done to open the catalog, in words."""
        return tuple(self._database.notices)

    @property
    def state_folder(self) -> Path:
        """Where the catalog is."""
        return self._database.folder

    @property
    def state_file_system(self) -> str:
        """The type of the file system that holds the catalog; empty where the mount table does not say."""
        return file_system_of(str(self._database.folder))

    async def check_catalog(self) -> str:
        """What SQLite says of the catalog's file: ``ok``, or what is wrong with it."""
        return await asyncio.to_thread(self._database.check)

    # --- storages -----------------------------------------------------------------------------------------------

    async def open(self, path: str | Path) -> StorageInfo:
        """Recognise the storage at `path` and enter it in the catalog; nothing is scanned yet.

        A known storage that is away is returned as it was last seen, with the state OFFLINE.

        Raises:
            NotAStorageError: where there is no storage, and none was known there.
        """
        return await asyncio.to_thread(self._open, path)

    async def open_all(self, path: str | Path) -> list[StorageInfo]:
        """As `open`; all of its storages where the path is no storage and stands for some, as a program's profile.

        Raises:
            NotAStorageError: where there is no storage, and none was known there.
        """
        found = await asyncio.to_thread(self._members, path)
        return [await self.open(one) for one in found] if found else [await self.open(path)]

    def storages(self) -> list[StorageInfo]:
        """Every storage of the catalog."""
        return storage_rows.all_storages(self._database.connection)

    def storage(self, storage_id: str) -> StorageInfo:
        """One storage of the catalog.

        Raises:
            NotAStorageError: where it is not known.
        """
        found = storage_rows.get_storage(self._database.connection, storage_id)
        if found is None:
            raise NotAStorageError(f"no storage is known as {storage_id}", advice="Open it by its path.")
        return found

    def known_at(self, path: str | Path) -> StorageInfo | None:
        """The storage that the catalog knows at this path, whether it is there or not."""
        wanted = {os.path.abspath(path), os.path.realpath(path)}
        there = [storage for storage in self.storages() if storage.root in wanted]
        there.sort(key=lambda storage: (storage.state is not StorageState.OFFLINE, storage.last_scan_ns or 0))
        return there[-1] if there else None

    async def discover(
        self,
        roots: Sequence[str | Path],
        *,
        depth: int,
        progress: Progress | None = None,
        on_found: Callable[[FoundStorage], None] | None = None,
    ) -> list[FoundStorage]:
        """Find storages below `roots` by their marks, at most `depth` folders down, legacy ones too."""
        from inspector.scan.discovery import discover

        named = [os.fspath(root) for root in roots]
        return await asyncio.to_thread(discover, named, depth, progress or Progress(), on_found)

    # --- scans --------------------------------------------------------------------------------------------------

    async def scan(
        self,
        storage_ids: Sequence[str],
        *,
        mode: ScanMode = ScanMode.SMART,
        deep: bool = False,
        expected_missing: int | None = None,
        progress: Progress | None = None,
    ) -> list[ScanOutcome]:
        """Scan storages one after the other, then work out the conflicts of those that are there.

        They are worked out together with those of the storages that these were compared with before, as the catalog
        knows them: what lies in a storage that is not scanned now is a copy still.
        What ends one storage's scan (offline, guard, locked, cancelled) is in its outcome and stops no other one, but
        that cancelling ends them all.
        """
        from inspector.scan.run import ScanRequest

        progress = progress or Progress()
        request = ScanRequest(mode, deep, expected_missing)
        outcomes = [await self._scan_one(storage_id, request, progress) for storage_id in storage_ids]
        return await self._compared(outcomes, (), progress)

    async def _scan_one(self, storage_id: str, request: "ScanRequest", progress: Progress) -> ScanOutcome:
        from inspector.scan.run import scan_storage

        storage = self.storage(storage_id)
        layout = registry.layout(storage.layout)
        counts = ScanCounts()
        error: InspectorError | None = None
        try:
            progress.check()
            await in_thread(
                progress,
                partial(scan_storage, self._database, storage, layout, self._surroundings, request, progress, counts),
            )
        except InspectorError as caught:
            error = caught
        except sqlite3.Error as caught:
            error = words_for(caught, self._database.path)
        return ScanOutcome(self.storage(storage_id), counts, error)

    async def _compared(
        self, outcomes: list[ScanOutcome], former_ids: Sequence[str], progress: Progress
    ) -> list[ScanOutcome]:
        """The outcomes, after the conflicts of what was scanned whole were worked out.

        `former_ids` are storages that these were before they got another identity.
        """
        present = [outcome.storage.id for outcome in outcomes if outcome.error is None]
        together = self._compared_together([*present, *former_ids]) if present else []
        try:
            await self.reconcile(together, progress)
        except CancelledByUserError as stopped:
            return [replace(outcome, error=outcome.error or stopped) for outcome in outcomes]
        finally:
            await asyncio.to_thread(self._note_outcomes, outcomes)
        return outcomes

    def _note_outcomes(self, outcomes: Sequence[ScanOutcome]) -> None:
        with suppress(sqlite3.Error):  # it is a note on the scan, and not worth failing one
            for outcome in outcomes:
                counts = outcome.counts
                self.note_sync(outcome.storage.id, counts.added + counts.altered + counts.gone)

    async def _verify(
        self, storage_ids: Sequence[str], progress: Progress, missing: Mapping[str, int]
    ) -> list[ScanOutcome]:
        """Look again at storages that a repair wrote to, as quickly as their last scan did.

        `missing` says by storage how many files are known to be missing again, which is no reason to doubt the disk.
        Their conflicts are worked out together with those of the storages that they were last compared with.
        """
        from inspector.scan.run import ScanRequest

        connection = self._database.connection
        outcomes = []
        for storage_id in storage_ids:
            mode = storage_rows.last_mode(connection, storage_id) or ScanMode.SMART
            present = await self.open(self.storage(storage_id).root)  # a repair may have given it another identity
            self._drop_conflicts_of_former_identities(present)
            request = ScanRequest(mode, expected_missing=missing.get(storage_id))
            outcomes.append(await self._scan_one(present.id, request, progress))
        return await self._compared(outcomes, storage_ids, progress)

    async def rescan(
        self, places: Mapping[str, Places], *, mode: ScanMode = ScanMode.SMART, progress: Progress | None = None
    ) -> list[ScanOutcome]:
        """Look again at these places of storages, by their ids, as a smart scan of all of them would.

        What it comes to is the same as what that scan would find. Conflicts are worked out together with those of the
        storages that these were last compared with. A storage that the catalog does not know whole is scanned whole.
        """
        from inspector.scan.run import ScanRequest

        progress = progress or Progress()
        outcomes = [
            await self._scan_one(storage_id, ScanRequest(mode, places=some), progress)
            for storage_id, some in places.items()
        ]
        return await self._compared(outcomes, (), progress)

    def watching(self, storage_ids: Sequence[str], settings: WatchSettings | None = None) -> "Watching":
        """A watch over these storages, which `run` begins."""
        from inspector.engine.watching import Watching  # brings watchdog

        storages = [self.storage(one) for one in storage_ids]
        return Watching(self, self._database, storages, self._surroundings, settings)

    async def note_away(self, storage_id: str, reason: str) -> None:
        """A storage is seen to be away: it is OFFLINE, with all that is known of it kept."""
        await asyncio.to_thread(self._set_offline, self.storage(storage_id), reason)

    def _compared_together(self, storage_ids: Sequence[str]) -> list[str]:
        """These storages and those that they were compared with before, those that are away included.

        Of several at one path only the one that is there now: the others are what it was before.
        """
        connection = self._database.connection
        compared = {other for one in storage_ids for other in storage_rows.compared_with(connection, one)}
        known = [one for one in self.storages() if one.id in compared and one.last_scan_ns is not None]
        taken = {one.root for one in known if _is_there(one)}
        return [one.id for one in known if _is_there(one) or one.root not in taken]

    async def find_duplicates(
        self, storage_ids: Sequence[str], *, progress: Progress | None = None
    ) -> list[ScanOutcome]:
        """Find the duplicates of these storages without scanning them: by size, both ends, then all bytes.

        Only the conflicts of that kind are replaced; what the catalog knows of the files stays.
        """
        from inspector.scan.duplicates import find_duplicates

        progress = progress or Progress()
        chosen = [self.storage(storage_id) for storage_id in storage_ids]
        found: list[tuple[ScanCounts, InspectorError | None]] = []

        def work() -> None:
            pairs = [(storage, registry.layout(storage.layout)) for storage in chosen]
            found.extend(find_duplicates(self._database, pairs, progress))

        try:
            await in_thread(progress, work)
        except InspectorError as error:
            found = [(ScanCounts(), error) for _ in chosen]
        except sqlite3.Error as error:
            found = [(ScanCounts(), words_for(error, self._database.path)) for _ in chosen]
        progress.begin("done")
        return [
            ScanOutcome(replace(self.storage(storage.id), files=counts.files, bytes=counts.bytes), counts, error)
            for storage, (counts, error) in zip(chosen, found, strict=True)
        ]

    async def scrub(
        self, storage_ids: Sequence[str], limits: ScrubLimits | None = None, *, progress: Progress | None = None
    ) -> ScrubResult:
        """Read files of these storages from the disk again, the longest unverified first, and compare their digests.

        Only files are read that are as the last scan saw them. What is found becomes conflicts as after a full scan.
        What ends the run for a storage (offline, cancelled) is in its outcome.
        """
        from inspector.scan.scrub import Scrub

        progress = progress or Progress()
        pairs = [(one, registry.layout(one.layout)) for one in map(self.storage, storage_ids)]
        results: list[ScrubResult] = []

        def work() -> None:
            results.append(Scrub(self._database, pairs, limits or ScrubLimits(), progress).run())

        try:
            await in_thread(progress, work)
        except sqlite3.Error as error:
            raise words_for(error, self._database.path) from error
        (result,) = results
        unwell = [one.storage.id for one in result.outcomes if one.counts.rotten or one.counts.unreadable]
        if unwell:
            progress.go_on()  # what was found is to be seen, whatever ended the run
            await self.reconcile(self._compared_together(unwell), progress)
        return result

    async def catch_up(self, storage_ids: Sequence[str]) -> None:
        """Work out the conflicts of those of these storages whose last scan did not get so far; reads no disk."""
        chosen = [self.storage(storage_id) for storage_id in storage_ids]
        behind = [
            storage
            for storage in chosen
            if storage.last_scan_ns is not None and storage_rows.is_changed(self._database.connection, storage.id)
        ]
        if behind:
            from inspector.conflicts.reconcile import reconcile

            together = [self.storage(one) for one in self._compared_together(list(storage_ids))]
            await asyncio.to_thread(reconcile, self._database, together, Progress())

    async def reconcile(self, storage_ids: Sequence[str], progress: Progress | None = None) -> None:
        """Work out the conflicts of these storages, together, if something changed since the last time."""
        from inspector.conflicts.reconcile import needs_reconciling, reconcile

        progress = progress or Progress()
        progress.begin("comparing layers")
        chosen = [self.storage(storage_id) for storage_id in storage_ids]
        if chosen and needs_reconciling(self._database, chosen):
            await in_thread(progress, partial(reconcile, self._database, chosen, progress))
        progress.begin("done")

    # --- in step ------------------------------------------------------------------------------------------------

    def sync_status(self, storage_id: str, degraded: str = "") -> SyncStatus:
        """How far a storage is in step, from the catalog alone; `degraded` says what is not being watched, and why."""
        return self._syncing.status(self.storage(storage_id), degraded)

    def note_sync(self, storage_id: str, changes: int = 0, degraded: str = "") -> SyncStatus:
        """Write down how far a storage is in step now, for its history; so many files changed since the last note.

        Every scan does; whoever watches does so where something changes without one.
        """
        return self._syncing.note(self.storage(storage_id), changes, degraded)

    def sync_now(self, storage_id: str, degraded: str = "", *, notes: bool) -> SyncStatus:
        """As `sync_status`; with `notes`, a state that is another one than was noted is written down as beginning."""
        storage = self.storage(storage_id)
        return self._syncing.follow(storage, degraded) if notes else self._syncing.status(storage, degraded)

    async def peer_status(
        self, storage_id: str, environment: Mapping[str, str], file: Path | None = None
    ) -> PeerStatus | None:
        """What Syncthing says of the folder that holds a storage; None where it is not configured, or has none such.

        The settings are `INSPECTOR_SYNCTHING_KEY` and `INSPECTOR_SYNCTHING_URL` of the environment, then a file's.

        Raises:
            UsageError: where the settings make no sense.
        """
        from inspector.sync.syncthing import settings_from  # brings urllib

        settings = settings_from(environment, file)
        return await self._syncing.peer(self.storage(storage_id), settings) if settings is not None else None

    def _drop_conflicts_of_former_identities(self, present: StorageInfo) -> None:
        with self._database.transaction() as connection:
            for other in self.storages():
                if other.root == present.root and other.id != present.id:
                    conflict_rows.drop_conflicts(connection, other.id)

    # --- what the catalog says ----------------------------------------------------------------------------------

    def known_names(self) -> Known:
        """The names that filter texts may use: all choices, and the known storages as they are shown."""
        from inspector.conflicts.choices import all_choice_ids

        names = (display_name(storage.name) for storage in self.storages())
        return Known(all_choice_ids(), tuple(dict.fromkeys(names)))

    def query(self, text: str) -> Query:
        """The query that a filter text is.

        Raises:
            QueryError: where it makes no sense, or not yet.
        """
        return parse(text, self.known_names())

    def select(self, chosen: ConflictFilter) -> "ConflictList":
        """The chosen conflicts as a list to read windows of. With a query it looks through all that there are."""
        from inspector.engine.conflict_list import ConflictList

        return ConflictList(self._database, chosen)

    def conflicts(self, chosen: ConflictFilter, offset: int = 0, limit: int = 200) -> list[Conflict]:
        """A window of the chosen conflicts in the filter's order, worst first unless it says otherwise."""
        return conflict_rows.conflict_window(self._database.connection, chosen, offset, limit)

    def all_conflicts(self, chosen: ConflictFilter) -> Iterator[Conflict]:
        """Every chosen conflict in the filter's order, read as it is consumed."""
        return conflict_rows.all_conflicts(self._database.connection, chosen)

    def conflict(self, conflict_id: str) -> Conflict | None:
        """One conflict by its id."""
        return conflict_rows.conflict_by_id(self._database.connection, conflict_id)

    def choices(self, conflict: Conflict) -> tuple[Choice, ...]:
        """What can be done about a conflict, in an order that never changes."""
        from inspector.conflicts.choices import choices_for

        return choices_for(conflict)

    def count_by_kind(self, chosen: ConflictFilter) -> dict[str, int]:
        """How many of the chosen conflicts there are of each kind, worst kinds first."""
        return conflict_rows.count_by_kind(self._database.connection, chosen)

    def count_by_severity(self, chosen: ConflictFilter) -> dict[Severity, int]:
        """How many of the chosen conflicts there are of each severity."""
        return conflict_rows.count_by_severity(self._database.connection, chosen)

    def sessions(self, storage_id: str, *, folded: bool = False) -> list[Session]:
        """The import sessions of a storage, or its scans where its layout has no sessions; newest first.

        With `folded`, scans one after the other that found nothing changed are one.
        """
        storage = self.storage(storage_id)
        if registry.layout(storage.layout).sessions_are_scans:
            return storage_rows.scans_of(self._database.connection, storage_id, folded=folded)
        return storage_rows.sessions_of(self._database.connection, storage_id)

    def files(
        self, storage_id: str, *, session: str | None = None, offset: int = 0, limit: int = 200
    ) -> list[FileDetails]:
        """A window of the media files of a storage, or of one of its import sessions, by path."""
        return lookups.files_of(self._database.connection, storage_id, session, offset, limit)

    def file(self, storage_id: str, path: str) -> FileDetails | None:
        """What the catalog knows of one file."""
        return lookups.file_details(self._database.connection, storage_id, path)

    def locate(self, wanted: str, limit: int = 100) -> list[FileDetails]:
        """Files by digest (XXH3-128 hex), by a layer's key such as a hothash, or by name, in every known storage."""
        return lookups.locate(self._database.connection, wanted, limit)

    async def report(
        self,
        storage_ids: Sequence[str],
        request: "ReportRequest",
        target: Path | Callable[[bytes], None],
        progress: Progress | None = None,
    ) -> "ReportWritten":
        """Write what the last scans of these storages found to a new file, or in blocks to a function.

        Raises:
            UsageError: where the file lies in a storage, is there already, or cannot be written.
            CancelledByUserError: somebody asked the work to stop; no file was written.
        """
        from inspector.engine.outside import refuse_in_storage
        from inspector.reports import write_report  # brings pydantic

        progress = progress or Progress()
        storages = [self.storage(storage_id) for storage_id in storage_ids]
        known = self.storages()
        if isinstance(target, Path):
            refuse_in_storage(target, known)
        written: list[ReportWritten] = []

        def work() -> None:
            connection = self._database.connection
            made = write_report(
                connection, storages, request, target, previews=self._preview_maker, known=known, progress=progress
            )
            written.append(made)

        try:
            await in_thread(progress, work)
        except sqlite3.Error as error:
            raise words_for(error, self._database.path) from error
        return written[0]

    def write_file(self, target: Path, content: bytes, *, force: bool = False) -> None:
        """Write a document for a person to a file outside of all storages, whole or not at all.

        Raises:
            UsageError: where the file lies in a storage, cannot be written, or is there already and `force` is not set.
        """
        from inspector.engine.outside import refuse_in_storage
        from inspector.fs.new_file import new_file

        refuse_in_storage(target, self.storages())
        with new_file(target, force=force) as write:
            write(content)

    async def locate_file(self, storage_id: str, path: str) -> FoundFile:
        """Where the file or folder at `path` of a storage is now, reached without following a link.

        Raises:
            InspectorError: where it is not there, or a link is on the way; the message says which.
        """
        from inspector.fs.whereabouts import find_file

        return await asyncio.to_thread(find_file, self.storage(storage_id).root, path)

    async def compare(self, conflict: Conflict, progress: Progress | None = None) -> "Comparison":
        """A conflict's sides beside one another, as they are on disk now, and the fields in which they differ.

        Cancelling it stops the reading at the next safe point.
        """
        if self._comparing is None:
            from inspector.engine.comparing import Comparing  # brings the readers of documents and pictures

            self._comparing = Comparing(self._database, self.repairs)
        return await self._comparing.compare(conflict, progress or Progress())

    # --- pictures -----------------------------------------------------------------------------------------------

    async def preview(
        self,
        storage_id: str,
        path: str,
        max_width: int,
        max_height: int,
        given_up: Callable[[], bool] = lambda: False,
    ) -> Preview:
        """A thumbnail of at most this many pixels and what the picture says of itself.

        `given_up` is asked from another thread, before each step, whether to go on.

        Raises:
            InspectorError: where it cannot be shown; the message says why.
        """
        from inspector.sync.online_only import refuse_online_only

        storage = self.storage(storage_id)
        details = self.file(storage_id, path)
        await asyncio.to_thread(refuse_online_only, storage.root, path)
        make = partial(self._preview_maker().make, storage.root, path)
        digest, known_as = (details.digest, (details.size, details.mtime_ns)) if details is not None else (None, None)
        return await asyncio.to_thread(make, digest, max_width, max_height, known_as=known_as, given_up=given_up)

    async def picture(
        self, place: InspectedPlace, max_width: int, max_height: int, given_up: Callable[[], bool] = lambda: False
    ) -> Preview:
        """As `preview`, of a picture that is looked into, whether its storage is known or not.

        Raises:
            InspectorError: where it cannot be shown; the message says why.
        """
        make = partial(self._preview_maker().make, place.root, place.path)
        return await asyncio.to_thread(make, None, max_width, max_height, given_up=given_up)

    def _preview_maker(self) -> "PreviewMaker":
        if self._previews is None:
            from inspector.media.preview import PreviewMaker  # brings Pillow, which only previews need

            self._previews = PreviewMaker(self.state_folder / "thumbnails")
        return self._previews

    # --- opening ------------------------------------------------------------------------------------------------

    def _open(self, given: str | Path) -> StorageInfo:
        if not os.fspath(given):
            raise NotAStorageError("an empty path names no storage", advice="Check the variable that it came from.")
        path = os.path.abspath(given)
        known = self.known_at(path)
        try:
            layout, recognition = registry.recognise(os.path.realpath(path))
        except (NotAStorageError, OSError) as error:
            if known is None:
                if isinstance(error, NotAStorageError) and os.path.lexists(path):
                    raise
                raise NotAStorageError(
                    "is no folder that can be opened",
                    path=path,
                    advice="Check the path, and that its drive is mounted.",
                ) from error
            return self._set_offline(known, "is not there")
        if known is not None and known.layout != layout.name and known.layout != registry.LAYOUT_OF_LAST_RESORT:
            return self._set_offline(known, "has lost the marks of its storage")
        storage = self._entry(layout.name, recognition, os.path.realpath(path))
        with self._database.transaction() as connection:
            storage_rows.put_storage(connection, storage)
            storage_rows.set_present(connection, storage.id)
            for other in self.storages():
                if other.root == storage.root and other.id != storage.id:
                    storage_rows.set_state(
                        connection,
                        other.id,
                        StorageState.OFFLINE,
                        f"another storage, {display_name(storage.name)}, is there now",
                    )
        return self.storage(storage.id)

    def _members(self, given: str | Path) -> list[str]:
        """The storages that a path stands for; none where it was opened as a storage, or is one with marks.

        Raises:
            NotAStorageError: where it stands for some, and none of them can be opened.
        """
        path = os.path.realpath(given) if os.fspath(given) else ""
        if not path or self.known_at(path) is not None or _has_marks(path):
            return []
        return registry.members(path)

    def _entry(self, layout: str, recognition: Recognition, root: str) -> StorageInfo:
        return StorageInfo(
            self._id_of(layout, recognition.identity, root),
            layout,
            recognition.identity,
            recognition.name,
            root,
            StorageState.NEW,
            file_system=file_system_of(root),
        )

    def _id_of(self, layout: str, identity: str, root: str) -> str:
        """The id of a storage: the one it has in the catalog, also where it is elsewhere by now, or a new one."""
        known = self.storages()
        alike = [storage for storage in known if (storage.layout, storage.identity) == (layout, identity)]
        for storage in alike:
            if storage.root == root:
                return storage.id
        for storage in alike:
            is_clone = storage.id == _storage_id(layout, identity, storage.root)
            if not is_clone and not self._is_still_at(storage):
                return storage.id
        taken = {storage.id for storage in known}
        new = (_storage_id(layout, identity), _storage_id(layout, identity, root))
        further = (_storage_id(layout, identity, root, str(number)) for number in count())
        return next(one for one in chain(new, further) if one not in taken)

    def _is_still_at(self, known: StorageInfo) -> bool:
        """Whether a known storage is still where it was, so that another one with its id is a clone."""
        try:
            recognition = registry.layout(known.layout).recognise(known.root)
        except OSError:
            return False
        return recognition is not None and recognition.identity == known.identity

    def _set_offline(self, storage: StorageInfo, reason: str) -> StorageInfo:
        with self._database.transaction() as connection:
            storage_rows.set_state(connection, storage.id, StorageState.OFFLINE, reason)
        self.note_sync(storage.id)
        return replace(storage, state=StorageState.OFFLINE, reason=reason)


def _has_marks(path: str) -> bool:
    """Whether a folder is a storage by itself, other than one that any folder is."""
    try:
        layout, _ = registry.recognise(path)
    except (NotAStorageError, OSError):
        return False
    return layout.name != registry.LAYOUT_OF_LAST_RESORT


def _is_there(storage: StorageInfo) -> bool:
    return storage.state not in {StorageState.OFFLINE, StorageState.NEW}


def _storage_id(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:12]


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # neither HOME nor an entry in the user database
        return Path("/nonexistent")
