"""A command while another process holds the catalog: what it only reads works, and what it writes says who holds it."""

from pathlib import Path

import pytest

from inspector.model.errors import ExitCode
from tests.catalog.holding import held_by_another
from tests.cli.conftest import Cli


def test_a_check_says_who_holds_the_catalog_and_what_to_do(
    cli: Cli, state: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.catalog.database._BUSY_SECONDS", 0.2)
    assert cli("check", pictures).code == ExitCode.CLEAN
    with held_by_another(state) as holder:
        ran = cli("check", pictures)
        assert ran.code == ExitCode.LOCKED
        assert f"is held by process {holder.pid}. Let it end, or end it, then try again." in ran.err
        assert "space" not in ran.err
        assert "internal error" not in ran.err
        listed = cli("storages")
        assert (listed.code, listed.err) == (ExitCode.CLEAN, "")
    assert cli("check", pictures).code == ExitCode.CLEAN
