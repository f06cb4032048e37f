"""Decide what a file's stat and digest say about it; pure."""

from collections.abc import Sequence
from typing import Any

from inspector.catalog.files import FileStatus, KnownFile
from inspector.fs.profile import FileSystemProfile
from inspector.fs.walk import StatRow
from inspector.model.scanmode import ScanMode

_SECOND_NS = 1_000_000_000
_COARSE_STEP_NS = 2 * _SECOND_NS


def same_stat(old: KnownFile, new: StatRow, profile: FileSystemProfile) -> bool:
    """Whether a file's stat says that it was not touched, as far as its file system can be believed."""
    _, size, mtime_ns, ctime_ns, inode = new
    if profile.trust_identity:
        return (old.size, old.mtime_ns, old.ctime_ns, old.inode) == (size, mtime_ns, ctime_ns, inode)
    return old.size == size and abs(old.mtime_ns - mtime_ns) < profile.clock_step_ns


def comparable(rows: list[StatRow], profile: FileSystemProfile) -> list[Any]:
    """The part of the files' stat that their folder's seal covers."""
    return rows if profile.trust_identity else [row[:3] for row in rows]


def is_racy(mtime_ns: int, hashed_ns: int, profile: FileSystemProfile) -> bool:
    """Whether a file was hashed so soon after its mtime that a later write might not show in its stat.

    Git's rule. A time without a fraction of a second comes from a coarse clock, or from a program that set it.
    """
    step = profile.clock_step_ns
    if mtime_ns % _SECOND_NS == 0:
        step = max(step, _COARSE_STEP_NS)
    return mtime_ns >= hashed_ns - step


def count_racy(mtimes_ns: Sequence[int], hashed_ns: Sequence[int], profile: FileSystemProfile) -> int:
    """How many of these files `is_racy` is true of; mostly none, which shows at a glance."""
    if not mtimes_ns or max(mtimes_ns) < min(hashed_ns) - max(profile.clock_step_ns, _COARSE_STEP_NS):
        return 0
    return sum(is_racy(mtime, hashed, profile) for mtime, hashed in zip(mtimes_ns, hashed_ns, strict=True))


def must_hash(
    old: KnownFile | None, new: StatRow, mode: ScanMode, profile: FileSystemProfile, verified_since_ns: int
) -> bool:
    """Whether a scan has to read the file.

    `verified_since_ns` is when an interrupted full scan began: what it already read is not read again.
    """
    if mode is ScanMode.QUICK:
        return False
    if old is None or old.status != FileStatus.HASHED or old.digest is None or old.gone_ns is not None:
        return True
    if not same_stat(old, new, profile) or is_racy(old.mtime_ns, old.hashed_ns, profile):
        return True
    return mode is ScanMode.FULL and old.hashed_ns < verified_since_ns


def alteration_kind(
    old: KnownFile, size: int, mtime_ns: int, inode: int, digest: bytes, profile: FileSystemProfile
) -> str | None:
    """What happened to a file whose digest was known: None, ``content_changed`` or ``suspected_rot``.

    The same size and mtime with other bytes is rot, or a program that hides its writes: both want a look. Another inode
    is another file that took the name.
    """
    if old.digest is None or old.digest == digest:
        return None
    same_file = old.inode == inode or not profile.trust_identity
    if same_file and old.size == size and old.mtime_ns == mtime_ns:
        return "suspected_rot"
    return "content_changed"
