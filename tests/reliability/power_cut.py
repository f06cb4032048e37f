"""Cut the power before every writing call of an apply, and lose what was not flushed, in many ways."""

import argparse
import errno
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from inspector.fs.system import use_system
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.reliability.kills import settle_and_judge
from tests.reliability.pool import Verdict, run_all
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.repair.test_recovery import lose

LOSSES = ("nothing", "links", "everything", "names", "bytes")
"""What is lost of what was not flushed; with links nothing is, but a move is a link and an unlink."""
_EACH = "each set"
_SETS_AT_MOST = 60


@dataclass(frozen=True)
class Cut:
    """One run: before which call the power goes, and what is lost; `which` of the sets of lost things, if of all."""

    number: int
    loss: str
    which: int = 0

    def __str__(self) -> str:
        return f"cut before call {self.number}, {self.loss} {self.which or ''}".rstrip()


def run_cut(stage: Stage, cut: Cut) -> Verdict:
    """Apply with the power going, lose what the case says, recover, look."""
    stage.fresh()
    graveyard = stage.world.folder / "graveyard" if cut.loss != "links" else None
    faults = FaultSystem(cut_at=cut.number, graveyard=graveyard, refuse=_no_safe_rename if graveyard is None else None)
    try:
        with use_system(faults):
            stage.apply()
    except PowerCut:
        if cut.loss != _EACH:
            lose(faults, cut.loss)
        else:
            chosen = list(islice(faults.disk.losses(), cut.which, cut.which + 1))
            if not chosen:
                return Verdict(str(cut), happened=False)
            faults.disk.lose_unsynced(chosen[0])
        return settle_and_judge(stage, str(cut), go_back=cut.number % 2 == 1)
    return Verdict(str(cut), happened=False)


def _no_safe_rename(name: str, _: tuple[Any, ...]) -> int | None:
    return errno.ENOSYS if name in {"renameat2", "exchange"} else None


def calls_made(stage: Stage) -> int:
    """How many writing calls an apply makes, with a rename made of a link and an unlink."""
    stage.fresh()
    faults = FaultSystem(refuse=_no_safe_rename)
    with use_system(faults):
        stage.apply()
    return faults.calls


def cases_of(stage: Stage, losses: Sequence[str], every: int = 1) -> list[Cut]:
    """The power cut before every call, or each `every`-th one, with these losses."""
    calls = calls_made(stage)
    return [Cut(number, loss) for loss in losses for number in range(1, calls + 1, every)]


def main(arguments: Sequence[str]) -> int:
    """Run the proof, or a part of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability power-cut")
    parser.add_argument("--every", type=int, default=1, help="leave cuts out")
    options = parser.parse_args(arguments)
    with scratch() as folder:
        stage = Stage(folder / "counting")
        cases = {loss: cases_of(stage, [loss], options.every) for loss in LOSSES}
        some = range(1, calls_made(stage) + 1, 9 * options.every)
        cases[_EACH] = [Cut(number, _EACH, which) for number in some for which in range(_SETS_AT_MOST)]
    rows, wrong = [], []
    for loss, own in cases.items():
        verdicts = list(run_all(own, run_cut, f"power cut, {loss} lost"))
        happened = [one for one in verdicts if one.happened]
        bad = [one for one in verdicts if one.wrongs]
        points = len({case.number for case, one in zip(own, verdicts, strict=True) if one.happened})
        rows.append((loss, points, len(happened), len(happened) - len(bad), outcomes(happened)))
        wrong += failures(bad)
    print(as_table(("lost", "cut points", "states", "survived", "of which"), rows))
    print("\n".join(wrong))
    return 1 if wrong else 0
