"""Which choices of a storage directory's conflicts cannot be made, and why; pure.

Logs, snapshots and what else the program writes of its notes are never written. A picture that notes use is never
taken away, and where not all uses can be known none is. A picture goes by its id, so its file keeps its name.
"""

from collections.abc import Callable, Mapping

from inspector.layouts.notecove.elsewhere import BEHIND
from inspector.layouts.notecove.names import (
    ELSEWHERE,
    LEGACY_SD_ID,
    MEDIA,
    NOTES,
    PROFILE_SETTING,
    SD_ID,
    image_id_of,
    owns,
    stated_key,
)
from inspector.layouts.repairs import ALL_THAT_WRITE, Known
from inspector.model.display import display_name
from inspector.model.records import Finding

_NEWER = "a newer version of the program wrote this, so it is never written"
_NEVER_WRITTEN = "what the program writes of its notes is never written by another one"
_BY_ID = "a picture goes by the id that is its name"
_IN_USE = "a note uses it"
_HAS_A_RULE = "the program has a rule of its own for its ids: unify_id"
_STAYS = "the program passes over it and leaves it: take it away yourself if it is not wanted any more"
_GOES_BY_ROW = "the database goes by the id of its row, which its notes and pictures are registered under"
_ANOTHER = "it is another storage directory: connect it, or take it out of the profile in the program"
_NO_PROFILE = (
    "no profile is known that has this storage directory, so that notes of its other directories may use it: open the "
    f"profile's folder, or name it: --setting {PROFILE_SETTING}=FOLDER"
)
_NOT_ALL_ELSEWHERE = "not all notes of the profile's other directories could be read, so that one may use it"
_NOT_OPENED = "it is another storage directory: open it"
_A_PROFILE = "it is a profile of the program: connect it, name another one, or have it forgotten"
_MAKES_IT = "the program makes the folder when it saves a picture"
_OUTSIDE = "they lie in the profile's folder, outside the storage: remove them there"
_ROW_BY_ROW = "its database is edited row by row only"
_ID_FILES = frozenset({SD_ID, LEGACY_SD_ID})
_MAY_GO = frozenset({"sync_conflict_copy", "stale_temp", "stale_lock", "storage_id_mismatch", "legacy_storage"})
"""Conflicts about the program's own documents of which some choices can be made."""


def barred(finding: Finding, known: Known) -> Mapping[str, str]:
    """As `BarringLayout.barred` says."""
    if "unknown_version" in known.found_in():
        return {ALL_THAT_WRITE: _NEWER}
    if finding.kind == "index_bad_entry" and "unified_id" in finding.evidence:
        return {"correct_entry": _HAS_A_RULE, "drop_entry": _HAS_A_RULE}
    if finding.kind == "index_bad_entry" and finding.paths and _ID_FILES.issuperset(finding.paths):
        return {"correct_entry": _STAYS, "drop_entry": _STAYS}
    if finding.kind not in _MAY_GO and any(owns(path) for path in finding.paths):
        return {ALL_THAT_WRITE: _NEVER_WRITTEN}
    find = _RULES.get(finding.kind)
    return find(finding, known) if find is not None else {}


def why_uses_unknown(known: Known) -> str:
    """Why it cannot be told whether a picture is used; empty where it can."""
    if known.layer_state(NOTES) != "ok":
        return "not all notes could be read, so that one may use it"
    if not known.found_in().isdisjoint(BEHIND):
        return "not all changes of the notes are here yet, so that one may use it"
    if known.layer_state(ELSEWHERE) == "absent":
        return _NO_PROFILE
    if known.layer_state(ELSEWHERE) not in {None, "ok"}:
        reasons = (one.get("reason") for one in known.evidence_in(ELSEWHERE) if "effect" in one)
        return f"{_NOT_ALL_ELSEWHERE}: {next(filter(None, reasons), 'look at those, and at the database')}"
    if other := known.other_not_read(NOTES):
        return f"not all notes of '{display_name(other)}' were read, so that one may use it: scan that one"
    return ""


def why_it_stays(path: str, known: Known) -> str | None:
    """As `BarringLayout.why_it_stays`: None for every file that the program passes over."""
    folder, _, name = path.rpartition("/")
    if folder != MEDIA or image_id_of(name) is None:
        return None
    return _IN_USE if _is_used(path, known) else why_uses_unknown(known)


def why_perhaps_coming(known: Known) -> str:
    """Why the absence of a picture is not certain; empty where it is."""
    if known.layer_state(MEDIA) != "ok":
        return f"{MEDIA} could not be listed, so that it may be there"
    if "stale_temp" in known.found_in(MEDIA):
        return f"a sync program is at work in {MEDIA}, so that it may still come"
    return why_uses_unknown(known)


def _is_used(path: str, known: Known) -> bool:
    """Whether a note uses the picture at a path, whether it is there or not; one of any directory may, by its id."""
    folder, _, name = path.rpartition("/")
    image_id = image_id_of(name) if folder == MEDIA else None
    return known.is_used(path) or (image_id is not None and known.is_key_used(image_id))


def _if_used(finding: Finding, known: Known, *choices: str) -> dict[str, str]:
    """These choices take files away: not where one is used, or may be."""
    used = any(_is_used(path, known) for path in finding.paths)
    is_picture = any(path.startswith(f"{MEDIA}/") for path in finding.paths)
    reason = _IN_USE if used else why_uses_unknown(known) if is_picture else ""
    return dict.fromkeys(choices, reason) if reason else {}


