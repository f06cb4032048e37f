"""Since when a storage is as it is: a state that ended in between is not passed over."""

import asyncio
import sys
import time
from collections.abc import Iterator

import pytest

from inspector.engine import Engine
from inspector.model.ignore_rules import IgnoreRule
from inspector.model.sync import SyncState
from inspector.model.watching import StorageNews
from tests.watching_bench import Watch, watching
from tests.workbench import OLD_NS, Workbench


class _Clock:
    """A time of day that goes on as it is told to."""

    def __init__(self) -> None:
        self.now_ns = time.time_ns()

    def __call__(self) -> int:
        return self.now_ns

    def go_on(self, seconds: int) -> int:
        """Let so many seconds pass; returns the time."""
        self.now_ns += seconds * 10**9
        return self.now_ns


@pytest.fixture
def clock(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Clock]:
    """The clock by which states are noted."""
    clock = _Clock()
    monkeypatch.setattr(bench.engine._syncing, "_clock", clock)
    yield clock


def _since(bench: Workbench) -> tuple[SyncState, int | None]:
    status = bench.engine.sync_status(bench.ids[0])
    return status.state, status.since_ns


async def test_what_is_in_step_again_after_a_change_is_so_since_then(bench: Workbench, clock: _Clock) -> None:
    bench.put("a.jpg")
    await bench.scan()
    began = clock.go_on(60)
    bench.put("b.jpg")
    await bench.scan()
    assert _since(bench) == (SyncState.IN_STEP, began)
    clock.go_on(60)
    await bench.scan()
    assert _since(bench) == (SyncState.IN_STEP, began), "a scan that finds nothing new ends nothing"


async def test_a_conflict_that_stays_while_something_else_changes_is_as_old_as_it_is(
    bench: Workbench, clock: _Clock
) -> None:
    bench.put("a.jpg")
    bench.put("empty.jpg", b"")
    await bench.scan()
    began = clock.now_ns
    clock.go_on(60)
    bench.put("b.jpg")
    await bench.scan()
    assert _since(bench) == (SyncState.CONFLICT, began)


def test_what_a_watcher_lacks_begins_and_ends_without_a_scan(bench: Workbench, clock: _Clock) -> None:
    bench.put("a.jpg")
    asyncio.run(bench.scan())
    (identity,) = bench.ids
    began = clock.go_on(60)
    for _ in range(2):
        status = bench.engine.sync_now(identity, "the limit is reached", notes=True)
        assert (status.state, status.since_ns) == (SyncState.DEGRADED, began)
        clock.go_on(60)
        asyncio.run(bench.scan())  # which does not know of it, and ends nothing
    status = bench.engine.sync_now(identity, notes=True)
    assert (status.state, status.since_ns) == (SyncState.IN_STEP, clock.now_ns)


async def _until(watch: Watch, step: SyncState) -> None:
    await watch.until(lambda one: isinstance(one, StorageNews) and one.step is step)


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
async def test_a_state_that_a_person_s_word_ended_for_a_while_begins_again(bench: Workbench, clock: _Clock) -> None:
    bench.put("a.jpg")
    bench.put("empty.jpg", b"")
    await bench.scan()
    async with watching(bench.engine, bench.root) as watch:
        clock.go_on(60)
        with Engine(bench.state, bench.home) as other:
            rule = other.repairs.add_ignore_rule(IgnoreRule(kind="empty_file", reason="they are markers"))
            await _until(watch, SyncState.IN_STEP)
            again = clock.go_on(60)
            other.repairs.remove_ignore_rule(rule.id)
            await _until(watch, SyncState.CONFLICT)
    assert _since(bench) == (SyncState.CONFLICT, again)


async def test_the_newest_file_may_be_a_sidecar(bench: Workbench) -> None:
    bench.put("a/1.jpg", mtime_ns=OLD_NS)
    await bench.scan()
    assert bench.engine.sync_status(bench.ids[0]).newest_path == "a/1.jpg"
    bench.put("a/1.xmp", '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>', mtime_ns=OLD_NS + 1_000_000_000)
    await bench.scan()
    assert bench.engine.sync_status(bench.ids[0]).newest_path == "a/1.xmp"
