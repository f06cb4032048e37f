"""The last day of a storage as a strip of cells: how much changed in each, and the worst that it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.model.sync import BY_WORSE, Bucket, SyncState

LEVELS = 8


@dataclass(frozen=True, slots=True)
class DayCell:
    """Some quarters of an hour: the worst state, None where none is known; `level`, 0 to 7, says how much changed."""

    state: SyncState | None
    changes: int = 0
    level: int = 0


def day_strip(history: Sequence[Bucket], room: int) -> list[DayCell]:
    """The history in at most `room` cells, each of as many quarters of an hour as the others, the oldest first."""
    if not history or room < 1:
        return []
    each = next(size for size in range(1, len(history) + 1) if len(history) <= size * room and not len(history) % size)
    groups = [history[at : at + each] for at in range(0, len(history), each)]
    most = max(sum(one.changes for one in group) for group in groups)
    return [_cell(group, most) for group in groups]


def _cell(group: Sequence[Bucket], most: int) -> DayCell:
    states = [one.state for one in group if one.state is not None]
    changes = sum(one.changes for one in group)
    return DayCell(
        max(states, key=BY_WORSE.index, default=None), changes, min(LEVELS - 1, changes * LEVELS // (most + 1))
    )
