"""Earlier versions of documents that are damaged, and documents that others wrote meanwhile, are never mixed up."""

import errno
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from inspector.fs.system import Arguments, Result, System, use_system
from inspector.fs.tree import Tree
from inspector.model.operations import Edit, WriteDocument
from inspector.model.plan import ItemState, Plan
from inspector.repair.history import batch_info, batch_infos, interrupted
from inspector.repair.kept_versions import digest_text
from inspector.repair.recovery import recover
from inspector.repair.undo import undo_plan
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.repair.workshop import DONE, Workshop

UNFINISHED, FAILED = ItemState.UNFINISHED, ItemState.FAILED


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    (made.root / "other.json").write_text(json.dumps({"title": "as it was"}))
    return made


def two_documents(shop: Workshop) -> Plan:
    """A plan that moves a file and edits the index, and moves another one and edits a second document."""
    digest = digest_text((shop.root / "other.json").read_bytes())
    other = WriteDocument("other.json", digest, (Edit(("title",), "changed", "as it was"),))
    index = shop.edit("files", "a", value="z.jpg", was="a.jpg")
    return shop.plan((shop.move("a.jpg", "z.jpg"), index), (shop.move("b.jpg", "y.jpg"), other))


class Meddles(System):
    """Before the second document is exchanged, the drive fails; until then somebody may write the first one."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        self._exchanges = 0
        self._meddle = meddle

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        self._exchanges += name == "exchange"
        if name == "exchange" and self._exchanges == 2:
            self._meddle()
            raise OSError(errno.EIO, "Input/output error")
        return super().call(name, function, *arguments)


def states(shop: Workshop, batch: str) -> list[ItemState]:
    return [item.state for item in batch_info(shop.state, batch).items]


def test_documents_that_were_written_come_back_where_a_later_one_fails(shop: Workshop) -> None:
    was = shop.picture()
    with use_system(Meddles(lambda: None)):
        batch = shop.apply(two_documents(shop))
    assert states(shop, batch) == [FAILED, FAILED]
    assert shop.picture() == was


def test_a_document_that_somebody_wrote_meanwhile_stays_and_its_item_says_that_it_is_not_finished(
    shop: Workshop,
) -> None:
    index = shop.root / "index.json"

    def meddle() -> None:
        index.write_text(index.read_text().replace("one", "somebody's"))

    with use_system(Meddles(meddle)):
        batch = shop.apply(two_documents(shop), end=False)
    written, untouched = batch_info(shop.state, batch).items
    assert (written.state, untouched.state) == (UNFINISHED, FAILED)
    assert "index.json was written since" in written.reason
    assert shop.index["files"] == {"a": "z.jpg", "b": "b.jpg", "c": "c.jpg"}
    assert (shop.root / "z.jpg").exists(), "the file stays where the document says that it is"
    assert (shop.root / "b.jpg").exists()
    assert "somebody's" in index.read_text()


def cut_after_documents(shop: Workshop) -> str:
    """A batch that ends right after its documents were written and before it says so."""
    for at in range(1, 500):
        trial = FaultSystem(cut_at=at)
        with suppress(PowerCut), use_system(trial):
            shop.apply(shop.plan((shop.edit("list", 0, value="ONE", was="one"),)))
            break
        is_exchanged = not list(shop.root.glob(".inspector-*"))  # nothing of before lies beside it any more
        if interrupted(shop.state) and is_exchanged and shop.index["list"] != ["one", "two", "three"]:
            return interrupted(shop.state)[0].id
        for info in interrupted(shop.state):
            recover(shop.state, info.id)
    raise AssertionError("the document was never caught as written")


def test_a_kept_version_that_rotted_is_not_brought_back_by_a_recovery(shop: Workshop) -> None:
    batch = cut_after_documents(shop)
    written = (shop.root / "index.json").read_bytes()
    (kept,) = (path for path in (shop.root / ".inspector/generations").glob(f"{batch}.*") if path.suffix != ".json")
    kept.write_bytes(b"rotten")
    (item,) = recover(shop.state, batch).items
    assert item.state is UNFINISHED
    assert "is not kept any more as it was" in item.reason
    assert (shop.root / "index.json").read_bytes() == written
    assert interrupted(shop.state) == []


def test_a_kept_version_that_rots_after_its_undo_was_planned_is_refused(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.edit("list", 0, was="one"),)))  # comes back as a whole only
    assert states(shop, batch) == [DONE]
    plan = undo_plan(shop.state, batch)
    written = (shop.root / "index.json").read_bytes()
    (shop.root / f".inspector/generations/{batch}.0").write_bytes(b"rotten")
    shop.apply(plan, undo_of=batch)
    (item,) = batch_infos(shop.state)[0].items
    assert item.state is ItemState.REFUSED
    assert "does not hold the bytes any more" in item.reason
    assert (shop.root / "index.json").read_bytes() == written


def test_a_file_in_quarantine_that_cannot_be_opened_for_once_is_not_taken_for_one_that_has_gone(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    was = shop.picture()
    batch = shop.apply(shop.plan((shop.take_away("a.jpg"),)))
    plan = undo_plan(shop.state, batch)
    opened = Tree.reading

    def refuse(tree: Tree, path: str) -> AbstractContextManager[int]:
        if path.startswith(batch):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(tree, path)

    with monkeypatch.context() as patched:
        patched.setattr(Tree, "reading", refuse)
        first = shop.apply(plan, undo_of=batch)
    (item,) = batch_info(shop.state, first).items
    assert item.state is FAILED
    assert "permission denied" in item.reason.lower()
    shop.undo(batch)
    assert shop.picture() == was
