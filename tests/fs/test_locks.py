"""Locks of a storage: who gets one, who is refused, and what becomes of those that nobody holds any more."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from inspector.fs.lock_verdicts import lock_verdict
from inspector.fs.locks import StorageLock, state_lock
from inspector.fs.profile import host_name
from inspector.fs.system import use_system
from inspector.fs.write import WriteFailedError, is_temporary
from inspector.model.errors import InspectorError, StorageLockedError, StorageOfflineError
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.fs.writing import no_links_either, no_renameat2

LOCK = ".lock"
FAST = 0.02
NOBODY = 4_194_303  # a process id that hardly any system gives
STALE = {
    "program": "inspector",
    "hostname": host_name(),
    "pid": NOBODY,
    "acquired_at": "2024-10-19T20:28:11Z",
    "heartbeat": "2024-10-19T20:30:45Z",
    "token": "0" * 32,
}
HOLDER = """
import sys
from pathlib import Path
from inspector.fs.locks import StorageLock
from inspector.model.errors import StorageLockedError
root, state, lock = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
try:
    with StorageLock(root, "Main", "storage", Path(state), lock or None):
        print("held", flush=True)
        sys.stdin.readline()
except StorageLockedError as error:
    print(f"refused {error}", flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty storage."""
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def take(root: Path, tmp_path: Path) -> Callable[..., StorageLock]:
    """Makes locks of the storage, by default with one state folder and a fast heart."""

    def make(state: str = "state", lock_name: str | None = LOCK, **options: Any) -> StorageLock:
        options.setdefault("interval", FAST)
        return StorageLock(str(root), "Main", "storage", tmp_path / state, lock_name, **options)

    return make


class Holder:
    """Another process that takes the lock when told to, and holds it until told to end."""

    def __init__(self, root: Path, state: Path, lock: str = LOCK) -> None:
        command = [sys.executable, "-c", HOLDER, str(root), str(state), lock]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def take(self) -> str:
        self.go_on()
        return self.line()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        self.process.communicate("\n", timeout=20)


@contextmanager
def holders(root: Path, *states: Path, lock: str = LOCK) -> Iterator[list[Holder]]:
    """One other process per state folder, ready to take the lock."""
    found: list[Holder] = []
    try:
        found.extend(Holder(root, state, lock) for state in states)
        yield found
    finally:
        for holder in found:
            holder.kill()
            for stream in (holder.process.stdin, holder.process.stdout):
                if stream is not None:
                    stream.close()


def put(root: Path, **members: object) -> bytes:
    """Leave a stale lock of an inspector, with other members where they are given, None for none."""
    holder = {key: value for key, value in {**STALE, **members}.items() if value is not None}
    (root / LOCK).write_text(json.dumps(holder))
    return (root / LOCK).read_bytes()


def read(root: Path) -> dict[str, Any]:
    """What the lock says."""
    holder: dict[str, Any] = json.loads((root / LOCK).read_bytes())
    return holder


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(FAST / 4)


def entries(root: Path) -> list[str]:
    """What is in the storage."""
    return sorted(os.listdir(root))


# Taking and leaving


def test_a_lock_says_who_holds_it_since_when_and_is_gone_afterwards(
    root: Path, take: Callable[..., StorageLock]
) -> None:
    with take() as lock:
        held = read(root)
        assert set(held) == {"program", "hostname", "pid", "acquired_at", "heartbeat", "token"}
        assert (held["program"], held["hostname"], held["pid"]) == ("inspector", host_name(), os.getpid())
        assert held["acquired_at"].endswith("Z") and len(held["token"]) == 32
        verdict = lock_verdict(str(root), LOCK)
        assert verdict is not None and verdict.verdict == "live"
        lock.check()
    assert entries(root) == []


def test_a_lock_is_gone_after_an_error_and_can_be_taken_again(root: Path, take: Callable[..., StorageLock]) -> None:
    with pytest.raises(ZeroDivisionError), take():
        raise ZeroDivisionError
    assert entries(root) == []
    with take():
        pass


def test_a_storage_without_a_lock_file_of_its_own_gets_none(root: Path, take: Callable[..., StorageLock]) -> None:
    with take(lock_name=None) as lock:
        assert entries(root) == []
        lock.check()
        with pytest.raises(StorageLockedError), take(lock_name=None):
            pass


def test_a_scan_and_a_repair_with_one_state_folder_exclude_each_other(
    root: Path, tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    with (
        state_lock(tmp_path / "state", "storage", "Main", str(root)),
        pytest.raises(StorageLockedError, match="scanning or repairing 'Main'"),
        take(),
    ):
        pass
    assert entries(root) == []
    with take(), pytest.raises(StorageLockedError), state_lock(tmp_path / "state", "storage", "Main", str(root)):
        pass
    with take(), state_lock(tmp_path / "state", "another", "Other", str(root)):
        pass


def test_a_lock_may_be_left_in_another_thread_than_it_was_taken_in(take: Callable[..., StorageLock]) -> None:
    lock = take()
    thread = threading.Thread(target=lock.__enter__)
    thread.start()
    thread.join()
    lock.__exit__(None, None, None)
    with take():
        pass


# Other processes


def test_of_processes_that_race_for_a_lock_one_gets_it(root: Path, tmp_path: Path) -> None:
    assert _race(root, tmp_path) == 1


def test_of_processes_that_race_for_a_stale_lock_one_gets_it_and_nothing_is_left_over(
    root: Path, tmp_path: Path
) -> None:
    for _ in range(4):
        put(root)
        assert _race(root, tmp_path) == 1
        assert entries(root) == []


def _race(root: Path, tmp_path: Path) -> int:
    """How many of several processes, each with a state folder of its own, hold the lock at once."""
    with holders(root, *(tmp_path / f"state{number}" for number in range(4))) as racers:
        for racer in racers:
            racer.go_on()
        said = [racer.line() for racer in racers]
        assert all(words == "held" or words.startswith("refused") for words in said)
        assert entries(root) == [LOCK]
        for racer in racers:
            racer.end()
    return said.count("held")


def test_of_threads_that_race_for_a_stale_lock_again_and_again_never_two_hold_it(
    root: Path, take: Callable[..., StorageLock]
) -> None:
    inside, most, won = 0, 0, 0
    guard = threading.Lock()

    def race(number: int, start: threading.Barrier) -> None:
        nonlocal inside, most, won
        start.wait()
        try:
            with take(f"state{number}"):
                with guard:
                    inside, won = inside + 1, won + 1
                    most = max(most, inside)
                time.sleep(0.002)
                with guard:
                    inside -= 1
        except StorageLockedError:
            pass

    for _ in range(40):
        put(root)
        start = threading.Barrier(4)
        threads = [threading.Thread(target=race, args=(number, start)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert entries(root) == []
    assert most == 1
    assert won >= 40


def test_a_lock_that_is_held_is_refused_with_its_holder(
    root: Path, tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    with holders(root, tmp_path / "other") as (other,):
        assert other.take() == "held"
        before = (root / LOCK).read_bytes()
        with pytest.raises(StorageLockedError) as refused, take():
            pass
        words = str(refused.value)
        assert f"process {other.process.pid} on {host_name()} holds it since {read(root)['acquired_at']}" in words
        assert refused.value.path == str(root / LOCK)
        assert "Wait until it is done" in words
        assert (root / LOCK).read_bytes() == before
        other.end()
    with take():
        pass


def test_the_lock_of_a_killed_process_is_taken_over(
    root: Path, tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    with holders(root, tmp_path / "state") as (other,):
        assert other.take() == "held"
        other.kill()
    assert entries(root) == [LOCK]
    with take():
        assert read(root)["pid"] == os.getpid()
        assert entries(root) == [LOCK]
    assert entries(root) == []


def test_the_lock_of_a_process_that_ended_and_was_not_asked_for_is_taken_over(
    root: Path, tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    with holders(root, tmp_path / "state") as (other,):
        assert other.take() == "held"
        os.kill(other.process.pid, 9)
        wait_for(lambda: _verdict(root) == "stale")  # a zombie by now, whose other threads may still be ending
        wait_for(lambda: _is_taken(take))


def _is_taken(take: Callable[..., StorageLock]) -> bool:
    try:
        with take():
            return True
    except StorageLockedError:
        return False


def _verdict(root: Path) -> str | None:
    found = lock_verdict(str(root), LOCK)
    return found.verdict if found is not None else None


# Locks that are not broken


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"hostname": "elsewhere"}, f"process {NOBODY} on elsewhere holds it since 2024-10-19T20:28:11Z, last heard"),
        ({"hostname": "elsewhere", "heartbeat": "1999-01-01T00:00:00Z"}, "Wait until it is done there"),
        ({"hostname": None}, "the lock names no machine"),
        ({"pid": None}, "it does not say which process took it"),
        ({"program": None}, "another program left it behind"),
        ({"program": "imalink"}, "Repair the conflict stale_lock first"),
    ],
)
def test_a_lock_of_another_machine_or_program_is_never_broken(
    root: Path, take: Callable[..., StorageLock], members: dict[str, Any], words: str
) -> None:
    before = put(root, **members)
    with pytest.raises(StorageLockedError) as refused, take():
        pass
    assert words in str(refused.value)
    assert "nothing was begun" in str(refused.value)
    assert (root / LOCK).read_bytes() == before
    assert entries(root) == [LOCK]


@pytest.mark.parametrize("content", [b"", b"locked", b"77\n", b"[1, 2]", b"\0" * 40, b"x" * 70_000, b"[" * 60_000])
def test_a_lock_that_says_nothing_is_never_broken(root: Path, take: Callable[..., StorageLock], content: bytes) -> None:
    (root / LOCK).write_bytes(content)
    with pytest.raises(StorageLockedError, match="cannot be known"), take():
        pass
    assert (root / LOCK).read_bytes() == content


def test_what_is_no_file_is_never_followed_or_broken(
    root: Path, tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    target = tmp_path / "elsewhere"
    target.write_text(json.dumps(STALE))
    (root / LOCK).symlink_to(target)
    with pytest.raises(StorageLockedError, match=r"a symbolic link .* cannot be read.* remove it yourself"), take():
        pass
    (root / LOCK).unlink()
    os.mkfifo(root / LOCK)
    with pytest.raises(StorageLockedError, match="cannot be read"), take():
        pass
    assert json.loads(target.read_text()) == STALE
    assert entries(root) == [LOCK]


def test_words_of_a_lock_reach_nobody_unescaped_or_endless(root: Path, take: Callable[..., StorageLock]) -> None:
    put(root, hostname="\x1b[31mevil" + "x" * 5000, acquired_at="y" * 5000)
    with pytest.raises(StorageLockedError) as refused, take():
        pass
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("members", [{}, {"hostname": "elsewhere"}, {"program": None}])
def test_work_on_the_lock_itself_finds_it_as_it_was(
    root: Path, take: Callable[..., StorageLock], members: dict[str, Any]
) -> None:
    before = put(root, **members)
    with take(may_replace=True) as lock:
        assert (root / LOCK).read_bytes() == before
        (root / LOCK).unlink()
        time.sleep(FAST * 3)
        lock.check()
    assert entries(root) == []
    with take(may_replace=True):
        assert entries(root) == []


def test_work_on_the_lock_itself_waits_for_its_holder(
    root: Path, tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    with holders(root, tmp_path / "other") as (other,):
        assert other.take() == "held"
        with pytest.raises(StorageLockedError), take(may_replace=True):
            pass


# Heartbeat


def test_a_lock_beats_and_stays_the_same_lock(root: Path, take: Callable[..., StorageLock]) -> None:
    with take() as lock:
        first, inode = read(root), (root / LOCK).stat().st_ino
        wait_for(lambda: (root / LOCK).stat().st_ino != inode)
        wait_for(lambda: read(root)["heartbeat"] != first["heartbeat"])
        assert {**read(root), "heartbeat": ""} == {**first, "heartbeat": ""}
        assert not lock.lost
        lock.check()
    assert entries(root) == []


@pytest.mark.parametrize("members", [{"token": "f" * 32}, {"hostname": "elsewhere"}])
def test_a_lock_that_another_program_took_is_lost_and_left_to_it(
    root: Path, take: Callable[..., StorageLock], members: dict[str, Any]
) -> None:
    with take() as lock:
        (root / "thief").write_text(json.dumps({**STALE, **members}))
        (root / "thief").rename(root / LOCK)
        stolen = (root / LOCK).read_bytes()
        wait_for(lambda: lock.lost)
        with pytest.raises(StorageLockedError, match="took the lock of 'Main'"):
            lock.check()
    assert (root / LOCK).read_bytes() == stolen


def test_a_lock_that_was_removed_is_lost(root: Path, take: Callable[..., StorageLock]) -> None:
    with take() as lock:
        wait_for((root / LOCK).exists)
        (root / LOCK).unlink()
        wait_for(lambda: lock.lost)
    assert entries(root) == []


def test_a_heart_that_cannot_write_for_a_while_loses_no_lock(root: Path, take: Callable[..., StorageLock]) -> None:
    refused = threading.Event()

    def full(name: str, _: object) -> int | None:
        if name != "write":
            return None
        refused.set()
        return errno.ENOSPC

    with take() as lock:
        with use_system(FaultSystem(refuse=full)):
            assert refused.wait(10)
            time.sleep(FAST * 3)
        lock.check()
        inode = (root / LOCK).stat().st_ino
        wait_for(lambda: (root / LOCK).stat().st_ino != inode)
        lock.check()
    assert entries(root) == []


# Systems that refuse


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_storage_that_cannot_be_written_is_refused_in_words(
    root: Path, take: Callable[..., StorageLock], error: int
) -> None:
    refuse = FaultSystem(refuse=lambda name, arguments: error if name == "open" else None)
    with pytest.raises(WriteFailedError, match="the storage cannot be written") as refused, use_system(refuse), take():
        pass
    assert refused.value.path == str(root / LOCK)
    assert errno.errorcode[error] in str(refused.value)
    assert entries(root) == []


def test_a_storage_that_is_not_there_is_offline(root: Path, take: Callable[..., StorageLock]) -> None:
    root.rmdir()
    with pytest.raises(StorageOfflineError), take():
        pass


def test_a_state_folder_that_cannot_be_written_is_an_error_in_words(
    tmp_path: Path, take: Callable[..., StorageLock]
) -> None:
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(WriteFailedError), take():
        pass


def test_a_folder_that_cannot_be_flushed_can_be_locked(root: Path, take: Callable[..., StorageLock]) -> None:
    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        return errno.EIO if name == "fsync" and os.path.isdir(f"/proc/self/fd/{arguments[0]}") else None

    with use_system(FaultSystem(refuse=refuse)), take():
        assert read(root)["pid"] == os.getpid()
    assert entries(root) == []


@pytest.mark.parametrize("refuse", [no_renameat2, no_links_either])
@pytest.mark.parametrize("stale", [False, True])
def test_file_systems_with_fewer_calls_can_be_locked_too(
    root: Path, take: Callable[..., StorageLock], refuse: Callable[[str, object], int | None], stale: bool
) -> None:
    if stale:
        put(root)
    with use_system(FaultSystem(refuse=refuse)):
        with take():
            assert read(root)["pid"] == os.getpid()
            with pytest.raises(StorageLockedError), take("other"):
                pass
        assert entries(root) == []


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_whatever_call_fails_the_lock_is_held_or_refused_and_can_be_taken_afterwards(
    root: Path, take: Callable[..., StorageLock], stale: bool, error: int
) -> None:
    failures = 0
    for number in range(1, 200):
        before = put(root) if stale else None
        system = FaultSystem(fail_at=number, error=error)
        held = False
        try:
            with use_system(system), take(interval=60):
                held = True
                assert read(root)["pid"] == os.getpid()
        except InspectorError:
            failures += 1
            assert not held
            kept = (root / LOCK).read_bytes() if (root / LOCK).exists() else None
            assert kept in {before, None} or read(root)["pid"] == os.getpid()
        if not system.fired:
            break
        with take():
            pass
        assert [name for name in entries(root) if not is_temporary(name)] == []
        for name in entries(root):
            (root / name).unlink()
    assert failures > 3
    assert not system.fired


@pytest.mark.parametrize("stale", [False, True])
def test_wherever_the_power_goes_the_lock_is_absent_or_whole(
    root: Path, take: Callable[..., StorageLock], stale: bool
) -> None:
    for number in range(1, 200):
        before = put(root) if stale else None
        system = FaultSystem(cut_at=number)
        try:
            with use_system(system), ExitStack() as stack:
                stack.enter_context(take(interval=60))
        except PowerCut:
            assert not (root / LOCK).exists() or (root / LOCK).read_bytes() == before or read(root)["token"]
        assert all(name == LOCK or is_temporary(name) for name in entries(root))
        for name in entries(root):
            (root / name).unlink()
        if not system.fired:
            return
    pytest.fail("too many calls")


def test_a_lock_that_its_process_could_not_remove_does_not_lock_that_process_out(
    root: Path, take: Callable[..., StorageLock]
) -> None:
    def refuse(name: str, _: object) -> int | None:
        return errno.EROFS if name == "unlink" else None

    with use_system(FaultSystem(refuse=refuse)), take(interval=60):
        pass
    assert read(root)["pid"] == os.getpid()
    with take():
        pass
    assert entries(root) == []
