"""Whether the holder of a lock file still runs: judged by what the file says, never by its age alone."""

import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inspector.fs.profile import host_name, process_runs
from inspector.fs.tree import Tree
from inspector.model.guarded_json import guarded_json

_LARGEST_LOCK_BYTES = 1 << 16
_NS = 1_000_000_000
HOST_MEMBERS = ("hostname", "host", "machine")
"""What programs call the machine that took a lock."""
_PID_MEMBERS = ("pid", "process_id")
_TIME_MEMBERS = ("heartbeat", "acquired_at", "time", "created_at")
_PID_IN_TEXT = re.compile(rb"\s*(\d{1,9})\s*")
_TEXT_BYTES = 200


@dataclass(frozen=True, slots=True)
class LockVerdict:
    """Whether a lock's holder runs: ``live``, ``stale``, ``foreign`` (another machine's) or ``unknown``.

    `age` is in seconds since its heartbeat, or since the file was written; never negative. `holder` is what the file
    says, as it says it. `what_instead` is what lies in its place where that is no file, such as ``a folder``.
    """

    verdict: str
    reason: str
    age: int
    holder: dict[str, Any]
    what_instead: str = ""

    @property
    def host(self) -> str | None:
        """The machine that the lock names."""
        name: str | None = _first(self.holder, HOST_MEMBERS, str)
        return name

    @property
    def pid(self) -> int | None:
        """The process that the lock names."""
        pid: int | None = _first(self.holder, _PID_MEMBERS, int)
        return pid


@dataclass(frozen=True, slots=True)
class LockFile:
    """A lock as it was found: its bytes, its state, and the verdict on it."""

    data: bytes
    status: os.stat_result
    verdict: LockVerdict


def judge(data: bytes, modified_ns: int, now_ns: int, host: str, runs: Callable[[int], bool]) -> LockVerdict:
    """What a lock with this content, written at `modified_ns`, is worth on machine `host`; times in ns since 1970."""
    holder = _holder(data)
    name = _first(holder, HOST_MEMBERS, str)
    pid = _first(holder, _PID_MEMBERS, int)
    age = max(0, (now_ns - _last_sign_ns(holder, modified_ns)) // _NS)
    if name is not None and name.casefold() != host.casefold():
        reason = "another machine took it, so whether its holder runs cannot be known"
        return LockVerdict("foreign", reason, age, holder)
    if pid is None or not 0 < pid < 1 << 31:
        return LockVerdict("unknown", "it does not say which process took it", age, holder)
    if runs(pid):
        if name is None:
            return LockVerdict("unknown", "such a process runs here, and the lock names no machine", age, holder)
        return LockVerdict("live", "its holder runs", age, holder)
    if name is None:
        return LockVerdict("unknown", "no such process runs here, and the lock names no machine", age, holder)
    return LockVerdict("stale", "its holder no longer runs", age, holder)


def find_lock(tree: Tree, name: str) -> LockFile | None:
    """The lock file `name` of a storage and the verdict on it, or None where there is none.

    Raises:
        OSError: where it cannot be read, or is no regular file.
    """
    try:
        with tree.reading(name) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
            status = os.fstat(descriptor)
            data = stream.read(_LARGEST_LOCK_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(data) > _LARGEST_LOCK_BYTES:
        return LockFile(data, status, LockVerdict("unknown", "it is too large for a lock", 0, {}))
    written_ns = status.st_mtime_ns
    return LockFile(data, status, judge(data, written_ns, time.time_ns(), host_name(), runs_since(written_ns)))


def lock_verdict(root: str, name: str) -> LockVerdict | None:
    """The verdict on the lock file `name` of the storage at `root`, or None where there is none."""
    try:
        with Tree(root) as tree:
            lock = find_lock(tree, name)
    except FileNotFoundError:
        return None
    except OSError as error:
        return unreadable(root, name, error)
    return lock.verdict if lock is not None else None


def unreadable(root: str, name: str, error: OSError) -> LockVerdict:
    """The verdict on a lock that cannot be read; where it is no file, `what_instead` of the verdict says what it is."""
    what = _what_instead(os.path.join(root, name))
    reason = f"it is {what} and no file" if what else f"it cannot be read: {error.strerror}"
    return LockVerdict("unknown", reason, 0, {}, what)


def _what_instead(path: str) -> str:
    """What lies in the place of a lock file, in words; empty where it is a file, or where nobody can tell."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return ""
    if stat.S_ISREG(mode):
        return ""
    return "a symbolic link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "a special file"


def runs_since(modified_ns: int) -> Callable[[int], bool]:
    """Tells whether a process runs that can have written something at this moment."""

    def runs(pid: int) -> bool:
        return process_runs(pid) and _is_the_same(pid, modified_ns)

    return runs


def _is_the_same(pid: int, moment_ns: int) -> bool:
    """Whether process `pid` can have written something at a moment: it had begun by then, and has not ended."""
    import psutil  # 33 ms, and hardly ever is there a lock

    try:
        process = psutil.Process(pid)
        started: float = process.create_time()
        ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1  # one may still write
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
    return not ended and started <= moment_ns / _NS + 60  # the clock may have been set since


def _holder(data: bytes) -> dict[str, Any]:
    try:
        value = guarded_json(data)
    except ValueError:
        number = _PID_IN_TEXT.fullmatch(data)
        return {"pid": int(number[1])} if number else {"text": _as_text(data)}
    if isinstance(value, dict):
        return value
    return {"pid": value} if type(value) is int else {"text": _as_text(data)}


def _as_text(data: bytes) -> str:
    return data[:_TEXT_BYTES].decode("utf-8", "backslashreplace")


def _last_sign_ns(holder: dict[str, Any], modified_ns: int) -> int:
    for member in _TIME_MEMBERS:
        try:
            moment = datetime.fromisoformat(holder[member])
            if moment.tzinfo is not None:
                return int(moment.timestamp()) * _NS
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return modified_ns


def _first(holder: dict[str, Any], members: tuple[str, ...], kind: type) -> Any:
    return next((holder[member] for member in members if type(holder.get(member)) is kind), None)
