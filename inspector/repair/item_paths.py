"""Which paths the items of a plan leave and fill; pure."""

from collections.abc import Iterable, Sequence

from inspector.model.operations import MovePath, Quarantine, UnmakePath
from inspector.model.plan import PlanItem
from inspector.repair.files import result_path


def moved_away(items: Sequence[PlanItem]) -> set[str]:
    """The paths of files that were moved and nothing else, where nothing took their place."""
    filled = filled_paths(items)
    only_moves = [item for item in items if all(isinstance(one, MovePath) for one in item.operations)]
    return {path for path in left_paths(only_moves) if path not in filled}


def moves(items: Iterable[PlanItem]) -> dict[str, str]:
    """Where each moved file went."""
    moves = (one for item in items for one in item.operations if isinstance(one, MovePath))
    return {one.source: one.target for one in moves}


def filled_paths(items: Iterable[PlanItem]) -> set[str]:
    """The paths at which items leave a file."""
    found = (result_path(operation) for item in items for operation in item.operations)
    return {path for path in found if path is not None}


def left_paths(items: Iterable[PlanItem]) -> list[str]:
    """The paths that files are moved or taken away from."""
    return [
        operation.source if isinstance(operation, MovePath) else operation.path
        for item in items
        for operation in item.operations
        if isinstance(operation, Quarantine | MovePath | UnmakePath)
    ]
