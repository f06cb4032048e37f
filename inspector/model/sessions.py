"""Import sessions over time: what came in month by month, what of a session is still there, and taking one back."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from inspector.model.plan import Plan
from inspector.model.records import Session

MOST_MONTHS = 1200
"""Months without a session are shown too, unless an odd date would make more of them than this."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"


@dataclass(frozen=True, slots=True)
class Month:
    """What came in within a calendar month, as the sessions' documents date and count it; `name` is ``2024-10``.

    The sessions without a date that makes sense are a month without a name.
    """

    name: str
    sessions: int = 0
    files: int = 0
    bytes: int = 0
    errors: int = 0


class Standing(StrEnum):
    """How a file that came in with a session is now, by the last scan."""

    THERE = "there"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A file that a session's document lists: `size` as it says, in bytes, where it does."""

    path: str
    size: int | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Rollback:
    """The plan that takes a session's files out of their storage, and what stays, each with the reason."""

    plan: Plan
    kept: tuple[tuple[str, str], ...] = ()


def by_month(sessions: Iterable[Session]) -> list[Month]:
    """What came in month by month, the newest first, those between two in which nothing did included."""
    found: dict[int | None, Month] = {}
    for session in sessions:
        number = _number(session.started)
        month = found.get(number, Month(_name(number)))
        found[number] = Month(
            month.name,
            month.sessions + 1,
            month.files + session.files,
            month.bytes + session.bytes,
            month.errors + session.errors,
        )
    undated = found.pop(None, None)
    numbers = sorted(number for number in found if number is not None)
    if numbers and numbers[-1] - numbers[0] < MOST_MONTHS:
        numbers = list(range(numbers[0], numbers[-1] + 1))
    months = [found.get(number, Month(_name(number))) for number in reversed(numbers)]
    return [*months, undated] if undated is not None else months


def bar(value: int, most: int, width: int, *, plain: bool = False) -> str:
    """A bar of at most `width` cells for a value of which `most` is the highest; what is not zero is seen.

    With `plain` it is made of ``#``, for terminals that have no block characters.
    """
    if value <= 0 or most <= 0 or width < 1:
        return ""
    if plain:
        return "#" * max(1, value * width // most)
    eighths = max(1, value * width * 8 // most)
    return _FULL * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _number(started: str) -> int | None:
    """The number of a moment's month since the year 0, as ISO 8601 writes it; None where it writes none."""
    year, month = started[:4], started[5:7]
    if not (year.isascii() and year.isdigit() and month.isascii() and month.isdigit() and started[4:5] == "-"):
        return None
    return int(year) * 12 + int(month) - 1 if 1 <= int(month) <= 12 else None


def _name(number: int | None) -> str:
    return "" if number is None else f"{number // 12:04d}-{number % 12 + 1:02d}"
