"""The tables of keys in ``docs/screen.md``, made from the registries."""

from collections.abc import Sequence

from inspector.tui.actions import ACTIONS, Action
from inspector.tui.side_actions import JOURNAL_ACTIONS, PLAN_ACTIONS

_TABLES = {"main": ACTIONS, "plan": PLAN_ACTIONS, "journal": JOURNAL_ACTIONS}


def key_table(actions: Sequence[Action]) -> str:
    """One registry as a table in Markdown."""
    rows = ["| key | does | id |", "|---|---|---|"]
    for action in actions:
        keys = " ".join(f"`{key}`" for key in action.shown_keys.split()) or "in the palette"
        rows.append(f"| {keys} | {action.description} | `{action.id}` |")
    return "\n".join(rows)


def with_key_tables(text: str) -> str:
    """A page with its tables of keys made anew, between ``<!-- keys: NAME -->`` and ``<!-- end -->``."""
    for name, actions in _TABLES.items():
        begin = f"<!-- keys: {name} -->\n"
        before, _, rest = text.partition(begin)
        _, end, after = rest.partition("<!-- end -->")
        text = f"{before}{begin}{key_table(actions)}\n{end}{after}"
    return text
