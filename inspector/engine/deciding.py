"""The engine's half for decisions on many conflicts at once: marks, deciding for all of them, taking a step back."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import decision_steps, marks
from inspector.catalog import decisions as decision_rows
from inspector.catalog import storages as storage_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflict_selection import conflicts_at, select
from inspector.catalog.database import Database
from inspector.catalog.decision_steps import Step
from inspector.conflicts.choices import choices_for, obstacle_to
from inspector.engine.repairs import suggested_choice
from inspector.jobs.owners import Owner
from inspector.model.errors import InspectorError
from inspector.model.matching import Alike, SameAs, same_content, same_folder
from inspector.model.plan import Decision
from inspector.model.query import Query, parse
from inspector.model.query_term import Term
from inspector.model.records import Conflict

_AT_ONCE = 500
_MARKED = parse("is:marked")

Choose = Callable[[Conflict], Decision | None]
"""What to decide on a conflict, None to leave it as it is."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What deciding for many came to: decided ones, those decided or skipped before, and those that differ."""

    count: int = 0
    kept: int = 0
    differ: int = 0


class Deciding:
    """Marks and staged decisions of one process. Front ends reach it as `engine.deciding`; no storage is touched."""

    def __init__(self, database: Database, owner: Owner) -> None:
        self._database = database
        self._owner = owner
        self._tidied = False

    # --- marks --------------------------------------------------------------------------------------------------

    @property
    def _before(self) -> str:
        """Under this name lie the marks that were taken away last."""
        return f"{self._owner.token}/before"

    def marked(self, storage_ids: Sequence[str] | None = None) -> ConflictFilter:
        """The filter of the marked conflicts."""
        ids = tuple(storage_ids) if storage_ids is not None else None
        return ConflictFilter(ids, query=_MARKED, settled=None, marker=self._owner.token)

    def aware(self, chosen: ConflictFilter) -> ConflictFilter:
        """A filter in which ``is:marked`` means the marks of this process, or those that it was made for."""
        return chosen if chosen.marker else replace(chosen, marker=self._owner.token)

    def marked_among(self, conflict_ids: Collection[str]) -> set[str]:
        """Which of these conflicts are marked."""
        return marks.among(self._database.connection, self._owner.token, conflict_ids)

    def count_marked(self) -> int:
        """How many conflicts are marked."""
        return marks.count(self._database.connection, self._owner.token)

    def count_marked_in(self, chosen: ConflictFilter) -> int:
        """How many of the chosen conflicts are marked."""
        return marks.count_chosen(self._database.connection, self._owner.token, self.aware(chosen))

    def mark(self, conflict_ids: Iterable[str], *, on: bool = True) -> int:
        """Mark conflicts, or take their marks away; returns how many are marked then."""
        self._tidy()
        with self._database.transaction() as connection:
            (marks.add if on else marks.remove)(connection, self._owner.token, conflict_ids)
            return marks.count(connection, self._owner.token)

    def mark_chosen(self, chosen: ConflictFilter) -> int:
        """Mark all that a filter chooses; returns how many are marked then."""
        self._tidy()
        with self._database.transaction() as connection:
            marks.add_chosen(connection, self._owner.token, self.aware(chosen))
            return marks.count(connection, self._owner.token)

    def mark_alike(self, conflict: Conflict, alike: Alike, within: ConflictFilter) -> int:
        """Mark those of the chosen conflicts that are like `conflict`, itself too; returns how many are marked then."""
        narrower = self._narrowed(conflict, alike, self.aware(within))
        if narrower is not None:
            self.mark([conflict.id])
            return self.mark_chosen(narrower)
        same = _same_as(conflict, alike)
        found = (one.id for part in self._parts(self.aware(within)) for one in part if same(one))
        return self.mark([conflict.id, *found])

    def mark_suggested(self, conflict: Conflict, within: ConflictFilter) -> int:
        """Mark those of the chosen conflicts of this one's storage and kind for which something is suggested."""
        mine = replace(within, storages=(conflict.storage_id,), kinds=(conflict.kind,))
        return self.mark_chosen(_with(self.aware(mine), Term("is", ("suggested",))))

    def _narrowed(self, conflict: Conflict, alike: Alike, within: ConflictFilter) -> ConflictFilter | None:
        """The filter of those alike, None where a filter cannot say it."""
        if alike is Alike.KIND:
            return replace(within, kinds=(conflict.kind,))
        if alike is Alike.DECISION:
            decided = decision_rows.staged_of(self._database.connection, [conflict.id]).get(conflict.id)
            term = Term("is", ("open",)) if decided is None else Term("choice", (decided.choice,))
            return _with(within, term)
        if alike is Alike.SESSION:
            session = conflict_rows.session_of(self._database.connection, conflict.id)
            nothing = Term("kind", ())
            mine = replace(within, storages=(conflict.storage_id,))
            return _with(mine, Term("session", (session,)) if session is not None else nothing)
        return None

    def invert_marks(self, chosen: ConflictFilter) -> int:
        """Of the chosen conflicts, mark those that were not, and no others; returns how many are marked then."""
        self._tidy()
        with self._database.transaction() as connection:
            marks.invert(connection, self._owner.token, self.aware(chosen))
            return marks.count(connection, self._owner.token)

    def take_marks(self, chosen: ConflictFilter | None = None) -> ConflictFilter:
        """Take all marks away, or those of the chosen conflicts; returns the filter of those that had them."""
        with self._database.transaction() as connection:
            if chosen is not None:
                marks.move_chosen(connection, self._before, self._owner.token, self.aware(chosen))
            else:
                marks.replace(connection, self._before, self._owner.token)
        return ConflictFilter(query=_MARKED, settled=None, marker=self._before)

    def clear_marks(self) -> None:
        """Take all marks away; `mark_again` brings them back."""
        with self._database.transaction() as connection:
            if marks.count(connection, self._owner.token):
                marks.replace(connection, self._before, self._owner.token)

    def were_marked(self) -> bool:
        """Whether `mark_again` would mark anything."""
        return marks.are_there(self._database.connection, self._before)

    def mark_again(self) -> int:
        """Mark what was marked before the marks were taken away; returns how many are marked then."""
        with self._database.transaction() as connection:
            if marks.count(connection, self._before):
                marks.replace(connection, self._owner.token, self._before)
            return marks.count(connection, self._owner.token)

    # --- deciding -----------------------------------------------------------------------------------------------

    def obstacle_to(self, conflict: Conflict, choice: str) -> str:
        """Why a choice cannot be made, as far as that is known before it is planned; else empty.

        For a lost file that is what the last scan found: one that is scanned later may have its content.
        """
        obstacle = obstacle_to(conflict, choice)
        if obstacle or conflict.kind != "missing_file":
            return obstacle
        if choice == "restore_copy" and not conflict.evidence.get("same_content_at"):
            return "the last scan found its content nowhere else"
        if choice == "restore_quarantine" and not self._has_quarantine(conflict.storage_id):
            return "nothing in quarantine has its content"
        return ""

    def _has_quarantine(self, storage_id: str) -> bool:
        """Whether there may be anything that was taken out of a storage."""
        from inspector.repair.keeping import places_of

        storage = storage_rows.get_storage(self._database.connection, storage_id)
        try:
            places = places_of({storage_id: storage.root}, self._database.folder) if storage is not None else ()
            return any(place.folder.is_dir() for place in places)
        except (InspectorError, OSError):
            return True  # it cannot be told: the plan will say why

    def decide(self, decision: Decision, words: str) -> bool:
        """Stage a decision as a step of its own; False where its conflict is not known any more."""
        conflict = conflict_rows.conflict_by_id(self._database.connection, decision.conflict_id)
        return conflict is not None and bool(self._step(words, [[conflict]], lambda _: decision).count)

    def decide_all(
        self, chosen: ConflictFilter, choose: Choose, words: str, *, leave: Callable[[Conflict], bool] | None = None
    ) -> Decided:
        """Stage what `choose` says on all chosen conflicts, as one step. Those that `leave` names stay as they are."""
        return self._step(words, self._parts(self.aware(chosen)), choose, leave)

    def withdraw(self, conflict_ids: Sequence[str], words: str) -> None:
        """Take the decisions on these conflicts back, as one step."""
        with self._database.transaction() as connection:
            self._withdraw(connection, Step(connection, self._owner.token, words), conflict_ids)

    def withdraw_all(self, chosen: ConflictFilter, words: str) -> int:
        """Take the decisions on all chosen conflicts back, as one step; returns how many there were."""
        count = 0
        with self._database.transaction() as connection:
            step = Step(connection, self._owner.token, words)
            for part in self._parts(self.aware(chosen)):
                count += self._withdraw(connection, step, [one.id for one in part])
        return count

    @staticmethod
    def _withdraw(connection: sqlite3.Connection, step: Step, conflict_ids: Sequence[str]) -> int:
        before = decision_rows.staged_of(connection, conflict_ids)
        step.put([(identity, one, None) for identity, one in before.items()])
        decision_rows.withdraw(connection, list(before))
        return len(before)

    def retract(self, conflict_id: str) -> None:
        """Have the last decision on a conflict never have been, as it turned out to be impossible."""
        with self._database.transaction() as connection:
            decision_steps.retract(connection, self._owner.token, conflict_id)

    def has_steps(self, *, undone: bool) -> bool:
        """Whether there is a step to be done again (`undone`), or else to be taken back."""
        return decision_steps.are_there(self._database.connection, self._owner.token, undone=undone)

    def undo(self) -> tuple[str, int] | None:
        """Take the last step of deciding back; returns its words and how many conflicts it was about, or None."""
        with self._database.transaction() as connection:
            return decision_steps.take_back(connection, self._owner.token)

    def redo(self) -> tuple[str, int] | None:
        """Do the step again that was taken back last; returns as `undo` does."""
        with self._database.transaction() as connection:
            return decision_steps.do_again(connection, self._owner.token)

    def _step(
        self,
        words: str,
        parts: Iterable[Sequence[Conflict]],
        choose: Choose,
        leave: Callable[[Conflict], bool] | None = None,
    ) -> Decided:
        self._tidy()
        count = kept = differ = 0
        with self._database.transaction() as connection:
            step = Step(connection, self._owner.token, words)
            for part in parts:
                before = decision_rows.staged_of(connection, [one.id for one in part])
                changes = []
                for conflict in part:
                    if leave is not None and (conflict.id in before or leave(conflict)):
                        kept += 1
                        continue
                    decision = choose(conflict)
                    if decision is None:
                        differ += 1
                        continue
                    decision_rows.stage(connection, conflict, decision)
                    count += 1
                    if before.get(conflict.id) != decision:
                        changes.append((conflict.id, before.get(conflict.id), decision))
                step.put(changes)
        return Decided(count, kept, differ)

    def _parts(self, chosen: ConflictFilter) -> Iterator[list[Conflict]]:
        """The chosen conflicts, a few hundred at a time; which ones those are is settled at the beginning."""
        connection = self._database.connection
        rows = select(connection, chosen).rows
        for start in range(0, len(rows), _AT_ONCE):
            yield conflicts_at(connection, rows[start : start + _AT_ONCE])

    # --- ending -------------------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Once, forget the marks and steps of processes that ended without doing so; and say that this one lives."""
        if self._tidied:
            return
        self._tidied = True
        self._owner.announce()
        connection = self._database.connection
        known = {*marks.owners(connection), *decision_steps.owners(connection)}
        gone = [owner for owner in known if not self._owner.lives(owner.split("/")[0])]
        if gone:
            with self._database.transaction() as writing:
                for owner in gone:
                    marks.clear(writing, owner)
                    decision_steps.forget(writing, owner)

    def close(self) -> None:
        """Forget the marks and steps of this process; the decisions stay."""
        if self._tidied:
            with self._database.transaction() as connection:
                marks.clear(connection, self._owner.token)
                marks.clear(connection, self._before)
                decision_steps.forget(connection, self._owner.token)


def _with(chosen: ConflictFilter, term: Term) -> ConflictFilter:
    return replace(chosen, query=Query((*chosen.query.terms, term)))


def _same_as(conflict: Conflict, alike: Alike) -> SameAs:
    if alike is Alike.FOLDER:
        return same_folder(conflict)
    if alike is Alike.CONTENT:
        return same_content(conflict)
    suggested = suggested_choice(choices_for(conflict))
    return lambda other: (
        (other.storage_id, other.kind) == (conflict.storage_id, conflict.kind)
        and suggested_choice(choices_for(other)) == suggested
    )


def follow_suggestion(conflict: Conflict) -> Decision | None:
    """The decision for what is suggested, None where nothing is."""
    suggested = suggested_choice(choices_for(conflict))
    return Decision(conflict.id, suggested.id) if suggested is not None else None


def choose_everywhere(choice: str, reason: str = "") -> Choose:
    """The decision for the choice of this id, on conflicts that have it; ``ignore`` is one of all."""

    def choose(conflict: Conflict) -> Decision | None:
        known = choice == "ignore" or any(one.id == choice for one in choices_for(conflict))
        return Decision(conflict.id, choice, reason) if known else None

    return choose
