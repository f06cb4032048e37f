"""A file system whose server can fall silent: a small FUSE server of our own, which shows one folder, read-only.

Run as ``python -m tests.remote_mount SOURCE POINT [NAME]``; it says ``mounted`` when it is, or ends with 2 where
nothing may be mounted. Stopped (SIGSTOP), whoever touches the mount waits until it goes on, as with a server that does
not answer. With NAME it stops by itself once a file of that name was looked up. It has no FLUSH: whoever closes a file
does not wait.
"""

import ctypes
import errno
import os
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HEADER = struct.Struct("=IIQQIIIHH")
_REPLY = struct.Struct("=IiQ")
_ATTRIBUTES = struct.Struct("=QQQQQQIIIIIIIIII")
_ENTRY = struct.Struct("=QQQQII")
_READ = struct.Struct("=QQI")
_ENTRY_OF_FOLDER = struct.Struct("=QQII")
_BUFFER_BYTES = (1 << 20) + 4096
_MAY_NOT_MOUNT = 2


class _Op:
    LOOKUP, FORGET, GETATTR, READLINK, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 5, 14, 15, 17, 18
    INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, INTERRUPT, DESTROY, BATCH_FORGET = (
        26, 27, 28, 29, 34, 36, 38, 42,
    )  # fmt: skip


_NO_ANSWER = {_Op.FORGET, _Op.BATCH_FORGET, _Op.INTERRUPT}


class _Server:
    """Answers the kernel's questions about `source`. What was answered once is not remembered by the kernel."""

    def __init__(self, source: str, device: int, trap: str) -> None:
        self._device = device
        self._trap = trap
        self._paths = {1: source}
        self._numbers = {source: 1}

    def serve(self) -> None:
        while True:
            try:
                request = os.read(self._device, _BUFFER_BYTES)
            except InterruptedError:
                continue
            except OSError:  # unmounted
                return
            _, op, unique, node, *_ = _HEADER.unpack_from(request)
            if op in _NO_ANSWER:
                continue
            try:
                body, code = self._answer(op, node, request[_HEADER.size :]), 0
            except OSError as error:
                body, code = b"", -(error.errno or errno.EIO)
            with suppress(OSError):  # whoever asked was killed meanwhile
                os.write(self._device, _REPLY.pack(_REPLY.size + len(body), code, unique) + body)
            if op == _Op.DESTROY:
                return
            if op == _Op.LOOKUP and self._trap and os.fsdecode(request[_HEADER.size :].rstrip(b"\0")) == self._trap:
                self._trap = ""
                os.kill(os.getpid(), signal.SIGSTOP)

    def _answer(self, op: int, node: int, body: bytes) -> bytes:
        path = self._paths[node] if node else ""
        match op:
            case _Op.INIT:
                return struct.pack("=IIIIHHIIHHI7I", 7, 31, 1 << 17, 0, 16, 12, 1 << 17, 1, 32, 0, 0, *([0] * 7))
            case _Op.LOOKUP:
                child = os.path.join(path, os.fsdecode(body.rstrip(b"\0")))
                status = os.lstat(child)
                return _ENTRY.pack(self._number(child), 0, 0, 0, 0, 0) + self._attributes(child, status)
            case _Op.GETATTR:
                return struct.pack("=QII", 0, 0, 0) + self._attributes(path, os.lstat(path))
            case _Op.READLINK:
                return os.fsencode(os.readlink(path))
            case _Op.OPEN | _Op.OPENDIR:
                return struct.pack("=QII", 0, 0, 0)
            case _Op.READ:
                _, offset, size = _READ.unpack_from(body)
                with Path(path).open("rb") as stream:
                    stream.seek(offset)
                    return stream.read(size)
            case _Op.READDIR:
                _, offset, size = _READ.unpack_from(body)
                return self._listing(path, offset, size)
            case _Op.STATFS:
                return struct.pack("=QQQQQIIII6I", 1 << 20, 1 << 19, 1 << 19, 0, 0, 4096, 255, 4096, 0, *([0] * 6))
            case _Op.RELEASE | _Op.RELEASEDIR | _Op.ACCESS | _Op.DESTROY:
                return b""
        raise OSError(errno.ENOSYS, "no such call")

    def _number(self, path: str) -> int:
        number = self._numbers.setdefault(path, len(self._numbers) + 1)
        self._paths[number] = path
        return number

    def _attributes(self, path: str, status: os.stat_result) -> bytes:
        times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
        return _ATTRIBUTES.pack(
            self._number(path), status.st_size, status.st_blocks, *(one // 10**9 for one in times),
            *(one % 10**9 for one in times), status.st_mode, status.st_nlink, status.st_uid, status.st_gid, 0, 4096, 0,
        )  # fmt: skip

    def _listing(self, path: str, offset: int, size: int) -> bytes:
        listed = b""
        for place, name in enumerate(sorted(os.listdir(os.fsencode(path)))[offset:], offset + 1):
            kind = stat.S_IFMT(os.lstat(os.path.join(os.fsencode(path), name)).st_mode) >> 12
            entry = _ENTRY_OF_FOLDER.pack(0xFFFFFFFF, place, len(name), kind) + name
            entry += bytes(-len(entry) % 8)
            if len(listed) + len(entry) > size:
                break
            listed += entry
        return listed


def main(source: str, point: str, trap: str = "") -> int:
    """Mount and serve until it is unmounted."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        return _MAY_NOT_MOUNT
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    if libc.mount(b"server:/pictures", os.fsencode(point), b"fuse.sshfs", 0, options.encode()) != 0:
        return _MAY_NOT_MOUNT
    print("mounted", flush=True)
    _Server(source, device, trap).serve()
    return 0


class RemoteMount:
    """A folder shown at a mount point by a process of its own. Nothing here touches the mount."""

    def __init__(self, source: Path, point: Path, trap: str) -> None:
        self.point = point
        self._trap = trap
        self._source = source
        self._server: subprocess.Popen[str] | None = None

    def mount(self) -> bool:
        """Mount it; False where nothing may be mounted here."""
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.remote_mount", str(self._source), str(self.point), self._trap],
            cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._server.stdout is not None
        return self._server.stdout.readline() == "mounted\n"

    def fall_silent(self) -> None:
        """Answer nobody any more."""
        self._signal(signal.SIGSTOP)

    def answer_again(self) -> None:
        """Answer whoever waited."""
        self._signal(signal.SIGCONT)

    def unmount(self) -> None:
        """Take it away; whoever waits for it is told that it is not there any more."""
        subprocess.run(["umount", "--lazy", "--internal-only", str(self.point)], capture_output=True)
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _signal(self, number: int) -> None:
        assert self._server is not None
        self._server.send_signal(number)


@contextmanager
def remote_mount(source: Path, point: Path, trap: str = "") -> Iterator[RemoteMount | None]:
    """A mount of `source` at `point`, removed at the end; None where nothing may be mounted here.

    Its server falls silent once a file called `trap` was looked up.
    """
    point.mkdir(exist_ok=True)
    mount = RemoteMount(source, point, trap)
    try:
        yield mount if mount.mount() else None
    finally:
        mount.unmount()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
