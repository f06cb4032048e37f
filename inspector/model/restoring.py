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
    """Those that no storage is known to have a good copy of, each with the name of its storage."""
    away: tuple[StorageAway, ...]
    altered: tuple[str, ...] = ()
    """Those of which only altered or other copies are known, with what is known of them; none is brought back."""

    @property
    def missing(self) -> int:
        """How many files are missing in all."""
        return len(self.decisions) + len(self.nowhere) + len(self.altered) + sum(one.files for one in self.away)


@dataclass(frozen=True, slots=True)
class Restoration:
    """A plan that copies missing files back, and what it was made from."""

    plan: Plan
    found: Restorable
