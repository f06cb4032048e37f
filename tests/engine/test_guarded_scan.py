"""A scan that trips the guard leaves the catalog as it was: another medium at the path of a storage adds nothing."""

from inspector.model.errors import GuardTrippedError
from inspector.model.records import StorageState
from inspector.model.scanmode import ScanMode
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import Workbench

_TABLES = ("folder", "file", "alteration", "hint", "layer", "claim", "session", "finding", "conflict")


def _rows(bench: Workbench) -> dict[str, list[object]]:
    """All that the catalog holds of files, layers, hints and conflicts."""
    connection = bench.engine._database.connection
    rows = {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in _TABLES}
    counted = "SELECT files, bytes, changed, layers_stamp, last_scan_ns, reconciled_with FROM storage"
    return {**rows, "storage": connection.execute(counted).fetchall()}


def _put_ours(bench: Workbench) -> None:
    for number in range(9):
        bench.put(f"IMG_{number}.jpg")
    bench.put("one.jpg", "twice")
    bench.put("two.jpg", "twice")
    bench.put("sub/a.jpg")
    bench.put("sub/a.jpg.xmp", "<x/>")
    bench.put("sub/a (1).jpg.xmp", "<x/>")


async def test_an_impostor_at_the_path_of_a_folder_changes_nothing_in_the_catalog(bench: Workbench) -> None:
    _put_ours(bench)
    await bench.scan()
    before, found = _rows(bench), bench.kinds()
    newest_ns = bench.engine.sync_status(bench.ids[0]).newest_ns
    bench.root.rename(bench.folder / "ours")
    bench.root.mkdir()
    bench.put("IMG_0.jpg", "of another one")
    bench.put("one.jpg", "once")
    bench.put("two.jpg", "twice")
    for number in range(20):
        bench.put(f"other/DSC_{number}.jpg")
    bench.put("sub/b.jpg.xmp", "<x/>")
    for mode in (ScanMode.SMART, ScanMode.QUICK, ScanMode.FULL):
        (outcome,) = await bench.scan(mode)
        assert isinstance(outcome.error, GuardTrippedError)
        assert (outcome.storage.state, outcome.counts.added) == (StorageState.GUARD, 0)
        await bench.engine.catch_up(bench.ids)
        assert _rows(bench) == before
    assert bench.engine.sync_status(bench.ids[0]).newest_ns == newest_ns
    bench.root.rename(bench.folder / "impostor")
    (bench.folder / "ours").rename(bench.root)
    (outcome,) = await bench.scan()
    assert (outcome.error, outcome.storage.state, bench.kinds()) == (None, StorageState.READY, found)


async def test_an_index_that_trips_the_guard_is_not_taken_over_either(
    bench: Workbench,
) -> None:
    archive = ImaLinkBuilder(bench.root, "6f1c1a52-0d6c-4b0e-9a61-5f2f3a1f7d10", "Archive")
    archive.session(7, "Summer")
    for number in range(12):
        path = f"photos/2024/IMG_{number}.jpg"
        archive.picture(path, seed=number, size=(64, 48))
        if number == 3:
            archive.write()
            await bench.scan()
            before = _rows(bench)
        archive.add(path, session=7)
    archive.write()
    for number in range(4, 12):
        (bench.root / f"photos/2024/IMG_{number}.jpg").unlink()
    bench.put("photos/2024/new.jpg")
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, GuardTrippedError)
    assert _rows(bench) == before


async def test_what_a_person_confirmed_is_recorded_after_the_guard_tripped(bench: Workbench) -> None:
    _put_ours(bench)
    await bench.scan()
    for number in range(9):
        (bench.root / f"IMG_{number}.jpg").unlink()
    bench.put("new.jpg")
    await bench.scan()
    (outcome,) = await bench.scan(expected_missing=9)
    assert (outcome.error, outcome.counts.added, outcome.storage.files) == (None, 1, 4)
    assert bench.kinds()["missing_file"] == 9
