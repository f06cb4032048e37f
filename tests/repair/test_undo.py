"""Taking batches back: byte for byte, item by item, again and again, and what is refused with a reason."""

from pathlib import Path

import pytest

from inspector.model.errors import UsageError
from inspector.model.operations import RestorePath, WriteDocument
from inspector.model.plan import ItemState
from inspector.repair.history import batch_info
from inspector.repair.keeping import purge, quarantined
from inspector.repair.undo import NotFinishedError, undo_plan
from tests.repair.workshop import DONE, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


def states(shop: Workshop, batch: str) -> dict[int, ItemState]:
    """What became of a batch's items."""
    return {item.number: item.state for item in batch_info(shop.state, batch).items}


def three_moves(shop: Workshop) -> str:
    """A batch of three items that move a file and edit the index each."""
    return shop.apply(
        shop.plan(
            *(
                (
                    shop.move(f"{name}.jpg", f"sub/{name}.jpg"),
                    shop.edit("files", name, value=f"sub/{name}.jpg", was=f"{name}.jpg"),
                )
                for name in "abc"
            )
        )
    )


def test_undo_and_redo_and_undo_give_the_same_bytes_and_times(shop: Workshop) -> None:
    before = shop.picture()
    batch = three_moves(shop)
    after = shop.picture()
    undo = shop.undo(batch)
    assert shop.picture() == before
    assert not (shop.root / "sub").exists()
    redo = shop.undo(undo)
    assert shop.picture() == after
    shop.undo(redo)
    assert shop.picture() == before
    assert set(states(shop, batch).values()) == {ItemState.UNDONE}


def test_the_last_item_is_taken_back_first_under_its_own_number(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),), (shop.move("b.jpg", "a.jpg"),)))
    plan = undo_plan(shop.state, batch)
    assert [(item.number, item.choice, item.label) for item in plan.items] == [
        (2, "undo", "undo: item 2"),
        (1, "undo", "undo: item 1"),
    ]
    assert states(shop, shop.apply(plan, undo_of=batch)) == {2: DONE, 1: DONE}
    assert (shop.root / "a.jpg").read_bytes() == b"content of a.jpg"


def test_some_items_are_taken_back_by_their_edits(shop: Workshop) -> None:
    batch = three_moves(shop)
    plan = undo_plan(shop.state, batch, {2})
    (write,) = [op for op in plan.items[0].operations if isinstance(op, WriteDocument)]
    assert write.generation is None
    shop.apply(plan, undo_of=batch)
    assert shop.index["files"] == {"a": "sub/a.jpg", "b": "b.jpg", "c": "sub/c.jpg"}
    shop.undo(batch, {1, 3})
    assert shop.index["files"] == {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}


def test_what_was_taken_away_comes_back_and_is_refused_once_it_was_purged(shop: Workshop) -> None:
    before = shop.picture()
    batch = shop.apply(shop.plan((shop.take_away("a.jpg"),), (shop.take_away("b.jpg"),)))
    purge(shop.places, [entry.id for entry in quarantined(shop.places) if entry.path == "b.jpg"])
    plan = undo_plan(shop.state, batch)
    assert [type(op) for item in plan.items for op in item.operations] == [RestorePath]
    assert [(refusal.label, refusal.reason) for refusal in plan.refused] == [
        ("item 2", "b.jpg is not in quarantine any more")
    ]
    shop.apply(plan, undo_of=batch)
    assert shop.picture() == {name: what for name, what in before.items() if name != "b.jpg"}


def test_items_that_were_not_done_or_are_undone_already_are_refused(shop: Workshop) -> None:
    plan = shop.plan((shop.move("a.jpg", "x.jpg"),), (shop.move("b.jpg", "y.jpg"),), (shop.move("c.jpg", "z.jpg"),))
    (shop.root / "a.jpg").write_bytes(b"edited")
    batch = shop.apply(plan)
    first = shop.undo(batch, {2})
    reasons = {refusal.conflict_id: refusal.reason for refusal in undo_plan(shop.state, batch).refused}
    assert reasons["c1"].startswith("was not done")
    assert reasons["c2"] == f"was taken back already, by batch {first}"
    again = shop.undo(first)
    (refusal,) = undo_plan(shop.state, batch, {2}).refused
    assert refusal.reason == f"was taken back and then done again; take batch {again} back"


def test_no_empty_folder_of_ours_is_left(shop: Workshop) -> None:
    moves = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)))
    assert not (shop.root / ".inspector").exists()
    shop.undo(moves)
    assert not (shop.root / ".inspector").exists()
    taken = shop.apply(shop.plan((shop.take_away("a.jpg"),), (shop.take_away("b.jpg"),)))
    shop.undo(taken, {1})
    assert [path.name for path in (shop.root / ".inspector" / taken).iterdir()]
    shop.undo(taken, {2})
    assert not (shop.root / ".inspector").exists()


