"""How far a storage is in step: its state, since when, its layers side by side, and the last day."""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class SyncState(StrEnum):
    """Whether a storage's layers, and its copies elsewhere, agree; of a layer too."""

    IN_STEP = "in step"
    SCANNING = "scanning"
    SYNCING = "syncing"
    """Files are arriving."""
    BEHIND = "behind"
    """Something is there that a layer, or a scan, has not seen yet."""
    CONFLICT = "conflict"
    """There are conflicts that want a person."""
    DEGRADED = "degraded"
    """Not everything could be read or watched, so that what is shown may be less than there is."""
    OFFLINE = "offline"


BY_WORSE = (
    SyncState.IN_STEP,
    SyncState.SCANNING,
    SyncState.SYNCING,
    SyncState.BEHIND,
    SyncState.CONFLICT,
    SyncState.DEGRADED,
    SyncState.OFFLINE,
)
"""The states, the one that wants most attention last."""


PASSING = frozenset({SyncState.SCANNING, SyncState.SYNCING})
"""States in which something goes on: they end by themselves, and what was so before may be so still."""


@dataclass(frozen=True, slots=True)
class SyncProgram:
    """A sync program and what it means that it owns a folder.

    `marks` are names at the root of a synced folder, `pattern` is for such names that vary, `within` for those that may
    lie in any of its folders. `ignored` are the names that it does not sync. With `deletion_propagates`, what is
    deleted here is deleted on every other machine. With `placeholders`, files may be listed whose bytes are online.
    Where it is not `case_sensitive`, two names that differ in case only are one for it.
    """

    id: str
    title: str
    marks: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    within: re.Pattern[str] | None = None
    ignored: tuple[str, ...] = ()
    deletion_propagates: bool = True
    placeholders: bool = False
    case_sensitive: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class LayerStep:
    """One layer: its `claims`, and how many more or fewer than files (`apart`, None where it does not list files).

    Of an `absent` one its claims say nothing.
    """

    name: str
    claims: int
    state: SyncState
    apart: int | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class InFlight:
    """What is being written right now: files that sync programs have not finished. `rate` is in bytes per second."""

    files: int
    what: str = ""
    since_ns: int | None = None
    bytes_left: int | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote something, where that can be known: `how` is ``conflict copy`` or ``lock``, `when` as it was stated."""

    who: str
    how: str
    path: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A quarter of an hour: the worst state in it, None where nothing is known; how many files changed."""

    start_ns: int
    state: SyncState | None
    changes: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How far one storage is in step. `since_ns` is when that began, None where it is not known.

    `program` is the id of the sync program that owns its folder, `program_root` the folder that it syncs. `newest_path`
    is the file that changed last, by its own time. `history` is the last day in quarters of an hour, the oldest first.
    """

    storage_id: str
    state: SyncState
    reason: str = ""
    since_ns: int | None = None
    layers: tuple[LayerStep, ...] = ()
    conflicts: int = 0
    in_flight: InFlight | None = None
    newest_path: str | None = None
    newest_ns: int | None = None
    writers: tuple[Writer, ...] = ()
    program: str = ""
    program_root: str = ""
    history: tuple[Bucket, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What a sync program says of the same folder itself, beside what we say.

    `state` is its own word; `need_files` and `need_bytes` are still to come; `peers` are the names of devices that are
    connected and `away` of those that are not. `rate` is how fast files come, in bytes per second, None where it was
    not asked shortly before. Where it could not be asked, only `error` says why.
    """

    program: str
    folder: str = ""
    state: str = ""
    need_files: int = 0
    need_bytes: int = 0
    errors: int = 0
    peers: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    error: str = ""
    rate: float | None = None
