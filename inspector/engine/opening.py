"""The engine's half for opening storages: which there are, where they are, and what is known of each."""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from inspector.catalog import storages as storage_rows
from inspector.catalog.database import Database
from inspector.engine.answering import GivenUpError, while_it_answers
from inspector.engine.syncing import Syncing
from inspector.fs.profile import file_system_of
from inspector.fs.servers import real_path, silent_error, silent_server, words_for_silent
from inspector.layouts import registry
from inspector.layouts.base import KnownStorage, Recognition
from inspector.model.display import display_name
from inspector.model.errors import NotAStorageError
from inspector.model.progress import Progress
from inspector.model.records import FoundStorage, StorageInfo, StorageState

_SECONDS_OF_OPENING = 3.0
"""So long a server may fall silent while a storage is recognised."""


class Gatherings:
    """By which places storages were opened, by their roots: as the catalog has it, or had it when it was last read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[str, Sequence[str]] = {}

    def __call__(self, root: str) -> Sequence[str]:
        """The places of the storage at this root."""
        with suppress(sqlite3.Error):
            self._seen[root] = storage_rows.gatherings_of(self._database.connection, root)
        return self._seen.get(root, ())


class KnownStorages:
    """What every storage goes by, and where it was: as the catalog has it, or had it when it was last read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: Sequence[KnownStorage] = ()

    def __call__(self) -> Sequence[KnownStorage]:
        """All of them."""
        with suppress(sqlite3.Error):
            places = storage_rows.identities_and_roots(self._database.connection)
            self._seen = [KnownStorage(identity, root) for identity, root in places]
        return self._seen


class Opening:
    """The storages of one catalog. Front ends reach it as a part of `Engine`."""

    _database: Database
    _syncing: Syncing

    async def open(self, path: str | Path) -> StorageInfo:
        """Recognise the storage at `path` and enter it in the catalog; nothing is scanned yet.

        A known storage that is away is returned as it was last seen, with the state OFFLINE.

        Raises:
            NotAStorageError: where there is no storage, and none was known there.
        """
        found: list[StorageInfo] = []
        try:
            await self._while_it_answers(path, lambda: found.append(self._open(path)))
        except GivenUpError:
            return await asyncio.to_thread(self._open, path)  # which knows by now that nobody answers
        return found[0]

    async def open_all(self, path: str | Path) -> list[StorageInfo]:
        """As `open`; all of its storages where the path is no storage and stands for some, as a program's profile.

        Raises:
            NotAStorageError: where there is no storage, and none was known there.
        """
        found: list[str] = []
        with suppress(GivenUpError):
            await self._while_it_answers(path, lambda: found.extend(self._members(path)))
        if not found:
            return [await self.open(path)]
        opened = [await self.open(one) for one in found]
        await asyncio.to_thread(self._note_gathering, path, opened)
        return opened

    async def _while_it_answers(self, path: str | Path, work: Callable[[], None]) -> None:
        await while_it_answers(self._database, os.fspath(path), Progress(), work, _SECONDS_OF_OPENING)

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
        wanted = {os.path.abspath(path), real_path(os.fspath(path))}
        there = [storage for storage in self.storages() if storage.root in wanted]
        there.sort(key=lambda storage: (storage.state is not StorageState.OFFLINE, storage.last_scan_ns or 0))
        return there[-1] if there else None

    def all_known_at(self, path: str | Path) -> list[StorageInfo]:
        """As `known_at`; all that were opened by this path where it is no storage and stands for some."""
        known = self.known_at(path)
        if known is not None or not os.fspath(path):
            return [known] if known is not None else []
        gathered = set(storage_rows.gathered_by(self._database.connection, os.path.realpath(path)))
        return [storage for storage in self.storages() if storage.id in gathered]

    async def forget_gathering(self, path: str | Path) -> list[StorageInfo]:
        """Forget that storages were opened by the place at `path`, there or not; the storages of which that was known.

        Their layers are read without what lies there from their next scan on.
        """
        return await asyncio.to_thread(self._forget_gathering, path)

    def gatherings(self) -> list[str]:
        """The places by which storages were opened, and that are remembered."""
        return storage_rows.all_gatherings(self._database.connection)

    async def discover(
        self,
        roots: Sequence[str | Path],
        *,
        depth: int,
        progress: Progress | None = None,
        on_found: Callable[[FoundStorage], None] | None = None,
        on_silent: Callable[[str], None] | None = None,
    ) -> list[FoundStorage]:
        """Find storages below `roots` by their marks, at most `depth` folders down, legacy ones too.

        `on_silent` is told of each mount point whose server does not answer: nothing below it is looked at.
        """
        from inspector.scan.discovery import discover

        named = [os.fspath(root) for root in roots]
        return await asyncio.to_thread(discover, named, depth, progress or Progress(), on_found, on_silent)

    async def note_away(self, storage_id: str, reason: str) -> None:
        """A storage is seen to be away: it is OFFLINE, with all that is known of it kept."""
        await asyncio.to_thread(self.note_away_now, storage_id, reason)

    def note_away_now(self, storage_id: str, reason: str) -> None:
        """As `note_away`, from a thread."""
        self._set_offline(self.storage(storage_id), reason)

    def _open(self, given: str | Path) -> StorageInfo:
        if not os.fspath(given):
            raise NotAStorageError("an empty path names no storage", advice="Check the variable that it came from.")
        path = os.path.abspath(given)
        known = self.known_at(path)
        server = silent_server(path)
        if server:
            if known is None:
                raise silent_error(path, server)
            return self._set_offline(known, words_for_silent(server))
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
        path = real_path(os.fspath(given)) if os.fspath(given) else ""
        if not path or silent_server(path) or self.known_at(path) is not None or _has_marks(path):
            return []
        return registry.members(path, [KnownStorage(one.identity, one.root) for one in self.storages()])

    def _note_gathering(self, given: str | Path, storages: Sequence[StorageInfo]) -> None:
        """Remember by which place storages were opened, so that their layers are read from there at every scan."""
        place = os.path.realpath(given)
        with self._database.transaction() as connection:
            for storage in storages:
                storage_rows.note_gathering(connection, storage.id, place)

    def _forget_gathering(self, given: str | Path) -> list[StorageInfo]:
        places = dict.fromkeys((os.path.abspath(given), os.path.realpath(given)))
        with self._database.transaction() as connection:
            gathered = {one for place in places for one in storage_rows.gathered_by(connection, place)}
            for place in places:
                storage_rows.forget_gathering(connection, place)
        return [storage for storage in self.storages() if storage.id in gathered]

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
        if silent_server(known.root):
            return False
        try:
            recognition = registry.layout(known.layout).recognise(known.root)
        except OSError:
            return False
        return recognition is not None and recognition.identity == known.identity

    def _set_offline(self, storage: StorageInfo, reason: str) -> StorageInfo:
        with self._database.transaction() as connection:
            storage_rows.set_state(connection, storage.id, StorageState.OFFLINE, reason)
        self._syncing.note(self.storage(storage.id))
        return replace(storage, state=StorageState.OFFLINE, reason=reason)


def _has_marks(path: str) -> bool:
    """Whether a folder is a storage by itself, other than one that any folder is."""
    try:
        layout, _ = registry.recognise(path)
    except (NotAStorageError, OSError):
        return False
    return layout.name != registry.LAYOUT_OF_LAST_RESORT


def _storage_id(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:12]
