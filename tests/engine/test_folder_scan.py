"""Scanning a plain folder: what is found, what is remembered, and what is told apart."""

import os
import shutil
from pathlib import Path

import pytest

from inspector.model.errors import CancelledByUserError, GuardTrippedError, StorageLockedError, StorageOfflineError
from inspector.model.progress import Progress
from inspector.model.records import StorageState
from inspector.model.scanmode import ScanMode
from tests.workbench import OLD_NS, Workbench

LATER_NS = OLD_NS + 3_600_000_000_000


async def test_a_folder_in_order_has_no_conflicts(bench: Workbench) -> None:
    bench.put("2024/a.jpg")
    bench.put("2024/b.png")
    (outcome,) = await bench.scan()
    assert outcome.error is None
    assert (outcome.storage.files, outcome.storage.state) == (2, StorageState.READY)
    assert bench.kinds() == {}


async def test_layers_stand_side_by_side_with_their_counts(bench: Workbench) -> None:
    bench.put("a.jpg")
    bench.put("a.jpg.xmp", "<x/>")
    bench.put("b.jpg")
    (outcome,) = await bench.scan()
    assert [(layer.name, layer.claims) for layer in outcome.storage.layers] == [
        ("files", 2),
        ("sidecars", 1),
        ("memory", 2),
    ]


async def test_a_second_smart_scan_reads_no_file(bench: Workbench) -> None:
    for number in range(30):
        bench.put(f"{number}.jpg")
    (first,) = await bench.scan()
    (second,) = await bench.scan()
    assert (first.counts.hashed, second.counts.hashed) == (30, 0)
    assert second.counts.files == 30


async def test_a_full_scan_reads_every_file_again(bench: Workbench) -> None:
    bench.put("a.jpg")
    await bench.scan()
    (outcome,) = await bench.scan(ScanMode.FULL)
    assert outcome.counts.hashed == 1


async def test_a_file_that_went_away_is_missing(bench: Workbench) -> None:
    for name in "abcd":
        bench.put(f"{name}.jpg")
    await bench.scan()
    (bench.root / "a.jpg").unlink()
    await bench.scan()
    conflict = bench.only("missing_file")
    assert (conflict.path, conflict.evidence["layers"]) == ("a.jpg", ["memory"])


async def test_a_missing_file_that_comes_back_is_no_conflict(bench: Workbench) -> None:
    for name in "abcd":
        bench.put(f"sub/{name}.jpg")
    bench.put("keep/1.jpg")
    bench.put("keep/2.jpg")
    await bench.scan()
    (bench.root / "sub/a.jpg").rename(bench.folder / "a.jpg")
    await bench.scan()
    assert bench.kinds() == {"missing_file": 1}
    (bench.folder / "a.jpg").rename(bench.root / "sub/a.jpg")
    await bench.scan()
    assert bench.kinds() == {}


async def test_a_folder_that_comes_back_whole_brings_its_files_back(bench: Workbench) -> None:
    for name in "abc":
        bench.put(f"one/{name}.jpg")
    for name in "defg":
        bench.put(f"two/{name}.jpg")
    await bench.scan()
    (bench.root / "one").rename(bench.folder / "one")
    await bench.scan()
    assert bench.kinds() == {"missing_file": 3}
    (bench.folder / "one").rename(bench.root / "one")
    for mode in (ScanMode.QUICK, ScanMode.SMART):
        await bench.scan(mode)
        assert bench.kinds() == {}


async def test_a_quick_scan_notices_names_and_reads_nothing(bench: Workbench) -> None:
    for name in "abcd":
        bench.put(f"{name}.jpg")
    await bench.scan()
    (bench.root / "a.jpg").unlink()
    bench.put("new.jpg")
    (outcome,) = await bench.scan(ScanMode.QUICK)
    assert (outcome.counts.hashed, outcome.counts.files) == (0, 4)
    assert bench.kinds() == {"missing_file": 1}


