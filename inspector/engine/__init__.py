"""The one door for both front ends: open, discover, scan, conflicts, decide, plan, apply, undo, watch.

Front ends ask here and read the catalog through here; they touch no storage themselves.
"""

from inspector.catalog.conflict_query import ConflictFilter
from inspector.conflicts.choices import choice_title
from inspector.engine.conflict_list import ConflictList
from inspector.engine.deciding import Choose, choose_everywhere, follow_suggestion
from inspector.engine.engine import Engine, ScanOutcome, default_state_folder
from inspector.engine.jobs import Finished, Jobs, apply_spec, recover_spec, scan_spec, scrub_spec, undo_spec
from inspector.engine.repairs import Applied
from inspector.engine.syncing import sync_program

__all__ = [
    "Applied",
    "Choose",
    "ConflictFilter",
    "ConflictList",
    "Engine",
    "Finished",
    "Jobs",
    "ScanOutcome",
    "apply_spec",
    "choice_title",
    "choose_everywhere",
    "default_state_folder",
    "follow_suggestion",
    "recover_spec",
    "scan_spec",
    "scrub_spec",
    "sync_program",
    "undo_spec",
]
