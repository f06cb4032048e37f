"""A journal that was damaged is said to be so by every verb, and no other batch is meant in its place."""

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.repairing import code_of
from inspector.fs.system import use_system
from inspector.model.errors import ExitCode
from inspector.model.plan import Decision, ItemResult, ItemState, Plan
from inspector.repair import batch_ids
from inspector.repair.apply import begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.history import batch_infos, interrupted, left_open
from inspector.repair.journal import BatchWriter
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.cli.conftest import Cli
from tests.fs.fault_system import FaultSystem
from tests.repair.workshop import Workshop
from tests.workbench import Workbench

DEEP = b"[" * 100_000


@pytest.fixture
def twice(cli: Cli, tmp_path: Path) -> Path:
    """A folder of which two batches took something away: first a copy, then an empty file."""
    root = tmp_path / "pictures"
    root.mkdir()
    for name, content in (("a.jpg", b"same"), ("b.jpg", b"same"), ("empty.jpg", b"")):
        (root / name).write_bytes(content)
    cli("check", root)
    for choice in ("duplicate_content=keep_one", "empty_file=quarantine"):
        assert cli("fix", root, "--choose", choice, "--yes").code == 0
    return root


def journals(state: Path) -> list[Path]:
    """The files of the batches, the oldest first."""
    return sorted((state / "journal").glob("*.jsonl"))


def lines_of(path: Path) -> list[bytes]:
    """The lines of a journal, and the empty one behind the last line end."""
    return path.read_bytes().split(b"\n")


@pytest.mark.parametrize("how", ["first line gone", "first line garbage", "empty", "nested too deeply"])
def test_the_last_batch_is_not_an_older_one_where_its_journal_is_damaged(
    cli: Cli,
    state: Path,
    twice: Path,
    how: str,
) -> None:
    last = journals(state)[-1]
    lines = lines_of(last)
    damage = {
        "first line gone": lines[1:],
        "first line garbage": [b"\0\xff{", *lines[1:]],
        "empty": [b""],
        "nested too deeply": [DEEP, *lines[1:]],
    }
    last.write_bytes(b"\n".join(damage[how]))
    before = sorted(os.listdir(twice))
    ran = cli("undo", "--last", "--yes")
    assert ran.code == ExitCode.INCOMPLETE
    assert str(last) in ran.err and "No older one is meant" in ran.err
    assert sorted(os.listdir(twice)) == before
    assert [batch["state"] for batch in cli("journal", "--json").json["batches"]] == ["damaged", "done"]
    older = journals(state)[0].stem
    assert cli("undo", older, "--yes").code == 0
    assert (twice / "b.jpg").exists()


def test_a_line_behind_the_end_that_is_nested_too_deeply_stops_no_verb(
    cli: Cli,
    state: Path,
    twice: Path,
) -> None:
    last = journals(state)[-1]
    last.write_bytes(last.read_bytes() + DEEP + b"\n{}\n")
    (twice / "none.jpg").write_bytes(b"")
    assert cli("check", twice).code == ExitCode.CONFLICTS
    assert cli("journal").code == 0
    assert cli("recover").code == 0
    assert cli("undo", "--last", "--yes").code == ExitCode.INCOMPLETE
    assert cli("fix", twice, "--choose", "empty_file=quarantine", "--yes").code == 0


@pytest.mark.parametrize("line", [b"#", b'{"record":"intent",}'])
def test_a_batch_that_did_not_end_and_is_damaged_is_said_and_blocks_its_storage(
    cli: Cli, state: Path, twice: Path, tmp_path: Path, line: bytes
) -> None:
    last = journals(state)[-1]
    lines = lines_of(last)[:-2]
    last.write_bytes(b"\n".join([lines[0], line, *lines[2:], b""]))
    ran = cli("recover")
    assert ran.code == ExitCode.RECOVERY_NEEDED
    assert f"{last}: line 2 is damaged" in ran.err and "still waits" in ran.out
    assert [one["id"] for one in cli("recover", "--json").json["waiting"]] == [last.stem]
    assert str(last) in cli("check", twice).err
    (twice / "none.jpg").write_bytes(b"")
    ran = cli("fix", twice, "--choose", "empty_file=quarantine", "--yes")
    assert ran.code == ExitCode.RECOVERY_NEEDED
    assert str(last) in ran.err and "nothing was begun" in ran.err and "move that file away" in ran.err
    assert (twice / "none.jpg").exists()
    last.rename(tmp_path / "kept")
    assert cli("recover").code == 0
    assert cli("fix", twice, "--choose", "empty_file=quarantine", "--yes").code == 0


def test_a_damaged_journal_that_tells_of_no_storage_is_said_and_blocks_none(
    cli: Cli,
    state: Path,
    twice: Path,
) -> None:
    empty = state / "journal" / "20240101-000000-abcdef.jsonl"
    empty.write_bytes(b"")
    (twice / "none.jpg").write_bytes(b"")
    assert str(empty) in cli("check", twice).err
    ran = cli("fix", twice, "--choose", "empty_file=quarantine", "--yes")
    assert ran.code == 0
    assert str(empty) in ran.err
    assert cli("recover").code == ExitCode.RECOVERY_NEEDED


