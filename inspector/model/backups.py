"""Backups of storages: what a run did, what a check found, and what came back."""

from dataclasses import dataclass
from enum import StrEnum

from inspector.model.records import StorageInfo


@dataclass(frozen=True, slots=True)
class BackupOptions:
    """What a run is to do besides.

    With `adopt` the folder is taken as it is: with files in it, or as the backup of this storage at another place. With
    `deep` every copy is read, and those that rotted are made anew. `expected_gone` is a person's word on how many files
    are gone from the storage on purpose.
    """

    adopt: bool = False
    deep: bool = False
    expected_gone: int = 0


@dataclass(frozen=True, slots=True)
class BackupProblem:
    """What could not be done for one path, and why, in words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class BackupRun:
    """What one run did. `files` and `bytes` are what the backup has of the storage as it is now.

    `problems` are the first of `problem_count`. `notes` are words on what was left out.
    """

    storage_id: str
    destination: str
    files: int
    bytes: int
    copied: int = 0
    copied_bytes: int = 0
    replaced: int = 0
    """Files of which a former version is kept now."""
    adopted: int = 0
    """Files that were in the destination already, and have been compared."""
    retimed: int = 0
    """Files of which only time or permissions had changed."""
    gone: int = 0
    """Files that the backup has and the storage has no more."""
    rotten: int = 0
    """Copies that had not the bytes any more that were copied, and were made anew."""
    problems: tuple[BackupProblem, ...] = ()
    problem_count: int = 0
    notes: tuple[str, ...] = ()
    resumed: bool = False
    """Whether an earlier run had not come to its end."""

    @property
    def changed(self) -> int:
        """How many files of the backup were written."""
        return self.copied + self.adopted + self.retimed


class BackupFault(StrEnum):
    """What a check can find about one file."""

    NOT_BACKED_UP = "not backed up"
    """It is in the storage, and not in the backup."""
    CHANGED = "changed since"
    """The storage has another version of it by now."""
    GONE = "gone from the storage"
    """The backup has it, and the storage has it no more."""
    LOST = "missing in the backup"
    """The backup should have it, and it is not there."""
    ASIDE = "among the former versions"
    """Its copy is not at its place, but the same bytes lie among the former versions."""
    ALTERED = "altered in the backup"
    """Size or time of the copy are not those that it got."""
    ROTTEN = "rotten"
    """The copy's bytes are not those that were backed up."""
    UNREADABLE = "unreadable"
    UNKNOWN = "not of the backup"
    """Somebody else put it there."""


DAMAGE = frozenset({BackupFault.LOST, BackupFault.ALTERED, BackupFault.ROTTEN, BackupFault.UNREADABLE})
"""What is wrong with the backup itself; the rest only says that it is older than the storage."""


@dataclass(frozen=True, slots=True)
class BackupFinding:
    """One thing that a check found."""

    fault: BackupFault
    path: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """What a check found: the first `findings` and how many there are of each. `last` is when the last run ended.

    `files` were compared; with `deep` every byte of them was read.
    """

    destination: str
    files: int
    bytes: int
    deep: bool
    counts: dict[BackupFault, int]
    findings: tuple[BackupFinding, ...] = ()
    last: str = ""
    unfinished: bool = False
    """Whether the last run did not come to its end."""

    @property
    def damaged(self) -> int:
        """How many files of the backup itself are not as they should be."""
        return sum(count for fault, count in self.counts.items() if fault in DAMAGE)

    @property
    def behind(self) -> int:
        """How many files of the storage another run would bring into the backup."""
        wanted = (BackupFault.NOT_BACKED_UP, BackupFault.CHANGED, BackupFault.ASIDE)
        return sum(self.counts.get(fault, 0) for fault in wanted)


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """Whose backup a folder is, by what it says itself; `identity` is the storage's."""

    destination: str
    storage_name: str
    layout: str
    identity: str
    storage_root: str
    last: str = ""
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `storage` is None where not all did, so that it was not opened yet."""

    destination: str
    files: int
    bytes: int
    copied: int
    storage: StorageInfo | None = None
    conflicts: int = 0
    """What the quick check of the new place found."""
    problems: tuple[BackupProblem, ...] = ()
    problem_count: int = 0
    registered: str = ""
    """Where its own program hears of it, in words; empty where it needs not."""


@dataclass(frozen=True, slots=True)
class Prunable:
    """What pruning would delete for good: copies of files that are gone from the storage, and former versions."""

    gone: int = 0
    gone_bytes: int = 0
    versions: int = 0
    versions_bytes: int = 0
    problems: tuple[BackupProblem, ...] = ()

    @property
    def count(self) -> int:
        """How many files that are."""
        return self.gone + self.versions
