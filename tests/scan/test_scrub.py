"""A scrub reads the longest unverified files from the disk, within its limits, and finds what a full scan would."""

import os
from pathlib import Path

import pytest

from inspector.catalog.verification import oldest_first
from inspector.engine import Engine, scrub_spec
from inspector.layouts import registry
from inspector.model.errors import CancelledByUserError, StorageOfflineError
from inspector.model.jobs import BACKGROUND, JobKind, JobState
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode
from inspector.model.scrub import Limit, ScrubLimits, ScrubOutcome
from inspector.scan import scrub as scrub_module
from inspector.scan.scrub import Scrub
from inspector.scan.verifying import verify_files
from tests.workbench import OLD_NS, Workbench


async def scrubbed(bench: Workbench, **limits: float | int) -> ScrubOutcome:
    (outcome,) = (await bench.engine.scrub(bench.ids, ScrubLimits(**limits))).outcomes  # type: ignore[arg-type]
    return outcome


def rot(bench: Workbench, path: str) -> None:
    """Flip a bit of a file as a failing disk does: the catalog's stat of it is that of the file."""
    target = bench.root / path
    data = bytearray(target.read_bytes())
    data[0] ^= 1
    target.write_bytes(data)
    os.utime(target, ns=(OLD_NS, OLD_NS))
    sql(
        bench, "UPDATE file SET ctime_ns = ? WHERE name = ?", target.stat().st_ctime_ns, os.path.basename(path).encode()
    )


def sql(bench: Workbench, statement: str, *values: object) -> list[tuple[object, ...]]:
    return bench.engine._database.connection.execute(statement, values).fetchall()


async def test_every_file_is_verified_and_then_none_is_left(bench: Workbench) -> None:
    for number in range(300):
        bench.put(f"{number % 3}/{number}.jpg")
    await bench.scan()
    outcome = await scrubbed(bench)
    assert (outcome.counts.verified, outcome.left) == (300, 0)
    assert outcome.oldest_ns is not None and outcome.oldest_ns > OLD_NS
    assert bench.kinds() == {}


async def test_rot_is_found_as_a_full_scan_finds_it(bench: Workbench) -> None:
    bench.put("well.jpg")
    bench.put("trip/rotten.jpg", "ABCDEF")
    await bench.scan()
    rot(bench, "trip/rotten.jpg")
    outcome = await scrubbed(bench)
    assert (outcome.counts.verified, outcome.counts.rotten) == (1, 1)
    by_scrub = bench.only("suspected_rot")
    assert outcome.findings[0].conflict_id == by_scrub.id
    assert by_scrub.path == "trip/rotten.jpg"
    await bench.scan(ScanMode.FULL)
    assert bench.only("suspected_rot").evidence == by_scrub.evidence, "a full scan has nothing to add"


async def test_what_changed_or_went_since_the_last_scan_is_left_to_a_scan(bench: Workbench) -> None:
    for name in ("same.jpg", "edited.jpg", "gone.jpg"):
        bench.put(name)
    await bench.scan()
    bench.put("edited.jpg", "other bytes", mtime_ns=OLD_NS + 5_000_000_000)
    (bench.root / "gone.jpg").unlink()
    outcome = await scrubbed(bench)
    assert (outcome.counts.verified, outcome.counts.changed, outcome.counts.vanished) == (1, 1, 1)
    assert bench.kinds() == {}, "only a scan says what became of them"


async def test_a_file_that_cannot_be_read_is_a_conflict_and_the_next_scan_looks_at_it_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("bad.jpg")
    bench.put("good.jpg")
    await bench.scan()
    real = os.readv
    bad = (bench.root / "bad.jpg").stat().st_ino

    def failing(descriptor: int, buffers: object) -> int:
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(5, "Input/output error")
        return real(descriptor, buffers)  # type: ignore[arg-type]

    monkeypatch.setattr("inspector.scan.hashing.os.readv", failing)
    outcome = await scrubbed(bench)
    assert (outcome.counts.verified, outcome.counts.unreadable) == (1, 1)
    assert bench.only("unreadable_file").path == "bad.jpg"
    monkeypatch.undo()
    await bench.scan()
    assert bench.kinds() == {}


