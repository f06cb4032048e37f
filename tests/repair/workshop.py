"""What the tests of histories share: batches applied, taken back and cut short, in a storage of a few files."""

import json
import os
from collections.abc import Collection
from pathlib import Path

from inspector.model.operations import ABSENT, Edit, FileState, MovePath, Operation, Quarantine, WriteDocument
from inspector.model.plan import ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair.apply import BatchApplier, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.journal import finish_batch
from inspector.repair.keeping import KeptAt, places_of
from inspector.repair.kept_versions import digest_text
from inspector.repair.undo import undo_plan


class Workshop:
    """A storage ``s`` of some pictures and an index, a state folder, and what is done with them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "storage"
        self.state = folder / "state"
        self.state.mkdir(parents=True)
        self.root.mkdir()
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            (self.root / name).write_bytes(f"content of {name}".encode())
            os.utime(self.root / name, ns=(10**18 + 7, 10**18 + 7))
        index = {"files": {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}, "list": ["one", "two", "three"]}
        (self.root / "index.json").write_text(json.dumps(index, indent=2))

    @property
    def index(self) -> dict[str, object]:
        """The index as it is now."""
        values: dict[str, object] = json.loads((self.root / "index.json").read_text())
        return values

    @property
    def places(self) -> list[KeptAt]:
        """Where things of the storage are kept."""
        return places_of({"s": str(self.root)}, self.state)

    def seen(self, path: str) -> FileState:
        """What a plan expects of a file."""
        status = (self.root / path).stat()
        return FileState(status.st_size, status.st_mtime_ns, status.st_ino)

    def move(self, source: str, target: str) -> MovePath:
        """Move a file."""
        return MovePath(source, target, self.seen(source))

    def take_away(self, path: str) -> Quarantine:
        """Take a file into quarantine."""
        return Quarantine(path, self.seen(path))

    def edit(self, *where: str | int, value: object = ABSENT, was: object = ABSENT) -> WriteDocument:
        """One edit of the index."""
        digest = digest_text((self.root / "index.json").read_bytes())
        return WriteDocument("index.json", digest, (Edit(where, value, was),))

    def plan(self, *items: tuple[Operation, ...]) -> Plan:
        """A plan with these items, numbered from 1."""
        made = tuple(
            PlanItem(number, "s", f"c{number}", "kind", "choice", f"item {number}", "R2", operations)
            for number, operations in enumerate(items, 1)
        )
        return Plan("p", "2024-01-01T00:00:00Z", {"s": str(self.root)}, made)

    def apply(self, plan: Plan, undo_of: str | None = None, *, end: bool = True) -> str:
        """Apply a plan and return the batch's id; without `end` the program seems to have been ended after it."""
        batch = new_batch_id()
        journal = begin_batch(self.state, batch, plan, undo_of=undo_of)
        try:
            BatchApplier(self.state, journal, "s", str(self.root)).apply(plan.items, Progress())
            if end:
                finish_batch(journal, "done")
        finally:
            journal.close()
        return batch

    def undo(self, batch: str, items: Collection[int] | None = None) -> str:
        """Take a batch back, and return the batch that did."""
        return self.apply(undo_plan(self.state, batch, items), undo_of=batch)

    def picture(self) -> dict[str, tuple[bytes, int]]:
        """Every file outside the inspector's own folder, with its bytes and time, and every folder."""
        return {
            str(path.relative_to(self.root)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".inspector/" not in str(path)
        }


DONE, UNDONE, REFUSED = ItemState.DONE, ItemState.UNDONE, ItemState.REFUSED
