"""Of several copies one stays: which one and why, and what becomes of what belongs to the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.filekinds import extension
from inspector.model.operations import MovePath, Operation, Quarantine
from inspector.model.relpath import split_path
from inspector.repair.choices.bundle import together
from inspector.repair.choices.case import Case, Outcome, sidecar_name
from inspector.repair.facts import StorageFacts

_SHOWN = 3


@dataclass(slots=True)
class _Kept:
    """The copy that stays, and what its sidecars are once those of the others were brought along.

    `path` is relative to `root`, None for the storage that is worked on; `storage` is what that of another root is
    called. `is_named` says that a person named it.
    """

    path: str
    reason: str
    root: str | None = None
    storage: str = ""
    is_named: bool = False
    sidecars: dict[str, str] = field(default_factory=dict)
    """Its sidecars by their endings."""
    digests: dict[str, str | None] = field(default_factory=dict)
    """What those hold, by ending."""


def keep_one(case: Case) -> list[Outcome]:
    """One copy stays, the others go into quarantine after their bytes were compared with it.

    In each storage one copy stays, as copies on several drives are what keeps pictures safe; where the decision names
    the copy to keep, it stays alone. Reference storages keep all of theirs. Sidecars of a copy that goes are brought
    along to the one that stays; no picture is parted from its raw file or its clip unless a person named the copy.
    """
    by_storage: dict[str, list[str]] = {}
    for copy in case.evidence["copies"]:
        by_storage.setdefault(copy["storage"], []).append(copy["path"])
    named = case.chosen()
    outcomes = []
    for storage_id, paths in by_storage.items():
        facts = case.world.facts(storage_id)
        if facts.storage.reference:
            continue  # all of its copies stay
        here = storage_id == case.facts.storage_id
        if named is not None:
            there = "" if here else display_name(case.facts.storage.name)
            kept = _Kept(named, "it was named", None if here else case.facts.root, there, is_named=True)
        else:
            kept = _Kept(*best_copy(facts, paths))
        outcomes.extend(_one_kept(facts, kept, paths))
    if not outcomes:
        raise CannotRepairError(
            "each storage holds one copy, and copies on several drives keep pictures safe: name the one to keep"
        )
    return outcomes


def best_copy(facts: StorageFacts, paths: Sequence[str]) -> tuple[str, str]:
    """The copy to keep and why: one that an index lists, one that others belong to, the oldest, the shortest path.

    What belongs together with a copy is looked at with it, so that for the parts of copied pairs the same pair wins.
    """
    left, reasons = list(paths), list[str]()
    bundles = {path: together(facts, path) for path in paths}
    steps: tuple[tuple[Callable[[str], object], str], ...] = (
        (facts.known.is_used, "it is in use"),
        (facts.is_indexed, "the index refers to it"),
        (facts.companions, "it has a raw file or a clip"),
        (facts.all_sidecars, "it has a sidecar"),
    )
    for best, reason in steps:
        chosen = [path for path in left if any(best(one) for one in bundles[path])] if len(left) > 1 else []
        if 0 < len(chosen) < len(left):
            left = chosen
            reasons.append(reason)
    if len(left) > 1:
        times = {path: min(_time(facts, one) for one in bundles[path]) for path in left}
        oldest = min(times.values())
        if any(time > oldest for time in times.values()):
            left = [path for path in left if times[path] == oldest]
            reasons.append("the oldest")
        if len(left) > 1:
            left = [min(left, key=lambda path: min((len(one), one) for one in bundles[path]))]
            reasons.append("the shortest path")
    return left[0], ", ".join(reasons)


def _time(facts: StorageFacts, path: str) -> int:
    fact = facts.file(path)
    return fact.state.mtime_ns or 0 if fact is not None else 0


def _one_kept(facts: StorageFacts, kept: _Kept, paths: Sequence[str]) -> list[Outcome]:
    """The copies of one storage but for the kept one and its hard links go into quarantine."""
    inode = None
    if kept.root is None:
        inode = facts.inode(kept.path)
        for sidecar in facts.all_sidecars(kept.path):
            _note_sidecar(facts, kept, sidecar, sidecar)
    gone = [
        path
        for path in paths
        if kept.root is not None or (path != kept.path and (inode is None or facts.inode(path) != inode))
    ]
    if not gone:
        return []
    operations: list[Operation] = []
    notes: list[str] = []
    total = 0
    for path in gone:
        fact = facts.file(path)
        if fact is None:
            raise CannotRepairError(f"{display_name(path)} is not there by the last scan")
        operations.append(Quarantine(path, fact.state, kept.path, kept.root))
        total += fact.state.size or 0
        if facts.is_indexed(path):
            if facts.repairing is None:
                raise CannotRepairError(f"storages of {facts.layout.name} are only read so far")
            operations.extend(facts.repairing.after_removal(facts, path))
        notes += _left_alone(facts, kept, path)
        for operation, note in _sidecars_along(facts, kept, path):
            operations.append(operation)
            notes.append(note)
    before = f"{len(paths)} copies: {', '.join(map(display_name, paths[:_SHOWN]))}"
    where = f" in '{kept.storage}'" if kept.storage else ""
    after = f"{display_name(kept.path)}{where} stays" + (f" ({kept.reason})" if kept.reason else "")
    staying = tuple(together(facts, kept.path)) if kept.root is None else ()
    return [Outcome(tuple(operations), before, "; ".join([after, *notes]), total, facts.storage_id, staying)]


def _left_alone(facts: StorageFacts, kept: _Kept, path: str) -> list[str]:
    """What is said of files that belong together with a copy that goes, where the kept copy has none of that content.

    Raises:
        CannotRepairError: unless a person named the copy that stays, having seen both.
    """
    has = {_content(facts, one) for one in facts.companions(kept.path)} if kept.root is None else set()
    alone = [one for one in facts.companions(path) if _content(facts, one) not in has - {None}]
    if not alone:
        return []
    names = ", ".join(map(display_name, alone))
    if kept.root is not None:
        raise CannotRepairError(f"{display_name(path)} belongs together with {names}, which would stay there alone")
    if not kept.is_named:
        raise CannotRepairError(f"{display_name(path)} belongs together with {names}: name the copy to keep")
    return [f"{names} stays where it is"]


def _content(facts: StorageFacts, path: str) -> str | None:
    fact = facts.file(path)
    return fact.state.digest if fact is not None else None


def _sidecars_along(facts: StorageFacts, kept: _Kept, path: str) -> list[tuple[Operation, str]]:
    """What becomes of the sidecars that belong to a copy that goes and to no other file.

    Raises:
        CannotRepairError: where one cannot go along.
    """
    along: list[tuple[Operation, str]] = []
    for sidecar in facts.sidecars(path):
        fact = facts.file(sidecar)
        if fact is None:
            continue
        shown = display_name(sidecar)
        if kept.root is not None:
            raise CannotRepairError(f"{shown} belongs to {display_name(path)}, and would stay there without it")
        ending = extension(sidecar)
        there = kept.sidecars.get(ending)
        if there is not None:
            if fact.state.digest is None or kept.digests[ending] != fact.state.digest:
                raise CannotRepairError(
                    f"{shown} and {display_name(there)} differ, and one picture can have one of them only:"
                    " move one of the two aside first"
                )
            note = f"{shown} holds the same as {display_name(there)} and goes too"
            along.append((Quarantine(sidecar, fact.state, there), note))
            continue
        target = sidecar_name(sidecar, path, kept.path)
        if facts.is_taken(target):
            raise CannotRepairError(f"{shown} cannot go along: something is at {display_name(target)} already")
        along.append((MovePath(sidecar, target, fact.state), f"{shown} goes along as {display_name(target)}"))
        _note_sidecar(facts, kept, target, sidecar)
    return along


def _note_sidecar(facts: StorageFacts, kept: _Kept, sidecar: str, held_by: str) -> None:
    """The kept copy has this sidecar, whose content is that of the file `held_by`."""
    fact = facts.file(held_by)
    ending = extension(split_path(sidecar)[1])
    kept.sidecars.setdefault(ending, sidecar)
    kept.digests.setdefault(ending, fact.state.digest if fact is not None else None)
