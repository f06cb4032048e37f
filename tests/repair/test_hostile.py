"""What somebody or something did to a storage, its quarantine or a plan: refused in words, and nothing is lost."""

import json
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from inspector.model.errors import ExitCode, InspectorError, UsageError
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.plan import Decision, ItemState
from inspector.repair.keeping import UnreadablePlaceError
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import Workbench


async def take_away(bench: Workbench) -> str:
    """Put an empty picture into quarantine; returns the batch."""
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")])
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    return applied.batch.id


@pytest.fixture
def empty(bench: Workbench) -> Path:
    """A picture of zero bytes, beside one that is not."""
    bench.put("whole.jpg")
    path = bench.put("empty.jpg", "x")
    path.write_bytes(b"")
    return path


async def test_a_repair_is_taken_back_where_the_storage_has_another_path_by_now(bench: Workbench) -> None:
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    for name in ("a", "b"):
        builder.picture(f"photos/{name}.jpg", seed=ord(name), size=(64, 48))
        builder.add(f"photos/{name}.jpg", session=7)
    builder.write()
    (bench.root / "photos/a.jpg").rename(bench.root / "photos/moved.jpg")
    await bench.scan()
    before = (bench.root / "imalink-master.json").read_bytes()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("path_mismatch").id, "update_index")])
    batch = (await bench.engine.repairs.apply(plan)).batch.id
    elsewhere = bench.folder / "elsewhere"
    bench.root.rename(elsewhere)
    await bench.scan(roots=[elsewhere])
    shown = await bench.engine.repairs.undo_plan(batch)
    assert set(shown.roots.values()) == {str(elsewhere)}
    undone = await bench.engine.repairs.undo(batch)
    assert [item.state for item in undone.batch.items] == [ItemState.DONE]
    assert (elsewhere / "imalink-master.json").read_bytes() == before


async def test_an_index_with_a_path_of_a_thousand_folders_ends_in_words(bench: Workbench) -> None:
    deep = "d/" * 1200 + "IMG.jpg"
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    builder.picture("photos/IMG.jpg", seed=1, size=(64, 48))
    builder.add("photos/IMG.jpg", session=7)
    builder.write()
    master = bench.root / "imalink-master.json"
    master.write_text(master.read_text().replace("photos/IMG.jpg", deep))
    before = master.read_bytes()
    await bench.scan()
    (conflict,) = bench.conflicts("path_mismatch")
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "move_back")])
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert not (bench.root / "photos/IMG.jpg").exists()
    await bench.engine.repairs.undo(applied.batch.id)
    assert (bench.root / "photos/IMG.jpg").exists()
    assert not (bench.root / "d").exists()
    assert master.read_bytes() == before


async def test_a_place_that_is_a_link_is_never_followed(bench: Workbench, empty: Path) -> None:
    await bench.scan()
    batch = await take_away(bench)
    victim = bench.folder / "victim"
    (bench.root / ".inspector").rename(victim)
    (bench.root / ".inspector").symlink_to(victim)
    before = {path: path.read_bytes() for path in victim.rglob("*") if path.is_file()}
    for kept in (bench.engine.repairs.quarantine, lambda: bench.engine.repairs.generations(bench.ids[0])):
        with pytest.raises(InspectorError, match=r"\.inspector: cannot be read \(is a link, which is never followed\)"):
            kept()
    (refused,) = (await bench.engine.repairs.undo_plan(batch)).refused
    assert refused.reason.endswith(".inspector is a link, which is never followed")
    bench.put("other.jpg", "x").write_bytes(b"")
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")])
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.FAILED]
    assert "link" in applied.batch.items[0].reason
    assert (bench.root / "other.jpg").exists()
    assert {path: path.read_bytes() for path in victim.rglob("*") if path.is_file()} == before


async def test_bytes_that_changed_in_quarantine_do_not_come_back_as_if_they_were_the_old_ones(bench: Workbench) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("duplicate_content").id, "keep_one")])
    batch = (await bench.engine.repairs.apply(plan)).batch.id
    (entry,) = bench.engine.repairs.quarantine()
    Path(entry.stored_at).write_bytes(b"evil")
    undone = await bench.engine.repairs.undo(batch)
    assert [item.state for item in undone.batch.items] == [ItemState.REFUSED]
    assert "other bytes" in undone.batch.items[0].reason
    assert Path(entry.stored_at).read_bytes() == b"evil"


async def test_the_last_repair_is_the_last_that_did_something(bench: Workbench, empty: Path) -> None:
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")])
    await bench.engine.repairs.apply(plan)
    again = await bench.engine.repairs.apply(plan)
    assert [item.state for item in again.batch.items] == [ItemState.REFUSED]
    await bench.engine.repairs.undo()
    assert empty.exists()


async def test_a_line_of_a_manifest_that_is_nested_too_deeply_is_passed_over(bench: Workbench, empty: Path) -> None:
    await bench.scan()
    await take_away(bench)
    manifest = bench.root / ".inspector/manifest.jsonl"
    manifest.write_text(manifest.read_text() + "[" * 200_000 + "\n")
    assert len(bench.engine.repairs.quarantine()) == 1


