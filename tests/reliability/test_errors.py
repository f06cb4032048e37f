"""A part of the proof `errors`: some of the calls of an apply fail, with some of the errors that they can have."""

import pytest

from tests.reliability import errors
from tests.reliability.pool import run_all
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import failures
from tests.reliability.traced import why_not

_EVERY = 61
pytestmark = pytest.mark.skipif(bool(why_not()), reason=str(why_not()))


def test_whatever_call_fails_with_whatever_error_nothing_is_lost_and_everything_is_said() -> None:
    with scratch() as folder:
        cases = errors.cases_of(Stage(folder / "counting"))[::_EVERY]
    verdicts = list(run_all(cases, errors.run_fault, "errors"))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > len(cases) * 0.9


def test_an_undo_and_a_recovery_that_a_failing_call_ended_can_be_done_again() -> None:
    with scratch() as folder:
        stage = Stage(folder / "counting")
        cases = errors.cases_of(stage, "undo")[::199] + errors.recovery_cases(stage, every=400)[::29]
    verdicts = list(run_all(cases, errors.run_fault, "errors"))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > len(cases) * 0.8
