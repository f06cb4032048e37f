"""Where a picture that is to come in is already: in a known storage that is there, or among what comes in before it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from inspector.catalog.copies import Wanted
from inspector.model.display import display_name
from inspector.model.operations import FileState
from inspector.model.records import StorageInfo
from inspector.repair.choices.case import Copy
from inspector.repair.importing.holding import Hold, Holding
from inspector.repair.importing.reading import ReadFile
from inspector.repair.world import CatalogWorld


@dataclass(frozen=True, slots=True)
class Held:
    """What holds a picture already: a file of a storage, or, with `coming`, one of the same import.

    `path` is relative to the storage's root. `same_bytes` says that it is the same to the byte, not only the same
    picture by its key. `state` is what the catalog knows of the file.
    """

    storage_id: str
    path: str
    reason: str
    same_bytes: bool
    coming: bool = False
    state: FileState | None = None


class Duplicates:
    """Looks pictures up, in the storage itself first. A context: it holds storages open to see that files are there."""

    def __init__(self, world: CatalogWorld, storage: StorageInfo, source: str) -> None:
        """What lies below `source`, an absolute path, is what comes in, and no duplicate of it."""
        self._world = world
        self._storage = storage
        self._source = source
        self._stack = ExitStack()
        self._holding = Holding(world, self._stack)
        self._by_digest: dict[str, str] = {}
        self._by_key: dict[str, str] = {}

    def __enter__(self) -> "Duplicates":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def note_coming(self, file: ReadFile, target: str) -> None:
        """A file is going to be at `target`."""
        if file.state.digest is not None:
            self._by_digest.setdefault(file.state.digest, target)
        if file.key:
            self._by_key.setdefault(file.key, target)

    def held(self, file: ReadFile) -> Held | None:
        """What holds a picture already: the same bytes before the same picture, the storage before all others."""
        found = sorted(self._all(file), key=lambda one: (not one.same_bytes, one.storage_id != self._storage.id))
        return found[0] if found else None

    def _all(self, file: ReadFile) -> Iterator[Held]:
        digest, own = file.state.digest or "", self._storage.id
        if (target := self._by_digest.get(digest)) is not None:
            yield Held(own, target, f"it comes in as {display_name(target)}", True, coming=True)
        elif file.key and (target := self._by_key.get(file.key)) is not None:
            reason = f"the same picture, with other bytes, comes in as {display_name(target)}"
            yield Held(own, target, reason, False, coming=True)
        for copy in (*self._world.holders(Wanted(digest)), *self._copies_by_key(file.key)):
            hold = Hold.NOTHING if self._is_coming(copy) else self._holding.of(copy, file)
            if hold is Hold.NOTHING:
                continue
            same = hold is Hold.BYTES
            what = "it is" if same else "the same picture, with other bytes, is"
            where = "" if copy.storage_id == own else f" in '{display_name(copy.storage_name)}'"
            reason = f"{what} there already{where}: {display_name(copy.fact.path)}"
            yield Held(copy.storage_id, copy.fact.path, reason, same, state=copy.fact.state)

    def _copies_by_key(self, key: str) -> list[Copy]:
        return self._world.holders(Wanted(key=key)) if key else []

    def _is_coming(self, copy: Copy) -> bool:
        """Whether a file is part of the source: nothing of the storage is, even where that lies in the source."""
        real = os.path.join(os.path.realpath(copy.root), copy.fact.path)
        return copy.storage_id != self._storage.id and real.startswith(f"{self._source.rstrip('/')}/")
