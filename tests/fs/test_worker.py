"""WorkerProcess: what happens in the child stays in the child."""

import ctypes
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.fs.worker import WorkerDiedError, WorkerError, WorkerProcess, WorkerTimeoutError
from inspector.model.errors import DocumentError


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    process = WorkerProcess()
    yield process
    process.close()


class AwkwardError(Exception):
    """Survives no pickle: it cannot be made from its args."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)


def fail_with_a_document_error(path: str) -> None:
    raise DocumentError("cut off", path=path, offset=7)


def fail_awkwardly(reason: str) -> None:
    raise AwkwardError(reason=reason)


def fail_the_first_time(marker: str) -> str:
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def segfault(address: int) -> None:
    ctypes.string_at(address)


def view(data: bytes) -> memoryview:
    return memoryview(data)


def shout(text: str) -> str:
    print(text)
    print(text, file=sys.stderr)
    os.write(1, text.encode())
    os.write(2, text.encode())
    return sys.stdin.read()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> bool:
    for _ in range(200):
        if not is_there(pid):
            return True
        time.sleep(0.02)
    return False


def test_a_function_runs_in_another_process_and_its_result_comes_back(worker: WorkerProcess) -> None:
    assert worker.run(abs, -3, timeout=10) == 3
    assert worker.run(os.getpgid, 0, timeout=10) == worker.pid != os.getpid()


def test_one_child_serves_many_tasks(worker: WorkerProcess) -> None:
    worker.run(abs, 1, timeout=10)
    first = worker.pid
    assert [worker.run(abs, -number, timeout=10) for number in range(50)] == list(range(50))
    assert worker.pid == first


def test_large_arguments_and_results_travel(worker: WorkerProcess) -> None:
    data = bytes(range(256)) * 40_000
    assert worker.run(bytes, data, timeout=30) == data


def test_no_process_is_started_before_there_is_work() -> None:
    assert WorkerProcess().pid is None


def test_an_exception_comes_back_as_itself(worker: WorkerProcess) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        worker.run(int, "x", timeout=10)
    with pytest.raises(DocumentError) as caught:
        worker.run(fail_with_a_document_error, "a/b.jpg", timeout=30)
    assert (caught.value.message, caught.value.path, caught.value.offset) == ("cut off", "a/b.jpg", 7)


def test_an_exception_that_does_not_travel_comes_back_as_its_text(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerError, match="AwkwardError: no way"):
        worker.run(fail_awkwardly, "no way", timeout=30)
    assert worker.run(abs, -1, timeout=10) == 1


def test_a_result_that_does_not_travel_is_an_error_and_no_hang(worker: WorkerProcess) -> None:
    with pytest.raises(Exception, match="pickle"):
        worker.run(view, b"x", timeout=10)
    assert worker.run(abs, -1, timeout=10) == 1


def test_what_hangs_is_stopped_and_the_next_task_runs(worker: WorkerProcess) -> None:
    started = time.monotonic()
    with pytest.raises(WorkerTimeoutError):
        worker.run(time.sleep, 60, timeout=0.3)
    assert time.monotonic() - started < 5
    assert worker.run(abs, -1, timeout=10) == 1


@pytest.mark.parametrize(("crash", "argument"), [(os._exit, 3), (os._exit, 0), (segfault, 0)])
def test_a_crash_is_tried_once_more_and_then_reported(worker: WorkerProcess, crash: object, argument: object) -> None:
    with pytest.raises(WorkerDiedError):
        worker.run(crash, argument, timeout=10)  # type: ignore[arg-type]
    assert worker.run(abs, -1, timeout=10) == 1


def test_a_task_whose_child_is_killed_once_succeeds_in_the_second(worker: WorkerProcess, tmp_path: Path) -> None:
    assert worker.run(fail_the_first_time, os.fspath(tmp_path / "marker"), timeout=30) == "done"


def test_a_child_killed_between_two_tasks_is_replaced(worker: WorkerProcess) -> None:
    worker.run(abs, 1, timeout=10)
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert worker.run(abs, -2, timeout=10) == 2
    assert worker.pid != first


def test_memory_beyond_the_limit_is_an_error_of_the_function() -> None:
    worker = WorkerProcess(memory_limit=256 << 20)
    try:
        with pytest.raises(MemoryError):
            worker.run(bytearray, 1 << 30, timeout=10)
        assert worker.run(len, "abc", timeout=10) == 3
    finally:
        worker.close()


def test_nothing_the_child_says_is_seen(worker: WorkerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert worker.run(shout, "\x1b[31mboo", timeout=30) == ""
    with pytest.raises(WorkerDiedError):
        worker.run(segfault, 0, timeout=10)
    assert capfd.readouterr() == ("", "")


def test_the_child_is_gone_after_close() -> None:
    worker = WorkerProcess()
    worker.run(abs, 1, timeout=10)
    pid = worker.pid
    assert pid is not None
    worker.close()
    assert not is_there(pid)
    worker.close()
    with pytest.raises(WorkerDiedError):
        worker.run(abs, 1, timeout=10)


def test_close_from_another_thread_ends_a_running_task() -> None:
    worker = WorkerProcess()
    worker.run(abs, 1, timeout=10)
    threading.Timer(0.2, worker.close).start()
    with pytest.raises(WorkerDiedError, match="closed"):
        worker.run(time.sleep, 60, timeout=None)


def test_other_threads_run_while_one_waits(worker: WorkerProcess) -> None:
    thread = threading.Thread(target=worker.run, args=(time.sleep, 0.4), kwargs={"timeout": 10})
    thread.start()
    count = 0
    while thread.is_alive():
        count += 1
        time.sleep(0.001)
    assert count > 50


def test_ctrl_c_does_not_reach_the_child(worker: WorkerProcess) -> None:
    worker.run(abs, 1, timeout=10)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGINT)
    first = worker.pid
    assert worker.run(os.getpgid, 0, timeout=10) == first, "it ignores the signal and leads a group of its own"


def test_it_starts_while_textual_holds_stderr(worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    class Captured:
        def fileno(self) -> int:
            return -1

    monkeypatch.setattr(sys, "stderr", Captured())
    monkeypatch.setattr(sys, "stdin", Captured())
    assert worker.run(abs, -1, timeout=10) == 1


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_the_child_ends_when_its_parent_is_killed(busy: bool) -> None:
    program = f"""
        import sys, threading, time
        from inspector.fs.worker import WorkerProcess
        worker = WorkerProcess()
        worker.run(abs, 1, timeout=10)
        if {busy}:
            threading.Thread(target=lambda: worker.run(time.sleep, 60, timeout=0.5), daemon=True).start()
            time.sleep(0.1)
        print(worker.pid, flush=True)
        time.sleep(60)
    """
    command = (sys.executable, "-c", textwrap.dedent(program))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.kill()
        parent.wait()
        assert wait_until_gone(pid)


def test_importing_it_imports_neither_pillow_nor_the_screen() -> None:
    program = """
        import sys
        import inspector.fs.worker, inspector.media.decode, inspector.media.details, inspector.media.hothash
        import inspector.media.thumbnail_cache
        assert not {"PIL", "textual", "rich", "multiprocessing"} & set(sys.modules)
    """
    subprocess.run((sys.executable, "-c", textwrap.dedent(program)), check=True)
