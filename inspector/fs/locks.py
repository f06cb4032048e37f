"""What keeps two programs from one storage: a lock in the state folder, and the lock file that its programs look at.

The first excludes inspectors that share a state folder, a scan and a repair too, and the kernel frees it when its
process dies. The second is a file in the storage, which all machines see.
"""

import errno
import fcntl
import json
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from inspector.fs.lock_verdicts import LockFile, LockVerdict, find_lock, unreadable
from inspector.fs.profile import host_name
from inspector.fs.system import system
from inspector.fs.tree import Tree, split_entry
from inspector.fs.write import (
    NotDurableError,
    TargetExistsError,
    WriteFailedError,
    is_temporary,
    move_no_clobber,
    replace_file,
    write_failed,
)
from inspector.model.display import human_seconds
from inspector.model.errors import InspectorError, StorageLockedError, StorageOfflineError

HEARTBEAT_SECONDS = 10.0
"""How often the holder of a lock file writes that it still runs."""

_PROGRAM = "inspector"
_ATTEMPTS = 5
_SINCE_MEMBERS = ("acquired_at", "created_at", "time", "heartbeat")
_SHORTENED = 80
_NOT_OUR_FILE = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP, errno.EINVAL, errno.ENOTDIR})
_REPAIR_FIRST = "repair the conflict stale_lock first: that moves the lock to quarantine."
_ADVICE = {
    "live": "Wait until it is done, or end that program.",
    "foreign": f"Wait until it is done there. If nothing works on the storage there any more, {_REPAIR_FIRST}",
    "unknown": f"Make sure that no program works on the storage, then {_REPAIR_FIRST}",
}

_left_behind: set[str] = set()
"""Tokens of locks of this very process that it could not remove; nobody holds them any more."""


