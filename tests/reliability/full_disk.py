"""Apply on a file system that is really full: with every number of free pages, from none until it fits."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from inspector.model.errors import InspectorError
from inspector.model.plan import ItemState
from tests.reliability.mounted import run_inside, small_disk
from tests.reliability.pool import Verdict
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.reliability.verdict import states_of, wrongs

_SIZE_KIB = 16_384
_PAGE = 4096
_FITS_IN_A_ROW = 3
_NAME = "full-disk"


def run_full(stage: Stage, filler: Path, free: int) -> Verdict:
    """Apply with `free` pages left; then make room, recover, look, and do the rest."""
    stage.fresh()
    _fill(filler, free)
    wrong: list[str] = []
    try:
        outcome = "done" if set(states_of(stage.apply()).values()) == {ItemState.DONE} else "partly"
    except (InspectorError, sqlite3.Error):
        outcome = "said"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
        outcome, wrong = "crashed", [f"crashed: {error!r}"]
    filler.unlink(missing_ok=True)
    recovered = stage.recover()
    mine = stage.batches()
    states = states_of(mine[0]) if mine else {}
    wrong += wrongs(stage.world, stage.known, states, may_wait=not recovered)
    left = frozenset(number for number in stage.known.before if states.get(number) is not ItemState.DONE)
    if left and not wrong:
        after = stage.apply(left)
        wrong += [f"then: {item.reason}" for item in after.items if item.state is not ItemState.DONE]
    return Verdict(f"with {free} free pages", happened=outcome != "done", outcome=outcome, wrongs=wrong)


def all_sizes(folder: Path, every: int = 1) -> Iterator[Verdict]:
    """One verdict for each number of free pages, or each `every`-th one, until the whole plan fits."""
    with small_disk(folder / "disk", _SIZE_KIB) as disk:
        stage = Stage(disk)
        fits = free = 0
        while fits < _FITS_IN_A_ROW:
            verdict = run_full(stage, disk / "filler", free)
            fits = fits + 1 if verdict.outcome == "done" else 0
            free += every
            yield verdict


def _fill(filler: Path, free: int) -> None:
    status = os.statvfs(filler.parent)
    with filler.open("wb") as stream:
        stream.write(bytes(max(0, status.f_bavail - free) * _PAGE))


def main(arguments: Sequence[str]) -> int:
    """Run the proof; with `--inside` in this very process, which may mount."""
    if "--inside" not in arguments:
        return run_inside(_NAME)
    with scratch() as folder:
        verdicts = list(all_sizes(folder))
    full = [one for one in verdicts if one.happened]
    bad = [one for one in verdicts if one.wrongs]
    rows = [("everything", len(full), len(full) - sum(one.happened for one in bad), outcomes(verdicts))]
    print(as_table(("on the full disk", "full disks", "survived", "of all"), rows))
    wrong = failures(bad)
    print("\n".join(wrong))
    return 1 if wrong else 0
