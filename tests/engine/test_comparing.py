"""Comparing the sides of real conflicts: what is stated, what is on disk now, and in which fields that differs."""

import json
import os
import shutil
from pathlib import Path

import pytest

from inspector.engine import ConflictFilter, Engine
from inspector.model.comparison import Comparison, Field, Lacking, Mark, Side
from inspector.model.errors import CancelledByUserError
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.records import Conflict
from inspector.model.scanmode import ScanMode
from inspector.scenarios import SCENARIOS, build
from inspector.scenarios.drawing import picture_bytes
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder
from inspector.scenarios.phone_backup import takeout, xmp
from tests.workbench import OLD_NS, Workbench

UUID = "0f1e2d3c-4b5a-4968-8776-655443322110"
LATER_NS = OLD_NS + 3_600_000_000_000


@pytest.fixture
def archive(bench: Workbench) -> ImaLinkBuilder:
    """An ImaLink storage of six pictures in session 7, not written yet."""
    builder = ImaLinkBuilder(bench.root, UUID, "Archive")
    builder.session(7, "Summer")
    for number in range(6):
        path = f"photos/2024/IMG_{number}.jpg"
        builder.picture(path, seed=number, size=(64, 48))
        builder.add(path, session=7)
    return builder


def jpeg(seed: int, size: tuple[int, int] = (64, 48)) -> bytes:
    return picture_bytes("a.jpg", seed, size)


def field(comparison: Comparison, name: str) -> Field:
    found = [one for one in comparison.fields if one.name == name]
    assert len(found) == 1, [one.name for one in comparison.fields]
    return found[0]


def titles(comparison: Comparison) -> list[str]:
    return [side.title for side in comparison.sides]


def side(comparison: Comparison, title: str) -> Side:
    return next(one for one in comparison.sides if one.title == title)


async def only(bench: Workbench, kind: str) -> Comparison:
    return await bench.engine.compare(bench.only(kind))


async def of_kind(bench: Workbench, kind: str) -> tuple[Conflict, Comparison]:
    (conflict,) = bench.conflicts(kind)
    return conflict, await bench.engine.compare(conflict)


# --- files ----------------------------------------------------------------------------------------------------------


async def test_a_missing_file_stands_beside_its_entry_and_where_its_content_is(
    bench: Workbench, archive: ImaLinkBuilder, tmp_path: Path
) -> None:
    archive.write()
    await bench.scan()
    elsewhere = tmp_path / "Copies"
    bench.put("keep.jpg", archive.read("photos/2024/IMG_0.jpg"), root=elsewhere)
    (bench.root / "photos/2024/IMG_0.jpg").unlink()
    await bench.scan(roots=[bench.root, elsewhere])
    _, found = await of_kind(bench, "missing_file")
    assert titles(found) == [
        "imalink-master.json and imalink-sessions and an earlier scan say",
        "on disk",
        "same content in Copies",
    ]
    recorded, on_disk, copy = found.sides
    assert (recorded.is_file, on_disk.present, copy.present, copy.decodes) == (False, False, True, True)
    assert {(one.layer, one.session_title) for one in recorded.references} == {
        (MASTER, "Summer"),
        ("imalink-sessions", "Summer"),
    }
    assert field(found, "there").values == (True, False, True)
    assert field(found, "content").values[0] == field(found, "content").values[2] == copy.digest
    assert field(found, "content").agree is None, "nobody knows what was in the file that is gone"
    assert field(found.pair(0, 2), "content").agree
    assert not found.stale


async def test_what_lies_in_quarantine_is_a_side_of_the_missing_file(bench: Workbench) -> None:
    bench.put("a/one.jpg", jpeg(1))
    bench.put("b/one.jpg", jpeg(1))
    await bench.scan()
    (double,) = bench.conflicts("duplicate_content")
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(double.id, "keep_one", path="a/one.jpg")])
    await bench.engine.repairs.apply(plan)
    (bench.root / "a/one.jpg").unlink()
    await bench.scan(expected_missing=5)
    missing = next(one for one in bench.conflicts("missing_file") if one.path == "a/one.jpg")
    found = await bench.engine.compare(missing)
    kept = [one for one in found.sides if one.title.startswith("in quarantine since")]
    assert [one.path for one in kept] == ["b/one.jpg"]
    assert kept[0].digest == found.sides[0].digest


