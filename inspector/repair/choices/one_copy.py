"""Of several copies one stays: which one and why, and what becomes of what belongs to the others."""

from collections.abc import Callable, Iterator, Sequence
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
    """The copy that stays, with all that belongs to it, and what the sidecars are once those of others came along.

    `path` is relative to `root`, None for the storage that is worked on; `storage` is what that of another root is
    called. `is_named` says that a person named it. `bundle` are the media that belong together with it, itself first.
    """

    path: str
    reason: str
    root: str | None = None
    storage: str = ""
    is_named: bool = False
    bundle: tuple[str, ...] = ()
    sidecars: dict[tuple[str, str], str] = field(default_factory=dict)
    """The sidecars of the media, by these and their endings."""
    digests: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """What those hold."""


def keep_one(case: Case) -> list[Outcome]:
    """One copy stays, the others go into quarantine after their bytes were compared with it.

    In each storage one copy stays, as copies on several drives are what keeps pictures safe; where the decision names
    the copy to keep, it stays alone. Reference storages keep all of theirs. With a copy its raw file and its clip go,
    where the copy that stays has the same: all of them or none. Sidecars are brought along to the copy that stays. No
    picture is parted from its raw file or its clip unless a person named the copy.
    """
    by_storage: dict[str, list[str]] = {}
    for copy in case.evidence["copies"]:
        by_storage.setdefault(copy["storage"], []).append(copy["path"])
    named = case.chosen()
    outcomes = []
    before = f"{sum(map(len, by_storage.values()))} copies"
    are_some_gone = False
    for storage_id, paths in by_storage.items():
        facts = case.world.facts(storage_id)
        if facts.storage.reference:
            continue  # all of its copies stay
        left = [path for path in paths if not case.is_taken_away(storage_id, path)]
        are_some_gone = are_some_gone or len(left) < len(paths)
        here = storage_id == case.facts.storage_id
        if named is not None:
            there = "" if here else display_name(case.facts.storage.name)
            kept = _Kept(named, "it was named", None if here else case.facts.root, there, is_named=True)
        elif left:
            kept = _Kept(*best_copy(facts, left))
        else:
            continue
        outcomes.extend(_one_kept(facts, kept, left))
    if not outcomes and are_some_gone:
        return [Outcome((), before, "earlier items of the plan see to it already")]
    if not outcomes:
        raise CannotRepairError(
            "each storage holds one copy, and copies on several drives keep pictures safe: name the one to keep"
        )
    return outcomes