async def test_what_a_quick_scan_found_is_hashed_by_the_next_smart_one(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    await bench.scan(ScanMode.QUICK)
    assert bench.kinds() == {}
    (outcome,) = await bench.scan()
    assert outcome.counts.hashed == 2
    assert bench.kinds() == {"duplicate_content": 1}


async def test_a_moved_file_is_recognised_by_its_content(bench: Workbench) -> None:
    for name in "abc":
        bench.put(f"in/{name}.jpg")
    await bench.scan()
    (bench.root / "out").mkdir()
    (bench.root / "in/a.jpg").rename(bench.root / "out/renamed.jpg")
    await bench.scan()
    conflict = bench.only("path_mismatch")
    assert (conflict.evidence["old_paths"], conflict.evidence["new_paths"]) == (["in/a.jpg"], ["out/renamed.jpg"])
    assert conflict.evidence["same"] == "digest"
    assert [choice.id for choice in bench.engine.choices(conflict) if choice.suggested] == ["update_index"]


async def test_two_equal_files_moved_at_once_are_ambiguous_and_nothing_is_suggested(bench: Workbench) -> None:
    bench.put("in/a.jpg", "same")
    bench.put("in/b.jpg", "same")
    for name in "cdefg":
        bench.put(f"in/{name}.jpg")
    await bench.scan()
    for name in ("a.jpg", "b.jpg"):
        (bench.root / "in" / name).rename(bench.root / f"moved {name}")
    await bench.scan()
    (conflict,) = bench.conflicts("path_mismatch")
    assert conflict.evidence["ambiguous"] is True
    assert not any(choice.suggested for choice in bench.engine.choices(conflict))


async def test_an_older_copy_does_not_pass_for_the_deleted_file(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("old copy/b.jpg", "same")
    bench.put("c.jpg")
    await bench.scan()
    (bench.root / "a.jpg").unlink()
    await bench.scan()
    (conflict,) = bench.conflicts("missing_file")
    assert conflict.evidence["same_content_at"][0]["path"] == "old copy/b.jpg"
    assert [choice.id for choice in bench.engine.choices(conflict) if choice.suggested] == ["restore_copy"]


async def test_an_edited_file_is_told_from_a_rotten_one(bench: Workbench) -> None:
    bench.put("edited.jpg", "before")
    rotten = bench.put("rotten.jpg", "ABCDEF")
    await bench.scan()
    bench.put("edited.jpg", "after it", mtime_ns=LATER_NS)
    rotten.write_bytes(b"ABCDEG")
    os.utime(rotten, ns=(OLD_NS, OLD_NS))
    await bench.scan(ScanMode.FULL)
    assert bench.kinds() == {"suspected_rot": 1, "content_changed": 1}
    assert bench.conflicts("suspected_rot")[0].path == "rotten.jpg"
    await bench.scan(ScanMode.FULL)
    assert bench.kinds() == {"suspected_rot": 1, "content_changed": 1}, "it stays until somebody decides"


async def test_content_that_is_as_it_was_again_is_no_conflict(bench: Workbench) -> None:
    bench.put("a.jpg", "before")
    await bench.scan()
    bench.put("a.jpg", "after", mtime_ns=LATER_NS)
    await bench.scan()
    assert bench.kinds() == {"content_changed": 1}
    bench.put("a.jpg", "before")
    await bench.scan()
    assert bench.kinds() == {}


async def test_a_file_with_an_older_time_is_said_to_be_older(bench: Workbench) -> None:
    bench.put("a.jpg", "before")
    await bench.scan()
    bench.put("a.jpg", "from a backup", mtime_ns=OLD_NS - 10**12)
    await bench.scan()
    conflict = bench.only("content_changed")
    assert conflict.evidence["older"] is True
    assert not any(choice.suggested for choice in bench.engine.choices(conflict))


async def test_a_same_size_rewrite_right_after_a_scan_is_not_overlooked(bench: Workbench) -> None:
    """Git's racy rule: the stat is the same, and only a second reading shows the change."""
    import time

    now = time.time_ns() + 10**9  # a clock a second ahead, as on a file server
    bench.put("a.jpg", "one", mtime_ns=now)
    await bench.scan()
    (outcome,) = await bench.scan()
    assert outcome.counts.hashed == 1, "a stat younger than the hash is not believed"


async def test_duplicates_are_found_within_and_across_storages(bench: Workbench) -> None:
    other = bench.folder / "other"
    bench.put("a.jpg", "same")
    bench.put("sub/b.jpg", "same")
    bench.put("x.jpg", "shared")
    bench.put("y.jpg", "shared", root=other)
    await bench.scan(roots=(bench.root, other))
    within, across = sorted(bench.conflicts(), key=lambda conflict: bool(conflict.evidence["across_storages"]))
    assert (within.kind, across.kind) == ("duplicate_content", "duplicate_content")
    assert set(within.paths) == {"a.jpg", "sub/b.jpg"}
    assert {copy["path"] for copy in across.evidence["copies"]} == {"x.jpg", "y.jpg"}


async def test_hard_links_are_one_copy_and_empty_files_are_no_duplicates(bench: Workbench) -> None:
    linked = bench.put("a.jpg")
    (bench.root / "b.jpg").hardlink_to(linked)
    bench.put("empty 1.jpg", b"\0")
    bench.put("empty 2.jpg", b"\1")
    for name in ("empty 1.jpg", "empty 2.jpg"):
        (bench.root / name).write_bytes(b"")
    await bench.scan()
    assert bench.kinds() == {"empty_file": 2}


async def test_one_name_with_two_contents_is_a_duplicate_filename(bench: Workbench) -> None:
    bench.put("2023/IMG_1.jpg", "one")
    bench.put("2024/img_1.JPG", "two")
    bench.put("2024/unique.jpg", "three")
    await bench.scan()
    assert set(bench.only("duplicate_filename").paths) == {"2023/IMG_1.jpg", "2024/img_1.JPG"}


async def test_names_give_conflict_copies_twins_and_left_over_files_away(bench: Workbench) -> None:
    bench.put("a.jpg")
    bench.put("a.sync-conflict-20240101-120000-ABCDEF7.jpg", "other")
    bench.put("Case.jpg")
    bench.put("case.jpg", "lower")
    bench.put("caf\u00e9.jpg", "composed")
    bench.put("cafe\u0301.jpg", "decomposed")
    bench.put("b.jpg.part")
    bench.put("lonely.xmp")
    await bench.scan()
    assert bench.kinds() == {
        "sync_conflict_copy": 1,
        "case_twin": 1,
        "unicode_twin": 1,
        "stale_temp": 1,
        "orphan_sidecar": 1,
    }


async def test_a_numbered_name_is_a_conflict_copy_only_beside_a_picture_of_its_day(bench: Workbench) -> None:
    bench.put("IMG_1 2.jpg", "second")
    bench.put("IMG_2.jpg", "third")
    bench.put("IMG_2 2.jpg", "fourth", mtime_ns=OLD_NS + 10 * 86_400 * 10**9)
    await bench.scan()
    assert bench.kinds() == {}
    bench.put("IMG_1.jpg", "first")
    await bench.scan()
    assert bench.only("sync_conflict_copy").evidence["confidence"] == "C"


async def test_an_absent_root_is_offline_and_nothing_is_missing(bench: Workbench) -> None:
    bench.put("a.jpg")
    await bench.scan()
    bench.root.rename(bench.folder / "unplugged")
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageOfflineError)
    assert outcome.storage.state is StorageState.OFFLINE
    assert (outcome.storage.files, bench.kinds()) == (1, {})


async def test_an_emptied_root_is_offline_and_nothing_is_missing(bench: Workbench) -> None:
    for name in "abc":
        bench.put(f"{name}.jpg")
    await bench.scan()
    for path in bench.root.iterdir():
        path.unlink()
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageOfflineError)
    assert bench.kinds() == {}


