"""Background work: what waits, what runs and what has run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobKind(StrEnum):
    """What a job does."""

    SCAN = "scan"
    APPLY = "apply"
    UNDO = "undo"
    RECOVER = "recover"
    SCRUB = "scrub"
    BACKUP = "backup"


GOES_ON = frozenset({JobKind.SCAN, JobKind.SCRUB})
"""Work that may be stopped anywhere and begun again: it goes on from there. The journal settles the rest."""
BACKGROUND = frozenset({JobKind.SCRUB, JobKind.BACKUP})
"""Work of hours that keeps nobody from a storage, and that only a process takes up which asks for such work."""
FOREGROUND = frozenset(JobKind) - BACKGROUND


class JobState(StrEnum):
    """How far a job is. An interrupted one was running when its program ended."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.STOPPED, JobState.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class JobSpec:
    """Work to be done on `storages`. `args` is what its kind needs, as JSON can hold it.

    A job with a higher `priority` comes first, of equal ones the older. With `here`, only the process that submits it
    may run it: somebody has confirmed it there and waits.
    """

    kind: JobKind
    title: str
    storages: tuple[str, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    here: bool = False


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a running job is, as its process last wrote it down. `rate` in bytes per second, `eta` in seconds."""

    phase: str
    files: int = 0
    bytes: int = 0
    total_files: int | None = None
    total_bytes: int | None = None
    rate: float = 0.0
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class JobError:
    """An error that ended an attempt at a job, and when (ns since the epoch)."""

    time_ns: int
    message: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """One job of the queue. Moments are nanoseconds since the epoch; `owner` is the process that runs it.

    `attempts` counts how often it was begun, `errors` are what ended attempts, the last ones. A job that waits for
    another attempt does so until `not_before_ns`.
    """

    id: int
    spec: JobSpec
    state: JobState
    created_ns: int
    started_ns: int | None = None
    ended_ns: int | None = None
    message: str = ""
    progress: JobProgress | None = None
    owner: str = ""
    stopping: bool = False
    attempts: int = 0
    not_before_ns: int | None = None
    errors: tuple[JobError, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED
