"""Plans of many items, applied in a process of their own."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from inspector.layouts.imalink import (
    ImaLinkLayout,
    repair_totals,  # noqa: F401 - a plan is made with it, so it is imported by then
)
from inspector.layouts.imalink.names import MASTER
from inspector.model.operations import Edit, FileState, MovePath, Operation, WriteDocument
from inspector.model.plan import ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair.apply import BatchApplier, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.journal import BatchWriter, finish_batch
from inspector.repair.kept_versions import digest_text

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

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


def apply(plan: Plan, state: Path) -> tuple[int, float]:
    """Apply a plan, with its journal: how many items were done, and the seconds that went into the journal."""
    ((storage, root),) = plan.roots.items()
    with _journal_clock() as clock:
        journal = clock.timed(begin_batch)(state, new_batch_id(), plan)
        results = BatchApplier(state, journal, storage, root, ImaLinkLayout()).apply(plan.items, Progress())
        finish_batch(journal, "done")
        journal.close()
    return sum(result.state is ItemState.DONE for result in results), clock.seconds


class _Clock:
    """Adds up the seconds of calls; of calls within calls the outer one counts."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._runs = False

    def timed(self, function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        """The same function, timed."""

        def run(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
            if self._runs:
                return function(*arguments, **options)
            self._runs, began = True, perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self._runs = False
                self.seconds += perf_counter() - began

        return run


@contextmanager
def _journal_clock() -> Iterator[_Clock]:
    """A clock for all that is encoded, written and flushed for the journal."""
    clock = _Clock()
    with (
        patch.object(BatchWriter, "append", clock.timed(BatchWriter.append)),
        patch.object(BatchWriter, "sync", clock.timed(BatchWriter.sync)),
    ):
        yield clock


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
