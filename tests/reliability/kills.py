"""Kill the process at the Nth system call of an apply, an undo and a recovery, for every N until none is left."""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspector.model.plan import BatchInfo, ItemState
from inspector.model.progress import Progress
from inspector.repair.desk import Desk
from inspector.repair.history import interrupted
from tests.reliability.pool import Verdict, run_all
from tests.reliability.stage import Stage, elsewhere_for, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.reliability.traced import End, calls_of, kill_at, run_traced, why_not
from tests.reliability.verdict import folders_of, leftovers, picture_of, states_of, wrongs
from tests.reliability.world import KINDS, PLAIN, make_plan

CHANGING = frozenset(
    """
    write pwrite64 writev fsync fdatasync rename renameat renameat2 unlink unlinkat mkdir mkdirat link linkat openat
    ftruncate utimensat fchmod fchown copy_file_range sendfile flock close
    """.split()
)
"""Calls after which something may be another than before: between two others nothing differs."""
_MARGIN = 2
_FIRST_KILLS_EVERY = 40

Work = Callable[[], Callable[[], object]]
At = tuple[str, int]


@dataclass(frozen=True)
class Kill:
    """One run: what is killed, at which call, and for a recovery at which call the apply before it was."""

    work: str
    at: At
    first: At | None = None

    def __str__(self) -> str:
        first = f" after {self.first[0]} {self.first[1]}" if self.first else ""
        return f"{self.work} at {self.at[0]} {self.at[1]}{first}"


def apply_work(stage: Stage) -> Work:
    """The plan applied, from taking the locks until the catalog is closed."""

    def prepare() -> Callable[[], object]:
        database = stage.world.database()
        plan = make_plan(stage.world, stage.known.ids)

        def work() -> None:
            try:
                Desk(database).apply(plan, Progress())
            finally:
                database.close()

        return work

    return prepare


def undo_work(stage: Stage) -> Work:
    """The last batch taken back."""

    def prepare() -> Callable[[], object]:
        database, last = stage.world.database(), stage.batches()[0].id

        def work() -> None:
            try:
                Desk(database).undo(last, None, Progress())
            finally:
                database.close()

        return work

    return prepare


def recover_work(stage: Stage) -> Work:
    """Everything that was interrupted settled."""

    def prepare() -> Callable[[], object]:
        database = stage.world.database()

        def work() -> None:
            try:
                for info in interrupted(stage.world.state):
                    Desk(database).recover(info.id)
            finally:
                database.close()

        return work

    return prepare


def run_kill(stage: Stage, kill: Kill) -> Verdict:
    """Kill, recover, look; then take back what was done, or do the rest, in turns."""
    log = stage.log
    stage.fresh()
    if kill.work == "undo":
        original = stage.apply().id
        ended = run_traced(undo_work(stage), kill_at(*kill.at), log)
        return _judge(stage, kill, ended.end, original)
    if kill.first is not None:
        ended = run_traced(apply_work(stage), kill_at(*kill.first), log)
        assert ended.end is End.KILLED
        ended = run_traced(recover_work(stage), kill_at(*kill.at), log)
    else:
        ended = run_traced(apply_work(stage), kill_at(*kill.at), log)
    return _judge(stage, kill, ended.end, None)


def _judge(stage: Stage, kill: Kill, end: End, original: str | None) -> Verdict:
    if end is not End.KILLED:
        words = [] if end is End.DONE else [f"ended as {end}"]
        return Verdict(str(kill), happened=False, wrongs=words)
    return settle_and_judge(stage, str(kill), go_back=kill.at[1] % 2 == 1, original=original)


def settle_and_judge(stage: Stage, case: str, *, go_back: bool, original: str | None = None) -> Verdict:
    """Recover after an interruption and look; then take back what was done, or do the rest.

    `original` is the batch that was taken back, where it was not the plan that was interrupted.
    """
    recovered = stage.recover()
    info = _batch(stage, original)
    wrong = wrongs(stage.world, stage.known, states_of(info) if info else {}, may_wait=not recovered)
    if info is not None:
        wrong += [f"unfinished: {item.reason}" for item in info.items if item.state is ItemState.UNFINISHED]
    if not wrong:
        wrong = [f"then: {words}" for words in (_go_back if go_back else _go_on)(stage, info)]
    outcome = "recovered" if recovered else "had ended" if stage.batches() else "had not begun"
    return Verdict(case, happened=True, outcome=outcome, wrongs=wrong)


def _batch(stage: Stage, original: str | None) -> BatchInfo | None:
    """The batch of the plan, as things stand."""
    mine = [info for info in stage.batches() if info.undo_of is None and original in {None, info.id}]
    return mine[0] if mine else None