def test_an_empty_folder_beside_a_synced_one_goes_too_and_what_is_not_ours_stays(shop: Workshop) -> None:
    (shop.root / ".stfolder").mkdir()
    beside = shop.root.parent / ".inspector-quarantine"
    shop.undo(shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),))))
    assert not beside.exists()
    (beside / "another").mkdir(parents=True)
    shop.undo(shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),))))
    assert [path.name for path in beside.iterdir()] == ["another"]
    batch = shop.apply(shop.plan((shop.take_away("a.jpg"),)))
    (beside / "s" / batch / "mine").write_bytes(b"a note")
    shop.undo(batch)
    assert (beside / "s" / batch / "mine").read_bytes() == b"a note"


def test_a_list_item_comes_back_with_the_whole_document(shop: Workshop) -> None:
    before = shop.picture()
    batch = shop.apply(
        shop.plan((shop.edit("list", 1, was="two"),), (shop.edit("files", "a", value="x", was="a.jpg"),))
    )
    assert shop.index["list"] == ["one", "three"]
    shop.undo(batch)
    assert shop.picture() == before


def test_a_list_item_cannot_come_back_without_the_other_items(shop: Workshop) -> None:
    batch = shop.apply(
        shop.plan(
            (shop.edit("list", 1, was="two"),),
            (shop.edit("list", 2, value="THREE", was="three"),),
            (shop.edit("list", 0, value="ONE", was="one"),),
            (shop.edit("files", "a", value="x", was="a.jpg"),),
        )
    )
    plan = undo_plan(shop.state, batch, {1, 2, 3})
    assert [item.number for item in plan.items] == [3]
    assert len(plan.refused) == 2
    assert "index.json can only come back as a whole" in plan.refused[0].reason
    shop.apply(plan, undo_of=batch)
    assert shop.index["list"] == ["one", "THREE"]


def test_a_document_written_since_does_not_come_back_whole(shop: Workshop) -> None:
    batch = shop.apply(
        shop.plan((shop.edit("list", 1, was="two"),), (shop.edit("files", "a", value="x", was="a.jpg"),))
    )
    later = shop.apply(shop.plan((shop.edit("files", "b", value="y", was="b.jpg"),)))
    plan = undo_plan(shop.state, batch)
    assert [item.number for item in plan.items] == [2]
    assert "not as the batch left it" in plan.refused[0].reason
    shop.undo(later)
    assert undo_plan(shop.state, batch).refused == ()


def test_a_generation_that_is_gone_is_a_refusal_where_edits_cannot_take_its_place(shop: Workshop) -> None:
    removed = shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    for stored in (shop.root / ".inspector/generations").iterdir():
        stored.unlink()
    (refusal,) = undo_plan(shop.state, removed).refused
    assert refusal.reason == "the earlier version of index.json is not kept any more"
    edited = shop.apply(shop.plan((shop.edit("files", "a", value="x", was="a.jpg"),)))
    for stored in (shop.root / ".inspector/generations").iterdir():
        stored.unlink()
    assert states(shop, shop.undo(edited)) == {1: DONE}
    assert shop.index["files"] == {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}


def test_a_generation_of_other_bytes_is_not_believed(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    (shop.root / ".inspector/generations" / f"{batch}.0").write_text("{}")
    assert undo_plan(shop.state, batch).items == ()


def test_a_document_that_a_batch_made_goes_to_quarantine_and_comes_back(shop: Workshop) -> None:
    before = shop.picture()
    batch = shop.apply(shop.plan((WriteDocument("sub/new.json", None, text='{"a": 1}'),)))
    undo = shop.undo(batch)
    assert shop.picture() == before
    shop.undo(undo)
    assert (shop.root / "sub/new.json").read_text() == '{"a": 1}'


def test_a_member_that_was_added_goes_and_one_that_went_comes_back(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.edit("files", "d", value="d.jpg"),), (shop.edit("files", "a", was="a.jpg"),)))
    shop.undo(batch, {2})
    shop.undo(batch, {1})
    assert shop.index["files"] == {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}


def test_an_item_that_is_a_record_only_is_in_the_plan_without_operations(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((), (shop.move("a.jpg", "x.jpg"),)))
    record = undo_plan(shop.state, batch).items[1]
    assert (record.number, record.conflict_id, record.choice, record.operations) == (1, "c1", "undo", ())
    assert record.risk == "R0"


def test_a_storage_that_is_elsewhere_now_is_taken_back_there(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.edit("list", 1, was="two"), shop.move("a.jpg", "x.jpg"))))
    moved = shop.root.rename(shop.root.with_name("moved"))
    plan = undo_plan(shop.state, batch, roots={"s": str(moved)})
    assert plan.roots == {"s": str(moved)}
    assert plan.refused == ()


def test_an_interrupted_batch_and_an_item_that_is_none_are_errors(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)), end=False)
    with pytest.raises(NotFinishedError, match="recover"):
        undo_plan(shop.state, batch)
    done = shop.apply(shop.plan((shop.move("b.jpg", "y.jpg"),)))
    with pytest.raises(UsageError, match="no item 7"):
        undo_plan(shop.state, done, {7})


def test_what_moved_on_since_is_refused_when_it_is_taken_back(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),), (shop.move("b.jpg", "y.jpg"),)))
    (shop.root / "x.jpg").write_bytes(b"edited since")
    undo = shop.undo(batch)
    assert states(shop, undo) == {2: DONE, 1: ItemState.REFUSED}
    assert (shop.root / "x.jpg").read_bytes() == b"edited since"
