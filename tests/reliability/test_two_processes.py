"""Two processes at one storage: whoever comes second waits, and nothing of either is lost."""

from pathlib import Path

import pytest

from tests.reliability.two_processes import repair_among_changes, two_repair


@pytest.mark.parametrize("same_state", [True, False], ids=["one state folder", "two state folders"])
def test_two_inspectors_that_repair_one_storage_lose_no_edit_of_each_other(tmp_path: Path, same_state: bool) -> None:
    figures = two_repair(tmp_path, same_state=same_state)
    assert figures["batches applied"] == 6
    assert figures["items done"] == 24


@pytest.mark.parametrize("heeds_lock", [True, False], ids=["heeds the lock", "knows no lock"])
def test_repairing_while_another_program_changes_files_destroys_nothing(tmp_path: Path, heeds_lock: bool) -> None:
    events = ("items done", "items refused", "index: entries added")
    figures = repair_among_changes(tmp_path, seed=1, heeds_lock=heeds_lock, until=events)
    assert all(figures[event] for event in events), figures
