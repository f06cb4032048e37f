"""A conflict's evidence in a few words, for the lines of reports; pure."""

from collections.abc import Callable, Mapping
from typing import Any

from inspector.model.display import display_name, human_bytes
from inspector.model.records import Conflict
from inspector.model.relpath import split_path

_LONGEST = 90

_PAIRS = frozenset({"case_twin", "unicode_twin", "double_sidecar"})

Evidence = Mapping[str, Any]


def short_reason(conflict: Conflict) -> str:
    """Why this is a conflict, in a few words; empty where the kind's title says it all."""
    words = _WORDS.get(conflict.kind, _stated)(conflict.evidence) or _stated(conflict.evidence)
    if not words and conflict.kind in _PAIRS and len(conflict.paths) > 1:
        words = f"and {', '.join(display_name(split_path(path)[1]) for path in conflict.paths[1:])}"
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _stated(evidence: Evidence) -> str:
    for key in ("reason", "error", "detail", "problem", "message"):
        value = evidence.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _missing(evidence: Evidence) -> str:
    layers = [layer for layer in evidence.get("layers") or [] if layer != "memory"]
    listed = f"listed in {', '.join(layers)}" if layers else "there at an earlier scan"
    copies = evidence.get("same_content_at") or []
    now = f"; {evidence['now']} is there now" if evidence.get("now") else ""
    altered = [] if copies else evidence.get("altered_copies_at") or []
    if not copies and not altered:
        return listed + now
    copy = (copies or altered)[0]
    where, path = (display_name(str(copy.get(key))) for key in ("storage_name", "path"))
    if altered:
        return f"{listed}{now}; a copy in {where} is {copy.get('doubt')}: {path}"
    same = "picture" if copy.get("same") == "key" else "content"
    return f"{listed}{now}; the same {same} is in {where}: {path}"


def _moved(evidence: Evidence) -> str:
    old, new = evidence.get("old_paths") or [], evidence.get("new_paths") or []
    if len(old) == 1 and len(new) == 1:
        return f"now at {display_name(new[0])}"
    return f"{len(old)} old and {len(new)} new places have the same content"


def _orphan(evidence: Evidence) -> str:
    copy = evidence.get("copy_of")
    return f"the same bytes as {_place(copy)}" if copy else "no index lists it"


def _place(value: Any) -> str:
    if isinstance(value, Mapping):
        return display_name(str(value.get("path", "")))
    if isinstance(value, list):
        return _place(value[0]) if value else ""
    return display_name(str(value))


def _sizes(evidence: Evidence) -> str:
    old, new = evidence.get("old_size"), evidence.get("size")
    if not isinstance(old, int) or not isinstance(new, int):
        return ""
    newer = "older than before" if evidence.get("older") else "newer than before"
    return f"{newer}, {human_bytes(old)} to {human_bytes(new)}" if old != new else f"{newer}, same size"


def _recorded(evidence: Evidence) -> str:
    recorded = evidence.get("recorded")
    if not isinstance(recorded, Mapping) or not recorded or not isinstance(evidence.get("size"), int):
        return ""
    layer, size = next(iter(recorded.items()))
    return f"{evidence['size']:,} bytes, {layer} says {size:,}" if isinstance(size, int) else ""


def _copies(evidence: Evidence) -> str:
    copies, size = evidence.get("copies") or [], evidence.get("size")
    where = ", in several storages" if evidence.get("across_storages") else ""
    each = f" of {human_bytes(size)}" if isinstance(size, int) else ""
    physical = evidence.get("physical_copies")
    linked = f", {physical} of them stored" if isinstance(physical, int) and physical != len(copies) else ""
    return f"{len(copies)} files{each}{linked}{where}"


def _instances(evidence: Evidence) -> str:
    instances = evidence.get("instances") or []
    return f"{len(instances)} different files have this name" if instances else ""


def _conflict_copy(evidence: Evidence) -> str:
    provider = str(evidence.get("provider") or "a sync program")
    if evidence.get("identical"):
        return f"{provider}; the same bytes as the original"
    if evidence.get("original_present") is False:
        return f"{provider}; the original is not there"
    return f"{provider}; differs from the original" if "identical" in evidence else provider


def _temporary(evidence: Evidence) -> str:
    stated = _stated(evidence)
    if stated:
        return stated
    if not evidence.get("target_present"):
        return ""
    fault = evidence.get("target_fault")
    return f"the file it was to become is there, but {fault}" if fault else "the file it was to become is there"


