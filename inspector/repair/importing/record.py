"""What is remembered of an import until it has ended, in the state folder, so that it goes on after whatever ended it.

What came in is not in it: the journal tells that, whose batches carry the import's mark.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from inspector.conflicts.sidecar_media import media_kind
from inspector.fs.tree import Tree
from inspector.fs.write import replace_file, write_failed
from inspector.model.errors import InspectorError, StorageLockedError, StorageOfflineError
from inspector.model.guarded_json import guarded_json
from inspector.model.importing import ImportOptions, OnDuplicate
from inspector.model.operation_codec import decode_text, encode_text
from inspector.model.operations import CopyPath, FileState
from inspector.model.plan import BatchInfo, ItemState, PlanItem
from inspector.repair import history, recovery
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.importing.holding import state_at
from inspector.repair.importing.walking import Source
from inspector.repair.journal import JournalError, batches

_FOLDER = "imports"
_VERSION = 1
KIND = "import"
"""The kind of an import's items in the journal."""


@dataclass(frozen=True, slots=True)
class Done:
    """A file of a source that came in: where it is now, and what it was at the source."""

    target: str
    state: FileState

    def is_still(self, status: os.stat_result, root: str) -> bool:
        """Whether the source is as it was, and the file in the storage at `root`."""
        if (status.st_size, status.st_mtime_ns) != (self.state.size, self.state.mtime_ns):
            return False
        try:
            there = os.lstat(os.path.join(root, self.target))
        except OSError:
            return False
        if (there.st_size, there.st_mtime_ns) == (self.state.size, self.state.mtime_ns):
            return True
        now = state_at(root, self.target)
        return now is not None and now.digest == self.state.digest


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import that has begun and not ended. `mark` tells its items in the journal, in batches from `since` on."""

    storage_id: str
    source: str
    session: str
    title: str
    began: str
    options: ImportOptions
    mark: str
    since: str
    planned: int = 0
    """How many media files the source held when it began."""

    @staticmethod
    def new(
        state_folder: Path,
        storage_id: str,
        source: str,
        session: str,
        title: str,
        began: str,
        options: ImportOptions,
        planned: int,
    ) -> "ImportRecord":
        """The record of an import that begins now."""
        mark = f"{KIND}:{secrets.token_hex(8)}"
        return ImportRecord(
            storage_id, source, session, title, began, options, mark, new_batch_id(state_folder), planned
        )

    def save(self, state_folder: Path) -> None:
        """Write it down, certain on return.

        Raises:
            WriteFailedError: where that cannot be done.
        """
        values = {"version": _VERSION, **asdict(self), "source": encode_text(self.source)}
        path = f"{_FOLDER}/{_name(self.storage_id, self.source)}"
        place = state_folder / path
        try:
            with Tree(str(state_folder)) as tree:
                status = place.lstat() if place.exists() else None
                replace_file(tree, path, json.dumps(values).encode("ascii"), like=status)
        except OSError as error:
            raise write_failed(error, str(place)) from error

    def forget(self, state_folder: Path) -> None:
        """The import has ended."""
        (state_folder / _FOLDER / _name(self.storage_id, self.source)).unlink(missing_ok=True)

    def expect_source(self, state_folder: Path, found: Source) -> None:
        """Return unless the source held pictures and holds none now, as where a drive was pulled out.

        Raises:
            StorageOfflineError: then.
        """
        if any(media_kind(name) is not None for folder in found.folders for name in folder.names):
            return
        if self.planned or self.done(state_folder):
            what = "is not there: it holds none of the pictures of the import that did not end"
            raise StorageOfflineError(what, path=self.source, advice="Connect it, then give the same command again.")

    def interrupted(self, state_folder: Path) -> list[BatchInfo]:
        """Its batches that were interrupted, and wait to be settled."""
        return [info for info in history.interrupted(state_folder) if self._is_ours(self._items(state_folder, info.id))]

    def batches(self, state_folder: Path) -> list[str]:
        """Its batches, oldest first."""
        return [batch for batch, _ in self._each(state_folder)]

    def done(self, state_folder: Path) -> dict[str, Done]:
        """The files of the source that came in, by their paths there, and stayed."""
        found: dict[str, Done] = {}
        for batch, items in self._each(state_folder):
            states = {one.number: one.state for one in history.batch_info(state_folder, batch).items}
            for item in items:
                if states.get(item.number) is not ItemState.DONE:
                    continue
                for operation in item.operations:
                    if isinstance(operation, CopyPath):
                        found[operation.source] = Done(operation.target, operation.expect)
        return found

    def _each(self, state_folder: Path) -> Iterator[tuple[str, list[PlanItem]]]:
        for batch in batches(state_folder):
            if batch >= self.since and self._is_ours(items := self._items(state_folder, batch)):
                yield batch, items

    def _is_ours(self, items: list[PlanItem]) -> bool:
        return bool(items) and items[0].conflict_id == self.mark

    def _items(self, state_folder: Path, batch: str) -> list[PlanItem]:
        try:
            return recovery.plan_of(state_folder, batch)[0]
        except JournalError:
            return []  # what it says is not known; the storage itself tells what came in


def open_record(state_folder: Path, storage_id: str, source: str) -> ImportRecord | None:
    """The record of an import of this source into this storage that did not end; None where there is none.

    One that cannot be read counts as none.
    """
    path = state_folder / _FOLDER / _name(storage_id, source)
    try:
        values = guarded_json(path.read_bytes())
        if values.pop("version") != _VERSION:
            return None
        options = values.pop("options")
        values["source"] = decode_text(values["source"])
        return ImportRecord(
            **values,
            options=ImportOptions(options["organize"], OnDuplicate(options["on_duplicate"]), options["title"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InspectorError):
        return None


@contextmanager
def running_alone(state_folder: Path, storage_id: str, source: str) -> Iterator[None]:
    """Keep other runs of the same import out.

    Raises:
        StorageLockedError: where one is at work.
        WriteFailedError: where the state folder cannot be written.
    """
    lock = FileLock(state_folder / _FOLDER / f"{_name(storage_id, source)}.lock", timeout=0)
    try:
        (state_folder / _FOLDER).mkdir(exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StorageLockedError(
            "is being imported into this storage already", path=source, advice="Let that import end, or stop it."
        ) from None
    except OSError as error:
        raise write_failed(error, lock.lock_file) from error
    try:
        yield
    finally:
        lock.release()


def _name(storage_id: str, source: str) -> str:
    text = f"{storage_id}\0{source}".encode("utf-8", "surrogateescape")
    return f"{hashlib.sha256(text).hexdigest()[:24]}.json"
