"""Plain tests of what the state machine found."""

import asyncio
import gc
import json
import os
from pathlib import Path
from typing import Any

from inspector.engine import ConflictFilter, Engine
from inspector.model.plan import Decision, ItemState, Plan
from inspector.scenarios.imalink import MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder
from tests.reliability.machine import CancelsItself
from tests.reliability.machine_storages import Storages

UUID = "0d6f1c38-4b7a-4a55-8c1e-92e3b5f0a764"


def archive_of(folder: Path, files: int) -> ImaLinkBuilder:
    """An archive of tiny pictures, indexed and in one session."""
    archive = ImaLinkBuilder(folder / "Archive", UUID, "Archive")
    for number in range(files):
        path = f"photos/IMG_{number}.jpg"
        archive.picture(path, seed=number, size=(24, 16)).add(path)
    return archive.write()


def values(archive: ImaLinkBuilder, path: str) -> Any:
    """A document as it is now."""
    return json.loads(archive.read(path))


def test_totals_of_the_signature_that_were_planned_before_the_index_changed_are_not_written_as_planned(
    tmp_path: Path,
) -> None:
    archive = archive_of(tmp_path, 4)
    signature = values(archive, SIGNATURE)
    archive.document(SIGNATURE, {**signature, "photo_count": 3, "total_size_bytes": 5})

    async def apply_late() -> None:
        with Engine(tmp_path / "state", tmp_path / "home") as engine:
            storage = await engine.open(archive.root)
            await engine.scan([storage.id])
            (wrong,) = engine.all_conflicts(ConflictFilter((storage.id,)))
            plan = await engine.repairs.plan([storage.id], [Decision(wrong.id, "correct_totals")])
            master = values(archive, MASTER)
            master["files"].popitem()
            archive.document(MASTER, {**master, "total_files": 3})
            os.utime(archive.at(MASTER))
            await engine.repairs.apply(plan)

    asyncio.run(apply_late())
    entries = values(archive, MASTER)["files"].values()
    assert values(archive, SIGNATURE)["photo_count"] == len(entries) == 3
    assert values(archive, SIGNATURE)["total_size_bytes"] == sum(entry["file_size"] for entry in entries)


def test_a_session_never_takes_an_unsafe_path_from_the_index(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, 3)
    master = values(archive, MASTER)
    first = next(iter(master["files"].values()))
    first |= {"relative_path": "../outside.jpg", "filename": "outside.jpg"}
    archive.document(MASTER, master)
    session = archive.read(f"{SESSIONS}/session_123.json")

    async def follow_index() -> Plan:
        with Engine(tmp_path / "state", tmp_path / "home") as engine:
            storage = await engine.open(archive.root)
            await engine.scan([storage.id])
            drift = engine.all_conflicts(ConflictFilter((storage.id,), ("session_drift",)))
            plan = await engine.repairs.plan([storage.id], [Decision(one.id, "follow_index") for one in drift])
            if plan.items:
                await engine.repairs.apply(plan)
            return plan

    plan = asyncio.run(follow_index())
    assert archive.read(f"{SESSIONS}/session_123.json") == session
    assert "unsafe path" in plan.refused[0].reason


def test_a_scan_that_was_stopped_keeps_none_of_its_queries_open_and_the_next_one_can_write(tmp_path: Path) -> None:
    storages = Storages(tmp_path, "tabs", synced=False)
    for how, which in ((0, 0), (8, 0), (7, 0), (4, 1), (3, 1), (5, 0)):
        storages.any_change(how, which, 1, 2)

    async def stopped_and_begun_again(looks: int) -> None:
        with Engine(tmp_path / f"state {looks}", tmp_path / "home") as engine:
            ids = [(await engine.open(root)).id for root in storages.roots]
            await engine.scan(ids, progress=CancelsItself(looks))
            assert [outcome.error for outcome in await engine.scan(ids)] == [None, None], looks

    gc.disable()  # else the queries of a stopped scan are let go of now or later, by chance
    try:
        with asyncio.Runner() as runner:
            for looks in range(30, 42):
                runner.run(stopped_and_begun_again(looks))
    finally:
        gc.enable()


def test_taking_one_of_two_equal_entries_out_of_a_session_twice_leaves_the_other_one(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, 3)
    path = f"{SESSIONS}/session_123.json"
    session = values(archive, path)
    session["files"].append(session["files"][-1])
    archive.document(path, session)

    async def apply_twice() -> None:
        with Engine(tmp_path / "state", tmp_path / "home") as engine:
            storage = await engine.open(archive.root)
            await engine.scan([storage.id])
            (twice,) = engine.all_conflicts(ConflictFilter((storage.id,), ("index_duplicate_key",)))
            plan = await engine.repairs.plan([storage.id], [Decision(twice.id, "keep_last")])
            first = await engine.repairs.apply(plan)
            assert [item.state for item in first.batch.items] == [ItemState.DONE]
            again = await engine.repairs.apply(plan)
            assert [item.state for item in again.batch.items] == [ItemState.REFUSED]

    asyncio.run(apply_twice())
    assert values(archive, path)["files"] == session["files"][:-1]
