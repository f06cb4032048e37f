"""All lists of actions by the screen that they are for."""

from collections.abc import Mapping, Sequence

from inspector.tui.actions import ACTIONS, Action
from inspector.tui.actions.forms import DISCOVERY_ACTIONS, IMPORT_ACTIONS, MOVED_ACTIONS, REINDEX_ACTIONS
from inspector.tui.actions.imports import IMPORTS_ACTIONS
from inspector.tui.actions.inspecting import ACCOUNT_ACTIONS, FILE_ACTIONS, TREE_ACTIONS
from inspector.tui.actions.side import JOBS_ACTIONS, JOURNAL_ACTIONS, LOG_ACTIONS, PLAN_ACTIONS, RULES_ACTIONS
from inspector.tui.compare_actions import COMPARE_ACTIONS

REGISTRIES: Mapping[str, Sequence[Action]] = {
    "main": ACTIONS,
    "compare": COMPARE_ACTIONS,
    "plan": PLAN_ACTIONS,
    "journal": JOURNAL_ACTIONS,
    "imports": IMPORTS_ACTIONS,
    "rules": RULES_ACTIONS,
    "jobs": JOBS_ACTIONS,
    "log": LOG_ACTIONS,
    "reindex": REINDEX_ACTIONS,
    "moved": MOVED_ACTIONS,
    "discovery": DISCOVERY_ACTIONS,
    "import": IMPORT_ACTIONS,
    "tree": TREE_ACTIONS,
    "file": FILE_ACTIONS,
    "account": ACCOUNT_ACTIONS,
}
"""The actions of each screen. An id that several screens have means the same on all of them."""
