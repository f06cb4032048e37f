"""What the proofs found once, each by itself: it stays mended."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from inspector.fs.system import use_system
from inspector.model.errors import InspectorError
from inspector.model.plan import ItemState
from inspector.repair.history import interrupted
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.reliability.stage import Stage, elsewhere_for, scratch
from tests.reliability.verdict import folders_of, leftovers, picture_of, states_of, wrongs
from tests.reliability.world import ARCHIVE, OTHER_DEVICE, PHONE


@pytest.fixture(scope="module")
def built() -> Iterator[Stage]:
    """A stage, built once."""
    with scratch() as folder:
        yield Stage(folder)


@pytest.fixture
def stage(built: Stage) -> Stage:
    """A stage with its world as before the plan."""
    built.fresh()
    return built


def test_moves_into_each_others_names_are_taken_back_the_last_one_first(stage: Stage) -> None:
    refused: list[str] = []

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        if name == "fsync" and len(refused) < 1 and _path_of(arguments[0]).endswith(f"{PHONE}/DCIM"):
            refused.append(name)
            return errno.EIO
        return None

    with use_system(FaultSystem(refuse=refuse)):
        info = stage.apply(frozenset({13, 14}))
    assert refused
    assert ItemState.DONE not in states_of(info).values()
    stage.recover()
    assert picture_of(stage.world) == stage.known.picture


def _path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


def test_an_undo_that_is_interrupted_at_any_call_can_be_done_again(stage: Stage) -> None:
    for number in range(1, 2000, 3):
        stage.fresh()
        batch = stage.apply().id
        try:
            with use_system(FaultSystem(cut_at=number)):
                stage.undo(batch)
        except PowerCut:
            stage.recover()
            with suppress(InspectorError):  # nothing was left to take back
                stage.undo(batch)
            now = {path: facts for path, facts in picture_of(stage.world).items() if not path.endswith(".lock")}
            assert now == stage.known.picture, number
        else:
            assert number > 60
            return


def test_a_copy_that_an_interrupted_undo_took_to_another_device_and_brought_back_can_be_taken_away_again() -> None:
    with scratch() as folder:
        try:
            with elsewhere_for(OTHER_DEVICE, folder) as elsewhere:
                stage = Stage(folder, OTHER_DEVICE, elsewhere)
                for number in range(20, 2000, 11):
                    stage.fresh()
                    batch = stage.apply(frozenset({4})).id
                    with suppress(PowerCut), use_system(FaultSystem(cut_at=number)):
                        stage.undo(batch)
                        return
                    stage.recover()
                    with suppress(InspectorError):  # nothing was left to take back
                        stage.undo(batch)
                    left = leftovers(stage.world)
                    now = {path: facts for path, facts in picture_of(stage.world).items() if path not in left}
                    assert now == stage.known.picture, number
        except LookupError as error:
            pytest.skip(str(error))


def test_a_drive_that_fails_from_some_call_on_leaves_a_batch_that_recovering_settles(stage: Stage) -> None:
    waited = 0
    for number in range(1, 2000, 4):
        stage.fresh()
        faults = FaultSystem(fail_at=number, error=errno.EIO, lasting=True)
        with use_system(faults), suppress(InspectorError):
            stage.apply()
        waited += bool(interrupted(stage.world.state))
        recovered = stage.recover()
        states = states_of(stage.batches()[0]) if stage.batches() else {}
        found = wrongs(stage.world, stage.known, states, may_wait=not recovered)
        assert [words for words in found if not words.startswith("left an empty folder")] == [], number
        if not faults.fired:
            break
    assert waited > 10


def test_what_a_program_left_while_it_took_the_lock_goes_with_the_next_repair(stage: Stage) -> None:
    left = stage.world.root(ARCHIVE) / ".inspector-0123456789abcdef.tmp"
    others = stage.world.root(ARCHIVE) / ".inspector-mine.tmp"
    for path in (left, others):
        path.write_bytes(b"{")
    stage.apply(frozenset({6}))
    assert (left.exists(), others.exists()) == (False, True)


def test_taking_copies_back_removes_the_folders_that_they_made(stage: Stage) -> None:
    before = folders_of(stage.world)
    batch = stage.apply().id
    assert folders_of(stage.world) - before
    stage.undo(batch)
    assert folders_of(stage.world) == before


def test_a_recovery_removes_the_folders_that_nothing_came_into(stage: Stage) -> None:
    before = folders_of(stage.world)
    for number in range(20, 60, 2):
        stage.fresh()
        with suppress(PowerCut), use_system(FaultSystem(cut_at=number)):
            stage.apply(frozenset({1}))
        stage.recover()
        info = stage.batches()
        done = bool(info) and states_of(info[0])[1] is ItemState.DONE
        assert (folders_of(stage.world) == before) != done, number
