"""How far a storage is in step, from what the catalog holds of it; pure."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.model.records import LayerInfo, StorageInfo, StorageState
from inspector.model.sync import BY_WORSE, Bucket, InFlight, LayerStep, SyncState, SyncStatus, Writer

SLOT_NS = 15 * 60 * 1_000_000_000
SLOTS_OF_A_DAY = 96
ARRIVING_NS = 10 * 60 * 1_000_000_000
"""A temporary file that changed within this time is one that is being written."""
BEHIND_DAYS = 7
"""What was not scanned for so many days is behind."""
_DAY_NS = 96 * SLOT_NS

_LEAST_SECONDS_OF_RATE = 0.5
_MOST_SECONDS_OF_RATE = 120.0


class Slot(NamedTuple):
    """A quarter of an hour as it was noted: its number since the epoch, its last and its worst state."""

    number: int
    state: SyncState
    worst: SyncState
    changes: int
    conflicts: int


class Noted(NamedTuple):
    """What was noted of a storage last."""

    state: SyncState
    since_ns: int
    program: str = ""
    program_root: str = ""
    newest_path: str | None = None
    newest_ns: int | None = None


@dataclass(frozen=True, slots=True)
class SyncFacts:
    """What the catalog holds of a storage: `conflicts` are open warnings and errors, `indexes` layers that list files.

    `scanning_since_ns` is there while a scan runs, `changed` says that conflicts were not worked out since the last
    change, `degraded` why less is seen than should be, where a watcher says so, and `unread` what the last scan could
    not look into.
    """

    storage: StorageInfo
    conflicts: int = 0
    indexes: frozenset[str] = frozenset()
    scanning_since_ns: int | None = None
    changed: bool = False
    degraded: str = ""
    in_flight: InFlight | None = None
    noted: Noted | None = None
    writers: tuple[Writer, ...] = ()
    slots: Sequence[Slot] = field(default=())
    unread: str = ""


def rate_of(before: tuple[int, float] | None, now: tuple[int, float]) -> float | None:
    """How fast bytes come, per second, from how many were still to come at two moments (seconds); None if not known.

    More to come than before says that more was found, and nothing of how fast it comes.
    """
    if before is None or before[0] < now[0]:
        return None
    seconds = now[1] - before[1]
    if not _LEAST_SECONDS_OF_RATE <= seconds <= _MOST_SECONDS_OF_RATE:
        return None
    return (before[0] - now[0]) / seconds


def worse(one: SyncState, other: SyncState) -> SyncState:
    """The one of two states that wants more attention."""
    return max(one, other, key=BY_WORSE.index)


def status_of(facts: SyncFacts, now_ns: int | None = None) -> SyncStatus:
    """The state of a storage and what goes with it."""
    now_ns = time.time_ns() if now_ns is None else now_ns
    layers = tuple(_step(layer, facts) for layer in facts.storage.layers)
    state, reason, since_ns = _state(facts, layers, now_ns)
    noted = facts.noted
    if since_ns is None and noted is not None and noted.state is state:
        since_ns = noted.since_ns
    return SyncStatus(
        facts.storage.id,
        state,
        reason,
        since_ns,
        layers,
        facts.conflicts,
        facts.in_flight,
        noted.newest_path if noted is not None else None,
        noted.newest_ns if noted is not None else None,
        facts.writers,
        noted.program if noted is not None else "",
        noted.program_root if noted is not None else "",
        history(facts.slots, now_ns),
    )


def _state(facts: SyncFacts, layers: Sequence[LayerStep], now_ns: int) -> tuple[SyncState, str, int | None]:
    """The state, why, and since when where the facts say so; the first that applies."""
    storage = facts.storage
    if storage.state is StorageState.OFFLINE:
        return SyncState.OFFLINE, storage.reason, None
    if facts.scanning_since_ns is not None:
        return SyncState.SCANNING, "", facts.scanning_since_ns
    if facts.in_flight is not None and facts.in_flight.files:
        return SyncState.SYNCING, facts.in_flight.what, facts.in_flight.since_ns
    unread = [layer.name for layer in layers if layer.state is SyncState.DEGRADED]
    if storage.state in {StorageState.PARTIAL, StorageState.GUARD} or facts.degraded or unread:
        reason = facts.degraded or storage.reason or facts.unread
        words = f"{', '.join(unread)} cannot be read whole" if unread else "something could not be read"
        return SyncState.DEGRADED, reason or words, None
    if storage.state is StorageState.SCANNING:
        return SyncState.DEGRADED, "the last scan was interrupted", None
    if facts.conflicts:
        return SyncState.CONFLICT, f"{facts.conflicts:,} open conflict{'' if facts.conflicts == 1 else 's'}", None
    behind = [
        f"{layer.name} lacks {-layer.apart:,}" for layer in layers if layer.state is SyncState.BEHIND and layer.apart
    ]
    if storage.state is StorageState.NEW:
        return SyncState.BEHIND, "never scanned", None
    if facts.changed or behind:
        return SyncState.BEHIND, ", ".join(behind) or "what changed was not compared yet", None
    days = max(0, now_ns - (storage.last_scan_ns or now_ns)) // _DAY_NS
    if days >= BEHIND_DAYS:
        return SyncState.BEHIND, f"not scanned for {days:,} days", None
    return SyncState.IN_STEP, "", None


def _step(layer: LayerInfo, facts: SyncFacts) -> LayerStep:
    absent = layer.state == "absent" and not layer.claims
    apart = layer.claims - facts.storage.files if layer.name in facts.indexes and not absent else None
    if layer.state in {"partial", "unreadable"}:
        state = SyncState.DEGRADED
    elif apart is not None and layer.state == "ok" and apart:
        state = SyncState.BEHIND if apart < 0 else SyncState.CONFLICT
    else:
        state = SyncState.IN_STEP
    return LayerStep(layer.name, layer.claims, state, apart, absent)


def history(slots: Iterable[Slot], now_ns: int) -> tuple[Bucket, ...]:
    """The last day in quarters of an hour up to now, the oldest first.

    Where nothing was noted in one, nothing changed: it has the state that the one before ended with.
    """
    known: Mapping[int, Slot] = {slot.number: slot for slot in slots}
    last = now_ns // SLOT_NS
    first = last - SLOTS_OF_A_DAY + 1
    before = max((number for number in known if number < first), default=None)
    state = known[before].state if before is not None else None
    buckets = []
    for number in range(first, last + 1):
        slot = known.get(number)
        if slot is None:
            buckets.append(Bucket(number * SLOT_NS, state))
            continue
        worst = slot.worst if state is None else worse(slot.worst, state)
        buckets.append(Bucket(number * SLOT_NS, worst, slot.changes, slot.conflicts))
        state = slot.state
    return tuple(buckets)
