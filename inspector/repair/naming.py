"""What an item of a plan is called by, and how files get a name that is free; pure."""

import os
from collections.abc import Iterator, Sequence

from inspector.model.display import display_name
from inspector.model.operations import (
    CopyPath,
    EditDatabase,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.records import Conflict

_MOST_TRIES = 10_000


def label_of(conflict: Conflict, operations: Sequence[Operation]) -> str:
    """What an item is called: by its conflict, where that is named after a file that is worked on, else by such a file.

    Where several files go, it says how many more there are.
    """
    gone = dict.fromkeys(one.path for one in operations if isinstance(one, Quarantine))
    touched = [path for one in operations for path in _touched(one)]
    on_files = [one for one in operations if not isinstance(one, WriteDocument | EditDatabase | WriteSettings)]
    if not on_files:
        return conflict.label
    first = conflict.path if conflict.path in touched else _touched(on_files[0])[0]
    name = conflict.label if first == conflict.path else display_name(first)
    return f"{name} and {len(gone) - 1:,} more" if first in gone and len(gone) > 1 else name


def _touched(operation: Operation) -> tuple[str, ...]:
    if isinstance(operation, MovePath):
        return operation.source, operation.target
    if isinstance(operation, CopyPath):
        return (operation.target,)
    assert isinstance(
        operation, Quarantine | RestorePath | MakePath | UnmakePath | WriteDocument | EditDatabase | WriteSettings
    )
    return (operation.path,)


def numbered_stems(stem: str, room: int) -> Iterator[str]:
    """A stem with one number after the other, each of at most `room` bytes; shortened where it would be longer."""
    for number in range(2, _MOST_TRIES):
        suffix = f"-{number}"
        kept = stem
        while len(os.fsencode(kept + suffix)) > room:
            if len(kept) <= 1:
                return
            kept = kept[:-1]
        yield kept + suffix
