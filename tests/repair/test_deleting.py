"""Pictures are deleted in three ways; each can be taken back, and no scan misses them or wonders at them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector.engine import Applied, ConflictFilter
from inspector.model.deleting import DeletionWay
from inspector.model.errors import UsageError
from inspector.model.plan import ItemState, Plan
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode
from inspector.scenarios.large import build_large, write_large_index
from tests.workbench import Workbench

HARD, SOFT, TRASH = DeletionWay.HARD, DeletionWay.SOFT, DeletionWay.TRASH


class Archive(Workbench):
    """An ImaLink storage of twelve pictures in two folders, scanned."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.root = build_large(folder, files=12, folders=2)
        write_large_index(self.root, files=12, folders=2)
        self.before = self.contents()

    async def opened(self) -> StorageInfo:
        """The storage, scanned once."""
        await self.scan()
        return self.engine.storage(self.ids[0])

    @property
    def index(self) -> dict[str, Any]:
        """The index as it is now."""
        value: dict[str, Any] = json.loads((self.root / "imalink-master.json").read_text())
        return value

    def entry_of(self, path: str) -> dict[str, Any] | None:
        """The entry of the index for a path."""
        return next((one for one in self.index["files"].values() if one["relative_path"] == path), None)

    def contents(self) -> dict[str, bytes]:
        """Every file but the inspector's own."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and ".inspector" not in path.parts
        }

    def pictures(self) -> list[str]:
        """The paths of the pictures."""
        return sorted(path for path in self.before if path.startswith("photos/"))

    async def plan(self, way: DeletionWay, *paths: str) -> Plan:
        """The plan that deletes these paths."""
        return await self.engine.deleting.plan(self.ids[0], paths, way)

    async def delete(self, way: DeletionWay, *paths: str) -> Applied:
        """Delete these paths; all of it has to be done."""
        applied = await self.engine.repairs.apply(await self.plan(way, *paths))
        assert {item.state for item in applied.batch.items} == {ItemState.DONE}, applied.batch.items
        return applied

    async def undo(self) -> None:
        """Take the last batch back; all is as it was then, but for the time of indexing."""
        applied = await self.engine.repairs.undo()
        assert {item.state for item in applied.batch.items} == {ItemState.DONE}

    async def kinds_after_a_full_scan(self) -> dict[str, int]:
        """The conflicts that a scan of everything finds."""
        await self.scan(ScanMode.FULL)
        return self.engine.count_by_kind(ConflictFilter(tuple(self.ids)))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path)
    yield made
    made.engine.close()


async def test_a_hard_deletion_goes_to_quarantine_and_out_of_the_index(archive: Archive) -> None:
    await archive.opened()
    path = archive.pictures()[0]
    await archive.delete(HARD, path)
    assert not (archive.root / path).exists() and archive.entry_of(path) is None
    assert archive.index["total_files"] == 11
    assert [one.path for one in archive.engine.repairs.quarantine()] == [path]
    assert await archive.kinds_after_a_full_scan() == {"session_drift": 1}, "the session tells that it came in"
    await archive.undo()
    assert archive.contents() == archive.before
    assert await archive.kinds_after_a_full_scan() == {}


async def test_a_soft_deletion_is_a_mark_in_the_index_and_the_file_stays(archive: Archive) -> None:
    await archive.opened()
    path = archive.pictures()[3]
    await archive.delete(SOFT, path)
    entry = archive.entry_of(path)
    assert entry is not None and entry["deleted_at"].endswith("Z") and (archive.root / path).exists()
    assert archive.index["total_files"] == 12
    assert await archive.kinds_after_a_full_scan() == {}, "neither an orphan nor a drift"
    (archive.root / path).unlink()
    assert await archive.kinds_after_a_full_scan() == {}, "what is deleted is not missed"


async def test_a_mark_is_taken_back(archive: Archive) -> None:
    await archive.opened()
    paths = archive.pictures()[:5]
    await archive.delete(SOFT, *paths)
    layers = archive.engine.storage(archive.ids[0]).layers
    assert [(one.name, one.claims) for one in layers if "deleted" in one.name] == [("imalink-master.json (deleted)", 5)]
    await archive.undo()
    assert all("deleted_at" not in entry for entry in archive.index["files"].values())
    assert archive.contents() == archive.before
    assert await archive.kinds_after_a_full_scan() == {}


async def test_the_trash_keeps_the_folders_and_no_scan_looks_into_it(archive: Archive) -> None:
    await archive.opened()
    path = archive.pictures()[0]
    await archive.delete(TRASH, path)
    assert (archive.root / ".imalink-trash" / path).read_bytes() == archive.before[path]
    assert archive.entry_of(path) is None
    assert await archive.kinds_after_a_full_scan() == {"session_drift": 1}
    assert archive.engine.storage(archive.ids[0]).files == 11
    await archive.undo()
    assert archive.contents() == archive.before
    assert not (archive.root / ".imalink-trash").exists(), "a folder that a deletion made goes with it"


async def test_a_second_file_of_one_path_finds_a_place_in_the_trash(archive: Archive) -> None:
    await archive.opened()
    path = archive.pictures()[0]
    await archive.delete(TRASH, path)
    (archive.root / path).write_bytes(b"another one")
    await archive.scan()
    await archive.delete(TRASH, path)
    stem, _, ending = path.rpartition(".")
    assert (archive.root / ".imalink-trash" / path).read_bytes() == archive.before[path]
    assert (archive.root / ".imalink-trash" / f"{stem}-2.{ending}").read_bytes() == b"another one"


async def test_what_is_in_the_trash_can_go_to_quarantine_and_come_back(archive: Archive) -> None:
    await archive.opened()
    path = archive.pictures()[0]
    await archive.delete(TRASH, path)
    await archive.delete(HARD, ".imalink-trash")
    assert not (archive.root / ".imalink-trash" / path).exists()
    await archive.undo()
    assert (archive.root / ".imalink-trash" / path).read_bytes() == archive.before[path]
    await archive.undo()
    assert archive.contents() == archive.before


async def test_a_folder_is_deleted_with_all_that_is_in_it(archive: Archive) -> None:
    await archive.opened()
    folder = archive.pictures()[0].rpartition("/")[0]
    inside = [path for path in archive.pictures() if path.startswith(f"{folder}/")]
    applied = await archive.delete(HARD, folder, inside[0])
    assert len(applied.batch.items) == len(inside), "each once"
    assert archive.index["total_files"] == 12 - len(inside)
    await archive.undo()
    assert archive.contents() == archive.before


async def test_a_sidecar_goes_with_the_picture_whose_alone_it_is(archive: Archive) -> None:
    path = archive.pictures()[0]
    archive.put(f"{path}.xmp", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", root=archive.root)
    await archive.opened()
    await archive.delete(TRASH, path)
    assert not (archive.root / f"{path}.xmp").exists()
    assert (archive.root / ".imalink-trash" / f"{path}.xmp").exists()
    await archive.undo()
    assert (archive.root / f"{path}.xmp").exists()


async def test_what_cannot_be_deleted_is_refused_and_the_rest_is_done(archive: Archive) -> None:
    await archive.opened()
    orphan = archive.put("photos/orphan.jpg", root=archive.root)
    await archive.scan()
    plan = await archive.plan(
        SOFT, archive.pictures()[0], "photos/orphan.jpg", "photos/none.jpg", "imalink-master.json"
    )
    assert len(plan.items) == 1
    reasons = {one.label: one.reason for one in plan.refused}
    assert "does not list it" in reasons["photos/orphan.jpg"] and "not there" in reasons["photos/none.jpg"]
    assert "own documents" in reasons["imalink-master.json"]
    await archive.engine.repairs.apply(plan)
    again = await archive.plan(SOFT, archive.pictures()[0])
    assert "already" in again.refused[0].reason
    assert orphan.exists()
    for path in ("../outside.jpg", "/etc/passwd", ""):
        with pytest.raises(UsageError, match="no path within the storage"):
            await archive.plan(HARD, path)


async def test_a_file_that_changed_since_the_scan_is_not_deleted(archive: Archive) -> None:
    await archive.opened()
    path = archive.pictures()[0]
    plan = await archive.plan(HARD, path)
    (archive.root / path).write_bytes(b"edited meanwhile")
    applied = await archive.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.REFUSED]
    assert (archive.root / path).read_bytes() == b"edited meanwhile"


async def test_a_plain_folder_has_quarantine_only(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.put("a.jpg")
    await bench.scan()
    assert bench.engine.deleting.ways(bench.ids[0]) == (HARD,)
    for way in (SOFT, TRASH):
        with pytest.raises(UsageError, match="has no"):
            await bench.engine.deleting.plan(bench.ids[0], ["a.jpg"], way)
    await bench.engine.repairs.apply(await bench.engine.deleting.plan(bench.ids[0], ["a.jpg"], HARD))
    assert not (bench.root / "a.jpg").exists()
    await bench.engine.repairs.undo()
    assert (bench.root / "a.jpg").exists()
    bench.engine.close()
