"""Choices about single files: missing, orphaned, moved, altered, damaged."""

from collections.abc import Iterator
from contextlib import suppress

from inspector.catalog.copies import Wanted
from inspector.conflicts.meant_paths import moves_meant
from inspector.layouts.repairs import CannotRepairError, ReAddressing
from inspector.model.display import bytes_beside, display_name, human_bytes
from inspector.model.operations import (
    CopyPath,
    DocumentOperation,
    EditDatabase,
    FileState,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    WriteDocument,
)
from inspector.model.plan import QuarantineEntry
from inspector.repair.choices.case import Case, Copy, Outcome, Repairs, moved, quarantined, written
from inspector.repair.facts import StorageFacts


def relink(case: Case) -> Outcome:
    """The index points to the file of this storage that has the same content."""
    path = case.conflict.subject
    found = [
        copy["path"] for copy in case.evidence.get("same_content_at", ()) if copy["storage"] == case.facts.storage_id
    ]
    if not found:
        raise CannotRepairError("no file of this storage has the same content")
    target = case.chosen() or found[0]
    documents = tuple(case.repairing.after_move(case.facts, path, target))
    if not documents:
        raise CannotRepairError("no document lists it, so nothing can point elsewhere")
    return written(case, documents, display_name(path), display_name(target))


def restore_missing(case: Case) -> Outcome:
    """The content comes back from where else it is."""
    return _brought_back(case, doubtful=False)


def restore_altered(case: Case) -> Outcome:
    """What is nearest to the content comes back, which is known to be another or in doubt."""
    return _brought_back(case, doubtful=True)


def _brought_back(case: Case, *, doubtful: bool) -> Outcome:
    path = case.conflict.subject
    if case.evidence.get("now"):
        raise CannotRepairError(f"{case.evidence['now']} is in its place")
    case.require_free(path)
    wanted = Wanted(case.evidence.get("digest"), case.evidence.get("key"), case.evidence.get("size"))
    copy = _copy_for(case, path, wanted, doubtful=doubtful)
    return Outcome(
        (_copied(case, copy, path),),
        before=f"{display_name(path)} is missing",
        after=f"copied from {_place(case, copy)}{f', {copy.doubt}' if copy.doubt else ''}",
        bytes=copy.fact.state.size or 0,
    )


def restore_quarantined(case: Case) -> Outcome:
    """The file comes back from quarantine: the one with its digest, or the last that lay at its path."""
    path = case.conflict.subject
    case.require_free(path)
    entry = _entry_for(case, path)
    return Outcome(
        (RestorePath(entry.id, path),),
        before=f"{display_name(path)} is missing",
        after=f"brought back from quarantine, where it has been since {entry.time}",
        bytes=entry.size,
    )


def _entry_for(case: Case, path: str) -> QuarantineEntry:
    entries = case.world.quarantined(case.facts.storage_id)
    digest = case.evidence.get("digest")
    same = [entry for entry in entries if digest is not None and entry.digest == digest]
    there = [entry for entry in entries if entry.path == path]
    candidates = [entry for entry in same if entry.path == path] or same or (there if digest is None else [])
    if not candidates:
        raise CannotRepairError("nothing in quarantine has its content")
    return max(candidates, key=lambda entry: (entry.time, entry.id))


def mark_missing(case: Case) -> Outcome:
    """The documents say that it is missing; its entry stays."""
    documents = _of_documents(case)
    return written(case, documents, display_name(case.conflict.subject), "its entry stays, marked as missing")


def drop_entry(case: Case) -> Outcome:
    """The documents forget it, or the memory does."""
    return written(
        case, _of_documents(case), f"{display_name(case.conflict.subject)} is listed", "its entry is taken out"
    )


def _of_documents(case: Case) -> tuple[DocumentOperation, ...]:
    """What the layout writes for a missing file; nothing where only the memory of an earlier scan lists it."""
    if set(case.evidence.get("layers", ())) <= {"memory"}:
        return ()
    return tuple(case.repairing.repair_documents(case.facts, case.conflict, case.decision.choice))


def add_to_documents(case: Case) -> Outcome:
    """The documents list it from now on."""
    path = case.conflict.subject
    case.file(path)
    documents = tuple(case.repairing.repair_documents(case.facts, case.conflict, case.decision.choice))
    if not documents:
        raise CannotRepairError("the storage has no index that it could be added to")
    return written(case, documents, f"{display_name(path)} is not listed", "the index lists it")


def follow_move(case: Case) -> list[Outcome]:
    """The documents follow moved files."""
    in_documents = any(layer != "memory" for layer in case.evidence.get("layers", ()))
    return [
        written(
            case,
            case.repairing.after_move(case.facts, old, new) if in_documents else (),
            display_name(old),
            display_name(new),
        )
        for old, new in _moves_of(case)
    ]


