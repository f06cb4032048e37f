"""What was decided in this run: staged decisions, skipped conflicts, and the last decision. No file is touched here."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from inspector.engine import Choose, ConflictFilter, Engine
from inspector.model.errors import InspectorError
from inspector.model.plan import Decision
from inspector.model.records import Choice, Conflict, StorageInfo, StorageState
from inspector.model.restoring import RESTORED_KINDS

IGNORE = "ignore"
RESTORED_TITLE = "missing files come back from other storages"
IGNORE_TITLE = "Ignore it until it changes"
_RECORD_ONLY = "R0"
_READS_ALL = frozenset({"rebuild", "migrate"})
"""Choices whose plan reads so much that it is not tried out as soon as they are chosen."""


@dataclass(frozen=True, slots=True)
class ForAll:
    """What deciding for many came to: decided ones, those decided or skipped before, and those that differ."""

    title: str
    count: int
    kept: int = 0
    differ: int = 0
    barred: int = 0
    """How many of those that differ have the choice, and cannot be decided for it."""
    barrier: str = ""
    """Why that is so for the first of them."""

    @property
    def words(self) -> str:
        """For the status line."""
        others = self.differ - self.barred
        kept = f", {self.kept:,} decided before" if self.kept else ""
        differ = f", {others:,} differ (kept open)" if others else ""
        barred = f", {self.barred:,} kept open ({self.barrier})" if self.barred else ""
        return f"{self.count:,} alike{kept}{differ}{barred}: {self.title}"


@dataclass(slots=True)
class Staging:
    """Stages decisions through the engine, and remembers what holds for this run of the program only."""

    engine: Engine
    storage_ids: tuple[str, ...]
    skipped: set[str] = field(default_factory=set)
    last: Decision | None = None
    count: int = 0
    """How many decisions are staged on conflicts of the open storages."""
    marked: int = 0
    """How many conflicts are marked."""
    listed: ConflictFilter = field(default_factory=ConflictFilter)
    """What the list shows; marks outside of it are not decided for."""
    marked_listed: int = 0
    """How many of those that the list shows are marked."""

    def recount(self) -> None:
        """Count the staged decisions anew: a scan or a repair may have ended some."""
        self.count = self.engine.repairs.count_staged(self.storage_ids)

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

    def stage(self, conflict: Conflict, choice: str, title: str, *, reason: str = "", path: str = "") -> Decision:
        """Stage a decision in place of an earlier one. `title` is the choice as people read it."""
        decision = Decision(conflict.id, choice, reason, path)
        before = self.decision(conflict)
        self.count += self.engine.deciding.decide(decision, title) - (before is not None)
        self.skipped.discard(conflict.id)
        self.last = decision
        return decision

    def retract(self, conflict: Conflict) -> None:
        """Take a decision back that turned out to be impossible: what was decided before holds again."""
        self.engine.deciding.retract(conflict.id)
        self.recount()

    def undecide(self, conflict: Conflict) -> bool:
        """Take a decision, or the skipping, back; False where there was neither."""
        was_decided = self.decision(conflict) is not None
        was_skipped = conflict.id in self.skipped
        if was_decided:
            self.engine.deciding.withdraw([conflict.id], "undecided")
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

    # --- marks and many at once ---------------------------------------------------------------------------------

    def marked_among(self, conflict_ids: Collection[str]) -> set[str]:
        """Which of these conflicts are marked."""
        return self.engine.deciding.marked_among(conflict_ids) if self.marked else set()

    def recount_marks(self) -> None:
        """Count the marks anew: what was marked may be gone."""
        self.set_marks(self.engine.deciding.count_marked() if self.marked else 0)

    def set_marks(self, marked: int) -> None:
        """So many conflicts are marked now."""
        self.marked = marked
        self.marked_listed = self.count_listed()

    def show_listed(self, listed: ConflictFilter) -> None:
        """This is what the list shows now."""
        self.listed = listed
        self.marked_listed = self.count_listed()

    def count_listed(self) -> int:
        """How many of the marked conflicts the list shows."""
        if not self.marked or (not self.listed.kinds and not self.listed.query and self._shows_all):
            return self.marked
        return self.engine.deciding.count_marked_in(self.listed)

    @property
    def _shows_all(self) -> bool:
        return self.listed.storages is None or set(self.listed.storages) >= set(self.storage_ids)

    def decide_marked(self, choose: Choose, title: str, *, only_open: bool = False) -> ForAll:
        """Stage what `choose` says on all marked conflicts of the list, and take the marks away.

        With `only_open`, those that were decided or skipped before stay as they are.
        """
        deciding = self.engine.deciding
        leave = (lambda conflict: conflict.id in self.skipped) if only_open else None
        decided = deciding.decide_all(self._take_marks(), choose, title, leave=leave)
        self.recount()
        self.recount_marks()
        return ForAll(title, decided.count, decided.kept, decided.differ)

    def decide_restorable(self) -> ForAll:
        """Stage that every missing file of the open storages comes back that a storage which is there has."""
        found = self.engine.restoring.choose(self.storage_ids)
        by_conflict = {one.conflict_id: one for one in found.decisions}
        decided = self.engine.deciding.decide_all(
            ConflictFilter(self.storage_ids, RESTORED_KINDS),
            lambda conflict: by_conflict.get(conflict.id),
            RESTORED_TITLE,
            leave=lambda conflict: conflict.id in self.skipped,
        )
        self.recount()
        barred = sum(one.files for one in found.away)
        barrier = found.away[0].reason if found.away else ""
        return ForAll(RESTORED_TITLE, decided.count, decided.kept, decided.differ, min(barred, decided.differ), barrier)

    def undecide_marked(self) -> ForAll:
        """Take the decisions on all marked conflicts of the list back, and the skipping."""
        marked = self._take_marks()
        self.skipped -= {conflict.id for conflict in self.engine.all_conflicts(marked)} if self.skipped else set()
        count = self.engine.deciding.withdraw_all(marked, "undecided")
        self.recount()
        self.recount_marks()
        return ForAll("undecided again", count)

    def skip_marked(self) -> ForAll:
        """Leave all marked conflicts of the list out of this run, but for those that are decided."""
        ids = [conflict.id for conflict in self.engine.all_conflicts(self._take_marks())]
        decided = self.decisions(ids)
        chosen = [identity for identity in ids if identity not in decided]
        self.skipped.update(chosen)
        self.recount_marks()
        return ForAll("skipped for this run", len(chosen), len(ids) - len(chosen))

    def clear_marks(self) -> None:
        """Take all marks away."""
        if self.marked:
            self.engine.deciding.clear_marks()
        self.set_marks(0)

    def clear_listed_marks(self) -> None:
        """Take the marks of those away that the list shows."""
        self._take_marks()
        self.recount_marks()

    def _take_marks(self) -> ConflictFilter:
        """Take the marks of those away that the list shows, before deciding takes them out of the list."""
        return self.engine.deciding.take_marks(None if self.marked == self.marked_listed else self.listed)

    def undo(self) -> tuple[str, int] | None:
        """Take the last step of deciding back; returns its words and how many conflicts it was about, or None."""
        return self._stepped(self.engine.deciding.undo())

    def redo(self) -> tuple[str, int] | None:
        """Do the step again that was taken back last; returns as `undo` does."""
        return self._stepped(self.engine.deciding.redo())

    def _stepped(self, step: tuple[str, int] | None) -> tuple[str, int] | None:
        self.recount()
        return step

    @property
    def undoable(self) -> bool:
        """Whether a step of deciding is left to be taken back."""
        return self.engine.deciding.has_steps(undone=False)

    @property
    def redoable(self) -> bool:
        """Whether a step was taken back that can be done again."""
        return self.engine.deciding.has_steps(undone=True)

    @property
    def were_marked(self) -> bool:
        """Whether there are conflicts that were marked before."""
        return self.engine.deciding.were_marked()

    def is_settled(self, conflict: Conflict) -> bool:
        """Whether a conflict is decided or skipped."""
        return conflict.id in self.skipped or self.decision(conflict) is not None

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
        if why := self.engine.repairs.why_temporary:
            return f"{why}: name a folder with --state DIR"
        if storage is not None and storage.reference:
            return "storage is a reference"
        return None

    def barrier(self, conflict: Conflict, choice: Choice, storage: StorageInfo | None) -> str | None:
        """Why a choice cannot be made, as far as that is known before its plan is made; None where it may be."""
        if storage is not None and storage.state is StorageState.OFFLINE:
            return "its storage is not there"
        protection = self.protection(storage)
        if is_protected(choice, protection):
            return protection
        return self.engine.deciding.obstacle_to(conflict, choice.id) or None


def short_title(title: str) -> str:
    """A choice where there is little room: without the reason why it cannot be made."""
    return title.partition(" (not possible: ")[0]


def barred_words(title: str, barrier: str) -> str:
    """A choice that cannot be made, with the reason, which its title may hold already."""
    return title if barrier in title else f"{title}: {barrier}"


def is_protected(choice: Choice, protection: str | None) -> bool:
    """Whether the protection of its storage stands against a choice."""
    return protection is not None and choice.risk != _RECORD_ONLY


def title_of(choice: str, choices: Sequence[Choice]) -> str:
    """A choice as people read it."""
    if choice == IGNORE:
        return IGNORE_TITLE
    return next((one.title for one in choices if one.id == choice), choice)
