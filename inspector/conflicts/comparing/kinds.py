"""From a conflict to its comparison: which builder makes the sides of its kind, and what is put together from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.conflicts.comparing import file_kinds, layer_kinds, sidecar_kinds
from inspector.conflicts.comparing.case import Case, Extras
from inspector.conflicts.comparing.documents import Place, compare_documents, document_format
from inspector.conflicts.comparing.file_fields import file_fields
from inspector.conflicts.comparing.looking import Looker
from inspector.conflicts.comparing.rows import excerpts
from inspector.model.comparison import Comparison, Field, Lacking, Side, Unit, Value, agreement
from inspector.model.display import human_seconds
from inspector.model.records import Conflict

__all__ = ["Extras", "compare"]

_GROUP_OF_THE_REST = "evidence"
_MOST_EVIDENCE = 40


def compare(conflict: Conflict, look: Looker, extras: Extras) -> Comparison:
    """The comparison of a conflict. It takes as long as its pictures and documents take to be read.

    Raises:
        CancelledByUserError: when the progress of `look` was cancelled.
    """
    case = Case(conflict, look, extras)
    _BUILDERS.get(conflict.kind, _anything)(case)
    _documents(case)
    fields = [_for_all(field, len(case.sides)) for field in case.fields]
    fields = [*file_fields(case.sides, look.storages, case.file_rows), *fields]
    return Comparison(
        conflict.id,
        conflict.kind,
        conflict.storage_id,
        conflict.label,
        tuple(case.sides),
        tuple(_in_groups(fields)),
        case.more_differ,
        case.more_agree,
        case.more_sides,
        tuple(case.notes),
        look.stale,
        case.more_unknown,
    )


def _documents(case: Case) -> None:
    """Compare the sides that are documents field by field."""
    places: list[Place | None] = [None] * len(case.sides)
    formats = [""] * len(case.sides)
    for number in case.documents:
        side = case.sides[number]
        storage = case.look.storages.get(side.storage_id)
        formats[number] = document_format(side.path, owned=case.is_owned(side.path))
        if storage is not None and side.present and formats[number] and case.look.may_read(side):
            places[number] = Place(storage.root, side.path, side.size)
    if not any(places):
        return
    found = compare_documents(places, formats, case.look.progress)
    case.fields += found.fields
    case.more_differ += found.more_differ
    case.more_agree += found.more_agree
    case.more_unknown += found.more_unknown
    for number, notes in enumerate(found.notes):
        if notes:
            case.sides[number] = replace(case.sides[number], notes=(*case.sides[number].notes, *notes))


def _for_all(field: Field, sides: int) -> Field:
    """The field with values for sides too that were added after it was made."""
    lacking = sides - len(field.values)
    if lacking <= 0:
        return field
    marks = (*field.marks, *([None] * lacking)) if field.marks else ()
    values = (*field.values, *([Lacking.UNKNOWN] * lacking))
    return replace(field, values=values, marks=marks, agree=None if field.agree else field.agree)


def _in_groups(fields: Sequence[Field]) -> list[Field]:
    """The fields of one group beside one another, groups in the order in which they came."""
    groups = dict.fromkeys(field.group for field in fields)
    return [field for group in groups for field in fields if field.group == group]


def _anything(case: Case) -> None:
    """Whatever the conflict's paths are: each on disk, what the layers state of the first, and its evidence."""
    paths = case.conflict.paths
    if len(paths) == 1:
        case.add_statements(paths[0])
    title = "on disk" if len(paths) == 1 else "file"
    for count, path in enumerate(paths, 1):
        case.add_file(path, title if len(paths) == 1 else f"{title} {count}")
    if not case.sides:
        case.add(Side("evidence", case.storage_id))
    _add_evidence(case)


def _add_evidence(case: Case) -> None:
    """A row for each part of the evidence, in the column of what is on disk."""
    for name, value in _flat(case.conflict.evidence):
        values: list[Value] = [Lacking.UNKNOWN] * len(case.sides)
        values[-1] = excerpts((value,))[0]
        unit = Unit.TIME if name.endswith("_ns") and isinstance(value, int) else Unit.JSON
        if name.endswith("_seconds") and isinstance(value, int):
            values[-1], unit = human_seconds(value), Unit.TEXT
        label = name.removesuffix("_ns").removesuffix("_seconds").replace("_", " ")
        case.fields.append(Field(_GROUP_OF_THE_REST, label, tuple(values), agreement(values), unit))


def _flat(evidence: Mapping[str, Any]) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in evidence.items():
        if isinstance(value, Mapping):
            flat += [(f"{name}.{inner}", one) for inner, one in value.items()]
        elif value is not None and name != "document":
            flat.append((name, value))
    return flat[:_MOST_EVIDENCE]


_BUILDERS: dict[str, Callable[[Case], None]] = {
    **dict.fromkeys(
        (
            *("missing_file", "orphan_file", "content_changed", "suspected_rot", "size_mismatch", "empty_file"),
            *("undecodable_image", "unreadable_file", "unstable_file"),
        ),
        file_kinds.recorded_and_actual,
    ),
    "path_mismatch": file_kinds.moved,
    "duplicate_content": file_kinds.copies,
    **dict.fromkeys(("duplicate_filename", "unicode_twin", "case_twin"), file_kinds.alike_in_name),
    "sync_conflict_copy": file_kinds.conflict_copy,
    "stale_temp": file_kinds.left_over,
    **dict.fromkeys(("orphan_sidecar", "ambiguous_sidecar", "double_sidecar"), sidecar_kinds.sidecars),
    "session_drift": layer_kinds.session_drift,
    "totals_wrong": layer_kinds.totals,
    "storage_id_mismatch": layer_kinds.identities,
    "index_bad_entry": layer_kinds.bad_entry,
    "unsafe_path": layer_kinds.unsafe_path,
    "index_duplicate_key": layer_kinds.repeated_entries,
    "unknown_version": layer_kinds.version,
    "cloned_storage": layer_kinds.clones,
}
"""The builder of each kind; kinds that are not here have the general one."""
