"""Every choice of every conflict that the demo's storages have: planned, applied, looked at again, and taken back."""

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import xxhash

from inspector.conflicts.choices import choices_for
from inspector.engine import ConflictFilter, Engine
from inspector.model.plan import Decision, ItemState
from inspector.model.records import Conflict
from inspector.scenarios import SCENARIOS, build

LOOKS_AGAIN = {"try_again", "hash_again"}
"""Choices that change nothing and ask for another look."""

NAMES_ONE = {"duplicate_filename", "duplicate_content", "unicode_twin", "case_twin", "ambiguous_sidecar"}
"""Kinds whose choices may want a path: the first that may be named is."""
MOST_TRIED = 40
NO_OCCASION = {
    "restore_copy": ("found nowhere else", "is not known"),
    "restore_altered": ("found nowhere else",),
    "restore_generation": ("no earlier version",),
    "restore_quarantine": ("nothing in quarantine",),
    "relink": ("no file of this storage has the same content", "goes by the id"),
    "attach": ("no picture was found",),
    "quarantine": ("a note uses it", "outside the storage"),
    "merge": ("which is the newer file they do not say",),
    "quarantine_copy": ("the two differ",),
}
"""Choices that want something which the demo's storages may not hold, and how that is said."""

FEW = 12
FOUND_WHEN_PLANNED = (
    *(words for some in NO_OCCASION.values() for words in some if words != "the two differ"),
    "no file is there",
    "which session it belongs to cannot be told",
    "has to be named",
    "may not be here whole yet",
    "something is at",
)
"""Reasons that need a look at more than the evidence of the conflict."""


@dataclass
class Demo:
    """The demo's storages, scanned twice, and the engine that knows them."""

    folder: Path
    engine: Engine
    ids: list[str]

    def open_conflicts(self, *kinds: str) -> list[Conflict]:
        """The conflicts that wait for a decision."""
        return list(self.engine.all_conflicts(ConflictFilter(tuple(self.ids), kinds)))


def tree_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file of the storages with its mode, mtime and digest; our own places are left out."""
    found = {}
    for place, folders, names in os.walk(os.fsencode(folder)):
        folders[:] = [name for name in folders if not name.startswith(b".inspector")]
        for name in names:
            path = os.path.join(place, name)
            status = os.lstat(path)
            readable = os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK)
            digest = xxhash.xxh3_128_hexdigest(Path(os.fsdecode(path)).read_bytes()) if readable else ""
            found[os.fsdecode(path)] = (status.st_mode, status.st_mtime_ns, digest)
            if name == b"notecove.db":  # what it holds counts, and not how its program lays that out
                found[os.fsdecode(path)] = (status.st_mode, 0, digest_of_rows(os.fsdecode(path)))
    return found


def digest_of_rows(path: str) -> str:
    """A digest of all that a database holds."""
    with closing(sqlite3.connect(path)) as connection:
        return xxhash.xxh3_128_hexdigest("".join(connection.iterdump()).encode())


def contents_of(tree: dict[str, tuple[int, int, str]]) -> set[str]:
    """The digests of a person's own files."""
    return {digest for path, (_, _, digest) in tree.items() if digest and not path.endswith("notecove.db")}


