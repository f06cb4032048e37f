"""The one door for both front ends: open, discover, scan, conflicts, decide, plan, apply, undo, watch.

Front ends ask here and read the catalog through here; they touch no storage themselves.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.catalog.conflict_query import ConflictFilter
    from inspector.conflicts.choices import choice_title
    from inspector.engine.conflict_list import ConflictList
    from inspector.engine.deciding import Choose, Decided, choose_everywhere, follow_suggestion
    from inspector.engine.engine import Engine, default_state_folder
    from inspector.engine.file_parts import FileParts, FileSource
    from inspector.engine.jobs import (
        Finished,
        Jobs,
        apply_spec,
        confirmed_spec,
        recover_spec,
        reindex_spec,
        scan_spec,
        scrub_spec,
        undo_spec,
    )
    from inspector.engine.reindexing import Reindexed
    from inspector.engine.repairs import Applied
    from inspector.engine.scanning import ScanOutcome
    from inspector.engine.syncing import sync_program
    from inspector.engine.usual_places import SearchRoots, folders_like, search_roots
    from inspector.repair.adding import Additions

__all__ = [
    "Additions",
    "Applied",
    "Choose",
    "ConflictFilter",
    "ConflictList",
    "Decided",
    "Engine",
    "FileParts",
    "FileSource",
    "Finished",
    "Jobs",
    "Reindexed",
    "ScanOutcome",
    "SearchRoots",
    "apply_spec",
    "choice_title",
    "choose_everywhere",
    "confirmed_spec",
    "default_state_folder",
    "folders_like",
    "follow_suggestion",
    "recover_spec",
    "reindex_spec",
    "scan_spec",
    "scrub_spec",
    "search_roots",
    "sync_program",
    "undo_spec",
]

_MODULES = {
    "inspector.catalog.conflict_query": ("ConflictFilter",),
    "inspector.conflicts.choices": ("choice_title",),
    "inspector.engine.conflict_list": ("ConflictList",),
    "inspector.engine.deciding": ("Choose", "Decided", "choose_everywhere", "follow_suggestion"),
    "inspector.engine.engine": ("Engine", "default_state_folder"),
    "inspector.engine.file_parts": ("FileParts", "FileSource"),
    "inspector.engine.jobs": (
        "Finished", "Jobs", "apply_spec", "confirmed_spec", "recover_spec", "reindex_spec", "scan_spec", "scrub_spec",
        "undo_spec",
    ),
    "inspector.engine.reindexing": ("Reindexed",),
    "inspector.engine.repairs": ("Applied",),
    "inspector.engine.scanning": ("ScanOutcome",),
    "inspector.engine.syncing": ("sync_program",),
    "inspector.engine.usual_places": ("SearchRoots", "folders_like", "search_roots"),
    "inspector.repair.adding": ("Additions",),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Each name is imported when it is used: a verb that only reads the catalog starts in half the time."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)
