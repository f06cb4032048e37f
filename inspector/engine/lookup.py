"""The engine's half for finding a picture wherever it is: among all storages, and whether it is there now."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from functools import cached_property

from inspector.catalog import lookups
from inspector.catalog.database import Database
from inspector.catalog.known_files import KnownFiles
from inspector.engine.standing import expect_there, known_storage
from inspector.fs.whereabouts import find_file
from inspector.model.errors import InspectorError
from inspector.model.lookup import FileState, KnownFile, Whereabouts
from inspector.model.records import FileDetails, StorageInfo


class Lookup:
    """Finds files by digest or key. Front ends reach it as `Engine.lookup`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opening = threading.Lock()

    @cached_property
    def _known(self) -> KnownFiles:
        return KnownFiles(self._database.reader())

    def find(self, wanted: str) -> tuple[KnownFile, ...]:
        """The files of all storages with this digest (XXH3-128 in hex) or key, as the last scans saw them."""
        with self._opening:
            known = self._known
        return known.find(wanted)

    def prepare(self, *, digests: bool = False, keys: bool = True) -> None:
        """Read what is needed for many questions into memory, as far as there is room; some of a second."""
        with self._opening:
            known = self._known
        known.prepare(digests=digests, keys=keys)

    async def find_there(self, wanted: str) -> Whereabouts | None:
        """The first file with this digest or key that is there now, unchanged; who is away is passed over."""
        for one in self.find(wanted):
            details = lookups.file_details(self._database.connection, one.storage_id, one.path)
            if details is not None:
                (found,) = await self.look([details])
                if found.state is FileState.THERE:
                    return found
        return None

    async def look(self, files: Sequence[FileDetails]) -> list[Whereabouts]:
        """What became of these files since the last scans; looks at the disks, and waits for no server in vain."""
        return await asyncio.to_thread(self._look, files)

    def _look(self, files: Sequence[FileDetails]) -> list[Whereabouts]:
        storages = {one: known_storage(self._database, one) for one in {file.storage_id for file in files}}
        reasons = dict(self._away(storages.values()))
        return [self._whereabouts(file, storages[file.storage_id], reasons.get(file.storage_id, "")) for file in files]

    def _away(self, storages: Iterable[StorageInfo]) -> Iterable[tuple[str, str]]:
        for storage in storages:
            try:
                expect_there(self._database, storage)
            except InspectorError as error:
                yield storage.id, error.message

    @staticmethod
    def _whereabouts(file: FileDetails, storage: StorageInfo, away: str) -> Whereabouts:
        if away:
            return Whereabouts(file, storage.root, FileState.AWAY, away)
        try:
            found = find_file(storage.root, file.path)
        except InspectorError as error:
            is_gone = isinstance(error.__cause__, FileNotFoundError)
            state = FileState.GONE if is_gone else FileState.CHANGED
            return Whereabouts(file, storage.root, state, "" if is_gone else error.message)
        if found.is_folder:
            return Whereabouts(file, storage.root, FileState.GONE, "a folder is at its place")
        same = (found.size, found.mtime_ns) == (file.size, file.mtime_ns)
        return Whereabouts(file, storage.root, FileState.THERE if same else FileState.CHANGED)
