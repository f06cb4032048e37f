"""The one port through which every writing system call of the product goes, so that a test can make each of them fail.

Names are relative to a folder's descriptor wherever a storage is meant, and the last part of a name is never followed
as a link. A call that a signal interrupts, or that writes a part only, goes on by itself.
"""

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_NO_REPLACE = 1
_EXCHANGE = 2
NO_SUCH_CALL = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})
"""The errors by which a kernel or a file system says that it does not have a call."""
_NO_LINKS = frozenset({errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})
_ALWAYS = os.O_NOFOLLOW | os.O_CLOEXEC

_renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
if _renameat2 is not None:
    _renameat2.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)


class System:
    """The operating system as the product writes through it. Every method raises OSError as its call does."""

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """One bare system call; the only place where one happens, for tests to override."""
        return function(*arguments)

    def open(self, path: str, flags: int, mode: int = 0o666, *, dir_fd: int | None = None) -> int:
        """Open `path`, never through a link; the caller closes the descriptor. `mode` is cut by the umask."""
        return self._go_on("open", _open, path, flags | _ALWAYS, mode, dir_fd)

    def read_into(self, descriptor: int, buffer: memoryview) -> int:
        """Read what comes next into `buffer`: how many bytes, 0 at the end."""
        return self._go_on("read", _read, descriptor, buffer)

    def write_all(self, descriptor: int, data: bytes | memoryview) -> None:
        """Write all of `data`, in as many calls as it takes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._go_on("write", os.write, descriptor, rest) :]

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut an open file off after its first `size` bytes."""
        self._go_on("truncate", os.ftruncate, descriptor, size)

    def fsync(self, descriptor: int) -> None:
        """Make a file's bytes survive a power cut. After an error nothing is certain.

        It is not to be tried again on the same descriptor: the kernel forgets what it could not write.
        """
        self._go_on("fsync", os.fsync, descriptor)

    def fsync_folder(self, descriptor: int) -> None:
        """As `fsync`, for the entries of a folder; some file systems have no such thing, and that is no error."""
        try:
            self.fsync(descriptor)
        except OSError as error:
            if error.errno not in NO_SUCH_CALL:
                raise

    def fstat(self, descriptor: int) -> os.stat_result:
        """The state of what is open."""
        return self._go_on("fstat", os.fstat, descriptor)

    def stat(self, name: str, dir_fd: int) -> os.stat_result:
        """The state of what has this name, of a link itself."""
        return self._go_on("stat", _stat, name, dir_fd)

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set the permissions of an open file."""
        self._go_on("chmod", os.fchmod, descriptor, mode)

    def chown(self, descriptor: int, user: int, group: int) -> None:
        """Set owner and group of an open file; -1 leaves one as it is."""
        self._go_on("chown", os.fchown, descriptor, user, group)

    def utime(self, descriptor: int, atime_ns: int, mtime_ns: int) -> None:
        """Set the times of an open file, in ns."""
        self._go_on("utime", _utime, descriptor, atime_ns, mtime_ns)

    def set_attribute(self, descriptor: int, name: str, value: bytes) -> None:
        """Set an extended attribute of an open file."""
        self._go_on("setxattr", os.setxattr, descriptor, name, value)

    def mkdir(self, name: str, dir_fd: int) -> None:
        """Make a folder, with the permissions that the umask leaves."""
        self._go_on("mkdir", _mkdir, name, dir_fd)

    def rmdir(self, name: str, dir_fd: int) -> None:
        """Remove an empty folder."""
        self._go_on("rmdir", _rmdir, name, dir_fd)

    def unlink(self, name: str, dir_fd: int) -> None:
        """Take a name off a file."""
        self._go_on("unlink", _unlink, name, dir_fd)

    def link(self, source: str, target: str, source_fd: int, target_fd: int) -> None:
        """Give a file a second name; FileExistsError where there is one."""
        self._go_on("link", _link, source, target, source_fd, target_fd)

    def rename(self, source: str, target: str, source_fd: int, target_fd: int) -> None:
        """Rename, over what has the name `target` already."""
        self._go_on("rename", _rename, source, target, source_fd, target_fd)

    def exchange(self, one: str, other: str, one_fd: int, other_fd: int) -> None:
        """Let two files have each other's name, in one step; an error of `NO_SUCH_CALL` where that cannot be done."""
        self._go_on("exchange", _exchange, one, other, one_fd, other_fd)

    def rename_no_replace(self, source: str, target: str, source_fd: int, target_fd: int) -> None:
        """Rename; FileExistsError where `target` is there already, in whatever moment it came.

        Where the file system has no such call it is link and unlink, with both names after an interruption between
        them; and where it has no links either, a rename over an empty file of our own that takes the name first,
        and that an interruption leaves behind.
        """
        try:
            self._go_on("renameat2", _rename_no_replace, source, target, source_fd, target_fd)
            return
        except OSError as error:
            if error.errno not in NO_SUCH_CALL:
                raise
        try:
            self.link(source, target, source_fd, target_fd)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._rename_over_own(source, target, source_fd, target_fd)
            return
        try:
            self.fsync_folder(target_fd)  # else a power cut could keep the unlink and lose the link
            self.unlink(source, source_fd)
        except BaseException:
            with suppress(OSError):
                self.stat(source, source_fd)  # never the last name
                self.unlink(target, target_fd)
            raise

    def _rename_over_own(self, source: str, target: str, source_fd: int, target_fd: int) -> None:
        own = self.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=target_fd)
        try:
            self._expect_own(own, target, target_fd)
            self.rename(source, target, source_fd, target_fd)
        except BaseException:
            with suppress(OSError):
                self._expect_own(own, target, target_fd)
                self.unlink(target, target_fd)
            raise
        finally:
            let_go(own)

    def _expect_own(self, own: int, name: str, dir_fd: int) -> None:
        status, there = self.fstat(own), self.stat(name, dir_fd)
        if (status.st_dev, status.st_ino, 0) != (there.st_dev, there.st_ino, there.st_size):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)

    def _go_on(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        while True:
            try:
                return self.call(name, function, *arguments)
            except InterruptedError:
                continue


_current = System()


def system() -> System:
    """The system that everything writes through now."""
    return _current


def let_go(descriptor: int) -> None:
    """Close what is open. What a close may report, the flush before it has reported, and it is closed all the same."""
    with suppress(OSError):
        os.close(descriptor)


@contextmanager
def use_system(replacement: System) -> Iterator[None]:
    """Write through `replacement` for a while, in all threads; for tests."""
    global _current
    before, _current = _current, replacement
    try:
        yield
    finally:
        _current = before


def _open(path: str, flags: int, mode: int, dir_fd: int | None) -> int:
    return os.open(path, flags, mode, dir_fd=dir_fd)


def _read(descriptor: int, buffer: memoryview) -> int:
    return os.readv(descriptor, (buffer,))


def _stat(name: str, dir_fd: int) -> os.stat_result:
    return os.stat(name, dir_fd=dir_fd, follow_symlinks=False)


def _utime(descriptor: int, atime_ns: int, mtime_ns: int) -> None:
    os.utime(descriptor, ns=(atime_ns, mtime_ns))


def _mkdir(name: str, dir_fd: int) -> None:
    os.mkdir(name, dir_fd=dir_fd)


def _rmdir(name: str, dir_fd: int) -> None:
    os.rmdir(name, dir_fd=dir_fd)


def _unlink(name: str, dir_fd: int) -> None:
    os.unlink(name, dir_fd=dir_fd)


def _link(source: str, target: str, source_fd: int, target_fd: int) -> None:
    os.link(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False)


def _rename(source: str, target: str, source_fd: int, target_fd: int) -> None:
    os.rename(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)


def _rename_no_replace(source: str, target: str, source_fd: int, target_fd: int) -> None:
    _rename_with(_NO_REPLACE, source, target, source_fd, target_fd)


def _exchange(one: str, other: str, one_fd: int, other_fd: int) -> None:
    _rename_with(_EXCHANGE, one, other, one_fd, other_fd)


def _rename_with(flags: int, source: str, target: str, source_fd: int, target_fd: int) -> None:
    if _renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), source)
    encoded, encoded_target = os.fsencode(source), os.fsencode(target)
    if b"\0" in encoded or b"\0" in encoded_target:
        raise OSError(errno.EINVAL, "a name cannot hold a NUL character", source)
    if _renameat2(source_fd, encoded, target_fd, encoded_target, flags) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), source, None, target)
