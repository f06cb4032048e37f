"""Settling interrupted batches: as before or as after, whatever the interruption left, and again where it is cut."""

import errno
import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from inspector.fs.system import use_system
from inspector.fs.write import WriteFailedError
from inspector.model.errors import StorageLockedError, StorageOfflineError
from inspector.model.operations import CopyPath, Operation
from inspector.model.plan import ItemState, Plan
from inspector.repair import documents, workplace
from inspector.repair.apply import begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.history import batch_info
from inspector.repair.journal import read_batch
from inspector.repair.keeping import quarantined
from inspector.repair.manifest import new_entry_id
from inspector.repair.records import intent_record
from inspector.repair.recovery import interrupted, plan_of, recover
from tests.fs.fault_system import FaultSystem, Loss, PowerCut
from tests.repair.workshop import DONE, REFUSED, Workshop

OTHER_DEVICE = Path("/dev/shm")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


def begun(shop: Workshop, *items: tuple[Operation, ...], entry: str | None = None) -> str:
    """A batch whose program ended after it had said what it is about to do."""
    batch = new_batch_id()
    plan = shop.plan(*items)
    journal = begin_batch(shop.state, batch, plan)
    for item in plan.items:
        journal.append(intent_record("s", [(item.number, [(operation, entry) for operation in item.operations])]))
    journal.sync()
    journal.close()
    return batch


def every_operation(shop: Workshop) -> Plan:
    """A plan with files and documents, together and alone."""
    return shop.plan(
        (
            shop.move("a.jpg", "new/place/a.jpg"),
            shop.edit("files", "a", value="new/place/a.jpg", was="a.jpg"),
        ),
        (shop.take_away("b.jpg"), CopyPath("c.jpg", "c again.jpg", shop.seen("c.jpg"))),
        (shop.move("c.jpg", "b.jpg"),),
        (shop.edit("list", 1, was="two"),),
    )


def assert_whole(shop: Workshop, batch: str, before: dict[str, tuple[bytes, int]], at: object) -> None:
    """Every item is as before it or as after it, and what is called done is taken back by undoing it."""
    info = batch_info(shop.state, batch)
    states = {item.number: item.state for item in info.items}
    after = shop.picture()
    done = {number for number, state in states.items() if state is DONE}
    assert not set(states.values()) & {ItemState.UNFINISHED}, at
    assert ("new/place/a.jpg" in after, "a.jpg" in after) == (1 in done, 1 not in done), at
    assert shop.index["files"] == {"a": "new/place/a.jpg" if 1 in done else "a.jpg", "b": "b.jpg", "c": "c.jpg"}, at
    assert ("c again.jpg" in after) == (2 in done), at
    assert ("c.jpg" in after) == (3 not in done), at
    assert (shop.index["list"] == ["one", "three"]) == (4 in done), at
    assert not list(shop.root.rglob(".inspector-*.tmp")), at
    shop.undo(batch)
    assert shop.picture() == before, at


def cut(shop: Workshop, number: int, loss: str = "nothing") -> str | None:
    """Apply with the power going at a call; the batch's id, or None where it came to its end.

    ``everything`` that was not flushed is lost with the power, or ``names`` only, or ``bytes`` only; with ``links``
    nothing is, but a move is a link and an unlink.
    """
    plan = every_operation(shop)
    graveyard = shop.state.parent / "graveyard" if loss != "links" else None
    refuse = (lambda name, _: errno.ENOSYS if name == "renameat2" else None) if loss == "links" else None
    faults = FaultSystem(cut_at=number, graveyard=graveyard, refuse=refuse)
    try:
        with use_system(faults):
            shop.apply(plan)
    except PowerCut:
        lose(faults, loss)
        found = [path.stem for path in (shop.state / "journal").glob("*.jsonl")]
        return found[0] if found else ""
    return None


def lose(faults: FaultSystem, loss: str) -> None:
    """Lose what was not flushed."""
    if loss in {"nothing", "links"}:
        return
    items = faults.disk.unsynced()
    if loss == "everything":
        faults.disk.lose_unsynced()
    else:
        chosen = frozenset(at for at, item in enumerate(items) if ("graveyard" in item) == (loss == "bytes"))
        faults.disk.lose_unsynced(Loss(chosen, "torn"))