def test_a_journal_has_its_name_once_its_first_record_is_certain(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    folder = shop.state / "journal"
    batch = new_batch_id()
    journal = BatchWriter(shop.state, batch)
    journal.append({"record": "begin"})
    assert not journals(shop.state)
    journal.sync()
    assert [path.stem for path in journals(shop.state)] == [batch]
    journal.close()
    with (
        use_system(FaultSystem(refuse=lambda name, _: 28 if name == "write" else None)),
        pytest.raises(OSError, match="space"),
    ):
        begin_batch(shop.state, new_batch_id(), Plan("p", "", {}, ()))
    assert [path.name for path in folder.iterdir()] == [f"{batch}.jsonl"]


def test_what_a_program_left_that_ended_before_its_batch_began_goes_with_the_next_one(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    folder = shop.state / "journal"
    folder.mkdir()
    abandoned, written = folder / f"{new_batch_id()}.{2**22 + 1}.new", folder / f"{new_batch_id()}.{os.getppid()}.new"
    for path in (abandoned, written):
        path.write_bytes(b'{"record":"beg')
    assert batch_infos(shop.state) == interrupted(shop.state) == left_open(shop.state) == []
    shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)))
    assert not abandoned.exists()
    assert written.exists()


def test_a_batch_that_cannot_be_settled_tells_of_its_storages_where_its_beginning_can_be_read(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    batch = shop.apply(shop.plan((shop.edit("list", 0, was="one"),)), end=False)
    path = shop.state / "journal" / f"{batch}.jsonl"
    path.write_bytes(b"\n".join([*lines_of(path)[:1], b"#", *lines_of(path)[2:]]))
    (info,) = left_open(shop.state)
    assert (info.id, info.storages, info.state) == (batch, ("s",), "damaged")


async def test_a_batch_sorts_behind_those_before_it_where_the_clock_went_back(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a.jpg", "same")
    bench.put("b.jpg", "same")
    bench.put("empty.jpg").write_bytes(b"")
    await bench.scan()
    repairs, moves = bench.engine.repairs, []
    now = time.time_ns
    for kind, choice in (("duplicate_content", "keep_one"), ("empty_file", "quarantine")):
        plan = await repairs.plan(bench.ids, [Decision(bench.conflicts(kind)[0].id, choice)])
        moves.append((await repairs.apply(plan)).batch.id)
        monkeypatch.setattr(time, "time_ns", lambda: now() - 3_600_000_000_000)
        monkeypatch.setattr(batch_ids, "_last_id_us", 0)  # as another process begins
    assert moves == sorted(moves)
    assert repairs.last_standing().id == moves[-1]
    undone = (await repairs.undo()).batch
    assert undone.undo_of == moves[-1]
    assert (bench.root / "empty.jpg").exists()
    again = (await repairs.undo(undone.id)).batch
    (refusal,) = (await repairs.undo_plan(moves[-1])).refused
    assert refusal.reason == f"was taken back and then done again; take batch {again.id} back"


def test_ids_that_tell_no_time_and_those_of_the_far_future_are_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_ids, "_last_id_us", 0)  # and what it becomes is no other test's
    (tmp_path / "journal").mkdir()
    for name in ("zzz", "20990101-000000-abcdef", "20990101-000000"):
        (tmp_path / "journal" / f"{name}.jsonl").write_bytes(json.dumps({"record": "begin"}).encode() + b"\n")
    later = new_batch_id(tmp_path)
    assert later > "20990101-000000-abcdef"
    assert later.startswith("20990101-00000")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with two documents that an arrival changes: the index and the signature."""
    builder = ImaLinkBuilder(tmp_path / "archive", "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    builder.picture("photos/a.jpg", seed=1, size=(64, 48))
    builder.add("photos/a.jpg", session=7)
    builder.write()
    builder.picture("photos/new.jpg", seed=2, size=(64, 48))
    return tmp_path / "archive"


def test_a_repair_that_cannot_be_finished_ends_with_8_and_says_how_to_settle_it(cli: Cli, archive: Path) -> None:
    index = archive / "imalink-master.json"
    cli("check", archive)
    before = index.read_bytes()

    def full(name: str, arguments: tuple[Any, ...]) -> int | None:
        creates = name == "open" and arguments[1] & os.O_CREAT and str(arguments[0]).endswith(".tmp")
        return errno.ENOSPC if creates and index.read_bytes() != before else None

    with use_system(FaultSystem(refuse=full)):
        ran = cli("fix", archive, "--choose", "orphan_file=add_to_index", "--yes")
    assert "unfinished" in ran.out
    assert ran.code == ExitCode.RECOVERY_NEEDED
    assert "inspector recover" in ran.out and "inspector undo" not in ran.out
    assert ".inspector/generations: could not be changed (no space left on device)" in ran.out
    assert cli("recover").code == 0
    assert index.read_bytes() == before


def test_an_unfinished_item_counts_as_one_that_waits_for_a_recovery() -> None:
    assert code_of(ItemResult(1, "a", ItemState.UNFINISHED)) == ExitCode.RECOVERY_NEEDED