@contextmanager
def state_lock(state_folder: Path, storage_id: str, name: str, root: str) -> Iterator[None]:
    """Keep other inspectors with this state folder from scanning or repairing the storage; `name` is for people.

    Raises:
        StorageLockedError: where one does.
        WriteFailedError: where the state folder cannot be written.
    """
    folder = state_folder / "locks"
    lock = FileLock(folder / f"{storage_id}.lock", thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise StorageLockedError(
            f"another inspector is scanning or repairing '{name}'", path=root, advice="Wait until it is done."
        ) from None
    except OSError as error:
        raise write_failed(error, str(folder)) from error
    try:
        yield
    finally:
        with suppress(OSError):  # the kernel frees it with the process at the latest
            lock.release()


def is_locked(state_folder: Path, storage_id: str) -> bool:
    """Whether an inspector with this state folder is scanning or repairing the storage right now."""
    path = state_folder / "locks" / f"{storage_id}.lock"
    if not path.exists():
        return False
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False


class StorageLock:
    """Keeps other programs from a storage as long as its context lasts; `lost` says whether one came in all the same.

    A lock file is taken over only where it is an inspector's, of this machine, and its process has ended.
    """

    def __init__(
        self,
        root: str,
        name: str,
        storage_id: str,
        state_folder: Path,
        lock_name: str | None,
        *,
        may_replace: bool = False,
        interval: float = HEARTBEAT_SECONDS,
    ) -> None:
        """Nothing is locked before the context begins.

        Args:
            name: the storage's name, for people.
            lock_name: the lock file of the storage's programs, relative to the root; None where they have none.
            may_replace: the work to come is about the lock file itself, takes it away or puts it back; so none is
                made, and one that is there is no obstacle unless its holder runs on this machine.
            interval: seconds between two heartbeats.
        """
        self._root, self._name, self._storage_id, self._state_folder = root, name, storage_id, state_folder
        self._lock_name = lock_name
        self._may_replace = may_replace
        self._interval = interval
        self._held = ExitStack()
        self._lost = False

    @property
    def lost(self) -> bool:
        """Whether the lock file is not ours any more."""
        return self._lost

    def check(self) -> None:
        """Return if the storage is still ours; from any thread, and quick enough to be asked before every step.

        Raises:
            StorageLockedError: where the lock file was taken away, or another one is in its place.
        """
        if self._lost:
            raise StorageLockedError(
                f"another program took the lock of '{self._name}' while inspector worked on it",
                path=os.path.join(self._root, self._lock_name or ""),
                advice="Find out which program does that, then scan the storage.",
            )

    def __enter__(self) -> "StorageLock":
        """Take the lock.

        Raises:
            StorageLockedError: where another program has it, or may have it.
            StorageOfflineError: where the root is not there.
            WriteFailedError: where the storage cannot be written. In all cases everything is as it was.
        """
        with ExitStack() as stack:
            stack.enter_context(state_lock(self._state_folder, self._storage_id, self._name, self._root))
            if self._lock_name is not None:
                file = _OurFile(stack.enter_context(_opened(self._root, self._name)), self._lock_name, self._name)
                if self._may_replace:
                    file.refuse_live()
                else:
                    stack.callback(file.let_go)
                    file.take()
                    file.drop_leftovers()
                    stack.enter_context(self._kept(file))
            self._held = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @contextmanager
    def _kept(self, file: "_OurFile") -> Iterator[None]:
        done = threading.Event()

        def keep() -> None:
            while not done.wait(self._interval):
                if not file.beat():
                    self._lost = True
                    return

        thread = threading.Thread(target=keep, name="lock heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


class _OurFile:
    """The lock file of a storage, to be made, kept and removed; for one thread at a time."""

    def __init__(self, tree: Tree, lock_name: str, storage_name: str) -> None:
        self._tree = tree
        self._name = lock_name
        self._storage_name = storage_name
        self._path = os.path.join(tree.root, lock_name)
        self._token = secrets.token_hex(16)
        self._acquired_at = _now()

    def take(self) -> None:
        """Make the file, in place of a stale one of an inspector.

        Raises:
            StorageLockedError: where somebody else has it, or may have it.
            WriteFailedError: where it cannot be written.
        """
        try:
            for _ in range(_ATTEMPTS):
                if self._make():
                    return
                found = self._find()
                if found is not None:
                    self._require_left_over(found.verdict)
                    if self._take_over(found):
                        return
        except OSError as error:
            raise _cannot_write(error, self._path) from error
        raise self._locked("other programs take and leave the lock", "Try again in a moment.")

    def drop_leftovers(self) -> None:
        """Remove what programs left that ended while they took the lock; at worst one that takes it now has to retry.

        Only for its holder: nobody else writes there, and those who try for the lock find it taken.
        """
        with suppress(OSError), self._tree.folder(split_entry(self._name)[0]) as folder:
            for name in filter(is_temporary, os.listdir(folder)):
                with suppress(FileNotFoundError):
                    if stat.S_ISREG(system().stat(name, folder).st_mode):
                        system().unlink(name, folder)

    def beat(self) -> bool:
        """Write a new heartbeat, if that can be done; whether the file is still ours."""
        with suppress(OSError, InspectorError):  # a full disk takes no lock away
            found = find_lock(self._tree, self._name)
            if found is not None and self._owns(found):
                replace_file(self._tree, self._name, self._content(), like=found.status)
        try:
            found = find_lock(self._tree, self._name)
        except OSError as error:
            return error.errno not in _NOT_OUR_FILE
        return found is not None and self._owns(found)

    def let_go(self) -> None:
        """Remove the file if it is ours. Where that fails, it stays, and counts for this process as nobody's."""
        _left_behind.add(self._token)
        with suppress(OSError):
            found = find_lock(self._tree, self._name)
            if found is not None and self._owns(found):
                self._remove(self._name)
            _left_behind.discard(self._token)

    def refuse_live(self) -> None:
        """Raise where a program of this machine holds the lock.

        Raises:
            StorageLockedError: where one does.
        """
        found = self._find()
        if found is not None and found.verdict.verdict == "live" and not _is_left_behind(found.verdict):
            raise self._held_by_another(found.verdict)

    def _make(self) -> bool:
        """Whether the file could be made; with all its content at once, so that nobody ever reads half of it."""
        try:
            replace_file(self._tree, self._name, self._content(), like=None)
        except (TargetExistsError, FileNotFoundError):  # made by another program, or dropped by one that holds the lock
            return False
        except NotDurableError:
            pass  # a power cut may take it, and takes its holder with it
        return True

    def _take_over(self, found: LockFile) -> bool:
        """Put our file in place of the stale one that was `found`; False where something else is there by now.

        Whoever takes over holds the kernel's lock on the stale file itself meanwhile. Where a file system has no such
        locks, a look at what was moved aside tells whether somebody else was quicker.
        """
        with ExitStack() as stack:
            try:
                descriptor = stack.enter_context(self._tree.reading(self._name))
            except FileNotFoundError:
                return False
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._locked("another inspector is just taking it", "Wait until it is done.") from None
            except OSError:
                pass
            if not self._is_there(self._name, found):
                return False
            aside = os.path.join(split_entry(self._name)[0], f".inspector-{secrets.token_hex(8)}.tmp")
            try:
                move_no_clobber(self._tree, self._name, aside, sync=False)
            except FileNotFoundError:
                return False
            try:
                made = self._is_there(aside, found) and self._make()
            except BaseException:
                self._put_back(aside)
                raise
            if self._is_there(aside, found):
                with suppress(FileNotFoundError):
                    self._remove(aside)
            else:
                self._put_back(aside)
            return made

    def _put_back(self, aside: str) -> None:
        with suppress(OSError, TargetExistsError):
            move_no_clobber(self._tree, aside, self._name, sync=False)

    def _remove(self, path: str) -> None:
        folder_path, name = split_entry(path)
        with self._tree.folder(folder_path) as folder:
            system().unlink(name, folder)
            with suppress(OSError):
                system().fsync_folder(folder)

    def _is_there(self, path: str, found: LockFile) -> bool:
        now = find_lock(self._tree, path)
        return now is not None and now.data == found.data

    def _find(self) -> LockFile | None:
        try:
            return find_lock(self._tree, self._name)
        except OSError as error:
            verdict = unreadable(self._tree.root, self._name, error)
            if not verdict.what_instead:
                raise self._held_by_another(verdict) from error
            raise self._locked(
                f"{verdict.what_instead} is in the place of its lock file, and cannot be read as a lock",
                "Make sure that no program works on the storage, then remove it yourself: what is no file is neither"
                " followed nor moved to quarantine.",
            ) from error

    def _owns(self, found: LockFile) -> bool:
        return found.verdict.holder.get("token") == self._token

    def _content(self) -> bytes:
        members = {
            "program": _PROGRAM,
            "hostname": host_name(),
            "pid": os.getpid(),
            "acquired_at": self._acquired_at,
            "heartbeat": _now(),
            "token": self._token,
        }
        return json.dumps(members, indent=2).encode() + b"\n"

    def _require_left_over(self, verdict: LockVerdict) -> None:
        if verdict.verdict != "stale" and not _is_left_behind(verdict):
            raise self._held_by_another(verdict)
        if verdict.holder.get("program") != _PROGRAM:
            words = f"another program left it behind ({_who(verdict)}), which no longer runs"
            raise self._locked(words, _REPAIR_FIRST[0].upper() + _REPAIR_FIRST[1:])

    def _held_by_another(self, verdict: LockVerdict) -> StorageLockedError:
        why = f"; whether it still runs cannot be known: {verdict.reason}" if verdict.verdict == "unknown" else ""
        return self._locked(f"{_who(verdict)} holds it{_since(verdict)}{why}", _ADVICE[verdict.verdict])

    def _locked(self, words: str, advice: str) -> StorageLockedError:
        message = f"'{self._storage_name}' is locked, so nothing was begun: {words}"
        return StorageLockedError(message, path=self._path, advice=advice)


@contextmanager
def _opened(root: str, name: str) -> Iterator[Tree]:
    with ExitStack() as stack:
        try:
            tree = stack.enter_context(Tree(root))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StorageOfflineError(
                f"'{name}' is not there, so nothing was begun", path=root, advice="Connect its drive."
            ) from error
        except OSError as error:
            raise _cannot_write(error, root) from error
        yield tree


def _cannot_write(error: OSError, path: str) -> WriteFailedError:
    code = errno.errorcode.get(error.errno or 0, "error")
    message = f"the storage cannot be written, so nothing was begun ({code}: {error.strerror})"
    return WriteFailedError(message, path=path, advice=write_failed(error, path).advice)


def _is_left_behind(verdict: LockVerdict) -> bool:
    token = verdict.holder.get("token")
    return isinstance(token, str) and token in _left_behind


def _who(verdict: LockVerdict) -> str:
    process = f"process {verdict.pid}" if verdict.pid is not None else "a program"
    return f"{process} on {verdict.host[:_SHORTENED]}" if verdict.host is not None else process


def _since(verdict: LockVerdict) -> str:
    given = next((verdict.holder[member] for member in _SINCE_MEMBERS if verdict.holder.get(member)), None)
    if not isinstance(given, str):
        return f", last heard of {human_seconds(verdict.age)} ago"
    return f" since {given[:_SHORTENED]}, last heard of {human_seconds(verdict.age)} ago"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
