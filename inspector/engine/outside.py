"""Where a document for a person may be written: outside of every storage, the catalog may know it or not."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from inspector.fs.new_file import ELSEWHERE, refuse_inside
from inspector.layouts.registry import nested_layout
from inspector.model.display import display_name
from inspector.model.errors import UsageError
from inspector.model.records import StorageInfo


def refuse_in_storage(target: Path, known: Sequence[StorageInfo]) -> None:
    """Refuse a target that lies in one of the `known` storages, or in a folder that has the marks of a storage.

    Raises:
        UsageError: it does.
    """
    refuse_inside(target, known)
    folder = os.path.realpath(os.path.dirname(os.path.abspath(target)))
    for root in (folder, *map(str, Path(folder).parents)):
        name = nested_layout(os.path.basename(root), partial(_holds, root))
        if name is not None:
            raise UsageError(
                f"lies in {display_name(root)}, which has the marks of a storage ({name})",
                path=os.fspath(target),
                advice=ELSEWHERE,
            )


def _holds(folder: str, name: str) -> bool:
    return os.path.lexists(os.path.join(folder, name))
