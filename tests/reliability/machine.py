"""A state machine of two storages: people change their files, the inspector repairs, undoes and loses its power.

After every step what must hold is checked; the letters are those of the reliability reference: I1 no content that was
there before a repair is gone after it, I2 a golden reader finds nothing new wrong with the documents, I3 what was
repaired is repaired and repairing it again does nothing, I4 an undo restores bytes, names, times and rights, I5 a scan
writes nothing, I6 members that ImaLink does not know keep their values and their order, I8 a catalog made anew sees the
same conflicts, also where its scan was cancelled, I9 conflicts keep their ids.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from inspector.conflicts.choices import choices_for
from inspector.engine import ConflictFilter, Engine
from inspector.engine.repairs import Applied
from inspector.fs.system import use_system
from inspector.model.errors import GuardTrippedError, InspectorError, UsageError
from inspector.model.operations import WriteDocument
from inspector.model.plan import BatchInfo, Decision, ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.model.records import Conflict
from inspector.scenarios.imalink import LOCK
from tests.fs.fault_system import FaultSystem, Loss, PowerCut
from tests.reliability import golden_reader
from tests.reliability.machine_facts import REMEMBERED, facts_of
from tests.reliability.machine_storages import STATE, STYLES, Storages, Tree

LOOKS_AGAIN = {"try_again", "hash_again"}
LOSSES = ("nothing", "everything", "names", "bytes")

Result = TypeVar("Result")
which = st.integers(0, 1)
number = st.integers(0, 99)


class Figures:
    """What all runs together have gone through."""

    def __init__(self) -> None:
        self.examples = 0
        self.steps: Counter[str] = Counter()
        self.repaired: Counter[str] = Counter()
        self.not_done: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.repaired.items()))
        steps = ", ".join(f"{step} {count}" for step, count in sorted(self.steps.items()))
        crashes = ", ".join(f"{how} {count}" for how, count in sorted(self.crashes.items()))
        not_done = ", ".join(f"{state} {count}" for state, count in sorted(self.not_done.items()))
        return (
            f"examples {self.examples}, steps {self.steps.total()}: {steps}\n"
            f"repairs done {self.repaired.total()}, of {len(self.repaired)} kinds of conflict and choice: {kinds}\n"
            f"repairs not done: {not_done or 'none'}\n"
            f"power cuts and kills survived {self.crashes.total()}: {crashes}"
        )


FIGURES = Figures()
_KNOWN_CONTENTS: list[tuple[Any, ...]] = []
"""What earlier examples found out about contents: computing a hothash starts a process."""


class RepairMachine(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="machine-"))
        self.runner = asyncio.Runner()
        self.clock = patch("inspector.layouts.imalink.repair_totals.now", new=_another_second())
        self.clock.start()
        self.engine = self.opened(STATE)
        self.kept_plan: Plan | None = None
        self.catalogs = 0
        self.known_problems: set[str] = set()
        self.known_rubbish: set[str] = set()
        FIGURES.examples += 1

    @initialize(
        style=st.sampled_from(sorted(STYLES)),
        synced=st.booleans(),
        changes=st.lists(st.tuples(number, which, number, number), max_size=6),
    )
    def begin(self, style: str, synced: bool, changes: list[tuple[int, int, int, int]]) -> None:
        """Two sound storages, scanned, and some changes."""
        self.storages = Storages(self.base, style, synced=synced)
        assert golden_reader.problems(self.storages.documents()) == set()
        self.look()
        for change in changes:
            self.storages.any_change(*change)

    def teardown(self) -> None:
        """Look once more from a new catalog, and leave nothing behind."""
        try:
            if hasattr(self, "storages"):
                self.look()
                self.compare_with_a_new_catalog(cancel_at=None)
        finally:
            self.clock.stop()
            self.learn()
            self.engine.close()
            self.runner.close()
            shutil.rmtree(self.base)

    # --- people and their programs --------------------------------------------------------------------------------

    @rule(which=which, seed=number, place=number)
    def add(self, which: int, seed: int, place: int) -> None:
        self.step("add")
        self.storages.add(which, seed, place)

    @rule(which=which, pick=number, place=number)
    def move(self, which: int, pick: int, place: int) -> None:
        self.step("move")
        self.storages.move(which, pick, place)

    @rule(which=which, pick=number, name=number)
    def rename(self, which: int, pick: int, name: int) -> None:
        self.step("rename")
        self.storages.rename(which, pick, name)

    @rule(which=which, pick=number, seed=number)
    def edit(self, which: int, pick: int, seed: int) -> None:
        self.step("edit")
        self.storages.edit(which, pick, seed)

    @rule(which=which, pick=number, place=number)
    def rot(self, which: int, pick: int, place: int) -> None:
        self.step("rot")
        self.storages.rot(which, pick, place)

    @rule(which=which, pick=number)
    def delete(self, which: int, pick: int) -> None:
        self.step("delete")
        self.storages.delete(which, pick)

    @rule(which=which, pick=number, seed=number)
    def conflict_copy(self, which: int, pick: int, seed: int) -> None:
        self.step("conflict copy")
        self.storages.conflict_copy(which, pick, seed)

    @rule(which=which, pick=number)
    def touch(self, which: int, pick: int) -> None:
        self.step("touch")
        self.storages.touch(which, pick)

    @rule(which=which, pick=number, place=number)
    def duplicate(self, which: int, pick: int, place: int) -> None:
        self.step("duplicate")
        self.storages.duplicate(which, pick, place)

    @rule(which=which, pick=number, naming=number)
    def add_sidecar(self, which: int, pick: int, naming: int) -> None:
        self.step("add sidecar")
        self.storages.add_sidecar(which, pick, naming)

    @rule(which=which)
    def toggle_sync(self, which: int) -> None:
        self.step("come under or leave a sync program")
        self.storages.toggle_sync(which)

    @rule(how=number, pick=number)
    def break_index(self, how: int, pick: int) -> None:
        self.step("break index: " + self.storages.break_index(how, pick))

    # --- the inspector --------------------------------------------------------------------------------------------

    @rule(cancel_at=st.none() | st.integers(1, 40))
    def scan(self, cancel_at: int | None) -> None:
        """A scan, twice, and one of a new catalog."""
        self.step("scan")
        self.look()
        before = self.found()
        self.look()
        assert self.found() == before, "I9"
        self.compare_with_a_new_catalog(cancel_at)

    @rule(data=st.data(), then=st.sampled_from(["keep", "undo", "undo and redo"]))
    def repair(self, data: st.DataObject, then: str) -> None:
        """Repair what a fresh scan found: some conflicts with some choices, or all suggestions; then maybe undo."""
        self.step("repair" if then == "keep" else f"repair, {then}")
        self.look()
        before = self.storages.tree()
        plan = self.some_plan(data)
        applied = self.applied(plan)
        if applied is None:
            return
        after = self.storages.tree()
        if then == "keep":
            self.expect_nothing_to_repeat(plan, after)
            self.expect_repaired(plan, applied)
            self.compare_with_a_new_catalog(cancel_at=None)
            return
        undone = self.undone(applied.batch)
        self.expect_tree(before, "I4: taken back, but for")
        if then == "undo and redo" and undone is not None:
            self.undone(undone.batch)
            self.expect_tree(after, "I4: done again, but for")

    @rule(data=st.data())
    def plan_for_later(self, data: st.DataObject) -> None:
        """Make a plan that is applied after other things have happened."""
        self.step("plan for later")
        self.look()
        self.kept_plan = self.some_plan(data)

    @precondition(lambda self: self.kept_plan is not None)
    @rule()
    def apply_late(self) -> None:
        """Apply a plan after the world went on: what is not as planned is refused, and nothing is lost."""
        self.step("apply a late plan")
        assert self.kept_plan is not None
        plan, self.kept_plan = self.kept_plan, None
        before = self.storages.tree()
        applied = self.applied(plan)
        if applied is not None and not [item for item in applied.batch.items if item.state is ItemState.DONE]:
            self.expect_tree(before, "nothing was done, and yet changed")

    @rule(pick=number)
    def undo(self, pick: int) -> None:
        """Take an earlier batch back, the last one or any."""
        self.step("undo")
        batches = [batch for batch in self.engine.repairs.journal() if batch.undo_of is None]
        if batches:
            self.undone(batches[0] if pick % 2 else batches[pick % len(batches)], may_refuse=True)

    @rule(pick=number)
    def redo(self, pick: int) -> None:
        """Take an undo back."""
        self.step("redo")
        batches = [batch for batch in self.engine.repairs.journal() if batch.undo_of is not None]
        if batches:
            self.undone(batches[pick % len(batches)], may_refuse=True)

    @rule(
        data=st.data(),
        cut_at=st.integers(1, 150),
        loss=st.sampled_from(LOSSES),
        again=st.none() | st.integers(1, 40),
        undo=st.booleans(),
    )
    def crash(self, data: st.DataObject, cut_at: int, loss: str, again: int | None, undo: bool) -> None:
        """The power goes, or the process is killed, at some call of an apply or an undo; then recover."""
        self.step("crash")
        self.look()
        before, kept = self.storages.tree(), self.storages.kept_digests()
        earlier = {batch.id for batch in self.engine.repairs.journal()}
        done = [batch for batch in self.engine.repairs.journal() if batch.state == "done"]
        if undo and done:
            work: Coroutine[Any, Any, Any] = self.engine.repairs.undo(done[0].id)
        else:
            plan = self.some_plan(data)
            if not plan.items:
                return
            work = self.engine.repairs.apply(plan)
        crashed = self.cut(work, cut_at, loss)
        if again is not None:
            for batch in self.engine.repairs.interrupted():
                self.cut(self.engine.repairs.recover(batch.id), again, loss)
        for batch in self.engine.repairs.interrupted():
            self.run(self.engine.repairs.recover(batch.id))
        assert not self.engine.repairs.interrupted()
        assert not kept - self.storages.all_digests(), "I1"
        self.known_rubbish |= self.rubbish()
        if crashed:
            self.expect_whole(before, earlier)
        self.look()

    # --- steps ----------------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What a coroutine returns."""
        return self.runner.run(work)

    def step(self, name: str) -> None:
        """Count a step."""
        FIGURES.steps[name] += 1

    def opened(self, state: str) -> Engine:
        """An engine on a catalog of its own, which knows the contents that others have looked into."""
        engine = Engine(self.base / state, self.base / "home")
        with engine._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?, ?)", _KNOWN_CONTENTS)
        return engine

    def learn(self) -> None:
        """Keep what this example found out about contents."""
        rows = self.engine._database.connection.execute("SELECT * FROM content WHERE key IS NOT NULL")
        _KNOWN_CONTENTS[:] = {row[0]: tuple(row) for row in [*_KNOWN_CONTENTS, *rows]}.values()

    def look(self, engine: Engine | None = None) -> None:
        """Scan both storages, and a person says yes where much is gone."""
        engine = engine or self.engine
        everything = self.whole_tree()
        self.known_problems |= golden_reader.problems(self.storages.documents())
        self.ids = [self.run(engine.open(root)).id for root in self.storages.roots]
        outcomes = self.run(engine.scan(self.ids))
        if any(isinstance(outcome.error, GuardTrippedError) for outcome in outcomes):
            outcomes = self.run(engine.scan(self.ids, expected_missing=1000))
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        assert not errors, f"a scan ended early: {errors}"
        assert self.whole_tree() == everything, "I5"

    def whole_tree(self) -> tuple[Tree, set[str]]:
        """All that a scan must leave alone."""
        return self.storages.tree(), self.storages.all_digests()

    def found(self, engine: Engine | None = None) -> dict[str, Conflict]:
        """All conflicts by id, the settled ones too."""
        chosen = ConflictFilter(tuple(self.ids), settled=None)
        return {conflict.id: conflict for conflict in (engine or self.engine).all_conflicts(chosen)}

    def open_conflicts(self) -> list[Conflict]:
        """The conflicts that wait for a decision."""
        return list(self.engine.all_conflicts(ConflictFilter(tuple(self.ids))))

    def compare_with_a_new_catalog(self, cancel_at: int | None) -> None:
        """I8: a catalog without a memory, its scan cancelled and begun again or not, sees what does not need one."""
        self.catalogs += 1
        name = f"new-{self.catalogs}"
        with self.opened(name) as engine:
            if cancel_at is not None:
                ids = [self.run(engine.open(root)).id for root in self.storages.roots]
                self.run(engine.scan(ids, progress=CancelsItself(cancel_at)))
            self.look(engine)
            fresh = {fact for fact in facts_of(self.found(engine)) if fact[0] != REMEMBERED}
        shutil.rmtree(self.base / name)
        known = set(facts_of(self.found()))
        certain = {fact for fact in known if fact[0] != REMEMBERED}
        likely = {fact[1:] for fact in known - certain}
        assert not fresh - certain - likely, f"I8: only a new catalog sees {fresh - certain - likely}"
        assert not certain - fresh, f"I8: only the old catalog sees {certain - fresh}"

    def some_plan(self, data: st.DataObject) -> Plan:
        """A plan of all suggestions, of up to three decisions or of one for every conflict.

        Each decision is planned, or refused with a reason.
        """
        repairs = self.engine.repairs
        how = data.draw(st.sampled_from(["suggested", "few", "all"]))
        if how == "suggested":
            decisions = list(repairs.suggested(ConflictFilter(tuple(self.ids))))
        else:
            conflicts = self.open_conflicts()
            few = data.draw(st.lists(number, min_size=1, max_size=3)) if how == "few" else range(len(conflicts))
            chosen = {conflicts[at % len(conflicts)].id: conflicts[at % len(conflicts)] for at in few if conflicts}
            decisions = [self.some_decision(data, conflict) for conflict in chosen.values()]
        plan = self.run(repairs.plan(self.ids, decisions))
        told = {item.conflict_id for item in plan.items} | {one.conflict_id for one in plan.refused if one.reason}
        assert told == {decision.conflict_id for decision in decisions}
        return plan

    def some_decision(self, data: st.DataObject, conflict: Conflict) -> Decision:
        """One of a conflict's choices, now and then for one of its paths."""
        choices, pick = choices_for(conflict), data.draw(number)
        paths = ("", "", *conflict.paths)
        return Decision(conflict.id, choices[pick % len(choices)].id, "because", paths[pick % len(paths)])

    def applied(self, plan: Plan) -> Applied | None:
        """Apply a plan, and see that nothing is lost; None where nothing was begun."""
        if not plan.items:
            return None
        kept, documents = self.storages.kept_digests(), self.storages.documents()
        before = self.storages.tree()
        try:
            applied = self.run(self.engine.repairs.apply(plan))
        except InspectorError:  # somebody's lock, or the storage has another identity by now
            self.expect_tree(before, "nothing was begun, and yet changed")
            return None
        self.expect_kept(kept, documents)
        for item, planned in zip(applied.batch.items, plan.items, strict=True):
            if item.state is ItemState.DONE:
                FIGURES.repaired[f"{planned.kind}/{planned.choice}"] += 1
            else:
                assert item.state in {ItemState.REFUSED, ItemState.FAILED} and item.reason
                FIGURES.not_done[item.state.value] += 1
        return applied

    def undone(self, batch: BatchInfo, *, may_refuse: bool = False) -> Applied | None:
        """Take a batch back, and see that nothing is lost; None where nothing of it can be."""
        kept, documents = self.storages.kept_digests(), self.storages.documents()
        before = self.storages.tree()
        try:
            undone = self.run(self.engine.repairs.undo(batch.id))
        except InspectorError as error:
            nothing_done = not any(item.state is ItemState.DONE for item in batch.items)
            assert may_refuse or (isinstance(error, UsageError) and nothing_done), f"I4: {error}"
            self.expect_tree(before, "nothing was begun, and yet changed")
            return None
        self.expect_kept(kept, documents, undoing=True)
        states = {item.state for item in undone.batch.items}
        assert may_refuse or states == {ItemState.DONE}, f"I4: {undone.batch.items}"
        assert states <= {ItemState.DONE, ItemState.REFUSED, ItemState.FAILED}
        return undone

    def cut(self, work: Coroutine[Any, Any, Any], cut_at: int, loss: str) -> bool:
        """Lose the power at a call of `work`, and start anew; False where the work had ended before."""
        graveyard = self.base / "graveyard"
        faults = FaultSystem(cut_at=cut_at, graveyard=graveyard if loss != "nothing" else None)
        try:
            with use_system(faults):
                self.run(work)
        except InspectorError:
            pass  # somebody's lock
        except PowerCut:
            _lose(faults, loss)
        finally:
            shutil.rmtree(graveyard, ignore_errors=True)
        self.learn()
        self.engine.close()
        self.engine = self.opened(STATE)
        FIGURES.crashes[f"with {loss} lost"] += faults.fired
        return faults.fired

    # --- what must hold -------------------------------------------------------------------------------------------

    def expect_kept(self, kept: set[str], documents: dict[str, bytes], *, undoing: bool = False) -> None:
        """I1, I2 and I6 after a repair or an undo, which may bring faults back that were there before."""
        assert not kept - self.storages.all_digests(), "I1"
        now = self.storages.documents()
        faults = golden_reader.problems(documents)
        self.known_problems |= faults
        worse = golden_reader.problems(now) - (self.known_problems if undoing else faults)
        assert not worse, f"I2: {sorted(worse)}"
        assert golden_reader.lost_members(documents, now) == [], "I6"
        assert not self.rubbish() - self.known_rubbish, "unfinished files are left"

    def expect_tree(self, wanted: Tree, words: str, but: Collection[str] = ()) -> None:
        """The storages are as they were, with names, bytes, times and rights."""
        now = self.storages.tree()
        differing = {path: (wanted.get(path), now.get(path)) for path in sorted(wanted.keys() | now.keys())}
        differing = {
            path: pair
            for path, pair in differing.items()
            if pair[0] != pair[1] and path not in self.known_rubbish and path not in but
        }
        assert not differing, f"{words} {differing}"

    def rubbish(self) -> set[str]:
        """Unfinished files and locks of the inspector."""
        left = [path for path in self.storages.tree() if "/.inspector-" in path or path.endswith(LOCK)]
        return {
            path for path in left if path[-4:] == ".tmp" or b'"inspector"' in (self.storages.base / path).read_bytes()
        }

    def left_open(self, plan: Plan, applied: Applied) -> dict[str, Conflict]:
        """The conflicts of a plan that are there still, or again, though all their items were done."""
        if any(outcome.error is not None for outcome in applied.scans):
            return {}
        done = {item.number for item in applied.batch.items if item.state is ItemState.DONE}
        looked_at = {item.conflict_id for item in plan.items if item.choice in LOOKS_AGAIN}
        repaired = _finished(plan, done) - looked_at
        return {conflict.id: conflict for conflict in self.open_conflicts() if conflict.id in repaired}

    def expect_repaired(self, plan: Plan, applied: Applied) -> None:
        """I3: the conflict whose items were done is gone, or settled.

        Of several, one may have made another one anew; then repairing that one alone has to help.
        """
        left = self.left_open(plan, applied)
        decided = {item.conflict_id: Decision(item.conflict_id, item.choice, "because") for item in plan.items}
        assert not left or len(decided) > 1, f"I3: {left}"
        for identity in left:
            alone = self.run(self.engine.repairs.plan(self.ids, [decided[identity]]))
            again = self.applied(alone)
            assert again is None or not self.left_open(alone, again), f"I3: {self.left_open(alone, again)}"

    def expect_nothing_to_repeat(self, plan: Plan, after: Tree) -> None:
        """I3: the same plan once more changes nothing but the time of indexing; only edits may count as done again."""
        documents = self.storages.documents()
        applied = self.applied(plan)
        now = self.storages.documents()
        for path in documents.keys() & now.keys():
            assert golden_reader.without_moments(documents[path]) == golden_reader.without_moments(now[path]), "I3"
        same = {f"Archive/{path}" for path in documents.keys() & now.keys()}
        self.expect_tree(after, "I3: repeating changed", but=same)
        files = {item.number for item in plan.items if not _only_documents(item)}
        again = [one for one in applied.batch.items if one.number in files] if applied is not None else []
        assert ItemState.DONE not in {item.state for item in again}, f"I3: done again {again}"

    def expect_whole(self, before: Tree, earlier: set[str]) -> None:
        """After a crash: what is called done is done, all else untouched; taking it back leads to where it began."""
        batches = [batch for batch in self.engine.repairs.journal() if batch.id not in earlier]
        for batch in batches:
            assert not [item for item in batch.items if item.state is ItemState.UNFINISHED], f"{batch.items}"
            if any(item.state is ItemState.DONE for item in batch.items):
                self.undone(batch)
        self.expect_tree(before, "I4: taken back after a crash, but for")


