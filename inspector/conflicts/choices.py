"""What can be done about a conflict, and which of it is suggested and why; pure.

The numbers of a kind's choices never move: the order here is what people learn. So a choice that cannot be made by the
evidence keeps its place, and its title says why not. A choice is suggested only where its proof is in the evidence.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from inspector.layouts.base import Layout
from inspector.layouts.repairs import ALL_THAT_WRITE, BarringLayout, Bars, Known, RepairingLayout
from inspector.model.filekinds import MEDIA_KINDS, extension, file_kind
from inspector.model.records import Choice, Conflict, Finding
from inspector.model.relpath import UnsafePathError, safe_relative_path

Evidence = Mapping[str, Any]
Suggestion = tuple[str, str] | None
"""The id of the suggested choice and the reason, or None where a person has to look."""

_ONLY_READ = "only_read"
_NEVER_WRITTEN = "barred_by"
_BARRED = "barred"
_RISK_OF_WORDS = "R0"
_RISK_OF_DOCUMENTS = "R1"

_LEAVE = ("leave", "Leave it as it is", "R0")
_HASH_AGAIN = ("hash_again", "Read it again", "R0")
_UNIFY = ("unify_id", "Write one id, by the program's own rule", "R3")
_QUARANTINE = ("quarantine", "Move the file to quarantine", "R3")

_CHOICES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "missing_file": (
        ("relink", "Point the index to the file with the same content", "R1"),
        ("restore_copy", "Copy it back from where the same content is", "R2"),
        ("restore_quarantine", "Bring it back from quarantine", "R2"),
        ("mark_missing", "Keep the entry and mark it missing", "R1"),
        ("drop_entry", "Take the entry out of the index", "R1"),
        ("restore_altered", "Copy back what is nearest to it, though its bytes are others", "R2"),
    ),
    "orphan_file": (
        ("add_to_index", "Add the file to the index", "R1"),
        ("add_to_session", "Add it to the import session it belongs to", "R1"),
        ("treat_as_copy", "Treat it as a copy of the indexed file", "R0"),
        _QUARANTINE,
        _LEAVE,
    ),
    "path_mismatch": (
        ("update_index", "Record the new path", "R1"),
        ("move_back", "Move the file back to the recorded path", "R2"),
        ("treat_as_copy", "Treat it as a new copy", "R1"),
        _LEAVE,
    ),
    "duplicate_filename": (
        ("keep_both", "Keep both, they are different pictures", "R0"),
        ("rename", "Rename one of them", "R2"),
        _QUARANTINE,
    ),
    "duplicate_content": (
        ("keep_all", "Keep every copy", "R0"),
        ("keep_one", "Keep one and move the others to quarantine", "R3"),
    ),
    "content_changed": (
        ("accept_content", "Record the content as it is now", "R1"),
        ("restore_copy", "Bring the recorded content back from another copy", "R2"),
        _QUARANTINE,
        _LEAVE,
        _HASH_AGAIN,
    ),
    "suspected_rot": (
        ("restore_copy", "Bring the good content back from another copy", "R2"),
        ("accept_content", "Record the content as it is now", "R1"),
        _QUARANTINE,
        _HASH_AGAIN,
    ),
    "size_mismatch": (
        ("accept_content", "Record the size as it is now", "R1"),
        ("restore_copy", "Bring the recorded content back from another copy", "R2"),
        _QUARANTINE,
        _LEAVE,
        _HASH_AGAIN,
    ),
    "sync_conflict_copy": (
        ("quarantine_copy", "Move the copy to quarantine", "R3"),
        ("merge", "Merge what both hold", "R1"),
        ("keep_original", "Keep the original, move the copy to quarantine", "R3"),
        ("keep_copy", "Keep the copy under the original's name", "R3"),
        ("keep_both", "Keep both under names of their own", "R2"),
    ),
    "orphan_sidecar": (
        ("attach", "Rename it to the picture it belongs to", "R2"),
        _LEAVE,
        _QUARANTINE,
    ),
    "ambiguous_sidecar": (("attach", "Rename it to one of the pictures", "R2"), _LEAVE, _QUARANTINE),
    "double_sidecar": (
        ("keep_full_name", "Keep NAME.EXT.xmp", "R3"),
        ("keep_short_name", "Keep NAME.xmp", "R3"),
        _LEAVE,
        ("merge", "Merge both into NAME.EXT.xmp", "R3"),
    ),
    "unicode_twin": (_LEAVE, ("rename", "Rename one of them", "R2"), _QUARANTINE),
    "case_twin": (_LEAVE, ("rename", "Rename one of them", "R2"), _QUARANTINE),
    "unsafe_path": (("drop_entry", "Take the entry out of the index", "R1"), _LEAVE),
    "index_bad_entry": (
        ("correct_entry", "Write the entry anew from the file", "R1"),
        ("drop_entry", "Take it out", "R1"),
        _LEAVE,
        _UNIFY,
    ),
    "index_duplicate_key": (
        ("keep_last", "Keep the last entry, as the program reads it", "R1"),
        ("keep_first", "Keep the first", "R1"),
        _LEAVE,
    ),
    "index_unparsable": (
        ("rebuild", "Rebuild the index from the files", "R1"),
        ("restore_generation", "Bring an earlier generation back", "R1"),
        _LEAVE,
    ),
    "missing_document": (("rebuild", "Write it anew from what the storage holds", "R1"), _LEAVE),
    "totals_wrong": (("correct_totals", "Write the counted totals", "R1"), _LEAVE),
    "storage_id_mismatch": (
        ("use_signature", "Write the signature's id into all documents", "R1"),
        _LEAVE,
        ("use_most_named", "Write the id that most documents name into all", "R1"),
        _UNIFY,
    ),
    "cloned_storage": (("new_identity", "Give one of them an id of its own", "R1"), _LEAVE),
    "registered_elsewhere": (("register", "Write the path at which it is into the list", "R1"), _LEAVE),
    "session_drift": (
        ("follow_index", "Write the session as the index has it", "R1"),
        ("follow_session", "Write the index as the session has it", "R1"),
        _LEAVE,
    ),
    "stale_temp": (("quarantine", "Move it to quarantine", "R3"), _LEAVE),
    "stale_lock": (("remove_lock", "Remove the lock", "R3"), _LEAVE),
    "empty_file": (("restore_copy", "Bring the content back from another copy", "R2"), _QUARANTINE, _LEAVE),
    "undecodable_image": (("restore_copy", "Bring a good copy back", "R2"), _QUARANTINE, _LEAVE),
    "legacy_storage": (_LEAVE, _UNIFY, ("migrate", "Make a storage of today of it", "R1")),
    "nested_storage": (_LEAVE,),
    "unknown_version": (_LEAVE,),
    "missing_reference": (("restore_copy", "Copy it from where the same picture is", "R2"), _LEAVE),
    "name_mismatch": (("restore_copy", "Bring the right content back from another copy", "R2"), _QUARANTINE, _LEAVE),
    "orphan_thumbnail": (("quarantine", "Move them to quarantine", "R3"), _LEAVE),
    "random_name": (("re_address", "Name it after its content", "R2"), _LEAVE),
    "unreadable_file": (("try_again", "Scan it again", "R0"), _LEAVE),
    "unstable_file": (("try_again", "Scan it again", "R0"), _LEAVE),
}


def choice_ids(kind: str) -> tuple[str, ...]:
    """The ids of what can be decided about conflicts of this kind: its choices, and ``ignore``, which all have."""
    return *(identity for identity, _, _ in _CHOICES.get(kind, (_LEAVE,))), "ignore"


def all_choice_ids() -> tuple[str, ...]:
    """The ids of all choices that any kind has."""
    return tuple(sorted({identity for kind in (*_CHOICES, "") for identity in choice_ids(kind)}))


def has_suggestion(conflict: Conflict) -> bool:
    """Whether one of a conflict's choices is suggested."""
    return _suggestion(conflict) is not None