@pytest.mark.parametrize("loss", ["nothing", "links", "everything", "names", "bytes"])
def test_after_a_power_cut_at_any_call_every_item_is_whole_and_can_be_undone(tmp_path: Path, loss: str) -> None:
    survived = 0
    for number in range(1, 2000):
        shop = Workshop(tmp_path / str(number))
        before = shop.picture()
        batch = cut(shop, number, loss)
        if batch is None:
            break
        if batch and read_batch(shop.state, batch):
            survived += 1
            recover(shop.state, batch)
            assert interrupted(shop.state) == []
            assert_whole(shop, batch, before, number)
        else:
            assert shop.picture() == before, number
    assert survived > 40


def test_a_recovery_that_is_cut_at_any_call_is_finished_by_the_next(tmp_path: Path) -> None:
    survived = 0
    for first in range(20, 140, 9):
        for second in range(1, 400):
            shop = Workshop(tmp_path / f"{first}-{second}")
            before = shop.picture()
            batch = cut(shop, first, "everything" if first % 2 else "nothing")
            if not batch or not read_batch(shop.state, batch):
                break
            try:
                with use_system(FaultSystem(cut_at=second)):
                    recover(shop.state, batch)
            except PowerCut:
                survived += 1
                recover(shop.state, batch)
                assert_whole(shop, batch, before, (first, second))
            else:
                break
    assert survived > 60


def test_recovering_twice_changes_nothing(shop: Workshop) -> None:
    batch = begun(shop, (shop.move("a.jpg", "x.jpg"),))
    (shop.root / "a.jpg").rename(shop.root / "x.jpg")
    first = recover(shop.state, batch)
    text = (shop.state / "journal" / f"{batch}.jsonl").read_bytes()
    assert recover(shop.state, batch) == first
    assert (first.state, first.items[0].state) == ("done", DONE)
    assert (shop.state / "journal" / f"{batch}.jsonl").read_bytes() == text
    shop.undo(batch)
    assert (shop.root / "a.jpg").exists()


def test_a_move_by_link_that_left_both_names_has_one_afterwards(shop: Workshop) -> None:
    before = shop.picture()
    entry = new_entry_id("b")
    batch = begun(shop, (shop.move("a.jpg", "x.jpg"),), (shop.take_away("b.jpg"),), entry=entry)
    os.link(shop.root / "a.jpg", shop.root / "x.jpg")
    stored = shop.root / ".inspector" / "b" / entry.rpartition(".")[2]
    stored.parent.mkdir(parents=True)
    os.link(shop.root / "b.jpg", stored)
    info = recover(shop.state, batch)
    assert [item.state for item in info.items] == [ItemState.PENDING, ItemState.PENDING]
    assert shop.picture() == before
    assert not stored.exists()


