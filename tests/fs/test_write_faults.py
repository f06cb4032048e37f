"""Every change to a storage, with an error at its Nth call and with the power gone before it, for every N."""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from inspector.fs.system import use_system
from inspector.fs.write import NotDurableError, Tree
from inspector.model.errors import InspectorError
from tests.fs.fault_system import FaultSystem, Loss, PowerCut, Refusal
from tests.fs.writing import (
    NEW,
    build_storage,
    copy,
    create,
    exchange,
    move,
    move_many,
    move_together,
    no_links_either,
    no_renameat2,
    other_device,
    rename,
    replace,
    state_of,
    temporaries,
)

ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES)


@dataclass(frozen=True)
class Case:
    """A change, on a system that lacks some calls. `steps`: it is several changes; `empty_target`: see `System`."""

    name: str
    change: Callable[[Tree], None]
    refuse: Refusal | None = None
    steps: bool = False
    empty_target: bool = False


CASES = (
    Case("replace a document", replace),
    Case("exchange a document", exchange),
    Case("exchange a document without renameat2", exchange, no_renameat2),
    Case("create a document", create),
    Case("create a document without renameat2", create, no_renameat2),
    Case("move a file", move),
    Case("rename a file", rename),
    Case("move a file without renameat2", move, no_renameat2),
    Case("move a file without renameat2 and links", move, no_links_either, empty_target=True),
    Case("move a file to another device", move, other_device),
    Case("move many files", move_many, steps=True),
    Case("move many files without renameat2", move_many, no_renameat2, steps=True),
    Case("move files together", move_together, steps=True),
    Case("move files together without renameat2", move_together, no_renameat2, steps=True),
    Case("copy a file", copy),
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


class Bench:
    """Runs one case again and again, each time on a fresh storage that lasts until the next run."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.root = folder / "root"
        self.graveyard = folder / "graveyard"
        self.error: OSError | InspectorError | PowerCut | None = None
        self.fresh()
        self.run(FaultSystem(refuse=case.refuse))
        assert self.error is None
        self.new = state_of(self.root)
        self.fresh()
        self.old = state_of(self.root)

    def fresh(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.graveyard, ignore_errors=True)
        build_storage(self.root)

    def run(self, faults: FaultSystem) -> None:
        """Run, with what ended it in `error`."""
        self.error = None
        with Tree(str(self.root)) as tree, use_system(faults):
            try:
                self.case.change(tree)
            except (OSError, InspectorError, PowerCut) as error:
                self.error = error

    def cut(self, cut_at: int | None, loss: Loss | None = None) -> FaultSystem:
        """Run until the power goes, and lose what `loss` says."""
        self.fresh()
        faults = FaultSystem(cut_at=cut_at, refuse=self.case.refuse, graveyard=self.graveyard)
        self.run(faults)
        if loss is not None:
            faults.disk.lose_unsynced(loss)
        return faults

    def expect_old_or_new(self) -> None:
        """Each path is as before or as after, and no content that is in both is nowhere."""
        state = state_of(self.root)
        for path in state.keys() | self.old.keys() | self.new.keys():
            allowed = [self.old.get(path), self.new.get(path)]
            now = state.get(path)
            if now is not None and now[0] == b"" and path not in self.old and self.case.empty_target:
                continue
            assert now in allowed, path
        kept = {file for file in self.old.values() if file and file in self.new.values()}
        assert kept <= set(state.values())


@pytest.fixture
def bench(case: Case, tmp_path: Path) -> Bench:
    """The case at hand, to be run again and again."""
    return Bench(case, tmp_path)


@each_case
@pytest.mark.parametrize("error", ERRORS, ids=lambda code: errno.errorcode[code])
def test_an_error_at_any_call_leaves_everything_as_it_was(bench: Bench, error: int) -> None:
    for number in count(1):
        bench.fresh()
        faults = FaultSystem(fail_at=number, error=error, refuse=bench.case.refuse)
        bench.run(faults)
        if not faults.fired:
            break
        assert temporaries(bench.root) == []
        if bench.error is None:  # it was about permissions or attributes, or while tidying up
            assert {path: file and file[0] for path, file in state_of(bench.root).items()} == {
                path: file and file[0] for path, file in bench.new.items()
            }
        elif bench.case.steps:
            bench.expect_old_or_new()
        else:
            assert state_of(bench.root) == (bench.new if isinstance(bench.error, NotDurableError) else bench.old)
    assert number > 2
    assert state_of(bench.root) == bench.new


@each_case
@pytest.mark.parametrize("error", [errno.EIO, errno.EROFS], ids=lambda code: errno.errorcode[code])
def test_an_error_at_any_call_and_all_later_ones_loses_nothing(bench: Bench, error: int) -> None:
    for number in count(1):
        bench.fresh()
        faults = FaultSystem(fail_at=number, error=error, lasting=True, refuse=bench.case.refuse)
        bench.run(faults)
        if not faults.fired:
            break
        assert bench.error is not None
        bench.expect_old_or_new()
    assert state_of(bench.root) == bench.new


@each_case
def test_a_power_cut_before_any_call_leaves_the_old_or_the_new(bench: Bench) -> None:
    for number in count(1):
        faults = bench.cut(number)
        for loss in list(faults.disk.losses()):
            bench.cut(number, loss)
            bench.expect_old_or_new()
        if not faults.fired:
            break
    assert number > 2


@each_case
def test_what_has_returned_survives_a_power_cut(bench: Bench) -> None:
    faults = bench.cut(None)
    assert bench.error is None
    faults.disk.lose_unsynced()
    assert state_of(bench.root) == bench.new
    assert temporaries(bench.root) == []


@each_case
def test_signals_and_short_writes_are_not_noticed(bench: Bench) -> None:
    bench.run(FaultSystem(interrupt=True, longest_write=7, refuse=bench.case.refuse))
    assert bench.error is None
    assert state_of(bench.root) == bench.new
    assert temporaries(bench.root) == []


def test_the_model_of_the_disk_finds_a_write_without_fsync(tmp_path: Path) -> None:
    class NeverFlushed(FaultSystem):
        def fsync(self, descriptor: int) -> None:
            pass

    build_storage(tmp_path / "root")
    faults = NeverFlushed(graveyard=tmp_path / "graveyard")
    with Tree(str(tmp_path / "root")) as tree, use_system(faults):
        replace(tree)
    bytes_only = frozenset({len(faults.disk.unsynced()) - 1})
    faults.disk.lose_unsynced(Loss(bytes_only, "zeros"))
    assert (tmp_path / "root/index.json").read_bytes() == bytes(len(NEW))
