"""A picture, its raw file, its clip and their sidecars stay together, and get no one else's, whatever is decided."""

import shutil
from pathlib import Path

import pytest

from inspector.model.plan import Decision, ItemState, Plan
from tests.workbench import OLD_NS, Workbench


async def planned(bench: Workbench, kind: str, choice: str, *, first: str = "") -> Plan:
    """The plan of one choice for all conflicts of a kind, those about a path that ends so first."""
    await bench.scan()
    found = sorted(bench.conflicts(kind), key=lambda one: not one.paths[0].endswith(first))
    return await bench.engine.repairs.plan(bench.ids, [Decision(one.id, choice) for one in found])


def left(bench: Workbench) -> set[str]:
    """The files of the storage, without what was taken away."""
    found = (path.relative_to(bench.root) for path in bench.root.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if path.parts[0] != ".inspector"}


@pytest.mark.parametrize("first", [".jpg", ".mov", ".cr2"])
async def test_of_copied_pairs_one_pair_stays_whole(bench: Workbench, first: str) -> None:
    for number, ending in enumerate(("jpg", "mov", "cr2")):
        for folder in ("one", "two"):
            newer = (folder == "one") == bool(number % 2)
            bench.put(f"{folder}/IMG.{ending}", f"the {ending}", mtime_ns=OLD_NS + 10**12 * newer)
    plan = await planned(bench, "duplicate_content", "keep_one", first=first)
    applied = await bench.engine.repairs.apply(plan)
    assert {item.state for item in applied.batch.items} == {ItemState.DONE}
    assert left(bench) in ({f"{folder}/IMG.{ending}" for ending in ("jpg", "mov", "cr2")} for folder in ("one", "two"))


async def test_a_part_of_a_pair_is_not_taken_where_an_earlier_item_relies_on_it(bench: Workbench) -> None:
    for folder in ("one", "two"):
        bench.put(f"{folder}/IMG.jpg", "the picture")
        bench.put(f"{folder}/IMG.mov", "the clip")
    await bench.scan()
    picture, clip = sorted(bench.conflicts("duplicate_content"), key=lambda one: one.paths[0])
    decisions = [
        Decision(picture.id, "keep_one", path="one/IMG.jpg"),
        Decision(clip.id, "keep_one", path="two/IMG.mov"),
    ]
    plan = await bench.engine.repairs.plan(bench.ids, decisions)
    assert [item.conflict_id for item in plan.items] == [picture.id]
    assert [refusal.reason for refusal in plan.refused] == ["item 1 needs one/IMG.mov where it is"]


async def test_a_copy_whose_clip_is_another_one_is_not_taken_from_it(bench: Workbench) -> None:
    for folder in ("one", "two"):
        bench.put(f"{folder}/IMG.jpg", "the picture")
        bench.put(f"{folder}/IMG.mov", f"the clip of {folder}")
    plan = await planned(bench, "duplicate_content", "keep_one")
    assert not plan.items
    assert [refusal.reason for refusal in plan.refused] == [
        "two/IMG.jpg belongs together with two/IMG.mov: name the copy to keep"
    ]


@pytest.mark.parametrize("other", ["P-2.jpg.xmp", "P-2.xmp", "P-2.cr2", "p-2.MOV", "P-2_HEVC.mov", "P-2.jpg.json"])
async def test_a_renamed_picture_gets_no_companion_of_another_one_and_takes_its_own_along(
    bench: Workbench, other: str
) -> None:
    bench.put("a/P.jpg", "one")
    own = {"jpg": "another", "jpg.xmp": "<x/>", "cr2": "its raw file", "mov": "its clip"}
    for ending, content in own.items():
        bench.put(f"b/P.{ending}", content)
    bench.put(f"b/{other}", "somebody else's")
    await bench.scan()
    (twice,) = bench.conflicts("duplicate_filename")
    repairs = bench.engine.repairs
    before = left(bench)
    plan = await repairs.plan(bench.ids, [Decision(twice.id, "rename", path="b/P.jpg")])
    applied = await repairs.apply(plan)
    assert left(bench) == {"a/P.jpg", f"b/{other}", *(f"b/P-3.{ending}" for ending in own)}
    await repairs.undo(applied.batch.id)
    assert left(bench) == before


async def test_a_name_that_would_be_too_long_is_shortened_by_whole_characters(bench: Workbench) -> None:
    long = "ä" * 123
    bench.put(f"a/{long}.jpg", "one")
    bench.put(f"b/{long}.jpg", "another")
    bench.put(f"b/{long}.jpg.xmp", "<x/>")
    plan = await planned(bench, "duplicate_filename", "rename")
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    short = "ä" * 122 + "-2.jpg"
    assert {f"b/{short}", f"b/{short}.xmp"} <= left(bench)


