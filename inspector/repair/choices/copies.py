"""Choices about several files that are copies of one another, or that share a name."""

from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.operations import MovePath, Operation, Quarantine
from inspector.repair.choices.case import Case, Outcome, Repairs, moved, quarantined
from inspector.repair.facts import StorageFacts
from inspector.repair.merge import merge_documents


def keep_one(case: Case) -> list[Outcome]:
    """One copy stays, the others go into quarantine after their bytes were compared with it.

    In each storage one copy stays, as copies on several drives are what keeps pictures safe; where the decision names
    the copy to keep, it stays alone. Reference storages keep all of theirs.
    """
    by_storage: dict[str, list[str]] = {}
    for copy in case.evidence["copies"]:
        by_storage.setdefault(copy["storage"], []).append(copy["path"])
    named = case.chosen(by_storage.get(case.facts.storage_id, ()))
    outcomes = []
    for storage_id, paths in by_storage.items():
        facts = case.world.facts(storage_id)
        if facts.storage.reference:
            continue  # all of its copies stay
        here = storage_id == case.facts.storage_id
        if named is not None and not here:
            outcomes.extend(_one_kept(case, facts, None, paths, (named, case.facts.root)))
            continue
        kept = named if named is not None else best_copy(facts, paths)
        outcomes.extend(_one_kept(case, facts, kept, paths, (kept, None)))
    if not outcomes:
        raise CannotRepairError(
            "each storage holds one copy, and copies on several drives keep pictures safe: name the one to keep"
        )
    return outcomes


def best_copy(facts: StorageFacts, paths: list[str]) -> str:
    """The copy to keep: one that an index lists, then the oldest, then the one with the shortest path."""

    def rank(path: str) -> tuple[bool, int, int, str]:
        fact = facts.file(path)
        mtime_ns = fact.state.mtime_ns if fact is not None and fact.state.mtime_ns is not None else 0
        return not facts.is_indexed(path), mtime_ns, len(path), path

    return min(paths, key=rank)


def _one_kept(
    case: Case, facts: StorageFacts, kept: str | None, paths: list[str], same_as: tuple[str, str | None]
) -> list[Outcome]:
    """The copies of one storage but for `kept` and its hard links go into quarantine."""
    inode = facts.inode(kept) if kept is not None else None
    operations: list[Operation] = []
    total = 0
    gone = [path for path in paths if path != kept and (inode is None or facts.inode(path) != inode)]
    for path in gone:
        fact = facts.file(path)
        if fact is None:
            raise CannotRepairError(f"{display_name(path)} is not there by the last scan")
        operations.append(Quarantine(path, fact.state, *same_as))
        total += fact.state.size or 0
        if facts.is_indexed(path):
            if facts.repairing is None:
                raise CannotRepairError(f"storages of {facts.layout.name} are only read so far")
            operations.extend(facts.repairing.after_removal(facts, path))
    if not gone:
        return []
    before = f"{len(paths)} copies: {', '.join(map(display_name, paths[:3]))}"
    return [Outcome(tuple(operations), before, f"{display_name(same_as[0])} stays", total, facts.storage_id)]


def rename(case: Case) -> Outcome:
    """One of the files gets a name of its own; the documents and its sidecars follow."""
    path = case.chosen(case.conflict.paths) or case.conflict.paths[-1]
    target = case.free_name(path)
    return Outcome(moved(case, path, target), display_name(path), display_name(target), 0)


def quarantine_one(case: Case) -> Outcome:
    """One of several files goes into quarantine: the one that the decision names."""
    path = case.chosen(case.conflict.paths)
    if path is None:
        raise CannotRepairError("which of them should go has to be named")
    return quarantined(case, path)


def quarantine_copy(case: Case) -> Outcome:
    """The sync program's copy goes into quarantine; where it is a copy, after its bytes were compared."""
    copy, original = _pair(case)
    _refuse_propagation(case)
    if case.evidence.get("identical") is False:
        raise CannotRepairError("the two differ: merge them, or choose which one to keep")
    return quarantined(case, copy, same_as=original)


def keep_original(case: Case) -> Outcome:
    """The copy goes into quarantine, whatever it holds."""
    copy, _ = _pair(case)
    _refuse_propagation(case)
    return quarantined(case, copy)


def keep_copy(case: Case) -> Outcome:
    """The copy takes the original's name, the original goes into quarantine."""
    copy, original = _pair(case)
    _refuse_propagation(case)
    there, new = case.file(original), case.file(copy)
    return Outcome(
        (Quarantine(original, there.state), MovePath(copy, original, new.state)),
        before=f"{display_name(original)} and {display_name(copy)}",
        after=f"the copy is {display_name(original)}; what was there is in quarantine",
        bytes=there.state.size or 0,
    )


def keep_both(case: Case) -> Outcome:
    """The copy gets a name that no sync program takes for a conflict."""
    copy, original = case.conflict.paths[0], case.evidence.get("original")
    folder = copy.rpartition("/")[0]
    wanted = f"{folder}/{original}" if folder else str(original)
    target = wanted if case.is_free(wanted) else case.free_name(wanted)
    case.require_free(target)
    return Outcome(moved(case, copy, target), display_name(copy), display_name(target))


def merge(case: Case) -> Outcome:
    """What only the copy holds is written into the original; the copy goes into quarantine."""
    copy, original = _pair(case)
    _refuse_propagation(case)
    document, other = case.facts.document(original), case.facts.document(copy)
    if document is None or other is None:
        raise CannotRepairError("one of the two is not there any more")
    there, new = case.file(original), case.file(copy)
    newer = (new.state.mtime_ns or 0) > (there.state.mtime_ns or 0)
    edit = merge_documents(document, other, prefer_other=newer)
    away = Quarantine(copy, new.state)
    operations: tuple[Operation, ...] = (edit, away) if edit is not None else (away,)
    added = len(edit.edits) if edit is not None else 0
    return Outcome(
        operations,
        before=f"{display_name(original)} and {display_name(copy)}",
        after=f"{added} changes of the copy are merged; the copy is in quarantine",
        bytes=new.state.size or 0,
    )


def _pair(case: Case) -> tuple[str, str]:
    if len(case.conflict.paths) < 2:
        raise CannotRepairError("its original is not there: keep it under a name of its own")
    return case.conflict.paths[0], case.conflict.paths[1]


def _refuse_propagation(case: Case) -> None:
    if case.evidence.get("deletion_propagates"):
        raise CannotRepairError(
            f"{case.evidence.get('provider', 'the sync program')} deletes the real file everywhere with such a copy:"
            " resolve it there"
        )


REPAIRS: Repairs = {
    ("duplicate_content", "keep_one"): keep_one,
    **{(kind, "rename"): rename for kind in ("duplicate_filename", "unicode_twin", "case_twin")},
    **{(kind, "quarantine"): quarantine_one for kind in ("duplicate_filename", "unicode_twin", "case_twin")},
    ("sync_conflict_copy", "quarantine_copy"): quarantine_copy,
    ("sync_conflict_copy", "keep_original"): keep_original,
    ("sync_conflict_copy", "keep_copy"): keep_copy,
    ("sync_conflict_copy", "keep_both"): keep_both,
    ("sync_conflict_copy", "merge"): merge,
}