def _suggestion(conflict: Conflict) -> Suggestion:
    suggest = _SUGGESTIONS.get(conflict.kind)
    suggestion = suggest(conflict.evidence) if suggest else None
    return suggestion if suggestion is None or not obstacle_to(conflict, suggestion[0]) else None


def only_read(finding: Finding) -> Finding:
    """A finding in a storage that is never written: what would write is not offered for it."""
    return replace(finding, evidence={**finding.evidence, _ONLY_READ: "storages of this kind are only read so far"})


def for_layout(own: Layout, known: Known, bars: Bars) -> Callable[[Finding], Finding]:
    """What gives a finding what its storage's layout, and its documents as they are, say against its choices.

    A layout is asked once what it can do: to ask a protocol costs some 50 us, and there may be very many findings.
    """
    if not isinstance(own, RepairingLayout):
        return only_read
    owns, barring = own.owns, own.barred if isinstance(own, BarringLayout) else None

    def with_words(finding: Finding) -> Finding:
        evidence = _barred_by_documents(finding, bars, owns)
        if barring is not None and (barred := dict(barring(finding, known))):
            evidence[_BARRED] = evidence.get(_BARRED, {}) | barred
        return replace(finding, evidence={**finding.evidence, **evidence}) if evidence else finding

    return with_words


