"""Applying plans: what is done, what is refused, what the journal knows, and what an interruption leaves."""

import json
import os
from pathlib import Path

import pytest

from inspector.fs.system import use_system
from inspector.model.operations import CopyPath, Edit, FileState, MovePath, Operation, Quarantine, WriteDocument
from inspector.model.plan import ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair.apply import BatchApplier, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.journal import read_batch
from inspector.repair.kept_versions import digest_text
from inspector.repair.manifest import Manifest
from inspector.repair.recovery import settle_interrupted
from inspector.repair.store import place_for
from tests.fs.fault_system import FaultSystem, PowerCut


class Storage:
    """A storage of a few files and a document, a state folder, and plans over them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "storage"
        self.state = folder / "state"
        self.state.mkdir()
        (self.root / "sub").mkdir(parents=True)
        for name in ("a.jpg", "b.jpg", "c.jpg", "sub/copy of c.jpg"):
            (self.root / name).write_bytes(b"content of c" if "c.jpg" in name else name.encode())
            os.utime(self.root / name, ns=(10**18 + 7, 10**18 + 7))
        (self.root / "index.json").write_text(
            json.dumps({"files": {"a": "a.jpg", "b": "b.jpg"}, "other": [1, 2]}, indent=2)
        )

    def state_of(self, path: str) -> FileState:
        """What a plan expects of a file."""
        status = (self.root / path).stat()
        return FileState(status.st_size, status.st_mtime_ns, status.st_ino)

    def write(self, *edits: Edit) -> WriteDocument:
        """Edits of the index."""
        return WriteDocument("index.json", digest_text((self.root / "index.json").read_bytes()), edits)

    def plan(self, *items: tuple[Operation, ...]) -> Plan:
        """A plan with these items."""
        made = tuple(
            PlanItem(number, "s", f"c{number}", "kind", "choice", f"item {number}", "R2", operations)
            for number, operations in enumerate(items, 1)
        )
        return Plan("p", "2024-01-01T00:00:00Z", {"s": str(self.root)}, made)

    def every_operation(self) -> Plan:
        """A plan with an operation of every kind, some of them belonging together."""
        return self.plan(
            (
                MovePath("a.jpg", "new/place/a.jpg", self.state_of("a.jpg")),
                self.write(Edit(("files", "a"), "new/place/a.jpg", "a.jpg")),
            ),
            (Quarantine("sub/copy of c.jpg", self.state_of("sub/copy of c.jpg"), "c.jpg"),),
            (CopyPath("b.jpg", "b again.jpg", self.state_of("b.jpg")),),
        )

    def apply(self, plan: Plan) -> tuple[str, dict[int, ItemState]]:
        """Apply a plan; the batch's id and what became of its items."""
        batch = new_batch_id()
        journal = begin_batch(self.state, batch, plan)
        try:
            results = BatchApplier(self.state, journal, "s", str(self.root)).apply(plan.items, Progress())
            journal.append({"record": "end", "state": "done"})
            journal.sync()
        finally:
            journal.close()
        return batch, {result.number: result.state for result in results}

    def picture(self) -> dict[str, tuple[bytes, int]]:
        """Every file outside the inspector's own folder, with its bytes and time."""
        return {
            str(path.relative_to(self.root)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".inspector" not in str(path.relative_to(self.root))
        }


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A storage to repair."""
    return Storage(tmp_path)


def test_every_kind_of_operation_does_what_it_says(storage: Storage) -> None:
    _, states = storage.apply(storage.every_operation())
    assert set(states.values()) == {ItemState.DONE}
    assert set(storage.picture()) == {"new/place/a.jpg", "b.jpg", "b again.jpg", "c.jpg", "index.json"}
    index = json.loads((storage.root / "index.json").read_text())
    assert index == {"files": {"a": "new/place/a.jpg", "b": "b.jpg"}, "other": [1, 2]}


def test_what_is_taken_away_lies_in_quarantine_with_its_name_and_content(storage: Storage) -> None:
    batch, _ = storage.apply(storage.plan((Quarantine("b.jpg", storage.state_of("b.jpg")),)))
    place = place_for(str(storage.root), "s", storage.state)
    (entry,) = Manifest(place).entries()
    assert (entry.path, entry.batch, Path(entry.stored_at).read_bytes()) == ("b.jpg", batch, b"b.jpg")
    assert Path(entry.stored_at).stat().st_mtime_ns == 10**18 + 7


def test_a_file_that_changed_since_the_plan_is_refused_and_the_rest_goes_on(storage: Storage) -> None:
    plan = storage.every_operation()
    (storage.root / "a.jpg").write_bytes(b"edited meanwhile")
    _, states = storage.apply(plan)
    assert states == {1: ItemState.REFUSED, 2: ItemState.DONE, 3: ItemState.DONE}
    assert (storage.root / "a.jpg").read_bytes() == b"edited meanwhile"
    assert json.loads((storage.root / "index.json").read_text())["files"]["a"] == "a.jpg"


def test_a_copy_that_is_none_any_more_is_not_taken_away(storage: Storage) -> None:
    plan = storage.every_operation()
    path = storage.root / "c.jpg"
    path.write_bytes(b"another one!")
    os.utime(path, ns=(10**18 + 7, 10**18 + 7))
    _, states = storage.apply(plan)
    assert states[2] is ItemState.REFUSED
    assert (storage.root / "sub/copy of c.jpg").exists()


def test_an_edit_that_cannot_be_made_takes_its_files_move_back(storage: Storage) -> None:
    plan = storage.every_operation()
    index = storage.root / "index.json"
    index.write_text(index.read_text().replace('"a.jpg"', '"elsewhere.jpg"'))
    _, states = storage.apply(plan)
    assert states[1] is ItemState.REFUSED
    assert (storage.root / "a.jpg").exists()
    assert not (storage.root / "new").exists()


def test_nothing_is_ever_overwritten(storage: Storage) -> None:
    plan = storage.plan((MovePath("a.jpg", "b.jpg", storage.state_of("a.jpg")),))
    before = storage.picture()
    _, states = storage.apply(plan)
    assert states == {1: ItemState.REFUSED}
    assert storage.picture() == before


def test_after_a_power_cut_at_any_call_every_item_is_as_before_or_as_after(tmp_path: Path) -> None:
    survived = 0
    for number in range(1, 2000):
        storage = Storage(_fresh(tmp_path / str(number)))
        before = storage.picture()
        plan = storage.every_operation()
        faults = FaultSystem(cut_at=number, graveyard=tmp_path / str(number) / "graveyard")
        try:
            with use_system(faults):
                storage.apply(plan)
        except PowerCut:
            survived += 1
        else:
            break
        (batch,) = [path.stem for path in (storage.state / "journal").glob("*.jsonl")] or [""]
        if batch and (records := read_batch(storage.state, batch)):
            settle_interrupted(storage.state, records)
        _assert_settled(storage, before, number)
    assert survived > 50


def _fresh(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _assert_settled(storage: Storage, before: dict[str, tuple[bytes, int]], number: int) -> None:
    after = storage.picture()
    index = json.loads(after["index.json"][0])["files"]["a"]
    moved = "new/place/a.jpg" in after
    assert moved != ("a.jpg" in after), number
    assert index == ("new/place/a.jpg" if moved else "a.jpg"), number
    assert after["c.jpg"] == before["c.jpg"]
    assert after["b.jpg"] == before["b.jpg"]
    if "sub/copy of c.jpg" not in after:
        entries = list(Manifest(place_for(str(storage.root), "s", storage.state)).entries())
        assert [entry.path for entry in entries] == ["sub/copy of c.jpg"], number
