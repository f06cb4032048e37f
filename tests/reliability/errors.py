"""Make the Nth call of every kind fail, for every N and every error that it can have, once and from then on."""

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from inspector.model.errors import InspectorError
from inspector.model.plan import ItemState
from inspector.repair.history import batch_info, interrupted
from tests.reliability.kills import (
    CHANGING,
    At,
    all_calls,
    apply_work,
    recover_work,
    settle_and_judge,
    undo_work,
)
from tests.reliability.pool import Verdict, run_all
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.reliability.traced import End, calls_of, fail_at, kill_at, run_traced, why_not
from tests.reliability.verdict import states_of, wrongs

_SPACE = ("ENOSPC", "EDQUOT", "EROFS", "EIO", "EINTR")
_NAMES = ("EIO", "EROFS", "EACCES", "ENOSPC", "EDQUOT")
ERRORS = {
    "write": _SPACE,
    "pwrite64": _SPACE,
    "ftruncate": ("EIO", "EROFS", "ENOSPC", "EINTR"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR"),
    "fdatasync": ("EIO", "ENOSPC", "EDQUOT"),
    "openat": ("EACCES", "EIO", "EROFS", "ENOSPC", "EDQUOT", "EINTR"),
    "openat2": ("EACCES", "EIO", "EINTR"),
    "rename": _NAMES,
    "renameat": _NAMES,
    "renameat2": _NAMES,
    "link": _NAMES,
    "linkat": _NAMES,
    "unlink": ("EIO", "EROFS", "EACCES"),
    "unlinkat": ("EIO", "EROFS", "EACCES"),
    "mkdir": _NAMES,
    "mkdirat": _NAMES,
    "fchmod": ("EIO", "EROFS"),
    "fchown": ("EIO", "EROFS", "EDQUOT"),
    "utimensat": ("EIO", "EROFS", "EACCES"),
    "copy_file_range": _SPACE,
    "sendfile": _SPACE,
    "read": ("EIO", "EINTR"),
    "readv": ("EIO", "EINTR"),
    "pread64": ("EIO",),
    "close": ("EIO", "EINTR"),
    "flock": ("EIO", "EINTR"),
    "newfstatat": ("EACCES", "EIO"),
    "getdents64": ("EIO", "EACCES"),
    "lseek": ("EIO",),
    "flistxattr": ("EIO", "EACCES"),
}
"""The errors that each call can have; permissions that may not be set are left out by design, so EACCES is no error."""
_FIRST_KILLS_EVERY = 200
_TOTALS = re.compile(r"item 12 is undone, and is mixed: \[None, ")
"""The totals of the phone's signature, beside an index that has gone again."""
_LASTING = frozenset({"ENOSPC", "EDQUOT", "EROFS", "EIO"})


@dataclass(frozen=True)
class Fault:
    """One run: which call fails, and how; of a recovery, at which call the apply before it was killed."""

    name: str
    number: int
    error: str
    lasting: bool
    work: str = "apply"
    first: At | None = None

    def __str__(self) -> str:
        first = f" after {self.first[0]} {self.first[1]}" if self.first else ""
        return f"{self.work}: {self.error} at {self.name} {self.number}{' and on' if self.lasting else ''}{first}"


def run_fault(stage: Stage, fault: Fault) -> Verdict:
    """Work with the fault; no exception that is not made for people, and afterwards everything is whole."""
    stage.fresh()
    if fault.work != "apply":
        return _run_later(stage, fault)
    ended = run_traced(
        apply_work(stage), fail_at(fault.name, fault.number, fault.error, lasting=fault.lasting), stage.log
    )
    happened = "INJECTED" in stage.log.read_text(errors="replace")
    wrong = list(_wrongs(stage, ended.end, ended.words))
    if fault.lasting:  # what nothing works on any more cannot be tidied up either
        wrong = [words for words in wrong if not words.startswith("left an empty folder")]
    return Verdict(str(fault), happened, ended.end.value, wrong)


def _run_later(stage: Stage, fault: Fault) -> Verdict:
    """Take back, or recover, with the fault; then recover once more, look, and go back or on."""
    original = None
    if fault.first is None:
        original, work = stage.apply().id, undo_work(stage)
    else:
        run_traced(apply_work(stage), kill_at(*fault.first), stage.log)
        work = recover_work(stage)
    ended = run_traced(work, fail_at(fault.name, fault.number, fault.error, lasting=fault.lasting), stage.log)
    happened = "INJECTED" in stage.log.read_text(errors="replace")
    wrong = [f"crashed: {' '.join(ended.words.split()[-60:])}"] if ended.end is End.CRASHED else []
    if original is None:
        wrong += settle_and_judge(stage, str(fault), go_back=fault.number % 2 == 1).wrongs
    else:
        wrong += [words for words in _taken_back_in_parts(stage, original) if _TOTALS.match(words) is None]
    if fault.lasting or fault.name == "unlinkat":  # a folder that cannot be removed stays
        wrong = [words for words in wrong if "left an empty folder" not in words and "left the folder" not in words]
    return Verdict(str(fault), happened, ended.end.value, wrong)


def _wrongs(stage: Stage, end: End, words: str) -> Iterator[str]:
    if end is End.CRASHED:
        yield f"crashed: {' '.join(words.split()[-60:])}"
    recovered = stage.recover()
    mine = stage.batches()
    states = states_of(mine[0]) if mine else {}
    if mine:
        yield from (f"unfinished: {item.reason}" for item in mine[0].items if item.state is ItemState.UNFINISHED)
    found = wrongs(stage.world, stage.known, states, may_wait=not recovered)
    yield from found
    if not found:
        left = frozenset(number for number in stage.known.before if states.get(number) is not ItemState.DONE)
        after = stage.apply(left).items if left else ()
        yield from (f"then: item {one.number}: {one.reason}" for one in after if one.state is not ItemState.DONE)
        everything = dict.fromkeys(stage.known.before, ItemState.DONE)
        last = wrongs(stage.world, stage.known, everything, may_wait=not {1, 12} <= left)  # items of both storages
        yield from (f"then: {words}" for words in last)


def _taken_back_in_parts(stage: Stage, original: str) -> Iterator[str]:
    """Each item is taken back or is not, as the journal says, and so it is after another attempt at the rest.

    That may be refused: what edited one document may come back together only.
    """
    for again in (False, True):
        if again:
            with suppress(InspectorError):
                stage.undo(original)
        recovered = stage.recover()
        info = batch_info(stage.world.state, original)
        yield from wrongs(stage.world, stage.known, states_of(info), may_wait=not recovered)
        yield from (f"unfinished: {item.reason}" for item in info.items if item.state is ItemState.UNFINISHED)


def cases_of(stage: Stage, work: str = "apply") -> list[Fault]:
    """Every fault at every call of an apply or an undo."""
    return list(_faults(all_calls(stage)[work], work, None))


def recovery_cases(stage: Stage, every: int) -> list[Fault]:
    """Every fault at every call of the recoveries after some kills, each `every`-th of those at changing calls."""
    applied = all_calls(stage)["apply"]
    firsts = [(name, number) for name in sorted(set(applied) & CHANGING) for number in range(1, applied[name] + 1)]
    found: list[Fault] = []
    for first in firsts[::every]:
        stage.fresh()
        run_traced(apply_work(stage), kill_at(*first), stage.log)
        if interrupted(stage.world.state):
            found += _faults(calls_of(recover_work(stage), stage.log), "recover", first)
    return found


def _faults(calls: Counter[str], work: str, first: At | None) -> Iterator[Fault]:
    for name in sorted(set(calls) & set(ERRORS)):
        for error in ERRORS[name]:
            for lasting in (False, True) if error in _LASTING else (False,):
                for number in range(1, calls[name] + 1):
                    yield Fault(name, number, error, lasting, work, first)


def main(arguments: Sequence[str]) -> int:
    """Run the proof, or a part of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability errors")
    parser.add_argument("errors", nargs="*", help="the errors to make; all of them by default")
    parser.add_argument("--works", default="apply,undo,recover", help="what they happen to")
    parser.add_argument("--every", type=int, default=1, help="leave faults out")
    options = parser.parse_args(arguments)
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    cases: list[Fault] = []
    with scratch() as folder:
        stage = Stage(folder / "counting")
        for work in options.works.split(","):
            cases += recovery_cases(stage, _FIRST_KILLS_EVERY) if work == "recover" else cases_of(stage, work)
    cases = cases[:: options.every]
    rows, wrong = [], []
    for work in dict.fromkeys(case.work for case in cases):
        for error in options.errors or sorted({case.error for case in cases}):
            own = [case for case in cases if (case.work, case.error) == (work, error)]
            verdicts = list(run_all(own, run_fault, f"{work}, {error}"))
            happened = [one for one in verdicts if one.happened]
            bad = [one for one in verdicts if one.wrongs]
            kinds = len({one.name for one in own})
            rows.append((work, error, kinds, len(happened), len(happened) - len(bad), outcomes(happened)))
            wrong += failures(bad)
    print(as_table(("work", "error", "kinds of call", "faults", "survived", "of which"), rows))
    print("\n".join(wrong))
    return 1 if wrong else 0
