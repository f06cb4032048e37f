"""What two items of a plan write alike is written once, and taken back when both are."""

from pathlib import Path

from inspector.model.plan import ItemState
from inspector.repair.history import batch_info
from inspector.repair.undo import undo_plan
from tests.repair.workshop import Workshop


def test_two_items_with_one_edit_are_both_done_and_taken_back_together(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    before = (shop.root / "index.json").read_text()
    drop = shop.edit("files", "b", was="b.jpg")
    batch = shop.apply(shop.plan((drop,), (drop,), (shop.edit("files", "c", was="c.jpg"),)))
    assert {item.state for item in batch_info(shop.state, batch).items} == {ItemState.DONE}
    assert shop.index["files"] == {"a": "a.jpg"}

    alone = undo_plan(shop.state, batch, [1])
    assert [refusal.reason for refusal in alone.refused] == [
        "item 2 wrote the same at one place: take the two back together"
    ]
    shop.undo(batch, [1, 2])
    assert list(shop.index["files"]) == ["a", "b"]
    shop.undo(batch, [3])
    assert (shop.root / "index.json").read_text() == before
