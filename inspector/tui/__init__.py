"""The terminal screen. It knows the engine and the model; everything it shows comes through those two.

Decisions are pure functions without Textual's event loop (`layout`, `cards`, `evidence`); the widgets only
draw lines. What a key costs on the wire is a budget, so nothing here uses toasts, animations or Textual's own lists.
"""

from inspector.tui.app import InspectorApp, run_app

__all__ = ["InspectorApp", "run_app"]
