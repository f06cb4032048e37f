"""Scanning ImaLink storages whole: the layers against the files, on the samples and on built ones."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.model.errors import StorageOfflineError
from inspector.model.kinds import Severity
from inspector.model.plan import Decision
from inspector.model.records import StorageState
from inspector.model.scanmode import ScanMode
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import Workbench

UUID = "0f1e2d3c-4b5a-4968-8776-655443322110"


@pytest.fixture
def archive(bench: Workbench) -> ImaLinkBuilder:
    """An ImaLink storage of six pictures, not written yet."""
    builder = ImaLinkBuilder(bench.root, UUID, "Archive")
    builder.session(7, "Summer")
    for number in range(6):
        path = f"photos/2024/IMG_{number}.jpg"
        builder.picture(path, seed=number, size=(64, 48))
        builder.add(path, session=7)
    return builder


async def test_the_samples_archive_is_in_order_but_for_one_name_used_twice(bench: Workbench, shared: Path) -> None:
    root = shared / "samples/imalink/archive"
    (outcome,) = await bench.scan(roots=[root], deep=True)
    assert (outcome.storage.name, outcome.storage.files) == ("Main Photo Archive", 5)
    counts = {layer.name: layer.claims for layer in outcome.storage.layers}
    assert (counts["files"], counts["imalink-master.json"], counts["imalink-sessions"]) == (5, 5, 5)
    assert set(bench.only("duplicate_filename").paths) == {
        "photos/2024/01-January/IMG_0001.jpg",
        "photos/Vacation/IMG_0001.jpg",
    }


async def test_an_archive_as_it_was_written_has_no_conflicts(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.write()
    (outcome,) = await bench.scan(deep=True)
    assert (outcome.error, bench.kinds()) == (None, {})
    (session,) = bench.engine.sessions(bench.ids[0])
    assert (session.id, session.title, session.files) == ("7", "Summer", 6)


async def test_a_file_that_the_index_lists_and_the_disk_lacks_is_missing_at_the_first_scan(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "photos/2024/IMG_0.jpg").unlink()
    await bench.scan()
    conflict = bench.only("missing_file")
    assert conflict.path == "photos/2024/IMG_0.jpg"
    assert "imalink-master.json" in conflict.evidence["layers"]
    assert conflict.evidence["session"] == "7"


async def test_a_file_that_the_index_does_not_list_is_an_orphan(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.write()
    archive.picture("photos/new.jpg", seed=99, size=(64, 48))
    await bench.scan()
    assert bench.only("orphan_file").path == "photos/new.jpg"


async def test_a_file_moved_before_the_first_scan_is_recognised_by_its_hothash(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    archive.move("photos/2024/IMG_3.jpg", "photos/elsewhere/renamed.jpg")
    await bench.scan()
    conflict = bench.only("path_mismatch")
    assert conflict.paths == ("photos/2024/IMG_3.jpg", "photos/elsewhere/renamed.jpg")
    assert conflict.evidence["same"] == "key"


async def test_a_moved_file_without_a_key_that_helps_is_recognised_by_size_time_and_name(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    key = archive.hothash("photos/2024/IMG_3.jpg")
    archive.move("photos/2024/IMG_3.jpg", "photos/other/IMG_3.jpg")
    entry = archive.master["files"].pop(key)
    entry["hothash"] = "0" * 64
    archive.master["files"]["0" * 64] = entry
    archive.write()
    await bench.scan()
    assert [conflict.evidence["same"] for conflict in bench.conflicts("path_mismatch")] == ["size, time and name"]


async def test_one_lost_entry_and_two_equal_finds_ask_instead_of_guessing(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    archive.copy("photos/2024/IMG_3.jpg", "photos/a/IMG_3.jpg")
    archive.move("photos/2024/IMG_3.jpg", "photos/b/IMG_3.jpg")
    await bench.scan()
    (conflict,) = bench.conflicts("path_mismatch")
    assert conflict.evidence["ambiguous"] is True
    assert len(conflict.evidence["new_paths"]) == 2


async def test_a_file_of_another_size_is_a_mismatch_unless_it_is_newer_too(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    same_time = bench.root / "photos/2024/IMG_1.jpg"
    bench.put("photos/2024/IMG_1.jpg", same_time.read_bytes() + b"x", mtime_ns=same_time.stat().st_mtime_ns)
    newer = bench.root / "photos/2024/IMG_2.jpg"
    bench.put("photos/2024/IMG_2.jpg", newer.read_bytes() + b"x", mtime_ns=newer.stat().st_mtime_ns + 10**12)
    await bench.scan()
    assert {conflict.kind: conflict.path for conflict in bench.conflicts()} == {
        "size_mismatch": "photos/2024/IMG_1.jpg",
        "content_changed": "photos/2024/IMG_2.jpg",
    }


async def test_a_path_that_leaves_the_storage_is_named_and_never_opened(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    (bench.folder / "outside.jpg").write_bytes(b"secret")
    archive.forge("photos/2024/x.jpg", relative_path="../outside.jpg", filename="outside.jpg")
    archive.recount()
    archive.write()
    await bench.scan()
    (conflict,) = bench.conflicts("unsafe_path")
    assert conflict.evidence["relative_path"] == "../outside.jpg"
    assert "missing_file" not in bench.kinds()


async def test_a_truncated_index_gives_what_it_holds_and_makes_no_file_an_orphan(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    master = bench.root / "imalink-master.json"
    master.write_bytes(master.read_bytes()[: master.stat().st_size * 2 // 3])
    (outcome,) = await bench.scan()
    layer = {layer.name: layer for layer in outcome.storage.layers}["imalink-master.json"]
    assert layer.state == "partial"
    assert 0 < layer.claims < 6
    assert set(bench.kinds()) == {"index_unparsable"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"\0" * len(data),
        lambda data: b"\x1f\x8b" + data,
        lambda data: data.decode().encode("utf-16")[:101],
        lambda data: b"[]",
        lambda data: b'{"files": []}',
        lambda data: b"<html>",
        lambda data: b"[" * 100_000,
    ],
    ids=["empty", "NULs", "gzip", "half of UTF-16", "a list", "files is a list", "HTML", "100,000 deep"],
)
async def test_an_index_that_cannot_be_read_is_a_conflict_and_not_a_loss(
    bench: Workbench, archive: ImaLinkBuilder, damage: Callable[[bytes], bytes]
) -> None:
    archive.write()
    master = bench.root / "imalink-master.json"
    master.write_bytes(damage(master.read_bytes()))
    (outcome,) = await bench.scan()
    assert outcome.error is None
    assert "index_unparsable" in bench.kinds()
    assert not {"missing_file", "orphan_file"} & set(bench.kinds())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_an_index_in_another_encoding_is_read_all_the_same(
    bench: Workbench, archive: ImaLinkBuilder, encoding: str
) -> None:
    archive.write()
    master = bench.root / "imalink-master.json"
    master.write_bytes(master.read_text().encode(encoding))
    await bench.scan()
    assert "missing_file" not in bench.kinds()
    assert "orphan_file" not in bench.kinds()


async def test_an_index_name_in_another_unicode_form_is_the_same_file(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.picture("photos/cafe\u0301.jpg", seed=50, size=(64, 48))
    archive.add("photos/cafe\u0301.jpg", session=7)
    archive.write()
    for document in (bench.root / "imalink-master.json", bench.root / "imalink-sessions/session_7.json"):
        document.write_text(document.read_text().replace("cafe\u0301", "caf\u00e9"))
    await bench.scan()
    (conflict,) = bench.conflicts("path_mismatch")
    assert conflict.evidence["same"] == "unicode"
    assert not {"missing_file", "orphan_file"} & set(bench.kinds())


async def test_a_picture_that_went_from_disk_and_index_alike_is_nobodys_loss(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    await bench.scan()
    key = archive.hothash("photos/2024/IMG_5.jpg")
    archive.delete("photos/2024/IMG_5.jpg")
    del archive.master["files"][key]
    archive.sessions[7]["files"] = [row for row in archive.sessions[7]["files"] if row["hothash"] != key]
    archive.recount()
    archive.write()
    await bench.scan()
    assert "missing_file" not in bench.kinds()


async def test_a_marker_that_went_away_takes_the_storage_offline(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.write()
    await bench.scan()
    for document in (".imalink-storage", "imalink-master.json"):
        (bench.root / document).unlink()
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageOfflineError)
    assert outcome.storage.state is StorageState.OFFLINE
    assert (outcome.storage.files, bench.kinds()) == (6, {})


async def test_an_index_full_of_pictures_over_an_empty_disk_is_an_absent_disk(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "photos").rename(bench.folder / "unmounted")
    (bench.root / "photos").mkdir()
    (outcome,) = await bench.scan()
    assert isinstance(outcome.error, StorageOfflineError)
    assert bench.kinds() == {}


async def test_a_copied_disk_is_a_clone_and_never_merged(bench: Workbench, archive: ImaLinkBuilder) -> None:
    import shutil

    archive.write()
    copy = bench.folder / "copy"
    shutil.copytree(bench.root, copy)
    await bench.scan(roots=[bench.root, copy])
    assert len(set(bench.ids)) == 2
    (conflict,) = bench.conflicts("cloned_storage")
    assert set(conflict.evidence["roots"]) == {str(bench.root), str(copy)}


async def test_a_clone_is_told_of_while_one_is_checked_alone_until_the_other_has_gone(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    import shutil

    archive.write()
    copy = bench.folder / "zcopy"
    shutil.copytree(bench.root, copy)
    await bench.scan(roots=[bench.root, copy])
    both = bench.ids
    for alone in (bench.root, copy, bench.root):
        (alone / "photos" / f"new {alone.name}.jpg").write_bytes(b"something to reconcile")
        await bench.scan(roots=[alone])
        bench.ids = both
        (conflict,) = bench.conflicts("cloned_storage")
        assert set(conflict.evidence["roots"]) == {str(bench.root), str(copy)}
    shutil.rmtree(copy)
    (bench.root / "photos" / "another.jpg").write_bytes(b"once more")
    await bench.scan(roots=[bench.root])
    assert bench.conflicts("cloned_storage") == []


@pytest.mark.parametrize("document", ["imalink-master.json", ".imalink-storage", "imalink-sessions/session_7.json"])
async def test_only_documents_that_can_be_made_from_the_rest_offer_to_be_rebuilt(
    bench: Workbench, archive: ImaLinkBuilder, document: str
) -> None:
    archive.write()
    (bench.root / document).write_text('{"files": ')
    await bench.scan()
    (conflict,) = [one for one in bench.conflicts("index_unparsable") if one.subject == document]
    rebuild, *_ = bench.engine.choices(conflict)
    assert rebuild.id == "rebuild"
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "rebuild")])
    assert bool(plan.refused) == document.startswith("imalink-sessions/") == ("not possible" in rebuild.title)


async def test_a_storage_that_moved_is_recognised_by_its_id(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.write()
    (first,) = await bench.scan()
    elsewhere = bench.folder / "elsewhere"
    bench.root.rename(elsewhere)
    (second,) = await bench.scan(roots=[elsewhere])
    assert second.storage.id == first.storage.id
    assert second.storage.root == str(elsewhere)
    assert second.counts.hashed == 0, "what was known of it is still believed"


async def test_a_session_and_the_index_that_differ_are_one_conflict_of_the_session(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    session = bench.root / "imalink-sessions/session_7.json"
    document = json.loads(session.read_text())
    removed = document["files"].pop()
    document["stats"]["new_imports"] -= 1
    document["stats"]["total_size_bytes"] -= removed["file_size"]
    session.write_text(json.dumps(document, indent=2))
    await bench.scan()
    conflict = bench.only("session_drift")
    assert conflict.evidence["counts"] == {"not_in_session": 1}


async def test_what_only_a_session_still_tells_of_is_good_to_know_and_may_stay(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "photos/2024/IMG_0.jpg").unlink()
    await bench.scan()
    repairs = bench.engine.repairs
    await repairs.apply(await repairs.plan(bench.ids, [Decision(bench.only("missing_file").id, "drop_entry")]))
    conflict = bench.only("session_drift")
    assert (conflict.evidence["counts"], conflict.severity) == ({"gone": 1}, Severity.INFO)
    assert [choice.id for choice in bench.engine.choices(conflict) if choice.suggested] == ["leave"]
    await repairs.apply(await repairs.plan(bench.ids, [Decision(conflict.id, "follow_index")]))
    assert bench.kinds() == {}


async def test_a_quick_check_of_an_index_tells_missing_files_without_reading_one(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "photos/2024/IMG_0.jpg").unlink()
    (outcome,) = await bench.scan(ScanMode.QUICK)
    assert outcome.counts.hashed == 0
    assert bench.kinds() == {"missing_file": 1}


async def test_legacy_storages_open_and_make_no_orphans(bench: Workbench, shared: Path) -> None:
    names = [
        "imalink_20240101_120000_abc",
        "imalink_20241018_143052_a1b2c3d4",
        "imalink_2025-10-10_6ae86e42-9db0-40d9-ad05-2052387669fc",
    ]
    outcomes = await bench.scan(roots=[shared / "samples/imalink" / name for name in names])
    assert [outcome.storage.layout for outcome in outcomes] == ["imalink"] * 3
    assert bench.kinds() == {"legacy_storage": 3}


async def test_a_broken_session_is_shown_as_far_as_it_can_be_read_and_hides_no_other(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "imalink-sessions/session_8.json").write_text('{"session_id": 8, "files": [')
    await bench.scan()
    assert set(bench.kinds()) == {"index_unparsable"}
    assert [session.id for session in bench.engine.sessions(bench.ids[0])] == ["7", "8"]


async def test_texts_that_no_file_name_can_hold_are_stored_and_shown_all_the_same(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    for document in ("imalink-master.json", ".imalink-storage", "imalink-sessions/session_7.json"):
        path = bench.root / document
        data = json.loads(path.read_text())
        data["display_name"] = data["session_title"] = "lone \ud800 \x1b[31m"
        data["files"] = {"\udfff": {"hothash": "\udfff", "relative_path": "a\ud800.jpg", "import_session_id": "\ud801"}}
        path.write_text(json.dumps(data))
    (outcome,) = await bench.scan()
    assert outcome.error is None
    assert "unsafe_path" in bench.kinds()


async def test_a_root_whose_name_is_not_utf8_opens_like_any_other(bench: Workbench) -> None:
    import os

    root = Path(os.fsdecode(os.fsencode(bench.folder) + b"/caf\xe9"))
    bench.put("a.jpg", root=root)
    (outcome,) = await bench.scan(roots=[root])
    assert (outcome.error, outcome.storage.files, outcome.storage.root) == (None, 1, str(root))


async def test_an_index_over_half_of_which_is_not_on_the_disk_trips_the_guard_at_the_first_scan(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    for number in range(4):
        (bench.root / f"photos/2024/IMG_{number}.jpg").unlink()
    (outcome,) = await bench.scan()
    assert outcome.storage.state is StorageState.GUARD
    assert bench.kinds() == {}
    (outcome,) = await bench.scan(expected_missing=4)
    assert (outcome.error, bench.kinds()) == (None, {"missing_file": 4})
    (outcome,) = await bench.scan(ScanMode.FULL)
    assert outcome.error is None, "what a person confirmed is not asked again"


async def test_a_person_can_confirm_that_every_picture_of_an_index_is_gone(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "photos").rename(bench.folder / "gone")
    (outcome,) = await bench.scan(expected_missing=6)
    assert (outcome.error, bench.kinds()) == (None, {"missing_file": 6})


@pytest.mark.parametrize("document", [".imalink-storage", "imalink-master.json"])
async def test_a_document_that_every_storage_has_is_missed_by_its_name(
    bench: Workbench, archive: ImaLinkBuilder, document: str
) -> None:
    archive.write()
    await bench.scan()
    (bench.root / document).unlink()
    await bench.scan()
    assert bench.only("missing_document").path == document


async def test_a_key_that_differs_between_session_and_index_is_a_drift(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    session = bench.root / "imalink-sessions/session_7.json"
    document = json.loads(session.read_text())
    document["files"][0]["hothash"] = "0" * 64
    session.write_text(json.dumps(document, indent=2))
    await bench.scan()
    assert bench.only("session_drift").evidence["counts"] == {"other_key_in_index": 1}
