"""The journal as a list: what became of batches, also of those cut short, undone, damaged, or a thousand of them."""

import calendar
import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from inspector.fs.system import use_system
from inspector.model.plan import Plan
from inspector.repair import batch_ids
from inspector.repair.apply import begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.history import batch_info, batch_infos, interrupted
from inspector.repair.journal import BatchWriter, JournalError, moment_of, read_batch
from tests.fs.fault_system import FaultSystem
from tests.repair.workshop import DONE, REFUSED, UNDONE, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


def test_a_batch_whose_items_were_all_done_is_done(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),), ()))
    (info,) = batch_infos(shop.state)
    assert (info.id, info.state, info.storages, info.undo_of) == (batch, "done", ("s",), None)
    assert [(item.number, item.label, item.state) for item in info.items] == [(1, "item 1", DONE), (2, "item 2", DONE)]


def test_a_batch_with_a_refused_item_is_partly_done(shop: Workshop) -> None:
    plan = shop.plan((shop.move("a.jpg", "x.jpg"),), (shop.move("b.jpg", "y.jpg"),))
    (shop.root / "a.jpg").write_bytes(b"edited")
    info = batch_info(shop.state, shop.apply(plan))
    assert info.state == "partly"
    assert [item.state for item in info.items] == [REFUSED, DONE]
    assert info.items[0].reason


def test_a_batch_that_was_taken_back_is_undone_and_when_that_is_taken_back_done_again(shop: Workshop) -> None:
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),), (shop.move("b.jpg", "y.jpg"),)))
    shop.undo(batch, {2})
    assert batch_info(shop.state, batch).state == "partly undone"
    second = shop.undo(batch, {1})
    info = batch_info(shop.state, batch)
    assert (info.state, [item.state for item in info.items]) == ("undone", [UNDONE, UNDONE])
    shop.undo(second)
    assert [item.state for item in batch_info(shop.state, batch).items] == [DONE, UNDONE]
    assert batch_info(shop.state, second).state == "undone"


def test_the_newest_comes_first_also_within_a_second(shop: Workshop) -> None:
    first = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)))
    second = shop.undo(first)
    third = shop.undo(second)
    assert [info.id for info in batch_infos(shop.state)] == [third, second, first]
    assert [info.id for info in batch_infos(shop.state, 1)] == [third]


def test_ids_of_batches_sort_by_time_within_a_second_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_ids, "_last_id_us", 0)  # other tests' clocks have run ahead in this process
    ids = [new_batch_id() for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert abs(calendar.timegm(time.strptime(moment_of(ids[0]), "%Y-%m-%dT%H:%M:%SZ")) - time.time()) < 60


def test_a_batch_settled_late_stays_where_it_began(shop: Workshop) -> None:
    first = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)))
    second = shop.apply(shop.plan((shop.move("b.jpg", "y.jpg"),)))
    os.utime(shop.state / "journal" / f"{first}.jsonl", (2**33, 2**33))
    assert [info.id for info in batch_infos(shop.state)] == [second, first]


def test_what_a_failed_append_left_of_a_line_is_cut_off_before_the_next(shop: Workshop) -> None:
    journal = begin_batch(shop.state, new_batch_id(), Plan("p", "", {}, ()))
    left = iter([20])

    def full(name: str, arguments: tuple[Any, ...]) -> int | None:
        if name == "write" and (size := next(left, 0)):
            os.write(arguments[0], arguments[1][:size])
        return errno.ENOSPC if name == "write" else None

    with use_system(FaultSystem(refuse=full)), pytest.raises(OSError, match="space"):
        journal.append({"record": "files", "items": [1]}, {"record": "files", "items": [2]})
    assert (shop.state / "journal" / f"{journal.batch}.jsonl").read_bytes().endswith(b'{"record":"files","i')
    assert [record["record"] for record in read_batch(shop.state, journal.batch)] == ["begin"]
    journal.append({"record": "end", "state": "done"})
    journal.close()
    assert [record["record"] for record in read_batch(shop.state, journal.batch)] == ["begin", "end"]


