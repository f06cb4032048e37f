"""Make the Nth call of every kind fail, for every N and every error that it can have, once and from then on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspector.model.plan import ItemState
from tests.reliability.kills import Work, all_calls, apply_work
from tests.reliability.pool import Verdict, run_all
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table, failures, outcomes
from tests.reliability.traced import End, fail_at, run_traced, why_not
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
_LASTING = frozenset({"ENOSPC", "EDQUOT", "EROFS", "EIO"})


@dataclass(frozen=True)
class Fault:
    """One run: which call fails, and how."""

    name: str
    number: int
    error: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.error} at {self.name} {self.number}{' and on' if self.lasting else ''}"


def run_fault(stage: Stage, fault: Fault) -> Verdict:
    """Apply with the fault; no exception that is not made for people, and afterwards everything is whole."""
    stage.fresh()
    work: Work = apply_work(stage)
    ended = run_traced(work, fail_at(fault.name, fault.number, fault.error, lasting=fault.lasting), stage.log)
    happened = "INJECTED" in stage.log.read_text(errors="replace")
    wrong = list(_wrongs(stage, ended.end, ended.words))
    if fault.lasting:  # what nothing works on any more cannot be tidied up either
        wrong = [words for words in wrong if not words.startswith("left an empty folder")]
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


def cases_of(stage: Stage) -> list[Fault]:
    """Every fault at every call of an apply."""
    calls = all_calls(stage)["apply"]
    return [
        Fault(name, number, error, lasting)
        for name in sorted(set(calls) & set(ERRORS))
        for error in ERRORS[name]
        for lasting in ((False, True) if error in _LASTING else (False,))
        for number in range(1, calls[name] + 1)
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the proof: the errors that are named, or all."""
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    with scratch() as folder:
        cases = cases_of(Stage(folder / "counting"))
    rows, wrong = [], []
    for error in arguments or sorted({case.error for case in cases}):
        own = [case for case in cases if case.error == error]
        verdicts = list(run_all(own, run_fault, error))
        happened = [one for one in verdicts if one.happened]
        bad = [one for one in verdicts if one.wrongs]
        rows.append(
            (error, len({one.name for one in own}), len(happened), len(happened) - len(bad), outcomes(happened))
        )
        wrong += failures(bad)
    print(as_table(("error", "kinds of call", "faults", "survived", "of which"), rows))
    print("\n".join(wrong))
    return 1 if wrong else 0
