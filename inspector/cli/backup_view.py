"""Backups in words: what a run did, what a check found, what could not be done."""

from collections.abc import Sequence

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.model.backups import DAMAGE, BackupCheck, BackupFault, BackupProblem, BackupRun
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.records import StorageInfo

_MOST_SHOWN = 20


def print_run(run: BackupRun, storage: StorageInfo, invocation: Invocation) -> None:
    """Print what a run did, and how its result can be checked."""
    if run.resumed:
        output.line("An earlier run was cut short; this one went on from there.")
    done = [
        f"{counted(count, noun)}{words}"
        for count, noun, words in (
            (run.copied, "file", f" copied ({human_bytes(run.copied_bytes)})"),
            (run.rotten, "rotten one", " among them made anew"),
            (run.replaced, "former version", " kept"),
            (run.adopted, "file", " there already, compared"),
            (run.retimed, "file", " with another time or other permissions only"),
        )
        if count
    ]
    name, where = display_name(storage.name), display_name(run.destination)
    output.line(f"{name}: {', '.join(done)}." if done else f"{name}: {_nothing(run)}.")
    output.line(f"{where} holds {counted(run.files, 'file')} of it, {human_bytes(run.bytes)}.")
    if run.gone:
        gone = f"{counted(run.gone, 'file')} gone from the storage {'is' if run.gone == 1 else 'are'} kept there."
        output.line(
            gone, " To delete such: ", invocation.command("backup", storage.root, run.destination, "--prune", "90")
        )
    for note in run.notes:
        output.line(f"{note}.")


def _nothing(run: BackupRun) -> str:
    return "nothing was copied" if run.problem_count else "nothing had changed"


def print_check(check: BackupCheck, *, with_storage: bool) -> None:
    """Print what a check found: counts, and the first of each kind."""
    last = f"last run {check.last}" if check.last else "no run came to its end"
    output.line(
        f"{display_name(check.destination)}: {counted(check.files, 'file')}, {human_bytes(check.bytes)}, {last}."
    )
    if check.unfinished:
        output.line("The last run was cut short: back up once more, and it goes on from there.")
    for fault in BackupFault:
        count = check.counts.get(fault, 0)
        if not count:
            continue
        colour = "31" if fault in DAMAGE else "33"
        output.line(output.Painted(f"{count:>9,}  {fault.value}", colour))
        some = [one for one in check.findings if one.fault is fault][:_MOST_SHOWN]
        for one in some:
            output.line(f"           {display_name(one.path)}{f' — {display_text(one.detail)}' if one.detail else ''}")
        if count > len(some):
            output.line(f"           … and {count - len(some):,} more")
    if not check.damaged and not check.behind:
        how = "every byte is as it was backed up" if check.deep else "sizes and times are as they should be"
        whose = "it has all of the storage, and " if with_storage else ""
        output.line(f"The backup is well: {whose}{how}.")


def print_problems(problems: Sequence[BackupProblem], count: int) -> None:
    """Say what could not be done, the first of it."""
    for one in problems[:_MOST_SHOWN]:
        output.say(f"inspector: {display_name(one.path)}: {display_text(one.reason)}.")
    if count > _MOST_SHOWN:
        output.say(f"inspector: … and {count - _MOST_SHOWN:,} more; --json names up to 1,000.")
