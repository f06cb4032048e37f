"""Small files and folders that a repair makes: taken away again without a trace, as long as nobody used them."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from inspector.fs.removal import is_removed
from inspector.fs.system import use_system
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.operation_words import operation_words
from inspector.model.operations import MakePath, UnmakePath
from inspector.model.plan import ItemState
from inspector.repair.history import batch_info
from inspector.repair.recovery import interrupted, recover
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.repair.workshop import DONE, REFUSED, Workshop

ODD = "ö\udcff\n"


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage."""
    return Workshop(tmp_path)


def everything(shop: Workshop) -> dict[str, object]:
    """Every file with bytes and time, and every folder, also of our own."""
    return {
        str(path.relative_to(shop.root)): (path.read_bytes(), path.stat().st_mtime_ns) if path.is_file() else None
        for path in sorted(shop.root.rglob("*"))
    }


def state_of(shop: Workshop, batch: str, number: int = 1) -> tuple[ItemState, str]:
    """What became of an item, and why."""
    found = next(item for item in batch_info(shop.state, batch).items if item.number == number)
    return found.state, found.reason


def test_what_was_made_goes_without_a_trace_and_can_be_made_again(shop: Workshop) -> None:
    before = everything(shop)
    made = (MakePath("deep/er/mark.txt", ODD), MakePath("deep/empty"), MakePath("mark", ""), MakePath("folder/in"))
    plan = decode_plan(json.loads(json.dumps(encode_plan(shop.plan(made)))), "plan")
    batch = shop.apply(plan)
    after = everything(shop)
    assert after["deep/er/mark.txt"][0] == "ö".encode() + b"\xff\n"  # type: ignore[index]
    assert after.keys() - before.keys() == {
        "deep", "deep/er", "deep/er/mark.txt", "deep/empty", "mark", "folder", "folder/in"
    }  # fmt: skip
    undone = shop.undo(batch)
    assert state_of(shop, undone)[0] is DONE
    assert everything(shop) == before
    shop.undo(undone)
    assert everything(shop) == after, "with their times"


def test_a_folder_that_is_there_stays_when_what_was_made_in_it_goes(shop: Workshop) -> None:
    (shop.root / "folder").mkdir()
    before = everything(shop)
    batch = shop.apply(shop.plan((MakePath("folder"), MakePath("folder/mark", "text"))))
    shop.undo(batch)
    assert everything(shop) == before


def test_nothing_is_written_over_and_what_the_item_made_before_goes(shop: Workshop) -> None:
    before = everything(shop)
    batch = shop.apply(shop.plan((MakePath("new"), MakePath("new/mark", "text"), MakePath("a.jpg", "text"))))
    state, reason = state_of(shop, batch)
    assert (state, everything(shop)) == (REFUSED, before)
    assert "a.jpg" in reason


def test_a_file_that_was_used_since_stays_and_so_does_all_of_its_item(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((MakePath("folder"), MakePath("mark", "text"), MakePath("other", "text"))))
    (shop.root / "mark").write_text("used")
    now = everything(shop)
    state, reason = state_of(shop, shop.undo(batch))
    assert (state, everything(shop)) == (REFUSED, now)
    assert "mark" in reason


def test_a_folder_that_was_used_since_stays(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((MakePath("folder"), MakePath("mark", "text"))))
    (shop.root / "folder" / "mine").write_text("mine")
    assert state_of(shop, shop.undo(batch))[0] is DONE
    assert (shop.root / "folder" / "mine").read_text() == "mine"
    assert not (shop.root / "mark").exists()


@pytest.mark.parametrize("undoes", [False, True])
def test_a_power_cut_at_any_call_leaves_all_of_an_item_or_nothing(tmp_path: Path, undoes: bool) -> None:
    for number in range(1, 1000):
        shop = Workshop(tmp_path / str(number))
        states = [everything(shop)]
        plan = shop.plan((MakePath("mark", "text"), MakePath("new/other", ODD), MakePath("new/empty")))
        batch = shop.apply(plan) if undoes else ""
        states.append(everything(shop))
        faults = FaultSystem(cut_at=number)
        with suppress(PowerCut), use_system(faults):
            batch = shop.undo(batch) if undoes else shop.apply(plan)
        for info in interrupted(shop.state):
            recover(shop.state, info.id)
        now = everything(shop)
        assert not [path for path in now if is_removed(Path(path).name)], number
        wholes = [{"mark", "new", "new/other", "new/empty"}, set()]
        assert now.keys() - states[0].keys() in wholes, number
        if not faults.fired:
            assert number > 15
            return
    raise AssertionError("the power was cut at every call")


def test_making_and_unmaking_is_said_in_words() -> None:
    assert operation_words(MakePath("a/b")) == ["make the folder a/b"]
    assert operation_words(MakePath("a", "one\ntwo")) == ["make a, 2 lines"]
    assert operation_words(UnmakePath("a", "one")) == ["remove a, as it was made"]
    assert operation_words(UnmakePath("a")) == ["remove a where empty"]
