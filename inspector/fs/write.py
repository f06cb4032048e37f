"""Building blocks of every change to a storage: rewrite a document, move and copy a file, each whole or not at all.

An OSError other than `NotDurableError` means that everything is as it was before. After a power cut the names hold the
old or the new bytes, and at most a temporary file of ours (`is_temporary`) is left.
"""

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import xxhash

from inspector.fs.system import let_go, system
from inspector.fs.tree import BLOCK_BYTES, blocks, digest_bytes, reading, split_entry
from inspector.fs.tree import Tree as Tree
from inspector.model.errors import ExitCode, InspectorError

_PREFIX, _SUFFIX = ".inspector-", ".tmp"
_TEMPORARY = re.compile(r"\.inspector-[0-9a-f]{16}\.tmp")
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL
_ATTRIBUTES = frozenset({"system.posix_acl_access", "security.selinux"})
_NOT_ALLOWED = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.E2BIG, errno.ERANGE}
)
_ADVICE = {
    errno.ENOSPC: "Free some space there, then apply again.",
    errno.EDQUOT: "Your quota is used up; free some space, then apply again.",
    errno.EROFS: "The file system is mounted read-only; mount it for writing, then apply again.",
    errno.EACCES: "Get the permission to write to the file and its folder, then apply again.",
    errno.EPERM: "Get the permission to change it, or take its immutable flag off, then apply again.",
    errno.EIO: "The drive reports errors; look at the drive before anything else.",
    errno.ELOOP: "A link is on the way there, and links are never followed.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOENT: "Scan the storage again.",
}


class TargetExistsError(InspectorError):
    """Something has the name that a file was to get; it was left as it is."""

    exit_code = ExitCode.STALE


class FileChangedError(InspectorError):
    """A file is no longer what it was a moment ago; nothing was done to it."""

    exit_code = ExitCode.STALE


class WriteFailedError(InspectorError):
    """The system refused a write."""

    exit_code = ExitCode.USAGE


class NotDurableError(OSError):
    """The change was made, but its folder could not be flushed: a power cut may still take the change back."""