def test_a_move_to_another_device_that_left_source_and_copy_has_one_afterwards(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not OTHER_DEVICE.is_dir() or os.stat(OTHER_DEVICE).st_dev == os.stat(shop.root).st_dev:
        pytest.skip("there is no other device")
    before = shop.picture()
    entry = new_entry_id("b")
    batch = begun(shop, (shop.take_away("a.jpg"),), entry=entry)
    with TemporaryDirectory(dir=OTHER_DEVICE) as folder:
        monkeypatch.setattr(workplace, "place_for", lambda *_: Path(folder))
        stored = Path(folder) / "b" / entry.rpartition(".")[2]
        stored.parent.mkdir()
        shutil.copy2(shop.root / "a.jpg", stored)
        assert recover(shop.state, batch).items[0].state is ItemState.PENDING
        assert not stored.exists()
    assert shop.picture() == before


def test_a_file_that_was_at_the_target_before_is_left_alone(shop: Workshop) -> None:
    batch = begun(shop, (shop.move("a.jpg", "x.jpg"),))
    (shop.root / "a.jpg").unlink()
    (shop.root / "x.jpg").write_bytes(b"of somebody else")
    recover(shop.state, batch)
    assert (shop.root / "x.jpg").read_bytes() == b"of somebody else"
    assert not (shop.root / "a.jpg").exists()


def test_no_empty_folder_of_ours_is_left_whatever_was_begun(shop: Workshop) -> None:
    taken = begun(shop, (shop.take_away("a.jpg"),), entry=new_entry_id("b"))
    (shop.root / ".inspector" / taken).mkdir(parents=True)
    recover(shop.state, taken)
    assert not (shop.root / ".inspector").exists()
    not_begun = new_batch_id()
    begin_batch(shop.state, not_begun, shop.plan((shop.move("a.jpg", "x.jpg"),))).close()
    (shop.root / ".inspector").mkdir()
    recover(shop.state, not_begun)
    assert not (shop.root / ".inspector").exists()


def test_leftovers_of_our_own_writes_go_and_nothing_else(shop: Workshop) -> None:
    batch = begun(shop, (shop.move("a.jpg", "new/a.jpg"),))
    (shop.root / "new").mkdir()
    ours = [".inspector-0123456789abcdef.tmp", "new/.inspector-fedcba9876543210.tmp"]
    others = [".inspector-mine.tmp", ".inspector-0123456789ABCDEF.tmp", "new/x.inspector-0123456789abcdef.tmp"]
    for name in ours + others:
        (shop.root / name).write_bytes(b"x")
    (shop.root / ".inspector-00000000000000ff.tmp").mkdir()
    recover(shop.state, batch)
    assert not any((shop.root / name).exists() for name in ours)
    assert all((shop.root / name).exists() for name in others)
    assert (shop.root / ".inspector-00000000000000ff.tmp").is_dir()


@pytest.mark.parametrize("empty", [True, False])
def test_while_the_storage_is_away_the_batch_stays_interrupted(shop: Workshop, *, empty: bool) -> None:
    batch = begun(shop, (shop.move("a.jpg", "x.jpg"),))
    away = shop.root.rename(shop.root.with_name("away"))
    if empty:
        shop.root.mkdir()
    with pytest.raises(StorageOfflineError) as raised:
        recover(shop.state, batch)
    assert raised.value.path == str(shop.root)
    assert [info.id for info in interrupted(shop.state)] == [batch]
    assert recover(shop.state, batch, {"s": str(away)}).items[0].state is ItemState.PENDING


def test_a_batch_that_another_process_works_on_is_left_alone(shop: Workshop) -> None:
    batch = begun(shop, (shop.move("a.jpg", "x.jpg"),))
    path = shop.state / "journal" / f"{batch}.jsonl"
    first, _, rest = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps({**json.loads(first), "pid": os.getppid()}).encode() + b"\n" + rest)
    with pytest.raises(StorageLockedError):
        recover(shop.state, batch)


def test_a_document_that_somebody_wrote_after_the_interruption_is_left_and_said(shop: Workshop) -> None:
    batch = _unfinished_documents(shop)
    (shop.root / "index.json").write_text("{}")
    (item,) = recover(shop.state, batch).items
    assert item.state is ItemState.UNFINISHED
    assert "index.json" in item.reason
    assert (shop.root / "x.jpg").exists()


def _unfinished_documents(shop: Workshop) -> str:
    """A batch whose program ended when the documents were written and nobody had said so."""
    plan = shop.plan((shop.move("a.jpg", "x.jpg"), shop.edit("files", "a", value="x.jpg", was="a.jpg")))
    batch = shop.apply(plan, end=False)
    path = shop.state / "journal" / f"{batch}.jsonl"
    lines = path.read_bytes().split(b"\n")
    last = next(number for number, line in enumerate(lines) if b'"documents"' in line)
    path.write_bytes(b"\n".join(lines[: last + 1]) + b"\n")
    return batch


def test_a_document_that_cannot_be_read_leaves_the_batch_interrupted_until_it_can(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.picture()
    batch = _unfinished_documents(shop)

    def unreadable(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(documents, "digest_of", unreadable)
        with pytest.raises(WriteFailedError):
            recover(shop.state, batch)
    assert [info.id for info in interrupted(shop.state)] == [batch]
    assert recover(shop.state, batch).items[0].state is REFUSED
    assert shop.picture() == before


def test_a_document_that_is_gone_keeps_nothing_else_from_coming_back(shop: Workshop) -> None:
    batch = _unfinished_documents(shop)
    (shop.root / "index.json").unlink()
    assert recover(shop.state, batch).items[0].state is REFUSED
    assert (shop.root / "a.jpg").exists()
    assert not (shop.root / "index.json").exists()


def test_the_plan_of_a_batch_is_known_to_whoever_has_to_lock_its_storages(shop: Workshop) -> None:
    batch = begun(shop, (shop.take_away("a.jpg"),))
    items, roots = plan_of(shop.state, batch)
    assert ([item.conflict_id for item in items], roots) == (["c1"], {"s": str(shop.root)})
    assert quarantined(shop.places) == []