def best_copy(facts: StorageFacts, paths: Sequence[str]) -> tuple[str, str]:
    """The copy to keep and why: one in use, one that an index lists, one that its program reads by its name.

    Then one that others belong to, the oldest, the shortest path.

    What belongs together with a copy is looked at with it, so that for the parts of copied pairs the same pair wins.
    """
    left, reasons = list(paths), list[str]()
    bundles = {path: together(facts, path) for path in paths}
    steps: tuple[tuple[Callable[[str], object], str], ...] = (
        (facts.known.is_used, "it is in use"),
        (facts.is_indexed, "the index refers to it"),
        (facts.is_read_by_name, "its program reads it by its name"),
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
    """The copies of one storage but for the kept one and its hard links go into quarantine, each with what is its."""
    inode = None
    if kept.root is None:
        inode = facts.inode(kept.path)
        kept.bundle = tuple(together(facts, kept.path))
        for one in kept.bundle:
            for sidecar in facts.all_sidecars(one):
                _note_sidecar(facts, kept, one, sidecar, sidecar)
    gone = [
        path
        for path in paths
        if kept.root is not None or (path != kept.path and (inode is None or facts.inode(path) != inode))
    ]
    if not gone:
        return []
    if kept.root is None and not facts.is_read_by_name(kept.path):
        _refuse_to_lose_what_is_read(facts, kept.path, gone)
    going = dict.fromkeys(gone, kept.path)
    notes: list[str] = []
    for path in gone:
        notes += _with_it(facts, kept, path, going)
    operations: list[Operation] = []
    total = 0
    for path, same_as in going.items():
        fact = facts.file(path)
        if fact is None:
            raise CannotRepairError(f"{display_name(path)} is not there by the last scan")
        operations.append(Quarantine(path, fact.state, same_as, kept.root))
        total += fact.state.size or 0
        if facts.is_indexed(path):
            if facts.repairing is None:
                raise CannotRepairError(f"storages of {facts.layout.name} are only read so far")
            operations.extend(facts.repairing.after_removal(facts, path))
    for operation, note in _sidecars_along(facts, kept, going):
        operations.append(operation)
        notes.append(note)
    before = f"{len(paths)} copies: {', '.join(map(display_name, paths[:_SHOWN]))}"
    where = f" in '{kept.storage}'" if kept.storage else ""
    after = f"{display_name(kept.path)}{where} stays" + (f" ({kept.reason})" if kept.reason else "")
    staying = tuple(one for one in kept.bundle if one not in going)
    return [Outcome(tuple(operations), before, "; ".join([after, *notes]), total, facts.storage_id, staying)]


def _refuse_to_lose_what_is_read(facts: StorageFacts, kept: str, gone: Sequence[str]) -> None:
    """Where a program reads files by their names, a copy that it passes over stands for none that it reads."""
    read = next(filter(facts.is_read_by_name, gone), None)
    if read is not None:
        raise CannotRepairError(
            f"the program passes over the name {display_name(kept)}, and reads {display_name(read)}: keep that one"
        )


def _with_it(facts: StorageFacts, kept: _Kept, path: str, going: dict[str, str]) -> list[str]:
    """Add to `going` what belongs together with a copy that goes, each file with the one like it that stays.

    Returns what is said of that, and of files of which the kept copy has none of that content: those stay.

    Raises:
        CannotRepairError: where there are such files, unless a person named the copy that stays, having seen both.
    """
    same = {content: one for one in reversed(kept.bundle) if (content := _content(facts, one)) is not None}
    alone: list[str] = []
    notes: list[str] = []
    for one in together(facts, path)[1:]:
        if one in going or one in kept.bundle:
            continue
        counterpart = same.get(_content(facts, one) or "")
        if counterpart is None:
            alone.append(one)
            continue
        going[one] = counterpart
        notes.append(f"{display_name(one)} goes with it, {display_name(counterpart)} stays")
    if not alone:
        return notes
    names = ", ".join(map(display_name, alone))
    if kept.root is not None:
        raise CannotRepairError(f"{display_name(path)} belongs together with {names}, which would stay there alone")
    if not kept.is_named:
        raise CannotRepairError(f"{display_name(path)} belongs together with {names}: name the copy to keep")
    return [*notes, f"{names} stays where it is"]


def _content(facts: StorageFacts, path: str) -> str | None:
    fact = facts.file(path)
    return fact.state.digest if fact is not None else None


def _sidecars_along(facts: StorageFacts, kept: _Kept, going: dict[str, str]) -> Iterator[tuple[Operation, str]]:
    """What becomes of the sidecars that belong to the files that go and to no other one.

    Raises:
        CannotRepairError: where one cannot go along.
    """
    seen: set[str] = set()
    for path, same_as in going.items():
        for sidecar in facts.all_sidecars(path):
            if sidecar not in seen and going.keys() >= set(facts.pictures_of(sidecar)):
                seen.add(sidecar)
                yield from _one_along(facts, kept, path, same_as, sidecar)


def _one_along(
    facts: StorageFacts, kept: _Kept, path: str, same_as: str, sidecar: str
) -> Iterator[tuple[Operation, str]]:
    fact = facts.file(sidecar)
    if fact is None:
        return
    shown = display_name(sidecar)
    if kept.root is not None:
        raise CannotRepairError(f"{shown} belongs to {display_name(path)}, and would stay there without it")
    place = same_as, extension(sidecar)
    there = kept.sidecars.get(place)
    if there is not None:
        if fact.state.digest is None or kept.digests[place] != fact.state.digest:
            raise CannotRepairError(
                f"{shown} and {display_name(there)} differ, and one picture can have one of them only:"
                " move one of the two aside first"
            )
        yield Quarantine(sidecar, fact.state, there), f"{shown} holds the same as {display_name(there)} and goes too"
        return
    target = sidecar_name(sidecar, path, same_as)
    if facts.is_taken(target):
        raise CannotRepairError(f"{shown} cannot go along: something is at {display_name(target)} already")
    yield MovePath(sidecar, target, fact.state), f"{shown} goes along as {display_name(target)}"
    _note_sidecar(facts, kept, same_as, target, sidecar)


def _note_sidecar(facts: StorageFacts, kept: _Kept, picture: str, sidecar: str, held_by: str) -> None:
    """A picture that stays has this sidecar, whose content is that of the file `held_by`."""
    fact = facts.file(held_by)
    place = picture, extension(split_path(sidecar)[1])
    kept.sidecars.setdefault(place, sidecar)
    kept.digests.setdefault(place, fact.state.digest if fact is not None else None)
