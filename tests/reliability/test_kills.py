"""A part of the proof `kills`: the process killed at some of the calls of an apply, an undo and a recovery."""

import pytest

from tests.reliability import kills
from tests.reliability.pool import run_all
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import failures
from tests.reliability.traced import why_not
from tests.reliability.world import FOLDER, OTHER_DEVICE, SYNCED

pytestmark = pytest.mark.skipif(bool(why_not()), reason=str(why_not()))


@pytest.mark.parametrize(("work", "every"), [("apply", 9), ("undo", 23)])
def test_killed_at_a_call_every_item_is_as_before_or_as_after(work: str, every: int) -> None:
    with scratch() as folder:
        stage = Stage(folder / "counting")
        cases = kills.cases_of(work, kills.all_calls(stage)[work])[::every]
    verdicts = list(run_all(cases, kills.run_kill, work))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > len(cases) * 0.9


@pytest.mark.parametrize("kind", [SYNCED, OTHER_DEVICE])
@pytest.mark.parametrize(("work", "every"), [("apply", 31), ("undo", 61)])
def test_what_is_taken_away_may_go_out_of_the_storage(kind: str, work: str, every: int) -> None:
    try:
        cases = kills.some_cases([work], kind, every)[work]
    except LookupError as error:
        pytest.skip(str(error))
    verdicts = list(run_all(cases, kills.run_kill, work, kind))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > len(cases) * 0.8


@pytest.mark.parametrize(("work", "every"), [("apply", 41), ("undo", 61)])
def test_each_choice_in_plain_folders_is_made_or_is_not(work: str, every: int) -> None:
    cases = kills.some_cases([work], FOLDER, every)[work]
    verdicts = list(run_all(cases, kills.run_kill, work, FOLDER))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > len(cases) * 0.8


def test_a_recovery_that_is_killed_is_finished_by_the_next() -> None:
    with scratch() as folder:
        cases = kills.recovery_cases(Stage(folder / "counting"), every=80)[::13]
    verdicts = list(run_all(cases, kills.run_kill, "recover"))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > 10