def digests_of(folder: Path) -> set[str]:
    """The digests of all files below a folder, what was taken away included."""
    return {
        xxhash.xxh3_128_hexdigest(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    place = tmp_path_factory.mktemp("every")
    folder = place / "demo"
    roots = build("all", folder)
    with Engine(place / "state", place / "home") as engine:

        async def scan(*, deep: bool) -> list[str]:
            ids = [(await engine.open(root)).id for root in roots]
            await engine.scan(ids, deep=deep)
            return ids

        asyncio.run(scan(deep=False))
        then = SCENARIOS["all"].then
        assert then is not None
        then(folder)
        made = Demo(folder, engine, asyncio.run(scan(deep=True)))
        asyncio.run(remove_foreign_lock(made))
        yield made


async def remove_foreign_lock(demo: Demo) -> None:
    """Another machine's lock keeps a storage from being repaired until a person says that it is left over."""
    decisions = [Decision(one.id, "remove_lock", "that machine was sold") for one in demo.open_conflicts("stale_lock")]
    applied = await demo.engine.repairs.apply(await demo.engine.repairs.plan(demo.ids, decisions))
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert not demo.open_conflicts("stale_lock")


def pairs_of(demo: Demo) -> list[tuple[str, str]]:
    kinds = Counter(conflict.kind for conflict in demo.open_conflicts())
    one_of_each = {conflict.kind: conflict for conflict in demo.open_conflicts()}
    return [(kind, choice.id) for kind in kinds for choice in choices_for(one_of_each[kind])]


def test_no_choice_is_offered_that_is_refused_wherever_it_is_offered(demo: Demo) -> None:
    async def refusals(kind: str, choice: str) -> list[str]:
        named = demo.engine.repairs.paths_of if kind in NAMES_ONE else lambda *_: ()
        decisions = [
            Decision(one.id, choice, "looked at", path=next(iter(named(one, choice)), ""))
            for one in demo.open_conflicts(kind)
        ]
        plans = [await demo.engine.repairs.plan(demo.ids, [decision]) for decision in decisions[:MOST_TRIED]]
        return [] if any(plan.items for plan in plans) else [plan.refused[0].reason for plan in plans]

    never = {pair: why for pair in pairs_of(demo) if (why := asyncio.run(refusals(*pair)))}
    unexplained = {
        (kind, choice): reasons
        for (kind, choice), reasons in never.items()
        if not all(any(words in reason for words in NO_OCCASION.get(choice, ())) for reason in reasons)
    }
    assert unexplained == {}


def test_a_choice_that_the_evidence_rules_out_says_so_in_its_title_and_no_other_one_does(demo: Demo) -> None:
    async def refusal(conflict: Conflict, choice: str) -> str | None:
        paths = demo.engine.repairs.paths_of(conflict, choice)
        plans = [
            await demo.engine.repairs.plan(demo.ids, [Decision(conflict.id, choice, path=one)]) for one in paths[:2]
        ]
        plans.append(await demo.engine.repairs.plan(demo.ids, [Decision(conflict.id, choice)]))
        return None if any(plan.items for plan in plans) else plans[-1].refused[0].reason

    seen, wrong, told = Counter[tuple[str, str]](), [], set()
    for conflict in demo.open_conflicts():
        seen[conflict.kind, conflict.storage_id] += 1
        for choice in choices_for(conflict) if seen[conflict.kind, conflict.storage_id] <= FEW else ():
            reason = asyncio.run(refusal(conflict, choice.id))
            says_so = "not possible: " in choice.title
            if says_so:
                told.add((conflict.kind, choice.id))
            if says_so != (reason is not None) and not any(words in (reason or "") for words in FOUND_WHEN_PLANNED):
                wrong.append(f"{conflict.kind} {conflict.label}: {choice.title}: {reason}")
    assert wrong == []
    assert ("path_mismatch", "treat_as_copy") in told


def test_every_choice_does_what_it_says_and_can_be_taken_back(demo: Demo) -> None:
    before = tree_of(demo.folder)
    contents = contents_of(before)
    failures = []
    for kind, choice in pairs_of(demo):
        failures += [f"{kind} {choice}: {words}" for words in asyncio.run(tried(demo, kind, choice, contents))]
        now = tree_of(demo.folder)
        if now != before:
            differing = sorted(path for path in now.keys() | before.keys() if now.get(path) != before.get(path))
            failures.append(f"{kind} {choice}: after undo these differ: {differing[:5]}")
            before = now
    assert not failures, "\n".join(failures)


async def tried(demo: Demo, kind: str, choice: str, contents: set[str]) -> list[str]:
    """What went wrong when a choice was made for all conflicts of a kind."""
    repairs = demo.engine.repairs
    conflicts = demo.open_conflicts(kind)
    plan = await repairs.plan(demo.ids, [Decision(one.id, choice) for one in conflicts])
    planned = {item.conflict_id for item in plan.items}
    refused = {refusal.conflict_id for refusal in plan.refused}
    failures = [f"neither planned nor refused: {one.label}" for one in conflicts if one.id not in planned | refused]
    failures += [f"refused without a reason: {refusal.label}" for refusal in plan.refused if not refusal.reason]
    if not plan.items:
        return failures
    applied = await repairs.apply(plan)
    done = {item.number for item in applied.batch.items if item.state is ItemState.DONE}
    failures += [f"{item.label} {item.state}: {item.reason}" for item in applied.batch.items if item.number not in done]
    left = {conflict.id for conflict in demo.open_conflicts(kind)}
    if choice not in LOOKS_AGAIN:
        failures += [f"is still there: {item.label}" for item in plan.items if item.conflict_id in left]
    failures += [f"lost content {digest}" for digest in contents - digests_of(demo.folder)]
    if not done:
        return failures
    undone = await repairs.undo(applied.batch.id)
    failures += [
        f"not undone: {item.label} {item.state}: {item.reason}"
        for item in undone.batch.items
        if item.state is not ItemState.DONE
    ]
    return failures


def test_accepting_every_suggestion_leaves_nothing_suggested_and_loses_nothing(demo: Demo) -> None:
    before = tree_of(demo.folder)
    contents = contents_of(before)

    async def accept() -> tuple[list[str], list[str]]:
        repairs = demo.engine.repairs
        words, batches = [], []
        for _ in range(4):
            decisions = list(repairs.suggested(ConflictFilter(tuple(demo.ids))))
            plan = await repairs.plan(demo.ids, decisions)
            if not plan.items:
                break
            applied = await repairs.apply(plan)
            batches.append(applied.batch.id)
            words += [f"{item.label}: {item.reason}" for item in applied.batch.items if item.state is ItemState.FAILED]
        for batch in reversed(batches):
            await repairs.undo(batch)
        return words, batches

    words, batches = asyncio.run(accept())
    assert not words
    assert batches
    assert tree_of(demo.folder) == before
    assert contents <= digests_of(demo.folder)
