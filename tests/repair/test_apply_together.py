"""Applying many items together: groups, totals that follow, stopping in between, copies in another storage."""

import errno
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from inspector.fs.system import use_system
from inspector.layouts.imalink import ImaLinkLayout
from inspector.model.errors import StorageLockedError
from inspector.model.operation_codec import decode_item, decode_operation, encode_operation
from inspector.model.operations import ABSENT, Edit, FileState, MovePath, Operation, Quarantine, WriteDocument
from inspector.model.plan import ItemResult, ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair import documents
from inspector.repair.apply import BatchApplier, Check, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.journal import finish_batch, read_batch
from inspector.repair.journal import results as recorded_results
from inspector.repair.kept_versions import digest_text
from inspector.repair.manifest import Manifest
from inspector.repair.records import ways_back
from inspector.repair.recovery import settle_interrupted
from inspector.repair.store import place_for
from tests.fs.fault_system import FaultSystem, Loss, PowerCut

MASTER, SIGNATURE = "imalink-master.json", ".imalink-storage"
COUNT = 12


class Archive:
    """A storage with an index, a signature and some pictures; plans over it, applied with the totals settled."""

    def __init__(self, folder: Path, files: int = COUNT) -> None:
        self.root, self.state = folder / "root", folder / "state"
        (self.root / "in").mkdir(parents=True)
        self.state.mkdir()
        self.names = [f"{number:05d}.jpg" for number in range(files)]
        for name in self.names:
            (self.root / "in" / name).write_bytes(name.encode())
        entries = {name: {"relative_path": f"in/{name}", "file_size": 9} for name in self.names}
        index = {"index_version": "1.0", "indexed_at": "2020-01-01T00:00:00Z", "total_files": files, "files": entries}
        self.write(MASTER, {**index, "total_size_bytes": 9 * files})
        signature = {"imalink_storage_version": "1.0", "photo_count": files, "total_size_bytes": 9 * files}
        self.write(SIGNATURE, {**signature, "last_indexed": "2019-12-31T00:00:00Z"})

    def write(self, path: str, value: Any) -> None:
        (self.root / path).write_text(json.dumps(value, indent=2))
        os.utime(self.root / path, ns=(10**18, 10**18))

    def read(self, path: str) -> Any:
        return json.loads((self.root / path).read_bytes())

    def expected(self, path: str) -> FileState:
        status = (self.root / path).stat()
        return FileState(status.st_size, status.st_mtime_ns, status.st_ino)

    def edit(self, *edits: Edit) -> WriteDocument:
        return WriteDocument(MASTER, digest_text((self.root / MASTER).read_bytes()), edits)

    def drop(self, name: str) -> tuple[Operation, ...]:
        """Take a picture away, and its entry."""
        edit = Edit(("files", name), ABSENT, {"relative_path": f"in/{name}", "file_size": 9})
        return Quarantine(f"in/{name}", self.expected(f"in/{name}")), self.edit(edit)

    def move(self, name: str) -> tuple[Operation, ...]:
        """Move a picture, and its entry."""
        edit = Edit(("files", name, "relative_path"), f"out/{name}", f"in/{name}")
        return MovePath(f"in/{name}", f"out/{name}", self.expected(f"in/{name}")), self.edit(edit)

    def plan(self, *items: tuple[Operation, ...]) -> Plan:
        made = (
            PlanItem(number, "s", f"c{number}", "kind", "choice", f"item {number}", "R2", operations)
            for number, operations in enumerate(items, 1)
        )
        return Plan("p", "2024-01-01T00:00:00Z", {"s": str(self.root)}, tuple(made))

    def apply(self, plan: Plan, check: Check | None = None) -> tuple[str, list[ItemResult]]:
        batch = new_batch_id()
        journal = begin_batch(self.state, batch, plan)
        try:
            applier = BatchApplier(self.state, journal, "s", str(self.root), ImaLinkLayout())
            results = applier.apply(plan.items, Progress(), check)
            finish_batch(journal, "done")
        finally:
            journal.close()
        return batch, results

    def undo(self, batch: str, *numbers: int) -> list[ItemResult]:
        """Take a batch back, or some of its items, as its journal says."""
        chosen = [back for number, back in self.backs(batch).items() if not numbers or number in numbers]
        return self.apply(self.plan(*reversed(chosen)))[1]

    def backs(self, batch: str) -> dict[int, tuple[Operation, ...]]:
        """What takes the items of a batch back, by their numbers, as its journal says."""
        records = read_batch(self.state, batch)
        return ways_back(records, {item.number: item for item in map(decode_item, records[0]["items"])})

    def picture(self) -> dict[str, tuple[bytes, int]]:
        return {
            str(path.relative_to(self.root)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".inspector/" not in str(path.relative_to(self.root)) + "/"
        }


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of a few pictures."""
    return Archive(tmp_path)


def states(results: list[ItemResult]) -> set[ItemState]:
    return {result.state for result in results}


def test_the_signature_is_settled_with_the_index_in_one_batch(archive: Archive) -> None:
    batch, results = archive.apply(archive.plan(archive.drop("00000.jpg"), archive.move("00001.jpg")))
    assert states(results) == {ItemState.DONE}
    master, signature = archive.read(MASTER), archive.read(SIGNATURE)
    assert (master["total_files"], master["total_size_bytes"]) == (COUNT - 1, 9 * (COUNT - 1))
    assert (signature["photo_count"], signature["total_size_bytes"]) == (COUNT - 1, 9 * (COUNT - 1))
    assert signature["last_indexed"] == master["indexed_at"] > "2020-01-01T00:00:00Z"
    (record,) = [record for record in read_batch(archive.state, batch) if record["record"] == "documents"]
    assert [document["path"] for document in record["documents"]] == [MASTER, SIGNATURE]


def test_taking_a_whole_batch_back_restores_every_byte_also_of_the_signature(archive: Archive) -> None:
    before = archive.picture()
    batch, _ = archive.apply(archive.plan(*map(archive.move, archive.names[:3]), archive.drop(archive.names[3])))
    assert states(archive.undo(batch)) == {ItemState.DONE}
    assert archive.picture() == before


def test_taking_one_item_back_keeps_the_others_and_settles_the_totals_anew(archive: Archive) -> None:
    batch, _ = archive.apply(archive.plan(archive.drop("00000.jpg"), archive.drop("00001.jpg")))
    assert states(archive.undo(batch, 2)) == {ItemState.DONE}
    assert (archive.root / "in/00001.jpg").exists()
    assert not (archive.root / "in/00000.jpg").exists()
    assert archive.read(MASTER)["total_files"] == archive.read(SIGNATURE)["photo_count"] == COUNT - 1


def test_a_taking_back_can_itself_be_taken_back(archive: Archive) -> None:
    batch, _ = archive.apply(archive.plan(archive.move("00000.jpg"), archive.move("00001.jpg")))
    after = archive.picture()
    again, results = archive.apply(archive.plan(*reversed(archive.backs(batch).values())))
    assert states(results) == states(archive.undo(again)) == {ItemState.DONE}
    assert archive.picture() == after


@pytest.mark.parametrize("spoil", ["unreadable", "newer", "gone"])
def test_a_signature_that_may_not_be_written_is_left_alone(archive: Archive, spoil: str) -> None:
    path = archive.root / SIGNATURE
    if spoil == "gone":
        path.unlink()
    else:
        path.write_text("{" if spoil == "unreadable" else '{"imalink_storage_version": "9", "photo_count": 1}')
    before = path.read_bytes() if path.exists() else None
    _, results = archive.apply(archive.plan(archive.drop("00000.jpg")))
    assert states(results) == {ItemState.DONE}
    assert archive.read(MASTER)["total_files"] == COUNT - 1
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_new_document_is_taken_back_into_quarantine(archive: Archive) -> None:
    before = archive.picture()
    batch, _ = archive.apply(archive.plan((WriteDocument("new.json", None, text="{}"),)))
    assert archive.read("new.json") == {}
    assert states(archive.undo(batch)) == {ItemState.DONE}
    assert archive.picture() == before


def test_edits_of_a_document_that_is_gone_make_no_new_one(archive: Archive) -> None:
    plan = archive.plan(archive.move("00000.jpg"))
    (archive.root / MASTER).unlink()
    before = archive.picture()
    _, results = archive.apply(plan)
    assert states(results) == {ItemState.REFUSED}
    assert archive.picture() == before


def test_a_document_written_anew_is_not_taken_back_over_later_writes(archive: Archive) -> None:
    digest = digest_text((archive.root / MASTER).read_bytes())
    batch, _ = archive.apply(archive.plan((WriteDocument(MASTER, digest, text='{"files": {}}'),)))
    archive.write(MASTER, {"files": {"later": {}}})
    assert states(archive.undo(batch)) == {ItemState.REFUSED}
    assert archive.read(MASTER) == {"files": {"later": {}}}


def test_losing_the_lock_leaves_the_rest_pending_and_takes_back_what_waits_for_documents(archive: Archive) -> None:
    before = archive.picture()
    calls = iter(range(100))

    def check() -> None:
        if next(calls) > 2:
            raise StorageLockedError("the lock is lost")

    moves = [archive.move(name)[:1] if name < "00002" else archive.move(name) for name in archive.names]
    batch, results = archive.apply(archive.plan(moves[0], *moves[2:]), check)
    assert [result.state for result in results] == [ItemState.DONE] + [ItemState.PENDING] * (COUNT - 2)
    assert "the lock is lost" in results[1].reason
    after = archive.picture()
    assert after.keys() - before.keys() == {"out/00000.jpg"}
    assert after[MASTER] == before[MASTER]
    records = read_batch(archive.state, batch)
    recorded = {number: record["state"] for number, record in recorded_results(records).items()}
    assert recorded[1] == "done"
    assert set(recorded.values()) == {"done", "pending"}


def test_a_copy_is_compared_with_a_file_of_another_storage(archive: Archive, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "same.jpg").write_bytes(b"00000.jpg")
    (other / "else.jpg").write_bytes(b"else.....")
    os.link(archive.root / "in/00002.jpg", other / "link.jpg")

    def away(name: str, same_as: str, root: Path | None) -> tuple[Operation, ...]:
        return (Quarantine(f"in/{name}", archive.expected(f"in/{name}"), same_as, str(root) if root else None),)

    _, results = archive.apply(
        archive.plan(
            away("00000.jpg", "same.jpg", other),
            away("00001.jpg", "else.jpg", other),
            away("00002.jpg", "link.jpg", other),
            away("00003.jpg", "none.jpg", other),
            away("00004.jpg", "same.jpg", tmp_path / "nowhere"),
            away("00005.jpg", "in/00005.jpg", None),
        )
    )
    assert [result.state.value for result in results] == ["done", "refused", "done", "refused", "refused", "refused"]
    operation = away("00001.jpg", "else.jpg", other)[0]
    assert decode_operation(encode_operation(operation)) == operation


def test_folders_that_cannot_be_flushed_take_the_group_back(archive: Archive) -> None:
    before = archive.picture()
    failing = FaultSystem(refuse=_no_folders)
    with use_system(failing):
        _, results = archive.apply(archive.plan(*(archive.move(name)[:1] for name in archive.names)))
    assert states(results) == {ItemState.FAILED}
    assert archive.picture() == before


def test_documents_that_cannot_be_read_to_take_them_back_leave_their_items_unfinished(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(documents, "ways_back", broken)
    monkeypatch.setattr(documents, "digest_of", broken)
    _, results = archive.apply(archive.plan(archive.move("00000.jpg")))
    assert states(results) == {ItemState.UNFINISHED}
    assert "could not be taken back" in results[0].reason
    assert (archive.root / "out/00000.jpg").exists()


def _no_folders(name: str, arguments: tuple[Any, ...]) -> int | None:
    return errno.EIO if name == "fsync" and os.readlink(f"/proc/self/fd/{arguments[0]}").endswith("/in") else None


def test_taking_many_away_writes_the_manifest_once_and_digests_nothing_that_is_known(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[int] = []
    add = Manifest.add

    def counted(self: Manifest, *entries: Any) -> None:
        added.append(len(entries))
        add(self, *entries)

    monkeypatch.setattr(Manifest, "add", counted)
    for module in ("files", "expected"):
        monkeypatch.setattr(f"inspector.repair.{module}.digest_of", lambda *_: pytest.fail("a file was read"))
    states_before = [archive.expected(f"in/{name}") for name in archive.names]
    known = [FileState(one.size, one.mtime_ns, one.inode, "0" * 32) for one in states_before]
    plan = archive.plan(*((Quarantine(f"in/{name}", state),) for name, state in zip(archive.names, known, strict=True)))
    _, results = archive.apply(plan)
    assert states(results) == {ItemState.DONE}
    assert added == [COUNT]
    entries = list(Manifest(place_for(str(archive.root), "s", archive.state)).entries())
    assert sorted(entry.path for entry in entries) == [f"in/{name}" for name in archive.names]


@pytest.mark.parametrize("seed", range(3))
def test_a_power_cut_in_a_group_leaves_each_item_as_before_or_as_after(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    survived = 0
    for number in range(1, 2000):
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        archive = Archive(folder, 6)
        before = archive.picture()
        plan = archive.plan(
            *map(archive.move, archive.names[:2]),
            *((archive.drop(name)[0],) for name in archive.names[2:4]),
            archive.drop(archive.names[4]),
        )
        faults = FaultSystem(cut_at=number, graveyard=folder / "graveyard")
        try:
            with use_system(faults):
                archive.apply(plan)
        except PowerCut:
            survived += 1
        else:
            break
        items = range(len(faults.disk.unsynced()))
        faults.disk.lose_unsynced(Loss(frozenset(item for item in items if chance.random() < 0.5)))
        for path in (archive.state / "journal").glob("*.jsonl"):
            records = read_batch(archive.state, path.stem)
            if records and records[-1]["record"] != "end":
                settle_interrupted(archive.state, records)
        _assert_whole(archive, before, number)
    assert survived > 50


def _assert_whole(archive: Archive, before: dict[str, tuple[bytes, int]], number: int) -> None:
    after = archive.picture()
    index, signature = archive.read(MASTER), archive.read(SIGNATURE)
    changed = after[MASTER] != before[MASTER]
    assert changed == (after[SIGNATURE] != before[SIGNATURE]), number
    assert signature["photo_count"] == index["total_files"] == len(index["files"]), number
    for name in archive.names[:2]:
        assert (f"in/{name}" in after) != (f"out/{name}" in after), (number, name)
        assert index["files"][name]["relative_path"] in after, (number, name)
    stored = {entry.path for entry in Manifest(place_for(str(archive.root), "s", archive.state)).entries()}
    for name in archive.names[2:5]:
        assert (f"in/{name}" in after) != (f"in/{name}" in stored), (number, name)
    assert (archive.names[4] in index["files"]) == (f"in/{archive.names[4]}" in after), number