def _missing(finding: Finding, known: Known) -> dict[str, str]:
    reasons = {"relink": _BY_ID, "mark_missing": "the database has no place for that", **_not_opened(finding, known)}
    in_use = _IN_USE if _is_used(finding.subject, known) else ""
    if finding.evidence.get("layers") != ["memory"] and (reason := in_use or why_perhaps_coming(known)):
        reasons["drop_entry"] = reason
    return reasons


def _not_opened(finding: Finding, known: Known) -> dict[str, str]:
    """A missing picture that no known storage has, and one that was not opened, is not copied before that is."""
    key = finding.evidence.get("key") or image_id_of(finding.subject.rpartition("/")[2])
    if not isinstance(key, str) or finding.evidence.get("same_content_at"):
        return {}
    holders = (one for one in known.evidence_in(ELSEWHERE) if key.lower() in one.get("holds", ()))
    reason = next((f"it is in {one['document']}, which was not opened: open that first" for one in holders), "")
    return {"restore_copy": reason} if reason else {}


def _orphan(finding: Finding, known: Known) -> dict[str, str]:
    folder, _, name = finding.subject.rpartition("/")
    is_taken = folder == MEDIA and image_id_of(name) is not None
    reasons = {"add_to_session": "the program knows no import sessions"}
    reasons["add_to_index"] = "" if is_taken else "the program passes over every name but an id's"
    # a file that the program passes over is no picture of a note
    return reasons | (_if_used(finding, known, "quarantine") if is_taken else {})


def _moved(finding: Finding, known: Known) -> dict[str, str]:
    return {"update_index": _BY_ID, "treat_as_copy": _BY_ID}


def _changed(finding: Finding, known: Known) -> dict[str, str]:
    reasons = _if_used(finding, known, "quarantine")
    if finding.kind != "size_mismatch" and stated_key(finding.subject) is not None:
        reasons["accept_content"] = "its name says that it should have another content"
    return reasons


def _only_quarantine(finding: Finding, known: Known) -> dict[str, str]:
    return _if_used(finding, known, "quarantine")


def _of_one_name(finding: Finding, known: Known) -> dict[str, str]:
    return {"rename": _BY_ID, **_if_used(finding, known, "quarantine")}


def _same_bytes(finding: Finding, known: Known) -> dict[str, str]:
    if sum(known.is_used(path) for path in finding.paths) > 1:
        return {"keep_one": "notes use more than one of them"}
    reason = why_uses_unknown(known)
    return {"keep_one": reason} if reason else {}


def _conflict_copy(finding: Finding, known: Known) -> dict[str, str]:
    if any(owns(path) or path in _ID_FILES for path in finding.paths):
        reasons = dict.fromkeys(("merge", "keep_copy", "keep_both"), _NEVER_WRITTEN)
        return reasons | {"keep_original": "the copy may hold changes that are nowhere else"}
    reasons = {"keep_both": "the program passes over every name but an id's"}
    copy, original = finding.paths[0], finding.evidence.get("original")
    replaced = f"{copy.rpartition('/')[0]}/{original}"
    if image_id_of(str(original)) is not None and stated_key(replaced) is None:  # no name says which bytes are right
        reason = _IN_USE if _is_used(replaced, known) else why_uses_unknown(known)
        reasons |= {"keep_copy": reason} if reason else {}
    return reasons


def _bad_entry(finding: Finding, known: Known) -> dict[str, str]:
    reasons = {"correct_entry": _BY_ID}
    key = finding.evidence.get("key")
    if isinstance(key, str) and known.is_key_used(key):
        reasons["drop_entry"] = _IN_USE
    return reasons


def _twice(finding: Finding, known: Known) -> dict[str, str]:
    reason = "the program takes the first of them by its ending, and no row says which"
    return {"keep_last": reason, "keep_first": reason}


def _document(finding: Finding, known: Known) -> dict[str, str]:
    if "profile" in finding.evidence:
        return {"rebuild": _A_PROFILE}
    if "holds" in finding.evidence:
        return {"rebuild": _NOT_OPENED}
    return {"rebuild": _ANOTHER if finding.subject.startswith(ELSEWHERE) else _MAKES_IT}


def _by_random_name(finding: Finding, known: Known) -> dict[str, str]:
    return _if_used(finding, known, "re_address")


def _ids(finding: Finding, known: Known) -> dict[str, str]:
    reason = _HAS_A_RULE if "unified_id" in finding.evidence else _GOES_BY_ROW
    return {"use_signature": reason, "use_most_named": reason}


def _always(**reasons: str) -> Callable[[Finding, Known], dict[str, str]]:
    return lambda finding, known: reasons


_RULES: dict[str, Callable[[Finding, Known], dict[str, str]]] = {
    "missing_file": _missing,
    "missing_reference": _not_opened,
    "orphan_file": _orphan,
    "path_mismatch": _moved,
    "content_changed": _changed,
    "suspected_rot": _changed,
    "size_mismatch": _changed,
    "empty_file": _only_quarantine,
    "undecodable_image": _only_quarantine,
    "name_mismatch": _only_quarantine,
    "random_name": _by_random_name,
    "duplicate_filename": _of_one_name,
    "unicode_twin": _of_one_name,
    "case_twin": _of_one_name,
    "duplicate_content": _same_bytes,
    "sync_conflict_copy": _conflict_copy,
    "unsafe_path": _bad_entry,
    "index_bad_entry": _bad_entry,
    "index_duplicate_key": _twice,
    "index_unparsable": _always(rebuild=_ROW_BY_ROW, restore_generation=_ROW_BY_ROW),
    "orphan_thumbnail": _always(quarantine=_OUTSIDE),
    "missing_document": _document,
    "storage_id_mismatch": _ids,
    "cloned_storage": _always(new_identity="the program has no rule for that: take one of them out of it there"),
}
