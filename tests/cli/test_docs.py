"""`docs/cli.md` says what the code does; `INSPECTOR_WRITE_DOCS=1 pytest tests/cli/test_docs.py` makes its tables."""

import json
import os
import re
from pathlib import Path

from inspector.cli.main import VERBS
from inspector.cli.reference import with_tables
from inspector.model.errors import ExitCode
from inspector.model.report import Report

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_tables_are_those_of_the_code() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    made = with_tables(text)
    if os.environ.get("INSPECTOR_WRITE_DOCS"):
        DOCUMENT.write_text(made, encoding="utf-8")
    else:
        assert text == made, "make the tables anew with INSPECTOR_WRITE_DOCS=1"


def test_the_example_is_a_report() -> None:
    example = re.search(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    Report.model_validate(json.loads(example[1]))


def test_every_command_and_exit_code_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"**`inspector {verb}" not in text] == []
    assert [code for code in ExitCode if f"| {int(code)} |" not in text] == []
