"""Carry an import out: chunk by chunk, each a batch of the journal, so that whatever ends it costs a chunk at most."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

from inspector.catalog.arrived import ArrivedFile, put_arrived
from inspector.catalog.database import Database
from inspector.fs.tree import Tree
from inspector.fs.write import free_bytes
from inspector.layouts.base import Surroundings
from inspector.layouts.importing import Importing, ImportSession, Incoming
from inspector.layouts.registry import layout
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name, human_bytes
from inspector.model.errors import (
    CancelledByUserError,
    ExitCode,
    InspectorError,
    RecoveryNeededError,
    StorageLockedError,
    StorageOfflineError,
    UsageError,
)
from inspector.model.importing import Arriving, Imported, ImportItem, ImportPlan
from inspector.model.operations import CopyPath, Operation, Quarantine
from inspector.model.plan import ItemResult, ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import split_path
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.desk import Desk
from inspector.repair.facts import StorageFacts
from inspector.repair.importing.chunk_progress import ChunkProgress
from inspector.repair.importing.planning import importing_layout
from inspector.repair.importing.record import KIND, ImportRecord, open_record, running_alone
from inspector.repair.importing.renaming import is_as_planned, is_same_there, placed_anew
from inspector.repair.seats import seat_now

_FILES_A_CHUNK = 512
_MOST_FILES_A_CHUNK = 4096
_BYTES_A_CHUNK = 1 << 30
_ENTRIES_FOR_A_FILE = 8
"""A chunk grows with the storage, as each of them rewrites the documents: a file for so many that are there."""
_SPARE_BYTES = 16 << 20
"""What is left free on the drive, for documents and the journal."""
_PATIENCE_S = 60.0
_PAUSE_S = 0.1
_MOST_TRIES = 2
"""So often what was refused is planned anew, as another import may have taken its place meanwhile."""
_GOES_ON = "What came in stays; the same import goes on from there."
_ENDS_ALL = ("ENOSPC", "EDQUOT", "EROFS")
"""Errors of a drive that no later file is spared."""


class ImportRun:
    """One run of an import. For one thread."""

    def __init__(
        self, database: Database, desk: Desk, storage: StorageInfo, surroundings: Surroundings, progress: Progress
    ) -> None:
        self._database = database
        self._state_folder = database.folder
        self._desk = desk
        self._storage = storage
        self._surroundings = surroundings
        self._progress = progress
        self._own: Importing = importing_layout(storage)
        self._known_files = storage.files
        self._files = 0
        self._bytes = 0
        self._came_meanwhile: list[ImportItem] = []
        self._batches: list[str] = []
        self._errors: list[tuple[str, str]] = []
        self._notes: tuple[tuple[str, str], ...] = ()

    def run(self, plan: ImportPlan) -> Imported:
        """Import what the plan says; what ended it early is in what is returned.

        Raises:
            InspectorError: nothing was begun.
        """
        self._errors = [(item.source, item.reason) for item in plan.items if item.what is Arriving.ERROR]
        coming = plan.coming
        self._notes = tuple((item.source, _stand_in(item)) for item in coming if item.keyless)
        with running_alone(self._state_folder, plan.storage_id, plan.source):
            record = open_record(self._state_folder, plan.storage_id, plan.source)
            if (record is not None) is not plan.goes_on:
                what = "was imported by another run since the plan was made, so nothing was begun"
                raise UsageError(what, path=plan.source, advice="Plan it again.")
            if record is None and not coming:
                return self._imported(plan, plan.session_id, None)
            if record is not None:
                self._batches = record.batches(self._state_folder)
            return self._carry_out(plan, coming, record or self._begun(plan))

    def _carry_out(self, plan: ImportPlan, coming: Sequence[ImportItem], record: ImportRecord) -> Imported:
        if self._progress.cancelled:
            raise CancelledByUserError("stopped, so nothing was begun")
        session = self._session(plan, record)
        self._expect_fit(plan, ())
        self._progress.begin("importing", total_files=len(coming), total_bytes=sum(item.size for item in coming))
        error: InspectorError | None = None
        try:
            record, session = self._open_session(plan, record, session)
            facts = self._facts()
            for chunk in self._chunks(coming):
                self._expect_fit(plan, chunk)
                refused = self._apply_chunk(plan, record, session, facts, chunk)
                for _ in range(_MOST_TRIES):
                    again = [item for item, _ in refused if is_as_planned(plan.source, item)]
                    if again:
                        others = [one for one in refused if one[0] not in again]
                        facts = self._facts()
                        refused = others + self._apply_chunk(plan, record, session, facts, again)
                self._errors.extend((item.source, reason) for item, reason in refused)
            self._expect_fit(plan, ())
            duplicates = session.duplicates + sum(item.is_media for item in self._came_meanwhile)
            self._end(record, replace(session, duplicates=duplicates, errors=tuple(self._errors)))
        except InspectorError as caught:
            if not self._batches:
                record.forget(self._state_folder)
                raise
            error = caught
        return self._imported(plan, record.session, error)

    # --- the session --------------------------------------------------------------------------------------------

    def _begun(self, plan: ImportPlan) -> ImportRecord:
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        title = plan.options.title or os.path.basename(plan.source) or plan.source
        planned = sum(item.is_media for item in plan.items)
        known = (plan.storage_id, plan.source, plan.session_id, title, began, plan.options, planned)
        return ImportRecord.new(self._state_folder, *known)

    def _session(self, plan: ImportPlan, record: ImportRecord) -> ImportSession:
        media = [item for item in plan.items if item.is_media]
        duplicates = sum(item.what is Arriving.DUPLICATE for item in media)
        title = plan.options.title or record.title
        scanned = len(media) + plan.done_media
        return ImportSession(
            record.session, title, record.source, record.began, scanned, duplicates, tuple(self._errors), self._notes
        )

    def _open_session(
        self, plan: ImportPlan, record: ImportRecord, session: ImportSession
    ) -> tuple[ImportRecord, ImportSession]:
        """The record and the session, whose document is there now; under the next id where this one was taken.

        Raises:
            StorageLockedError: where it was taken and files are called after it.
            InspectorError: where it could not be made.
        """
        while True:
            record.save(self._state_folder)
            try:
                writes = self._own.import_begins(self._facts(), session)
            except CannotRepairError as error:
                if plan.goes_on:
                    return record, session
                record, session = self._next_session(plan, record, session, str(error))
                continue
            if not writes:
                return record, session
            (result,) = self._apply([self._item(record, 1, f"session {session.id}", "R1", writes, after=session.title)])
            if result.state is ItemState.DONE:
                return record, session
            if result.state is not ItemState.REFUSED:
                raise _ended(result)
            record, session = self._next_session(plan, record, session, result.reason)

    def _next_session(
        self, plan: ImportPlan, record: ImportRecord, session: ImportSession, why: str
    ) -> tuple[ImportRecord, ImportSession]:
        following = self._own.next_session(self._facts())
        if following == session.id or plan.options.organize == "session" or "{session" in plan.options.organize:
            raise StorageLockedError(
                f"another import came first ({why}), so nothing was begun",
                path=self._storage.root,
                advice="Run it again: it gets the next session.",
            )
        return replace(record, session=following), replace(session, id=following)

    def _end(self, record: ImportRecord, session: ImportSession) -> None:
        try:
            writes = self._own.import_ends(self._facts(), session)
        except CannotRepairError:
            writes = ()  # its document was taken away meanwhile, by somebody who meant that
        if writes:
            (result,) = self._apply([self._item(record, 1, f"session {session.id}", "R1", writes, after="ended")])
            if result.state is not ItemState.DONE:
                raise _ended(result)
        record.forget(self._state_folder)

    # --- chunks -------------------------------------------------------------------------------------------------

    def _chunks(self, coming: Sequence[ImportItem]) -> Iterator[list[ImportItem]]:
        """The items in chunks; files that belong together are in one."""
        chunk: list[ImportItem] = []
        size = 0
        for _, group in groupby(coming, key=lambda item: item.group):
            some = list(group)
            much = sum(item.size for item in some)
            known = (self._known_files + self._files) // _ENTRIES_FOR_A_FILE
            most = min(max(_FILES_A_CHUNK, known), _MOST_FILES_A_CHUNK)
            if chunk and (len(chunk) + len(some) > most or size + much > _BYTES_A_CHUNK):
                yield chunk
                chunk, size = [], 0
            chunk.extend(some)
            size += much
        if chunk:
            yield chunk

    def _expect_fit(self, plan: ImportPlan, chunk: Sequence[ImportItem]) -> None:
        """Return if the source is there and the drive has room for a chunk, and nobody wants to stop.

        Raises:
            CancelledByUserError, StorageOfflineError, InspectorError: otherwise.
        """
        if self._progress.cancelled:
            raise CancelledByUserError(f"stopped. {_GOES_ON}")
        if plan.seat is None or seat_now(plan.source) != plan.seat:
            raise StorageOfflineError("is not there any more", path=plan.source, advice=_GOES_ON)
        needed = sum(item.size for item in chunk) + _SPARE_BYTES
        try:
            with Tree(self._storage.root) as tree:
                free = free_bytes(tree)
        except OSError as error:
            raise StorageOfflineError(
                f"is not there any more ({error.strerror})", path=self._storage.root, advice=_GOES_ON
            ) from error
        if chunk and free < needed:
            what = f"has {human_bytes(free)} free, and {human_bytes(needed)} are needed to go on (ENOSPC)"
            raise NoRoomError(what, path=self._storage.root, advice=f"Free some space there. {_GOES_ON}")

    def _apply_chunk(
        self,
        plan: ImportPlan,
        record: ImportRecord,
        session: ImportSession,
        facts: StorageFacts,
        chunk: Sequence[ImportItem],
    ) -> list[tuple[ImportItem, str]]:
        """Import a chunk; what did not come in, and why, is returned: another import may have come first.

        Raises:
            InspectorError: where no more can come in.
        """
        items: list[PlanItem] = []
        meant: list[ImportItem] = []
        refused: list[tuple[ImportItem, str]] = []
        for item in placed_anew(facts, chunk, plan.coming):
            try:
                operations = self._operations(plan, session, facts, item)
            except CannotRepairError as error:
                refused.append((item, str(error)))
                continue
            meant.append(item)
            risk = "R3" if item.what is Arriving.REPLACES else "R2"
            label = display_name(item.target)
            items.append(self._item(record, len(items) + 1, label, risk, operations, item))
        results = self._apply(items, (plan.source,)) if items else []
        pairs = list(zip(meant, results, strict=True))
        came = [item for item, result in pairs if result.state is ItemState.DONE]
        self._files += len(came)
        self._bytes += sum(item.size for item in came)
        self._tell_catalog(came)
        others = [(item, result) for item, result in pairs if result.state is not ItemState.DONE]
        if others:
            self._expect_fit(plan, ())  # what ended them all is said once
        for item, result in others:
            if result.state is ItemState.UNFINISHED:
                raise RecoveryNeededError(result.reason, advice=f"Settle it first: inspector recover. {_GOES_ON}")
            if result.state is ItemState.PENDING:
                raise StorageLockedError(result.reason, path=self._storage.root, advice=_GOES_ON)
            if any(name in result.reason for name in _ENDS_ALL):
                raise NoRoomError(result.reason, path=self._storage.root, advice=_GOES_ON)
            if is_same_there(self._storage.root, item):
                self._came_meanwhile.append(item)  # with another import
            else:
                refused.append((item, result.reason))
        return refused

    def _operations(
        self, plan: ImportPlan, session: ImportSession, facts: StorageFacts, item: ImportItem
    ) -> tuple[Operation, ...]:
        replaces = item.what is Arriving.REPLACES
        operations: list[Operation] = []
        if replaces and item.replaced is not None:
            operations.append(Quarantine(item.target, item.replaced))
        operations.append(CopyPath(item.source, item.target, item.state, plan.source))
        if item.is_media:
            name, mtime_ns = split_path(item.source)[1], item.state.mtime_ns or 0
            known = (item.key, item.identity, item.has_exif, replaces)
            incoming = Incoming(item.target, name, item.size, mtime_ns, *known)
            operations.extend(self._own.file_comes_in(facts, session, incoming))
        return tuple(operations)

    def _item(
        self,
        record: ImportRecord,
        number: int,
        label: str,
        risk: str,
        operations: Sequence[Operation],
        item: ImportItem | None = None,
        after: str = "",
    ) -> PlanItem:
        before = display_name(item.source) if item is not None else ""
        size = item.size if item is not None else 0
        choice = item.what.value if item is not None else "session"
        after = display_name(item.target) if item is not None else after
        return PlanItem(
            number, self._storage.id, record.mark, KIND, choice, label, risk, tuple(operations), before, after, size
        )

    def _apply(self, items: Sequence[PlanItem], sources: tuple[str, ...] = ()) -> list[ItemResult]:
        """Apply items as one batch; while somebody else is at the storage, wait for a minute."""
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        plan = Plan(new_batch_id(), created, {self._storage.id: self._storage.root}, tuple(items), sources=sources)
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                info = self._desk.apply(plan, ChunkProgress(self._progress))
                break
            except StorageLockedError:
                if time.monotonic() > deadline or self._progress.cancelled:
                    raise
                time.sleep(_PAUSE_S)
        self._batches.append(info.id)
        return sorted(info.items, key=lambda one: one.number)

    def _tell_catalog(self, came: Sequence[ImportItem]) -> None:
        """Enter what came in as it is now, so that it is known at once, and no scan has to read it."""
        engine = layout(self._storage.layout).key_engine
        found: list[ArrivedFile] = []
        with suppress(OSError), Tree(self._storage.root) as tree:
            found.extend(_arrived(tree, came, with_keys=engine is not None))
        with self._database.transaction() as connection:
            put_arrived(connection, self._storage.id, found, engine)

    def _facts(self) -> StorageFacts:
        return StorageFacts(self._database.connection, self._storage, self._surroundings)

    def _imported(self, plan: ImportPlan, session: str, error: InspectorError | None) -> Imported:
        duplicates = plan.totals.files[Arriving.DUPLICATE] + len(self._came_meanwhile)
        batches, errors = tuple(self._batches), tuple(self._errors)
        return Imported(
            plan.storage_id, session, self._files, self._bytes, duplicates, errors, self._notes, batches, error
        )


def _arrived(tree: Tree, came: Iterable[ImportItem], *, with_keys: bool) -> Iterator[ArrivedFile]:
    """What came in, as far as it is as it came: what went or changed again meanwhile, the next scan tells."""
    for item in came:
        with suppress(OSError), tree.reading(item.target) as descriptor:
            status = os.fstat(descriptor)
            if (status.st_size, status.st_mtime_ns) == (item.state.size, item.state.mtime_ns):
                stat = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
                key = item.key if with_keys and item.is_media else None
                yield ArrivedFile(item.target, *stat, item.state.digest or "", key)


class NoRoomError(InspectorError):
    """The drive of the storage takes no more of what comes in."""

    exit_code = ExitCode.USAGE


def _stand_in(item: ImportItem) -> str:
    return f"it came in, listed by the digest of its bytes, as it gives no key: {item.keyless}"


def _ended(result: ItemResult) -> InspectorError:
    return InspectorError(result.reason, advice=_GOES_ON)