def _barred_by_documents(finding: Finding, bars: Bars, owns: Callable[[str], bool]) -> dict[str, Any]:
    evidence: dict[str, Any] = {}
    rows = _CHOICES.get(finding.kind, (_LEAVE,))
    is_about_others = finding.kind == "sync_conflict_copy" and not any(map(owns, finding.paths))
    if bars.documents and not is_about_others and any(risk == _RISK_OF_DOCUMENTS for _, _, risk in rows):
        evidence[_NEVER_WRITTEN] = bars.documents
    if barred := {identity: bars.choices[identity] for identity, _, _ in rows if identity in bars.choices}:
        evidence[_BARRED] = barred
    return evidence


def barred_by_layout(conflict: Conflict, choice: str) -> str | None:
    """What the storage's layout has against a choice: empty where nothing, None where it says nothing of it."""
    barred = conflict.evidence.get(_BARRED, {})
    if choice in barred:
        return str(barred[choice])
    everything = barred.get(ALL_THAT_WRITE)
    return str(everything) if everything and _risk(conflict.kind, choice) != _RISK_OF_WORDS else None


def choices_for(conflict: Conflict) -> tuple[Choice, ...]:
    """The choices of a conflict in their fixed order, at most one of them suggested with its reason."""
    rows = [row for row in _CHOICES.get(conflict.kind, (_LEAVE,)) if _is_offered(conflict, row[0])]
    suggestion = _suggestion(conflict)
    return tuple(
        Choice(identity, title, risk, suggested=True, reason=suggestion[1])
        if suggestion is not None and suggestion[0] == identity
        else Choice(identity, _with_obstacle(title, obstacle_to(conflict, identity)), risk)
        for identity, title, risk in rows
    )


def _is_offered(conflict: Conflict, choice: str) -> bool:
    """Whether a choice is one of a conflict's: the last one of some kinds is so only where its layout knows of it."""
    return choice not in _ONLY_WITH or _ONLY_WITH[choice] in conflict.evidence


def choice_title(kind: str, choice: str) -> str:
    """A choice as people read it, whatever the evidence; its id where the kind has no such choice."""
    return next((title for identity, title, _ in _CHOICES.get(kind, (_LEAVE,)) if identity == choice), choice)


def obstacle_to(conflict: Conflict, choice: str) -> str:
    """Why a choice cannot be made about this conflict, where its evidence alone says so; empty where it does not.

    What depends on other files, storages or earlier versions is found out when it is planned.
    """
    if _ONLY_READ in conflict.evidence and _risk(conflict.kind, choice) != _RISK_OF_WORDS:
        return str(conflict.evidence[_ONLY_READ])
    if _NEVER_WRITTEN in conflict.evidence and _risk(conflict.kind, choice) == _RISK_OF_DOCUMENTS:
        return str(conflict.evidence[_NEVER_WRITTEN])
    if (barred := barred_by_layout(conflict, choice)) is not None:
        return barred
    if choice in _WRITES_DOCUMENTS and "more_of_this_kind" in conflict.evidence:
        return "it stands for many that were not listed: repair those first"
    find = _OBSTACLES.get((conflict.kind, choice))
    return find(conflict) if find else ""


def _risk(kind: str, choice: str) -> str:
    return next((risk for identity, _, risk in _CHOICES.get(kind, (_LEAVE,)) if identity == choice), _RISK_OF_WORDS)


def _with_obstacle(title: str, obstacle: str) -> str:
    return f"{title} (not possible: {obstacle})" if obstacle else title


_ONLY_WITH = {"unify_id": "unified_id", "migrate": "becomes"}
"""Choices that are offered only where the evidence has something for them."""
_WRITES_DOCUMENTS = frozenset(
    {"correct_entry", "drop_entry", "keep_last", "keep_first", "correct_totals", "follow_index", "follow_session"}
)


def _one_for_each_content(conflict: Conflict) -> str:
    evidence = conflict.evidence
    is_listed = any(layer != "memory" for layer in evidence.get("layers", ()))
    same = evidence.get("same") in {"digest", "key", "unicode"}
    return _NO_ROOM if is_listed and same else ""


def _is_not_for_the_index(conflict: Conflict) -> str:
    try:
        safe_relative_path(conflict.subject)
    except UnsafePathError as error:
        return f"its path cannot stand in the index: it {error}"
    return _NO_ROOM if conflict.evidence.get("copy_of") else ""


