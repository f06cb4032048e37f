"""What was decided in this run: staged decisions, skipped conflicts, and the last decision. No file is touched here."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from inspector.engine import Engine
from inspector.model.errors import InspectorError
from inspector.model.plan import Decision
from inspector.model.records import Choice, Conflict, StorageInfo

IGNORE = "ignore"
IGNORE_TITLE = "Ignore it until it changes"
_RECORD_ONLY = "R0"
_READS_ALL = frozenset({"rebuild"})
"""Choices whose plan reads so much that it is not tried out as soon as they are chosen."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What deciding for all alike came to: decided ones, those decided before, and those that differ."""

    title: str
    count: int
    kept: int
    differ: int

    @property
    def words(self) -> str:
        """For the status line."""
        kept = f", {self.kept:,} decided before" if self.kept else ""
        differ = f", {self.differ:,} differ (kept open)" if self.differ else ""
        return f"{self.count:,} alike{kept}{differ}: {self.title}"


@dataclass(slots=True)
class Staging:
    """Stages decisions through the engine, and remembers what holds for this run of the program only."""

    engine: Engine
    storage_ids: tuple[str, ...]
    skipped: set[str] = field(default_factory=set)
    last: Decision | None = None
    count: int = 0
    """How many decisions are staged on conflicts of the open storages."""

    def recount(self) -> None:
        """Count the staged decisions anew: a scan or a repair may have ended some."""
        self.count = len(self.engine.repairs.staged(self.storage_ids))

    def is_open(self, conflicts: Sequence[Conflict]) -> list[bool]:
        """Of each of these conflicts, whether it is neither decided nor skipped."""
        decided = self.decisions(conflict.id for conflict in conflicts)
        return [conflict.id not in decided and conflict.id not in self.skipped for conflict in conflicts]

    def decisions(self, conflict_ids: Iterable[str]) -> dict[str, Decision]:
        """The staged decisions on these conflicts."""
        return self.engine.repairs.staged_of(list(conflict_ids))

    def decision(self, conflict: Conflict) -> Decision | None:
        """The staged decision on a conflict."""
        return self.decisions([conflict.id]).get(conflict.id)

    def stage(self, conflict: Conflict, choice: str, *, reason: str = "", path: str = "") -> Decision:
        """Stage a decision in place of an earlier one."""
        decision = Decision(conflict.id, choice, reason, path)
        before = self.decision(conflict)
        self.count += self.engine.repairs.decide([decision]) - (before is not None)
        self.skipped.discard(conflict.id)
        self.last = decision
        return decision

    def undecide(self, conflict: Conflict) -> bool:
        """Take a decision, or the skipping, back; False where there was neither."""
        was_decided = self.decision(conflict) is not None
        was_skipped = conflict.id in self.skipped
        self.engine.repairs.withdraw([conflict.id])
        self.count -= was_decided
        self.skipped.discard(conflict.id)
        return was_decided or was_skipped

    def skip(self, conflict: Conflict) -> bool:
        """Leave a conflict out of this run, undecided; False where it was skipped and is not any more."""
        if conflict.id in self.skipped:
            self.skipped.discard(conflict.id)
            return False
        self.undecide(conflict)
        self.skipped.add(conflict.id)
        return True

    # --- all alike ----------------------------------------------------------------------------------------------

    async def decide_alike(self, conflict: Conflict, choice: str, title: str, reason: str = "") -> Alike:
        """Stage one choice for all conflicts alike; those that were decided or skipped before stay as they are."""
        return await asyncio.to_thread(self._decide_alike, conflict, choice, title, reason)

    def _decide_alike(self, conflict: Conflict, choice: str, title: str, reason: str) -> Alike:
        same, differ = self.engine.repairs.alike(conflict)
        chosen = [one for one, is_open in zip(same, self.is_open(same), strict=True) if is_open]
        staged = self.engine.repairs.decide(Decision(one.id, choice, reason) for one in chosen)
        self.count += staged
        self.last = Decision(conflict.id, choice, reason)
        return Alike(title, staged, len(same) - staged, differ)

    async def skip_alike(self, conflict: Conflict) -> Alike:
        """Leave all conflicts alike out of this run, but for those that are decided."""
        return await asyncio.to_thread(self._skip_alike, conflict)

    def _skip_alike(self, conflict: Conflict) -> Alike:
        same, differ = self.engine.repairs.alike(conflict)
        chosen = [one.id for one, is_open in zip(same, self.is_open(same), strict=True) if is_open]
        self.skipped.update(chosen)
        return Alike("skipped for this run", len(chosen), len(same) - len(chosen), differ)

    # --- what is possible ---------------------------------------------------------------------------------------

    async def refusal(self, conflict: Conflict, decision: Decision) -> str | None:
        """Why a staged decision cannot be done, as its plan would say; None where it can, or where nobody knows."""
        if decision.choice in _READS_ALL:
            return None
        try:
            plan = await self.engine.repairs.plan([conflict.storage_id], [decision])
        except InspectorError:
            return None
        return plan.refused[0].reason if plan.refused else None

    def protection(self, storage: StorageInfo | None) -> str | None:
        """Why nothing but a record can be chosen for conflicts of this storage."""
        if self.engine.repairs.read_only:
            return "this run is read-only"
        if storage is not None and storage.reference:
            return "storage is a reference"
        return None


def is_protected(choice: Choice, protection: str | None) -> bool:
    """Whether the protection of its storage stands against a choice."""
    return protection is not None and choice.risk != _RECORD_ONLY


def title_of(choice: str, choices: Sequence[Choice]) -> str:
    """A choice as people read it."""
    if choice == IGNORE:
        return IGNORE_TITLE
    return next((one.title for one in choices if one.id == choice), choice)
