"""Which paths of a conflict a decision may name, and which old path of a move goes to which new one; pure."""

from collections.abc import Sequence
from typing import Any

from inspector.model.records import Conflict
from inspector.model.relpath import join_path, split_path

_MOVES = frozenset({"update_index", "move_back", "treat_as_copy"})
_TWINS = frozenset({"duplicate_filename", "unicode_twin", "case_twin"})
_SIDECARS = frozenset({"orphan_sidecar", "ambiguous_sidecar"})


def meant_paths(conflict: Conflict, choice: str) -> tuple[str, ...]:
    """What a decision for `choice` may name as its path, as it has to be written; nothing where it means the whole.

    The pairs of an ambiguous move come after its single paths.
    """
    kind = conflict.kind
    if kind == "duplicate_content" and choice == "keep_one":
        return _copies(conflict, "copies")
    if kind == "missing_file" and choice == "relink":
        return _copies(conflict, "same_content_at")
    if kind in _TWINS and choice in {"rename", "quarantine"}:
        return conflict.paths
    if kind in _SIDECARS and choice == "attach" and conflict.paths:
        folder = split_path(conflict.paths[0])[0]
        return tuple(join_path(folder, name) for name in _texts(conflict, "candidates"))
    if kind == "path_mismatch" and choice in _MOVES:
        old, new = _texts(conflict, "old_paths"), _texts(conflict, "new_paths")
        pairs = (pair_name(one, other) for one in old for other in new) if len(old) > 1 and len(new) > 1 else ()
        return *new, *old, *pairs
    return ()


def pair_name(old: str, new: str) -> str:
    """How a decision names both ends of a move."""
    return f"{old} -> {new}"


def moves_meant(
    old: Sequence[str], new: Sequence[str], named: str = "", *, proven: bool = True
) -> list[tuple[str, str]]:
    """The moves from `old` to `new` paths that a decision means; none where that cannot be told.

    `proven` says that all paths have the same content. Then of as many old as new ones those go together that have the
    same file name, and the others in the order of their paths. `named` is one path, whose move is meant, or a pair as
    `pair_name` has it.
    """
    if not proven and len(old) > 1 and len(new) > 1:
        return [pair for pair in _all_pairs(old, new) if pair_name(*pair) == named]
    if not named:
        return _matched(old, new) if len(old) == len(new) else []
    pairs = _all_pairs(old, new)
    exact = [pair for pair in pairs if pair_name(*pair) == named]
    possible = exact or [pair for pair in pairs if named in pair]
    if len(possible) < 2:
        return possible
    together = _matched(old, new) if len(old) == len(new) else _of_one_name(old, new)
    return [pair for pair in possible if pair in together]


def _all_pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    return [(one, other) for one in old for other in new]


def _matched(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    pairs = _of_one_name(old, new)
    left = sorted(set(old) - {one for one, _ in pairs}), sorted(set(new) - {other for _, other in pairs})
    return sorted([*pairs, *zip(*left, strict=True)])


def _of_one_name(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of the same file name that no other path has."""
    return [
        (one, other)
        for one, other in _all_pairs(old, new)
        if _name(one) == _name(other) and _count(_name(one), old) == _count(_name(one), new) == 1
    ]


def _name(path: str) -> str:
    return split_path(path)[1]


def _count(name: str, paths: Sequence[str]) -> int:
    return sum(_name(path) == name for path in paths)


def _copies(conflict: Conflict, member: str) -> tuple[str, ...]:
    copies: Any = conflict.evidence.get(member) or ()
    return tuple(copy["path"] for copy in copies if copy.get("storage") == conflict.storage_id)


def _texts(conflict: Conflict, member: str) -> tuple[str, ...]:
    values: Any = conflict.evidence.get(member) or ()
    return tuple(value for value in values if isinstance(value, str))
