"""Files that are at other paths than the recorded ones, put together by the folders that were moved. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.model.records import Conflict
from inspector.model.relpath import split_path

PROOFS = ("digest", "key", "unicode")
"""What proves that a file is the one that was recorded; size, time and name are a likeness only."""


@dataclass(frozen=True, slots=True)
class Remap:
    """A folder of a storage that is at another place, or files that were `renamed` from one folder into another.

    The empty path is the storage's root.
    """

    storage_id: str
    old: str
    new: str
    renamed: bool = False


class MovedFile(NamedTuple):
    """A file that is at another path than the recorded one; `same` says by what it was known again."""

    conflict_id: str
    old: str
    new: str
    same: str

    @property
    def proven(self) -> bool:
        """Whether it is certain that it is the same file."""
        return self.same in PROOFS


@dataclass(frozen=True, slots=True)
class MovedGroup:
    """What one re-map is about: how many files, of how many it is certain, and how many are decided already.

    Without a `remap` they are those of which several paths could be meant, to be looked at one by one.
    """

    remap: Remap | None
    count: int = 0
    proven: int = 0
    decided: int = 0


def moved_file(conflict: Conflict) -> MovedFile | None:
    """The file that a conflict says has moved; None where it could be one of several."""
    old, new = (conflict.evidence.get(name) for name in ("old_paths", "new_paths"))
    if conflict.evidence.get("ambiguous") or not (_is_one(old) and _is_one(new)):
        return None
    return MovedFile(conflict.id, old[0], new[0], str(conflict.evidence.get("same", "")))  # type: ignore[index]


def _is_one(paths: object) -> bool:
    return isinstance(paths, Sequence) and not isinstance(paths, str) and len(paths) == 1 and isinstance(paths[0], str)


def remap_of(storage_id: str, old: str, new: str) -> Remap:
    """The re-map that takes `old` to `new`: of their folders, without the folders at their ends that are the same."""
    (before, name), (after, other) = split_path(old), split_path(new)
    if name != other:
        return Remap(storage_id, before, after, renamed=True)
    ones, others = before.split("/") if before else [], after.split("/") if after else []
    while len(ones) > 1 and len(others) > 1 and ones[-1] == others[-1]:
        ones.pop()
        others.pop()
    return Remap(storage_id, "/".join(ones), "/".join(others))
