"""A scrub: reading files again to see that the disk still holds what it held."""

from dataclasses import dataclass, field
from enum import StrEnum

from inspector.model.errors import InspectorError
from inspector.model.records import StorageInfo


class Limit(StrEnum):
    """What may end a scrub before its last file."""

    TIME = "time"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class ScrubLimits:
    """How much one run may do, in seconds and in bytes read; None is without a limit."""

    max_seconds: float | None = None
    max_bytes: int | None = None


@dataclass(slots=True)
class ScrubCounts:
    """What a scrub met in one storage, in files. `bytes` were read of files that have the digest they had.

    `changed` and `vanished` are not as the last scan saw them, and `online_only` have no bytes here: none was opened.
    `misread` gave other bytes once and the right ones at the second reading: memory, a cable or a controller.
    `from_memory` are verified files of which the kernel kept pages all the same, so that the disk was not asked.
    """

    verified: int = 0
    bytes: int = 0
    rotten: int = 0
    unreadable: int = 0
    misread: int = 0
    changed: int = 0
    vanished: int = 0
    online_only: int = 0
    from_memory: int = 0


@dataclass(frozen=True, slots=True)
class ScrubFinding:
    """A file that is not well: `kind` is that of its conflict, and `conflict_id` its id."""

    kind: str
    path: str
    conflict_id: str


@dataclass(slots=True)
class ScrubOutcome:
    """How a scrub of one storage ended.

    `left` files of `left_bytes` wait for the next run. `oldest_ns` is when the file that waits longest was verified, 0
    where one never was, None where there is none to verify. Of `findings` there are `MOST_FINDINGS` at most.
    """

    storage: StorageInfo
    counts: ScrubCounts = field(default_factory=ScrubCounts)
    findings: list[ScrubFinding] = field(default_factory=list)
    left: int = 0
    left_bytes: int = 0
    oldest_ns: int | None = None
    error: InspectorError | None = None


MOST_FINDINGS = 1000


@dataclass(slots=True)
class ScrubResult:
    """How a run ended: what became of each storage, and the limit that was reached, if one was."""

    outcomes: list[ScrubOutcome]
    limit: Limit | None = None
