"""What lies outside one storage while a plan is made: the other storages, the quarantine, earlier versions."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from inspector.catalog.copies import Candidate, Wanted, judged
from inspector.catalog.known_files import KnownFiles
from inspector.catalog.standing import Standing, standing
from inspector.catalog.storages import all_storages
from inspector.layouts.base import Surroundings
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.operations import Operation
from inspector.model.plan import Generation, QuarantineEntry
from inspector.model.records import StorageState
from inspector.model.relpath import split_path
from inspector.repair import keeping
from inspector.repair.choices.case import Copy
from inspector.repair.facts import StorageFacts
from inspector.repair.keeping import KeptAt
from inspector.repair.protection import Protection

_AWAY = (StorageState.OFFLINE, StorageState.NEW)
_MOST_COPIES = 20


class CatalogWorld:
    """The world as the catalog and the storages' own places for what was taken away describe it."""

    def __init__(
        self, connection: sqlite3.Connection, state_folder: Path, surroundings: Surroundings | None = None
    ) -> None:
        """`surroundings` are where layouts may look outside storages, by default the home folder of who runs this."""
        self._surroundings = surroundings or Surroundings(Path.home())
        self._connection = connection
        self._state_folder = state_folder
        self._storages = {storage.id: storage for storage in all_storages(connection)}
        self._facts: dict[str, StorageFacts] = {}
        self._quarantined: dict[str, list[QuarantineEntry]] = {}
        self._kept_at: dict[str, list[KeptAt]] = {}
        self._protection = Protection.of(connection)
        self._known = KnownFiles(connection)

    def facts(self, storage_id: str) -> StorageFacts:
        """As `World.facts` says; the same object each time."""
        if storage_id not in self._facts:
            storage = self._storages.get(storage_id)
            if storage is None:
                raise CannotRepairError("its storage is not known any more")
            if storage.state in _AWAY:
                raise CannotRepairError(f"its storage '{display_name(storage.name)}' is not there")
            self._facts[storage_id] = StorageFacts(self._connection, storage, self._surroundings)
        return self._facts[storage_id]

    def copies(self, wanted: Wanted) -> list[Copy]:
        """As `World.copies` says; at most twenty."""
        copies = []
        for one in self._candidates(wanted):
            verdict = judged(self._connection, one, wanted)
            copy = self._copy(one, verdict.doubt) if verdict.usable else None
            if copy is not None:
                copies.append(copy)
            if len(copies) == _MOST_COPIES:
                break
        return sorted(copies, key=lambda copy: bool(copy.doubt))

    def holders(self, wanted: Wanted) -> list[Copy]:
        """All that is known by the digest, or by the key, whatever is known against it; at most twenty."""
        found = (copy for one in self._candidates(wanted) if (copy := self._copy(one)) is not None)
        return list(islice(found, _MOST_COPIES))

    def _copy(self, one: Candidate, doubt: str = "") -> Copy | None:
        fact = self.facts(one.storage_id).file_in(one.folder, one.name)
        storage = self._storages[one.storage_id]
        return Copy(one.storage_id, storage.name, storage.root, fact, doubt) if fact is not None else None

    def _candidates(self, wanted: Wanted) -> Iterator[Candidate]:
        """Files of the storages that are there: those with the digest first, then those with the key."""
        if wanted.digest is not None:
            places = sorted((one.storage_id, *_encoded(one.path)) for one in self._known.with_digest(wanted.digest))
            yield from (Candidate(*place, "digest") for place in places if self._is_there(place[0]))
        if wanted.key is not None:
            places = self._connection.execute(_BY_KEY, {"key": wanted.key}).fetchall()
            yield from (Candidate(*place, "key") for place in places if self._is_there(place[0]))

    def _is_there(self, storage_id: str) -> bool:
        storage = self._storages.get(storage_id)
        return storage is not None and storage.state not in _AWAY

    def standing(self, storage_id: str, path: str) -> Standing | None:
        """How a file stands by the catalog; None where that has none there."""
        return standing(self._connection, storage_id, path, self.facts(storage_id).layout.key_engine)

    def quarantined(self, storage_id: str) -> list[QuarantineEntry]:
        """As `World.quarantined` says; read once."""
        if storage_id not in self._quarantined:
            try:
                self._quarantined[storage_id] = keeping.quarantined(self._places(storage_id))
            except keeping.UnreadablePlaceError as error:
                raise CannotRepairError(str(error)) from error
        return self._quarantined[storage_id]

    def generations(self, storage_id: str, path: str) -> list[Generation]:
        """As `World.generations` says."""
        return keeping.generations(self._places(storage_id), path)

    def version(self, storage_id: str, name: str) -> bytes | None:
        """As `World.version` says."""
        return keeping.version(self._places(storage_id), name)

    def protected(self, root: str, operations: Sequence[Operation]) -> str | None:
        """As `World.protected` says."""
        return self._protection.obstacle(root, operations)

    def _places(self, storage_id: str) -> list[KeptAt]:
        if storage_id not in self._kept_at:
            roots = {storage_id: self.facts(storage_id).root}
            self._kept_at[storage_id] = keeping.places_of(roots, self._state_folder)
        return self._kept_at[storage_id]


def _encoded(path: str) -> tuple[bytes, bytes]:
    folder, name = split_path(path)
    return os.fsencode(folder), os.fsencode(name)


_BY_KEY = """
    SELECT d.storage_id, d.path, f.name FROM content k JOIN file f ON f.digest = k.digest
    JOIN folder d ON d.id = f.folder_id WHERE k.key = :key AND f.gone_ns IS NULL
    UNION
    SELECT c.storage_id, c.folder, c.name FROM claim c
    JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
    JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
    LEFT JOIN content k ON k.digest = f.digest
    WHERE c.key = :key AND (k.key IS NULL OR k.key = '' OR k.key = :key)
    ORDER BY 1, 2, 3
"""
