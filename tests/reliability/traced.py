"""Run a piece of work in a forked child under strace, which kills it or makes a call fail where that is asked for."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inspector.model.errors import InspectorError

WITHOUT_EFFECT = frozenset(
    """
    brk mmap munmap mprotect madvise mremap rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack futex clone clone3
    set_robust_list rseq gettid getpid getppid getuid geteuid getgid getegid clock_gettime clock_nanosleep gettimeofday
    getrandom uname sysinfo prlimit64 sched_yield sched_getaffinity exit exit_group restart_syscall kill tgkill
    """.split()
)
"""Calls that touch nothing but the process itself: killed at one of them, the disk is as at the next other call."""

_TRACED = ",".join(sorted(WITHOUT_EFFECT))
_NOT_TRACED = f"trace=!{_TRACED}"
_PATIENCE_SECONDS = 60


class End(StrEnum):
    """How a piece of work ended."""

    DONE = "done"
    SAID = "said"
    """It raised an error that is made for people."""
    CRASHED = "crashed"
    """It raised any other exception."""
    KILLED = "killed"


_CODES = {0: End.DONE, 3: End.SAID, 4: End.CRASHED}


@dataclass(frozen=True)
class Run:
    """What became of a run: `words` are those of the error."""

    end: End
    words: str = ""


def why_not() -> str | None:
    """Why nothing can be traced here; None where it can."""
    if shutil.which("strace") is None:
        return "there is no strace"
    tried = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, text=True)
    return f"strace cannot trace here: {tried.stderr.strip()}" if tried.returncode else None


def kill_at(name: str, number: int) -> list[str]:
    """The arguments of strace that kill the process before its `number`-th call of this name."""
    return ["-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}"]


def fail_at(name: str, number: int, error: str, *, lasting: bool) -> list[str]:
    """The arguments that make the `number`-th call of this name fail, and with `lasting` all later ones."""
    when = f"{number}+" if lasting else str(number)
    return ["-e", f"trace={name}", "-e", f"inject={name}:error={error}:when={when}"]


def run_traced(prepare: Callable[[], Callable[[], object]], arguments: list[str], log: Path) -> Run:
    """Do in a child what `prepare` returns; only that is traced. The words of its error are read from `log`'s side."""
    words = log.with_suffix(".words")
    words.write_bytes(b"")
    child = os.fork()
    if child == 0:
        _work(prepare, words)
    _, status = os.waitpid(child, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        raise AssertionError(f"the work could not be prepared: {words.read_text()}")
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", str(log), "-p", str(child), *arguments], stderr=subprocess.PIPE
    )
    try:
        _wait_for_tracer(child)
        os.kill(child, signal.SIGCONT)
        status = _wait_for_end(child)
    finally:
        if tracer.poll() is None:
            tracer.communicate(timeout=_PATIENCE_SECONDS)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise AssertionError(f"ended by signal {os.WTERMSIG(status)}")
        return Run(End.KILLED)
    return Run(_CODES[os.WEXITSTATUS(status)], words.read_text(errors="replace"))


def calls_of(prepare: Callable[[], Callable[[], object]], log: Path) -> Counter[str]:
    """How often the work makes each system call, those without effect left out; counted in its first thread."""
    run = run_traced(prepare, ["-e", _NOT_TRACED], log)
    assert run.end is End.DONE, run.words
    lines = [line.split(None, 1) for line in log.read_text(errors="replace").splitlines()]
    first = lines[0][0]
    return Counter(
        rest.partition("(")[0] for thread, rest in lines if thread == first and rest[0].isalpha() and "(" in rest
    )


def _work(prepare: Callable[[], Callable[[], object]], words: Path) -> None:
    """In the child: get ready, wait to be traced, work, and end with a code that says how."""
    code = 4
    said = os.open(words, os.O_WRONLY)
    try:
        work = prepare()
        os.kill(os.getpid(), signal.SIGSTOP)
        try:
            work()
            code = 0
        except (InspectorError, sqlite3.Error) as error:  # the front ends put both into words
            code = 3
            os.writev(said, [f"{type(error).__name__}: {error}".encode(errors="replace")])
    except BaseException:  # noqa: BLE001 - whatever it is, it is what this looks for
        os.writev(said, [traceback.format_exc().encode(errors="replace")])
    finally:
        os._exit(code)


def _wait_for_tracer(child: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    status = Path(f"/proc/{child}/status")
    while "TracerPid:\t0\n" in status.read_text():
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            raise AssertionError("strace did not come")
        time.sleep(0.0005)


def _wait_for_end(child: int) -> int:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            raise AssertionError("the work did not end")
        time.sleep(0.0005)
