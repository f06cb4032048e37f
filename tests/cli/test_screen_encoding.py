"""A terminal whose encoding is not UTF-8 gets ASCII, as it would with `--ascii`."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import output
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("encoding", "speaks"), [("utf-8", True), ("UTF8", True), ("latin-1", False), ("ascii", False)]
)
def test_unicode_is_spoken_where_the_encoding_has_it(
    encoding: str, speaks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert output.speaks_unicode() is speaks


@pytest.mark.parametrize("speaks", [True, False])
def test_the_screen_is_drawn_in_what_the_terminal_can_show(
    cli: Cli, pictures: Path, monkeypatch: pytest.MonkeyPatch, speaks: bool
) -> None:
    asked: dict[str, Any] = {}

    def run_app(*_: object, **options: object) -> int:
        asked.update(options)
        return 0

    monkeypatch.setattr("inspector.tui.app.run_app", run_app)
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setattr(output, "speaks_unicode", lambda: speaks)
    assert cli(pictures).code == 0
    assert asked["ascii"] is not speaks
