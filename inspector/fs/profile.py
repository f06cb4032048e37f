"""What a file system can be trusted with: inodes, change times, clock steps; and what is mounted where.

Read from the mount table only: nothing is written to find out.
"""

import os
import re
from dataclasses import dataclass
from functools import lru_cache

_LOCAL = frozenset(
    "ext2 ext3 ext4 xfs btrfs f2fs zfs bcachefs tmpfs ramfs overlay apfs hfs ufs jfs reiserfs nilfs2".split()
)
_COARSE = frozenset("vfat msdos exfat fat hfs".split())
_NETWORK = frozenset(
    "nfs nfs4 cifs smb smb3 smbfs afs ceph 9p sshfs fuse.sshfs davfs fuse.rclone glusterfs lustre".split()
)
_SMALL_WITHOUT_BLOCKS = frozenset("btrfs bcachefs f2fs ntfs ntfs3 fuseblk reiserfs reiser4 udf zfs apfs hfs".split())
PSEUDO_FILE_SYSTEMS = frozenset(
    """proc sysfs cgroup cgroup2 devtmpfs devpts debugfs tracefs securityfs pstore bpf configfs fusectl mqueue hugetlbfs
    rpc_pipefs binfmt_misc autofs nsfs efivarfs selinuxfs fuse.portal fuse.gvfsd-fuse fuse.lxcfs squashfs""".split(),
)


@dataclass(frozen=True, slots=True)
class FileSystemProfile:
    """How far the stat of a file can be believed.

    `trust_identity` says whether inode and ctime are stable; `clock_step_ns` is how coarse its times may be.
    """

    type: str
    trust_identity: bool
    clock_step_ns: int
    network: bool = False


_TICK_NS = 20_000_000  # the kernel stamps files with a clock of up to 10 ms; twice that to be sure


def profile_of(file_system: str) -> FileSystemProfile:
    """The profile of a file system by the type that the mount table gives it; unknown ones are trusted least."""
    if file_system in _COARSE:
        return FileSystemProfile(file_system, trust_identity=False, clock_step_ns=2_000_000_000)
    if file_system in _LOCAL:
        return FileSystemProfile(file_system, trust_identity=True, clock_step_ns=_TICK_NS)
    return FileSystemProfile(
        file_system, trust_identity=False, clock_step_ns=2_000_000_000, network=file_system in _NETWORK
    )


def may_keep_small_files_without_blocks(file_system: str) -> bool:
    """Whether a small file may lie beside its name, with no block of its own, or nobody knows; ext4 counts one then."""
    profile = profile_of(file_system)
    return file_system in _SMALL_WITHOUT_BLOCKS or file_system not in _LOCAL | _COARSE or profile.network


def file_system_of(path: str) -> str:
    """The type of the file system that holds `path`, such as ``ext4``; empty where the mount table does not say."""
    from inspector.fs.servers import real_path  # which reads the mount table as this does

    real = real_path(path)
    best, best_type = "", ""
    for mount_point, kind in mounts():
        inside = real == mount_point or real.startswith(mount_point.rstrip("/") + "/")
        if inside and len(mount_point) >= len(best):
            best, best_type = mount_point, kind
    return best_type


def mounts() -> tuple[tuple[str, str], ...]:
    """Every mount point with its file-system type, as they are now."""
    try:
        with open("/proc/self/mounts", "rb") as table:  # noqa: PTH123 - pathlib costs more than reading it
            rows = [line.split(b" ", 3) for line in table]
    except OSError:
        import psutil  # elsewhere than on Linux; 33 ms, which a start should not wait for

        return tuple((partition.mountpoint, partition.fstype) for partition in psutil.disk_partitions(all=True))
    return tuple((_text(row[1]), row[2].decode("ascii", "replace")) for row in rows)


def mounted_parts() -> tuple[tuple[str, str, str], ...]:
    """Every mount point with its device and the folder of that which is mounted there; none but on Linux.

    Two paths that lead to one folder through different mounts, as a bind mount makes them, are told by these.
    """
    try:
        with open("/proc/self/mountinfo", "rb") as table:  # noqa: PTH123 - pathlib costs more than reading it
            rows = [line.split(b" ", 5) for line in table]
    except OSError:
        return ()
    return tuple((_text(row[4]), row[2].decode("ascii", "replace"), _text(row[3])) for row in rows)


def mounted_below(folder: str) -> dict[str, str]:
    """What is mounted on folders below a folder: their relative paths, and the device of each; none but on Linux."""
    prefix = folder.rstrip("/") + "/"
    return {point[len(prefix) :]: device for point, device, _ in mounted_parts() if point.startswith(prefix)}


def _text(field: bytes) -> str:
    return os.fsdecode(_ESCAPE.sub(_unescape, field))


_ESCAPE = re.compile(rb"\\([0-7]{3})")


def _unescape(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8)])


@lru_cache(maxsize=1)
def host_name() -> str:
    """This machine's name, as lock files record it."""
    import socket

    return socket.gethostname()


def process_runs(pid: int) -> bool:
    """Whether a process of this id runs on this machine now; a dead one whose parent has not asked yet does not."""
    import psutil

    if pid <= 0 or not psutil.pid_exists(pid):
        return False
    try:
        return bool(psutil.Process(pid).status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
