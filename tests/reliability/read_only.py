"""Apply, undo and recover where a storage, or the state folder, is mounted read-only."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from inspector.fs.system import use_system
from inspector.model.errors import InspectorError
from inspector.model.plan import ItemState
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.reliability.mounted import read_only, run_inside
from tests.reliability.pool import Verdict
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.reliability.verdict import picture_of, states_of, wrongs
from tests.reliability.world import ARCHIVE, PHONE

_NAME = "read-only"
_PLACES = (ARCHIVE, PHONE, "state")
_CUTS = (40, 80, 120, 160)


def all_cases(folder: Path) -> Iterator[Verdict]:
    """Each kind of work, with each place read-only."""
    stage = Stage(folder)
    for place in _PLACES:
        yield _apply(stage, place)
        yield _undo(stage, place)
        yield from (_recover(stage, place, cut) for cut in _CUTS)


def _apply(stage: Stage, place: str) -> Verdict:
    stage.fresh()
    before = picture_of(stage.world)
    words, wrong = _refused(stage, place, stage.apply)
    if picture_of(stage.world) != before:
        wrong.append("something was changed")
    wrong += [f"then: {item.reason}" for item in stage.apply().items if item.state is not ItemState.DONE]
    wrong += wrongs(stage.world, stage.known, dict.fromkeys(stage.known.before, ItemState.DONE))
    return Verdict(f"apply, {place} read-only", happened=True, outcome=words, wrongs=wrong)


def _undo(stage: Stage, place: str) -> Verdict:
    stage.fresh()
    batch = stage.apply().id
    before = picture_of(stage.world)
    words, wrong = _refused(stage, place, lambda: stage.undo(batch))
    if picture_of(stage.world) != before:
        wrong.append("something was changed")
    stage.undo(batch)
    if picture_of(stage.world) != stage.known.picture:
        wrong.append("it could not be taken back afterwards")
    return Verdict(f"undo, {place} read-only", happened=True, outcome=words, wrongs=wrong)


def _recover(stage: Stage, place: str, cut: int) -> Verdict:
    stage.fresh()
    with suppress(PowerCut), use_system(FaultSystem(cut_at=cut)):
        stage.apply()
    words, wrong = _refused(stage, place, stage.recover)
    stage.recover()
    wrong += wrongs(stage.world, stage.known, states_of(stage.batches()[0]))
    return Verdict(f"recover after call {cut}, {place} read-only", happened=True, outcome=words, wrongs=wrong)


def _refused(stage: Stage, place: str, work: Callable[[], object]) -> tuple[str, list[str]]:
    with read_only(stage.world.folder / place):
        try:
            work()
        except (InspectorError, sqlite3.Error):
            return "said", []
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
            return "crashed", [f"crashed: {error!r}"]
    return "done without it", []


def main(arguments: Sequence[str]) -> int:
    """Run the proof; with `--inside` in this very process, which may mount."""
    if "--inside" not in arguments:
        return run_inside(_NAME)
    with scratch() as folder:
        verdicts = list(all_cases(folder))
    bad = [one for one in verdicts if one.wrongs]
    rows = [(", ".join(_PLACES), len(verdicts), len(verdicts) - len(bad), outcomes(verdicts))]
    print(as_table(("read-only", "attempts", "survived", "of which"), rows))
    wrong = failures(bad)
    print("\n".join(wrong))
    return 1 if wrong else 0
