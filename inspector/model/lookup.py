"""Where a picture is: the files that the catalog knows by a digest or a key, and whether they are there now."""

from dataclasses import dataclass
from enum import StrEnum

from inspector.model.records import FileDetails


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One file of a storage, by its path there."""

    storage_id: str
    path: str


class FileState(StrEnum):
    """What became of a file since the last scan of its storage."""

    THERE = "there"
    CHANGED = "changed"
    """It is there with another size or time, so that its content may be another one."""
    GONE = "gone"
    AWAY = "away"
    """Its storage is not there."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A known file with what a look at the disk said; `reason` says why its storage is away."""

    file: FileDetails
    root: str
    state: FileState
    reason: str = ""

    @property
    def is_there(self) -> bool:
        """Whether something is at its path."""
        return self.state in {FileState.THERE, FileState.CHANGED}
