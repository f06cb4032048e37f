"""Which of a conflict's paths a choice can mean, where there are several. Pure."""

from dataclasses import dataclass
from typing import Any

from inspector.model.records import Conflict
from inspector.model.relpath import join_path, split_path

_ALIKE_NAMES = frozenset({"duplicate_filename", "unicode_twin", "case_twin"})
_MOVES = frozenset({"update_index", "move_back", "treat_as_copy"})
_MOST_PAIRS = 200


@dataclass(frozen=True, slots=True)
class PathQuestion:
    """What is asked, the paths to choose from, and what no path at all means, empty where one has to be named."""

    title: str
    paths: tuple[str, ...]
    usual: str = ""
    must_be_named: bool = False
    """Whether it is asked where there is one path only, too."""


def path_question(conflict: Conflict, choice: str) -> PathQuestion | None:
    """What has to be asked before this choice can be staged; None where it can mean one thing only."""
    question = _question(conflict, choice)
    if question is None or not question.paths:
        return None
    is_clear = len(question.paths) + bool(question.usual) < 2 and not question.must_be_named
    return None if is_clear else question


def _question(conflict: Conflict, choice: str) -> PathQuestion | None:
    kind = conflict.kind
    if kind == "duplicate_content" and choice == "keep_one":
        here, everywhere = _copies(conflict, "copies"), conflict.evidence.get("copies") or ()
        is_several = len({copy.get("storage") for copy in everywhere}) < len(everywhere)
        if is_several:
            return PathQuestion("Which copy stays?", here, "the best copy in each storage")
        return PathQuestion("Which copy stays, and no other?", here, must_be_named=True)
    if kind in _ALIKE_NAMES and choice in {"rename", "quarantine"}:
        asked = "Which one is renamed?" if choice == "rename" else "Which one goes to quarantine?"
        return PathQuestion(asked, conflict.paths)
    if choice == "attach" and conflict.paths:
        folder = split_path(conflict.paths[0])[0]
        names = _texts(conflict.evidence.get("candidates"))
        return PathQuestion("Which picture does it belong to?", tuple(join_path(folder, name) for name in names))
    if kind == "path_mismatch" and choice in _MOVES:
        old, new = (_texts(conflict.evidence.get(key)) for key in ("old_paths", "new_paths"))
        if len(old) > 1 and len(new) > 1:
            pairs = tuple(f"{one} -> {other}" for one in old for other in new)
            usual = "each to the new one of its name, or in order" if len(old) == len(new) else ""
            return PathQuestion("Which move is meant?", pairs[:_MOST_PAIRS], usual)
        if len(new) > 1:
            return PathQuestion("Which new path is meant?", new)
        return PathQuestion("Which old path is meant?", old)
    if kind == "missing_file" and choice == "relink":
        return PathQuestion("Which file has taken its place?", _copies(conflict, "same_content_at"))
    return None


def _copies(conflict: Conflict, key: str) -> tuple[str, ...]:
    """The paths in the conflict's own storage among the copies that the evidence names."""
    copies: Any = conflict.evidence.get(key) or ()
    return tuple(copy["path"] for copy in copies if copy.get("storage") == conflict.storage_id)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()
