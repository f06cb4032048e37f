"""Two machines at one share: neither loses an entry of the other, also where one dies in the middle of its work."""

from pathlib import Path

from tests.reliability.two_machines import play


def test_two_machines_make_one_storage_and_lose_no_entry_of_each_other(tmp_path: Path) -> None:
    figures = play(tmp_path, count=4)
    assert figures["create done"] == 1
    assert figures["entered: done"] == 8
    assert figures["taken back: done"] == 2


def test_a_machine_that_dies_and_begins_anew_loses_nothing_and_holds_up_nobody_for_good(tmp_path: Path) -> None:
    figures = play(tmp_path, count=4, kills=1, seed=2)
    assert figures["entered: done"] >= 4