async def test_an_offline_storage_that_comes_back_is_ready_again(bench: Workbench) -> None:
    bench.put("a.jpg")
    await bench.scan()
    away = bench.folder / "unplugged"
    bench.root.rename(away)
    await bench.scan()
    away.rename(bench.root)
    (outcome,) = await bench.scan()
    assert (outcome.error, outcome.storage.state) == (None, StorageState.READY)


async def test_over_half_gone_at_once_trips_the_guard_until_a_person_names_the_number(bench: Workbench) -> None:
    for number in range(10):
        bench.put(f"{number}.jpg")
    await bench.scan()
    for number in range(6):
        (bench.root / f"{number}.jpg").unlink()
    for wrong in (None, 5):
        (outcome,) = await bench.scan(expected_missing=wrong)
        assert isinstance(outcome.error, GuardTrippedError)
        assert (outcome.error.gone, outcome.error.known, outcome.storage.state) == (6, 10, StorageState.GUARD)
        assert bench.kinds() == {}
    (outcome,) = await bench.scan(expected_missing=6)
    assert outcome.error is None
    assert bench.kinds() == {"missing_file": 6}


async def test_half_gone_is_not_a_mass_change(bench: Workbench) -> None:
    for number in range(10):
        bench.put(f"{number}.jpg")
    await bench.scan()
    for number in range(5):
        (bench.root / f"{number}.jpg").unlink()
    await bench.scan()
    assert bench.kinds() == {"missing_file": 5}


