"""What to write a report about, in which format, and what came of it: the values that the front ends exchange."""

from dataclasses import dataclass
from enum import StrEnum

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

    `thumbnails` is how many pictures a page may show at most; with `force` a file that is there is replaced.
    """

    format: ReportFormat
    kinds: tuple[str, ...] = ()
    settled: bool = False
    thumbnails: int = THUMBNAILS
    force: bool = False


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
