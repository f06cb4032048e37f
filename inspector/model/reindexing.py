"""What a re-index of a storage is to do: its strategy, and what follows on the scan."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from inspector.model.scanmode import ScanMode


class Strategy(StrEnum):
    """How much of a storage a re-index looks at. `INCREMENTAL` are the folders of the newest import session."""

    QUICK = "quick"
    FULL = "full"
    SMART = "smart"
    INCREMENTAL = "incremental"

    @property
    def mode(self) -> ScanMode:
        """The scan that it comes to."""
        return ScanMode.SMART if self is Strategy.INCREMENTAL else ScanMode(self.value)


@dataclass(frozen=True, slots=True)
class ReindexOptions:
    """What a re-index is to do. The last two stage decisions, which are written only once their plan is confirmed."""

    strategy: Strategy = Strategy.SMART
    orphan_keys: bool = True
    """Compute the keys (ImaLink's hothash) of files that no index lists."""
    duplicates: bool = True
    """Find files with the same bytes; a quick check reads for that only what could be one."""
    follow_moved: bool = True
    """Stage that the index follows files which certainly moved."""
    drop_missing: bool = False
    """Stage that the index forgets files which are nowhere any more."""

    def as_args(self) -> dict[str, Any]:
        """As a job keeps it."""
        return asdict(self)

    @staticmethod
    def of_args(args: Mapping[str, Any]) -> "ReindexOptions":
        """What a job kept."""
        return ReindexOptions(**{**args, "strategy": Strategy(args["strategy"])})


@dataclass(frozen=True, slots=True)
class ReindexAbilities:
    """What can be asked of the re-index of a storage: the words say why not, and are empty where it can be."""

    session: str = ""
    """The title of the newest import session."""
    no_session: str = ""
    no_keys: str = ""
    no_staging: str = ""