async def test_moving_everything_is_no_mass_change(bench: Workbench) -> None:
    for number in range(10):
        bench.put(f"in/{number}.jpg")
    await bench.scan()
    (bench.root / "in").rename(bench.root / "out")
    (outcome,) = await bench.scan()
    assert outcome.error is None
    assert bench.kinds() == {"path_mismatch": 10}


async def test_a_cancelled_scan_keeps_what_it_did_and_the_next_goes_on(bench: Workbench) -> None:
    for number in range(20):
        bench.put(f"{number}.jpg")
    progress = Progress()
    progress.cancel()
    storage = await bench.engine.open(bench.root)
    (outcome,) = await bench.engine.scan([storage.id], progress=progress)
    assert outcome.counts.hashed == 0
    (outcome,) = await bench.scan()
    assert (outcome.error, outcome.counts.files) == (None, 20)


async def test_an_interrupted_full_scan_does_not_read_again_what_it_read(bench: Workbench) -> None:
    for number in range(20):
        bench.put(f"{number:02}/a.jpg", str(number))
    await bench.scan()
    stopper = _StopAfterFiles(5)
    (outcome,) = await bench.engine.scan(bench.ids, mode=ScanMode.FULL, progress=stopper)
    assert isinstance(outcome.error, CancelledByUserError)
    assert outcome.storage.state is StorageState.PARTIAL
    (resumed,) = await bench.scan(ScanMode.FULL)
    assert outcome.counts.hashed + resumed.counts.hashed == 20
    assert outcome.counts.hashed > 0


class _StopAfterFiles(Progress):
    """Cancels itself when so many files are done."""

    def __init__(self, files: int) -> None:
        super().__init__()
        self._most_files = files

    def advance(self, *, files: int = 0, count: int = 0) -> None:
        super().advance(files=files, count=count)
        if self.files >= self._most_files:
            self.cancel()


async def test_one_storage_is_scanned_by_one_inspector_at_a_time(bench: Workbench) -> None:
    from filelock import FileLock

    bench.put("a.jpg")
    storage = await bench.engine.open(bench.root)
    (bench.state / "locks").mkdir()
    with FileLock(bench.state / "locks" / f"{storage.id}.lock"):
        (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageLockedError)


async def test_links_pipes_and_noise_are_not_read(bench: Workbench, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    bench.put("a.jpg")
    bench.put(".DS_Store", "x")
    bench.put("@eaDir/a.jpg/SYNOFILE_THUMB_M.jpg", "x")
    (bench.root / "link.jpg").symlink_to(outside / "secret.jpg")
    (bench.root / "linked").symlink_to(outside)
    (bench.root / "loop").symlink_to(bench.root)
    os.mkfifo(bench.root / "pipe.jpg")
    (outcome,) = await bench.scan()
    assert (outcome.counts.files, outcome.counts.hashed) == (1, 1)
    assert bench.kinds() == {}


async def test_every_name_that_a_disk_can_hold_is_scanned(bench: Workbench) -> None:
    names = [
        b"\xff\xfe.jpg",
        b"new\nline.jpg",
        b"esc\x1b]52;c;aGk=\x07.jpg",
        b"-rf.jpg",
        b"[red]x[/red].jpg",
        b"x" * 251 + b".jpg",
    ]
    for name in names:
        bench.put(name)
    (outcome,) = await bench.scan()
    assert outcome.counts.hashed == len(names)
    found = {os.fsencode(details.path) for details in bench.engine.files(bench.ids[0])}
    assert found == set(names)


async def test_a_folder_that_cannot_be_listed_hides_its_files_without_losing_them(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import inspector.fs.walk as walk_module

    for name in "abc":
        bench.put(f"{name}.jpg")
        bench.put(f"closed/{name}{name}.jpg")
    await bench.scan()
    listing = walk_module._list

    def refuse(folder: walk_module.Listing) -> None:
        if folder.path == "closed":
            raise PermissionError(13, "Permission denied", "closed")
        listing(folder)

    monkeypatch.setattr(walk_module, "_list", refuse)
    (outcome,) = await bench.scan()
    assert (outcome.storage.state, outcome.counts.unreadable) == (StorageState.PARTIAL, 1)
    assert bench.only("unreadable_file").path == "closed"
    monkeypatch.undo()
    await bench.scan()
    assert bench.kinds() == {}


async def test_a_storage_inside_another_is_left_out_of_it(bench: Workbench, tmp_path: Path) -> None:
    bench.put("a.jpg")
    bench.put("card/.imalink-storage", '{"storage_uuid": "11111111-2222-4333-8444-555555555555"}')
    bench.put("card/photos/b.jpg")
    (outcome,) = await bench.scan()
    assert outcome.counts.files == 1
    assert bench.only("nested_storage").path == "card"


async def test_scanning_writes_nothing_into_the_storage(bench: Workbench) -> None:
    bench.put("a.jpg")
    bench.put("sub/b.jpg")
    before = _picture_of(bench.root)
    for mode in ScanMode:
        await bench.scan(mode, deep=True)
    assert _picture_of(bench.root) == before


def _picture_of(root: Path) -> list[tuple[str, int, int]]:
    return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in [root, *root.rglob("*")])


async def test_a_storage_whose_folder_was_replaced_by_a_file_is_offline(bench: Workbench) -> None:
    bench.put("a.jpg")
    await bench.scan()
    shutil.rmtree(bench.root)
    bench.root.write_text("not a folder")
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageOfflineError)


