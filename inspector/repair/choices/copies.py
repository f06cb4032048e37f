"""Choices about several files that are copies of one another, or that share a name."""

from collections.abc import Sequence
from dataclasses import replace

from inspector.conflicts.sidecar_media import fold, split_extension
from inspector.conflicts.sync_names import base_chain
from inspector.layouts.base import NamedByContent
from inspector.layouts.repairs import CannotRepairError, FileFact
from inspector.model.display import display_name
from inspector.model.filekinds import MEDIA_KINDS, extension, file_kind
from inspector.model.operations import MovePath, Operation, Quarantine
from inspector.model.relpath import split_path
from inspector.repair.choices.bundle import Bundle, bundle_of, free_bundle, moved_together
from inspector.repair.choices.case import Case, Outcome, Repairs, moved, quarantined
from inspector.repair.choices.merging import merged_documents, merged_sidecars
from inspector.repair.choices.one_copy import keep_one


def rename(case: Case) -> list[Outcome]:
    """All of the files but the first get names of their own, with all that belongs to them; the documents follow.

    Where the decision names a file, that one does, and its twins keep what is not its alone. Files that earlier items
    of the plan rename or take away count no more: where they leave nothing to do, nothing is done.
    """
    chosen = case.chosen()
    alike = [path for path in case.conflict.paths if not _is_renamed(case, path) and not _is_taken_away(case, path)]
    if len(alike) < 2 if chosen is None else _is_renamed(case, chosen):
        before = display_name(case.conflict.paths[0] if chosen is None else chosen)
        return [Outcome((), before, "earlier items of the plan see to it already")]
    if chosen is not None:
        return [_renamed_alone(case, chosen, [path for path in alike if path != chosen])]
    staying = next((path for path in alike if path in case.moving), alike[0])
    wanted = [path for path in alike if path != staying and path not in case.moving]
    if not wanted:
        raise CannotRepairError("earlier items of the plan move all of them: apply those first")
    outcomes: list[Outcome] = []
    left: list[str] = []
    taken: set[str] = set()
    moved: set[str] = set()
    for path in wanted:
        if path in moved:
            continue
        bundle = bundle_of(case.facts, path)
        if staying in bundle.tails:
            left.append(f"{display_name(path)} and {display_name(staying)} belong together")
            continue
        targets = free_bundle(case, bundle, taken=taken)
        taken.update(fold(split_path(target)[1]) for target in targets.values())
        moved.update(targets)
        outcomes.append(_renamed(case, path, bundle, targets))
    if not outcomes:
        raise CannotRepairError(f"{left[0]}: rename them by hand")
    if left:
        outcomes[-1] = replace(outcomes[-1], after="; ".join([outcomes[-1].after, *left]))
    return outcomes


def _renamed_alone(case: Case, path: str, twins: Sequence[str]) -> Outcome:
    """A file gets a name of its own with what belongs to it alone; what belongs to its twins too stays with them."""
    folder = split_path(path)[0]
    twins = [twin for twin in twins if split_path(twin)[0] == folder]
    bundle = bundle_of(case.facts, path, twins)
    outcome = _renamed(case, path, bundle, free_bundle(case, bundle))
    notes = [outcome.after]
    for shared in case.facts.companions(path):
        if shared not in bundle.tails and shared not in twins:
            holder = next(twin for twin in twins if shared in case.facts.companions(twin))
            notes.append(f"{display_name(shared)} stays with {display_name(holder)}")
    return replace(outcome, after="; ".join(notes))


def _renamed(case: Case, path: str, bundle: Bundle, targets: dict[str, str]) -> Outcome:
    along = [display_name(target) for one, target in targets.items() if one != path]
    after = display_name(targets[path]) + (f", and with it {', '.join(along)}" if along else "")
    return Outcome(moved_together(case, bundle, targets), display_name(path), after)


def _is_renamed(case: Case, path: str) -> bool:
    """Whether an earlier item of the plan gives a file another name."""
    target = case.moving.get(path)
    return target is not None and fold(split_path(target)[1]) != fold(split_path(path)[1])


def _is_taken_away(case: Case, path: str) -> bool:
    """Whether an earlier item of the plan takes a file away, and none puts another one in its place."""
    return path in case.leaving and path not in case.moving and path not in case.taken


def quarantine_one(case: Case) -> Outcome:
    """One of several files goes into quarantine: the one that the decision names."""
    path = case.chosen()
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
    stated = case.facts.layout.stated_key(original) if isinstance(case.facts.layout, NamedByContent) else None
    if stated is not None and case.facts.content_key(copy) != stated:
        raise CannotRepairError("its bytes are not those that the original's name states")
    return Outcome(
        (Quarantine(original, there.state), MovePath(copy, original, new.state)),
        before=f"{display_name(original)} and {display_name(copy)}",
        after=f"the copy is {display_name(original)}; what was there is in quarantine",
        bytes=there.state.size or 0,
    )


def keep_both(case: Case) -> Outcome:
    """The copy gets a name that no sync program takes for a conflict."""
    copy, original = case.conflict.paths[0], str(case.evidence.get("original"))
    folder = copy.rpartition("/")[0]
    plain = (original, *base_chain(original))[-1]  # the original of a copy may be a copy itself
    wanted = f"{folder}/{plain}" if folder else plain
    if case.is_free(wanted):
        case.require_free(wanted)
        return Outcome(moved(case, copy, wanted), display_name(copy), display_name(wanted))
    bundle = bundle_of(case.facts, copy)
    stem, ending = split_extension(split_path(wanted)[1])
    bundle.tails[copy] = f".{ending}" if ending else ""
    targets = free_bundle(case, bundle, stem)
    return Outcome(moved_together(case, bundle, targets), display_name(copy), display_name(targets[copy]))


def merge(case: Case) -> Outcome:
    """What only the copy holds is written into the original; the copy goes into quarantine."""
    copy, original = _pair(case)
    _refuse_propagation(case)
    there, new = case.file(original), case.file(copy)
    try:
        if extension(original) == extension(copy) == "xmp":
            write, count = merged_sidecars(case, original, copy)
        elif file_kind(original) in MEDIA_KINDS:
            raise CannotRepairError("only JSON documents and XMP sidecars can be merged")
        else:
            write, count = merged_documents(case, original, copy, is_newer=_is_newer(new, there))
    except CannotRepairError as error:
        raise CannotRepairError(f"{error} (keep_original, keep_copy and keep_both are possible)") from error
    away = Quarantine(copy, new.state)
    operations: tuple[Operation, ...] = (write, away) if write is not None else (away,)
    return Outcome(
        operations,
        before=f"{display_name(original)} and {display_name(copy)}",
        after=f"{count} {'change' if count == 1 else 'changes'} of the copy are merged; the copy is in quarantine",
        bytes=new.state.size or 0,
    )


def _is_newer(one: FileFact, other: FileFact) -> bool | None:
    """Whether a file was written after another one; None where that cannot be told."""
    times = one.state.mtime_ns, other.state.mtime_ns
    return None if None in times or times[0] == times[1] else (times[0] or 0) > (times[1] or 0)


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
