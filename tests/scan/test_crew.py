"""Work done in threads, and in processes where there is much of it."""

import os

import pytest

from inspector.scan import crew as crew_module
from inspector.scan.crew import Crew


def process_id(_: bytes) -> bytes:
    """In which process it runs."""
    return str(os.getpid()).encode()


def die(task: bytes) -> bytes:
    """End its process, unless that is the one named."""
    if int(task) != os.getpid():
        os._exit(1)
    return b"survived"


def refuse(_: bytes) -> bytes:
    """Fail."""
    raise ValueError("never")


@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any work is worth a process."""
    monkeypatch.setattr(crew_module, "_FILES_WORTH_A_PROCESS", 0)


def _results(work: crew_module.Work, task: bytes = b"", times: int = 1) -> list[bytes]:
    crew = Crew()
    results: list[bytes] = []
    try:
        for _ in range(times):
            crew.submit(work, task, 1, results.append)
        crew.settle(0)
        assert crew.outstanding == 0
    finally:
        crew.close()
    return results


def test_little_work_starts_no_process() -> None:
    assert _results(process_id, times=3) == [process_id(b"")] * 3


@pytest.mark.usefixtures("much")
def test_much_work_is_done_by_other_processes() -> None:
    results = _results(process_id, times=20)
    assert len(results) == 20
    assert 1 <= len(set(results)) <= 2
    assert process_id(b"") not in results


@pytest.mark.usefixtures("much")
def test_work_whose_process_dies_is_done_here() -> None:
    assert _results(die, process_id(b"")) == [b"survived"]


@pytest.mark.parametrize("files_worth_a_process", [0, 1000])
def test_what_the_work_raises_is_raised_when_it_is_settled(
    monkeypatch: pytest.MonkeyPatch, files_worth_a_process: int
) -> None:
    monkeypatch.setattr(crew_module, "_FILES_WORTH_A_PROCESS", files_worth_a_process)
    with pytest.raises(ValueError, match="never"):
        _results(refuse)


def test_results_come_in_the_order_of_submission_and_no_more_tasks_are_left_than_wanted() -> None:
    crew = Crew()
    results: list[bytes] = []
    try:
        for number in range(30):
            crew.submit(bytes, b"%d" % number, 1, results.append)
            crew.settle(4)
            assert crew.outstanding <= 4
    finally:
        crew.close()
    assert results == [b"%d" % number for number in range(len(results))]


def test_what_was_not_begun_when_it_closes_is_dropped() -> None:
    crew = Crew()
    for _ in range(100):
        crew.submit(process_id, b"", 1, lambda _: pytest.fail("nobody settles"))
    crew.close()
