"""Read files again from the disk and compare their digests: rows in, verdicts out; the catalog is not asked."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from inspector.catalog.files import FileStatus, KnownFile
from inspector.fs.beneath import FILE_FLAGS, FOLDER_FLAGS, open_beneath
from inspector.fs.gently import in_memory
from inspector.fs.profile import FileSystemProfile, may_keep_small_files_without_blocks
from inspector.fs.walk import StatRow
from inspector.model.sync import SyncProgram
from inspector.scan.changes import is_racy, same_stat
from inspector.scan.hashing import CHUNK_BYTES, HashedFile, OnBytes, hash_from_disk
from inspector.sync.placeholders import placeholder_reason

_NEVER_ON_A_DISK = frozenset({"tmpfs", "ramfs"})


class Verdict(Enum):
    """What reading a file again gave."""

    VERIFIED = auto()
    MISREAD = auto()
    """Other bytes at the first reading, the known ones at the second."""
    ROTTEN = auto()
    UNREADABLE = auto()
    CHANGED = auto()
    """Its stat is not the known one, or its digest proves nothing: a scan's to look at."""
    VANISHED = auto()
    ONLINE_ONLY = auto()


class Verified(NamedTuple):
    """One file's verdict. `row` and `hashed` are there where it was read; `from_memory` as `ScrubCounts` says."""

    known: KnownFile
    verdict: Verdict
    row: StatRow | None = None
    hashed: HashedFile | None = None
    from_memory: bool = False


class Reading(NamedTuple):
    """How files are read: `may_begin` is asked before each, with its size, and `on_bytes` told of what was read."""

    profile: FileSystemProfile
    program: SyncProgram | None
    may_begin: Callable[[int], bool]
    on_bytes: OnBytes


def verify_files(root: int, folder: bytes, files: Sequence[KnownFile], how: Reading) -> Iterator[Verified]:
    """Verify files of one folder below the open `root`; ends early where `how` says that no more may begin.

    Raises:
        OSError: where the folder itself cannot be opened.
        Exception: whatever `on_bytes` raises to stop.
    """
    descriptor = open_beneath(root, folder, FOLDER_FLAGS)
    buffer = bytearray(CHUNK_BYTES)
    try:
        for known in files:
            if not how.may_begin(known.size):
                return
            yield _verify(descriptor, known, buffer, how)
    finally:
        os.close(descriptor)


def _verify(folder: int, known: KnownFile, buffer: bytearray, how: Reading) -> Verified:
    try:
        status = os.stat(known.name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        return _failed(known, (known.name, *known[2:6]), error)
    row = (known.name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    if not stat.S_ISREG(status.st_mode) or not same_stat(known, row, how.profile):
        return Verified(known, Verdict.CHANGED)
    if is_racy(known.mtime_ns, known.hashed_ns, how.profile):
        return Verified(known, Verdict.CHANGED)
    small_may_be_here = may_keep_small_files_without_blocks(how.profile.type)
    name = os.fsdecode(known.name)
    if placeholder_reason(name, status, how.program, small_may_be_here=small_may_be_here) is not None:
        return Verified(known, Verdict.ONLINE_ONLY)
    from_memory = how.profile.type in _NEVER_ON_A_DISK or _stays_in_memory(folder, known)
    first = hash_from_disk(folder, known.name, buffer, how.on_bytes)
    if first.status != FileStatus.HASHED or first.digest == known.digest:
        return _verdict(known, row, first, how.profile, from_memory)
    second = hash_from_disk(folder, known.name, buffer, how.on_bytes)
    verified = _verdict(known, row, second, how.profile, from_memory)
    return verified._replace(verdict=Verdict.MISREAD) if verified.verdict is Verdict.VERIFIED else verified


def _verdict(
    known: KnownFile, row: StatRow, hashed: HashedFile, profile: FileSystemProfile, from_memory: bool
) -> Verified:
    if hashed.status is None:
        return Verified(known, Verdict.VANISHED)
    if hashed.status == FileStatus.UNREADABLE:
        return Verified(known, Verdict.UNREADABLE, row, hashed)
    now = (known.name, hashed.size, hashed.mtime_ns, hashed.ctime_ns, hashed.inode)
    if hashed.status != FileStatus.HASHED or not same_stat(known, now, profile):
        return Verified(known, Verdict.CHANGED)
    verdict = Verdict.VERIFIED if hashed.digest == known.digest else Verdict.ROTTEN
    return Verified(known, verdict, row, hashed, from_memory)


def _failed(known: KnownFile, row: StatRow, error: OSError) -> Verified:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Verified(known, Verdict.VANISHED)
    words = error.strerror or str(error)
    hashed = HashedFile(known.name, int(FileStatus.UNREADABLE), None, 0, 0, 0, 0, 0, words)
    return Verified(known, Verdict.UNREADABLE, row, hashed)


def _stays_in_memory(folder: int, known: KnownFile) -> bool:
    """Whether pages of a file are in memory although the kernel was asked to drop them."""
    try:
        descriptor = os.open(known.name, FILE_FLAGS, dir_fd=folder)
    except OSError:
        return False  # that it cannot be opened is found when it is read
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        return in_memory(descriptor, known.size)
    except OSError:
        return False
    finally:
        os.close(descriptor)
