"""The one door for both front ends: open, discover, scan, conflicts, sessions, reports, previews.

All methods that touch a disk are coroutines that work in threads; the others read the catalog only.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from inspector.catalog.database import Database, words_for
from inspector.engine.opening import Gatherings, KnownStorages
from inspector.engine.reading import Reading
from inspector.engine.scanning import Scanning
from inspector.engine.syncing import Syncing
from inspector.engine.threads import in_thread
from inspector.fs.profile import file_system_of
from inspector.fs.servers import expect_answer
from inspector.jobs.owners import Owner
from inspector.layouts import registry
from inspector.layouts.base import Surroundings
from inspector.model.foundfile import FoundFile
from inspector.model.inspecting import Place as InspectedPlace
from inspector.model.preview import Preview
from inspector.model.progress import Progress
from inspector.model.records import (
    Conflict,
)
from inspector.model.sync import PeerStatus, SyncStatus
from inspector.model.watching import WatchSettings

if TYPE_CHECKING:
    from inspector.engine.backups import Backups
    from inspector.engine.comparing import Comparing
    from inspector.engine.creating import Creating
    from inspector.engine.deciding import Deciding
    from inspector.engine.deleting import Deleting
    from inspector.engine.importing import ImportWork
    from inspector.engine.inspecting import Inspecting
    from inspector.engine.jobs import Jobs
    from inspector.engine.lookup import Lookup
    from inspector.engine.moved_files import MovedFiles
    from inspector.engine.reindexing import Reindexing
    from inspector.engine.repairs import Repairs
    from inspector.engine.restoring import Restoring
    from inspector.engine.watching import Watching
    from inspector.media.preview import PreviewMaker
    from inspector.model.comparison import Comparison
    from inspector.model.export import ReportRequest, ReportWritten

T = TypeVar("T")


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


class Engine(Scanning, Reading):
    """A catalog and what can be done with it. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        state: Path | None = None,
        home: Path | None = None,
        settings: Mapping[str, str] | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        """Open the catalog in `state`; `home` is where the programs' own settings are looked for.

        `settings` say where they are that are not there. With `read_only` no repair is begun, whatever is asked for.

        Raises:
            UsageError: where one of the settings makes no sense.
            CatalogError: where no catalog can be opened or made.
        """
        if settings:
            registry.refuse_settings(settings)
        self._database = Database(state if state is not None else default_state_folder())
        self._previews: PreviewMaker | None = None
        self._comparing: Comparing | None = None
        self._read_only = read_only
        self._owner = Owner(self._database.folder)
        self._syncing = Syncing(self._database)
        self._surroundings = Surroundings(
            home if home is not None else _home(),
            settings or {},
            Gatherings(self._database),
            KnownStorages(self._database),
        )

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
    def backups(self) -> "Backups":
        """What copies storages to other folders, and brings them back."""
        from inspector.engine.backups import Backups

        return Backups(self._database, self._surroundings, self)

    @cached_property
    def creating(self) -> "Creating":
        """What makes new storages, and enters storages in their program's list."""
        from inspector.engine.creating import Creating

        return Creating(self._database, self._surroundings, self)

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
    def moved(self) -> "MovedFiles":
        """The files that are at other paths than the recorded ones."""
        from inspector.engine.moved_files import MovedFiles

        return MovedFiles(self._database, lambda: self.deciding)

    @cached_property
    def reindexing(self) -> "Reindexing":
        """What looks at a storage again, and stages what follows from it."""
        from inspector.engine.reindexing import Reindexing

        return Reindexing(self, self._database)

    @cached_property
    def lookup(self) -> "Lookup":
        """What finds a picture by its digest or key, wherever it is."""
        from inspector.engine.lookup import Lookup

        return Lookup(self._database)

    @cached_property
    def restoring(self) -> "Restoring":
        """What brings missing files back from the storages that have them."""
        from inspector.engine.restoring import Restoring

        return Restoring(self, self._database)

    @cached_property
    def importing(self) -> "ImportWork":
        """What brings folders of pictures into storages."""
        from inspector.engine.importing import ImportWork

        return ImportWork(self, self._database, self._surroundings, read_only=self._read_only)

    @cached_property
    def deleting(self) -> "Deleting":
        """What plans the deletion of pictures."""
        from inspector.engine.deleting import Deleting

        return Deleting(self._database, self._surroundings)

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

    # --- in step --------------------------------------------------------------------------------

    def watching(self, storage_ids: Sequence[str], settings: WatchSettings | None = None) -> "Watching":
        """A watch over these storages, which `run` begins."""
        from inspector.engine.watching import Watching  # brings watchdog

        storages = [self.storage(one) for one in storage_ids]
        return Watching(self, self._database, storages, self._surroundings, settings)

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

    # --- documents and comparisons --------------------------------------------------------------------------------

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
        await asyncio.to_thread(expect_answer, storage.root)
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
        await asyncio.to_thread(expect_answer, place.root)
        make = partial(self._preview_maker().make, place.root, place.path)
        return await asyncio.to_thread(make, None, max_width, max_height, given_up=given_up)

    def _preview_maker(self) -> "PreviewMaker":
        if self._previews is None:
            from inspector.media.preview import PreviewMaker  # brings Pillow, which only previews need

            self._previews = PreviewMaker(self.state_folder / "thumbnails")
        return self._previews


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # neither HOME nor an entry in the user database
        return Path("/nonexistent")
