"""Imports that end early: killed, stopped, without room or without their source; the same import goes on."""

import asyncio
import errno
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import pytest

from inspector.engine import Engine
from inspector.fs.system import System, use_system
from inspector.model.errors import CancelledByUserError, StorageLockedError, StorageOfflineError
from inspector.model.importing import Imported, ImportOptions, ImportPlan, OnDuplicate
from inspector.model.progress import Progress
from inspector.repair.importing import running
from inspector.repair.importing.record import running_alone
from tests.importing.sources import archive_at, bring_in, master, photos, picture, plan_of, put, session, tree
from tests.workbench import Workbench

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

PICTURES = 9


@pytest.fixture
def card(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A card with nine pictures, a raw file and a sidecar, to be imported in chunks of four."""
    monkeypatch.setattr(running, "_FILES_A_CHUNK", 4)
    archive_at(bench.root)
    folder = bench.folder / "card"
    for number in range(PICTURES):
        picture(folder / f"IMG_{number}.JPG", number)
    put(folder / "IMG_1.CR2", b"raw")
    put(folder / "IMG_1.xmp", b"<x/>")
    return folder


class Failing(System):
    """A system on which something happens before each change of a name."""

    def __init__(self, before: Callable[[int], None]) -> None:
        self._before = before
        self._names = 0

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """A system call, after what happens before it."""
        if name == "renameat2":
            self._names += 1
            self._before(self._names)
        return function(*arguments)


async def everything_is_in(bench: Workbench, files: int = PICTURES + 2) -> None:
    """Whether one session has brought in all files, each once, and nothing is left over."""
    listed = [entry["relative_path"] for entry in session(bench.root, 8)["files"]]
    assert sorted(listed) == [path for path in photos(bench.root) if not path.endswith((".xmp", "OLD.jpg"))]
    assert len(photos(bench.root)) == files + 1
    stats = session(bench.root, 8)["stats"]
    assert (stats["total_scanned"], stats["new_imports"]) == (files - 1, files - 1)
    assert (stats["duplicates_skipped"], stats["errors"]) == (0, 0)
    assert not (bench.root / "imalink-sessions/session_009.json").exists()
    assert not list((bench.state / "imports").glob("*.json"))
    await bench.scan(deep=True)
    assert bench.kinds() == {}


@pytest.mark.parametrize("call", [40, 120, 190])
@pytest.mark.parametrize("on_duplicate", [OnDuplicate.SKIP, OnDuplicate.KEEP_BOTH])
async def test_after_a_kill_the_same_import_goes_on_into_the_same_session_with_nothing_twice(
    bench: Workbench, card: Path, call: int, on_duplicate: OnDuplicate
) -> None:
    command = (bench.state, bench.home, card, bench.root, on_duplicate.value)
    words = [sys.executable, "-m", "tests.importing.killed_import", *map(str, command)]
    killed = subprocess.run([*words, str(call)], check=False, capture_output=True)
    assert killed.returncode == -9, killed
    storage = await bench.engine.open(bench.root)
    await bench.engine.importing.settle(str(card), storage.id)
    options = ImportOptions(on_duplicate=on_duplicate)
    plan = await plan_of(bench, card, options)
    assert plan.goes_on and plan.session_id == "8"
    imported = await bench.engine.importing.run(plan)
    assert imported.error is None
    assert imported.files + plan.done == PICTURES + 2
    await everything_is_in(bench)


async def test_an_import_that_was_stopped_goes_on_where_it_was(bench: Workbench, card: Path) -> None:
    plan, progress = await plan_of(bench, card), Progress()

    def stop(number: int) -> None:
        if number == 25:
            progress.cancel()

    with use_system(Failing(stop)):
        stopped = await bench.engine.importing.run(plan, progress)
    assert isinstance(stopped.error, CancelledByUserError)
    assert 0 < stopped.files < PICTURES + 2
    again = await bring_in(bench, card)
    assert (again.error, again.files) == (None, PICTURES + 2 - stopped.files)
    await everything_is_in(bench)


async def test_a_drive_without_room_ends_an_import_that_goes_on_once_there_is_some(
    bench: Workbench, card: Path
) -> None:
    plan = await plan_of(bench, card)

    class Full(System):
        written = 0

        def write_all(self, descriptor: int, data: bytes | memoryview) -> None:
            self.written += len(data)
            if self.written > 40_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write_all(descriptor, data)

    with use_system(Full()):
        failed = await bench.engine.importing.run(plan)
    assert failed.error is not None and "ENOSPC" in str(failed.error)
    assert failed.files < PICTURES
    storage = await bench.engine.open(bench.root)
    await bench.engine.importing.settle(str(card), storage.id)
    again = await bring_in(bench, card)
    assert again.error is None
    await everything_is_in(bench)


async def test_too_little_room_is_said_before_a_chunk_begins(
    bench: Workbench, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await plan_of(bench, card)
    monkeypatch.setattr(running, "free_bytes", lambda tree: 1 << 20)
    ended = await bench.engine.importing.run(plan)
    assert ended.error is not None and "1.0 MB free" in str(ended.error)
    assert photos(bench.root) == ["photos/2023/OLD.jpg"]


async def test_a_source_that_is_pulled_out_ends_an_import_that_goes_on_when_it_is_back(
    bench: Workbench, card: Path
) -> None:
    plan, away = await plan_of(bench, card), bench.folder / "away"

    def pull_out(number: int) -> None:
        if number == 22:
            card.rename(away)

    with use_system(Failing(pull_out)):
        ended = await bench.engine.importing.run(plan)
    assert isinstance(ended.error, StorageOfflineError) and str(card) in str(ended.error)
    assert ended.errors == ()
    assert 0 < ended.files < PICTURES
    away.rename(card)
    assert (await bring_in(bench, card)).error is None
    await everything_is_in(bench)


async def test_what_was_taken_back_meanwhile_comes_in_again(bench: Workbench, card: Path) -> None:
    plan, progress = await plan_of(bench, card), Progress()

    def stop(number: int) -> None:
        if number == 40:
            progress.cancel()

    with use_system(Failing(stop)):
        stopped = await bench.engine.importing.run(plan, progress)
    assert len(stopped.batches) > 2
    await bench.engine.repairs.undo(stopped.batches[1])
    again = await bring_in(bench, card)
    assert again.error is None
    await everything_is_in(bench)


async def test_an_import_that_goes_on_finds_new_pictures_of_the_source_too(bench: Workbench, card: Path) -> None:
    plan, progress = await plan_of(bench, card), Progress()

    def stop(number: int) -> None:
        if number == 25:
            progress.cancel()

    with use_system(Failing(stop)):
        stopped = await bench.engine.importing.run(plan, progress)
    picture(card / "LATER.JPG", 50)
    assert (await bring_in(bench, card)).files == PICTURES + 3 - stopped.files
    await everything_is_in(bench, PICTURES + 3)


async def test_an_import_that_is_stopped_before_it_begins_leaves_nothing(bench: Workbench, card: Path) -> None:
    before = tree(bench.root)
    plan, progress = await plan_of(bench, card), Progress()
    progress.cancel()
    with pytest.raises(CancelledByUserError):
        await bench.engine.importing.run(plan, progress)
    assert tree(bench.root) == before
    assert not list((bench.state / "imports").glob("*.json"))


async def test_the_same_import_does_not_run_twice_at_once(bench: Workbench, card: Path) -> None:
    plan = await plan_of(bench, card)
    with running_alone(bench.state, plan.storage_id, plan.source), pytest.raises(StorageLockedError, match="already"):
        await bench.engine.importing.run(plan)
    assert photos(bench.root) == ["photos/2023/OLD.jpg"]


async def test_two_imports_at_once_become_two_sessions_that_both_hold_all_of_theirs(
    bench: Workbench, card: Path
) -> None:
    other = bench.folder / "other"
    for number in range(PICTURES):
        picture(other / f"DSC_{number}.JPG", 100 + number)
    first, second = await plan_of(bench, card), await plan_of(bench, other)
    assert first.session_id == second.session_id == "8"
    results: list[Imported] = []

    def run(plan: ImportPlan) -> None:
        with Engine(bench.state, bench.home) as engine:
            results.append(asyncio.run(engine.importing.run(plan)))

    threads = [threading.Thread(target=run, args=(plan,)) for plan in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert [(one.error, one.errors) for one in results] == [(None, ()), (None, ())]
    assert {one.session_id for one in results} == {"8", "9"}
    sessions = [session(bench.root, number)["files"] for number in (8, 9)]
    assert sorted(map(len, sessions)) == [PICTURES, PICTURES + 1]
    assert len(master(bench.root)["files"]) == 2 * PICTURES + 2
    assert len(tree(bench.root / "photos")) == 2 * PICTURES + 3
    await bench.scan(deep=True)
    assert bench.kinds() == {}


async def test_an_archive_that_is_taken_away_ends_an_import_that_goes_on_when_it_is_back(
    bench: Workbench, card: Path
) -> None:
    plan, away = await plan_of(bench, card), bench.folder / "away"

    def unmount(number: int) -> None:
        if number == 22:
            bench.root.rename(away)

    with use_system(Failing(unmount)):
        ended = await bench.engine.importing.run(plan)
    assert ended.error is not None
    if bench.root.exists():
        shutil.rmtree(bench.root)
    away.rename(bench.root)
    storage = await bench.engine.open(bench.root)
    await bench.engine.importing.settle(str(card), storage.id)
    assert (await bring_in(bench, card)).error is None
    await everything_is_in(bench)


async def test_an_import_can_be_stopped_within_a_large_file_and_counts_its_bytes(bench: Workbench, card: Path) -> None:
    class StopsHalfWay(Progress):
        def advance(self, *, files: int = 0, count: int = 0) -> None:
            super().advance(files=files, count=count)
            if self.phase == "importing" and self.bytes > 3 << 20:
                self.cancel()

    put(card / "clip.mp4", bytes(6 << 20))
    plan, progress = await plan_of(bench, card), StopsHalfWay()
    stopped = await bench.engine.importing.run(plan, progress)
    assert isinstance(stopped.error, CancelledByUserError)
    assert stopped.files == PICTURES + 2
    assert not [path for path in tree(bench.root) if "clip" in path or ".inspector-" in path]
    again = await bring_in(bench, card)
    assert (again.error, again.files) == (None, 1)
    await everything_is_in(bench, PICTURES + 3)


async def test_what_another_import_brought_to_its_place_meanwhile_is_a_duplicate_and_no_error(
    bench: Workbench, card: Path
) -> None:
    plan = await plan_of(bench, card)
    storage = await bench.engine.open(bench.root)
    with Engine(bench.folder / "other state", bench.home) as other:
        same = await other.open(bench.root)
        assert (await other.importing.run(await other.importing.plan(str(card), same.id))).error is None
    imported = await bench.engine.importing.run(plan)
    assert (imported.error, imported.errors, imported.files) == (None, (), 0)
    assert imported.duplicates == PICTURES + 2
    stats = session(bench.root, 9)["stats"]
    assert (stats["total_scanned"], stats["duplicates_skipped"], stats["errors"]) == (PICTURES + 1, PICTURES + 1, 0)
    assert storage.id == plan.storage_id
    (bench.root / "imalink-sessions/session_009.json").unlink()
    await everything_is_in(bench)