def write_failed(error: OSError, path: str) -> WriteFailedError:
    """`error` as people read it: the name of its number, the path, what was left untouched, what to do next."""
    name = errno.errorcode.get(error.errno or 0, "error")
    left = "was changed, but may not survive a power cut" if isinstance(error, NotDurableError) else "was left as it is"
    advice = _ADVICE.get(error.errno or 0)
    return WriteFailedError(f"{left} ({name}: {error.strerror})", path=path, advice=advice)


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that an interrupted write left behind."""
    return _TEMPORARY.fullmatch(name) is not None


def free_bytes(tree: Tree) -> int:
    """How many bytes the user can still write in a storage, as far as its file system says.

    Raises:
        OSError: where it cannot be asked.
    """
    with tree.folder("") as root:
        status = os.fstatvfs(root)
    return status.f_bavail * status.f_frsize


def replace_file(
    tree: Tree, path: str, data: bytes, *, like: os.stat_result | None, mtime_ns: int | None = None
) -> None:
    """Make `data` the content of a file, in one step, durable on return.

    `like` is the state of the file that is replaced: the new one gets its permissions, and its owner and attributes
    where that is allowed. None means that there is none yet, and that missing folders are to be made. `mtime_ns` is the
    new file's time, now by default.

    Raises:
        FileChangedError: where size or time of the file are not those of `like` any more, or it is no regular file.
        TargetExistsError: where `like` is None and something is there.
        NotDurableError: where it was replaced but the folder could not be flushed.
        OSError: for any other failure; the old file is untouched.
    """
    parent, name = split_entry(path)
    with tree.taking_back(), tree.folder(parent, create=like is None) as folder:
        with temporary_file(folder, 0o666 if like is None else 0o600) as (descriptor, temporary):
            fill_like(descriptor, data, folder, name, like, mtime_ns)
            if like is None:
                with _no_clobber(path):
                    system().rename_no_replace(temporary, name, folder, folder)
            else:
                expect_same(folder, name, like, path)
                system().rename(temporary, name, folder, folder)
        flush_folder(folder, path)


def move_no_clobber(
    tree: Tree, source: str, target: str, *, target_tree: Tree | None = None, sync: bool = True
) -> None:
    """Move a file, also to another storage, making folders that are missing there; nothing may be at `target`.

    Onto another device it is a verified copy. With `sync` False the caller makes a batch durable with `sync_folders`.

    Raises:
        TargetExistsError: where something is at `target`.
        FileChangedError: where the file changed while it was copied to another device.
        NotDurableError: where it was moved but a folder could not be flushed.
        OSError: for any other failure; the file is where it was.
    """
    into = target_tree or tree
    (source_folder, source_name), (target_folder, target_name) = split_entry(source), split_entry(target)
    with tree.folder(source_folder) as origin, into.taking_back(), into.folder(target_folder, create=True) as goal:
        move_between(origin, source_name, goal, target_name, source, target)
        if sync:
            flush_folder(goal, target)  # first where the file is now: it must never be nowhere
            if tree is not into or source_folder != target_folder:
                flush_folder(origin, source)


def move_between(origin: int, source_name: str, goal: int, target_name: str, source: str, target: str) -> bool:
    """Move a file from one open folder to another; the folders are not flushed. Whether it is the very same file.

    Onto another device it is a verified copy. `source` and `target` are the whole paths, for errors.

    Raises:
        As `move_no_clobber` does.
    """
    try:
        system().rename_no_replace(source_name, target_name, origin, goal)
    except FileExistsError:
        raise _target_exists(target) from None
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_by_copy(origin, source_name, goal, target_name, source, target)
        return False
    return True


def sync_folders(tree: Tree, folders: Iterable[str]) -> None:
    """Make moves with ``sync=False`` durable: each folder once, in the order given, those that got files first.

    Raises:
        NotDurableError: where one could not be flushed.
        OSError: where one cannot be opened.
    """
    for path in dict.fromkeys(folders):
        with tree.folder(path) as folder:
            flush_folder(folder, path)


def copy_no_clobber(
    source_tree: Tree,
    source: str,
    target_tree: Tree,
    target: str,
    *,
    sync: bool = True,
    digest: str | None = None,
    each: Callable[[int], None] | None = None,
) -> str:
    """Copy a file with its times, permissions and attributes; nothing may be at `target`. Durable on return.

    The copy is read back before it gets its name. Returns its XXH3-128 in hex, which has to be `digest` where that is
    given. With `sync` False the caller makes the name durable, as of moves. `each` hears the size of every block, and
    may raise.

    Raises:
        TargetExistsError: where something is at `target`.
        FileChangedError: where the source changed meanwhile, or does not hold the bytes that it should.
        NotDurableError: where it was copied but the folder could not be flushed.
        OSError: for any other failure; EIO where the bytes read back are not those that were written.
    """
    (source_folder, source_name), (target_folder, target_name) = split_entry(source), split_entry(target)
    with (
        source_tree.folder(source_folder) as origin,
        target_tree.taking_back(),
        target_tree.folder(target_folder, create=True) as goal,
    ):
        copied_digest, _ = _copy(origin, source_name, goal, target_name, source, target, digest, each)
        if sync:
            flush_folder(goal, target)
    return copied_digest


def digest_of(tree: Tree, path: str) -> tuple[str, os.stat_result]:
    """The XXH3-128 (hex) of a file and its state when it was read.

    Raises:
        FileChangedError: where it changed while it was read.
        OSError: where it cannot be read, or is no regular file.
    """
    with tree.reading(path) as descriptor:
        before = system().fstat(descriptor)
        digest = digest_bytes(descriptor, before.st_size)
        _expect_unread(before, descriptor, path)
    return digest, before


def same_bytes(tree: Tree, path: str, other_tree: Tree, other: str) -> bool:
    """Whether two files hold the same bytes, compared one by one.

    Raises:
        OSError: where one of them cannot be read, or is no regular file.
    """
    with tree.reading(path) as first, other_tree.reading(other) as second:
        if os.fstat(first).st_size != os.fstat(second).st_size:
            return False
        with os.fdopen(first, "rb", closefd=False) as one, os.fdopen(second, "rb", closefd=False) as two:
            while block := one.read(BLOCK_BYTES):
                if block != two.read(BLOCK_BYTES):
                    return False
            return not two.read(1)


def _move_by_copy(origin: int, name: str, goal: int, new_name: str, source: str, target: str) -> None:
    _, status = _copy(origin, name, goal, new_name, source, target)
    try:
        system().fsync_folder(goal)
        expect_same(origin, name, status, source)
        system().unlink(name, origin)
    except BaseException:
        with suppress(OSError):
            system().stat(name, origin)  # never the last name
            system().unlink(new_name, goal)
        raise


def _copy(
    origin: int,
    name: str,
    goal: int,
    new_name: str,
    source: str,
    target: str,
    digest: str | None = None,
    each: Callable[[int], None] | None = None,
) -> tuple[str, os.stat_result]:
    """Copy into place without flushing the folder: the digest, and the state of what was copied."""
    with reading(origin, name) as original:
        with suppress(FileNotFoundError):
            system().stat(new_name, goal)
            raise _target_exists(target)
        with copied(original, goal, source, target, each) as copy:
            if digest is not None and copy.digest != digest:
                raise changed_meanwhile(source, "does not hold the bytes any more that it held, or changed")
            with _no_clobber(target):
                system().rename_no_replace(copy.name, new_name, goal, goal)
    return copy.digest, copy.status


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy under a temporary name, still open as `descriptor`; `status` is the state of what was copied."""

    descriptor: int
    name: str
    digest: str
    status: os.stat_result


