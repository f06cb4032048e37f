"""The log in `activity/` that tells others which notes an instance changed: a line each, ``note|profile|sequence``.

Before, it was ``note|profile_sequence`` (`packages/shared/src/storage/activity-logger.ts`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.layouts.notecove.crdt_log import Fault


class ActivityLine(NamedTuple):
    """One change: the line begins at `offset` bytes."""

    offset: int
    note: str
    profile: str
    sequence: int


@dataclass(slots=True)
class Activity:
    """What an activity log comes to."""

    reached: dict[str, int] = field(default_factory=dict)
    """The highest sequence for each note."""
    lines: int = 0
    bad_lines: int = 0
    first_fault: Fault | None = None


def read_activity(data: bytes) -> Activity:
    """What the lines of an activity log come to."""
    activity = Activity()
    reached = activity.reached
    for line in lines_of(data):
        if isinstance(line, Fault):
            activity.bad_lines += 1
            activity.first_fault = activity.first_fault or line
            continue
        activity.lines += 1
        if line.sequence > reached.get(line.note, -1):
            reached[line.note] = line.sequence
    return activity


def lines_of(data: bytes) -> Iterator[ActivityLine | Fault]:
    """The lines of an activity log, and what is wrong, in place; nothing is raised."""
    offset, size = 0, len(data)
    while offset < size:
        end = data.find(b"\n", offset)
        is_last, end = end < 0, size if end < 0 else end
        raw = data[offset:end]
        line = line_of(offset, raw.decode("utf-8", "replace").removesuffix("\r"))
        if line is not None:
            yield line
        elif raw.strip():
            kind = "truncated" if is_last else "record"
            yield Fault(kind, offset, "the file ends within a line" if is_last else "a line is none")
        offset = end + 1


def line_of(offset: int, text: str) -> ActivityLine | None:
    """What a line says, without its end; None where it is none."""
    parts = text.split("|")
    if len(parts) == 2:
        profile, underscore, sequence = parts[1].rpartition("_")
        parts = [parts[0], profile, sequence] if underscore else []
    if len(parts) != 3 or not all(parts) or not (parts[2].isascii() and parts[2].isdigit()) or len(parts[2]) > 16:
        return None
    return ActivityLine(offset, parts[0], parts[1], int(parts[2]))
