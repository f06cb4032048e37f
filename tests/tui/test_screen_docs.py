"""`docs/screen.md` has the keys of the code; `INSPECTOR_WRITE_DOCS=1 pytest tests/tui/test_screen_docs.py` makes it."""

import os
from pathlib import Path

from inspector.tui.key_table import with_key_tables

DOCUMENT = Path(__file__).parents[2] / "docs" / "screen.md"


def test_the_tables_of_keys_are_those_of_the_registries() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    made = with_key_tables(text)
    if os.environ.get("INSPECTOR_WRITE_DOCS"):
        DOCUMENT.write_text(made, encoding="utf-8")
    else:
        assert text == made, "make the tables anew with INSPECTOR_WRITE_DOCS=1"
    assert made.count("| `") > 40
