"""Whether a storage is at its root: an unmounted drive leaves an empty folder, whatever was left in that."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from inspector.fs.tree import Tree
from inspector.model.errors import StorageOfflineError
from inspector.model.plan import ItemState
from inspector.model.progress import Progress
from inspector.repair.apply import BatchApplier, begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.seats import is_seated, seat_now
from inspector.repair.store import make_place
from inspector.repair.workplace import open_bench
from tests.repair.workshop import Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_a_list_that_was_left_in_an_empty_mount_point_does_not_make_it_the_storage(tmp_path: Path) -> None:
    (tmp_path / "mount/.inspector").mkdir(parents=True)
    root = str(tmp_path / "mount")
    assert not is_seated(root, None)
    (tmp_path / "mount/.inspector/manifest.jsonl").write_text("{}\n")
    assert not is_seated(root, None)
    assert is_seated(root, seat_now(root)), "the very folder that the batch has emptied"


def test_a_storage_of_which_everything_was_taken_away_is_told_by_what_lies_in_its_quarantine(tmp_path: Path) -> None:
    (tmp_path / "storage/.inspector/20240101-120000-0").mkdir(parents=True)
    assert is_seated(str(tmp_path / "storage"), None)


def test_no_place_is_made_where_something_else_lies_at_the_root_by_now(shop: Workshop) -> None:
    with Tree(str(shop.root)) as held:
        shop.root.rename(shop.root.with_name("away"))
        shop.root.mkdir()
        with pytest.raises(FileNotFoundError):
            make_place(shop.root / ".inspector", held)
    assert list(shop.root.iterdir()) == []


def test_a_batch_for_a_storage_that_went_away_since_it_was_found_touches_nothing(shop: Workshop) -> None:
    plan = shop.plan((shop.move("a.jpg", "z.jpg"),))
    seat = seat_now(str(shop.root))
    shop.root.rename(shop.root.with_name("away"))
    shop.root.mkdir()
    journal = begin_batch(shop.state, new_batch_id(), plan)
    try:
        (result,) = BatchApplier(shop.state, journal, "s", str(shop.root), seat=seat).apply(plan.items, Progress())
    finally:
        journal.close()
    assert result.state is ItemState.FAILED
    assert "not there any more" in result.reason
    assert list(shop.root.iterdir()) == []
    assert (shop.root.with_name("away") / "a.jpg").exists()


def test_a_bench_says_when_its_storage_has_gone(shop: Workshop) -> None:
    with ExitStack() as stack:
        bench = open_bench(stack, str(shop.root), "s", "b", shop.state, with_former=False)
        bench.expect_there()
        shop.root.rename(shop.root.with_name("away"))
        shop.root.mkdir()
        with pytest.raises(StorageOfflineError):
            bench.expect_there()
