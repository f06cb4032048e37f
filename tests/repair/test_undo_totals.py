"""Totals in documents that are taken back: the stated ones where nothing else changed, the right ones where it did."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from inspector.model.plan import ItemResult, ItemState
from inspector.repair.undo import undo_plan
from tests.repair.test_apply_together import COUNT, MASTER, SIGNATURE, Archive

DONE = {ItemState.DONE}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of a few pictures."""
    return Archive(tmp_path)


def state_wrongly(archive: Archive, path: str, **totals: Any) -> None:
    """Have a document state other totals; None takes one out."""
    value = {**archive.read(path), **totals}
    archive.write(path, {name: total for name, total in value.items() if total is not None})


def take_back(archive: Archive, batch: str, items: Collection[int] | None = None) -> tuple[str, list[ItemResult]]:
    """Take a batch back, or some of its items; the batch that did it, and what became of them."""
    return archive.apply(undo_plan(archive.state, batch, items))


def drop_two_move_one(archive: Archive) -> str:
    """A batch of three items."""
    first, second, third = archive.names[:3]
    batch, results = archive.apply(archive.plan(archive.drop(first), archive.move(second), archive.drop(third)))
    assert {result.state for result in results} == DONE
    return batch


def assert_counted(archive: Archive, files: int) -> None:
    """The totals are those of the entries, and there are so many."""
    master, signature = archive.read(MASTER), archive.read(SIGNATURE)
    assert len(master["files"]) == files
    assert (master["total_files"], master["total_size_bytes"]) == (files, 9 * files)
    assert (signature["photo_count"], signature["total_size_bytes"]) == (files, 9 * files)


WRONG_MASTER = {"total_files": 99, "total_size_bytes": 1}
WRONG_SIGNATURE = {"photo_count": 7, "total_size_bytes": 8}
RIGHT_AFTERWARDS = {"photo_count": COUNT - 2, "total_size_bytes": 9 * (COUNT - 2), "last_indexed": None}


@pytest.mark.parametrize(
    ("master", "signature"),
    [
        (WRONG_MASTER, {}),
        ({}, WRONG_SIGNATURE),
        (WRONG_MASTER, WRONG_SIGNATURE),
        ({}, RIGHT_AFTERWARDS),
        (WRONG_MASTER, RIGHT_AFTERWARDS),
    ],
)
def test_a_whole_batch_comes_back_with_the_totals_that_were_stated(
    archive: Archive, master: dict[str, Any], signature: dict[str, Any]
) -> None:
    state_wrongly(archive, MASTER, **master)
    state_wrongly(archive, SIGNATURE, **signature)
    before = archive.picture()
    batch = drop_two_move_one(archive)
    after = archive.picture()
    undo, results = take_back(archive, batch)
    assert {result.state for result in results} == DONE
    assert archive.picture() == before
    redo, _ = take_back(archive, undo)
    assert archive.picture() == after
    take_back(archive, redo)
    assert archive.picture() == before


@pytest.mark.parametrize("signature", [WRONG_SIGNATURE, RIGHT_AFTERWARDS])
def test_items_that_are_taken_back_alone_leave_the_right_totals(archive: Archive, signature: dict[str, Any]) -> None:
    state_wrongly(archive, MASTER, **WRONG_MASTER)
    state_wrongly(archive, SIGNATURE, **signature)
    batch = drop_two_move_one(archive)
    assert_counted(archive, COUNT - 2)
    take_back(archive, batch, {3})
    assert_counted(archive, COUNT - 1)
    take_back(archive, batch, {1, 2})
    assert_counted(archive, COUNT)


def test_an_item_that_cannot_be_taken_back_leaves_the_right_totals(archive: Archive) -> None:
    state_wrongly(archive, MASTER, **WRONG_MASTER)
    state_wrongly(archive, SIGNATURE, **RIGHT_AFTERWARDS)
    batch = drop_two_move_one(archive)
    (archive.root / "in" / archive.names[0]).write_bytes(b"another picture")
    _, results = take_back(archive, batch)
    assert {result.number: result.state for result in results} == {
        3: ItemState.DONE,
        2: ItemState.DONE,
        1: ItemState.REFUSED,
    }
    assert_counted(archive, COUNT - 1)


@pytest.mark.parametrize("signature", [{}, WRONG_SIGNATURE, RIGHT_AFTERWARDS])
def test_an_index_that_somebody_wrote_since_has_everything_counted(archive: Archive, signature: dict[str, Any]) -> None:
    state_wrongly(archive, SIGNATURE, **signature)
    batch = drop_two_move_one(archive)
    master = archive.read(MASTER)
    del master["files"][archive.names[5]]
    archive.write(MASTER, master)
    _, results = take_back(archive, batch)
    assert {result.state for result in results} == DONE
    assert_counted(archive, COUNT - 1)


def test_a_signature_that_somebody_wrote_since_is_counted_and_keeps_what_they_wrote(archive: Archive) -> None:
    state_wrongly(archive, SIGNATURE, **RIGHT_AFTERWARDS)
    before = (archive.root / MASTER).read_bytes()
    batch = drop_two_move_one(archive)
    state_wrongly(archive, SIGNATURE, notes="mine")
    take_back(archive, batch)
    assert (archive.root / MASTER).read_bytes() == before
    assert archive.read(SIGNATURE)["notes"] == "mine"
    assert_counted(archive, COUNT)


def test_a_journal_that_says_nothing_of_what_stayed_has_it_counted(archive: Archive) -> None:
    state_wrongly(archive, SIGNATURE, **RIGHT_AFTERWARDS)
    batch = drop_two_move_one(archive)
    path = archive.state / "journal" / f"{batch}.jsonl"
    lines = []
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if record["record"] == "documents done":
            record["back"] = [back for back in record["back"] if back["path"] != SIGNATURE]
        lines.append(json.dumps(record, separators=(",", ":")) + "\n")
    path.write_text("".join(lines))
    take_back(archive, batch)
    assert_counted(archive, COUNT)