def _totals(evidence: Evidence) -> str:
    totals = evidence.get("totals")
    if not isinstance(totals, Mapping):
        return ""
    return ", ".join(
        f"{name}: {_pair(values)}" for name, values in totals.items() if isinstance(values, (Mapping, list))
    )


def _pair(values: Mapping[str, Any] | list[Any]) -> str:
    stated, counted = (list(values.values()) if isinstance(values, Mapping) else values)[:2] or (None, None)
    return f"says {stated}, counted {counted}"


def _clones(evidence: Evidence) -> str:
    roots = evidence.get("roots") or []
    return f"{len(roots)} folders: {', '.join(display_name(str(root)) for root in roots)}" if roots else ""


def _drift(evidence: Evidence) -> str:
    counts = evidence.get("counts")
    if not isinstance(counts, Mapping):
        return ""
    return ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in counts.items())


def _identities(evidence: Evidence) -> str:
    documents = evidence.get("documents")
    if not isinstance(documents, Mapping):
        return ""
    return f"{len(set(map(str, documents.values())))} ids in {len(documents)} documents"


def _listed(evidence: Evidence) -> str:
    return f"listed at {evidence.get('base_path')}"


def _version(evidence: Evidence) -> str:
    version, known = evidence.get("version"), evidence.get("known")
    return f"version {version}, known is {known}" if version is not None and known is not None else ""


def _bad_entry(evidence: Evidence) -> str:
    problems = evidence.get("problems")
    if not isinstance(problems, Mapping):
        return ""
    return ", ".join(f"{member} {problem}" for member, problem in problems.items()) + _of_key(evidence)


def _of_key(evidence: Evidence) -> str:
    key = evidence.get("key")
    return f" (entry {str(key)[:12]})" if key else ""


def _repeated(evidence: Evidence) -> str:
    keys = evidence.get("keys")
    if isinstance(keys, list):
        return f"{len(keys)} keys have the path {display_name(str(evidence.get('relative_path')))}"
    count = evidence.get("count")
    return f"{count} entries{_of_key(evidence)}" if count else ""


def _unsafe(evidence: Evidence) -> str:
    path = evidence.get("relative_path")
    return f"{_stated(evidence)}: {display_name(str(path))}" if path is not None else _stated(evidence)


def _uses(evidence: Evidence) -> str:
    count, copies = evidence.get("note_count"), evidence.get("same_content_at") or []
    used = f"{count} documents use it" if isinstance(count, int) and count != 1 else "a document uses it"
    used = _stated(evidence) or used
    return f"{used}; it is in {copies[0].get('storage_name')}: {copies[0].get('path')}" if copies else used


def _other_content(evidence: Evidence) -> str:
    copies = evidence.get("same_content_at") or []
    where = (
        f"; the content that is meant is in {copies[0].get('storage_name')}: {copies[0].get('path')}" if copies else ""
    )
    return f"the bytes give {str(evidence.get('key'))[:12]}{where}"


def _at_risk(evidence: Evidence) -> str:
    days = evidence.get("days_left")
    if not isinstance(days, int) or _stated(evidence):
        return ""
    when = "any time now" if days == 0 else "in a day" if days == 1 else f"in {days} days"
    return f"{when} the program may remove it: it does not see that it is used"


def _move(evidence: Evidence) -> str:
    direction = "to" if evidence.get("from_here") else "from"
    return f"{evidence.get('note')} {direction} {evidence.get('other_directory')}: {evidence.get('state')}"


def _unused(evidence: Evidence) -> str:
    return "nothing uses it by the name that it has"


def _rot(evidence: Evidence) -> str:
    return "size and time are as before, the bytes are not"


_WORDS: dict[str, Callable[[Evidence], str]] = {
    "missing_file": _missing,
    "path_mismatch": _moved,
    "orphan_file": _orphan,
    "content_changed": _sizes,
    "suspected_rot": _rot,
    "size_mismatch": _recorded,
    "duplicate_content": _copies,
    "duplicate_filename": _instances,
    "sync_conflict_copy": _conflict_copy,
    "stale_temp": _temporary,
    "totals_wrong": _totals,
    "cloned_storage": _clones,
    "session_drift": _drift,
    "storage_id_mismatch": _identities,
    "registered_elsewhere": _listed,
    "unknown_version": _version,
    "index_bad_entry": _bad_entry,
    "index_duplicate_key": _repeated,
    "unsafe_path": _unsafe,
    "missing_reference": _uses,
    "name_mismatch": _other_content,
    "cleanup_risk": _at_risk,
    "random_name": _unused,
    "interrupted_move": _move,
}