def move_back(case: Case) -> list[Outcome]:
    """Files go back to where they are listed; where a whole name differs in its Unicode form only, so too."""
    outcomes = []
    for old, new in _moves_of(case):
        if case.moving.get(new) == old:
            outcomes.append(
                Outcome((), display_name(new), f"{display_name(old)}, where it goes along with its picture")
            )
            continue
        case.require_free(old)
        fact = case.file(new)
        operations = [operation for operation in moved(case, new, old) if not _is_document(operation)]
        size = fact.state.size or 0
        outcomes.append(Outcome(tuple(operations), before=display_name(new), after=display_name(old), bytes=size))
    return outcomes


def moved_is_new(case: Case) -> Outcome:
    """The file at the new path is entered as one of its own; the old entry stays."""
    found = list(case.evidence["new_paths"])
    chosen = case.chosen()
    if chosen in found:
        found = [chosen]
    elif chosen is not None:
        found = [new for _, new in _moves_of(case)]
    if len(found) != 1:
        raise CannotRepairError(f"{len(found)} new paths have the same content: name the one that is meant")
    new = found[0]
    documents: tuple[DocumentOperation, ...] = ()
    if any(layer != "memory" for layer in case.evidence.get("layers", ())):
        documents = tuple(case.repairing.after_arrival(case.facts, new, None))
    return written(case, documents, f"{display_name(new)} is not listed", "listed as a picture of its own")


def _moves_of(case: Case) -> list[tuple[str, str]]:
    """The pairs of an old and a new path that the decision is about."""
    old, new = list(case.evidence["old_paths"]), list(case.evidence["new_paths"])
    proven = case.evidence.get("same") in {"digest", "key", "unicode"}
    moves = moves_meant(old, new, case.chosen() or "", proven=proven)
    if not moves:
        meant = "name a pair of them, OLD -> NEW" if len(old) > 1 and len(new) > 1 else "name the one that is meant"
        same = "have the same content" if proven else f"have the same {case.evidence.get('same')}"
        raise CannotRepairError(f"{len(old)} old and {len(new)} new paths {same}: {meant}")
    return moves


def accept_content(case: Case) -> Outcome:
    """The documents record the content as it is now."""
    path = case.conflict.subject
    fact = case.file(path)
    documents: tuple[DocumentOperation, ...] = ()
    if case.facts.is_indexed(path):
        documents = tuple(case.repairing.after_change(case.facts, path))
    old = case.evidence.get("old_size", next(iter(case.evidence.get("recorded", {}).values()), None))
    now = fact.state.size or 0
    before = f"{bytes_beside(old, now)} recorded" if isinstance(old, int) else "recorded otherwise"
    beside = old if isinstance(old, int) else None
    return written(case, documents, before, f"{bytes_beside(now, beside)}, as the file is now")


def restore_content(case: Case) -> Outcome:
    """The recorded content comes back from a copy; the file as it is goes into quarantine first."""
    path = case.conflict.subject
    fact = case.file(path)
    digest = case.evidence.get("old_digest") or case.facts.recorded_digest(path)
    key = None
    if digest is None:
        key = next((claim.key for claim in case.facts.claims(path) if claim.layer != "sidecars" and claim.key), None)
    if digest is None and key is None:
        raise CannotRepairError("what its content was is not known")
    copy = _copy_for(case, path, Wanted(digest, key))
    return Outcome(
        (Quarantine(path, fact.state), _copied(case, copy, path)),
        before=f"{display_name(path)}, {human_bytes(fact.state.size or 0)}",
        after=f"copied from {_place(case, copy)}; what is there now goes into quarantine",
        bytes=(fact.state.size or 0) + (copy.fact.state.size or 0),
    )


def _copy_for(case: Case, path: str, wanted: Wanted, *, doubtful: bool = False) -> Copy:
    here = case.facts.storage_id
    known = [
        copy
        for copy in case.world.copies(wanted)
        if (copy.storage_id, copy.fact.path) != (here, path)
        and copy.fact.state.size
        and case.has_content_of(path, copy)
    ]
    found = [copy for copy in known if bool(copy.doubt) is doubtful]
    if not found:
        nearest = f": {_place(case, known[0])} is {known[0].doubt}" if known and known[0].doubt else ""
        raise CannotRepairError(f"its content was found nowhere else among the storages that are there{nearest}")
    own = [copy for copy in found if copy.storage_id == here]
    return (own or found)[0]


def restore_used(case: Case) -> Outcome:
    """A picture that is in use comes from another storage of this kind, where it lies at the same path."""
    key = case.evidence.get("key")
    found = [
        copy
        for copy in case.world.copies(Wanted(key=key))
        if not copy.doubt and copy.storage_id != case.facts.storage_id
    ]
    alike = [one for one in found if case.world.facts(one.storage_id).layout.name == case.facts.layout.name]
    copy = next((one for one in alike if one.fact.state.size and case.has_content_of(one.fact.path, one)), None)
    if copy is None:
        raise CannotRepairError("no storage of this kind that is there has a whole one")
    case.require_free(copy.fact.path)
    return Outcome(
        (_copied(case, copy, copy.fact.path),),
        before=f"{case.conflict.label} is not here",
        after=f"copied from {_place(case, copy)}",
        bytes=copy.fact.state.size or 0,
    )


