"""The orders that a list of conflicts can have."""

from dataclasses import dataclass
from enum import StrEnum


class SortBy(StrEnum):
    """What a list is sorted by: worst kinds first, by path, largest first, or newest first."""

    KIND = "kind"
    PATH = "path"
    SIZE = "size"
    DATE = "date"


_WORDS = {
    SortBy.KIND: ("worst first", "worst last"),
    SortBy.PATH: ("by path", "by path, from the end"),
    SortBy.SIZE: ("largest first", "smallest first"),
    SortBy.DATE: ("newest first", "oldest first"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list; with `reverse` the other way round. What has no size or no date is always last."""

    by: SortBy = SortBy.KIND
    reverse: bool = False

    @property
    def grouped(self) -> bool:
        """Whether conflicts of a kind stand together."""
        return self.by is SortBy.KIND

    @property
    def words(self) -> str:
        """The order as people read it."""
        return _WORDS[self.by][self.reverse]
