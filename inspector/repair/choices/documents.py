"""Choices about a storage's documents: what they write is the layout's to say, but for earlier versions."""

from dataclasses import replace

from inspector.layouts.founding import KeepsSettings, Migrating
from inspector.layouts.repairs import CannotRepairError, GuardingLayout, UnifyingLayout
from inspector.model.display import display_name, display_text, human_bytes
from inspector.model.operations import WriteDocument
from inspector.repair.choices.case import Case, Outcome, Repairs


def by_layout(case: Case) -> Outcome:
    """What the layout writes for this choice."""
    documents = tuple(case.repairing.repair_documents(case.facts, case.conflict, case.decision.choice))
    if not documents:
        raise CannotRepairError("there is nothing to write: the documents are right by now")
    edits = sum(len(one.edits) if isinstance(one, WriteDocument) else len(one.rows) for one in documents)
    names = ", ".join(sorted({display_name(document.path) for document in documents}))
    what = f"{edits} {'edit' if edits == 1 else 'edits'} of {names}" if edits else f"{names} written anew"
    if any(
        isinstance(one, WriteDocument) and one.text is not None and one.expect_digest is not None for one in documents
    ):
        what += "; what only the damaged one said is left out of it, and stays whole among its earlier versions"
    return Outcome(documents, before=case.conflict.label, after=what)


def new_identity(case: Case) -> Outcome:
    """What the layout writes, with the folder named that is not the same storage as its clone any more."""
    outcome = by_layout(case)
    root = display_name(case.facts.storage.root)
    return replace(outcome, before=f"{root} has the id of its clone", after=f"an id of its own: {outcome.after}")


def unify_id(case: Case) -> Outcome:
    """What the program's own rule makes of several ids."""
    own = case.repairing
    if not isinstance(own, UnifyingLayout):
        raise CannotRepairError("its program has no rule for that")
    operations = tuple(own.unify_id(case.facts, case.conflict))
    after = f"{case.evidence.get('unified_id', 'one id')} everywhere, as its program does it"
    return Outcome(operations, before=case.conflict.label, after=display_text(after))


def register(case: Case) -> Outcome:
    """What the layout writes into the list that its program keeps of its storages."""
    own, facts = case.facts.layout, case.facts
    if not isinstance(own, KeepsSettings):
        raise CannotRepairError("its program keeps no list of storages")
    entering = own.registering(own.registered(facts.root), facts.surroundings)
    if not entering.operations:
        raise CannotRepairError(f"there is nothing to write: it {entering.already}")
    return Outcome(entering.operations, before=f"listed at {entering.before}", after=f"listed at {entering.after}")


def migrate(case: Case) -> Outcome:
    """What makes a storage of today of an older one, and enters it in its program's list."""
    own, facts = case.facts.layout, case.facts
    if not isinstance(own, Migrating):
        raise CannotRepairError("its program has no newer kind of storage")
    founding = own.migration(facts)
    operations, after = founding.operations, founding.words
    if isinstance(own, KeepsSettings):
        entering = own.registering(founding.identity, facts.surroundings)
        operations += entering.operations
        after += "; entered in the list of storages" if entering.operations else ""
    return Outcome(operations, before=case.conflict.label, after="; ".join((after, *founding.notes)))


def restore_generation(case: Case) -> Outcome:
    """The newest earlier version of a document comes back whole."""
    path = str(case.evidence.get("document") or case.conflict.paths[0])
    generations = case.world.generations(case.facts.storage_id, path)
    present = case.facts.data(path)
    guard = case.facts.layout
    if isinstance(guard, GuardingLayout):
        guard.refuse_unknown_version(case.facts, path)
        if present is not None and (reason := guard.why_not_replaced(path, present[0])):
            raise CannotRepairError(reason)
    now = present[1] if present is not None else None
    earlier = [generation for generation in generations if generation.digest != now]
    if not earlier:
        raise CannotRepairError(f"no earlier version of {display_name(path)} was kept")
    chosen = earlier[0]
    return Outcome(
        (WriteDocument(path, now, generation=chosen.id.partition("@")[0]),),
        before=f"{display_name(path)} as it is",
        after=f"as it was before {chosen.time}, {human_bytes(chosen.size)}",
        bytes=chosen.size,
    )


REPAIRS: Repairs = {
    ("unsafe_path", "drop_entry"): by_layout,
    ("index_bad_entry", "correct_entry"): by_layout,
    ("index_bad_entry", "drop_entry"): by_layout,
    ("index_duplicate_key", "keep_last"): by_layout,
    ("index_duplicate_key", "keep_first"): by_layout,
    ("index_unparsable", "rebuild"): by_layout,
    ("index_unparsable", "restore_generation"): restore_generation,
    ("missing_document", "rebuild"): by_layout,
    ("totals_wrong", "correct_totals"): by_layout,
    ("storage_id_mismatch", "use_signature"): by_layout,
    ("storage_id_mismatch", "use_most_named"): by_layout,
    ("storage_id_mismatch", "unify_id"): unify_id,
    ("legacy_storage", "unify_id"): unify_id,
    ("index_bad_entry", "unify_id"): unify_id,
    ("legacy_storage", "migrate"): migrate,
    ("cloned_storage", "new_identity"): new_identity,
    ("registered_elsewhere", "register"): register,
    ("session_drift", "follow_index"): by_layout,
    ("session_drift", "follow_session"): by_layout,
}
