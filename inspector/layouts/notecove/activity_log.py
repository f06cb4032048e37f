"""The log in `activity/` that tells others which notes an instance changed: a line each, ``note|profile|sequence``.

Before, it was ``note|profile_sequence`` (`packages/shared/src/storage/activity-logger.ts`).
"""

from dataclasses import dataclass
from typing import NamedTuple

from inspector.layouts.notecove.crdt_log import Fault


class ActivityLine(NamedTuple):
    """One change: the line begins at `offset` bytes."""

    offset: int
    note: str
    profile: str
    sequence: int


@dataclass(frozen=True, slots=True)
class ActivityLog:
    """What could be read of an activity log."""

    lines: tuple[ActivityLine, ...]
    faults: tuple[Fault, ...]

    def reached(self) -> dict[str, int]:
        """The highest sequence for each note."""
        highest: dict[str, int] = {}
        for line in self.lines:
            highest[line.note] = max(line.sequence, highest.get(line.note, 0))
        return highest


def parse_activity(data: bytes) -> ActivityLog:
    """Read an activity log; nothing is raised, what is wrong is in its faults, in place."""
    lines: list[ActivityLine] = []
    faults: list[Fault] = []
    offset = 0
    for raw in data.split(b"\n"):
        line = line_of(offset, raw.decode("utf-8", "replace").removesuffix("\r"))
        is_last = offset + len(raw) == len(data)
        if line is not None:
            lines.append(line)
        elif raw.strip():
            kind = "truncated" if is_last else "record"
            faults.append(Fault(kind, offset, "the file ends within a line" if is_last else "a line is none"))
        offset += len(raw) + 1
    return ActivityLog(tuple(lines), tuple(faults))


def line_of(offset: int, text: str) -> ActivityLine | None:
    """What a line says, without its end; None where it is none."""
    parts = text.split("|")
    if len(parts) == 2:
        profile, underscore, sequence = parts[1].rpartition("_")
        parts = [parts[0], profile, sequence] if underscore else []
    if len(parts) != 3 or not all(parts) or not (parts[2].isascii() and parts[2].isdigit()) or len(parts[2]) > 16:
        return None
    return ActivityLine(offset, parts[0], parts[1], int(parts[2]))
