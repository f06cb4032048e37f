"""The sides of conflicts about files: lost, moved, altered, twice, or alike in name."""

import unicodedata

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflicts import all_conflicts
from inspector.conflicts.comparing.candidates import add_candidates, neighbours_session
from inspector.conflicts.comparing.case import Case
from inspector.conflicts.comparing.file_fields import same_file_fields
from inspector.conflicts.comparing.statements import session_title
from inspector.model.comparison import LAYERS, Field, Lacking, Side, agreement, differing_part
from inspector.model.relpath import split_path

_MOST_MOVES = 5_000


def recorded_and_actual(case: Case) -> None:
    """What is stated of the file, the file itself, and where its recorded content is to be had."""
    path = case.conflict.path or case.conflict.subject
    stated = case.add_statements(path)
    missing = case.conflict.kind == "missing_file"
    number = case.add_file(path, "on disk", expected_gone=missing)
    actual = case.sides[number] if number is not None else None
    if case.conflict.kind == "orphan_file":
        if not stated:
            case.sides.insert(0, Side("no index lists it", case.storage_id, path, present=False))
        add_candidates(case, path, actual or Side(""))
        _guess_session(case, path)
        return
    wanted = _wanted(case, stated)
    if wanted is not None:
        add_candidates(case, path, wanted)


def _wanted(case: Case, stated: int) -> Side | None:
    """What content is missed: the one with a digest if any statement has one."""
    sides = case.sides[:stated]
    return next((side for side in sides if side.digest), sides[0] if sides else None)


def _guess_session(case: Case, path: str) -> None:
    session = neighbours_session(case, path)
    if session:
        title = session_title(case.look.connection, case.storage_id, session)
        values = tuple(
            f"{session} {title}".strip() if side.is_file and side.path == path else Lacking.UNKNOWN
            for side in case.sides
        )
        case.fields.append(Field(LAYERS, "session of its neighbours", values, agreement(values)))


def moved(case: Case) -> None:
    """The recorded paths beside those where the content is now."""
    old, new = case.texts("old_paths"), case.texts("new_paths")
    for path in old:
        if not case.add_statements(path):
            case.add(Side("recorded", case.storage_id, path, present=True))
    case.add_files(new, lambda count: "now at" if len(new) == 1 else f"now at, {count}")
    same = case.evidence("same")
    case.notes.append(f"the same {same}" + (": a likeness, and no proof" if same == "size, time and name" else ""))
    if len(old) == len(new) == 1:
        _count_alike(case, old[0], new[0])


def _count_alike(case: Case, old: str, new: str) -> None:
    """Say how many other files moved from the same place to the same place."""
    prefixes = _prefixes(old, new)
    alike = 0
    chosen = ConflictFilter((case.storage_id,), ("path_mismatch",), settled=None)
    for number, other in enumerate(all_conflicts(case.look.connection, chosen)):
        paths = other.evidence.get("old_paths"), other.evidence.get("new_paths")
        if number >= _MOST_MOVES:
            break
        if other.id != case.conflict.id and all(isinstance(one, list) and len(one) == 1 for one in paths):
            alike += _prefixes(str(paths[0][0]), str(paths[1][0])) == prefixes  # type: ignore[index]
    if alike:
        files = "1 other file" if alike == 1 else f"{alike:,} other files"
        case.notes.append(f"{files} moved likewise: {prefixes[0] or '.'} -> {prefixes[1] or '.'}")


def _prefixes(old: str, new: str) -> tuple[str, str]:
    """The folders that tell the two paths apart."""
    _, end = differing_part((old, new), "/")
    return split_path(old[: len(old) - end].rstrip("/") + "/")[0], split_path(new[: len(new) - end].rstrip("/") + "/")[
        0
    ]


def copies(case: Case) -> None:
    """Every copy of one content, in whatever storage."""
    found = [one for one in case.evidence("copies", ()) if isinstance(one, dict)]
    several = len({one.get("storage") for one in found}) > 1
    for count, one in enumerate(found, 1):
        storage = str(one.get("storage"))
        where = f" in {case.storage_name(storage)}" if several else ""
        case.add_file(str(one.get("path")), f"copy {count}{where}", storage)
    case.fields += same_file_fields(case.sides, [case.look.inode(side) for side in case.sides])


def alike_in_name(case: Case) -> None:
    """Files that share a name, or nearly do."""
    case.add_files(case.conflict.paths, lambda count: f"file {count}")
    if case.conflict.kind == "unicode_twin":
        forms = tuple(_form(split_path(side.path)[1]) for side in case.sides)
        case.fields.append(Field("file", "Unicode form", forms, agreement(forms)))


def _form(name: str) -> str:
    if not any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        for form in ("NFC", "NFD"):
            if unicodedata.is_normalized(form, name):
                return "composed (NFC)" if form == "NFC" else "decomposed (NFD)"
    return "neither"


def conflict_copy(case: Case) -> None:
    """The original beside the copy that a sync program kept."""
    paths = case.conflict.paths
    if len(paths) > 1:
        case.add_file(paths[1], "original")
    else:
        folder = split_path(paths[0])[0]
        name = str(case.evidence("original", ""))
        case.add_file(f"{folder}/{name}" if folder else name, "original", expected_gone=True)
    when = str(case.evidence("when") or "").replace("T", " ")
    parts = [str(part) for part in (case.evidence("device"), when) if part]
    case.add_file(paths[0], f"copy of {', '.join(parts)}" if parts else "copy")
    case.documents = list(range(len(case.sides)))
    if case.evidence("provider"):
        case.notes.append(f"kept by {case.evidence('provider')}")
    if case.evidence("deletion_propagates"):
        case.notes.append("deleting the copy deletes the original on the other machines")


def left_over(case: Case) -> None:
    """A temporary file beside the file it was to become."""
    path = case.conflict.path
    if path is None:
        case.notes.append("it lies outside the storage")
        return
    case.add_file(path, "left over")
    target = path.rpartition(".")[0]
    if case.is_owned(path) or case.evidence("target_present"):
        case.add_file(target, "what it was to become")
    case.documents = list(range(len(case.sides)))
