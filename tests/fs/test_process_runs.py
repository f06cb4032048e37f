"""Whether a process still runs, so that what it left may be settled."""

import os
import time

from inspector.fs.profile import process_runs


def test_a_process_that_ended_does_not_run_even_while_its_parent_has_not_asked() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    assert process_runs(child)
    os.close(writing)
    deadline = time.monotonic() + 10
    while process_runs(child):
        assert time.monotonic() < deadline, "it counts as running while nobody has waited for it"
    os.kill(child, 0)  # it is still known to the system
    os.waitpid(child, 0)
    assert not process_runs(child)


def test_no_process_has_these_ids() -> None:
    assert not process_runs(0)
    assert not process_runs(-1)