async def test_a_moved_file_says_what_of_its_path_differs_and_how_many_moved_likewise(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    (bench.root / "photos/2024").rename(bench.root / "photos/Summer")
    await bench.scan()
    conflict = next(one for one in bench.conflicts("path_mismatch") if one.path == "photos/2024/IMG_3.jpg")
    found = await bench.engine.compare(conflict)
    assert field(found, "path").values == ("photos/2024/IMG_3.jpg", "photos/Summer/IMG_3.jpg")
    assert "5 other files moved likewise: photos/2024 -> photos/Summer" in found.notes
    key = field(found, "key")
    assert (key.agree, key.marks) == (True, (Mark.FITS, None))


async def test_rot_shows_the_recorded_content_beside_the_present_one_and_a_copy_that_is_good(bench: Workbench) -> None:
    good = jpeg(1)
    bench.put("IMG_1.jpg", good)
    bench.put("copies/IMG_1 copy.jpg", good)
    await bench.scan()
    bad = bytearray(good)
    bad[len(bad) // 2] ^= 1
    bench.put("IMG_1.jpg", bytes(bad))
    await bench.scan(ScanMode.FULL)
    _, found = await of_kind(bench, "suspected_rot")
    assert titles(found) == ["an earlier scan saw", "on disk", "same content in pictures"]
    assert field(found, "size").agree
    assert field(found, "modified").agree
    content = field(found, "content").values
    assert content[0] == content[2] != content[1]


async def test_an_edited_file_is_marked_as_the_newest(bench: Workbench) -> None:
    bench.put("IMG_1.jpg", jpeg(1))
    await bench.scan()
    bench.put("IMG_1.jpg", jpeg(2, (80, 60)), mtime_ns=LATER_NS)
    await bench.scan()
    found = await only(bench, "content_changed")
    assert field(found, "modified").marks == (None, Mark.NEWEST)
    assert field(found, "pixels").values == (Lacking.UNKNOWN, "80 × 60")


async def test_layers_that_state_different_sizes_are_columns_of_their_own(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.entry("photos/2024/IMG_2.jpg")["file_size"] += 10
    archive.write()
    await bench.scan()
    conflict = next(one for one in bench.conflicts("size_mismatch"))
    found = await bench.engine.compare(conflict)
    assert titles(found) == ["imalink-master.json says", "imalink-sessions says", "on disk"]
    stated, session, actual = field(found, "size").values
    assert stated == session + 10 == actual + 10
    assert found.pair(1, 2).differing == 0
    assert found.pair(0, 2).differing == 1


async def test_an_undecodable_picture_says_so_and_why(bench: Workbench) -> None:
    bench.put("cut.jpg", jpeg(1, (400, 300))[:900])
    await bench.scan(deep=True)
    found = await only(bench, "undecodable_image")
    on_disk = side(found, "on disk")
    assert on_disk.decodes is False
    assert any("cut off" in note for note in on_disk.notes)


async def test_an_orphan_stands_beside_the_indexed_file_with_the_same_bytes(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.copy("photos/2024/IMG_1.jpg", "photos/2024/again.jpg")
    archive.write()
    await bench.scan()
    _, found = await of_kind(bench, "orphan_file")
    assert titles(found) == ["no index lists it", "on disk", "same content in Archive"]
    assert field(found, "there").values == (False, True, True)
    assert field(found, "session of its neighbours").values[1] == "7 Summer"
    assert found.sides[2].references[0].layer == MASTER


async def test_copies_are_all_sides_and_names_of_one_file_say_so(bench: Workbench) -> None:
    first = bench.put("a.jpg", jpeg(1))
    bench.put("b.jpg", jpeg(1))
    os.link(first, bench.root / "c.jpg")
    await bench.scan()
    found = await only(bench, "duplicate_content")
    assert [one.path for one in found.sides] == ["a.jpg", "b.jpg", "c.jpg"]
    assert field(found, "hard link").values == ("of copy 1", Lacking.ABSENT, "of copy 1")
    assert [one.name for one in found.fields if not one.agree] == ["path", "hard link"]


async def test_more_copies_than_fit_are_counted(bench: Workbench) -> None:
    for number in range(30):
        bench.put(f"{number:02}.jpg", jpeg(1))
    await bench.scan()
    found = await only(bench, "duplicate_content")
    assert (len(found.sides), found.more_sides) == (12, 18)


async def test_copies_in_a_storage_that_is_away_are_what_the_last_scan_saw(bench: Workbench, tmp_path: Path) -> None:
    drive = tmp_path / "Drive"
    bench.put("a.jpg", jpeg(1))
    bench.put("b.jpg", jpeg(1), root=drive)
    await bench.scan(roots=[bench.root, drive])
    conflict, _ = await of_kind(bench, "duplicate_content")
    shutil.move(drive, tmp_path / "unplugged")
    found = await bench.engine.compare(conflict)
    away = next(one for one in found.sides if one.path == "b.jpg")
    here = next(one for one in found.sides if one.path == "a.jpg")
    assert away.title.endswith(" in Drive")
    assert (away.present, here.present) == (None, True)
    assert (away.size, away.digest) == (here.size, here.digest)
    assert any("what the last scan saw" in note for note in away.notes)


async def test_pictures_of_one_name_differ_in_what_they_say_of_themselves(bench: Workbench) -> None:
    bench.put("a/IMG_1.jpg", jpeg(1))
    bench.put("b/IMG_1.jpg", jpeg(2, (80, 60)))
    await bench.scan()
    found = await only(bench, "duplicate_filename")
    assert field(found, "pixels").values == ("64 × 48", "80 × 60")
    assert all(one.is_picture for one in found.sides)
    assert field(found, "camera").agree


async def test_unicode_twins_say_in_which_form_each_name_is(bench: Workbench) -> None:
    for number, name in enumerate(("\u00e9.jpg", "e\u0301.jpg")):
        bench.put(name, jpeg(number))
    await bench.scan()
    found = await only(bench, "unicode_twin")
    assert set(field(found, "Unicode form").values) == {"composed (NFC)", "decomposed (NFD)"}


async def test_what_changed_since_the_scan_is_said_to_have(bench: Workbench) -> None:
    bench.put("a.jpg", jpeg(1))
    bench.put("b.jpg", jpeg(1))
    bench.put("c.jpg", jpeg(1))
    await bench.scan()
    conflict = bench.only("duplicate_content")
    bench.put("b.jpg", jpeg(2), mtime_ns=LATER_NS)
    (bench.root / "c.jpg").unlink()
    found = await bench.engine.compare(conflict)
    assert found.stale
    assert "changed since the scan" in found.sides[1].notes
    assert found.sides[1].digest is None
    assert "it was there at the last scan" in found.sides[2].notes


async def test_what_a_link_leads_to_is_never_looked_into(bench: Workbench, tmp_path: Path) -> None:
    bench.put("a/1.jpg", jpeg(1))
    bench.put("b/1.jpg", jpeg(1))
    await bench.scan()
    conflict = bench.only("duplicate_content")
    outside = tmp_path / "outside"
    shutil.move(bench.root / "b", outside)
    (bench.root / "b").symlink_to(outside)
    (bench.root / "a/1.jpg").unlink()
    (bench.root / "a/1.jpg").symlink_to(outside / "1.jpg")
    found = await bench.engine.compare(conflict)
    assert [one.present for one in found.sides] == [False, False]
    assert "a link is there instead" in found.sides[0].notes
    assert found.sides[1].details == {}


# --- documents and sidecars -----------------------------------------------------------------------------------------


async def test_a_conflict_copy_of_an_index_is_compared_entry_by_entry(
    bench: Workbench, archive: ImaLinkBuilder
) -> None:
    archive.write()
    other = json.loads(archive.read(MASTER))
    gone, changed = sorted(other["files"])[:2]
    del other["files"][gone]
    other["files"][changed]["import_session_id"] = 8
    archive.text("imalink-master.sync-conflict-20241018-071200-ABCDEF7.json", json.dumps(other))
    await bench.scan()
    _, found = await of_kind(bench, "sync_conflict_copy")
    assert titles(found) == ["original", "copy of ABCDEF7, 2024-10-18 07:12:00"]
    differing = {one.name: one.values for one in found.fields if one.group == "document" and not one.agree}
    assert set(differing) == {f"files.{gone}", f"files.{changed}.import_session_id"}
    assert differing[f"files.{gone}"][1] is Lacking.ABSENT
    assert differing[f"files.{changed}.import_session_id"] == (7, 8)


async def test_two_sidecars_are_compared_by_their_fields_and_not_with_their_picture(bench: Workbench) -> None:
    bench.put("E.jpg", jpeg(1))
    bench.put("E.xmp", xmp(2, "Red"))
    bench.put("E.jpg.xmp", xmp(5, "Red"))
    await bench.scan()
    found = await only(bench, "double_sidecar")
    assert field(found, "xmp:Rating").values == ("5", "2", Lacking.UNKNOWN)
    assert field(found.pair(0, 1), "xmp:Label").agree
    pair = found.pair(0, 2)
    assert field(pair, "size").agree is None, "a sidecar's size is none of its picture's"
    assert field(pair, "xmp:Label").agree is None, "a picture has no such label"


async def test_a_left_over_part_of_a_picture_differs_from_the_whole_one(bench: Workbench) -> None:
    bench.put("b.jpg", jpeg(1))
    bench.put("b.jpg.tmp", jpeg(1)[:300])
    await bench.scan()
    found = await only(bench, "stale_temp")
    assert [one.path for one in found.sides] == ["b.jpg.tmp", "b.jpg"]
    assert field(found, "size").differs
    assert field(found, "content").differs
    assert field(found, "pixels").agree is None, "nobody looked for a picture in the part"
    assert found.differing >= 3


async def test_a_document_that_cannot_be_read_agrees_in_no_field(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.write()
    bench.put(f"{MASTER}.tmp", archive.read(MASTER)[:200])
    await bench.scan()
    _, found = await of_kind(bench, "stale_temp")
    fields = [one for one in found.fields if one.group == "document"]
    assert fields
    assert {one.agree for one in fields} == {None}
    assert found.unknown >= len(fields)


async def test_what_an_empty_original_does_not_say_of_its_picture_is_unknown(bench: Workbench) -> None:
    bench.put("a.jpg").write_bytes(b"")
    bench.put("a.sync-conflict-20241018-071200-ABCDEF7.jpg", jpeg(1))
    await bench.scan()
    _, found = await of_kind(bench, "sync_conflict_copy")
    assert field(found, "decodes").differs
    assert field(found, "pixels").agree is None


async def test_a_takeout_without_its_picture_finds_the_picture_that_it_names(bench: Workbench) -> None:
    name = "IMG_20240108_070707.jpg"
    bench.put(f"Takeout/{name}.supplemental-metadata.json", takeout(name, 1704697627))
    bench.put(f"Sorted/{name}", jpeg(1))
    await bench.scan()
    found = await only(bench, "orphan_sidecar")
    assert [(one.title, one.path) for one in found.sides[1:]] == [("candidate in pictures", f"Sorted/{name}")]
    assert field(found, "photoTakenTime.timestamp").values[0] == "1704697627"


async def test_a_checksum_in_a_sidecar_is_held_against_the_candidates(bench: Workbench) -> None:
    import hashlib

    right, wrong = jpeg(1), jpeg(2)
    bench.put("x/A.jpg", right)
    bench.put("y/A.jpg", wrong)
    document = {"title": "A.jpg", "photoTakenTime": {"timestamp": "1"}, "sha256": hashlib.sha256(right).hexdigest()}
    bench.put("A.jpg.supplemental-metadata.json", json.dumps(document))
    await bench.scan()
    _, found = await of_kind(bench, "orphan_sidecar")
    row = field(found, "checksum: sha256")
    marks = {one.path: mark for one, mark in zip(found.sides, row.marks, strict=True)}
    assert (marks["x/A.jpg"], marks["y/A.jpg"]) == (Mark.FITS, Mark.WRONG)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1', "cannot be read field by field"),
        (b'{"a": ' * 5_000, "nested deeper"),
        (b"\xff\xfe\x00\xd8not json", "cannot be read field by field"),
        (b'{"a": "\xff\xff"}', "cannot be read field by field"),
        (b'{"a": 1, "a": 2}', "holds members twice, of which the last counts: a"),
        (b'{"a": [' + b"[" * 10_000_000, "as far as it can be read: is nested without end"),
        (b"", "cannot be read field by field"),
    ],
    ids=["cut off", "deep", "no text", "not UTF-8", "twice", "10 MB of brackets", "empty"],
)
async def test_a_hostile_document_is_said_to_be_one(bench: Workbench, content: bytes, words: str) -> None:
    bench.put("notes.json", b'{"a": 2}')
    bench.put("notes.sync-conflict-20240101-000000-ABCDEF7.json", content)
    await bench.scan()
    _, found = await of_kind(bench, "sync_conflict_copy")
    notes = [note for one in found.sides for note in one.notes]
    assert any(words in note for note in notes), notes
    assert not field(found, "content").agree


async def test_control_characters_of_a_document_stay_raw_in_the_model(bench: Workbench) -> None:
    bench.put("notes.json", json.dumps({"a": "plain", "b\x1b]0;": 1}))
    bench.put("notes.sync-conflict-20240101-000000-ABCDEF7.json", json.dumps({"a": "\x1b[31mred\u202e", "b\x1b]0;": 1}))
    await bench.scan()
    _, found = await of_kind(bench, "sync_conflict_copy")
    assert field(found, "a").values == ("plain", "\x1b[31mred\u202e")
    assert field(found, "b\x1b]0;").agree


# --- layers ---------------------------------------------------------------------------------------------------------


async def test_a_session_and_the_index_stand_beside_the_disk(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.session_entry(7, "photos/2024/IMG_1.jpg")["relative_path"] = "photos/2024/old.jpg"
    forgotten = archive.session_entry(7, "photos/2024/IMG_2.jpg")["hothash"]
    del archive.master["files"][forgotten]
    archive.write()
    await bench.scan()
    _, found = await of_kind(bench, "session_drift")
    assert titles(found) == ["session 7, Summer", "the index", "on disk"]
    there = "photos/2024/IMG_1.jpg"
    assert field(found, "photos/2024/old.jpg").values == (True, there, there)
    assert field(found, "photos/2024/IMG_2.jpg").values == (True, Lacking.ABSENT, True)


async def test_wrong_totals_are_stated_beside_counted(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.master["total_files"] = 99
    archive.write()
    await bench.scan()
    found = await only(bench, "totals_wrong")
    row = field(found, "total_files")
    assert (row.values, row.marks) == ((99, 6), (None, Mark.COUNTS))


async def test_a_path_that_leads_outside_is_shown_and_not_followed(bench: Workbench, archive: ImaLinkBuilder) -> None:
    archive.forge("../secret.jpg")
    archive.write()
    bench.put("secret.jpg", jpeg(9), root=bench.folder)
    await bench.scan()
    _, found = await of_kind(bench, "unsafe_path")
    assert [one.is_file for one in found.sides] == [False]
    assert field(found, "path").marks == (Mark.WRONG,)


async def test_two_keys_of_one_file_say_which_of_them_fits_it(bench: Workbench, archive: ImaLinkBuilder) -> None:
    path = "photos/2024/IMG_4.jpg"
    archive.forge(path, file_size=archive.entry(path)["file_size"])
    archive.write()
    await bench.scan()
    _, found = await of_kind(bench, "index_duplicate_key")
    row = field(found, "key")
    right = archive.hothash(path)
    assert dict(zip(row.values[:2], row.marks[:2], strict=True))[right] is Mark.FITS
    assert row.marks.count(Mark.FITS) == 1
    assert row.values[2] == right


# --- all kinds ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storages of the demo, where things have happened between two scans; the state is beside them."""
    import asyncio

    folder = tmp_path_factory.mktemp("demo")
    home = folder / "home"
    roots = build("all", home)

    async def scan() -> None:
        with Engine(folder / "state", home) as engine:
            ids = [(await engine.open(root)).id for root in roots]
            await engine.scan(ids)
            then = SCENARIOS["all"].then
            assert then is not None
            then(home)
            await engine.scan(ids)

    asyncio.run(scan())
    return folder


async def test_every_conflict_of_the_demo_has_sides_with_a_value_in_every_row_and_changes_no_file(demo: Path) -> None:
    def everything() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in (demo / "home").rglob("*")
            if path.is_file()
        }

    before = everything()
    kinds = set()
    with Engine(demo / "state", demo / "home") as engine:
        for conflict in engine.all_conflicts(ConflictFilter(None)):
            kinds.add(conflict.kind)
            found = await engine.compare(conflict)
            assert found.sides, conflict
            assert not found.stale, (conflict, [one.notes for one in found.sides])
            for row in found.fields:
                assert len(row.values) == len(found.sides), (conflict, row)
                assert not row.marks or len(row.marks) == len(found.sides), (conflict, row)
                assert any(value is not Lacking.UNKNOWN for value in row.values), (conflict, row)
                assert not row.agree or not any(value is Lacking.UNKNOWN for value in row.values), (conflict, row)
            if len(found.sides) > 1:
                for row in found.pair(0, 1).fields:
                    assert not row.agree or not any(value is Lacking.UNKNOWN for value in row.values), (conflict, row)
    assert len(kinds) > 25
    assert everything() == before


async def test_a_comparison_that_is_cancelled_ends(bench: Workbench) -> None:
    bench.put("a.jpg", jpeg(1))
    bench.put("b.jpg", jpeg(1))
    await bench.scan()
    conflict = bench.only("duplicate_content")
    progress = Progress()
    progress.cancel()
    with pytest.raises(CancelledByUserError):
        await bench.engine.compare(conflict, progress)
