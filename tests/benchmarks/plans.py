"""Plans of many items, applied in a process of their own."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from inspector.layouts.imalink import (
    ImaLinkLayout,
    repair_totals,  # noqa: F401 - a plan is made with it, so it is imported by then
)
from inspector.layouts.imalink.names import MASTER
from inspector.model.operations import Edit, FileState, MovePath, Operation, WriteDocument
from inspector.model.plan import ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair.apply import BatchApplier, begin_batch, new_batch_id
from inspector.repair.documents import digest_text
from inspector.repair.journal import finish_batch

_DIGEST = "0" * 32


def moves_of(root: Path) -> Plan:
    """Every file of ``here`` into ``there``."""
    return _plan(root, _moves(root))


def edits_of(root: Path) -> Plan:
    """Another path for every entry of an index."""
    data = (root / MASTER).read_bytes()
    digest = digest_text(data)
    entries = json.loads(data)["files"]
    found = ((key, str(entry["relative_path"])) for key, entry in entries.items())
    edits = (Edit(("files", key, "relative_path"), path.swapcase(), path) for key, path in found)
    return _plan(root, (WriteDocument(MASTER, digest, (edit,)) for edit in edits))


def apply(plan: Plan, state: Path) -> int:
    """Apply a plan, with its journal; how many items were done."""
    ((storage, root),) = plan.roots.items()
    journal = begin_batch(state, new_batch_id(), plan)
    results = BatchApplier(state, journal, storage, root, ImaLinkLayout()).apply(plan.items, Progress())
    finish_batch(journal, "done")
    journal.close()
    return sum(result.state is ItemState.DONE for result in results)


def _moves(root: Path) -> Iterator[MovePath]:
    with os.scandir(root / "here") as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            status = entry.stat()
            expected = FileState(status.st_size, status.st_mtime_ns, status.st_ino, _DIGEST)
            yield MovePath(f"here/{entry.name}", f"there/{entry.name}", expected)


def _plan(root: Path, operations: Iterable[Operation]) -> Plan:
    items = (
        PlanItem(number, "storage", f"{number:016x}", "kind", "choice", f"item {number}", "R2", (operation,))
        for number, operation in enumerate(operations, 1)
    )
    return Plan("plan", "2024-01-01T00:00:00Z", {"storage": str(root)}, tuple(items))
