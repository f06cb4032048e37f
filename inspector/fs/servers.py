"""What lies on another machine or behind another program, and whether that answers: asked by a process that may hang.

Whoever looks at a path whose server has fallen silent waits in the kernel until it speaks again, and often cannot be
killed meanwhile. So nothing of ours looks there before a process of its own did: it may wait as long as it likes.
"""

import atexit
import os
import select
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from inspector.fs.profile import PSEUDO_FILE_SYSTEMS, mounts, profile_of
from inspector.model.display import display_name
from inspector.model.errors import StorageOfflineError

if TYPE_CHECKING:
    import subprocess

SECONDS_UNTIL_SILENT = 2.0
"""A server that has not answered for so long is silent. Who asks while an answer is owed does not wait again."""
_SECONDS_BELIEVED = 0.5
_MOST_LINKS = 40
_AUTOFS = "autofs"
_ASKING = """
import os
rest = b""
while data := os.read(0, 65536):
    *paths, rest = (rest + data).split(b"\\0")
    for path in paths:
        try:
            os.statvfs(path)
            os.stat(path)
        except OSError:
            pass
        os.write(1, b".")
"""


def is_served(file_system: str) -> bool:
    """Whether a file system of this type is another machine's, or another program's, which may fall silent."""
    if file_system in PSEUDO_FILE_SYSTEMS:
        return file_system == _AUTOFS  # a look below it waits until the server is mounted
    return profile_of(file_system).network or file_system == "fuse" or file_system.startswith("fuse.")


def silent_server(path: str | bytes) -> str:
    """The mount point of the server that `path` lies on, where it does not answer; empty where it does, or none is.

    Blocks for at most about `SECONDS_UNTIL_SILENT`, whatever the path. Where the thread is `patient` it is empty.
    """
    if getattr(_thread, "is_patient", False):
        return ""
    resolved, point, kind = _as_far_as_local(os.fsdecode(path))
    if not point:
        return ""
    asker = _askers.of(point)
    return "" if asker.answers(resolved if kind == _AUTOFS else point) else point


@contextmanager
def patient() -> Iterator[None]:
    """Have this thread wait for servers meanwhile: somebody else looks whether it waits in vain.

    A server that is only slow would else leave what it did not answer at once looking unreadable.
    """
    _thread.is_patient = True
    try:
        yield
    finally:
        _thread.is_patient = False


def server_of(path: str | bytes) -> str:
    """The mount point of the server that `path` lies on, whether that answers or not; empty where none is."""
    return _as_far_as_local(os.fsdecode(path))[1]


def real_path(path: str | bytes) -> str:
    """As `os.path.realpath`, but that links on a server which does not answer are not followed."""
    text = os.fsdecode(path)
    return _as_far_as_local(text)[0] if silent_server(text) else os.path.realpath(text)


def words_for_silent(point: str) -> str:
    """Why what lies on this server cannot be looked at."""
    return f"is not there: the server of {display_name(point)} does not answer"


def expect_answer(path: str | bytes) -> None:
    """Return if `path` may be looked at without waiting for a server.

    Raises:
        StorageOfflineError: where its server does not answer.
    """
    server = silent_server(path) if path else ""
    if server:
        raise silent_error(os.fsdecode(path), server)


def silent_error(path: str, point: str) -> StorageOfflineError:
    """The error for a path on the server of a mount point that does not answer."""
    return StorageOfflineError(
        words_for_silent(point), path=path, advice="Try again once it does; nothing was looked at."
    )


def _as_far_as_local(path: str) -> tuple[str, str, str]:
    """The path with links followed as far as this machine's own disks, then the mount point and type of its server."""
    served = _mounted.served()
    if not served:
        return path, "", ""
    done, left, links = "/", os.path.abspath(path).split("/")[::-1], 0
    while left:
        part = left.pop()
        if part in {"", "."}:
            continue
        here = os.path.dirname(done) if part == ".." else os.path.join(done, part)
        if here in served:
            whole = os.path.normpath(os.path.join(here, *reversed(left)))
            point = max((one for one in served if f"{whole}/".startswith(f"{one}/")), key=len)
            return whole, point, served[point]
        target = ""
        with suppress(OSError):
            target = os.readlink(here)
        if not target or links == _MOST_LINKS:
            done = here
            continue
        links += 1
        done = "/" if target.startswith("/") else done
        left.extend(reversed(target.split("/")))
    return done, "", ""


class _Mounted:
    """The mount points of servers with their types; the table is read again when the kernel says that it changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: select.poll | None = None
        self._served: dict[str, str] = {}

    def served(self) -> dict[str, str]:
        with self._lock:
            if self._changes is None or self._changes.poll(0):
                before_reading = self._listen()
                there = dict(mounts())  # what was mounted last at a point is what is there
                self._served = {point: kind for point, kind in there.items() if point != "/" and is_served(kind)}
                self._changes = before_reading
            return self._served

    def _listen(self) -> "select.poll | None":
        """What tells of the next change; None where nothing does, so that each look reads the table."""
        if self._changes is not None:
            return self._changes  # the poll that told of this change waits for the next one
        try:
            descriptor = os.open("/proc/self/mounts", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        changes = select.poll()
        changes.register(descriptor, select.POLLERR | select.POLLPRI)
        return changes


class _Asker:
    """A process that looks at one mount. While it waits for an answer, the server is silent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_owed = False
        self._believed_until = float("-inf")

    def answers(self, path: str) -> bool:
        with self._lock:
            seconds = SECONDS_UNTIL_SILENT
            if self._is_owed:
                seconds = 0.0  # it had its time
            elif time.monotonic() < self._believed_until:
                return True
            else:
                self._ask(path)
            return self._has_answered(seconds)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()  # and is not waited for: one that hangs in the kernel ends when it wakes

    def _ask(self, path: str) -> None:
        import subprocess  # 5 ms, and only where there is a server to ask

        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-S", "-c", _ASKING),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd="/", start_new_session=True,
            )  # fmt: skip
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), os.fsencode(path) + b"\0")
        self._is_owed = True

    def _has_answered(self, seconds: float) -> bool:
        assert self._process is not None and self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            return False
        said = os.read(descriptor, 1)
        self._is_owed = False
        if not said:  # somebody killed it; the next one asks anew
            self._process = None
            return False
        self._believed_until = time.monotonic() + _SECONDS_BELIEVED
        return True


class _Askers:
    """One asking process for each mount point that was asked about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_point: dict[str, _Asker] = {}

    def of(self, point: str) -> _Asker:
        with self._lock:
            if not self._by_point:
                atexit.register(self.end)
            return self._by_point.setdefault(point, _Asker())

    def end(self) -> None:
        for asker in self._by_point.values():
            asker.kill()


_thread = threading.local()
_mounted = _Mounted()
_askers = _Askers()
