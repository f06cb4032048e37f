"""What conflicts say, put so that two catalogs can be compared of which only one has seen the files before."""

from collections.abc import Iterator

from inspector.model.records import Conflict
from inspector.scenarios.imalink import MASTER

LOST, FOUND, REMEMBERED = "lost", "found", "remembered"


def facts_of(conflicts: dict[str, Conflict]) -> Iterator[tuple[str, ...]]:
    """What conflicts say that a catalog without a memory has to say too, or may say (after `REMEMBERED`).

    A memory tells better which new file is which lost one, so of what is lost and found only the paths are compared;
    where no whole index says what is listed, all of that is memory's. And what is known to be edited is to a memory of
    no other size than recorded.
    """
    of_documents = {"index_unparsable", "missing_document"}
    no_index = {one.storage_id for one in conflicts.values() if one.kind in of_documents and MASTER in one.paths}
    for conflict in conflicts.values():
        yield from _facts(conflict, indexed=conflict.storage_id not in no_index)


def _facts(conflict: Conflict, *, indexed: bool) -> Iterator[tuple[str, ...]]:
    evidence, storage, paths = conflict.evidence, conflict.storage_id, conflict.paths
    layers = evidence.get("layers", ())
    from_memory = not indexed or ("memory" in layers and (len(layers) == 1 or conflict.kind == "path_mismatch"))
    if conflict.kind in {"content_changed", "suspected_rot"}:
        yield REMEMBERED, "size_mismatch", storage, conflict.subject
    elif conflict.kind in {"missing_file", "path_mismatch"}:
        moved = conflict.kind == "path_mismatch"
        before = (REMEMBERED,) * from_memory
        yield from ((*before, LOST, storage, path) for path in (evidence["old_paths"] if moved else [conflict.subject]))
        yield from ((*before, FOUND, storage, path) for path in (evidence["new_paths"] if moved else ()))
    elif conflict.kind == "orphan_file":
        yield FOUND, storage, conflict.subject
    elif conflict.kind == "size_mismatch":
        yield conflict.kind, storage, conflict.subject
    else:
        yield from [(FOUND, storage, paths[0])] if conflict.kind == "sync_conflict_copy" else ()
        yield conflict.kind, storage, conflict.id, conflict.label
