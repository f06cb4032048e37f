"""A watch whose ears fail: limits, an overflowing queue, threads that die, file systems that tell nothing."""

import asyncio
import ctypes
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyFD

from inspector.engine import scan_spec
from inspector.model.jobs import JobState
from inspector.model.scanmode import ScanMode
from inspector.model.watching import Change, StorageNews, WatchState
from inspector.watch.polling import Polling
from tests.watch.watch_program import ENVIRONMENT, REPOSITORY, WatchProgram
from tests.watching_bench import watching
from tests.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
_LOWER = ["unshare", "--user", "--map-root-user"]


def _can_lower_the_limit() -> bool:
    try:
        script = "echo 10 > /proc/sys/user/max_inotify_watches"
        return subprocess.run([*_LOWER, "sh", "-c", script], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not _can_lower_the_limit(), reason="needs a user namespace, in which the limit can be lowered")
def test_with_too_few_watches_folders_are_polled_until_there_are_enough(tmp_path: Path) -> None:
    for number in range(20):
        folder = tmp_path / f"pictures/folder {number}"
        folder.mkdir(parents=True)
        (folder / "1.jpg").write_bytes(b"picture %d" % number)
    ended = subprocess.run(
        [*_LOWER, sys.executable, str(REPOSITORY / "tests/watch/limited_watch.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        env=ENVIRONMENT,
    )
    assert ended.stdout.splitlines() == [
        "degraded: the limit of watched folders is reached (fs.inotify.max_user_watches)",
        "found by polling",
        "recovered",
        "heard",
    ], ended.stderr


async def test_a_network_file_system_is_polled_and_said_to_be(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a/1.jpg")
    bench.put("b/2.jpg")
    monkeypatch.setattr("inspector.watch.watcher.file_system_of", lambda root: "nfs4")
    async with watching(bench.engine, bench.root, settled=False) as watch:
        news = await watch.until(lambda one: isinstance(one, StorageNews) and one.state is WatchState.WATCHING)
        assert isinstance(news, StorageNews)
        assert news.degraded == "on nfs4 the changes of other machines are not told of"
        bench.put("b/new folder/again.jpg", "a/1.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content", 30.0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_watch_whose_reader_died_listens_anew(bench: Workbench) -> None:
    bench.put("a/1.jpg")
    bench.put("b/2.jpg")
    async with watching(bench.engine, bench.root) as watch:
        readers = [one for one in threading.enumerate() if isinstance(one, InotifyFD)]
        for reader in readers:
            assert reader.ident is not None
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(reader.ident), ctypes.py_object(SystemExit))
        bench.put("a/wakes the reader, which dies of it.jpg")
        for reader in readers:
            await asyncio.to_thread(reader.join, 10.0)
            assert not reader.is_alive()
        shutil.copy(bench.root / "a/1.jpg", bench.root / "b/nobody told.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")
        shutil.copy(bench.root / "b/2.jpg", bench.root / "a/somebody told.jpg")
        await watch.until_conflict(Change.OPENED, "duplicate_content")


async def test_a_clock_that_jumps_back_a_day_loses_no_change_and_holds_nothing_up(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a/1.jpg")
    bench.put("b/2.jpg")
    now, day = time.time_ns, 86_400 * 1_000_000_000
    async with watching(bench.engine, bench.root) as watch:
        (storage,) = bench.engine.storages()
        for behind in (day, 0, -day):  # back, right again, and ahead
            monkeypatch.setattr(time, "time_ns", lambda behind=behind: now() - behind)
            (bench.root / "b/again.jpg").write_bytes(b"a/1.jpg")
            await watch.until_conflict(Change.OPENED, "duplicate_content")
            (bench.root / "b/again.jpg").write_bytes(b"another")  # of the same size, in the same place
            await watch.until_conflict(Change.CLOSED, "duplicate_content")
            assert len(bench.engine.sync_status(storage.id).history) == 96
        job = bench.engine.jobs.submit(scan_spec([storage], ScanMode.SMART))
        taken = bench.engine.jobs.take_next([storage.id])
        assert taken is not None and taken.id == job.id


def test_a_queue_that_overflows_loses_nothing(bench: Workbench) -> None:
    bench.put("0.jpg")
    for folder in ("burst", "told to a full queue"):
        (bench.root / folder).mkdir()
    queued = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    files = queued // 2
    program = WatchProgram(bench.state, bench.root)
    try:
        program.until_state("scanning")
        program.until_state("in step")
        program.process.send_signal(signal.SIGSTOP)
        for number in range(files):
            (bench.root / f"burst/{number}.jpg").write_bytes(b"%d" % number)
        (bench.root / "told to a full queue/again.jpg").write_bytes(b"0.jpg")
        program.process.send_signal(signal.SIGCONT)
        copies = program.until_conflict("opened", "duplicate_content")
        assert sorted(copies["paths"]) == ["0.jpg", "told to a full queue/again.jpg"]
    finally:
        code, words = program.end()
    assert (code, words) == (130, "")
    (storage,) = bench.engine.storages()
    assert storage.files == files + 2


def test_a_scan_that_waited_in_the_queue_is_told_as_one_of_the_watch_is(bench: Workbench) -> None:
    bench.put("0.jpg")
    program = WatchProgram(bench.state, bench.root)
    program.until_state("in step")
    job = bench.engine.jobs.submit(scan_spec(bench.engine.storages(), ScanMode.FULL))
    program.until_state("scanning")
    program.until_state("in step")
    assert program.end() == (130, "")
    assert bench.engine.jobs.job(job.id).state is JobState.DONE


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_without_a_word(bench: Workbench, number: int, code: int) -> None:
    bench.put("0.jpg")
    program = WatchProgram(bench.state, bench.root)
    program.until_state("in step")
    assert program.end(number) == (code, "")
    assert program.lines[0]["message_type"] == "start"


def test_our_own_scan_of_many_folders_makes_no_news(bench: Workbench) -> None:
    for number in range(6_000):
        (bench.root / f"{number // 100}/{number}").mkdir(parents=True)
    bench.put("0.jpg")
    program = WatchProgram(bench.state, bench.root)
    program.until_state("scanning")
    program.until_state("in step")
    subprocess.run(["find", str(bench.root), "-type", "f", "-newer", "/"], capture_output=True, check=True)
    bench.put("17/1742/again.jpg", "0.jpg")
    changing = program.until(lambda line: line["message_type"] in {"storage", "conflict"})
    assert changing["state"] == "syncing"
    assert program.until(lambda line: line["message_type"] == "conflict")["change"] == "opened"
    assert program.end() == (130, "")


def test_polling_sees_names_come_and_go(tmp_path: Path) -> None:
    for name in ("a", "a/b", "c", ".stversions"):
        (tmp_path / name).mkdir()
    polling = Polling(str(tmp_path))
    assert (polling.look(), len(polling)) == ([], 4)
    (tmp_path / "a/b/1.jpg").write_bytes(b"")
    (tmp_path / "c/new").mkdir()
    (tmp_path / ".stversions/1.jpg").write_bytes(b"")
    changed = {folder for _ in range(5) for folder in polling.look()}
    assert changed == {"a/b", "c", "c/new"}
    shutil.rmtree(tmp_path / "a")
    changed = {folder for _ in range(5) for folder in polling.look()}
    assert {"", "a"} <= changed
    assert len(polling) == 3