@contextmanager
def copied(
    original: int, goal: int, source: str, target: str, each: Callable[[int], None] | None = None
) -> Iterator[Copied]:
    """A copy of an open file in the folder `goal`, certain and read back, with times, permissions and attributes.

    It goes when an error ends the context; to stay it is to be renamed within. `each` hears the size of every block
    and may raise; `source` and `target` are the whole paths, for errors.

    Raises:
        FileChangedError: where the source changed meanwhile.
        OSError: for any other failure; EIO where the bytes read back are not those that were written.
    """
    status = system().fstat(original)
    state = xxhash.xxh3_128()
    with temporary_file(goal, 0o600) as (descriptor, temporary):
        left = status.st_size
        for block in blocks(original, status.st_size):
            left -= len(block)
            if left < 0:  # it may grow for ever
                raise changed_meanwhile(source, "was changed")
            state.update(block)
            system().write_all(descriptor, block)
            if each is not None:
                each(len(block))
        _expect_unread(status, original, source)
        _imitate(descriptor, status, _attributes(original))
        system().utime(descriptor, status.st_atime_ns, status.st_mtime_ns)
        system().fsync(descriptor)
        with suppress(OSError, AttributeError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # read back from the drive
        os.lseek(descriptor, 0, os.SEEK_SET)
        if digest_bytes(descriptor, status.st_size) != state.hexdigest():
            raise OSError(errno.EIO, "the copy does not read back as it was written", target)
        yield Copied(descriptor, temporary, state.hexdigest(), status)


def fill_like(
    descriptor: int, data: bytes, folder: int, name: str, like: os.stat_result | None, mtime_ns: int | None
) -> None:
    """Write a new file that is to have the `name` in a folder, as `replace_file` says, and make its bytes certain."""
    system().write_all(descriptor, data)
    if like is not None:
        _imitate(descriptor, like, _attributes_of(folder, name))
    if mtime_ns is not None:
        system().utime(descriptor, mtime_ns, mtime_ns)
    system().fsync(descriptor)


@contextmanager
def temporary_file(folder: int, mode: int) -> Iterator[tuple[int, str]]:
    """A new file's descriptor and name; the name goes when an error ends the context."""
    name = f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    descriptor = system().open(name, _NEW, mode, dir_fd=folder)
    try:
        yield descriptor, name
    except BaseException:
        with suppress(OSError):
            system().unlink(name, folder)
        raise
    finally:
        let_go(descriptor)


@contextmanager
def _no_clobber(target: str) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise _target_exists(target) from None


def _target_exists(target: str) -> TargetExistsError:
    return TargetExistsError("is there already (EEXIST)", path=target, advice="Scan again, or choose another name.")


def changed_meanwhile(path: str, how: str) -> FileChangedError:
    """The error that says so; `how` follows the path."""
    return FileChangedError(f"{how} meanwhile (ESTALE)", path=path, advice="Scan it again.")


def expect_same(folder: int, name: str, known: os.stat_result, path: str) -> os.stat_result:
    """The state of a file in an open folder, which still has the size and the time of the `known` one.

    Raises:
        FileChangedError: where it has not.
    """
    try:
        status = system().stat(name, folder)
    except FileNotFoundError:
        raise changed_meanwhile(path, "was taken away") from None
    if not stat.S_ISREG(status.st_mode):
        raise changed_meanwhile(path, "became something else than a file")
    if (status.st_size, status.st_mtime_ns) != (known.st_size, known.st_mtime_ns):
        raise changed_meanwhile(path, "was changed")
    return status


def _expect_unread(before: os.stat_result, descriptor: int, path: str) -> None:
    after = system().fstat(descriptor)
    if any(getattr(after, field) != getattr(before, field) for field in ("st_size", "st_mtime_ns", "st_ctime_ns")):
        raise changed_meanwhile(path, "was changed")


def _imitate(descriptor: int, like: os.stat_result, attributes: dict[str, bytes]) -> None:
    """Give a new file the owner, the permissions and the attributes of another one, as far as that is allowed."""
    own = system().fstat(descriptor)
    with _if_allowed():
        if own.st_gid != like.st_gid:
            system().chown(descriptor, -1, like.st_gid)
        if own.st_uid != like.st_uid:
            system().chown(descriptor, like.st_uid, -1)
    with _if_allowed():
        system().chmod(descriptor, stat.S_IMODE(like.st_mode))
    for name, value in attributes.items():
        with _if_allowed():
            system().set_attribute(descriptor, name, value)


@contextmanager
def _if_allowed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_ALLOWED:
            raise


def _attributes_of(folder: int, name: str) -> dict[str, bytes]:
    with suppress(OSError), reading(folder, name) as descriptor:
        return _attributes(descriptor)
    return {}


def _attributes(descriptor: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with suppress(OSError, AttributeError):  # not every system has them
        for name in os.listxattr(descriptor):
            if name.startswith("user.") or name in _ATTRIBUTES:
                found[name] = os.getxattr(descriptor, name)
    return found


def flush_folder(folder: int, path: str) -> None:
    """Make the entries of an open folder certain; `path` is for the error.

    Raises:
        NotDurableError: where that failed.
    """
    try:
        system().fsync_folder(folder)
    except OSError as error:
        raise NotDurableError(error.errno, error.strerror, path) from error
