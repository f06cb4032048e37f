"""How far storages are in step: read from the catalog, noted after each scan, asked of Syncthing if it is known."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.catalog import sync_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflicts import count_by_severity
from inspector.catalog.database import Database
from inspector.catalog.storages import is_changed
from inspector.model.display import counted, display_name
from inspector.model.kinds import Severity
from inspector.model.records import StorageInfo, StorageState
from inspector.model.sync import PASSING, InFlight, PeerStatus, SyncProgram, SyncState, SyncStatus, Writer
from inspector.sync.programs import BY_ID, owner_of
from inspector.sync.status import ARRIVING_NS, SLOT_NS, Noted, Slot, SyncFacts, rate_of, status_of, worse

if TYPE_CHECKING:
    from inspector.sync.syncthing import SyncthingSettings


def sync_program(program_id: str) -> SyncProgram | None:
    """A sync program by its id, with what it means that it owns a folder."""
    return BY_ID.get(program_id)


class Syncing:
    """Sync status over one catalog."""

    def __init__(self, database: Database, clock: Callable[[], int] = time.time_ns) -> None:
        """`clock` says when it is, in nanoseconds since the epoch."""
        self._database = database
        self._clock = clock
        self._lacking: dict[str, str] = {}
        self._to_come: dict[str, tuple[int, float]] = {}

    def status(self, storage: StorageInfo, degraded: str = "") -> SyncStatus:
        """How far a storage is in step, from the catalog alone; `degraded` is what a watcher lacks, in words."""
        return status_of(self._facts(storage, degraded), self._clock())

    def follow(self, storage: StorageInfo, degraded: str = "") -> SyncStatus:
        """As `status`, and note that a state began that no scan brought: a decision did, or what a watcher lacks."""
        self._lacking[storage.id] = degraded
        facts = self._facts(storage, degraded)
        status = status_of(facts, self._clock())
        is_noted = facts.noted is not None and facts.noted.state is status.state
        return status if is_noted or status.state in PASSING else self.note(storage, 0, degraded)

    def note(self, storage: StorageInfo, changes: int = 0, degraded: str = "") -> SyncStatus:
        """Write down how far a storage is in step now, with so many files changed since the last note.

        What is in step after something changed is so from now on. Other states go on until there is another one. What a
        watcher of this process lacks is known from `follow`.
        """
        now_ns, degraded = self._clock(), degraded or self._lacking.get(storage.id, "")
        status = status_of(self._facts(storage, degraded), now_ns)
        program, root = self._owner(storage, status)
        number = now_ns // SLOT_NS
        with self._database.transaction() as connection:
            begins = status.state is SyncState.IN_STEP and changes > 0
            sync_rows.put_noted(connection, storage.id, status.state.value, now_ns, program, root, begins=begins)
            if changes or status.newest_ns is None:
                sync_rows.note_newest(connection, storage.id, now_ns)
            before = next((one for one in self._slots(storage.id) if one.number == number), None)
            worst = worse(before.worst, status.state) if before is not None else status.state
            changes += before.changes if before is not None else 0
            slot = (number, status.state.value, worst.value, changes, status.conflicts)
            sync_rows.put_slot(connection, storage.id, slot)
        return self.status(storage, degraded)

    @staticmethod
    def _owner(storage: StorageInfo, status: SyncStatus) -> tuple[str, str]:
        """The sync program that owns the folder and where, as it was known while the storage is away."""
        if status.state is SyncState.OFFLINE:
            return status.program, status.program_root
        owner = owner_of(storage.root)
        return (owner[0].id, str(owner[1])) if owner is not None else ("", "")

    async def peer(self, storage: StorageInfo, settings: "SyncthingSettings") -> PeerStatus | None:
        """What Syncthing says of the folder that holds a storage; None where it has no such folder."""
        from inspector.sync.syncthing import folder_status  # brings urllib

        status = await asyncio.to_thread(folder_status, settings, storage.root)
        if status is None or status.error:
            self._to_come.pop(storage.id, None)
            return status
        before, now = self._to_come.get(storage.id), time.monotonic()
        self._to_come[storage.id] = status.need_bytes, now
        return replace(status, rate=rate_of(before, (status.need_bytes, now)))

    def _facts(self, storage: StorageInfo, degraded: str) -> SyncFacts:
        connection = self._database.connection
        noted = sync_rows.get_noted(connection, storage.id)
        scanning_ns = sync_rows.running_scan_since(connection, storage.id)
        if scanning_ns is not None or storage.state is StorageState.SCANNING:  # parts are scanned without an entry
            from inspector.fs.locks import is_locked  # brings what locks are made with

            is_scanned = is_locked(self._database.folder, storage.id)
            scanning_ns = (scanning_ns or self._clock()) if is_scanned else None
        count, what, since_ns = sync_rows.arriving(connection, storage.id, self._clock() - ARRIVING_NS)
        severities = count_by_severity(connection, ConflictFilter((storage.id,)))
        return SyncFacts(
            storage,
            sum(number for severity, number in severities.items() if severity >= Severity.WARNING),
            sync_rows.listing_layers(connection, storage.id),
            scanning_ns,
            storage.last_scan_ns is not None and is_changed(connection, storage.id),
            degraded,
            InFlight(count, what, since_ns) if count else None,
            Noted(SyncState(noted[0]), *noted[1:]) if noted is not None else None,
            self._writers(storage.id),
            self._slots(storage.id),
            self._unread(storage),
        )

    def _unread(self, storage: StorageInfo) -> str:
        """Which folders could not be looked into, and why, in words; empty where all could."""
        if storage.state is not StorageState.PARTIAL:
            return ""
        folders = sync_rows.unread_folders(self._database.connection, storage.id)
        if not folders:
            return ""
        (path, why), *more = folders
        others = f", nor {counted(len(more), 'other folder')}" if more else ""
        return f"{display_name(path) or 'the root'} cannot be looked into{others}: {why}"

    def _slots(self, storage_id: str) -> list[Slot]:
        rows = sync_rows.slots_of(self._database.connection, storage_id)
        return [Slot(number, SyncState(state), SyncState(worst), *rest) for number, state, worst, *rest in rows]

    def _writers(self, storage_id: str) -> tuple[Writer, ...]:
        connection = self._database.connection
        writers = []
        copy = sync_rows.newest_evidence(connection, storage_id, "sync_conflict_copy")
        if copy is not None and copy[1].get("device"):
            writers.append(Writer(str(copy[1]["device"]), "conflict copy", copy[0], str(copy[1].get("when") or "")))
        lock = sync_rows.newest_evidence(connection, storage_id, "stale_lock")
        holder = lock[1].get("holder") if lock is not None else None
        if lock is not None and isinstance(holder, dict):
            from inspector.fs.lock_verdicts import HOST_MEMBERS

            host = next((holder[name] for name in HOST_MEMBERS if holder.get(name)), None)
            if host:
                writers.append(Writer(str(host), "lock", lock[0]))
        return tuple(writers)
