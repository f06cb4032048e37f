"""A protected folder is not written, whatever storage, link, mount or identity it is reached through."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.model.plan import Decision, ItemState, Plan
from tests.reliability.mounted import command_inside
from tests.workbench import Workbench


async def _plan(bench: Workbench) -> Plan:
    """Take away every left-over file and all copies but one."""
    chosen = {"stale_temp": "quarantine", "duplicate_content": "keep_one"}
    decisions = [Decision(one.id, chosen[one.kind]) for one in bench.conflicts() if one.kind in chosen]
    return await bench.engine.repairs.plan(bench.ids, decisions)


async def _protect(bench: Workbench, root: Path) -> None:
    bench.engine.repairs.set_reference((await bench.engine.open(root)).id, on=True)


def _refusals(plan: Plan) -> list[str]:
    return [one.reason for one in plan.refused]


async def test_a_storage_around_a_reference_writes_nothing_in_it(bench: Workbench) -> None:
    bench.put("Masters/y.part", "left over")
    bench.put("Masters/a.jpg", "same", mtime_ns=2_000_000_000)
    bench.put("a.jpg", "same", mtime_ns=1_000_000_000)
    bench.put("z.part", "left over too")
    await _protect(bench, bench.root / "Masters")
    await bench.scan()
    plan = await _plan(bench)
    assert [item.label for item in plan.items] == ["z.part"]
    never = "lies in 'Masters', a reference storage, which is never written"
    assert sorted(_refusals(plan)) == [f"Masters/a.jpg {never}", f"Masters/y.part {never}"]


async def test_a_plan_that_was_made_before_is_refused_item_by_item(bench: Workbench) -> None:
    bench.put("Masters/y.part", "left over")
    bench.put("z.part", "left over too")
    await bench.scan()
    plan = await _plan(bench)
    await _protect(bench, bench.root / "Masters")
    await bench.scan()
    applied = await bench.engine.repairs.apply(plan)
    states = {item.label: (item.state, item.reason) for item in applied.batch.items}
    assert states["z.part"] == (ItemState.DONE, "")
    state, reason = states["Masters/y.part"]
    assert state is ItemState.REFUSED and "'Masters', a reference storage" in reason
    assert (bench.root / "Masters/y.part").exists()


async def test_what_was_done_in_a_folder_before_it_was_protected_stays_done(bench: Workbench) -> None:
    bench.put("Masters/y.part", "left over")
    bench.put("Masters/a.jpg")
    await bench.scan()
    applied = await bench.engine.repairs.apply(await _plan(bench))
    await _protect(bench, bench.root / "Masters")
    undone = await bench.engine.repairs.undo(applied.batch.id)
    assert [item.state for item in undone.batch.items] == [ItemState.REFUSED]
    assert os.listdir(bench.root / "Masters") == ["a.jpg"]


async def test_a_storage_within_a_reference_is_one(bench: Workbench) -> None:
    bench.put("sub/y.part", "left over")
    await _protect(bench, bench.root)
    await bench.scan(roots=[bench.root / "sub"])
    plan = await _plan(bench)
    assert _refusals(plan) == ["y.part lies in 'pictures', a reference storage, which is never written"]
    (sub,) = bench.ids
    assert bench.engine.storage(sub).reference
    assert bench.engine.repairs.set_reference(sub, on=False).reference
    why = bench.engine.repairs.why_protected(sub)
    assert why is not None and why.message.startswith("lies in 'pictures', a reference storage")


async def test_another_identity_at_the_same_place_does_not_end_the_protection(bench: Workbench) -> None:
    bench.put("photos/y.part", "left over")
    bench.put(".imalink-storage", '{"storage_uuid": "11111111-8eab-4b6c-9fd1-0f6f2b5c8a10"}')
    await _protect(bench, bench.root)
    (bench.root / ".imalink-storage").write_text('{"storage_uuid": "22222222-8eab-4b6c-9fd1-0f6f2b5c8a10"}')
    await bench.scan()
    assert "reference storage" in _refusals(await _plan(bench))[0]
    bench.engine.repairs.set_reference(bench.ids[0], on=False)
    assert (await _plan(bench)).items, "whatever protected this folder is lifted"


async def test_a_reference_that_was_renamed_is_known_again(bench: Workbench) -> None:
    bench.put("Masters/y.part", "left over")
    await _protect(bench, bench.root / "Masters")
    (bench.root / "Masters").rename(bench.root / "Originals")
    await bench.scan()
    assert _refusals(await _plan(bench)) == [
        "Originals/y.part lies in 'Masters', a reference storage, which is never written"
    ]


async def test_another_folder_may_be_written_where_a_reference_is_known(bench: Workbench) -> None:
    bench.put("Masters/a.jpg")
    bench.put("Masters2/y.part", "left over")
    await _protect(bench, bench.root / "Masters")
    await bench.scan()
    assert [item.label for item in (await _plan(bench)).items] == ["Masters2/y.part"]


_MOUNTED = """
set -e
mount --bind "$1/reference$3" "$1/mounted"
exec "$2" -m inspector fix "$1/mounted" --choose stale_temp=quarantine --yes
"""


@pytest.mark.parametrize("below", ["", "/photos"])
def test_a_mount_that_leads_to_a_reference_or_into_one_is_not_written(bench: Workbench, below: str) -> None:
    command = command_inside("")
    if isinstance(command, str):
        pytest.skip(command)
    unshare = command[: command.index(sys.executable)]
    bench.put(f"reference{below}/y.part", "left over")
    (bench.root / "mounted").mkdir()
    environment = {**os.environ, "INSPECTOR_STATE": str(bench.state)}
    reference = str(bench.root / "reference")
    subprocess.run([sys.executable, "-m", "inspector", "reference", reference, "--on"], env=environment, check=True)
    ran = subprocess.run(
        [*unshare, "sh", "-c", _MOUNTED, "sh", str(bench.root), sys.executable, below],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "lies in 'reference', a reference storage" in ran.stdout, ran.stdout + ran.stderr
    assert (bench.root / f"reference{below}/y.part").exists()
