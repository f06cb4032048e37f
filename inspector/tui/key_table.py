"""The tables of keys in ``docs/screen.md``, made from the registries."""

from collections.abc import Sequence

from inspector.tui.actions import Action
from inspector.tui.keys.registries import REGISTRIES


def key_table(actions: Sequence[Action]) -> str:
    """One registry as a table in Markdown."""
    rows = ["| key | does | id |", "|---|---|---|"]
    for action in actions:
        keys = " ".join(f"`{key}`" for key in action.shown_keys.split("  ") if key) or "in the palette"
        rows.append(f"| {keys} | {action.description} | `{action.id}` |")
    return "\n".join(rows)


def with_key_tables(text: str) -> str:
    """A page with its tables of keys made anew, between ``<!-- keys: NAME -->`` and ``<!-- end -->``."""
    for name, actions in REGISTRIES.items():
        begin = f"<!-- keys: {name} -->\n"
        if begin not in text:
            continue
        before, _, rest = text.partition(begin)
        _, end, after = rest.partition("<!-- end -->")
        text = f"{before}{begin}{key_table(actions)}\n{end}{after}"
    return text
