"""The lock `.imalink-storage.lock`: who holds it and whether that can still be so; and left-over copies."""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from inspector.fs.beneath import read_document
from inspector.fs.profile import host_name, process_runs
from inspector.layouts.documents import load_json
from inspector.layouts.imalink.moments import nanoseconds
from inspector.layouts.imalink.names import DOCUMENTS, LOCK, SESSIONS
from inspector.layouts.imalink.session_folder import session_names
from inspector.layouts.json_text import as_evidence
from inspector.model.errors import DocumentError
from inspector.model.records import Finding

_LARGEST_LOCK_BYTES = 1 << 16
_NS = 1_000_000_000
_HOST_MEMBERS = ("hostname", "host", "machine")
_PID_MEMBERS = ("pid", "process_id")
_TIME_MEMBERS = ("heartbeat", "acquired_at", "time", "created_at")
_PID_IN_TEXT = re.compile(rb"\s*(\d{1,9})\s*")


@dataclass(frozen=True, slots=True)
class LockVerdict:
    """Whether a lock's holder runs: ``live``, ``stale``, ``foreign`` (another machine's) or ``unknown``.

    `age` is in seconds since its heartbeat, or since the file was written; never negative.
    """

    verdict: str
    reason: str
    age: int
    holder: dict[str, Any]


def judge(data: bytes, modified_ns: int, now_ns: int, host: str, runs: Callable[[int], bool]) -> LockVerdict:
    """What a lock with this content, written at `modified_ns`, is worth on machine `host`; times in ns since 1970."""
    holder = _holder(data)
    name = _first(holder, _HOST_MEMBERS, str)
    pid = _first(holder, _PID_MEMBERS, int)
    beat_ns = modified_ns
    for member in _TIME_MEMBERS:
        try:
            beat_ns = nanoseconds(holder.get(member))
            break
        except ValueError:
            continue
    age = max(0, (now_ns - beat_ns) // _NS)
    shown = as_evidence(holder)
    if name is not None and name.casefold() != host.casefold():
        return LockVerdict("foreign", "another machine took it, so whether its holder runs cannot be known", age, shown)
    if pid is None or not 0 < pid < 1 << 31:
        return LockVerdict("unknown", "it does not say which process took it", age, shown)
    if runs(pid):
        if name is None:
            return LockVerdict("unknown", "such a process runs here, and the lock names no machine", age, shown)
        return LockVerdict("live", "its holder runs", age, shown)
    if name is None:
        return LockVerdict("unknown", "no such process runs here, and the lock names no machine", age, shown)
    return LockVerdict("stale", "its holder no longer runs", age, shown)


def lock_verdict(root: str) -> LockVerdict | None:
    """The verdict on the storage's lock, or None where there is none."""
    try:
        data, status = read_document(root, LOCK, _LARGEST_LOCK_BYTES)
    except FileNotFoundError:
        return None
    except DocumentError as error:
        return LockVerdict("unknown", error.message, 0, {})
    return judge(data, status.st_mtime_ns, time.time_ns(), host_name(), _runs_since(status.st_mtime_ns))


def lock_findings(root: str) -> Iterator[Finding]:
    """`stale_lock` where the lock's holder no longer runs or cannot be known; it never keeps us from reading."""
    lock = lock_verdict(root)
    if lock is not None and lock.verdict != "live":
        evidence = {
            "document": LOCK,
            "verdict": lock.verdict,
            "reason": lock.reason,
            "age_seconds": lock.age,
            "holder": lock.holder,
        }
        yield Finding("stale_lock", LOCK, (LOCK,), evidence)


def leftovers(root: str) -> Iterator[Finding]:
    """`stale_temp` for copies that the program put aside before it rewrote a document, or when it found one broken."""
    candidates = [f"{name}.backup" for name in DOCUMENTS]
    candidates += [f"{SESSIONS}/{name}" for name in session_names(root) if name.endswith(".json.backup")]
    for path in candidates:
        try:
            status = os.lstat(os.path.join(root, path))
        except OSError:
            continue
        evidence = {"document": path.removesuffix(".backup"), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
        yield Finding("stale_temp", path, (path,), evidence)


def _runs_since(modified_ns: int) -> Callable[[int], bool]:
    def runs(pid: int) -> bool:
        return process_runs(pid) and not _started_after(pid, modified_ns)

    return runs


def _started_after(pid: int, moment_ns: int) -> bool:
    import psutil  # 33 ms, and hardly ever is there a lock

    try:
        started: float = psutil.Process(pid).create_time()
    except psutil.Error:
        return False
    return started > moment_ns / _NS + 60  # the clock may have been set since


def _holder(data: bytes) -> dict[str, Any]:
    try:
        value = load_json(data, LOCK).value
    except DocumentError:
        number = _PID_IN_TEXT.fullmatch(data)
        return {"pid": int(number[1])} if number else {"text": data[:200].decode("utf-8", "backslashreplace")}
    if isinstance(value, dict):
        return value
    return {"pid": value} if type(value) is int else {"text": str(as_evidence(value))}


def _first(holder: dict[str, Any], members: tuple[str, ...], kind: type) -> Any:
    return next((holder[member] for member in members if type(holder.get(member)) is kind), None)
