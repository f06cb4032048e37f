"""A part of the proof `power-cut`: the whole plan, with what was not flushed lost in several ways."""

from tests.reliability import power_cut
from tests.reliability.pool import run_all
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import failures


def test_after_a_power_cut_every_item_is_as_before_or_as_after() -> None:
    with scratch() as folder:
        cases = power_cut.cases_of(Stage(folder / "counting"), power_cut.LOSSES, every=7)
    verdicts = list(run_all(cases, power_cut.run_cut, "power cut"))
    assert failures(verdicts) == []
    assert sum(verdict.happened for verdict in verdicts) > len(cases) * 0.7
