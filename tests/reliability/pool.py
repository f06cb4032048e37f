"""Many runs at once: each worker has a stage of its own."""

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.reliability.stage import Stage, elsewhere_for, scratch
from tests.reliability.world import PLAIN

WORKERS = 2
_SAY_EVERY_SECONDS = 10

Case = TypeVar("Case")

_stage: list[Stage] = []
_run: list[Callable[[Stage, object], "Verdict"]] = []


@dataclass(frozen=True)
class Verdict:
    """What became of one case. `happened` is False where the work came to its end before the fault.

    `outcome` is a word to count by; `wrongs` is everything that was not as it must be.
    """

    case: str
    happened: bool
    outcome: str = ""
    wrongs: list[str] = field(default_factory=list)


def run_all(
    cases: Sequence[Case], run: Callable[[Stage, Case], Verdict], what: str, kind: str = PLAIN
) -> Iterator[Verdict]:
    """The verdicts on all cases in worlds of one kind, in their order; progress goes to stderr.

    Raises:
        LookupError: where such a world cannot be had.
    """
    said = time.monotonic()
    wrong = 0
    context = multiprocessing.get_context("fork")
    with (
        scratch() as folder,
        elsewhere_for(kind, folder) as elsewhere,
        context.Pool(WORKERS, _begin, (folder, kind, elsewhere, run)) as pool,
    ):
        for number, verdict in enumerate(pool.imap(_one, cases, chunksize=4), 1):
            wrong += bool(verdict.wrongs)
            if time.monotonic() - said > _SAY_EVERY_SECONDS:
                said = time.monotonic()
                print(f"{what}: {number} of {len(cases)}, {wrong} wrong", file=sys.stderr)
            yield verdict


def _begin(folder: Path, kind: str, elsewhere: Path | None, run: Callable[[Stage, object], Verdict]) -> None:
    name = multiprocessing.current_process().name
    _stage.append(Stage(folder / name, kind, elsewhere / name if elsewhere is not None else None))
    _run.append(run)


def _one(case: object) -> Verdict:
    return _run[0](_stage[0], case)