async def test_bytes_that_were_read_wrongly_once_are_no_rot(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.put("a.jpg", "ABC")
    await bench.scan()
    real = os.readv
    reads: list[int] = []

    def misreading(descriptor: int, buffers: list[bytearray]) -> int:
        count = real(descriptor, buffers)
        if count and not reads:
            buffers[0][0] ^= 1
        reads.append(count)
        return count

    monkeypatch.setattr("inspector.scan.hashing.os.readv", misreading)
    outcome = await scrubbed(bench)
    assert (outcome.counts.misread, outcome.counts.verified, outcome.counts.rotten) == (1, 1, 0)
    assert bench.kinds() == {}


async def test_a_limit_on_bytes_ends_a_run_and_the_next_goes_on_from_there(bench: Workbench) -> None:
    for number in range(10):
        bench.put(f"{number}.jpg", bytes([number]) * 1000)
    await bench.scan()
    result = await bench.engine.scrub(bench.ids, ScrubLimits(max_bytes=4500))
    assert result.limit is Limit.BYTES
    assert (result.outcomes[0].counts.bytes, result.outcomes[0].left, result.outcomes[0].left_bytes) == (4000, 6, 6000)
    rest = await scrubbed(bench)
    assert (rest.counts.verified, rest.left) == (10, 0), "the ten, those that were never verified first"
    ages = [name for (name,) in sql(bench, "SELECT name FROM file ORDER BY verified_ns, name")]
    assert ages[:6] == [b"4.jpg", b"5.jpg", b"6.jpg", b"7.jpg", b"8.jpg", b"9.jpg"]


@pytest.mark.parametrize("most", [100, 0])
async def test_a_file_larger_than_the_limit_is_read_all_the_same_where_it_is_the_first(
    bench: Workbench, most: int
) -> None:
    bench.put("large.jpg", b"x" * 5000)
    bench.put("second.jpg")
    await bench.scan()
    outcome = await scrubbed(bench, max_bytes=most)
    assert (outcome.counts.bytes, outcome.left) == (5000, 1)


async def test_a_limit_on_time_lets_the_file_that_is_being_read_come_to_its_end(bench: Workbench) -> None:
    for number in range(5):
        bench.put(f"{number}.jpg")
    await bench.scan()
    moments = iter(range(100))  # each look at the clock is a second later: one when it begins, one before each file
    storage = bench.engine.storage(bench.ids[0])
    pairs = [(storage, registry.layout(storage.layout))]
    limits = ScrubLimits(max_seconds=3)
    result = Scrub(bench.engine._database, pairs, limits, Progress(), lambda: next(moments)).run()
    assert result.limit is Limit.TIME
    assert (result.outcomes[0].counts.verified, result.outcomes[0].left) == (2, 3)


async def test_what_was_verified_stays_so_when_it_is_cancelled(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        bench.put(f"{number % 20}/{number}.jpg")
    await bench.scan()
    progress = Progress()
    real = verify_files

    def cancelled_later(*given: object) -> object:
        for verified in real(*given):  # type: ignore[arg-type]
            yield verified
            if progress.files >= 50:
                progress.cancel()

    monkeypatch.setattr(scrub_module, "verify_files", cancelled_later)
    (outcome,) = (await bench.engine.scrub(bench.ids, progress=progress)).outcomes
    assert isinstance(outcome.error, CancelledByUserError)
    assert outcome.error.message == "stopped; what was verified is kept, and the next scrub goes on from there"
    assert 0 < outcome.left < 200
    assert outcome.left == 200 - outcome.counts.verified


async def test_the_longest_unverified_come_first_in_all_storages_together(bench: Workbench) -> None:
    other = bench.folder / "other"
    for root in (bench.root, other):
        for number in range(3):
            bench.put(f"{root.name}{number}.jpg", root=root)
    await bench.scan(roots=(bench.root, other))
    for age, name in enumerate((b"other1.jpg", b"pictures0.jpg", b"other2.jpg", b"pictures2.jpg"), 1):
        sql(bench, "UPDATE file SET verified_ns = ? WHERE name = ?", age, name)
    order = [one.known.name for one in oldest_first(bench.engine._database.connection, bench.ids, 100)]
    assert order[2:] == [b"other1.jpg", b"pictures0.jpg", b"other2.jpg", b"pictures2.jpg"]
    assert sorted(order[:2]) == [b"other0.jpg", b"pictures1.jpg"], "never verified ones before all"


async def test_the_oldest_are_found_through_an_index(bench: Workbench) -> None:
    plans: list[str] = []
    connection = bench.engine._database.connection
    connection.set_trace_callback(plans.append)
    list(oldest_first(connection, ["s"], 100))
    connection.set_trace_callback(None)
    by_age = next(one for one in plans if "f.verified_ns >" in one)
    steps = [str(row[3]) for row in connection.execute("EXPLAIN QUERY PLAN " + by_age)]
    assert "file_by_verified" in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)


async def test_a_file_that_gets_other_contents_counts_as_never_verified(bench: Workbench) -> None:
    bench.put("a.jpg", "before")
    bench.put("b.jpg")
    await bench.scan()
    await scrubbed(bench)
    bench.put("a.jpg", "and after", mtime_ns=OLD_NS + 5_000_000_000)
    await bench.scan()
    ((name, verified_ns), *_) = sql(bench, "SELECT name, verified_ns FROM file ORDER BY verified_ns")
    assert (name, verified_ns) == (b"a.jpg", 0)


async def test_an_absent_storage_is_offline_and_the_others_are_verified(bench: Workbench) -> None:
    other = bench.folder / "other"
    bench.put("a.jpg")
    bench.put("b.jpg", root=other)
    await bench.scan(roots=(bench.root, other))
    bench.root.rename(bench.folder / "unplugged")
    first, second = (await bench.engine.scrub(bench.ids)).outcomes
    assert isinstance(first.error, StorageOfflineError)
    assert (first.counts.verified, second.counts.verified, second.error) == (0, 1, None)


async def test_a_scrub_writes_nothing_into_the_storage(bench: Workbench) -> None:
    bench.put("a/b.jpg")
    await bench.scan()
    before = {path: path.stat().st_ctime_ns for path in bench.root.rglob("*")}
    await scrubbed(bench)
    assert {path: path.stat().st_ctime_ns for path in bench.root.rglob("*")} == before


async def test_a_scrub_is_a_job_that_keeps_no_scan_from_its_storage(bench: Workbench) -> None:
    bench.put("a.jpg")
    await bench.scan()
    storage = bench.engine.storage(bench.ids[0])
    bench.engine.jobs.submit(scrub_spec([storage], ScrubLimits(max_bytes=10)))
    assert bench.engine.jobs.take_next() is None, "only who asks for background work gets it"
    job = bench.engine.jobs.take_next(kinds=BACKGROUND)
    assert job is not None and job.spec.kind is JobKind.SCRUB
    bench.engine.jobs.submit(scrub_spec([storage], ScrubLimits()))
    assert bench.engine.jobs.take_next(kinds=BACKGROUND) is None, "two scrubs of one storage would read it twice"
    finished = await bench.engine.jobs.run(job, Progress())
    assert finished.error is None and finished.job.state is JobState.DONE


async def test_a_placeholder_of_a_sync_program_is_not_opened(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    target = bench.put("online.jpg", b"")
    os.truncate(target, 100_000)  # a file without one block, as a program leaves that downloads it when it is opened
    os.utime(target, ns=(OLD_NS, OLD_NS))
    await bench.scan()
    (bench.root / ".dropbox").touch()  # what a scan met in such a folder, it did not read
    if target.stat().st_blocks:
        pytest.skip("this file system gives such a file blocks")
    opened: list[object] = []
    real = os.open

    def watched(path: str | bytes, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opened.append(path)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", watched)
    outcome = await scrubbed(bench)
    assert (outcome.counts.online_only, outcome.counts.verified) == (1, 0)
    assert b"online.jpg" not in opened


async def test_a_catalog_that_is_closed_in_the_middle_keeps_what_it_has(bench: Workbench, tmp_path: Path) -> None:
    bench.put("a.jpg")
    await bench.scan()
    await scrubbed(bench)
    with Engine(bench.state, bench.home) as again:
        (outcome,) = (await again.scrub(bench.ids, ScrubLimits(max_seconds=0))).outcomes
    assert outcome.oldest_ns is not None and outcome.oldest_ns > 0


async def test_what_a_scan_wrote_meanwhile_counts_more_than_what_was_read_before(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("rotten.jpg", "ABCDEF")
    bench.put("well.jpg")
    await bench.scan()
    rot(bench, "rotten.jpg")

    def overtaken(*given: object) -> object:
        found = list(verify_files(*given))  # type: ignore[arg-type]
        bench.engine._database.connection.execute("UPDATE file SET size = size + 1")  # as if another process scanned
        yield from found

    monkeypatch.setattr(scrub_module, "verify_files", overtaken)
    await scrubbed(bench)
    assert sql(bench, "SELECT count(*) FROM alteration") == [(0,)]
    assert sql(bench, "SELECT DISTINCT verified_ns FROM file") == [(0,)]