def _go_back(stage: Stage, info: BatchInfo | None) -> Iterator[str]:
    """Take back all that is done: everything is as it was, to the byte and the nanosecond."""
    if info is None or ItemState.DONE not in states_of(info).values():
        info = stage.apply()
    stage.undo(info.id)
    now, before = picture_of(stage.world), stage.known.picture
    differing = {path for path in now.keys() | before.keys() if now.get(path) != before.get(path)}
    yield from (f"{path} is not as it was" for path in differing.difference(leftovers(stage.world)))
    yield from (f"left the folder {folder}" for folder in folders_of(stage.world) ^ stage.known.folders)


def _go_on(stage: Stage, info: BatchInfo | None) -> Iterator[str]:
    """Do the rest: everything is as after the whole plan."""
    states = states_of(info) if info is not None else {}
    left = frozenset(number for number in stage.known.before if states.get(number) is not ItemState.DONE)
    if left:
        after = stage.apply(left)
        yield from (f"item {item.number}: {item.reason}" for item in after.items if item.state is not ItemState.DONE)
    done = dict.fromkeys(stage.known.before, ItemState.DONE)
    yield from wrongs(stage.world, stage.known, done, may_wait=not {1, 12} <= left)  # items of both storages


def cases_of(work: str, calls: Counter[str], *, first: At | None = None, only: Iterable[str] = ()) -> list[Kill]:
    """A kill at every call, and some beyond the last one of each name, which must not happen."""
    names = sorted(set(calls) & set(only)) if only else sorted(calls)
    return [Kill(work, (name, number), first) for name in names for number in range(1, calls[name] + _MARGIN + 1)]


def all_calls(stage: Stage) -> dict[str, Counter[str]]:
    """The calls of an apply and of an undo."""
    stage.fresh()
    applied = calls_of(apply_work(stage), stage.log)
    undone = calls_of(undo_work(stage), stage.log)
    return {"apply": applied, "undo": undone}


def recovery_cases(stage: Stage, every: int) -> list[Kill]:
    """Kills at every changing call of the recoveries after some first kills, each `every`-th one."""
    applied = all_calls(stage)["apply"]
    firsts = [(name, number) for name in sorted(set(applied) & CHANGING) for number in range(1, applied[name] + 1)]
    found = []
    for first in firsts[::every]:
        stage.fresh()
        run_traced(apply_work(stage), kill_at(*first), stage.log)
        if interrupted(stage.world.state):
            calls = calls_of(recover_work(stage), stage.log)
            found += cases_of("recover", calls, first=first, only=CHANGING)
    return found


def unreached(verdicts: Sequence[Verdict], cases: Sequence[Kill]) -> list[str]:
    """Whether some call was beyond those that were counted, so that one may be left."""
    last: dict[str, Kill] = {case.at[0]: case for case in cases}
    beyond = {str(case) for case in last.values()}
    return [verdict.case for verdict in verdicts if verdict.happened and verdict.case in beyond]


def some_cases(works: Iterable[str], kind: str, every: int) -> dict[str, list[Kill]]:
    """The kills of each work in worlds of one kind, each `every`-th one.

    Raises:
        LookupError: where such a world cannot be had.
    """
    with scratch() as folder, elsewhere_for(kind, folder) as elsewhere:
        stage = Stage(folder / "counting", kind, elsewhere)  # as deep as those of the workers, for calls for parents
        calls = all_calls(stage)
        cases = {work: cases_of(work, counted) for work, counted in calls.items() if work in works}
        if "recover" in works:
            cases["recover"] = recovery_cases(stage, _FIRST_KILLS_EVERY)
    return {work: own[::every] for work, own in cases.items()}


def main(arguments: Sequence[str]) -> int:
    """Run the proof, or a part of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability kills")
    parser.add_argument("--works", default="apply,undo,recover", help="what is killed")
    parser.add_argument("--kind", choices=KINDS, default=PLAIN, help="where what is taken away goes")
    parser.add_argument("--every", type=int, default=1, help="leave kills out")
    options = parser.parse_args(arguments)
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    rows, wrong = [], []
    for work, own in some_cases(options.works.split(","), options.kind, options.every).items():
        verdicts = list(run_all(own, run_kill, work, options.kind))
        happened = [one for one in verdicts if one.happened]
        bad = [one for one in verdicts if one.wrongs]
        if work != "recover" and options.every == 1:
            wrong += [f"more calls than were counted: {case}" for case in unreached(verdicts, own)]
        rows.append(
            (work, len({one.at[0] for one in own}), len(happened), len(happened) - len(bad), outcomes(happened))
        )
        wrong += failures(bad)
    print(as_table(("killed", "kinds of call", "kills", "survived", "of which"), rows))
    print("\n".join(wrong))
    return 1 if wrong else 0