async def test_a_picture_that_shares_its_sidecar_is_not_renamed_without_it(bench: Workbench) -> None:
    bench.put("a/P.jpg", "one")
    bench.put("b/P.jpg", "another")
    bench.put("b/P-edited.jpg", "an edited one")
    bench.put("b/P.jpg.json", '{"title": "P.jpg", "photoTakenTime": {"timestamp": "1"}}')
    await bench.scan()
    twice = next(one for one in bench.conflicts("duplicate_filename") if "b/P.jpg" in one.paths)
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(twice.id, "rename", path="b/P.jpg")])
    assert not plan.items
    assert "belongs to b/P-edited.jpg too" in plan.refused[0].reason


@pytest.mark.parametrize(
    ("names", "named", "renamed", "shared"),
    [
        (["P.jpg", "p.jpg", "P.cr2"], "p.jpg", {"p.jpg": "p-2.jpg"}, ""),
        (["P.jpg", "p.jpg", "P.cr2"], "P.jpg", {"P.jpg": "P-2.jpg", "P.cr2": "P-2.cr2"}, ""),
        (["P.jpg", "P.JPG", "P.cr2"], "P.JPG", {"P.JPG": "P-2.JPG"}, "P.cr2"),
        (["Pa.jpg", "PA.jpg", "pa.cr2"], "PA.jpg", {"PA.jpg": "PA-2.jpg"}, ""),
        (["P.jpg", "p.jpg", "P.cr2", "p.mov"], "p.jpg", {"p.jpg": "p-2.jpg", "p.mov": "p-2.mov"}, ""),
        (["é.jpg", "e\u0301.jpg", "é.cr2"], "e\u0301.jpg", {"e\u0301.jpg": "e\u0301-2.jpg"}, ""),
    ],
)
async def test_a_twin_that_is_named_goes_alone_though_one_raw_file_belongs_to_both(
    bench: Workbench, names: list[str], named: str, renamed: dict[str, str], shared: str
) -> None:
    for name in names:
        bench.put(f"a/{name}", f"the file {name}")
    await bench.scan()
    (twins,) = bench.conflicts("case_twin", "unicode_twin")
    repairs = bench.engine.repairs
    plan = await repairs.plan(bench.ids, [Decision(twins.id, "rename", path=f"a/{named}")])
    assert not plan.refused
    assert plan.items[0].after.partition("; ")[2] == (f"a/{shared} stays with a/{names[0]}" if shared else "")
    applied = await repairs.apply(plan)
    assert left(bench) == {f"a/{renamed.get(name, name)}" for name in names}
    assert not bench.conflicts("case_twin", "unicode_twin")
    await repairs.undo(applied.batch.id)
    assert left(bench) == {f"a/{name}" for name in names}


async def test_sidecars_go_back_with_pictures_that_changed_places_and_are_not_said_to_be_in_the_way(
    bench: Workbench,
) -> None:
    for path in ("a/x.jpg", "a/x.jpg.xmp", "b/y.jpg", "b/y.jpg.xmp"):
        bench.put(path)
    await bench.scan()
    before = left(bench)
    for name in ("x.jpg", "x.jpg.xmp"):
        (bench.root / "a" / name).rename(bench.root / "b" / name)
    for name in ("y.jpg", "y.jpg.xmp"):
        (bench.root / "b" / name).rename(bench.root / "a" / name)
    plan = await planned(bench, "path_mismatch", "move_back")
    assert not plan.refused
    applied = await bench.engine.repairs.apply(plan)
    assert {item.state for item in applied.batch.items} == {ItemState.DONE}
    assert left(bench) == before
    assert bench.kinds() == {}


DAMAGES = [b"", b"[]", b"null", b"nonsense", b"\0" * 300, b'{"index_version": "1.0", "files": {"a']


@pytest.fixture
def archive(bench: Workbench, shared: Path) -> Path:
    """A copy of the sample archive."""
    shutil.copytree(shared / "samples" / "imalink" / "archive", bench.root, dirs_exist_ok=True)
    return bench.root


@pytest.mark.parametrize("document", ["imalink-master.json", ".imalink-storage"])
@pytest.mark.parametrize("damage", [None, *DAMAGES])
async def test_a_document_that_is_gone_or_damaged_is_made_anew_and_nothing_of_it_is_lost(
    bench: Workbench, archive: Path, document: str, damage: bytes | None
) -> None:
    target = archive / document
    await bench.scan()
    if damage is None:
        target.unlink()
    else:
        target.write_bytes(damage)
    kind = "missing_document" if damage is None else "index_unparsable"
    plan = await planned(bench, kind, "rebuild")
    assert not plan.refused
    assert ("stays whole among its earlier versions" in plan.items[0].after) is (damage is not None)
    repairs = bench.engine.repairs
    applied = await repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert not bench.conflicts("missing_document", "index_unparsable", "orphan_file", "totals_wrong", "index_bad_entry")
    if damage is not None:
        kept = [path.read_bytes() for path in archive.glob(".inspector/**/*") if path.is_file()]
        assert damage in kept
    await repairs.undo(applied.batch.id)
    assert (target.read_bytes() if target.exists() else None) == damage