class CancelsItself(Progress):
    """Progress that a person cancels at its Nth look at whether they did."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._looks = at

    def check(self) -> None:
        self._look()
        super().check()

    @property
    def cancelled(self) -> bool:
        self._look()
        return super().cancelled

    def _look(self) -> None:
        self._looks -= 1
        if self._looks <= 0:
            self.cancel()


def _another_second() -> Callable[[], str]:
    """A clock for the times of indexing, by which no two batches fall into one second as those of people never do."""
    seconds = count()

    def now() -> str:
        return (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")

    return now


def _only_documents(item: PlanItem) -> bool:
    return all(isinstance(operation, WriteDocument) for operation in item.operations)


def _finished(plan: Plan, done: set[int]) -> set[str]:
    """The conflicts all of whose items were done."""
    unfinished = {item.conflict_id for item in plan.items if item.number not in done}
    return {item.conflict_id for item in plan.items} - unfinished


def _lose(faults: FaultSystem, loss: str) -> None:
    """Lose what was not flushed: with a killed process nothing is."""
    if loss == "nothing":
        return
    items = faults.disk.unsynced()
    if loss == "everything":
        faults.disk.lose_unsynced()
        return
    chosen = (at for at, item in enumerate(items) if ("graveyard" in item) == (loss == "bytes"))
    faults.disk.lose_unsynced(Loss(frozenset(chosen), "torn"))


def main(arguments: Sequence[str]) -> int:
    """Run many examples and print the figures."""
    import argparse

    from hypothesis import HealthCheck, settings
    from hypothesis.stateful import run_state_machine_as_test

    parser = argparse.ArgumentParser(prog="python -m tests.reliability machine")
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args(arguments)
    profile = settings(
        max_examples=options.examples,
        stateful_step_count=options.steps,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(RepairMachine, settings=profile)
    finally:
        print(FIGURES)
    return 0
