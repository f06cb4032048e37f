"""When two conflicts are alike enough to be marked, and decided, together. Pure."""

from collections.abc import Callable
from enum import StrEnum

from inspector.model.records import Conflict
from inspector.model.relpath import split_path


class Alike(StrEnum):
    """In what conflicts are alike."""

    KIND = "kind"
    FOLDER = "folder"
    SESSION = "session"
    CONTENT = "content"
    DECISION = "decision"
    EVIDENCE = "evidence"
    """Of the same storage and kind, with the same suggestion for the same reason."""


SameAs = Callable[[Conflict], bool]


def same_folder(one: Conflict) -> SameAs:
    """Whether another conflict is about the same folder of the same storage."""
    folder = _folder(one)
    return lambda other: other.storage_id == one.storage_id and _folder(other) == folder


def same_content(one: Conflict) -> SameAs:
    """Whether another conflict is about equal bytes; none is where nobody knows the bytes of this one."""
    digests = digests_of(one)
    return lambda other: bool(digests & digests_of(other))


def digests_of(conflict: Conflict) -> frozenset[str]:
    """The digests that the evidence names."""
    named = (conflict.evidence.get(name) for name in ("digest", "old_digest"))
    return frozenset(digest for digest in named if isinstance(digest, str) and len(digest) == _DIGEST_LENGTH)


def _folder(conflict: Conflict) -> str:
    return split_path(conflict.path or conflict.label)[0]


_DIGEST_LENGTH = 32