async def test_looking_for_duplicates_alone_reads_only_what_could_be_one(bench: Workbench) -> None:
    big = bytes(600_000)
    bench.put("unique size.jpg", "x" * 77)
    bench.put("other end 1.jpg", b"a" * 9000)
    bench.put("other end 2.jpg", b"a" * 8999 + b"b")
    bench.put("other middle 1.jpg", b"a" * 10_000)
    bench.put("other middle 2.jpg", b"a" * 5000 + b"b" + b"a" * 4999)
    bench.put("same 1.jpg", b"s" * 20_000)
    bench.put("sub/same 2.jpg", b"s" * 20_000)
    bench.put("large 1.jpg", big)
    bench.put("large 2.jpg", big)
    (bench.root / "linked.jpg").hardlink_to(bench.root / "unique size.jpg")
    bench.ids = [(await bench.engine.open(bench.root)).id]
    (outcome,) = await bench.engine.find_duplicates(bench.ids)
    assert (outcome.error, outcome.counts.files) == (None, 10)
    assert {conflict.paths for conflict in bench.conflicts("duplicate_content")} == {
        ("same 1.jpg", "sub/same 2.jpg"),
        ("large 1.jpg", "large 2.jpg"),
    }


async def test_looking_for_duplicates_leaves_what_is_known_of_files_and_other_conflicts(bench: Workbench) -> None:
    bench.put("a.jpg", "one")
    bench.put("sub/a.jpg", "other")
    bench.put("lonely.xmp")
    await bench.scan()
    before = bench.kinds()
    bench.put("again.jpg", "one")
    await bench.engine.find_duplicates(bench.ids)
    assert bench.kinds() == {**before, "duplicate_content": 1}
    await bench.scan()
    assert bench.kinds() == {**before, "duplicate_content": 1}


