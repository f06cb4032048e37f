"""A re-index: what each strategy looks at, what it computes, and what it decides without writing a byte."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.engine import ConflictFilter, Engine, reindex_spec
from inspector.model.moved import Remap
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.reindexing import ReindexOptions, Strategy
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder

WINTER, SKI = "photos/2024/Winter", "photos/2024/Ski"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "state", home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    """An archive of seven pictures in two sessions."""
    builder = ImaLinkBuilder(tmp_path / "Archive", "5d0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d11", "Archive")
    for number in range(7):
        path = f"{WINTER if number < 4 else 'photos/2023'}/IMG_{number}.jpg"
        builder.picture(path, seed=number, size=(48, 32)).add(path, 1 if number < 4 else 2)
    builder.write()
    return builder


def rearranged(archive: ImaLinkBuilder) -> None:
    archive.move(WINTER, SKI)
    archive.move("photos/2023/IMG_4.jpg", "photos/2023/cat.jpg")
    archive.delete("photos/2023/IMG_5.jpg")


def decided(engine: Engine, storage_id: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, decision in engine.repairs.staged([storage_id]):
        counts[decision.choice] = counts.get(decision.choice, 0) + 1
    return counts


async def test_moved_files_are_followed_and_missing_ones_forgotten_in_a_plan_and_nowhere_else(
    engine: Engine, archive: ImaLinkBuilder
) -> None:
    storage = await engine.open(archive.root)
    await engine.scan([storage.id])
    rearranged(archive)
    before = (archive.root / MASTER).read_bytes()
    done = await engine.reindexing.run(storage.id, ReindexOptions(drop_missing=True))
    assert (done.moved, done.dropped) == (5, 1)
    assert decided(engine, storage.id) == {"update_index": 5, "drop_entry": 1}
    assert (archive.root / MASTER).read_bytes() == before
    plan = await engine.repairs.plan([storage.id])
    assert not plan.refused
    await engine.repairs.apply(plan)
    files = json.loads((archive.root / MASTER).read_text())["files"].values()
    assert {one["relative_path"] for one in files} == {
        *(f"{SKI}/IMG_{number}.jpg" for number in range(4)), "photos/2023/cat.jpg", "photos/2023/IMG_6.jpg",
    }  # fmt: skip
    assert not engine.count_by_kind(ConflictFilter((storage.id,), ("missing_file", "path_mismatch")))


async def test_by_default_nothing_is_forgotten_and_what_was_decided_before_stays(
    engine: Engine, archive: ImaLinkBuilder
) -> None:
    storage = await engine.open(archive.root)
    rearranged(archive)
    await engine.scan([storage.id])
    renamed = Remap(storage.id, "photos/2023", "photos/2023", renamed=True)
    (file,) = engine.moved.files([storage.id], renamed)
    engine.repairs.decide([Decision(file.conflict_id, "leave")])
    done = await engine.reindexing.run(storage.id, ReindexOptions(strategy=Strategy.FULL))
    assert (done.moved, done.dropped) == (4, 0)
    assert decided(engine, storage.id) == {"update_index": 4, "leave": 1}


async def test_a_missing_file_that_is_to_be_had_elsewhere_is_not_forgotten(
    engine: Engine, archive: ImaLinkBuilder, tmp_path: Path
) -> None:
    copy = tmp_path / "Copy"
    copy.mkdir()
    (copy / "IMG_5.jpg").write_bytes((archive.root / "photos/2023/IMG_5.jpg").read_bytes())
    storage, other = await engine.open(archive.root), await engine.open(copy)
    await engine.scan([storage.id, other.id])
    archive.delete("photos/2023/IMG_5.jpg")
    archive.delete("photos/2023/IMG_6.jpg")
    done = await engine.reindexing.run(storage.id, ReindexOptions(drop_missing=True))
    assert done.dropped == 1
    ((conflict, _),) = engine.repairs.staged([storage.id])
    assert conflict.path == "photos/2023/IMG_6.jpg"


async def test_a_reference_is_looked_at_and_nothing_is_decided_for_it(engine: Engine, archive: ImaLinkBuilder) -> None:
    storage = await engine.open(archive.root)
    await engine.scan([storage.id])
    engine.repairs.set_reference(storage.id, on=True)
    rearranged(archive)
    assert "reference" in engine.reindexing.abilities(storage.id).no_staging
    done = await engine.reindexing.run(storage.id, ReindexOptions(drop_missing=True))
    assert (done.moved, done.dropped) == (0, 0)
    assert engine.moved.count([storage.id]) == 5
    assert not decided(engine, storage.id)


async def test_a_quick_check_finds_what_is_missing_and_reads_for_duplicates_only_where_asked(
    engine: Engine, archive: ImaLinkBuilder
) -> None:
    storage = await engine.open(archive.root)
    archive.delete("photos/2023/IMG_5.jpg")
    (archive.root / "photos/twin.jpg").write_bytes((archive.root / "photos/2023/IMG_6.jpg").read_bytes())
    quick = ReindexOptions(strategy=Strategy.QUICK, duplicates=False)
    await engine.reindexing.run(storage.id, quick)
    counts = engine.count_by_kind(ConflictFilter((storage.id,)))
    assert counts["missing_file"] == 1
    assert "duplicate_content" not in counts
    await engine.reindexing.run(storage.id, ReindexOptions(strategy=Strategy.QUICK))
    assert engine.count_by_kind(ConflictFilter((storage.id,)))["duplicate_content"] == 1


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_keys_of_orphans_are_computed_where_asked(
    engine: Engine, archive: ImaLinkBuilder, wanted: bool
) -> None:
    archive.picture("photos/new/orphan.jpg", seed=77, size=(48, 32))
    storage = await engine.open(archive.root)
    await engine.reindexing.run(storage.id, ReindexOptions(orphan_keys=wanted))
    (orphan,) = engine.all_conflicts(ConflictFilter((storage.id,), ("orphan_file",)))
    key = archive.hothash("photos/new/orphan.jpg") if wanted else None
    assert orphan.evidence.get("key") == key


async def test_the_incremental_one_looks_at_the_folders_of_the_newest_import_only(
    engine: Engine, archive: ImaLinkBuilder
) -> None:
    archive.sessions[2]["import_date"] = "2024-12-24T20:00:00Z"
    archive.sessions[2]["session_title"] = "Christmas"
    archive.write()
    storage = await engine.open(archive.root)
    await engine.scan([storage.id])
    assert engine.reindexing.abilities(storage.id).session == "Christmas"
    archive.picture("photos/2023/new.jpg", seed=70, size=(48, 32))
    archive.picture(f"{WINTER}/new.jpg", seed=71, size=(48, 32))
    await engine.reindexing.run(storage.id, ReindexOptions(strategy=Strategy.INCREMENTAL))
    orphans = [one.path for one in engine.all_conflicts(ConflictFilter((storage.id,), ("orphan_file",)))]
    assert orphans == ["photos/2023/new.jpg"]


async def test_a_folder_without_import_sessions_says_why_there_is_no_incremental_one(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "Plain"
    folder.mkdir()
    storage = await engine.open(folder)
    await engine.scan([storage.id])
    can = engine.reindexing.abilities(storage.id)
    assert can.no_session
    assert can.no_keys
    assert not can.no_staging


async def test_as_a_job_it_is_in_the_queue_and_an_interrupted_one_goes_on_with_its_options(
    engine: Engine, archive: ImaLinkBuilder
) -> None:
    storage = await engine.open(archive.root)
    await engine.scan([storage.id])
    rearranged(archive)
    spec = reindex_spec(storage, ReindexOptions(drop_missing=True))
    assert engine.jobs.submit(spec).spec == spec
    job = engine.jobs.take_next()
    assert job is not None
    engine.jobs.leaving = True
    progress = Progress()
    progress.cancel()
    stopped = await engine.jobs.run(job, progress)
    assert not decided(engine, storage.id)
    engine.jobs.again(stopped.job.id)
    job = engine.jobs.take_next()
    assert job is not None
    finished = await engine.jobs.run(job, Progress())
    assert finished.error is None
    assert decided(engine, storage.id) == {"update_index": 5, "drop_entry": 1}


async def test_one_decision_is_about_a_moved_folder_and_is_taken_back_as_one(
    engine: Engine, archive: ImaLinkBuilder
) -> None:
    storage = await engine.open(archive.root)
    rearranged(archive)
    await engine.scan([storage.id])
    groups = engine.moved.groups([storage.id])
    ski, renamed = [group.remap for group in groups]
    assert [(group.count, group.proven, group.decided) for group in groups] == [(4, 4, 0), (1, 1, 0)]
    assert ski == Remap(storage.id, WINTER, SKI)
    assert renamed == Remap(storage.id, "photos/2023", "photos/2023", renamed=True)
    assert engine.moved.decide([storage.id], [ski], "").count == 4
    assert [group.decided for group in engine.moved.groups([storage.id])] == [4, 0]
    assert engine.deciding.undo() == ("", 4)
    engine.moved.decide([storage.id], None, "")
    assert engine.moved.take_back([storage.id], ski) == 4
    assert decided(engine, storage.id) == {"update_index": 1}
