"""A batch that is taken back in parts: in the end everything is as it was, to the byte, and nothing of ours is left."""

from pathlib import Path

import pytest

from inspector.layouts.imalink import ImaLinkLayout
from inspector.model.operations import WriteDocument
from inspector.model.plan import ItemState
from inspector.model.progress import Progress
from inspector.repair.apply import BatchApplier, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.history import batch_info
from inspector.repair.journal import finish_batch
from inspector.repair.undo import undo_plan
from tests.repair.test_apply_together import Archive
from tests.repair.workshop import DONE, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


def drop_three(shop: Workshop) -> str:
    """A batch of three items that take an entry out of the index each."""
    return shop.apply(shop.plan(*((shop.edit("files", name, was=f"{name}.jpg"),) for name in "abc")))


@pytest.mark.parametrize("parts", [[{1}, {2}, {3}], [{2}, {1, 3}], [{3, 1}, {2}], [{1, 2, 3}]])
def test_the_last_part_brings_a_document_back_whole(shop: Workshop, parts: list[set[int]]) -> None:
    (shop.root / "index.json").chmod(0o640)
    before, mode = shop.picture(), (shop.root / "index.json").stat().st_mode
    batch = drop_three(shop)
    for part in parts:
        undo = shop.undo(batch, part)
        assert {item.state for item in batch_info(shop.state, undo).items} == {DONE}
    assert shop.picture() == before
    assert (shop.root / "index.json").stat().st_mode == mode
    assert {item.state for item in batch_info(shop.state, batch).items} == {ItemState.UNDONE}


def test_a_part_that_was_done_again_and_taken_back_again_counts_once(shop: Workshop) -> None:
    before = shop.picture()
    batch = drop_three(shop)
    redo = shop.undo(shop.undo(batch, {1}))
    shop.undo(redo)
    shop.undo(batch, {2, 3})
    assert shop.picture() == before


def test_the_last_part_goes_back_and_forth(shop: Workshop) -> None:
    before = shop.picture()
    batch = drop_three(shop)
    shop.undo(batch, {1, 2})
    partly = shop.picture()
    last = shop.undo(batch, {3})
    redo = shop.undo(last)
    assert shop.picture() == partly
    shop.undo(redo)
    assert shop.picture() == before


def test_what_somebody_else_wrote_between_the_parts_stays(shop: Workshop) -> None:
    batch = drop_three(shop)
    shop.undo(batch, {1, 2})
    index = shop.root / "index.json"
    index.write_text(index.read_text().replace('"three"', '"another"'))
    plan = undo_plan(shop.state, batch)
    assert [
        write.generation for item in plan.items for write in item.operations if isinstance(write, WriteDocument)
    ] == [None]
    shop.apply(plan, undo_of=batch)
    assert shop.index["files"] == {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}
    assert shop.index["list"] == ["one", "two", "another"]


def test_what_another_batch_wrote_between_the_parts_stays(shop: Workshop) -> None:
    batch = drop_three(shop)
    shop.undo(batch, {1, 2})
    shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    shop.undo(batch, {3})
    assert shop.index["files"] == {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}
    assert shop.index["list"] == ["one", "three"]


def test_documents_that_only_follow_come_back_whole_too(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    before = archive.picture()
    first, second = archive.names[:2]
    batch, _ = archive.apply(archive.plan(archive.drop(first), archive.drop(second)))
    for number in (1, 2):
        plan = undo_plan(archive.state, batch, {number})
        journal = begin_batch(archive.state, new_batch_id(), plan, undo_of=batch)
        BatchApplier(archive.state, journal, "s", str(archive.root), ImaLinkLayout()).apply(plan.items, Progress())
        finish_batch(journal, "done")
        journal.close()
    assert archive.picture() == before


def test_a_document_in_folders_of_its_own_leaves_none_when_it_is_taken_back(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((WriteDocument("sub/deeper/made.json", None, text="{}\n"),)))
    assert (shop.root / "sub/deeper/made.json").read_text() == "{}\n"
    undo = shop.undo(batch)
    assert not (shop.root / "sub").exists()
    shop.undo(undo)
    assert (shop.root / "sub/deeper/made.json").read_text() == "{}\n"


def test_the_list_of_a_place_goes_when_every_file_of_it_has_come_back(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.take_away("a.jpg"),), (shop.take_away("b.jpg"),)))
    shop.undo(batch, {1})
    assert (shop.root / ".inspector/manifest.jsonl").exists()
    shop.undo(batch, {2})
    assert not (shop.root / ".inspector").exists()


def test_the_list_of_a_place_goes_beside_earlier_versions_too(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.take_away("a.jpg"), shop.edit("files", "a", was="a.jpg"))))
    shop.undo(batch)
    assert [path.name for path in (shop.root / ".inspector").iterdir()] == ["generations"]
