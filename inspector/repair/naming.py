"""Which file an item of a plan is called by: one that it works on, and not the copy that stays; pure."""

from collections.abc import Sequence

from inspector.model.display import display_name
from inspector.model.operations import (
    CopyPath,
    EditDatabase,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    WriteDocument,
)
from inspector.model.records import Conflict


def label_of(conflict: Conflict, operations: Sequence[Operation]) -> str:
    """What an item is called: by its conflict, where that is named after a file that is worked on, else by such a file.

    Where several files go, it says how many more there are.
    """
    gone = dict.fromkeys(one.path for one in operations if isinstance(one, Quarantine))
    touched = [path for one in operations for path in _touched(one)]
    on_files = [one for one in operations if not isinstance(one, WriteDocument | EditDatabase)]
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
    assert isinstance(operation, Quarantine | RestorePath | WriteDocument | EditDatabase)
    return (operation.path,)
