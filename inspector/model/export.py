"""What to write a report about, in which format, and what came of it: the values that the front ends exchange."""

from dataclasses import dataclass, field
from enum import StrEnum

from inspector.model.query import Query

THUMBNAILS = 200
"""How many pictures a page shows unless somebody asks for another number."""


class ReportFormat(StrEnum):
    """What a report can be written as; the value is the ending of its file's name."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What is to be written: conflicts of these kinds (all where there are none), with `settled` the hidden ones too.

    Of them only those that fit `query`, in which ``is:skipped`` means the ids in `skipped`, and ``is:marked`` the marks
    of `marker`. `thumbnails` is how many pictures a page may show at most; with `force` it replaces a file.
    """

    format: ReportFormat
    kinds: tuple[str, ...] = ()
    settled: bool = False
    thumbnails: int = THUMBNAILS
    force: bool = False
    query: Query = field(default_factory=Query)
    skipped: frozenset[str] = frozenset()
    marker: str = ""


@dataclass(frozen=True, slots=True)
class ReportWritten:
    """What came of it: the numbers of conflicts, of pictures and of bytes that were written."""

    conflicts: int
    thumbnails: int
    bytes: int


def format_of(name: str) -> ReportFormat | None:
    """The format that the ending of a file's name asks for, or None where it asks for none of them."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    ending = {"htm": "html"}.get(ending, ending)
    return next((one for one in ReportFormat if one.value == ending), None)
