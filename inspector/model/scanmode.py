"""How thorough a scan is."""

from dataclasses import dataclass
from enum import StrEnum


class ScanMode(StrEnum):
    """`QUICK` looks at names only, `SMART` hashes what changed, `FULL` hashes everything."""

    QUICK = "quick"
    SMART = "smart"
    FULL = "full"


@dataclass(slots=True)
class ScanCounts:
    """What a scan met. `files` and `bytes` count the media; `hashed` every file that was read."""

    files: int = 0
    bytes: int = 0
    hashed: int = 0
    added: int = 0
    altered: int = 0
    gone: int = 0
    unreadable: int = 0
    vanished: int = 0
    unstable: int = 0
    unread_before: bool = False
    """Something that this scan did not look at could not be read by an earlier one."""

    @property
    def incomplete(self) -> bool:
        """Whether something could not be read, so that the report may lack conflicts."""
        return bool(self.unreadable or self.unstable or self.unread_before)