def _nothing_to_point_to(conflict: Conflict) -> str:
    copies = conflict.evidence.get("same_content_at") or ()
    if not any(copy.get("storage") == conflict.storage_id for copy in copies):
        return "no file of this storage has the same content"
    return "no document lists it" if conflict.evidence.get("layers") == ["memory"] else ""


def _is_taken(conflict: Conflict) -> str:
    now = conflict.evidence.get("now")
    return f"{now} is in its place" if now else ""


def _has_no_original(conflict: Conflict) -> str:
    if len(conflict.paths) < 2:
        return "its original is not there"
    provider = conflict.evidence.get("provider", "the sync program")
    deletes = conflict.evidence.get("deletion_propagates")
    return f"{provider} deletes the real file everywhere with such a copy: resolve it there" if deletes else ""


def _has_no_picture(conflict: Conflict) -> str:
    return "" if conflict.evidence.get("candidates") else "no picture was found that it could belong to"


def _are_not_two(conflict: Conflict) -> str:
    count = len(conflict.paths) - 1
    return "" if count == 2 else f"{count} sidecars are there: move the ones aside that should not count"


def _are_not_two_of_xmp(conflict: Conflict) -> str:
    of_xmp = all(extension(path) == "xmp" for path in conflict.paths[:-1])
    return _are_not_two(conflict) or ("" if of_xmp else "only XMP sidecars can be merged")


def _differ(conflict: Conflict) -> str:
    differ = "the two differ" if conflict.evidence.get("identical") is False else ""
    return _has_no_original(conflict) or differ


def _are_pictures(conflict: Conflict) -> str:
    is_media = conflict.paths and file_kind(conflict.paths[0]) in MEDIA_KINDS
    are_media = "only JSON documents and XMP sidecars can be merged" if is_media else ""
    return _has_no_original(conflict) or are_media


def _cannot_be_corrected(conflict: Conflict) -> str:
    problems = conflict.evidence.get("problems", {})
    if "key" not in conflict.evidence and "conflicts" in problems:
        return "what conflicts should be cannot be told from anything else"
    is_known = conflict.evidence.get("entry", "not looked into") != "not looked into"
    return (
        "nothing tells which file it means" if is_known and ("entry" in problems or "relative_path" in problems) else ""
    )


def _is_no_entry(conflict: Conflict) -> str:
    return "" if "key" in conflict.evidence else "it is about no single entry"


def _are_two_documents(conflict: Conflict) -> str:
    if "session" in conflict.evidence and "documents" in conflict.evidence:
        return "which document should have another id cannot be told"
    return ""


def _is_nowhere(conflict: Conflict) -> str:
    return "" if conflict.evidence.get("same_content_at") else "no storage that is there has it"


def _is_nowhere_altered(conflict: Conflict) -> str:
    known = "" if conflict.evidence.get("altered_copies_at") else "no other copy is known that is near to it"
    return _is_taken(conflict) or known


def _is_the_only_source(conflict: Conflict) -> str:
    return "what it said is nowhere else" if conflict.evidence.get("only_source") else ""


_NO_ROOM = "the index has room for one file of the same content"
_OBSTACLES: dict[tuple[str, str], Callable[[Conflict], str]] = {
    ("path_mismatch", "treat_as_copy"): _one_for_each_content,
    ("missing_file", "relink"): _nothing_to_point_to,
    ("missing_file", "restore_copy"): _is_taken,
    ("missing_file", "restore_altered"): _is_nowhere_altered,
    ("orphan_file", "add_to_index"): _is_not_for_the_index,
    ("orphan_file", "add_to_session"): _is_not_for_the_index,
    ("orphan_sidecar", "attach"): _has_no_picture,
    ("ambiguous_sidecar", "attach"): _has_no_picture,
    ("double_sidecar", "keep_full_name"): _are_not_two,
    ("double_sidecar", "keep_short_name"): _are_not_two,
    ("double_sidecar", "merge"): _are_not_two_of_xmp,
    ("sync_conflict_copy", "keep_original"): _has_no_original,
    ("sync_conflict_copy", "keep_copy"): _has_no_original,
    ("sync_conflict_copy", "quarantine_copy"): _differ,
    ("sync_conflict_copy", "merge"): _are_pictures,
    ("index_bad_entry", "correct_entry"): _cannot_be_corrected,
    ("index_bad_entry", "drop_entry"): _is_no_entry,
    ("unsafe_path", "drop_entry"): _is_no_entry,
    ("index_duplicate_key", "keep_last"): _are_two_documents,
    ("index_duplicate_key", "keep_first"): _are_two_documents,
    ("index_unparsable", "rebuild"): _is_the_only_source,
    ("missing_reference", "restore_copy"): _is_nowhere,
    ("name_mismatch", "restore_copy"): _is_nowhere,
}