@pytest.mark.parametrize("how", ["pipe", "folder", "link", "gone", "empty", "garbage"])
async def test_a_manifest_that_cannot_be_read_is_an_error_that_names_it(
    bench: Workbench, empty: Path, how: str
) -> None:
    await bench.scan()
    batch = await take_away(bench)
    manifest = bench.root / ".inspector/manifest.jsonl"
    kept = manifest.rename(bench.folder / "kept")
    if how == "pipe":
        os.mkfifo(manifest)
    elif how == "folder":
        manifest.mkdir()
    elif how == "link":
        manifest.symlink_to(kept)
    elif how != "gone":
        manifest.write_text("" if how == "empty" else "no list\n")
    with pytest.raises(UnreadablePlaceError) as raised:
        bench.engine.repairs.quarantine()
    assert raised.value.path == str(manifest)
    assert raised.value.exit_code == ExitCode.INCOMPLETE
    if how in {"gone", "empty", "garbage"}:
        assert "1 file that lies there, such as" in str(raised.value)
        await bench.engine.repairs.undo(batch)
        assert empty.exists()
        assert bench.engine.repairs.quarantine() == []
    else:
        assert "not a regular file" in str(raised.value)


@pytest.mark.parametrize("wrong", [{"size": 10**400}, {"size": -1}, {"size": "many"}, {"time": "once"}, {"time": ""}])
async def test_an_entry_with_an_impossible_size_or_time_has_those_of_its_file(
    bench: Workbench, empty: Path, wrong: dict[str, Any]
) -> None:
    await bench.scan()
    await take_away(bench)
    manifest = bench.root / ".inspector/manifest.jsonl"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **wrong}) + "\n")
    (entry,) = bench.engine.repairs.quarantine()
    assert (entry.path, entry.size) == ("empty.jpg", 0)
    assert abs(datetime.fromisoformat(entry.time).timestamp() - time.time()) < 3600
    await bench.engine.repairs.restore([entry.id])
    assert empty.exists()


async def test_a_version_that_a_storage_brings_along_and_nobody_can_read_stops_nothing(bench: Workbench) -> None:
    versions = bench.root / ".inspector/generations"
    versions.mkdir(parents=True, mode=0o700)
    (versions / "zz.0.json").write_bytes(b"[" * 60_000)
    (versions / "zz.0").write_bytes(b"x")
    bench.put("whole.jpg")
    await bench.scan()
    assert bench.engine.repairs.generations(bench.ids[0]) == []


async def test_versions_that_cannot_be_read_are_an_error_and_never_an_empty_list(bench: Workbench) -> None:
    bench.put("whole.jpg")
    await bench.scan()
    (bench.root / ".inspector").mkdir()
    (bench.root / ".inspector/generations").symlink_to(bench.folder)
    with pytest.raises(UnreadablePlaceError) as raised:
        bench.engine.repairs.generations(bench.ids[0])
    assert raised.value.path == str(bench.root / ".inspector/generations")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("path", 5),
        ("path", None),
        ("path", ["a"]),
        ("path", "\ud800"),
        ("expect", {"size": 10**400}),
        ("expect", {"size": "x"}),
        ("expect", 5),
        ("drop_folders", 5),
        ("same_as", 5),
    ],
)
async def test_a_plan_with_values_of_a_wrong_type_is_refused_before_anything_is_begun(
    bench: Workbench, empty: Path, member: str, value: Any
) -> None:
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")])
    document = json.loads(json.dumps(encode_plan(plan)))
    document["items"][0]["operations"][0][member] = value
    with pytest.raises(UsageError, match="damaged plan"):
        decode_plan(document, "plan.json")


@pytest.mark.parametrize(
    ("member", "value"), [("number", 1.5), ("bytes", float("inf")), ("conflict_id", {"b64": "/w=="})]
)
async def test_an_item_with_values_of_a_wrong_type_is_refused_too(
    bench: Workbench, empty: Path, member: str, value: Any
) -> None:
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")])
    document = encode_plan(plan)
    document["items"][0][member] = value
    with pytest.raises(InspectorError, match="damaged plan"):
        decode_plan(document, "plan.json")


@pytest.mark.parametrize("target", [".inspector/x/y", ".INSPECTOR/x", "a/.Inspector-Quarantine/x", ".inſpector/x"])
async def test_no_plan_may_touch_what_was_taken_out_of_the_storage(bench: Workbench, empty: Path, target: str) -> None:
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("empty_file").id, "quarantine")])
    document = encode_plan(plan)
    document["items"][0]["operations"] = [
        {
            "operation": "move_path",
            "source": "empty.jpg",
            "target": target,
            "expect": {"size": 0, "mtime_ns": empty.stat().st_mtime_ns},
            "drop_folders": [],
        }
    ]
    with pytest.raises(UsageError, match="which no plan may touch"):
        await bench.engine.repairs.apply(decode_plan(document, "plan.json"))
    assert empty.exists()
