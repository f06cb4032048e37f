"""What a repair took away comes back as long as nobody wrote it in quarantine, whatever the last scan knew of it."""

import os
from pathlib import Path

import pytest

from inspector.model.operations import ABSENT, Edit, FileState, Quarantine, WriteDocument
from inspector.model.plan import ItemState, Plan
from inspector.repair.history import batch_info
from inspector.repair.kept_versions import digest_text
from inspector.repair.manifest import Manifest
from inspector.repair.undo import undo_plan
from tests.repair.workshop import DONE, REFUSED, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


def known_as(shop: Workshop, path: str) -> FileState:
    """What the catalog knows of a file: its state and its digest."""
    seen = shop.seen(path)
    return FileState(seen.size, seen.mtime_ns, seen.inode, digest_text((shop.root / path).read_bytes()))


def alter_unseen(path: Path, data: bytes = b"CONTENT") -> None:
    """Write other bytes within a file, and give it the time that it had."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def results(shop: Workshop, batch: str) -> list[tuple[ItemState, str]]:
    return [(item.state, item.reason) for item in batch_info(shop.state, batch).items]


def test_bytes_that_are_not_those_of_the_last_scan_come_back_and_it_is_said(shop: Workshop) -> None:
    known = known_as(shop, "a.jpg")
    alter_unseen(shop.root / "a.jpg")
    before = shop.picture()
    batch = shop.apply(shop.plan((Quarantine("a.jpg", known),)))
    assert not (shop.root / "a.jpg").exists()
    ((state, reason),) = results(shop, shop.undo(batch))
    assert shop.picture() == before
    assert state is DONE
    assert reason == "a.jpg: came back with bytes that are not those of the last scan: see whether it is well"


def test_it_comes_back_and_is_said_too_where_documents_are_written_with_it(shop: Workshop) -> None:
    known = known_as(shop, "a.jpg")
    alter_unseen(shop.root / "a.jpg")
    before = shop.picture()
    batch = shop.apply(shop.plan((Quarantine("a.jpg", known), shop.edit("files", "a", was="a.jpg"))))
    ((state, reason),) = results(shop, shop.undo(batch))
    assert (shop.picture(), state) == (before, DONE)
    assert "not those of the last scan" in reason


def test_what_was_written_in_quarantine_does_not_come_back(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((Quarantine("a.jpg", known_as(shop, "a.jpg")),)))
    (entry,) = Manifest(shop.root / ".inspector").entries()
    Path(entry.stored_at).write_bytes(b"CONTENT of a.jpg")
    ((state, reason),) = results(shop, shop.undo(batch))
    assert state is REFUSED
    assert "other bytes" in reason


def test_an_untouched_file_comes_back_without_a_word(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((Quarantine("a.jpg", known_as(shop, "a.jpg")),)))
    assert results(shop, shop.undo(batch)) == [(DONE, "")]


def out_of_list(shop: Workshop) -> Plan:
    """Three items that take a file away and its item out of a list whose order means nothing."""
    digest = digest_text((shop.root / "index.json").read_bytes())
    return shop.plan(
        *(
            (
                shop.take_away(f"{name}.jpg"),
                WriteDocument("index.json", digest, (Edit(("list", place), ABSENT, was, at_end=True),)),
            )
            for place, (name, was) in enumerate(zip("abc", ("one", "two", "three"), strict=True))
        )
    )


@pytest.mark.parametrize("refused", ["a.jpg", "b.jpg", "c.jpg"])
def test_one_file_that_cannot_come_back_keeps_no_other_one_away(shop: Workshop, refused: str) -> None:
    batch = shop.apply(out_of_list(shop))
    (shop.root / refused).write_bytes(b"something else")
    undo = shop.undo(batch)
    assert sorted(state.value for state, _ in results(shop, undo)) == ["done", "done", "refused"]
    there = dict(zip(("a.jpg", "b.jpg", "c.jpg"), ("one", "two", "three"), strict=True))
    assert set(shop.index["list"]) == {item for name, item in there.items() if name != refused}  # type: ignore[call-overload]
    (shop.root / refused).unlink()
    shop.undo(batch)
    assert set(shop.index["list"]) == {"one", "two", "three"}  # type: ignore[call-overload]
    assert (shop.root / refused).read_bytes() == f"content of {refused}".encode()


def test_one_file_that_was_purged_keeps_no_other_one_away(shop: Workshop) -> None:
    batch = shop.apply(out_of_list(shop))
    entry = next(one for one in Manifest(shop.root / ".inspector").entries() if one.path == "b.jpg")
    Path(entry.stored_at).unlink()
    plan = undo_plan(shop.state, batch)
    assert [refusal.number for refusal in plan.refused] == [2]
    undo = shop.apply(plan, undo_of=batch)
    assert {state for state, _ in results(shop, undo)} == {DONE}
    assert set(shop.index["list"]) == {"one", "three"}  # type: ignore[call-overload]
    redo = shop.undo(undo)
    assert shop.index["list"] == []
    shop.undo(redo)
    assert set(shop.index["list"]) == {"one", "three"}
