"""A repair of a document beside a program that heeds no lock and writes it in the last instant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.fs.exchange import is_exchanged
from inspector.fs.system import Arguments, Result, use_system
from inspector.model.plan import BatchInfo, ItemState
from inspector.repair.history import batch_info, batch_infos
from inspector.repair.keeping import generations
from inspector.repair.recovery import recover
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.repair.workshop import Workshop

THEIRS = b'{"files": {"theirs": "d.jpg"}}'
LATER = b'{"files": {"later": "e.jpg"}}'


class Beside(FaultSystem):
    """Another program puts its version in the document's place right before ours gets there."""

    def __init__(self, document: Path, *, cut_after: int | None = None) -> None:
        """`cut_after`: how many calls after that the program is killed."""
        super().__init__()
        self._document, self._cut_after, self._since = document, cut_after, -1

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        if name == "exchange" and self._since < 0:
            replace_with(self._document, THEIRS)
            self._since = 0
        elif self._since >= 0:
            self._since += 1
        if self._cut_after is not None and self._since > self._cut_after:
            raise PowerCut
        return super().call(name, function, *arguments)


def replace_with(document: Path, data: bytes) -> None:
    """Put a whole new version in a document's place."""
    new = document.with_name("theirs.new")
    new.write_bytes(data)
    new.rename(document)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A storage of some pictures and an index."""
    return Workshop(tmp_path)


def left_over(workshop: Workshop) -> list[Path]:
    """What interrupted exchanges left."""
    return [path for path in workshop.root.rglob("*") if is_exchanged(path.name)]


def move_and_edit(workshop: Workshop) -> BatchInfo:
    """Move a file, and let its entry follow."""
    batch = workshop.apply(
        workshop.plan((workshop.move("a.jpg", "z.jpg"), workshop.edit("files", "a", value="z.jpg", was="a.jpg")))
    )
    return batch_info(workshop.state, batch)


def test_the_other_version_stays_and_the_item_is_refused_and_taken_back(workshop: Workshop) -> None:
    document = workshop.root / "index.json"
    with use_system(Beside(document)):
        (item,) = move_and_edit(workshop).items
    assert item.state is ItemState.REFUSED
    assert "index.json: was changed meanwhile" in item.reason
    assert document.read_bytes() == THEIRS
    assert (workshop.root / "a.jpg").exists()
    assert left_over(workshop) == []


@pytest.mark.parametrize("cut_after", range(6))
def test_killed_with_the_other_version_in_hand_recovering_puts_it_back(workshop: Workshop, cut_after: int) -> None:
    document = workshop.root / "index.json"
    with use_system(Beside(document, cut_after=cut_after)), pytest.raises(PowerCut):
        move_and_edit(workshop)
    (waiting,) = batch_infos(workshop.state)
    recover(workshop.state, waiting.id)
    assert document.read_bytes() == THEIRS
    assert left_over(workshop) == []


def test_where_yet_another_version_came_after_the_kill_both_are_kept(workshop: Workshop) -> None:
    document = workshop.root / "index.json"
    with use_system(Beside(document, cut_after=0)), pytest.raises(PowerCut):
        move_and_edit(workshop)
    assert [path.read_bytes() for path in left_over(workshop)] == [THEIRS]
    replace_with(document, LATER)
    (waiting,) = batch_infos(workshop.state)
    recover(workshop.state, waiting.id)
    assert document.read_bytes() == LATER
    assert left_over(workshop) == []
    kept = [path.read_bytes() for path in (workshop.root / ".inspector/generations").iterdir()]
    assert THEIRS in kept
    assert len(THEIRS) in {one.size for one in generations(workshop.places, "index.json")}