def test_a_torn_line_of_a_program_that_ended_is_cut_off_by_the_next_that_writes(shop: Workshop) -> None:
    begun = begin_batch(shop.state, new_batch_id(), Plan("p", "", {}, ()))
    begun.close()
    with (shop.state / "journal" / f"{begun.batch}.jsonl").open("ab") as stream:
        stream.write(b'{"record":"resu')
    journal = BatchWriter(shop.state, begun.batch)
    journal.append({"record": "end", "state": "done"})
    journal.close()
    assert [record["record"] for record in read_batch(shop.state, begun.batch)] == ["begin", "end"]


def test_a_damaged_file_is_an_entry_with_a_reason(shop: Workshop) -> None:
    good = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)))
    bad = shop.apply(shop.plan((shop.move("b.jpg", "y.jpg"),)))
    path = shop.state / "journal" / f"{bad}.jsonl"
    lines = path.read_bytes().split(b"\n")
    for damage in (b"{", b"[1]", b'{"record":"begin"}', b"\xff\xfe", b'{"record":"begin","items":7,"roots":{}}'):
        path.write_bytes(b"\n".join([damage, *lines[1:]]))
        infos = {info.id: info for info in batch_infos(shop.state)}
        assert (infos[good].state, infos[bad].state) == ("done", "damaged")
        assert infos[bad].reason
        assert infos[bad].time
        with pytest.raises(JournalError):
            batch_info(shop.state, bad)


@pytest.mark.parametrize("left", [b"", b'{"record":"beg'])
def test_a_file_without_its_first_record_is_damaged_and_listed(shop: Workshop, left: bytes) -> None:
    (shop.state / "journal").mkdir()
    (shop.state / "journal" / "20240101-000000-abcdef.jsonl").write_bytes(left)
    (info,) = batch_infos(shop.state)
    assert (info.state, info.time) == ("damaged", "2024-01-01T00:00:00Z")
    assert "no whole record" in info.reason
    assert interrupted(shop.state) == []


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".", "x\0y"])
def test_an_id_that_leads_elsewhere_is_none(shop: Workshop, name: str) -> None:
    with pytest.raises(JournalError):
        read_batch(shop.state, name)


def _unended(shop: Workshop, **begin: object) -> str:
    """A batch without an end, with these fields in its first record."""
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),)), end=False)
    path = shop.state / "journal" / f"{batch}.jsonl"
    first, _, rest = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps({**json.loads(first), **begin}, separators=(",", ":")).encode() + b"\n" + rest)
    return batch


def test_a_batch_of_this_process_runs_while_a_lock_is_held(shop: Workshop) -> None:
    batch = _unended(shop)
    (shop.state / "locks").mkdir()
    with FileLock(shop.state / "locks" / "s.lock"):
        assert batch_info(shop.state, batch).state == "running"
        assert interrupted(shop.state) == []
    assert batch_info(shop.state, batch).state == "interrupted"
    assert [info.id for info in interrupted(shop.state)] == [batch]


def test_a_batch_of_a_process_that_ended_was_interrupted_and_of_one_that_lives_runs(shop: Workshop) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        batch = _unended(shop, pid=process.pid)
        assert batch_info(shop.state, batch).state == "running"
        process.communicate(b"\n")
    assert batch_info(shop.state, batch).state == "interrupted"


def test_a_process_that_began_after_the_batch_is_another_one(shop: Workshop) -> None:
    batch = _unended(shop, pid=os.getppid(), time="2001-01-01T00:00:00Z")
    assert batch_info(shop.state, batch).state == "interrupted"


def test_a_batch_of_another_machine_is_told_by_the_locks(shop: Workshop) -> None:
    batch = _unended(shop, host="elsewhere", pid=1)
    assert batch_info(shop.state, batch).state == "interrupted"


def test_a_thousand_batches_are_listed_quickly(shop: Workshop) -> None:
    begun = begin_batch(shop.state, new_batch_id(), Plan("p", "", {}, ()))
    begun.close()
    batch = shop.apply(shop.plan((shop.move("a.jpg", "x.jpg"),), (shop.move("b.jpg", "y.jpg"),)))
    text = (shop.state / "journal" / f"{batch}.jsonl").read_bytes()
    for number in range(1000):
        (shop.state / "journal" / f"20200101-{number:06d}-abcdef.jsonl").write_bytes(text)
    start = time.perf_counter()
    assert len(batch_infos(shop.state)) == 1002
    assert time.perf_counter() - start < 2
    start = time.perf_counter()
    assert len(interrupted(shop.state)) == 1
    assert time.perf_counter() - start < 1
