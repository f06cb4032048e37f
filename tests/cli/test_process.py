"""The command line as a process: imports, signals, broken pipes, crashes, odd streams."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.cli import output
from inspector.cli.main import run
from inspector.cli.output import OutputError, worst
from inspector.cli.progress_line import progress_text
from inspector.model.errors import ExitCode
from inspector.model.progress import ProgressSnapshot
from tests.cli.conftest import Cli

_SLOW_SCAN = """
import sys, time
from inspector.engine import Engine, ScanOutcome
from inspector.model.errors import CancelledByUserError
from inspector.model.scanmode import ScanCounts

async def scan(self, ids, *, progress, **_):
    import asyncio
    print("scanning", file=sys.stderr, flush=True)
    while True:
        await asyncio.to_thread(time.sleep, 0.02)
        try:
            progress.check()
        except CancelledByUserError as error:
            if "deaf" in sys.argv:
                continue
            return [ScanOutcome(self.storage(one), ScanCounts(), error) for one in ids]

Engine.scan = scan
from inspector.cli.main import run
sys.exit(run(["check", sys.argv[1], "--json"]))
"""


def _modules_after(code: str) -> set[str]:
    text = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\n'.join(sys.modules), file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    return {name.partition(".")[0] for name in text.split()} | set(text.split())


def test_the_start_imports_nothing_that_is_not_needed() -> None:
    for code in ("import inspector.cli.main", "from inspector.cli.main import run; run(['--version'])"):
        assert not _modules_after(code) & {"textual", "PIL", "pydantic", "inspector.engine", "asyncio"}


def test_no_verb_imports_the_screen() -> None:
    code = (
        "import importlib; from inspector.cli.main import VERBS\n"
        "for verb in VERBS: importlib.import_module('inspector.cli.commands.' + verb.replace('-', '_'))"
    )
    assert not _modules_after(code) & {"textual", "PIL", "pydantic"}


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, output.TERMINATED), (signal.SIGHUP, output.HUNG_UP)],
)
def test_a_signal_stops_the_scan_and_leaves_a_whole_document(
    pictures: Path, state: Path, number: signal.Signals, code: int
) -> None:
    with _slow_scan(pictures) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert json.loads(out)["summary"]["exit_code"] == code
    assert "Traceback" not in err


def test_a_second_signal_ends_at_once(pictures: Path, state: Path) -> None:
    with _slow_scan(pictures, "deaf") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def _slow_scan(pictures: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW_SCAN, str(pictures), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "scanning\n"
    return process


def test_a_reader_that_goes_away_is_taken_quietly(conflicting: Path, state: Path) -> None:
    for number in range(400):
        (conflicting / f"empty {number}.jpg").write_bytes(b"")
    with subprocess.Popen(
        [sys.executable, "-m", "inspector", "check", str(conflicting), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=20) == output.PIPE_CLOSED


def test_a_full_disk_behind_stdout_is_said_in_one_line(pictures: Path, state: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "inspector", "check", str(pictures), "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == OutputError.exit_code
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr


def test_closed_streams_and_an_ascii_locale_do_not_matter(conflicting: Path, state: Path) -> None:
    for name in ("été.jpg".encode(), b"caf\xe9.jpg", "\u00e9.jpg".encode()):
        (conflicting / os.fsdecode(name)).write_bytes(b"")
    closed = subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' -m inspector check '{conflicting}' <&- >&- 2>&-"], check=False
    )
    assert closed.returncode == ExitCode.CONFLICTS
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "inspector", "check", str(conflicting)],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == ExitCode.CONFLICTS
    assert done.stdout.isascii()
    shown = [rb"    \u00e9t\u00e9.jpg", rb"    caf\xe9.jpg", rb"    \u00e9.jpg"]
    assert {one.rstrip() for one in done.stdout.splitlines()} >= set(shown)
    assert b"Traceback" not in done.stderr


def test_a_crash_is_one_line_and_a_log(cli: Cli, pictures: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a \x1b[31mbug\nwith lines")

    monkeypatch.setattr("inspector.engine.Engine.scan", broken)
    ran = cli("check", pictures)
    assert (ran.code, ran.out) == (ExitCode.INTERNAL, "")
    assert ran.err.count("\n") == 1
    assert "internal error" in ran.err
    log = (state / output.LOG_NAME).read_text()
    assert "ZeroDivisionError" in log
    assert "\x1b" not in log


def test_a_screen_is_opened_only_on_a_terminal(pictures: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[list[str], dict[str, object]]] = []

    def run_app(engine: object, ids: list[str], **options: object) -> None:
        opened.append((ids, options))

    monkeypatch.setattr("inspector.tui.app.run_app", run_app)
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    assert run([str(pictures), "--full", "--deep"]) == 0
    assert len(opened) == 1
    ids, options = opened[0]
    assert len(ids) == 1
    assert (str(options["mode"]), options["deep"], options["scan"]) == ("full", True, True)


def test_progress_is_drawn_on_a_terminal_only(pictures: Path, state: Path) -> None:
    code = (
        "import inspector.cli.progress_line as p; p._SECONDS_BETWEEN_LOOKS = 0.001\n"
        "from inspector.cli.main import run\n"
    )
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", f"{code}run(['check', {str(pictures)!r}])"],
        stdout=subprocess.PIPE,
        stderr=follower,
        check=True,
    )
    os.close(follower)
    drawn = os.read(leader, 65536)
    os.close(leader)
    assert drawn.endswith(b"\r\x1b[K")
    assert b"\x1b" not in done.stdout


def test_a_progress_line_says_how_far_and_how_long() -> None:
    look = ProgressSnapshot("hashing", 50, 5_000_000, 100, 10_000_000, "x", 5.0, 1_000_000.0, 5.0)
    assert progress_text(look) == "hashing  50%  50 of 100 files  5.0 MB of 10.0 MB  1.0 MB/s  5s left"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), 0),
        ((0, 1), 1),
        ((1, 3), 3),
        ((3, 5, 1), 5),
        ((5, 4), 4),
        ((4, 6), 6),
        ((6, 130), 130),
        ((130, 70), 70),
        ((0, 99), 99),
    ],
)
def test_the_exit_code_that_matters_most_is_given(codes: tuple[int, ...], expected: int) -> None:
    assert worst(codes) == expected


@pytest.fixture(autouse=True)
def _same_signals() -> Iterator[None]:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
