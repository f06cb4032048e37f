"""What is to be done with one file, from its state in the storage, what the backup noted, and its copy; pure."""

from enum import Enum

from inspector.backup.manifest import Row
from inspector.fs.profile import FileSystemProfile
from inspector.fs.walk import StatRow


class Do(Enum):
    """What is to be done with a file."""

    NOTHING = "nothing"
    NOTE = "note"
    """The copy is as it should be; what is noted of the file is not."""
    COPY = "copy"
    COMPARE_COPY = "compare the copy"
    """Something is there that may be a copy of it: its bytes tell."""
    COMPARE_SOURCE = "compare the source"
    """The copy is as it was, and the file may be: its bytes tell."""


def what_to_do(
    source: StatRow, noted: Row | None, copy: StatRow | None, from_: FileSystemProfile, to: FileSystemProfile
) -> Do:
    """What is to be done with a file that the storage has; `copy` is what is at its place in the backup."""
    if copy is None:
        return Do.COPY
    if noted is None or not is_copy_as_noted(noted, copy, to):
        return Do.COMPARE_COPY if copy[1] == source[1] else Do.COPY
    if is_source_as_noted(source, noted, from_):
        return Do.NOTE if noted.gone else Do.NOTHING
    return Do.COMPARE_SOURCE if source[1] == noted.size else Do.COPY


def is_source_as_noted(source: StatRow, noted: Row, profile: FileSystemProfile) -> bool:
    """Whether a file's state is the one in which it was copied."""
    if profile.trust_identity:
        return source[1:] == (noted.size, noted.mtime_ns, noted.ctime_ns, noted.inode)
    return source[1] == noted.size and _same_time(source[2], noted.mtime_ns, profile)


def is_copy_as_noted(noted: Row, copy: StatRow, profile: FileSystemProfile) -> bool:
    """Whether a copy's size and time are those that it got."""
    return copy[1] == noted.size and _same_time(copy[2], noted.copy_mtime_ns, profile)


def _same_time(one: int, other: int, profile: FileSystemProfile) -> bool:
    return one == other or (not profile.trust_identity and abs(one - other) < profile.clock_step_ns)
