"""What a watch has to say: of storages and of conflicts, as it happens."""

from dataclasses import dataclass
from enum import StrEnum

from inspector.model.records import Conflict, StorageInfo
from inspector.model.sync import SyncState


class WatchState(StrEnum):
    """What a watched storage is doing."""

    WATCHING = "watching"
    """Nothing waits to be looked at."""
    CHANGING = "changing"
    """Something changes; it is looked at when it is quiet."""
    SCANNING = "scanning"
    OFFLINE = "offline"


_STEP = {
    WatchState.OFFLINE: SyncState.OFFLINE,
    WatchState.SCANNING: SyncState.SCANNING,
    WatchState.CHANGING: SyncState.SYNCING,
}


def in_step_now(known: SyncState | None, doing: WatchState) -> SyncState:
    """How far a storage is in step: as its watch sees it where that is newer than any scan, else as is `known`."""
    return _STEP.get(doing) or known or SyncState.BEHIND


class Change(StrEnum):
    """What became of a conflict. One that a person's word hides counts as closed."""

    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How a watch goes about it, in seconds.

    A folder is looked at after it has been quiet for `quiet_seconds`, and after `longest_seconds` in any case. One in
    which only programs' temporary files come and go is left alone for `temporary_seconds`. Each storage is scanned
    quickly about every `quick_seconds`, whatever was heard of it.
    """

    quiet_seconds: float = 1.0
    longest_seconds: float = 10.0
    temporary_seconds: float = 60.0
    quick_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class StorageNews:
    """A storage's state changed: what the watch does, and how far the storage is in `step` by that.

    `reason` says why it is so, where there is something to say. `degraded` says why not all changes are heard of, so
    that some are found late; empty where all are.
    """

    storage: StorageInfo
    state: WatchState
    reason: str
    degraded: str
    conflicts: int
    time_ns: int
    step: SyncState = SyncState.IN_STEP


@dataclass(frozen=True, slots=True)
class ConflictNews:
    """A conflict opened, changed or closed; of a closed one `conflict` is as it was last known."""

    change: Change
    conflict: Conflict
    time_ns: int


WatchNews = StorageNews | ConflictNews