def restore_named(case: Case) -> Outcome:
    """The content comes back that the file's name states; the file as it is goes into quarantine first."""
    path = case.conflict.subject
    fact = case.file(path)
    copies = [
        Copy(storage_id, facts.storage.name, facts.root, there)
        for storage_id, facts, found in _named_in_evidence(case)
        if (there := facts.file(found)) is not None
    ]
    copy = next((one for one in copies if one.fact.state.size and case.has_content_of(path, one)), None)
    if copy is None:
        raise CannotRepairError("its content was found nowhere else among the storages that are there")
    return Outcome(
        (Quarantine(path, fact.state), _copied(case, copy, path)),
        before=f"{display_name(path)}, {human_bytes(fact.state.size or 0)}",
        after=f"copied from {_place(case, copy)}; what is there now goes into quarantine",
        bytes=(fact.state.size or 0) + (copy.fact.state.size or 0),
    )


def _named_in_evidence(case: Case) -> Iterator[tuple[str, StorageFacts, str]]:
    for copy in case.evidence.get("same_content_at", ()):
        with suppress(CannotRepairError):  # that storage is away
            yield copy["storage"], case.world.facts(copy["storage"]), copy["path"]


def re_address(case: Case) -> Outcome:
    """The file gets the name that its content gives, and the documents follow."""
    path = case.conflict.subject
    own = case.facts.layout
    key = case.facts.content_key(path)
    if key is None or not isinstance(own, ReAddressing):
        raise CannotRepairError("the name that its content gives cannot be told")
    target = own.path_by_content(path, key)
    case.require_free(target)
    move = MovePath(path, target, case.file(path).state)
    documents = case.repairing.after_move(case.facts, path, target)
    return Outcome((move, *documents), before=display_name(path), after=display_name(target))


def _copied(case: Case, copy: Copy, path: str) -> CopyPath:
    root = None if copy.storage_id == case.facts.storage_id else copy.root
    return CopyPath(copy.fact.path, path, copy.fact.state, root)


def _place(case: Case, copy: Copy) -> str:
    if copy.storage_id == case.facts.storage_id:
        return display_name(copy.fact.path)
    return f"{display_name(copy.fact.path)} in '{display_name(copy.storage_name)}'"


def quarantine_subject(case: Case) -> Outcome:
    """The conflict's file goes into quarantine."""
    return quarantined(case, case.conflict.paths[0])


def remove_lock(case: Case) -> Outcome:
    """A lock whose holder is gone goes into quarantine; it is looked at as it is on disk now."""
    path = case.conflict.paths[0]
    verdict = case.evidence.get("verdict")
    if verdict != "stale" and not case.decision.reason:
        raise CannotRepairError(
            "whether its holder still runs is not known: make sure that nobody uses it, and give that as the reason"
        )
    fact = case.facts.file(path)
    try:
        digest = case.facts.text_digest(path)
    except CannotRepairError as error:
        raise CannotRepairError(
            f"{error}; make sure that no program works on the storage, and remove it yourself"
        ) from error
    if digest is None:
        raise CannotRepairError("the lock is not there any more")
    state = FileState(digest=digest) if fact is None else FileState(size=fact.state.size, digest=digest)
    return Outcome((Quarantine(path, state),), before=display_name(path), after="in quarantine; the storage is free")


def _is_document(operation: Operation) -> bool:
    return isinstance(operation, WriteDocument | EditDatabase)


REPAIRS: Repairs = {
    ("missing_file", "relink"): relink,
    ("missing_file", "restore_copy"): restore_missing,
    ("missing_file", "restore_altered"): restore_altered,
    ("missing_file", "restore_quarantine"): restore_quarantined,
    ("missing_file", "mark_missing"): mark_missing,
    ("missing_file", "drop_entry"): drop_entry,
    ("orphan_file", "add_to_index"): add_to_documents,
    ("orphan_file", "add_to_session"): add_to_documents,
    ("orphan_file", "quarantine"): quarantine_subject,
    ("path_mismatch", "update_index"): follow_move,
    ("path_mismatch", "move_back"): move_back,
    ("path_mismatch", "treat_as_copy"): moved_is_new,
    **{(kind, "accept_content"): accept_content for kind in ("content_changed", "suspected_rot", "size_mismatch")},
    **{
        (kind, "restore_copy"): restore_content
        for kind in ("content_changed", "suspected_rot", "size_mismatch", "empty_file", "undecodable_image")
    },
    **{
        (kind, "quarantine"): quarantine_subject
        for kind in (
            "content_changed",
            "suspected_rot",
            "size_mismatch",
            "empty_file",
            "undecodable_image",
            "name_mismatch",
            "stale_temp",
        )
    },
    ("stale_lock", "remove_lock"): remove_lock,
    ("missing_reference", "restore_copy"): restore_used,
    ("name_mismatch", "restore_copy"): restore_named,
    ("random_name", "re_address"): re_address,
}
