"""A name with a backslash, blanks at the ends, a newline or bytes that are no UTF-8 is repaired as any other."""

import os
from pathlib import Path

import pytest

from inspector.model.plan import Decision, ItemState, Plan
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import Workbench

ODD = [
    r"AC\DC",
    r"a\nb\x41",
    "\\",
    " before",
    "behind ",
    "\n",
    "two\nlines\t",
    "C:",
    os.fsdecode(b"caf\xe9 \xff"),
    "\x1b]52;c;aGk=\x07",
    "\u202egpj",
    "hard\u00a0blank\u3000",
]
"""Beginnings of names, and names of folders."""


def odd_storage(root: Path) -> None:
    """An empty picture of each name, in a folder of that name."""
    for name in ODD:
        (root / name).mkdir(parents=True)
        (root / name / f"{name}.jpg").write_bytes(b"")
        (root / name / f"{name} ").write_bytes(b"something else")


def contents(root: Path) -> dict[bytes, bytes]:
    """Every file outside the inspector's own folder, by the bytes of its path."""
    return {
        os.fsencode(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".inspector" not in path.parts
    }


async def apply_and_undo(bench: Workbench, plan: Plan) -> dict[bytes, bytes]:
    """Apply a plan that refuses nothing, look at the files, and take it back; returns what was seen between."""
    assert [refusal.reason for refusal in plan.refused] == []
    before = contents(bench.root)
    applied = await bench.engine.repairs.apply(plan)
    assert {item.reason: item.state for item in applied.batch.items} == {"": ItemState.DONE}
    between = contents(bench.root)
    undone = await bench.engine.repairs.undo(applied.batch.id)
    assert {item.reason: item.state for item in undone.batch.items} == {"": ItemState.DONE}
    assert contents(bench.root) == before
    return between


async def test_files_of_any_name_go_to_quarantine_and_come_back(bench: Workbench) -> None:
    odd_storage(bench.root)
    await bench.scan()
    found = bench.conflicts("empty_file")
    assert sorted(one.path or "" for one in found) == sorted(f"{name}/{name}.jpg" for name in ODD)
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "quarantine") for one in found])
    between = await apply_and_undo(bench, plan)
    assert sorted(between) == sorted(os.fsencode(f"{name}/{name} ") for name in ODD)


async def test_a_copy_of_any_name_is_renamed_and_gets_its_own_back(bench: Workbench) -> None:
    names = [f"{name}.jpg" for name in ODD if "\n" not in name]
    for number, name in enumerate(names):
        bench.root.joinpath(name).write_bytes(b"the picture %d" % number)
        stem = name.removesuffix(".jpg")
        (bench.root / f"{stem}.sync-conflict-20240101-120000-ABCDEFG.jpg").write_bytes(b"another %d" % number)
    await bench.scan()
    found = bench.conflicts("sync_conflict_copy")
    assert len(found) == len(names)
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "keep_copy") for one in found])
    between = await apply_and_undo(bench, plan)
    assert between == {os.fsencode(name): b"another %d" % number for number, name in enumerate(names)}


def odd_archive(bench: Workbench) -> None:
    """An ImaLink storage of one listed picture, with an empty picture of each odd name that no index lists."""
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    builder.picture("photos/IMG.jpg", seed=1, size=(64, 48))
    builder.add("photos/IMG.jpg", session=7)
    builder.write()
    odd_storage(bench.root / "photos")


async def test_in_an_imalink_storage_too_files_of_any_name_go_to_quarantine(bench: Workbench) -> None:
    odd_archive(bench)
    await bench.scan()
    found = [one for one in bench.conflicts("empty_file") if one.path]
    assert len(found) == len(ODD)
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "quarantine") for one in found])
    await apply_and_undo(bench, plan)


async def test_a_picture_of_any_name_that_was_listed_is_moved_back(bench: Workbench) -> None:
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    for number in range(len(ODD)):
        builder.picture(f"photos/IMG_{number}.jpg", seed=number + 1, size=(64, 48))
        builder.add(f"photos/IMG_{number}.jpg", session=7)
    builder.write()
    for number, name in enumerate(ODD):
        (bench.root / "photos" / f"IMG_{number}.jpg").rename(bench.root / "photos" / f"{name}.jpg")
    await bench.scan()
    found = bench.conflicts("path_mismatch")
    assert len(found) == len(ODD)
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "move_back") for one in found])
    between = await apply_and_undo(bench, plan)
    assert {f"photos/IMG_{number}.jpg".encode() for number in range(len(ODD))} <= set(between)


@pytest.mark.parametrize("name", [r"AC\DC.jpg", " before.jpg"])
async def test_a_name_that_no_index_can_hold_is_refused_with_the_reason(bench: Workbench, name: str) -> None:
    odd_archive(bench)
    bench.put(f"photos/{name}")
    await bench.scan()
    (one,) = [one for one in bench.conflicts("orphan_file") if one.path == f"photos/{name}"]
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "add_to_index")])
    assert [refusal.conflict_id for refusal in plan.refused] == [one.id]
    assert "index" in plan.refused[0].reason


async def test_twins_of_any_name_get_names_of_their_own(bench: Workbench) -> None:
    for number, name in enumerate(ODD):
        bench.put(os.fsencode(f"a/{name}.jpg"), b"the picture %d" % number)
        bench.put(os.fsencode(f"b/{name}.jpg"), b"another %d" % number)
        bench.put(os.fsencode(f"b/{name}.jpg.xmp"), b"a sidecar %d" % number)
    await bench.scan()
    found = bench.conflicts("duplicate_filename")
    assert len(found) == len(ODD)
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "rename") for one in found])
    between = await apply_and_undo(bench, plan)
    for number, name in enumerate(ODD):
        assert between[os.fsencode(f"b/{name}-2.jpg")] == b"another %d" % number
        assert between[os.fsencode(f"b/{name}-2.jpg.xmp")] == b"a sidecar %d" % number


async def test_copies_of_any_name_are_both_kept_under_names_of_their_own(bench: Workbench) -> None:
    names = [name for name in ODD if "\n" not in name]
    for number, name in enumerate(names):
        bench.put(os.fsencode(f"{name}.jpg"), b"the picture %d" % number)
        bench.put(os.fsencode(f"{name}.sync-conflict-20240101-120000-ABCDEFG.jpg"), b"another %d" % number)
    await bench.scan()
    found = bench.conflicts("sync_conflict_copy")
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "keep_both") for one in found])
    between = await apply_and_undo(bench, plan)
    assert {os.fsencode(f"{name}-2.jpg") for name in names} <= set(between)


async def test_the_sidecar_of_a_copy_of_any_name_goes_along(bench: Workbench) -> None:
    for number, name in enumerate(ODD):
        bench.put(os.fsencode(f"a/{name}.jpg"), b"the picture %d" % number)
        bench.put(os.fsencode(f"a/{name}.jpg.xmp"), b"a sidecar %d" % number)
        bench.put(os.fsencode(f"b/{name}.jpg"), b"the picture %d" % number)
        bench.put(os.fsencode(f"b/{name}.jpg.aae"), b"steps %d" % number)
    await bench.scan()
    found = bench.conflicts("duplicate_content")
    paths = {one.path: one for one in found}
    assert len(paths) == len(ODD)
    decisions = [Decision(one.id, "keep_one", path=f"a/{os.path.basename(one.path or '')}") for one in found]
    between = await apply_and_undo(bench, await bench.engine.repairs.plan(bench.ids, decisions))
    assert not [path for path in between if path.startswith(b"b/")]
    assert {os.fsencode(f"a/{name}.jpg.aae") for name in ODD} <= set(between)
