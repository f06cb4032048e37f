"""Missing files that are to come back from other storages: what can come, and what cannot just now."""

from dataclasses import dataclass

from inspector.model.plan import Decision, Plan

RESTORED_KINDS = ("missing_file", "missing_reference")
"""The kinds of conflicts that are about a file that may come back."""


@dataclass(frozen=True, slots=True)
class StorageAway:
    """A storage that is not there, and why; `files` of what is missing are known to be in it, and nowhere else."""

    storage_id: str
    name: str
    root: str
    reason: str
    files: int


@dataclass(frozen=True, slots=True)
class Restorable:
    """Which missing files can come back: the decisions to do so, and what cannot be had just now."""

    decisions: tuple[Decision, ...]
    nowhere: tuple[str, ...]
    """Labels of the conflicts of those that no storage is known to have."""
    away: tuple[StorageAway, ...]

    @property
    def missing(self) -> int:
        """How many files are missing in all."""
        return len(self.decisions) + len(self.nowhere) + sum(one.files for one in self.away)


@dataclass(frozen=True, slots=True)
class Restoration:
    """A plan that copies missing files back, and what it was made from."""

    plan: Plan
    found: Restorable
