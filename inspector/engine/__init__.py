"""The one door for both front ends: open, discover, scan, conflicts, decide, plan, apply, undo.

Front ends ask here and read the catalog through here; they touch no storage themselves.
"""

from inspector.catalog.conflicts import ConflictFilter
from inspector.engine.engine import Engine, ScanOutcome, default_state_folder
from inspector.engine.repairs import Applied

__all__ = ["Applied", "ConflictFilter", "Engine", "ScanOutcome", "default_state_folder"]