async def test_duplicates_of_a_storage_that_is_away_are_not_looked_for(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    await bench.scan()
    bench.root.rename(bench.folder / "unplugged")
    (outcome,) = await bench.engine.find_duplicates(bench.ids)
    assert isinstance(outcome.error, StorageOfflineError)
    assert bench.kinds() == {"duplicate_content": 1}, "what was known stays"


async def test_an_emptied_file_is_no_edit_to_be_accepted(bench: Workbench) -> None:
    bench.put("a.jpg", "before")
    await bench.scan()
    bench.put("a.jpg", b"\0", mtime_ns=LATER_NS)
    (bench.root / "a.jpg").write_bytes(b"")
    await bench.scan()
    assert bench.kinds() == {"empty_file": 1}


async def test_two_files_that_swapped_their_names_are_not_rotten(bench: Workbench) -> None:
    bench.put("a.jpg", "one")
    bench.put("b.jpg", "two")
    await bench.scan()
    for old, new in (("a.jpg", "c"), ("b.jpg", "a.jpg"), ("c", "b.jpg")):
        (bench.root / old).rename(bench.root / new)
    await bench.scan()
    assert "suspected_rot" not in bench.kinds()


async def test_what_took_the_place_of_a_missing_file_is_said(bench: Workbench) -> None:
    for name in "abcdefgh":
        bench.put(f"{name}.jpg")
    await bench.scan()
    for name in "abc":
        (bench.root / f"{name}.jpg").unlink()
    (bench.root / "a.jpg").symlink_to("d.jpg")
    os.mkfifo(bench.root / "b.jpg")
    (bench.root / "c.jpg").mkdir()
    await bench.scan()
    now = {conflict.path: conflict.evidence["now"] for conflict in bench.conflicts("missing_file")}
    assert now == {"a.jpg": "a link", "b.jpg": "a pipe or a device", "c.jpg": "a folder"}


async def test_a_copy_in_a_storage_that_is_away_is_no_place_to_restore_from(bench: Workbench) -> None:
    other = bench.folder / "other"
    for name in "abcd":
        bench.put(f"{name}.jpg")
        bench.put(f"{name}.jpg", root=other)
    await bench.scan(roots=(bench.root, other))
    other.rename(bench.folder / "unplugged")
    (bench.root / "a.jpg").unlink()
    await bench.scan(roots=(bench.root, other))
    (conflict,) = bench.conflicts("missing_file")
    assert "same_content_at" not in conflict.evidence


async def test_another_storage_at_a_known_path_takes_the_old_one_offline(bench: Workbench) -> None:
    bench.put("a.jpg")
    (first,) = await bench.scan()
    bench.put(".imalink-storage", '{"storage_uuid": "11111111-2222-4333-8444-555555555555"}')
    (second,) = await bench.scan()
    assert first.storage.id != second.storage.id
    assert bench.engine.storage(first.storage.id).state is StorageState.OFFLINE
    known = bench.engine.known_at(bench.root)
    assert known is not None
    assert known.id == second.storage.id


async def test_conflicts_that_a_killed_scan_left_unworked_are_worked_out_before_they_are_read(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    storage = await bench.engine.open(bench.root)
    bench.ids = [storage.id]
    scan_only = bench.engine.reconcile

    async def killed(*_: object) -> None:
        return None

    bench.engine.reconcile = killed  # type: ignore[method-assign, assignment]
    await bench.engine.scan(bench.ids)
    bench.engine.reconcile = scan_only  # type: ignore[method-assign]
    assert bench.kinds() == {}
    await bench.engine.catch_up(bench.ids)
    assert bench.kinds() == {"duplicate_content": 1}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
async def test_a_mount_inside_a_storage_that_goes_away_hides_its_files_without_losing_them(bench: Workbench) -> None:
    import subprocess

    for name in "abc":
        bench.put(f"{name}.jpg")
    card = bench.root / "card"
    card.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", card], check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        bench.put("card/d.jpg")
        await bench.scan()
    finally:
        subprocess.run(["umount", card], check=True)
    (outcome,) = await bench.scan()
    assert outcome.storage.state is StorageState.PARTIAL
    assert bench.only("unreadable_file").path == "card"


async def test_one_undecodable_name_in_two_folders_is_a_duplicate_filename_too(bench: Workbench) -> None:
    bench.put(b"a/x\xff.jpg", "one")
    bench.put(b"b/X\xff.jpg", "two")
    await bench.scan()
    assert set(map(os.fsencode, bench.only("duplicate_filename").paths)) == {b"a/x\xff.jpg", b"b/X\xff.jpg"}


async def test_a_second_scan_of_a_folder_works_nothing_out_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import inspector.conflicts.reconcile as reconcile_module

    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    await bench.scan()

    def refuse(*_: object) -> None:
        raise AssertionError("nothing changed")

    monkeypatch.setattr(reconcile_module, "reconcile", refuse)
    await bench.scan()
    assert bench.kinds() == {"duplicate_content": 1}


@pytest.mark.parametrize("mode", [ScanMode.QUICK, ScanMode.SMART])
async def test_a_folder_too_large_for_one_part_is_scanned_in_several_like_any_other(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, mode: ScanMode
) -> None:
    import inspector.scan.folder_work as folder_work

    monkeypatch.setattr(folder_work, "SLICE_FILES", 3)
    for number in range(11):
        bench.put(f"{number:02}.jpg")
    (outcome,) = await bench.scan()
    assert (outcome.counts.hashed, outcome.counts.files) == (11, 11)
    (outcome,) = await bench.scan(mode)
    assert (outcome.counts.hashed, outcome.counts.files) == (0, 11)
    for gone in ("00.jpg", "05.jpg", "10.jpg"):
        (bench.root / gone).unlink()
    bench.put("04a.jpg", "new")
    (outcome,) = await bench.scan(mode)
    assert outcome.counts.files == 9
    assert {conflict.path for conflict in bench.conflicts("missing_file")} == {"00.jpg", "05.jpg", "10.jpg"}