def _what_is_same(copy: Evidence) -> str:
    return "the same picture" if copy.get("same") == "key" else "the same content"


def _missing(evidence: Evidence) -> Suggestion:
    copies = evidence.get("same_content_at") or []
    if copies:
        return "restore_copy", _what_is_same(copies[0]) + " is at another place, by its " + str(copies[0]["same"])
    if evidence.get("layers") == ["memory"] or evidence.get("altered_copies_at"):
        return None  # copies in doubt are to be looked at first
    return "mark_missing", "its content was found nowhere; keeping the entry loses nothing"


def _used(evidence: Evidence) -> Suggestion:
    return ("restore_copy", "another storage has it under the same key") if evidence.get("same_content_at") else None


def _misnamed(evidence: Evidence) -> Suggestion:
    return ("restore_copy", "a file elsewhere has the content of the name") if evidence.get("same_content_at") else None


def _orphan(evidence: Evidence) -> Suggestion:
    if evidence.get(_BARRED, {}).get("add_to_index") == "":
        return "add_to_index", "its program lists such a file when it finds it"
    if evidence.get("copy_of"):
        return "treat_as_copy", "an indexed file has the same bytes, and the index has room for one of them only"
    return "add_to_index", "no entry of the index has this content"


def _moved(evidence: Evidence) -> Suggestion:
    if evidence.get("ambiguous"):
        return None
    if evidence.get("same") not in {"digest", "key", "unicode"}:
        return None  # size, time and name are a likeness, and no proof
    if evidence.get("same") == "unicode":
        return "update_index", "the same name in another Unicode form"
    return "update_index", f"the same {evidence.get('same')}, and nothing is at the old path"


def _changed(evidence: Evidence) -> Suggestion:
    recorded = evidence.get("old_mtime_ns", evidence.get("recorded_mtime_ns"))
    now = evidence.get("mtime_ns")
    if recorded is None or now is None or now <= recorded:
        return None
    return "accept_content", "the file is newer than what was recorded: it was edited"


def _size(evidence: Evidence) -> Suggestion:
    recorded, now = evidence.get("recorded_mtime_ns"), evidence.get("mtime_ns")
    if recorded is not None and now is not None and now > recorded and evidence.get("same_picture") is not False:
        return "accept_content", "the file is newer than its entry"
    return None


def _conflict_copy(evidence: Evidence) -> Suggestion:
    if not evidence.get("original_present"):
        return None
    if evidence.get("identical") and not evidence.get("deletion_propagates"):
        return "quarantine_copy", "both hold the same bytes"
    return None


def _temp(evidence: Evidence) -> Suggestion:
    is_whole = evidence.get("target_present") and not evidence.get("target_fault")
    if is_whole and evidence.get("age_seconds", 0) > 86_400:
        return "quarantine", "it is over a day old, and the file it was to become is there"
    return None


def _drift(evidence: Evidence) -> Suggestion:
    if set(evidence.get("counts", ())) == {"gone"}:
        return "leave", "the session tells what was imported; its file and its entry are gone"
    return None


def _always(identity: str, reason: str) -> Callable[[Evidence], Suggestion]:
    return lambda evidence: (identity, reason)


def _lock(evidence: Evidence) -> Suggestion:
    if evidence.get("verdict") == "stale":
        return "remove_lock", "its process no longer runs on this machine"
    return None


_SUGGESTIONS: dict[str, Callable[[Evidence], Suggestion]] = {
    "missing_file": _missing,
    "missing_reference": _used,
    "name_mismatch": _misnamed,
    "orphan_file": _orphan,
    "path_mismatch": _moved,
    "content_changed": _changed,
    "size_mismatch": _size,
    "sync_conflict_copy": _conflict_copy,
    "stale_temp": _temp,
    "stale_lock": _lock,
    "session_drift": _drift,
    "totals_wrong": _always("correct_totals", "they follow from the entries"),
    "unsafe_path": _always("drop_entry", "no file of the storage can be meant"),
    "duplicate_filename": _always("keep_both", "they are different pictures"),
    "unreadable_file": _always("try_again", "the disk or the rights may allow it next time"),
    "unstable_file": _always("try_again", "the program that writes it may be done by then"),
    "nested_storage": _always("leave", "open it as a storage of its own"),
    "unknown_version": _always("leave", "what is written in an unknown version is never written by another program"),
}
